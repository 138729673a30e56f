/* Binds what users pass to execute() with text(); driver_params.c is the
 * other half.
 *
 * With the GIL.  The containers are read once, here: what the worker sees are
 * sac_values whose bytes belong to pinned objects, so the user may change a
 * list or a dict while the statement runs. */
#include "bridge/params.h"

#include "bridge/errors.h"
#include "bridge/promise.h"
#include "bridge/values.h"

Sac_ErrorContext
Sac_ParamContext(const Sac_Execution *self)
{
    return (Sac_ErrorContext){
        .statement = self->statement,
        .parameters = self->parameters,
        .hide_parameters = self->hide_parameters,
        .many = self->many,
    };
}

int
Sac_IsMapping(Sac_State *state, PyObject *object)
{
    if (PyDict_Check(object)) {
        return 1;
    }
    PyObject *keys = PyObject_GetAttr(object, state->str_keys);
    if (keys == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    Py_DECREF(keys);
    return 1;
}

PyObject *
Sac_DictOf(PyObject *mapping)
{
    if (PyDict_Check(mapping)) {
        return Py_NewRef(mapping);
    }
    PyObject *dict = PyDict_New();
    if (dict != NULL && PyDict_Update(dict, mapping) < 0) {
        Py_CLEAR(dict);
    }
    return dict;
}

int
Sac_CannotBind(Sac_State *state, Sac_Execution *self, size_t at,
               PyObject *object, PyObject *name, PyObject *shown)
{
    Sac_ErrorContext context = Sac_ParamContext(self);
    const char *type = Py_TYPE(object)->tp_name;
    context.parameters = shown;
    (void)Sac_RaiseMisuse(
        state,
        name != NULL
            ? PyUnicode_FromFormat("parameter %zu ('%U') has a type that "
                                   "SQLite cannot store: %s",
                                   at + 1, name, type)
            : PyUnicode_FromFormat("parameter %zu has a type that SQLite "
                                   "cannot store: %s",
                                   at + 1, type),
        &context);
    return -1;
}

int
Sac_BindValue(Sac_State *state, Sac_Execution *self, size_t at,
              PyObject *object, PyObject *name)
{
    PyObject *pin;
    Py_INCREF(object); /* isoformat() may run code that drops it */
    int rc = Sac_ValueFromObject(state, object, &self->values[at], &pin);
    if (rc == 1) {
        PyObject *shown = Sac_ShownParameters(self);
        if (shown != NULL) {
            (void)Sac_CannotBind(state, self, at % self->step.params.width,
                                 object, name, shown);
            Py_DECREF(shown);
        }
    }
    Py_DECREF(object);
    if (rc != 0) {
        return -1;
    }
    return pin == NULL ? 0 : Sac_ExecutionPin(self, pin);
}

/* ---- text(): names ----------------------------------------------------- */

/* -> borrowed, or NULL (with an exception or without). */
static PyObject *
find_value(const Sac_Execution *self, PyObject *dict, PyObject *name)
{
    PyObject *value = NULL;
    if (dict != NULL) {
        value = PyDict_GetItemWithError(dict, name);
        if (value == NULL && PyErr_Occurred()) {
            return NULL;
        }
    }
    if (value == NULL && self->preset != NULL) {
        value = PyDict_GetItemWithError(self->preset, name);
    }
    return value;
}

static int
no_value(Sac_State *state, const Sac_Execution *self, PyObject *name,
         size_t row)
{
    Sac_ErrorContext context = Sac_ParamContext(self);
    PyObject *message;
    if (PyErr_Occurred()) {
        return -1;
    }
    if (self->many) {
        message = PyUnicode_FromFormat(
            "parameter '%U' has no value in parameter set %zu", name, row);
    }
    else {
        message = PyUnicode_FromFormat("parameter '%U' has no value", name);
    }
    (void)Sac_RaiseStatement(state, message, &context);
    return -1;
}

/* `dict` may be NULL: presets only. */
static int
bind_names(Sac_State *state, Sac_Execution *self, size_t row, PyObject *dict)
{
    size_t width = self->step.params.width;
    for (size_t i = 0; i < width; i++) {
        PyObject *name = PyTuple_GET_ITEM(self->names, (Py_ssize_t)i);
        PyObject *value = find_value(self, dict, name);
        if (value == NULL) {
            return no_value(state, self, name, row);
        }
        if (Sac_BindValue(state, self, row * width + i, value, name) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
bind_mapping(Sac_State *state, Sac_Execution *self, size_t row,
             PyObject *mapping)
{
    PyObject *dict = Sac_DictOf(mapping);
    if (dict == NULL) {
        return -1;
    }
    int rc = bind_names(state, self, row, dict);
    Py_DECREF(dict);
    return rc;
}

static int
wrong_named(Sac_State *state, bool in_list)
{
    (void)Sac_RaiseNamed(state, "ArgumentError",
                         in_list
                             ? "a list of parameters of text() must have "
                               "dictionaries only"
                             : "parameters of text() must be a dictionary or "
                               "a list of dictionaries");
    return -1;
}

/* `sets` is a copy of the list: its items stay while values are converted. */
static int
bind_named_sets(Sac_State *state, Sac_Execution *self, PyObject *sets)
{
    Py_ssize_t rows = PyTuple_GET_SIZE(sets);
    if (Sac_ExecutionReserve(self, (size_t)rows,
                             (size_t)PyTuple_GET_SIZE(self->names)) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < rows; i++) {
        PyObject *item = PyTuple_GET_ITEM(sets, i);
        int rc = Sac_IsMapping(state, item);
        if (rc == 0) {
            rc = wrong_named(state, true);
        }
        if (rc < 0 || bind_mapping(state, self, (size_t)i, item) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
Sac_GivenParameters(PyObject *parameters)
{
    if (parameters == NULL || parameters == Py_None ||
        (PyList_Check(parameters) && PyList_GET_SIZE(parameters) == 0)) {
        return NULL;
    }
    return parameters;
}

int
Sac_BindNamed(Sac_State *state, Sac_Execution *self, PyObject *parameters)
{
    parameters = Sac_GivenParameters(parameters);
    Py_XSETREF(self->parameters, Py_XNewRef(parameters));
    if (parameters != NULL && PyList_Check(parameters)) {
        self->many = true;
        PyObject *sets = PyList_AsTuple(parameters);
        int rc = sets == NULL ? -1 : bind_named_sets(state, self, sets);
        Py_XDECREF(sets);
        return rc;
    }
    if (parameters != NULL) {
        int rc = Sac_IsMapping(state, parameters);
        if (rc <= 0) {
            return rc < 0 ? -1 : wrong_named(state, false);
        }
    }
    if (Sac_ExecutionReserve(self, 1, (size_t)PyTuple_GET_SIZE(self->names)) <
        0) {
        return -1;
    }
    return parameters == NULL ? bind_names(state, self, 0, NULL)
                              : bind_mapping(state, self, 0, parameters);
}

/* ---- what messages show ------------------------------------------------ */

/* A name without a value is shown as None: the message says the rest. */
static PyObject *
shown_set(const Sac_Execution *self, PyObject *mapping)
{
    PyObject *dict = mapping == NULL ? NULL : Sac_DictOf(mapping);
    if (dict == NULL && mapping != NULL) {
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(self->names);
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; tuple != NULL && i < count; i++) {
        PyObject *value =
            find_value(self, dict, PyTuple_GET_ITEM(self->names, i));
        if (value == NULL && PyErr_Occurred()) {
            Py_CLEAR(tuple);
            break;
        }
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(value == NULL ? Py_None : value));
    }
    Py_XDECREF(dict);
    return tuple;
}

/* -> new tuple: one set of values, as they go to SQLite. */
static PyObject *
values_set(Sac_State *state, const sac_value *values, size_t width)
{
    PyObject *tuple = PyTuple_New((Py_ssize_t)width);
    for (size_t i = 0; tuple != NULL && i < width; i++) {
        sac_cell cell = {.type = values[i].type,
                         .size = (uint32_t)values[i].size};
        memcpy(&cell.as, &values[i].as, sizeof(cell.as));
        PyObject *object =
            cell.type == SAC_ROWID
                ? Sac_PromiseNew(state, 0, values[i].as.row.step,
                                 values[i].as.row.set)
                : Sac_ObjectFromCell(state, &cell);
        if (object == NULL) {
            Py_CLEAR(tuple);
            break;
        }
        PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, object);
    }
    return tuple;
}

PyObject *
Sac_ShownSet(Sac_Execution *self, size_t set)
{
    size_t width = self->step.params.width;
    return values_set(SAC_STATE(self), self->values + set * width, width);
}

static PyObject *
shown_values(Sac_Execution *self)
{
    Sac_State *state = SAC_STATE(self);
    const sac_step *step =
        self->call.stream != NULL ? &self->call.stream->step : &self->step;
    size_t width = step->params.width;
    if (!self->many) {
        return values_set(state, self->values, width);
    }
    PyObject *list = PyList_New((Py_ssize_t)step->params.rows);
    for (size_t i = 0; list != NULL && i < step->params.rows; i++) {
        PyObject *set = values_set(state, self->values + i * width, width);
        if (set == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, (Py_ssize_t)i, set);
    }
    return list;
}

PyObject *
Sac_ShownParameters(Sac_Execution *self)
{
    if (self->shape != NULL) {
        return shown_values(self);
    }
    if (self->names == NULL) {
        return self->parameters == NULL ? PyTuple_New(0)
                                        : Py_NewRef(self->parameters);
    }
    if (!self->many) {
        return shown_set(self, self->parameters);
    }
    Py_ssize_t count = PyList_GET_SIZE(self->parameters);
    PyObject *list = PyList_New(0);
    for (Py_ssize_t i = 0;
         list != NULL && i < count && i < PyList_GET_SIZE(self->parameters);
         i++) {
        PyObject *item = Py_NewRef(PyList_GET_ITEM(self->parameters, i));
        PyObject *set = shown_set(self, item);
        Py_DECREF(item);
        if (set == NULL || PyList_Append(list, set) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(set);
    }
    return list;
}
