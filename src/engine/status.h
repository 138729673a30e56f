/* The one return convention of the engine: 0 is success, a named code says
 * what went wrong, and the detail rides in a sac_error. */
#ifndef SAC_ENGINE_STATUS_H
#define SAC_ENGINE_STATUS_H

#include <stdbool.h>

struct sqlite3;

typedef enum sac_status {
    SAC_OK = 0,
    SAC_ERR_SQLITE,       /* SQLite said no: code, xcode, message */
    SAC_ERR_NOMEM,        /* an allocation failed */
    SAC_ERR_SYSTEM,       /* the operating system said no: code is errno */
    SAC_ERR_CANCELLED,    /* the job's cancel token was set */
    SAC_ERR_CLOSED,       /* the engine or the lease is closed */
    SAC_ERR_FORKED,       /* used in a child process of the one that made it */
    SAC_ERR_BUSY_LEASE,   /* another operation runs on this connection */
    SAC_ERR_POOL_TIMEOUT, /* no connection came free in time */
    SAC_ERR_WRITER_TIMEOUT, /* the writer token did not come free in time */
    SAC_ERR_WOULD_WAIT,     /* must wait, and there is no port to wait on */
    SAC_ERR_SELF_WAIT, /* would wait for a token that the same task holds */
    SAC_ERR_LOST,      /* the transaction was rolled back by SQLite */
    SAC_ERR_EMPTY_SQL, /* nothing but blanks and comments */
    SAC_ERR_MANY_SQL,  /* more than one statement in one string */
    SAC_ERR_MANY_SETS, /* many sets of parameters for what only reads */
    SAC_ERR_ROW_COUNT, /* a step changed another number of rows */
    SAC_ERR_CALLBACK,  /* what a callback of the driver raised is the error */
    SAC_ERR_PARAM_COUNT, /* code: parameters given, xcode: wanted */
    SAC_ERR_PARAM_NAME,  /* message: the name that has no value */
} sac_status;

#define SAC_MUST_USE __attribute__((warn_unused_result))

/* What went wrong, copied while the handle was still ours. */
typedef struct sac_error {
    sac_status status;
    int code;      /* SQLite's primary result code, or errno */
    int xcode;     /* SQLite's extended result code */
    int offset;    /* byte offset of the error in the SQL, or -1 */
    int step;      /* which statement of the script failed */
    char *message; /* owned; may be NULL, then the code speaks */
} sac_error;

void sac_error_init(sac_error *err);
void sac_error_fini(sac_error *err);
/* Forgets the previous error.  copies: message (may be NULL). -> status. */
sac_status sac_error_set(sac_error *err, sac_status status,
                         const char *message);
/* Reads code, extended code, offset and message from the handle, which the
 * calling thread must own.  SQLITE_NOMEM becomes SAC_ERR_NOMEM. -> status. */
sac_status sac_error_from_sqlite(sac_error *err, struct sqlite3 *db, int rc);
/* Moves `from` into `to`; `from` is empty after it. */
void sac_error_move(sac_error *to, sac_error *from);
/* -> the message, or SQLite's or the system's text for the code; static or
 * borrowed from err. */
const char *sac_error_text(const sac_error *err);

#endif
