/* SQLite's side of what users put on a connection; see user.h.
 *
 * Knows nothing of who is called: functions and their argument come from the
 * layer above. */
#include "engine/user.h"

#include <sqlite3.h>

int
sac_user_create(sac_handle *handle, const sac_user_function *function)
{
    int flags =
        SQLITE_UTF8 | (function->deterministic ? SQLITE_DETERMINISTIC : 0);
    if (function->window) {
        return sqlite3_create_window_function(
            handle->db, function->name, function->count, flags, function->arg,
            function->step, function->final, function->value,
            function->inverse, function->drop);
    }
    return sqlite3_create_function_v2(
        handle->db, function->name, function->count, flags, function->arg,
        function->call, function->step, function->final, function->drop);
}

int
sac_user_collate(sac_handle *handle, const char *name, void *arg,
                 int (*compare)(void *, int, const void *, int, const void *),
                 void (*drop)(void *))
{
    return sqlite3_create_collation_v2(handle->db, name, SQLITE_UTF8, arg,
                                       compare, drop);
}

int
sac_user_authorize(sac_handle *handle,
                   int (*ask)(void *, int, const char *, const char *,
                              const char *, const char *),
                   void *arg)
{
    return sqlite3_set_authorizer(handle->db, ask, arg);
}

void
sac_user_trace(sac_handle *handle,
               int (*tell)(unsigned, void *, void *, void *), void *arg)
{
    (void)sqlite3_trace_v2(handle->db, tell == NULL ? 0 : SQLITE_TRACE_STMT,
                           tell, arg);
}

void *
sac_user_arg(sqlite3_context *context)
{
    return sqlite3_user_data(context);
}

void **
sac_user_place(sqlite3_context *context, bool make)
{
    return sqlite3_aggregate_context(context, make ? sizeof(void *) : 0);
}

void
sac_user_read(sqlite3_value *value, sac_cell *cell)
{
    *cell = (sac_cell){.type = SAC_NULL};
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        cell->type = SAC_INT;
        cell->as.integer = sqlite3_value_int64(value);
        break;
    case SQLITE_FLOAT:
        cell->type = SAC_REAL;
        cell->as.real = sqlite3_value_double(value);
        break;
    case SQLITE_TEXT:
        cell->type = SAC_TEXT;
        cell->as.bytes = (const char *)sqlite3_value_text(value);
        cell->size = (uint32_t)sqlite3_value_bytes(value);
        break;
    case SQLITE_BLOB:
        cell->type = SAC_BLOB;
        cell->as.bytes = sqlite3_value_blob(value);
        cell->size = (uint32_t)sqlite3_value_bytes(value);
        break;
    default:
        break;
    }
}

void
sac_user_give(sqlite3_context *context, const sac_value *value)
{
    switch (value->type) {
    case SAC_NULL:
    case SAC_ROWID:
        sqlite3_result_null(context);
        return;
    case SAC_INT:
        sqlite3_result_int64(context, value->as.integer);
        return;
    case SAC_REAL:
        sqlite3_result_double(context, value->as.real);
        return;
    case SAC_TEXT:
        sqlite3_result_text64(context, value->as.bytes, value->size,
                              SQLITE_TRANSIENT, SQLITE_UTF8);
        return;
    case SAC_BLOB:
        if (value->size == 0) {
            sqlite3_result_zeroblob(context, 0);
            return;
        }
        sqlite3_result_blob64(context, value->as.bytes, value->size,
                              SQLITE_TRANSIENT);
        return;
    }
}

void
sac_user_fail(sqlite3_context *context, sac_user_failure failure,
              const char *message)
{
    switch (failure) {
    case SAC_USER_FAILED:
        sqlite3_result_error(context, message, -1);
        return;
    case SAC_USER_NO_MEMORY:
        sqlite3_result_error_nomem(context);
        return;
    case SAC_USER_TOO_BIG:
        sqlite3_result_error_toobig(context);
        return;
    }
}

char *
sac_user_expanded(void *statement)
{
    return sqlite3_expanded_sql(statement);
}

void
sac_user_text_free(char *text)
{
    sqlite3_free(text);
}

int
sac_user_load(sac_handle *handle, const char *path, const char *entry,
              char **message)
{
    /* For this function only: SQL may not load anything. */
    (void)sqlite3_db_config(handle->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
                            1, NULL);
    int code = sqlite3_load_extension(handle->db, path, entry, message);
    (void)sqlite3_db_config(handle->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
                            0, NULL);
    return code;
}

int
sac_user_limit(sac_handle *handle, int category, int value)
{
    return sqlite3_limit(handle->db, category, value);
}

int
sac_user_total_changes(sac_handle *handle)
{
    return sqlite3_total_changes(handle->db);
}

void
sac_user_interrupt(sac_handle *handle)
{
    sqlite3_interrupt(handle->db);
}
