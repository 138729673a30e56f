/* SQL functions, aggregates, window functions and collations in Python.
 *
 * Called by SQLite in the middle of a statement, with the GIL, on the thread
 * that drives the handle's lease; see callbacks.h. */
#include "bridge/callbacks.h"
#include "bridge/compat.h"
#include "bridge/errors.h"
#include "bridge/values.h"
#include "engine/user.h"

/* ---- values ------------------------------------------------------------ */

/* -> new tuple, or NULL with an exception. */
static PyObject *
arguments_from(Sac_State *state, int count, struct sqlite3_value **values)
{
    PyObject *tuple = PyTuple_New(count);
    for (int i = 0; tuple != NULL && i < count; i++) {
        sac_cell cell;
        sac_user_read(values[i], &cell);
        PyObject *item = Sac_ObjectFromCell(state, &cell);
        if (item == NULL) {
            Py_CLEAR(tuple);
            break;
        }
        PyTuple_SET_ITEM(tuple, i, item);
    }
    return tuple;
}

/* -> 0, or -1 with an exception. */
static int
give_object(const Sac_Callback *callback, struct sqlite3_context *context,
            PyObject *object)
{
    sac_value value;
    PyObject *pin = NULL;
    int rc = Sac_ValueFromObject(callback->state, object, &value, &pin);
    if (rc == 0) {
        sac_user_give(context, &value);
    }
    else if (rc > 0) {
        PyErr_Format(PyExc_TypeError,
                     "a function returned %R: SQLite has no such type",
                     object);
    }
    Py_XDECREF(pin);
    return rc == 0 ? 0 : -1;
}

/* -> the callback, or NULL: this is no time to call it, and SQLite knows. */
static const Sac_Callback *
enter(struct sqlite3_context *context)
{
    const Sac_Callback *callback = sac_user_arg(context);
    if (!sac_handle_may_call(callback->handle)) {
        sac_user_fail(context, SAC_USER_FAILED,
                      "the connection is being closed");
        return NULL;
    }
    return callback;
}

/* ---- functions --------------------------------------------------------- */

static void
on_function(struct sqlite3_context *context, int count,
            struct sqlite3_value **values)
{
    const Sac_Callback *callback = enter(context);
    if (callback == NULL) {
        return;
    }
    PyObject *args = arguments_from(callback->state, count, values);
    PyObject *result =
        args == NULL ? NULL : PyObject_CallObject(callback->callable, args);
    Py_XDECREF(args);
    if (result == NULL || give_object(callback, context, result) < 0) {
        Sac_CallbackFailed(callback->state, callback->handle, context,
                           "user-defined function raised exception");
    }
    Py_XDECREF(result);
}

int
Sac_HandleFunction(Sac_State *state, sac_handle *handle, const char *name,
                   int count, PyObject *callable, bool deterministic)
{
    sac_user_function function = {
        .name = name,
        .count = count,
        .deterministic = deterministic,
    };
    if (callable == Py_None) {
        return Sac_HandleCheck(state, handle,
                               sac_user_create(handle, &function));
    }
    function.arg = Sac_CallbackNew(state, handle, callable);
    if (function.arg == NULL) {
        return -1;
    }
    function.call = on_function;
    function.drop = sac_callback_bury;
    int rc = sac_user_create(handle, &function);
    handle->stays = handle->stays || rc == 0;
    return Sac_HandleCheck(state, handle, rc);
}

/* ---- aggregates -------------------------------------------------------- */

/* What it calls, by the name of the method. */
static void
call_method(struct sqlite3_context *context, int count,
            struct sqlite3_value **values, const char *name,
            const char *message)
{
    const Sac_Callback *callback = enter(context);
    if (callback == NULL) {
        return;
    }
    void **place = sac_user_place(context, true);
    if (place == NULL) {
        sac_user_fail(context, SAC_USER_NO_MEMORY, NULL);
        return;
    }
    if (*place == NULL) {
        *place = PyObject_CallNoArgs(callback->callable);
        if (*place == NULL) {
            Sac_CallbackFailed(
                callback->state, callback->handle, context,
                "user-defined aggregate's '__init__' method raised "
                "error");
            return;
        }
    }
    PyObject *args = arguments_from(callback->state, count, values);
    PyObject *method =
        args == NULL ? NULL : PyObject_GetAttrString(*place, name);
    PyObject *done = method == NULL ? NULL : PyObject_CallObject(method, args);
    if (done == NULL) {
        Sac_CallbackFailed(callback->state, callback->handle, context,
                           message);
    }
    Py_XDECREF(done);
    Py_XDECREF(method);
    Py_XDECREF(args);
}

