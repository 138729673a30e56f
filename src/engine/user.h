/* What users put on a handle, as SQLite takes and calls it: functions,
 * collations, hooks; and what they ask of it directly.
 *
 * By the thread that drives the handle's lease, while it is idle; inside a
 * callback by the thread that runs the statement.  Codes are SQLite's. */
#ifndef SAC_ENGINE_USER_H
#define SAC_ENGINE_USER_H

#include "engine/handle.h"
#include "engine/rows.h"
#include "engine/value.h"

struct sqlite3_context;
struct sqlite3_stmt;
struct sqlite3_value;

typedef void (*sac_user_step)(struct sqlite3_context *, int,
                              struct sqlite3_value **);
typedef void (*sac_user_end)(struct sqlite3_context *);

/* A function has `call`; an aggregate `step` and `final`; a window function
 * all but `call`; one that is taken away has none. */
typedef struct sac_user_function {
    const char *name;
    int count; /* of arguments; -1: any */
    bool deterministic;
    bool window;
    void *arg;            /* for sac_user_arg() */
    void (*drop)(void *); /* of arg, also when it cannot be made */
    sac_user_step call;
    sac_user_step step;
    sac_user_step inverse;
    sac_user_end final;
    sac_user_end value;
} sac_user_function;

int sac_user_create(sac_handle *handle, const sac_user_function *function);
/* drop is not called when it cannot be made. */
int sac_user_collate(sac_handle *handle, const char *name, void *arg,
                     int (*compare)(void *, int, const void *, int,
                                    const void *),
                     void (*drop)(void *));
int sac_user_authorize(sac_handle *handle,
                       int (*ask)(void *, int, const char *, const char *,
                                  const char *, const char *),
                       void *arg);
void sac_user_trace(sac_handle *handle,
                    int (*tell)(unsigned, void *, void *, void *), void *arg);

/* ---- inside a function ---- */

void *sac_user_arg(struct sqlite3_context *context);
/* -> what an aggregate keeps of a group, zero at first; NULL: there is none,
 * and `make` is false or memory is short. */
void **sac_user_place(struct sqlite3_context *context, bool make);
void sac_user_read(struct sqlite3_value *value, sac_cell *cell);
/* copies: value */
void sac_user_give(struct sqlite3_context *context, const sac_value *value);
typedef enum sac_user_failure {
    SAC_USER_FAILED,
    SAC_USER_NO_MEMORY,
    SAC_USER_TOO_BIG,
} sac_user_failure;
void sac_user_fail(struct sqlite3_context *context, sac_user_failure failure,
                   const char *message);

/* ---- inside a trace ---- */

/* -> the statement with its values, for sac_user_text_free(), or NULL. */
char *sac_user_expanded(void *statement);
void sac_user_text_free(char *text); /* NULL is fine */

/* ---- directly ---- */

/* *message: for sac_user_text_free(). */
int sac_user_load(sac_handle *handle, const char *path, const char *entry,
                  char **message);
int sac_user_limit(sac_handle *handle, int category, int value);
int sac_user_total_changes(sac_handle *handle);
void sac_user_interrupt(sac_handle *handle);

#endif
