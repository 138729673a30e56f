/* Binding: every bind of a shape gets its value (of the parameters, a rider or
 * a default), and its codec makes it what SQLite stores.
 *
 * With the GIL.  Python code that is called on the way (defaults, codecs) may
 * do anything but change nodes and shapes; what it raises becomes the cause of
 * a StatementError.  What SQLite reads is copied or pinned here, so nothing
 * that happens later changes it. */
#include "types/binding.h"

#include "bridge/codecs.h"
#include "bridge/compat.h"
#include "bridge/errors.h"
#include "bridge/params.h"
#include "bridge/promise.h"
#include "bridge/values.h"

enum { BIND_VALUE = 1 }; /* which part of a BindParameter */

/* ---- errors ----------------------------------------------------------- */

/* -> new list of one dict: what the current row gives. */
static PyObject *
taken_parameters(Sac_Binding *self)
{
    PyObject *dict = PyDict_New();
    for (Py_ssize_t i = 0; dict != NULL && i < self->shape->count; i++) {
        PyObject *value = NULL;
        int found = self->take(self, i, &value);
        if (found != 0 &&
            (found < 0 ||
             PyDict_SetItem(dict, self->shape->binds[i].name, value) < 0)) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(value);
    }
    PyObject *list = dict == NULL ? NULL : Py_BuildValue("[O]", dict);
    Py_XDECREF(dict);
    return list;
}

/* -> new ref: the parameters as the user gave them, for messages about what
 * goes wrong before there are any others. */
static PyObject *
given_parameters(Sac_Binding *self)
{
    if (self->take != NULL) {
        return taken_parameters(self);
    }
    PyObject *parameters = self->execution->parameters;
    if (parameters == NULL) {
        return PyList_New(0);
    }
    if (PyList_Check(parameters) || PyTuple_Check(parameters)) {
        return Py_NewRef(parameters);
    }
    return Py_BuildValue("[O]", parameters);
}

/* The current exception (with `message`, steals: a new one) becomes the cause
 * of a StatementError.  Always -> -1. */
static int
fail(Sac_Binding *self, PyObject *message)
{
    Sac_ErrorContext context = Sac_ParamContext(self->execution);
    if (PyErr_Occurred() && (PyErr_ExceptionMatches(PyExc_MemoryError) ||
                             !PyErr_ExceptionMatches(PyExc_Exception))) {
        return -1;
    }
    if (message != NULL) {
        PyObject *shown = given_parameters(self);
        context.parameters = shown;
        if (shown == NULL) {
            Py_DECREF(message);
            return -1;
        }
        (void)Sac_RaiseStatement(self->state, message, &context);
        Py_DECREF(shown);
        return -1;
    }
    PyObject *cause = Sac_ErrTake();
    PyObject *shown = given_parameters(self);
    if (shown == NULL) {
        Py_XDECREF(cause);
        return -1;
    }
    Sac_ErrGive(cause);
    context.parameters = shown;
    (void)Sac_RaiseWrapped(self->state, &context);
    Py_DECREF(shown);
    return -1;
}

static int
no_value(Sac_Binding *self, const Sac_Bind *bind)
{
    PyObject *message;
    if (self->execution->many) {
        message = PyUnicode_FromFormat(
            "A value is required for bind parameter '%U', in parameter group "
            "%zu",
            bind->name, self->set);
    }
    else {
        message = PyUnicode_FromFormat(
            "A value is required for bind parameter '%U'", bind->name);
    }
    return message == NULL ? -1 : fail(self, message);
}

/* ---- where values come from ------------------------------------------- */

