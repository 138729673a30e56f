/* The life of Python callables that SQLite keeps.
 *
 * SQLite destroys a function when it is replaced or when the connection is
 * closed, which may happen on a worker: the callable then goes to the graves,
 * a list under a mutex, and is released by Sac_CallbacksRelease().  Knows
 * nothing of what the callables do. */
#include "bridge/callbacks.h"

#include <stdatomic.h>

#include "base/memory.h"
#include "base/sync.h"
#include "bridge/compat.h"
#include "bridge/errors.h"
#include "engine/user.h"

struct sac_graves {
    atomic_uint references; /* the state's, and one of each callback */
    atomic_bool filled;     /* a hint: somebody is buried */
    sac_mutex mutex;
    sac_list buried; /* guarded by mutex */
};

sac_graves *
sac_graves_new(void)
{
    sac_graves *graves = sac_calloc(1, sizeof(*graves));
    if (graves == NULL) {
        return NULL;
    }
    if (sac_mutex_init(&graves->mutex) != 0) {
        sac_free(graves);
        return NULL;
    }
    atomic_init(&graves->references, 1);
    atomic_init(&graves->filled, false);
    sac_list_init(&graves->buried);
    return graves;
}

void
sac_graves_release(sac_graves *graves)
{
    if (graves != NULL &&
        atomic_fetch_sub_explicit(&graves->references, 1,
                                  memory_order_acq_rel) == 1) {
        sac_mutex_fini(&graves->mutex);
        sac_free(graves);
    }
}

static void
drop_kept(sac_kept *kept)
{
    sac_callback_bury(SAC_CONTAINER(kept, Sac_Callback, kept));
}

Sac_Callback *
Sac_CallbackNew(Sac_State *state, sac_handle *handle, PyObject *callable)
{
    Sac_CallbacksRelease(state);
    Sac_Callback *callback = sac_calloc(1, sizeof(*callback));
    if (callback == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    atomic_fetch_add_explicit(&state->graves->references, 1,
                              memory_order_relaxed);
    *callback = (Sac_Callback){
        .state = state,
        .handle = handle,
        .graves = state->graves,
        .callable = Py_XNewRef(callable),
        .kept.drop = drop_kept,
    };
    sac_list_init(&callback->link);
    return callback;
}

void
sac_callback_bury(void *arg)
{
    Sac_Callback *callback = arg;
    sac_graves *graves = callback->graves;
    sac_mutex_lock(&graves->mutex);
    sac_list_push_back(&graves->buried, &callback->link);
    atomic_store_explicit(&graves->filled, true, memory_order_relaxed);
    sac_mutex_unlock(&graves->mutex);
}

void
Sac_CallbacksRelease(Sac_State *state)
{
    sac_graves *graves = state->graves;
    if (graves == NULL ||
        !atomic_load_explicit(&graves->filled, memory_order_relaxed)) {
        return;
    }
    sac_list gone;
    sac_list *node;
    sac_list_init(&gone);
    sac_mutex_lock(&graves->mutex);
    sac_list_move(&gone, &graves->buried);
    atomic_store_explicit(&graves->filled, false, memory_order_relaxed);
    sac_mutex_unlock(&graves->mutex);
    PyObject *saved = Sac_ErrTake();
    while ((node = sac_list_take_front(&gone)) != NULL) {
        Sac_Callback *callback = SAC_CONTAINER(node, Sac_Callback, link);
        Py_XDECREF(callback->callable);
        sac_graves_release(callback->graves);
        sac_free(callback);
    }
    Sac_ErrGive(saved);
}

enum { RAISED_PLACE = SAC_KEPT_COUNT - 1 }; /* those before are hooks' */

/* The handle is closed, wherever that is: what nobody came to report is
 * buried. */
static void
drop_raised(sac_kept *kept)
{
    Sac_Callback *grave = SAC_CONTAINER(kept, Sac_Callback, kept);
    grave->callable = grave->handle->raised;
    grave->handle->raised = NULL;
    sac_callback_bury(grave);
}

/* -> 0, or -1 with MemoryError: the handle has no grave for an exception. */
static int
dig(Sac_State *state, sac_handle *handle)
{
    if (handle->kept[RAISED_PLACE] != NULL) {
        return 0;
    }
    Sac_Callback *grave = Sac_CallbackNew(state, handle, NULL);
    if (grave == NULL) {
        return -1;
    }
    grave->kept.drop = drop_raised;
    sac_handle_keep(handle, RAISED_PLACE, &grave->kept);
    return 0;
}

void
Sac_CallbackRaised(Sac_State *state, sac_handle *handle)
{
    PyObject *raised = Sac_ErrTake();
    if (handle->raised != NULL) { /* the first is the cause */
        Py_XDECREF(raised);
        return;
    }
    if (dig(state, handle) < 0) {
        Py_XDECREF(raised);
        raised = Sac_ErrTake();
        Py_CLEAR(raised);
        return;
    }
    handle->raised = raised;
}

void
Sac_CallbackFailed(Sac_State *state, sac_handle *handle,
                   struct sqlite3_context *context, const char *message)
{
    if (PyErr_ExceptionMatches(PyExc_MemoryError)) {
        sac_user_fail(context, SAC_USER_NO_MEMORY, NULL);
    }
    else if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
        sac_user_fail(context, SAC_USER_TOO_BIG, NULL);
    }
    else {
        sac_user_fail(context, SAC_USER_FAILED, message);
    }
    Sac_CallbackRaised(state, handle);
}

int
Sac_HandleCheck(Sac_State *state, sac_handle *handle, int code)
{
    if (code == 0) {
        return 0;
    }
    sac_error error;
    sac_error_init(&error);
    (void)sac_error_from_sqlite(&error, handle->db, code);
    (void)Sac_Raise(state, &error, NULL);
    sac_error_fini(&error);
    return -1;
}
