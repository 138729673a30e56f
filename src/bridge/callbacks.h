/* Python callables that SQLite calls: functions, aggregates, collations,
 * progress, trace, authorizer.
 *
 * They run with the GIL on the thread that drives the handle's lease, because
 * a handle that has one `stays` (engine/handle.h).  A handle may be closed by
 * any thread, without the GIL: what it let go of then is buried, and released
 * by the next who holds the GIL and asks. */
#ifndef SAC_BRIDGE_CALLBACKS_H
#define SAC_BRIDGE_CALLBACKS_H

#include <Python.h>
#include <stdbool.h>

#include "bridge/state.h"
#include "engine/handle.h"

/* All take a handle whose lease is the caller's and idle; a callable of None
 * takes the old one away.  -> 0, or -1 with an exception. */
int Sac_HandleFunction(Sac_State *state, sac_handle *handle, const char *name,
                       int count, PyObject *callable, bool deterministic);
int Sac_HandleAggregate(Sac_State *state, sac_handle *handle, const char *name,
                        int count, PyObject *cls, bool window);
int Sac_HandleCollation(Sac_State *state, sac_handle *handle, const char *name,
                        PyObject *callable);
int Sac_HandleProgress(Sac_State *state, sac_handle *handle,
                       PyObject *callable, int period);
int Sac_HandleTrace(Sac_State *state, sac_handle *handle, PyObject *callable);
int Sac_HandleAuthorizer(Sac_State *state, sac_handle *handle,
                         PyObject *callable);

/* Releases what was buried.  With the GIL; keeps the current exception. */
void Sac_CallbacksRelease(Sac_State *state);

/* ---- for callbacks.c, callback_functions.c, callback_hooks.c ---------- */

typedef struct sac_graves sac_graves;

typedef struct Sac_Callback {
    sac_list link;      /* among the buried; guarded by their mutex */
    sac_kept kept;      /* by the handle, for what SQLite does not destroy */
    Sac_State *state;   /* borrowed: outlives every use */
    sac_handle *handle; /* borrowed: the handle's own */
    sac_graves *graves; /* strong */
    PyObject *callable; /* strong; needs the GIL */
} Sac_Callback;

/* -> new, keeps the callable; or NULL with MemoryError. */
Sac_Callback *Sac_CallbackNew(Sac_State *state, sac_handle *handle,
                              PyObject *callable);
/* Any thread, no GIL: for SQLite to call. */
void sac_callback_bury(void *callback);
/* The exception that is set is the cause of the error that follows. */
void Sac_CallbackRaised(Sac_State *state, sac_handle *handle);
/* The same, and makes the statement fail whose function this is. */
void Sac_CallbackFailed(Sac_State *state, sac_handle *handle,
                        struct sqlite3_context *context, const char *message);
/* -> 0, or -1 with the exception for a result code of SQLite. */
int Sac_HandleCheck(Sac_State *state, sac_handle *handle, int code);

/* The first graves of a state; freed when nobody uses them any more. */
sac_graves *sac_graves_new(void);
void sac_graves_release(sac_graves *graves); /* NULL is fine */

#endif
