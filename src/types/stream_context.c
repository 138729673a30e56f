/* StreamContext: what stream() gives, to be awaited or entered.
 *
 * `result = await conn.stream(...)` and `async with conn.stream(...) as
 * result` are both usual; leaving the block closes the result. */
#include "types/stream.h"

#include "bridge/operation.h"

typedef struct StreamContextObject {
    PyObject_HEAD
    PyObject *execution; /* strong */
    PyObject *result;    /* strong: once entered, or NULL */
} StreamContextObject;

PyObject *
Sac_StreamContextNew(Sac_State *state, PyObject *execution)
{
    if (execution == NULL) {
        return NULL;
    }
    StreamContextObject *self =
        PyObject_GC_New(StreamContextObject, state->stream_context_type);
    if (self == NULL) {
        Py_DECREF(execution);
        return NULL;
    }
    self->execution = execution;
    self->result = NULL;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static PySendResult
enter_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    StreamContextObject *self = (StreamContextObject *)op->slots[0];
    if (op->stage == 0) {
        op->stage = 1;
        return Sac_OpAwait(op, Py_NewRef(self->execution)) < 0 ? PYGEN_ERROR
                                                               : PYGEN_NEXT;
    }
    if (value == NULL) {
        return PYGEN_ERROR;
    }
    self->result = Py_NewRef(value);
    *result = Py_NewRef(value);
    return PYGEN_RETURN;
}

static PySendResult
exit_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    StreamContextObject *self = (StreamContextObject *)op->slots[0];
    if (op->stage == 0 && self->result != NULL) {
        op->stage = 1;
        PyObject *close = PyObject_CallMethod(self->result, "close", NULL);
        return Sac_OpAwait(op, close) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    if (op->stage == 1 && value == NULL) {
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(Py_False);
    return PYGEN_RETURN;
}

static const Sac_OpKind enter_kind = {"AsyncConnection.stream", enter_step};
static const Sac_OpKind exit_kind = {"AsyncConnection.stream.__aexit__",
                                     exit_step};

static PyObject *
context_await(PyObject *op)
{
    return Py_NewRef(((StreamContextObject *)op)->execution);
}

static PyObject *
context_enter(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return (PyObject *)Sac_OpNew(SAC_STATE(op)->operation_type, &enter_kind,
                                 op);
}

static PyObject *
context_exit(PyObject *op, PyObject *Py_UNUSED(args))
{
    return (PyObject *)Sac_OpNew(SAC_STATE(op)->operation_type, &exit_kind,
                                 op);
}

static int
context_traverse(PyObject *op, visitproc visit, void *arg)
{
    StreamContextObject *self = (StreamContextObject *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->execution);
    Py_VISIT(self->result);
    return 0;
}

static void
context_dealloc(PyObject *op)
{
    StreamContextObject *self = (StreamContextObject *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_CLEAR(self->result);
    Py_CLEAR(self->execution);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMethodDef context_methods[] = {
    {"__aenter__", context_enter, METH_NOARGS, NULL},
    {"__aexit__", context_exit, METH_VARARGS, NULL},
    {0},
};

static PyType_Slot context_slots[] = {
    {Py_tp_dealloc, context_dealloc},
    {Py_tp_traverse, context_traverse},
    {Py_tp_methods, context_methods},
    {Py_am_await, context_await},
    {0, NULL},
};

static PyType_Spec context_spec = {
    .name = "sqlactive_c._core.StreamContext",
    .basicsize = sizeof(StreamContextObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = context_slots,
};

int
Sac_RegisterStreamContext(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &context_spec, &state->stream_context_type, 0);
}
