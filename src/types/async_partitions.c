/* AsyncPartitions: what partitions() of a streamed result gives, an
 * asynchronous iterator over lists.  Runs with the GIL on the loop's thread;
 * it only remembers the size. */
#include "types/async_fetch.h"
#include "types/result_types.h"

typedef struct PartitionsObject {
    PyObject_HEAD
    PyObject *fetcher; /* strong */
    Py_ssize_t size;
} PartitionsObject;

PyObject *
Sac_AsyncPartitionsNew(Sac_State *state, PyObject *fetcher, Py_ssize_t size)
{
    PyTypeObject *type = state->async_partitions_type;
    PartitionsObject *self = (PartitionsObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->fetcher = Py_NewRef(fetcher);
    self->size = size;
    return (PyObject *)self;
}

static PyObject *
partitions_anext(PyObject *op)
{
    PartitionsObject *self = (PartitionsObject *)op;
    return Sac_AsyncNextPartition(self->fetcher, self->size);
}

static int
partitions_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((PartitionsObject *)op)->fetcher);
    return 0;
}

static void
partitions_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((PartitionsObject *)op)->fetcher);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyType_Slot partitions_slots[] = {
    {Py_tp_dealloc, partitions_dealloc},
    {Py_tp_traverse, partitions_traverse},
    {Py_am_aiter, PyObject_SelfIter},
    {Py_am_anext, partitions_anext},
    {0, NULL},
};

static PyType_Spec partitions_spec = {
    .name = "sqlactive_c._core.AsyncPartitions",
    .basicsize = sizeof(PartitionsObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = partitions_slots,
};

int
Sac_RegisterAsyncPartitions(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &partitions_spec, &state->async_partitions_type,
                       0);
}
