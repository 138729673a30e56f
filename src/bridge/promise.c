/* Promise: a small object that says which row.
 *
 * With the GIL.  Made for every inserted row whose key SQLite gives, so it is
 * not seen by the collector.  Knows nothing of who keeps it. */
#include "bridge/promise.h"

PyObject *
Sac_PromiseNew(Sac_State *state, uint64_t unit, uint32_t step, uint32_t set)
{
    Sac_Promise *self = PyObject_New(Sac_Promise, state->promise_type);
    if (self != NULL) {
        self->unit = unit;
        self->step = step;
        self->set = set;
    }
    return (PyObject *)self;
}

static PyObject *
promise_repr(PyObject *op)
{
    const Sac_Promise *self = (Sac_Promise *)op;
    return PyUnicode_FromFormat("<rowid of row %u of statement %u>",
                                (unsigned)self->set + 1,
                                (unsigned)self->step + 1);
}

static void
promise_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_Free(op);
    Py_DECREF(type);
}

PyDoc_STRVAR(promise_doc,
             "The rowid that an INSERT of a batch will give. Private.");

static PyType_Slot promise_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)promise_doc},
    {Py_tp_repr, promise_repr},
    {Py_tp_dealloc, promise_dealloc},
    {0, NULL},
};

static PyType_Spec promise_spec = {
    .name = "sqlactive_c._core.Promise",
    .basicsize = sizeof(Sac_Promise),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = promise_slots,
};

int
Sac_RegisterPromise(PyObject *module)
{
    return Sac_AddType(module, &promise_spec,
                       &Sac_StateOfModule(module)->promise_type, 1);
}
