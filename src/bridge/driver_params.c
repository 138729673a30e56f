/* Binds what users pass to exec_driver_sql(): positions, or names, whose
 * places the SQL text tells.
 *
 * With the GIL.  Numbers parameters exactly as SQLite does: a plain "?" is one
 * more than the largest so far, ?NNN is NNN, a name keeps its first number. */
#include <stdlib.h>
#include <string.h>

#include "bridge/errors.h"
#include "bridge/params.h"
#include "bridge/scan.h"

enum { MAX_NUMBER = 32766 }; /* SQLite's own limit for ?NNN */

/* Notes the parameter [at, after) in `list`, at the index that SQLite gives
 * it; `seen` knows the index of names met before. */
static int
note_parameter(PyObject *list, PyObject *seen, const char *at,
               const char *after)
{
    Py_ssize_t index = PyList_GET_SIZE(list);
    int rc = -1;
    if (after - at == 1) { /* a plain '?' */
        return PyList_Append(list, Py_None);
    }
    PyObject *name = PyUnicode_DecodeUTF8(at + 1, after - at - 1, "replace");
    PyObject *whole = PyUnicode_DecodeUTF8(at, after - at, "replace");
    PyObject *number = NULL;
    if (name == NULL || whole == NULL) {
        goto done;
    }
    if (*at == '?') {
        long wanted = strtol(at + 1, NULL, 10);
        if (wanted < 1 || wanted > MAX_NUMBER) {
            rc = 0; /* SQLite refuses it */
            goto done;
        }
        index = wanted - 1;
    }
    else {
        int known = PyDict_Contains(seen, whole);
        if (known != 0) {
            rc = known < 0 ? -1 : 0;
            goto done;
        }
        number = PyLong_FromSsize_t(index);
        if (number == NULL || PyDict_SetItem(seen, whole, number) < 0) {
            goto done;
        }
    }
    while (PyList_GET_SIZE(list) <= index) {
        if (PyList_Append(list, Py_None) < 0) {
            goto done;
        }
    }
    rc = PyList_SetItem(list, index, Py_NewRef(name));
done:
    Py_XDECREF(name);
    Py_XDECREF(whole);
    Py_XDECREF(number);
    return rc;
}

static int
note_parameters(PyObject *list, PyObject *seen, const char *at,
                const char *end)
{
    while (at < end) {
        const char *after = sac_scan_skip(at, end);
        if (after != NULL) {
            at = after;
        }
        else if (strchr("?:@$#", *at) != NULL && *at != '\0') {
            after = sac_scan_parameter(at, end);
            if (after != NULL && note_parameter(list, seen, at, after) < 0) {
                return -1;
            }
            at = after != NULL ? after : at + 1;
        }
        else if (sac_scan_word(*at)) {
            while (at < end && sac_scan_word(*at)) {
                at++;
            }
        }
        else {
            at++;
        }
    }
    return 0;
}

/* -> new tuple: for each index the name without its prefix, or None. */
static PyObject *
names_in_sql(PyObject *sql)
{
    Py_ssize_t length;
    PyObject *names = NULL;
    const char *text = PyUnicode_AsUTF8AndSize(sql, &length);
    if (text == NULL) {
        return NULL;
    }
    PyObject *list = PyList_New(0);
    PyObject *seen = PyDict_New();
    if (list != NULL && seen != NULL &&
        note_parameters(list, seen, text, text + length) == 0) {
        names = PyList_AsTuple(list);
    }
    Py_XDECREF(list);
    Py_XDECREF(seen);
    return names;
}

