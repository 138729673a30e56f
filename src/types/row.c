/* Row: what a statement gives, a tuple with names.
 *
 * Runs with the GIL.  Behaves as a tuple (index, slice, order, hash, repr)
 * without being one, so that a column may have any name: an attribute is
 * looked up among the columns first, but for the few names that stand in
 * is_reserved().  Rows are immutable; their names are shared (bridge/keys.h).
 * Nothing here knows where the items came from. */
#include "types/row.h"

#include <stddef.h>

#include "types/result.h"

Sac_Row *
Sac_RowAlloc(PyTypeObject *type, Sac_Keys *keys, Py_ssize_t count)
{
    Sac_Row *self;
    if (keys->objects) {
        self = PyObject_GC_NewVar(Sac_Row, type, count);
        if (self == NULL) {
            return NULL;
        }
    }
    else {
        size_t size =
            offsetof(Sac_Row, items) + (size_t)count * sizeof(PyObject *);
        self = PyObject_Malloc(size);
        if (self == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        PyObject_InitVar((PyVarObject *)self, type, count);
    }
    self->keys = (Sac_Keys *)Py_NewRef(keys);
    return self;
}

void
Sac_RowDrop(Sac_Row *row, Py_ssize_t filled)
{
    Py_SET_SIZE(row, filled);
    Py_DECREF(row);
}

PyObject *
Sac_RowCopy(PyTypeObject *type, Sac_Row *row)
{
    Py_ssize_t count = Py_SIZE(row);
    Sac_Row *copy = Sac_RowAlloc(type, row->keys, count);
    if (copy == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        copy->items[i] = Py_NewRef(row->items[i]);
    }
    return Sac_RowReady(copy);
}

PyObject *
Sac_RowTuple(Sac_Row *row)
{
    Py_ssize_t count = Py_SIZE(row);
    PyObject *tuple = PyTuple_New(count);
    if (tuple == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(row->items[i]));
    }
    return tuple;
}

PyObject *
Sac_RowDict(Sac_Row *row)
{
    PyObject *dict = PyDict_New();
    if (dict == NULL) {
        return NULL;
    }
    PyObject *names = row->keys->names;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        Py_ssize_t at;
        int found = Sac_KeysFind(row->keys, name, &at);
        if (found <= 0 || PyDict_SetItem(dict, name, row->items[at]) < 0) {
            Py_DECREF(dict);
            return NULL;
        }
    }
    return dict;
}

void
Sac_RowDealloc(PyObject *op)
{
    Sac_Row *self = (Sac_Row *)op;
    PyTypeObject *type = Py_TYPE(op);
    bool collected = self->keys->objects;
    if (collected) {
        PyObject_GC_UnTrack(op);
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        Py_DECREF(self->items[i]);
    }
    Py_DECREF(self->keys);
    if (collected) {
        PyObject_GC_Del(self);
    }
    else {
        PyObject_Free(self);
    }
    Py_DECREF(type);
}

int
Sac_RowTraverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Row *self = (Sac_Row *)op;
    Py_VISIT(Py_TYPE(op));
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        Py_VISIT(self->items[i]);
    }
    return 0;
}

int
Sac_RowIsCollected(PyObject *op)
{
    return ((Sac_Row *)op)->keys->objects;
}

Py_ssize_t
Sac_RowLength(PyObject *op)
{
    return Py_SIZE(op);
}

static PyObject *
row_item(PyObject *op, Py_ssize_t at)
{
    Sac_Row *self = (Sac_Row *)op;
    if (at < 0 || at >= Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "row index out of range");
        return NULL;
    }
    return Py_NewRef(self->items[at]);
}

static PyObject *
row_subscript(PyObject *op, PyObject *key)
{
    if (PyIndex_Check(key)) {
        Py_ssize_t at = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (at == -1 && PyErr_Occurred()) {
            return NULL;
        }
        return row_item(op, at < 0 ? at + Py_SIZE(op) : at);
    }
    if (!PySlice_Check(key)) {
        return PyErr_Format(PyExc_TypeError,
                            "row indices must be integers or slices, not "
                            "%.200s; the columns by name are in ._mapping",
                            Py_TYPE(key)->tp_name);
    }
    PyObject *tuple = Sac_RowTuple((Sac_Row *)op);
    if (tuple == NULL) {
        return NULL;
    }
    PyObject *slice = PyObject_GetItem(tuple, key);
    Py_DECREF(tuple);
    return slice;
}