static void
on_step(struct sqlite3_context *context, int count,
        struct sqlite3_value **values)
{
    call_method(context, count, values, "step",
                "user-defined aggregate's 'step' method raised error");
}

static void
on_inverse(struct sqlite3_context *context, int count,
           struct sqlite3_value **values)
{
    call_method(context, count, values, "inverse",
                "user-defined aggregate's 'inverse' method raised error");
}

static void
give_result(const Sac_Callback *callback, struct sqlite3_context *context,
            PyObject *instance, const char *name, const char *message)
{
    PyObject *result = PyObject_CallMethod(instance, name, NULL);
    if (result == NULL || give_object(callback, context, result) < 0) {
        Sac_CallbackFailed(callback->state, callback->handle, context,
                           message);
    }
    Py_XDECREF(result);
}

static void
on_value(struct sqlite3_context *context)
{
    const Sac_Callback *callback = enter(context);
    void **place = sac_user_place(context, false);
    if (callback != NULL && place != NULL && *place != NULL) {
        give_result(callback, context, *place, "value",
                    "user-defined aggregate's 'value' method raised error");
    }
}

/* SQLite calls it for what has begun, whatever came of the statement. */
static void
on_final(struct sqlite3_context *context)
{
    const Sac_Callback *callback = sac_user_arg(context);
    void **place = sac_user_place(context, false);
    if (place == NULL || *place == NULL) {
        return; /* of no rows: NULL */
    }
    PyObject *instance = *place;
    *place = NULL;
    PyObject *saved = Sac_ErrTake();
    if (callback->handle->raised == NULL) {
        give_result(callback, context, instance, "finalize",
                    "user-defined aggregate's 'finalize' method raised error");
    }
    Py_DECREF(instance);
    Sac_ErrGive(saved);
}

int
Sac_HandleAggregate(Sac_State *state, sac_handle *handle, const char *name,
                    int count, PyObject *cls, bool window)
{
    sac_user_function function = {
        .name = name,
        .count = count,
        .window = window,
    };
    if (cls != Py_None) {
        function.arg = Sac_CallbackNew(state, handle, cls);
        if (function.arg == NULL) {
            return -1;
        }
        function.step = on_step;
        function.final = on_final;
        function.value = on_value;
        function.inverse = on_inverse;
        function.drop = sac_callback_bury;
    }
    int rc = sac_user_create(handle, &function);
    handle->stays = handle->stays || (rc == 0 && function.arg != NULL);
    return Sac_HandleCheck(state, handle, rc);
}

/* ---- collations -------------------------------------------------------- */

/* -> the sign of an int of any size; 0 with an exception for another thing. */
static int
sign_of(PyObject *number)
{
    int overflow;
    long value = PyLong_AsLongAndOverflow(number, &overflow);
    return overflow != 0 ? overflow : (value > 0) - (value < 0);
}

/* An order cannot fail: an exception is shown, and the two are equal. */
static int
on_compare(void *arg, int left_size, const void *left, int right_size,
           const void *right)
{
    const Sac_Callback *callback = arg;
    if (!sac_handle_may_call(callback->handle)) {
        return 0;
    }
    PyObject *one = PyUnicode_FromStringAndSize(left, left_size);
    PyObject *other = PyUnicode_FromStringAndSize(right, right_size);
    PyObject *result = NULL;
    if (one != NULL && other != NULL) {
        result =
            PyObject_CallFunctionObjArgs(callback->callable, one, other, NULL);
    }
    Py_XDECREF(one);
    Py_XDECREF(other);
    int order = result == NULL ? 0 : sign_of(result);
    if (PyErr_Occurred()) {
        PyErr_WriteUnraisable(callback->callable);
        order = 0;
    }
    Py_XDECREF(result);
    return order;
}

int
Sac_HandleCollation(Sac_State *state, sac_handle *handle, const char *name,
                    PyObject *callable)
{
    if (callable == Py_None) {
        return Sac_HandleCheck(
            state, handle, sac_user_collate(handle, name, NULL, NULL, NULL));
    }
    Sac_Callback *callback = Sac_CallbackNew(state, handle, callable);
    if (callback == NULL) {
        return -1;
    }
    int rc = sac_user_collate(handle, name, callback, on_compare,
                              sac_callback_bury);
    if (rc != 0) {
        sac_callback_bury(callback); /* unlike for functions, it is ours */
    }
    handle->stays = handle->stays || rc == 0;
    return Sac_HandleCheck(state, handle, rc);
}