static int
bind_driver_dict(Sac_State *state, Sac_Execution *self, size_t row,
                 PyObject *names, PyObject *dict)
{
    Sac_ErrorContext context = Sac_ParamContext(self);
    size_t width = self->step.params.width;
    for (size_t i = 0; i < width; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, (Py_ssize_t)i);
        if (name == Py_None) {
            (void)Sac_RaiseMisuse(
                state,
                PyUnicode_FromFormat("parameter %zu has no name, so a "
                                     "dictionary has no value for it",
                                     i + 1),
                &context);
            return -1;
        }
        PyObject *value = PyDict_GetItemWithError(dict, name);
        if (value == NULL) {
            if (!PyErr_Occurred()) {
                (void)Sac_RaiseMisuse(
                    state,
                    PyUnicode_FromFormat("parameter '%U' has no value", name),
                    &context);
            }
            return -1;
        }
        if (Sac_BindValue(state, self, row * width + i, value, name) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
bind_driver_tuple(Sac_State *state, Sac_Execution *self, size_t row,
                  PyObject *tuple)
{
    Sac_ErrorContext context = Sac_ParamContext(self);
    size_t width = self->step.params.width;
    size_t size = (size_t)PyTuple_GET_SIZE(tuple);
    if (size != width) {
        (void)Sac_RaiseMisuse(
            state,
            PyUnicode_FromFormat("parameter set %zu has %zu values, the "
                                 "first one has %zu",
                                 row, size, width),
            &context);
        return -1;
    }
    for (size_t i = 0; i < width; i++) {
        PyObject *value = PyTuple_GET_ITEM(tuple, (Py_ssize_t)i);
        if (Sac_BindValue(state, self, row * width + i, value, NULL) < 0) {
            return -1;
        }
    }
    return 0;
}

/* `names` is NULL when the sets are tuples. */
static int
bind_driver_set(Sac_State *state, Sac_Execution *self, size_t row,
                PyObject *names, PyObject *set)
{
    if (names == NULL && PyTuple_Check(set)) {
        return bind_driver_tuple(state, self, row, set);
    }
    int rc = names == NULL ? 0 : Sac_IsMapping(state, set);
    if (rc <= 0) {
        if (rc == 0) {
            (void)Sac_RaiseNamed(state, "ArgumentError",
                                 "a list of parameters must have tuples only "
                                 "or dictionaries only");
        }
        return -1;
    }
    PyObject *dict = Sac_DictOf(set);
    rc = dict == NULL ? -1 : bind_driver_dict(state, self, row, names, dict);
    Py_XDECREF(dict);
    return rc;
}

static int
bind_driver_sets(Sac_State *state, Sac_Execution *self, PyObject *sql,
                 PyObject *const *sets, Py_ssize_t rows)
{
    PyObject *names = NULL;
    size_t width;
    int rc = -1;
    if (PyTuple_Check(sets[0])) {
        width = (size_t)PyTuple_GET_SIZE(sets[0]);
    }
    else {
        names = names_in_sql(sql);
        if (names == NULL) {
            return -1;
        }
        width = (size_t)PyTuple_GET_SIZE(names);
    }
    if (Sac_ExecutionReserve(self, (size_t)rows, width) < 0) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < rows; i++) {
        if (bind_driver_set(state, self, (size_t)i, names, sets[i]) < 0) {
            goto done;
        }
    }
    rc = 0;
done:
    Py_XDECREF(names);
    return rc;
}

int
Sac_BindDriver(Sac_State *state, Sac_Execution *self, PyObject *sql,
               PyObject *parameters)
{
    parameters = Sac_GivenParameters(parameters);
    Py_XSETREF(self->parameters, Py_XNewRef(parameters));
    if (parameters == NULL) {
        return Sac_ExecutionReserve(self, 1, 0);
    }
    if (PyList_Check(parameters)) {
        self->many = true;
        PyObject *sets = PyList_AsTuple(parameters);
        if (sets == NULL) {
            return -1;
        }
        int rc = bind_driver_sets(state, self, sql,
                                  ((PyTupleObject *)sets)->ob_item,
                                  PyTuple_GET_SIZE(sets));
        Py_DECREF(sets);
        return rc;
    }
    int rc = PyTuple_Check(parameters) ? 1 : Sac_IsMapping(state, parameters);
    if (rc <= 0) {
        if (rc == 0) {
            (void)Sac_RaiseNamed(state, "ArgumentError",
                                 "parameters must be a tuple, a dictionary, "
                                 "or a list of them, not %s",
                                 Py_TYPE(parameters)->tp_name);
        }
        return -1;
    }
    return bind_driver_sets(state, self, sql, &parameters, 1);
}