static int
row_contains(PyObject *op, PyObject *value)
{
    Sac_Row *self = (Sac_Row *)op;
    int found = 0;
    for (Py_ssize_t i = 0; found == 0 && i < Py_SIZE(self); i++) {
        found = PyObject_RichCompareBool(self->items[i], value, Py_EQ);
    }
    return found;
}

/* Whatever a tuple does: f(tuple of the row). */
static PyObject *
through_tuple(PyObject *op, PyObject *(*function)(PyObject *))
{
    PyObject *tuple = Sac_RowTuple((Sac_Row *)op);
    if (tuple == NULL) {
        return NULL;
    }
    PyObject *result = function(tuple);
    Py_DECREF(tuple);
    return result;
}

static PyObject *
row_iter(PyObject *op)
{
    return through_tuple(op, PyObject_GetIter);
}

static PyObject *
row_repr(PyObject *op)
{
    return through_tuple(op, PyObject_Repr);
}

static Py_hash_t
row_hash(PyObject *op)
{
    PyObject *tuple = Sac_RowTuple((Sac_Row *)op);
    if (tuple == NULL) {
        return -1;
    }
    Py_hash_t hash = PyObject_Hash(tuple);
    Py_DECREF(tuple);
    return hash;
}

static PyObject *
row_richcompare(PyObject *op, PyObject *other, int compare)
{
    PyObject *theirs;
    if (PyTuple_Check(other)) {
        theirs = Py_NewRef(other);
    }
    else if (Py_IS_TYPE(other, Py_TYPE(op))) {
        theirs = Sac_RowTuple((Sac_Row *)other);
    }
    else {
        Py_RETURN_NOTIMPLEMENTED;
    }
    PyObject *mine = Sac_RowTuple((Sac_Row *)op);
    PyObject *result = NULL;
    if (mine != NULL && theirs != NULL) {
        result = PyObject_RichCompare(mine, theirs, compare);
    }
    Py_XDECREF(mine);
    Py_XDECREF(theirs);
    return result;
}

/* Names that mean the row's own attribute even if a column has them. */
static bool
is_reserved(PyObject *name)
{
    static const char *const reserved[] = {
        "_mapping", "_fields", "_asdict", "_tuple", "_t", "t", "tuple",
    };
    Py_ssize_t length = PyUnicode_GET_LENGTH(name);
    if (length == 0) {
        return false;
    }
    Py_UCS4 first = PyUnicode_READ_CHAR(name, 0);
    if (first != '_' && first != 't') { /* nearly always */
        return false;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(reserved); i++) {
        if (PyUnicode_CompareWithASCIIString(name, reserved[i]) == 0) {
            return true;
        }
    }
    return length > 4 && first == '_' && PyUnicode_READ_CHAR(name, 1) == '_' &&
           PyUnicode_READ_CHAR(name, length - 1) == '_' &&
           PyUnicode_READ_CHAR(name, length - 2) == '_';
}

static PyObject *
row_getattro(PyObject *op, PyObject *name)
{
    Sac_Row *self = (Sac_Row *)op;
    if (PyUnicode_Check(name) && !is_reserved(name)) {
        Py_ssize_t at;
        int found = Sac_KeysFind(self->keys, name, &at);
        if (found != 0) {
            return found > 0 ? Py_NewRef(self->items[at]) : NULL;
        }
    }
    return PyObject_GenericGetAttr(op, name);
}

static PyObject *
row_get_mapping(PyObject *op, void *Py_UNUSED(closure))
{
    return Sac_RowCopy(SAC_STATE(op)->row_mapping_type, (Sac_Row *)op);
}

static PyObject *
row_get_fields(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(((Sac_Row *)op)->keys->names);
}

static PyObject *
row_get_self(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(op);
}

static PyObject *
row_tuple(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Py_NewRef(op);
}

static PyObject *
row_asdict(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Sac_RowDict((Sac_Row *)op);
}

static PyObject *
row_count(PyObject *op, PyObject *value)
{
    Sac_Row *self = (Sac_Row *)op;
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        int equal = PyObject_RichCompareBool(self->items[i], value, Py_EQ);
        if (equal < 0) {
            return NULL;
        }
        count += equal;
    }
    return PyLong_FromSsize_t(count);
}

static PyObject *
row_index(PyObject *op, PyObject *args)
{
    PyObject *tuple = Sac_RowTuple((Sac_Row *)op);
    if (tuple == NULL) {
        return NULL;
    }
    PyObject *index = PyObject_GetAttrString(tuple, "index");
    PyObject *result = NULL;
    if (index != NULL) {
        result = PyObject_CallObject(index, args);
        Py_DECREF(index);
    }
    Py_DECREF(tuple);
    return result;
}