/* -> 1 and *value, new ref; 0: not among the parameters; -1. */
static int
given_value(Sac_Binding *self, const Sac_Bind *bind, PyObject **value)
{
    if (self->take != NULL) {
        return self->take(self, bind - self->shape->binds, value);
    }
    if (self->given == NULL || bind->key == NULL) {
        return 0;
    }
    PyObject *found = PyDict_GetItemWithError(self->given, bind->key);
    if (found == NULL && bind->name != bind->key && !PyErr_Occurred()) {
        found = PyDict_GetItemWithError(self->given, bind->name);
    }
    if (found == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    *value = Py_NewRef(found);
    return 1;
}

/* -> borrowed from the rider. */
static PyObject *
rider_value(const Sac_Binding *self, const Sac_Bind *bind)
{
    if ((size_t)bind->rider < self->walk->count) {
        const Sac_Node *rider = (Sac_Node *)self->walk->riders[bind->rider];
        if (PyTuple_GET_SIZE(rider->parts) > BIND_VALUE) {
            return PyTuple_GET_ITEM(rider->parts, BIND_VALUE);
        }
    }
    PyErr_SetString(PyExc_SystemError, "a shape does not fit its statement");
    return NULL;
}

/* What the bind says when the parameters do not.  -> new ref. */
static PyObject *
own_value(Sac_Binding *self, const Sac_Bind *bind)
{
    PyObject *value = NULL;
    switch (bind->source) {
    case SAC_BIND_RIDER:
        return Py_XNewRef(rider_value(self, bind));
    case SAC_BIND_CONSTANT:
        return Py_NewRef(bind->object);
    case SAC_BIND_CALLED:
        value = rider_value(self, bind);
        value = value == NULL ? NULL : PyObject_CallNoArgs(value);
        break;
    case SAC_BIND_CALL:
        value = PyObject_CallNoArgs(bind->object);
        break;
    case SAC_BIND_CONTEXT:
        value = PyObject_CallOneArg(bind->object, self->current);
        break;
    case SAC_BIND_GIVEN:
        (void)no_value(self, bind);
        return NULL;
    }
    if (value == NULL) {
        (void)fail(self, NULL);
    }
    return value;
}

/* -> new ref. */
static PyObject *
value_of(Sac_Binding *self, const Sac_Bind *bind)
{
    PyObject *value;
    if (self->current != NULL && bind->source != SAC_BIND_CONTEXT) {
        value = PyDict_GetItemWithError(self->current, bind->name);
        if (value != NULL || PyErr_Occurred()) {
            return Py_XNewRef(value);
        }
    }
    int found = given_value(self, bind, &value);
    if (found == 0) {
        value = own_value(self, bind);
    }
    return found < 0 ? NULL : value;
}

/* For defaults that look at the other values: all but those, first. */
static int
gather_current(Sac_Binding *self)
{
    const Sac_Shape *shape = self->shape;
    PyObject *current = PyDict_New();
    for (Py_ssize_t i = 0; current != NULL && i < shape->count; i++) {
        const Sac_Bind *bind = &shape->binds[i];
        if (bind->source == SAC_BIND_CONTEXT) {
            continue;
        }
        PyObject *value = value_of(self, bind);
        if (value == NULL || PyDict_SetItem(current, bind->name, value) < 0) {
            Py_CLEAR(current);
        }
        Py_XDECREF(value);
    }
    Py_XSETREF(self->current, current);
    return current == NULL ? -1 : 0;
}

/* ---- what SQLite gets ------------------------------------------------- */

/* -> new list of the values of a set as they are, functions not called. */
static PyObject *
raw_values(Sac_Binding *self)
{
    PyObject *list = PyList_New(0);
    for (Py_ssize_t i = 0; list != NULL && i < self->shape->count; i++) {
        const Sac_Bind *bind = &self->shape->binds[i];
        PyObject *value = NULL;
        int found = given_value(self, bind, &value);
        if (found == 0) {
            value = bind->source == SAC_BIND_RIDER ? rider_value(self, bind)
                    : bind->source == SAC_BIND_CONSTANT ? bind->object
                                                        : Py_None;
            Py_XINCREF(value);
        }
        if (value == NULL || PyList_Append(list, value) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(value);
    }
    return list;
}

static int
cannot_bind(Sac_Binding *self, const Sac_Bind *bind, PyObject *object)
{
    PyObject *raw = raw_values(self);
    PyObject *shown = raw == NULL ? NULL : PyList_AsTuple(raw);
    if (shown != NULL) {
        size_t width = self->execution->step.params.width;
        (void)Sac_CannotBind(self->state, self->execution, self->at % width,
                             object, bind->name, shown);
    }
    Py_XDECREF(raw);
    Py_XDECREF(shown);
    return -1;
}

/* A value that an earlier row of the same unit will have. */
static int
put_promise(Sac_Binding *self, const Sac_Bind *bind, PyObject *codec,
            const Sac_Promise *promise)
{
    const Sac_Execution *execution = self->execution;
    bool earlier =
        promise->step < execution->unit_step ||
        (promise->step == execution->unit_step && promise->set < self->set);
    if (execution->unit == 0 || promise->unit != execution->unit || !earlier ||
        (codec != NULL && codec != Py_None)) {
        PyErr_Format(PyExc_ValueError,
                     "the key of parameter '%U' is not known yet", bind->name);
        return fail(self, NULL);
    }
    self->execution->values[self->at++] = (sac_value){
        .type = SAC_ROWID,
        .as.row = {.step = promise->step, .set = promise->set},
    };
    return 0;
}

/* Encodes one object into the next value.  -> 0 or -1. */
static int
put_value(Sac_Binding *self, const Sac_Bind *bind, PyObject *codec,
          PyObject *object)
{
    if (Sac_PromiseCheck(self->state, object)) {
        return put_promise(self, bind, codec, (Sac_Promise *)object);
    }
    PyObject *pin = NULL;
    sac_value *value = &self->execution->values[self->at];
    bool plain = codec == NULL || codec == Py_None;
    int rc = plain ? Sac_ValueFromObject(self->state, object, value, &pin)
                   : Sac_CodecEncode(self->state, codec, object, value, &pin);
    if (rc == 0) {
        self->at++;
        return pin == NULL ? 0 : Sac_ExecutionPin(self->execution, pin);
    }
    if (rc > 0) {
        return cannot_bind(self, bind, object);
    }
    return plain ? -1 : fail(self, NULL);
}

/* One item of a list: a value, or a tuple of them. */
static int
put_item(Sac_Binding *self, const Sac_Bind *bind, Py_ssize_t width,
         PyObject *item)
{
    if (width == 0) {
        return put_value(self, bind, bind->codec, item);
    }
    PyObject *tuple = PySequence_Tuple(item);
    if (tuple == NULL) {
        return fail(self, NULL);
    }
    int rc = 0;
    if (PyTuple_GET_SIZE(tuple) != width) {
        rc = fail(self, PyUnicode_FromFormat(
                            "parameter '%U' is a list of tuples of "
                            "%zd values; one of them has %zd",
                            bind->name, width, PyTuple_GET_SIZE(tuple)));
    }
    for (Py_ssize_t i = 0; rc == 0 && i < width; i++) {
        PyObject *codec =
            bind->codec == NULL ? NULL : PyTuple_GET_ITEM(bind->codec, i);
        rc = put_value(self, bind, codec, PyTuple_GET_ITEM(tuple, i));
    }
    Py_DECREF(tuple);
    return rc;
}

static int
put_list(Sac_Binding *self, const Sac_Bind *bind, Py_ssize_t which)
{
    PyObject *list = self->lists[which];
    Py_ssize_t count = PyTuple_GET_SIZE(list);
    for (Py_ssize_t i = 0; i < self->counts[which]; i++) {
        Py_ssize_t at = i < count ? i : count - 1; /* padding */
        if (put_item(self, bind, self->shape->expansions[which].width,
                     PyTuple_GET_ITEM(list, at)) < 0) {
            return -1;
        }
    }
    return 0;
}

/* What the result may be asked for. */
static void
remember(Sac_Binding *self, Py_ssize_t at, PyObject *value)
{
    if (self->keep != NULL) {
        self->keep(self, at, value);
    }
    PyObject *bound = self->execution->bound;
    if (bound != NULL) {
        PyTuple_SET_ITEM(bound, at, Py_NewRef(value));
    }
}

/* One set. */
static int
put_set(Sac_Binding *self)
{
    const Sac_Shape *shape = self->shape;
    if (shape->contextual && gather_current(self) < 0) {
        return -1;
    }
    Py_ssize_t list = 0;
    for (Py_ssize_t i = 0; i < shape->count; i++) {
        const Sac_Bind *bind = &shape->binds[i];
        if (list < shape->expansion_count &&
            shape->expansions[list].bind == i) {
            remember(self, i, self->lists[list]);
            if (put_list(self, bind, list) < 0) {
                return -1;
            }
            list++;
            continue;
        }
        PyObject *value = value_of(self, bind);
        if (value == NULL) {
            return -1;
        }
        remember(self, i, value);
        int rc = put_value(self, bind, bind->codec, value);
        if (rc == 0 && bind->source == SAC_BIND_CONTEXT) {
            rc = PyDict_SetItem(self->current, bind->name, value);
        }
        Py_DECREF(value);
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- lists ------------------------------------------------------------ */

static PyObject *
list_of(Sac_Binding *self, const Sac_Bind *bind)
{
    PyObject *value = value_of(self, bind);
    if (value == NULL || PyTuple_CheckExact(value)) {
        return value;
    }
    PyObject *tuple = NULL;
    if (!PyUnicode_Check(value) && !PyBytes_Check(value)) {
        tuple = PySequence_Tuple(value);
    }
    else {
        PyErr_Format(PyExc_TypeError, "parameter '%U' is a list, not %s",
                     bind->name, Py_TYPE(value)->tp_name);
    }
    Py_DECREF(value);
    if (tuple == NULL) {
        (void)fail(self, NULL);
    }
    return tuple;
}

static int
gather_lists(Sac_Binding *self)
{
    const Sac_Shape *shape = self->shape;
    size_t count = (size_t)shape->expansion_count;
    self->lists = self->inline_lists;
    self->counts = self->inline_counts;
    if (count > SAC_INLINE_LISTS) {
        self->lists = PyMem_Calloc(count, sizeof(*self->lists));
        self->counts = PyMem_Calloc(count, sizeof(*self->counts));
        if (self->lists == NULL || self->counts == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        Py_ssize_t bind = shape->expansions[i].bind;
        self->lists[i] = list_of(self, &shape->binds[bind]);
        if (self->lists[i] == NULL) {
            return -1;
        }
        self->counts[i] = PyTuple_GET_SIZE(self->lists[i]);
    }
    return 0;
}

static void
binding_fini(Sac_Binding *self)
{
    Py_ssize_t count = self->shape->expansion_count;
    for (Py_ssize_t i = 0; self->lists != NULL && i < count; i++) {
        Py_XDECREF(self->lists[i]);
    }
    if (count > SAC_INLINE_LISTS) {
        PyMem_Free(self->lists);
        PyMem_Free(self->counts);
    }
    Py_XDECREF(self->current);
}

/* ---- binding ---------------------------------------------------------- */

/* The SQL with its plan, and room for the values. */
static int
prepare(Sac_Binding *self, sac_engine *engine, size_t sets)
{
    const Sac_Shape *shape = self->shape;
    Sac_Execution *execution = self->execution;
    Sac_Variant *variant =
        Sac_ShapeVariant(self->state, self->shape, engine, self->counts);
    if (variant == NULL) {
        return -1;
    }
    Py_XSETREF(execution->statement, Py_NewRef(variant->sql));
    execution->step.plan = sac_plan_retain(variant->plan);
    size_t width = (size_t)(shape->count - shape->expansion_count);
    for (Py_ssize_t i = 0; i < shape->expansion_count; i++) {
        Py_ssize_t each = shape->expansions[i].width;
        width += (size_t)self->counts[i] * (size_t)(each > 0 ? each : 1);
    }
    if ((shape->kind == SAC_STATEMENT_INSERT ||
         shape->kind == SAC_STATEMENT_UPDATE) &&
        !execution->many && self->take == NULL) {
        execution->bound = PyTuple_New(shape->count);
        if (execution->bound == NULL) {
            return -1;
        }
    }
    return Sac_ExecutionReserve(execution, sets, width);
}

/* `sets`: tuple of mappings, of which `first` is the first as a dict. */
static int
put_sets(Sac_Binding *self, PyObject *sets, PyObject *first)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(sets); i++) {
        PyObject *item = PyTuple_GET_ITEM(sets, i);
        PyObject *dict = i == 0 ? Py_NewRef(first) : NULL;
        int rc = i == 0 ? 1 : Sac_IsMapping(self->state, item);
        if (rc == 0) {
            (void)Sac_RaiseNamed(self->state, "ArgumentError",
                                 "a list of parameters has dictionaries only");
        }
        if (rc > 0 && i > 0) {
            dict = Sac_DictOf(item);
        }
        if (dict == NULL) {
            return -1;
        }
        self->given = dict;
        self->set = (size_t)i;
        Py_CLEAR(self->current);
        rc = put_set(self);
        Py_DECREF(dict);
        self->given = NULL;
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}

static int
bind_sets(Sac_Binding *self, sac_engine *engine, PyObject *sets,
          PyObject *first)
{
    const Sac_Shape *shape = self->shape;
    self->given = first;
    Py_XSETREF(self->execution->statement, Py_NewRef(shape->sql));
    if (shape->expansion_count > 0) {
        if (self->execution->many) {
            return fail(self, PyUnicode_FromString(
                                  "a statement with a list in it takes one "
                                  "set of parameters"));
        }
        if (gather_lists(self) < 0) {
            return -1;
        }
    }
    size_t count = sets == NULL ? 1 : (size_t)PyTuple_GET_SIZE(sets);
    if (prepare(self, engine, count) < 0) {
        return -1;
    }
    if (sets == NULL ? put_set(self) < 0 : put_sets(self, sets, first) < 0) {
        return -1;
    }
    self->execution->shape = Py_NewRef((PyObject *)self->shape);
    return 0;
}

int
Sac_BindSets(Sac_Binding *self, sac_engine *engine, PyObject *sets,
             PyObject *first)
{
    int rc = bind_sets(self, engine, sets, first);
    binding_fini(self);
    return rc;
}

/* ---- rows of somebody else's ------------------------------------------ */

int
Sac_BindBegin(Sac_Binding *self, sac_engine *engine, size_t count)
{
    const Sac_Shape *shape = self->shape;
    Py_XSETREF(self->execution->statement, Py_NewRef(shape->sql));
    if (prepare(self, engine, count) < 0) {
        return -1;
    }
    self->execution->shape = Py_NewRef((PyObject *)self->shape);
    return 0;
}

int
Sac_BindRow(Sac_Binding *self, size_t row)
{
    self->set = row;
    Py_CLEAR(self->current);
    return put_set(self);
}

void
Sac_BindEnd(Sac_Binding *self)
{
    binding_fini(self);
}
