/* Errors of the engine: what went wrong, copied while the handle it comes
 * from was still ours.
 *
 * A sac_error belongs to one thread at a time, like the call or job it sits
 * in.  It knows SQLite's codes and errno, and nothing of exceptions: the
 * bridge turns it into one. */
#include "engine/status.h"

#include <sqlite3.h>
#include <string.h>

#include "base/memory.h"

void
sac_error_init(sac_error *err)
{
    *err = (sac_error){.status = SAC_OK, .offset = -1};
}

void
sac_error_fini(sac_error *err)
{
    sac_free(err->message);
    sac_error_init(err);
}

sac_status
sac_error_set(sac_error *err, sac_status status, const char *message)
{
    /* `message` may be the one that is about to be freed. */
    char *copy = NULL;
    if (message != NULL) {
        copy = sac_strndup(message, strlen(message));
    }
    sac_error_fini(err);
    err->status = status;
    err->message = copy; /* NULL for want of memory: the code speaks */
    return status;
}

sac_status
sac_error_from_sqlite(sac_error *err, sqlite3 *db, int rc)
{
    int primary = rc & 0xff;
    if (primary == SQLITE_NOMEM) {
        (void)sac_error_set(err, SAC_ERR_NOMEM, NULL);
        err->code = primary;
        err->xcode = rc;
        return SAC_ERR_NOMEM;
    }
    /* The handle speaks of this failure only if it has the same code: a
     * misuse is returned without being recorded there. */
    bool recorded = db != NULL && (sqlite3_errcode(db) & 0xff) == primary;
    (void)sac_error_set(err, SAC_ERR_SQLITE,
                        recorded ? sqlite3_errmsg(db) : NULL);
    err->code = primary;
    err->xcode = recorded ? sqlite3_extended_errcode(db) : rc;
#if SQLITE_VERSION_NUMBER >= 3038000
    if (recorded) {
        err->offset = sqlite3_error_offset(db);
    }
#endif
    return SAC_ERR_SQLITE;
}

void
sac_error_move(sac_error *to, sac_error *from)
{
    if (to == from) {
        return;
    }
    sac_error_fini(to);
    *to = *from;
    sac_error_init(from);
}

const char *
sac_error_text(const sac_error *err)
{
    if (err->message != NULL) {
        return err->message;
    }
    switch (err->status) {
    case SAC_OK:
        return "no error";
    case SAC_ERR_SQLITE:
        return sqlite3_errstr(err->xcode);
    case SAC_ERR_NOMEM:
        return "out of memory";
    case SAC_ERR_SYSTEM:
        /* The C libraries that matter keep the texts of known codes in
         * static tables; only an unknown code goes through a buffer. */
        return strerror(err->code);
    case SAC_ERR_CANCELLED:
        return "the operation was cancelled";
    case SAC_ERR_CLOSED:
        return "it is closed";
    case SAC_ERR_FORKED:
        return "it was made in another process and cannot cross a fork";
    case SAC_ERR_BUSY_LEASE:
        return "another operation is running on this connection";
    case SAC_ERR_POOL_TIMEOUT:
        return "no connection of the pool came free in time";
    case SAC_ERR_WRITER_TIMEOUT:
        return "another transaction kept writing for too long";
    case SAC_ERR_WOULD_WAIT:
        return "it would have to wait, and there is no event loop to wait on";
    case SAC_ERR_SELF_WAIT:
        return "this task would wait for a write transaction of its own";
    case SAC_ERR_LOST:
        return "the transaction was rolled back by the database";
    case SAC_ERR_EMPTY_SQL:
        return "the SQL holds no statement";
    case SAC_ERR_MANY_SETS:
        return "many sets of parameters for a statement that only reads";
    case SAC_ERR_CALLBACK:
        return "a callback raised an exception";
    case SAC_ERR_ROW_COUNT:
        return "a statement changed another number of rows than expected";
    case SAC_ERR_MANY_SQL:
        return "the SQL holds more than one statement";
    case SAC_ERR_PARAM_COUNT:
        return "wrong number of parameters";
    case SAC_ERR_PARAM_NAME:
        return "a parameter has no value";
    }
    return "unknown error";
}