static PyObject *
row_reduce(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *module = PyType_GetModule(Py_TYPE(op));
    PyObject *restore = PyObject_GetAttrString(module, "_restore_row");
    PyObject *tuple = Sac_RowTuple((Sac_Row *)op);
    if (restore == NULL || tuple == NULL) {
        Py_XDECREF(restore);
        Py_XDECREF(tuple);
        return NULL;
    }
    return Py_BuildValue("N(ON)", restore, ((Sac_Row *)op)->keys, tuple);
}

static PyObject *
restore_row(PyObject *module, PyObject *args)
{
    Sac_State *state = Sac_StateOfModule(module);
    PyObject *keys;
    PyObject *values;
    if (!PyArg_ParseTuple(args, "O!O!:_restore_row", state->keys_type, &keys,
                          &PyTuple_Type, &values)) {
        return NULL;
    }
    Sac_Keys *names = (Sac_Keys *)keys;
    Py_ssize_t count = PyTuple_GET_SIZE(names->names);
    if (PyTuple_GET_SIZE(values) != count) {
        PyErr_SetString(PyExc_ValueError,
                        "the values do not belong to these names");
        return NULL;
    }
    Sac_Row *row = Sac_RowAlloc(state->row_type, names, count);
    if (row == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        row->items[i] = Py_NewRef(PyTuple_GET_ITEM(values, i));
    }
    return Sac_RowReady(row);
}

static PyMethodDef row_methods[] = {
    {"_asdict", row_asdict, METH_NOARGS,
     PyDoc_STR("_asdict($self, /)\n--\n\n"
               "Return a new dict of the values by column name.")},
    {"_tuple", row_tuple, METH_NOARGS,
     PyDoc_STR("_tuple($self, /)\n--\n\n"
               "Return the row itself, for type checkers a tuple.")},
    {"tuple", row_tuple, METH_NOARGS,
     PyDoc_STR("tuple($self, /)\n--\n\n"
               "Return the row itself, for type checkers a tuple.")},
    {"count", row_count, METH_O,
     PyDoc_STR("count($self, value, /)\n--\n\n"
               "Return how many items equal `value`.")},
    {"index", row_index, METH_VARARGS,
     PyDoc_STR("index($self, value, start=0, stop=sys.maxsize, /)\n--\n\n"
               "Return the first position of `value`; ValueError when it is "
               "not there.")},
    {"__reduce__", row_reduce, METH_NOARGS, NULL},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef row_getset[] = {
    {"_mapping", row_get_mapping, NULL,
     PyDoc_STR("The row as a RowMapping: a mapping of names to values."),
     NULL},
    {"_fields", row_get_fields, NULL,
     PyDoc_STR("The column names, a tuple of str."), NULL},
    {"_t", row_get_self, NULL,
     PyDoc_STR("The row itself, for type checkers a tuple."), NULL},
    {"t", row_get_self, NULL,
     PyDoc_STR("The row itself, for type checkers a tuple."), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static char row_doc[] = "One row of a result: a named tuple in all but type."
                        "\n\nIndex and slice it, unpack it, compare it with "
                        "tuples; columns are attributes.";

static PyType_Slot row_slots[] = {
    {Py_tp_dealloc, Sac_RowDealloc},
    {Py_tp_traverse, Sac_RowTraverse},
    {Py_tp_is_gc, Sac_RowIsCollected},
    {Py_tp_doc, row_doc},
    {Py_tp_repr, row_repr},
    {Py_tp_hash, row_hash},
    {Py_tp_richcompare, row_richcompare},
    {Py_tp_iter, row_iter},
    {Py_tp_getattro, row_getattro},
    {Py_tp_methods, row_methods},
    {Py_tp_getset, row_getset},
    {Py_sq_length, Sac_RowLength},
    {Py_sq_item, row_item},
    {Py_sq_contains, row_contains},
    {Py_mp_length, Sac_RowLength},
    {Py_mp_subscript, row_subscript},
    {0, NULL},
};

static PyType_Spec row_spec = {
    .name = "sqlactive_c._core.Row",
    .basicsize = offsetof(Sac_Row, items),
    .itemsize = sizeof(PyObject *),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_SEQUENCE,
    .slots = row_slots,
};

static PyMethodDef module_functions[] = {
    {"_restore_row", restore_row, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int
Sac_RegisterRow(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (PyModule_AddFunctions(module, module_functions) < 0 ||
        Sac_AddType(module, &row_spec, &state->row_type, 1) < 0) {
        return -1;
    }
    return Sac_RegisterRowMapping(module);
}
