/* RowMapping: a row seen as a mapping of column names to values.
 *
 * Runs with the GIL.  Has the layout of a row, so that a result can make one
 * without making the row first.  Immutable.  The views that values() and
 * items() give are those of a dict made on the spot. */
#include <stddef.h>

#include "bridge/errors.h"
#include "types/row.h"

/* -> 1 and *value (borrowed), 0, or -1. */
static int
find(PyObject *op, PyObject *key, PyObject **value)
{
    Sac_Row *self = (Sac_Row *)op;
    Py_ssize_t at;
    int found = Sac_KeysFind(self->keys, key, &at);
    if (found > 0) {
        *value = self->items[at];
    }
    return found;
}

static PyObject *
mapping_subscript(PyObject *op, PyObject *key)
{
    PyObject *value;
    int found = find(op, key, &value);
    if (found == 0) {
        return Sac_RaiseNamed(SAC_STATE(op), "NoSuchColumnError",
                              "The row has no column %R", key);
    }
    return found > 0 ? Py_NewRef(value) : NULL;
}

static int
mapping_contains(PyObject *op, PyObject *key)
{
    return Sac_KeysHas(((Sac_Row *)op)->keys, key);
}

static PyObject *
mapping_iter(PyObject *op)
{
    return PyObject_GetIter(((Sac_Row *)op)->keys->names);
}

static PyObject *
mapping_repr(PyObject *op)
{
    PyObject *dict = Sac_RowDict((Sac_Row *)op);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *repr = PyObject_Repr(dict);
    Py_DECREF(dict);
    return repr;
}

/* Equal mappings may have their names in another order: so may the values
 * that are hashed. */
static Py_hash_t
mapping_hash(PyObject *op)
{
    PyObject *tuple = Sac_RowTuple((Sac_Row *)op);
    PyObject *set = tuple != NULL ? PyFrozenSet_New(tuple) : NULL;
    Py_hash_t hash = set != NULL ? PyObject_Hash(set) : -1;
    Py_XDECREF(tuple);
    Py_XDECREF(set);
    return hash;
}

static PyObject *
mapping_richcompare(PyObject *op, PyObject *other, int compare)
{
    PyObject *theirs;
    if (compare != Py_EQ && compare != Py_NE) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (PyDict_Check(other)) {
        theirs = Py_NewRef(other);
    }
    else if (Py_IS_TYPE(other, Py_TYPE(op))) {
        theirs = Sac_RowDict((Sac_Row *)other);
    }
    else {
        Py_RETURN_NOTIMPLEMENTED;
    }
    PyObject *mine = Sac_RowDict((Sac_Row *)op);
    PyObject *result = NULL;
    if (mine != NULL && theirs != NULL) {
        result = PyObject_RichCompare(mine, theirs, compare);
    }
    Py_XDECREF(mine);
    Py_XDECREF(theirs);
    return result;
}

static PyObject *
mapping_keys(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Py_NewRef(((Sac_Row *)op)->keys);
}

/* -> the view that the method `name` of an equal dict gives. */
static PyObject *
dict_view(PyObject *op, const char *name)
{
    PyObject *dict = Sac_RowDict((Sac_Row *)op);
    if (dict == NULL) {
        return NULL;
    }
    PyObject *view = PyObject_CallMethod(dict, name, NULL);
    Py_DECREF(dict);
    return view;
}

static PyObject *
mapping_values(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return dict_view(op, "values");
}

static PyObject *
mapping_items(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return dict_view(op, "items");
}

static PyObject *
mapping_get(PyObject *op, PyObject *args)
{
    PyObject *key;
    PyObject *value = Py_None;
    if (!PyArg_ParseTuple(args, "O|O:get", &key, &value)) {
        return NULL;
    }
    return find(op, key, &value) < 0 ? NULL : Py_NewRef(value);
}

/* getattr(row, "_mapping") makes it again. */
static PyObject *
mapping_reduce(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *builtins = PyEval_GetBuiltins(); /* borrowed */
    PyObject *function = PyMapping_GetItemString(builtins, "getattr");
    PyObject *row = Sac_RowCopy(SAC_STATE(op)->row_type, (Sac_Row *)op);
    if (function == NULL || row == NULL) {
        Py_XDECREF(function);
        Py_XDECREF(row);
        return NULL;
    }
    return Py_BuildValue("N(Ns)", function, row, "_mapping");
}

static PyMethodDef mapping_methods[] = {
    {"keys", mapping_keys, METH_NOARGS,
     PyDoc_STR("keys($self, /)\n--\n\nReturn the column names.")},
    {"values", mapping_values, METH_NOARGS,
     PyDoc_STR("values($self, /)\n--\n\nReturn a view of the values.")},
    {"items", mapping_items, METH_NOARGS,
     PyDoc_STR("items($self, /)\n--\n\n"
               "Return a view of the pairs (name, value).")},
    {"get", mapping_get, METH_VARARGS,
     PyDoc_STR("get($self, key, default=None, /)\n--\n\n"
               "Return the value of the column `key`, or `default`.")},
    {"__reduce__", mapping_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static char mapping_doc[] = "One row of a result as an immutable mapping of "
                            "column names to values.";

static PyType_Slot mapping_slots[] = {
    {Py_tp_dealloc, Sac_RowDealloc},
    {Py_tp_traverse, Sac_RowTraverse},
    {Py_tp_is_gc, Sac_RowIsCollected},
    {Py_tp_doc, mapping_doc},
    {Py_tp_repr, mapping_repr},
    {Py_tp_hash, mapping_hash},
    {Py_tp_richcompare, mapping_richcompare},
    {Py_tp_iter, mapping_iter},
    {Py_tp_methods, mapping_methods},
    {Py_sq_contains, mapping_contains},
    {Py_mp_length, Sac_RowLength},
    {Py_mp_subscript, mapping_subscript},
    {0, NULL},
};

static PyType_Spec mapping_spec = {
    .name = "sqlactive_c._core.RowMapping",
    .basicsize = offsetof(Sac_Row, items),
    .itemsize = sizeof(PyObject *),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_MAPPING,
    .slots = mapping_slots,
};

int
Sac_RegisterRowMapping(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &mapping_spec, &state->row_mapping_type, 1);
}
