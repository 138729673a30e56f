/* Turns engine errors into exceptions.
 *
 * With the GIL.  The classes and the two functions that make DBAPI errors
 * come from Python (state->exc, state->make_*): this file decides which one
 * and what it says.  Knows no connection and no result. */
#include "bridge/errors.h"

#include <sqlite3.h>
#include <stdarg.h>

#include "bridge/compat.h"

static PyObject *
or_none(PyObject *object)
{
    return object == NULL ? Py_None : object;
}

static PyObject *
class_of(Sac_State *state, const char *name)
{
    PyObject *class = NULL;
    if (state->exc != NULL) {
        class = PyDict_GetItemString(state->exc, name);
    }
    if (class == NULL && state->orm_exc != NULL) {
        class = PyDict_GetItemString(state->orm_exc, name);
    }
    return class != NULL ? class : PyExc_RuntimeError;
}

/* steals: exception (NULL: one is set already). */
static PyObject *
raise_instance(PyObject *exception)
{
    if (exception != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
        Py_DECREF(exception);
    }
    return NULL;
}

PyObject *
Sac_RaiseNamed(Sac_State *state, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PyErr_FormatV(class_of(state, name), format, args);
    va_end(args);
    return NULL;
}

void
Sac_ErrCausedBy(PyObject *cause)
{
    if (cause == NULL) {
        return;
    }
    PyObject *exception = Sac_ErrTake();
    if (exception == NULL || exception == cause) {
        Py_DECREF(cause);
    }
    else {
        PyException_SetContext(exception, Py_NewRef(cause));
        PyException_SetCause(exception, cause);
    }
    Sac_ErrGive(exception);
}

PyObject *
Sac_RaiseAbout(Sac_State *state, const char *name, PyObject *argument)
{
    return raise_instance(
        PyObject_CallOneArg(class_of(state, name), argument));
}

PyObject *
Sac_RaiseMisuse(Sac_State *state, PyObject *message,
                const Sac_ErrorContext *context)
{
    const Sac_ErrorContext nothing = {0};
    if (message == NULL) {
        return NULL;
    }
    if (context == NULL) {
        context = &nothing;
    }
    if (state->make_programming_error == NULL) {
        PyErr_SetObject(PyExc_RuntimeError, message);
        Py_DECREF(message);
        return NULL;
    }
    PyObject *exception = PyObject_CallFunctionObjArgs(
        state->make_programming_error, message, or_none(context->statement),
        or_none(context->parameters),
        context->hide_parameters ? Py_True : Py_False,
        context->many ? Py_True : Py_False, NULL);
    Py_DECREF(message);
    return raise_instance(exception);
}

/* -> new ref: the StatementError that `orig` is the cause of. */
static PyObject *
statement_error(Sac_State *state, PyObject *orig,
                const Sac_ErrorContext *context)
{
    PyObject *type = (PyObject *)Py_TYPE(orig);
    PyObject *module = PyObject_GetAttrString(type, "__module__");
    PyObject *name = PyObject_GetAttrString(type, "__name__");
    PyObject *whole = NULL;
    PyObject *exception = NULL;
    if (module != NULL && name != NULL) {
        whole = PyUnicode_FromFormat("(%S.%S) %S", module, name, orig);
    }
    if (whole != NULL) {
        exception = PyObject_CallFunction(
            class_of(state, "StatementError"), "OOOOOOO", whole,
            or_none(context->statement), or_none(context->parameters), orig,
            context->hide_parameters ? Py_True : Py_False, Py_None,
            context->many ? Py_True : Py_False);
    }
    Py_XDECREF(module);
    Py_XDECREF(name);
    Py_XDECREF(whole);
    return exception;
}

PyObject *
Sac_RaiseStatement(Sac_State *state, PyObject *message,
                   const Sac_ErrorContext *context)
{
    if (message == NULL) {
        return NULL;
    }
    PyObject *orig =
        PyObject_CallOneArg(class_of(state, "InvalidRequestError"), message);
    Py_DECREF(message);
    PyObject *exception =
        orig == NULL ? NULL : statement_error(state, orig, context);
    Py_XDECREF(orig);
    return raise_instance(exception);
}

PyObject *
Sac_RaiseWrapped(Sac_State *state, const Sac_ErrorContext *context)
{
    if (!PyErr_ExceptionMatches(PyExc_Exception) ||
        PyErr_ExceptionMatches(PyExc_MemoryError)) {
        return NULL;
    }
    PyObject *orig = Sac_ErrTake();
    PyObject *exception = statement_error(state, orig, context);
    if (exception == NULL || !PyExceptionInstance_Check(exception)) {
        Py_DECREF(orig);
        return raise_instance(exception);
    }
    PyException_SetContext(exception, Py_NewRef(orig));
    PyException_SetCause(exception, orig);
    return raise_instance(exception);
}

static PyObject *
raise_database(Sac_State *state, int code, int xcode, int offset,
               const char *text, const Sac_ErrorContext *context)
{
    const Sac_ErrorContext nothing = {0};
    if (context == NULL) {
        context = &nothing;
    }
    if (state->make_database_error == NULL) {
        PyErr_Format(PyExc_RuntimeError, "SQLite error %d: %s", xcode, text);
        return NULL;
    }
    /* A message may quote the SQL and cut a character in two. */
    PyObject *message =
        PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
    if (message == NULL) {
        return NULL;
    }
    PyObject *exception = PyObject_CallFunction(
        state->make_database_error, "iiOiOOOOO", code, xcode, message, offset,
        or_none(context->statement), or_none(context->parameters),
        context->hide_parameters ? Py_True : Py_False,
        context->many ? Py_True : Py_False, or_none(context->holder));
    Py_DECREF(message);
    return raise_instance(exception);
}

