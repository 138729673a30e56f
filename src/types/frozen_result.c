/* FrozenResult: rows kept for later; calling it gives a result with them.
 *
 * Runs with the GIL.  The list of rows is shared with every result made from
 * it and never changes.  Can be pickled, which makes it fit for caches. */
#include "types/result.h"

#include "types/result_types.h"
#include "types/row.h"

typedef struct FrozenObject {
    PyObject_HEAD
    Sac_Keys *keys; /* strong */
    PyObject *rows; /* strong: list of Row with these keys */
} FrozenObject;

PyObject *
Sac_FrozenNew(Sac_State *state, Sac_Keys *keys, PyObject *list)
{
    PyTypeObject *type = state->frozen_result_type;
    FrozenObject *self = (FrozenObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->keys = (Sac_Keys *)Py_NewRef(keys);
    self->rows = Py_NewRef(list);
    return (PyObject *)self;
}

static int
frozen_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((FrozenObject *)op)->rows);
    return 0;
}

static int
frozen_clear(PyObject *op)
{
    Py_CLEAR(((FrozenObject *)op)->rows);
    return 0;
}

static void
frozen_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    (void)frozen_clear(op);
    Py_XDECREF(((FrozenObject *)op)->keys);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyObject *
frozen_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    FrozenObject *self = (FrozenObject *)op;
    static char *names[] = {NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":FrozenResult", names)) {
        return NULL;
    }
    return Sac_ResultFromRows(SAC_STATE(op), self->keys, self->rows);
}

static PyObject *
frozen_get_data(PyObject *op, void *Py_UNUSED(closure))
{
    return PySequence_List(((FrozenObject *)op)->rows);
}

static PyObject *
frozen_reduce(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    FrozenObject *self = (FrozenObject *)op;
    PyObject *module = PyType_GetModule(Py_TYPE(op));
    PyObject *restore = PyObject_GetAttrString(module, "_restore_frozen");
    if (restore == NULL) {
        return NULL;
    }
    return Py_BuildValue("N(OO)", restore, self->keys, self->rows);
}

static PyObject *
restore_frozen(PyObject *module, PyObject *args)
{
    Sac_State *state = Sac_StateOfModule(module);
    PyObject *keys;
    PyObject *rows;
    if (!PyArg_ParseTuple(args, "O!O!:_restore_frozen", state->keys_type,
                          &keys, &PyList_Type, &rows)) {
        return NULL;
    }
    Sac_Keys *names = (Sac_Keys *)keys;
    PyObject *list = PySequence_List(rows);
    if (list == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        PyObject *row = PyList_GET_ITEM(list, i);
        if (!Py_IS_TYPE(row, state->row_type) ||
            Py_SIZE(row) != PyTuple_GET_SIZE(names->names)) {
            PyErr_SetString(PyExc_ValueError,
                            "the rows do not belong to these names");
            Py_DECREF(list);
            return NULL;
        }
    }
    PyObject *frozen = Sac_FrozenNew(state, names, list);
    Py_DECREF(list);
    return frozen;
}

static PyMethodDef frozen_methods[] = {
    {"__reduce__", frozen_reduce, METH_NOARGS, NULL},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef frozen_getset[] = {
    {"data", frozen_get_data, NULL, PyDoc_STR("The rows, a new list of Row."),
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static char frozen_doc[] =
    "The rows of a result, kept: calling it gives a new "
    "Result with them, as often\nas wanted. Can be "
    "pickled.";

static PyType_Slot frozen_slots[] = {
    {Py_tp_dealloc, frozen_dealloc}, {Py_tp_traverse, frozen_traverse},
    {Py_tp_clear, frozen_clear},     {Py_tp_doc, frozen_doc},
    {Py_tp_call, frozen_call},       {Py_tp_methods, frozen_methods},
    {Py_tp_getset, frozen_getset},   {0, NULL},
};

static PyType_Spec frozen_spec = {
    .name = "sqlactive_c._core.FrozenResult",
    .basicsize = sizeof(FrozenObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = frozen_slots,
};

static PyMethodDef module_functions[] = {
    {"_restore_frozen", restore_frozen, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int
Sac_RegisterFrozenResult(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (PyModule_AddFunctions(module, module_functions) < 0) {
        return -1;
    }
    return Sac_AddType(module, &frozen_spec, &state->frozen_result_type, 1);
}
