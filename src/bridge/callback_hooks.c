/* Progress, trace and authorizer in Python.
 *
 * Called by SQLite in the middle of a statement, with the GIL, on the thread
 * that drives the handle's lease; see callbacks.h.  SQLite destroys none of
 * these: the handle keeps them. */
#include <sqlite3.h>

#include "base/memory.h"
#include "bridge/callbacks.h"
#include "bridge/compat.h"
#include "engine/user.h"

enum { PROGRESS, TRACE, AUTHORIZER };

/* Makes it what the handle keeps for `purpose`, NULL: nothing. */
static void
keep(sac_handle *handle, int purpose, Sac_Callback *callback)
{
    sac_handle_keep(handle, purpose,
                    callback == NULL ? NULL : &callback->kept);
    handle->stays = handle->stays || callback != NULL;
}

/* -> 0 and *callback, NULL for None; or -1. */
static int
make(Sac_State *state, sac_handle *handle, PyObject *callable,
     Sac_Callback **callback)
{
    *callback = NULL;
    if (callable == Py_None) {
        return 0;
    }
    *callback = Sac_CallbackNew(state, handle, callable);
    return *callback == NULL ? -1 : 0;
}

static int
on_tick(void *arg)
{
    const Sac_Callback *callback = arg;
    PyObject *result = PyObject_CallNoArgs(callback->callable);
    int stop = result == NULL ? -1 : PyObject_IsTrue(result);
    Py_XDECREF(result);
    if (stop < 0) {
        Sac_CallbackRaised(callback->state, callback->handle);
    }
    return stop != 0;
}

int
Sac_HandleProgress(Sac_State *state, sac_handle *handle, PyObject *callable,
                   int period)
{
    Sac_Callback *callback;
    if (make(state, handle, callable, &callback) < 0) {
        return -1;
    }
    sac_handle_watch(handle, period, callback == NULL ? NULL : on_tick,
                     callback);
    keep(handle, PROGRESS, callback);
    return 0;
}

/* -> new str: the statement with its values, or a comment of a trigger. */
static PyObject *
traced_text(void *statement, void *text)
{
    const char *sql = text;
    if (sql[0] == '-' && sql[1] == '-') {
        return PyUnicode_FromString(sql);
    }
    char *expanded = sac_user_expanded(statement);
    PyObject *shown = PyUnicode_FromString(expanded == NULL ? sql : expanded);
    sac_user_text_free(expanded);
    return shown;
}

/* What it raises is shown: a trace changes nothing. */
static int
on_trace(unsigned what, void *arg, void *statement, void *text)
{
    const Sac_Callback *callback = arg;
    if (what != SQLITE_TRACE_STMT || !sac_handle_may_call(callback->handle)) {
        return 0;
    }
    PyObject *sql = traced_text(statement, text);
    PyObject *done =
        sql == NULL ? NULL : PyObject_CallOneArg(callback->callable, sql);
    if (done == NULL) {
        PyErr_WriteUnraisable(callback->callable);
    }
    Py_XDECREF(sql);
    Py_XDECREF(done);
    return 0;
}

int
Sac_HandleTrace(Sac_State *state, sac_handle *handle, PyObject *callable)
{
    Sac_Callback *callback;
    if (make(state, handle, callable, &callback) < 0) {
        return -1;
    }
    sac_user_trace(handle, callback == NULL ? NULL : on_trace, callback);
    keep(handle, TRACE, callback);
    return 0;
}

static int
on_authorize(void *arg, int action, const char *first, const char *second,
             const char *schema, const char *source)
{
    const Sac_Callback *callback = arg;
    if (!sac_handle_may_call(callback->handle)) {
        return SQLITE_OK;
    }
    PyObject *result = PyObject_CallFunction(
        callback->callable, "izzzz", action, first, second, schema, source);
    long answer = SQLITE_DENY;
    if (result != NULL && PyLong_Check(result)) {
        answer = PyLong_AsLong(result);
    }
    Py_XDECREF(result);
    if (PyErr_Occurred()) {
        Sac_CallbackRaised(callback->state, callback->handle);
        return SQLITE_DENY;
    }
    return (int)answer;
}

int
Sac_HandleAuthorizer(Sac_State *state, sac_handle *handle, PyObject *callable)
{
    Sac_Callback *callback;
    if (make(state, handle, callable, &callback) < 0) {
        return -1;
    }
    int rc = sac_user_authorize(handle, callback == NULL ? NULL : on_authorize,
                                callback);
    keep(handle, AUTHORIZER, callback);
    return Sac_HandleCheck(state, handle, rc);
}