static PyObject *
raise_system(const sac_error *err)
{
    PyObject *exception = PyObject_CallFunction(PyExc_OSError, "is", err->code,
                                                sac_error_text(err));
    return raise_instance(exception);
}

/* Errors about the state that things are in: their class and sentence. */
static PyObject *
raise_state(Sac_State *state, const sac_error *err)
{
    switch ((int)err->status) {
    case SAC_ERR_CLOSED:
        return Sac_RaiseNamed(
            state, "ResourceClosedError", "%s",
            err->message != NULL ? err->message : "this connection is closed");
    case SAC_ERR_FORKED:
        return Sac_RaiseNamed(
            state, "InvalidRequestError",
            "this engine was made before this process was forked; SQLite "
            "connections do not survive a fork: make a new engine in the "
            "child process");
    case SAC_ERR_BUSY_LEASE:
        return Sac_RaiseNamed(
            state, "IllegalStateChangeError",
            "another operation is in progress on this connection or "
            "session; concurrent tasks need one each");
    case SAC_ERR_POOL_TIMEOUT:
        return Sac_RaiseNamed(
            state, "TimeoutError",
            "no connection of the pool became free within pool_timeout; "
            "connections are kept too long, or pool_size and "
            "max_overflow are too small");
    case SAC_ERR_SELF_WAIT:
        return Sac_RaiseNamed(
            state, "InvalidRequestError",
            "this task would wait for itself: another connection or "
            "session of the same task holds the write transaction of "
            "this database; commit or close that one first");
    case SAC_ERR_LOST:
        return Sac_RaiseNamed(
            state, "PendingRollbackError",
            "the transaction was rolled back, by SQLite because of an "
            "earlier error, or because its task had ended and others waited "
            "to write%s%s; call rollback() before going on",
            err->message != NULL ? ": " : "",
            err->message != NULL ? err->message : "");
    case SAC_ERR_WOULD_WAIT:
        return Sac_RaiseNamed(
            state, "InvalidRequestError",
            "this has to wait, and there is no running event loop");
    default:
        return Sac_RaiseNamed(state, "InvalidRequestError", "%s",
                              sac_error_text(err));
    }
}

static PyObject *
raise_misuse(Sac_State *state, const sac_error *err,
             const Sac_ErrorContext *context)
{
    PyObject *message;
    switch ((int)err->status) {
    case SAC_ERR_EMPTY_SQL:
        message = PyUnicode_FromString("there is no SQL to execute");
        break;
    case SAC_ERR_MANY_SQL:
        message = PyUnicode_FromString(
            "more than one statement in one string: execute them one by "
            "one");
        break;
    case SAC_ERR_MANY_SETS:
        message = PyUnicode_FromString(
            "a list of parameters is for statements that change rows; "
            "execute a query once for each set");
        break;
    case SAC_ERR_PARAM_COUNT:
        message = PyUnicode_FromFormat(
            "the statement has %d parameter%s, %d given", err->xcode,
            err->xcode == 1 ? "" : "s", err->code);
        break;
    default: /* SAC_ERR_PARAM_NAME */
        message = PyUnicode_FromFormat("no value for parameter '%s'",
                                       sac_error_text(err));
    }
    return Sac_RaiseMisuse(state, message, context);
}

bool
Sac_ErrorIsLock(const sac_error *err)
{
    return err->status == SAC_ERR_WRITER_TIMEOUT ||
           (err->status == SAC_ERR_SQLITE && err->code == SQLITE_BUSY &&
            err->xcode != SQLITE_BUSY_SNAPSHOT);
}

PyObject *
Sac_Raise(Sac_State *state, const sac_error *err,
          const Sac_ErrorContext *context)
{
    switch (err->status) {
    case SAC_ERR_NOMEM:
        return PyErr_NoMemory();
    case SAC_ERR_SYSTEM:
        return raise_system(err);
    case SAC_ERR_SQLITE:
        return raise_database(state, err->code, err->xcode, err->offset,
                              sac_error_text(err), context);
    case SAC_ERR_CANCELLED:
        return raise_database(state, SQLITE_INTERRUPT, SQLITE_INTERRUPT, -1,
                              "interrupted", context);
    case SAC_ERR_WRITER_TIMEOUT:
        return raise_database(state, SQLITE_BUSY, SQLITE_BUSY, -1,
                              "database is locked", context);
    case SAC_ERR_EMPTY_SQL:
    case SAC_ERR_MANY_SQL:
    case SAC_ERR_MANY_SETS:
    case SAC_ERR_PARAM_COUNT:
    case SAC_ERR_PARAM_NAME:
        return raise_misuse(state, err, context);
    case SAC_OK:
    case SAC_ERR_CLOSED:
    case SAC_ERR_FORKED:
    case SAC_ERR_BUSY_LEASE:
    case SAC_ERR_POOL_TIMEOUT:
    case SAC_ERR_WOULD_WAIT:
    case SAC_ERR_SELF_WAIT:
    case SAC_ERR_LOST:
    case SAC_ERR_ROW_COUNT:
    case SAC_ERR_CALLBACK:
        break;
    }
    return raise_state(state, err);
}
