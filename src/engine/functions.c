/* SQL functions that every connection has.  Called by SQLite, on the thread
 * that steps the statement. */
#include "engine/functions.h"

#include <sqlite3.h>
#include <stddef.h>
#include <strings.h>

static void
floor_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    switch (sqlite3_value_numeric_type(values[0])) {
    case SQLITE_INTEGER:
        sqlite3_result_int64(context, sqlite3_value_int64(values[0]));
        break;
    case SQLITE_FLOAT: {
        double value = sqlite3_value_double(values[0]);
        /* Both bounds are powers of two: as doubles they are exact. What is
         * beyond them has no fraction. */
        if (value >= -9223372036854775808.0 && value < 9223372036854775808.0) {
            sqlite3_int64 whole = (sqlite3_int64)value;
            sqlite3_result_int64(context, whole - ((double)whole > value));
        }
        else {
            sqlite3_result_double(context, value);
        }
        break;
    }
    default:
        sqlite3_result_null(context);
    }
}

/* A statement that calls it runs at home once this is known of its plan, as
 * it is from its text or from its program, or else when it calls. */
static void
regexp_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    sac_handle *handle = sqlite3_user_data(context);
    handle->went_home = true;
    if (handle->elsewhere) {
        sqlite3_result_error(context,
                             "REGEXP came up on a worker thread, where Python "
                             "cannot be called; execute the statement again: "
                             "it will be kept from there",
                             -1);
        return;
    }
    handle->options->regexp(context, count, values);
}

bool
sac_functions_at_home(const char *p4)
{
    return p4 != NULL && strncasecmp(p4, "regexp(", 7) == 0;
}

int
sac_functions_add(sac_handle *handle)
{
    int rc = sqlite3_create_function_v2(
        handle->db, "floor", 1,
        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL,
        floor_function, NULL, NULL, NULL);
    if (rc != SQLITE_OK || handle->options->regexp == NULL) {
        return rc;
    }
    return sqlite3_create_function_v2(
        handle->db, "regexp", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, handle,
        regexp_function, NULL, NULL, NULL);
}
