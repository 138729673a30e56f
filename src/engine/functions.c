/* SQL functions that every connection has.  Called by SQLite, on the thread
 * that steps the statement; they know nothing but their arguments. */
#include "engine/functions.h"

#include <sqlite3.h>
#include <stddef.h>

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

int
sac_functions_add(sqlite3 *db)
{
    return sqlite3_create_function_v2(
        db, "floor", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
        NULL, floor_function, NULL, NULL, NULL);
}
