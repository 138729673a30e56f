/* Pool: what `engine.pool` shows.  A view without state of its own: it reads
 * the engine's pool when asked. */
#include "types/engine.h"

#include "bridge/state.h"

typedef struct PoolObject {
    PyObject_HEAD
    PyObject *engine; /* strong: AsyncEngine */
} PoolObject;

static sac_engine *
engine_of(PyObject *op)
{
    return ((Sac_Engine *)((PoolObject *)op)->engine)->engine;
}

PyObject *
Sac_PoolNew(Sac_State *state, PyObject *engine)
{
    PoolObject *self = PyObject_GC_New(PoolObject, state->pool_type);
    if (self == NULL) {
        return NULL;
    }
    self->engine = Py_NewRef(engine);
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static int
pool_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((PoolObject *)op)->engine);
    return 0;
}

static void
pool_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((PoolObject *)op)->engine);
    type->tp_free(op);
    Py_DECREF(type);
}

static int
checked_out(sac_engine *engine)
{
    sac_pool_counts counts = sac_pool_count(engine->pool);
    return counts.open - counts.idle;
}

static PyObject *
pool_size(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(engine_of(op)->options.pool_size);
}

static PyObject *
pool_checkedin(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(sac_pool_count(engine_of(op)->pool).idle);
}

static PyObject *
pool_checkedout(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(checked_out(engine_of(op)));
}

static PyObject *
pool_overflow(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    sac_engine *engine = engine_of(op);
    return PyLong_FromLong(sac_pool_count(engine->pool).open -
                           engine->options.pool_size);
}

static PyObject *
pool_timeout(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyFloat_FromDouble(
        ((Sac_Engine *)((PoolObject *)op)->engine)->pool_timeout);
}

static PyObject *
pool_status(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    sac_engine *engine = engine_of(op);
    sac_pool_counts counts = sac_pool_count(engine->pool);
    return PyUnicode_FromFormat("%d of %d connections kept, %d idle, %d in "
                                "use, %d calls waiting",
                                counts.open, engine->options.pool_size,
                                counts.idle, counts.open - counts.idle,
                                counts.waiting);
}

static PyObject *
pool_repr(PyObject *op)
{
    Sac_Engine *engine = (Sac_Engine *)((PoolObject *)op)->engine;
    sac_pool_counts counts = sac_pool_count(engine->engine->pool);
    return PyUnicode_FromFormat("<Pool %U: %d open, %d idle, %d waiting>",
                                engine->poolclass, counts.open, counts.idle,
                                counts.waiting);
}

static PyMethodDef pool_methods[] = {
    {"size", pool_size, METH_NOARGS,
     "size($self, /)\n--\n\nConnections that are kept."},
    {"checkedin", pool_checkedin, METH_NOARGS,
     "checkedin($self, /)\n--\n\nIdle connections."},
    {"checkedout", pool_checkedout, METH_NOARGS,
     "checkedout($self, /)\n--\n\nConnections in use."},
    {"overflow", pool_overflow, METH_NOARGS,
     "overflow($self, /)\n--\n\nOpen connections minus size(): negative "
     "while it is not reached."},
    {"timeout", pool_timeout, METH_NOARGS,
     "timeout($self, /)\n--\n\nSeconds that a call waits for a "
     "connection."},
    {"status", pool_status, METH_NOARGS,
     "status($self, /)\n--\n\nThe counts as a sentence."},
    {0},
};

static PyType_Slot pool_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t) "A view of an engine's connections."},
    {Py_tp_dealloc, pool_dealloc},
    {Py_tp_traverse, pool_traverse},
    {Py_tp_repr, pool_repr},
    {Py_tp_methods, pool_methods},
    {0, NULL},
};

static PyType_Spec pool_spec = {
    .name = "sqlactive_c._core.Pool",
    .basicsize = sizeof(PoolObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = pool_slots,
};

int
Sac_RegisterPool(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &pool_spec, &state->pool_type, 0);
}
