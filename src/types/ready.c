/* Ready: one allocation, no step, no future.
 *
 * Runs with the GIL.  A coroutine to the world, for a task can be made of
 * what __anext__() returns; but one that never suspends and does not mind
 * being forgotten.  It lives for one `await` and is not seen by the
 * collector. */
#include "types/ready.h"

#include <stdbool.h>

#include "bridge/compat.h"
#include "types/result_types.h"

typedef struct ReadyObject {
    PyObject_HEAD
    PyObject *value; /* strong, or NULL */
    PyObject *error; /* strong: to be raised, or NULL; with neither
                        StopAsyncIteration is */
    bool spent;
} ReadyObject;

PyObject *
Sac_ReadyNew(Sac_State *state, PyObject *value)
{
    PyObject *error = value == NULL ? Sac_ErrTake() : NULL;
    ReadyObject *self = PyObject_New(ReadyObject, state->ready_type);
    if (self == NULL) {
        Py_XDECREF(value);
        Py_XDECREF(error);
        return NULL;
    }
    self->value = value;
    self->error = error;
    self->spent = false;
    return (PyObject *)self;
}

static void
ready_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    Py_XDECREF(((ReadyObject *)op)->value);
    Py_XDECREF(((ReadyObject *)op)->error);
    PyObject_Free(op);
    Py_DECREF(type);
}

static PySendResult
ready_am_send(PyObject *op, PyObject *Py_UNUSED(value), PyObject **result)
{
    ReadyObject *self = (ReadyObject *)op;
    *result = NULL;
    if (self->spent) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the next item was awaited already");
        return PYGEN_ERROR;
    }
    self->spent = true;
    if (self->error != NULL) {
        Sac_ErrGive(self->error);
        self->error = NULL;
        return PYGEN_ERROR;
    }
    if (self->value == NULL) {
        PyErr_SetNone(PyExc_StopAsyncIteration);
        return PYGEN_ERROR;
    }
    *result = self->value;
    self->value = NULL;
    return PYGEN_RETURN;
}

static PyObject *
ready_next(PyObject *op)
{
    PyObject *value;
    if (ready_am_send(op, Py_None, &value) == PYGEN_RETURN) {
        /* Made by hand: SetObject takes a tuple for arguments. */
        PyObject *stop = PyObject_CallOneArg(PyExc_StopIteration, value);
        Py_DECREF(value);
        if (stop != NULL) {
            PyErr_SetObject(PyExc_StopIteration, stop);
            Py_DECREF(stop);
        }
    }
    return NULL;
}

static PyObject *
ready_send(PyObject *op, PyObject *Py_UNUSED(value))
{
    return ready_next(op);
}

static PyObject *
ready_throw(PyObject *op, PyObject *args)
{
    PyObject *type;
    PyObject *value = NULL;
    PyObject *traceback = NULL;
    if (!PyArg_ParseTuple(args, "O|OO:throw", &type, &value, &traceback)) {
        return NULL;
    }
    ((ReadyObject *)op)->spent = true;
    if (PyExceptionInstance_Check(type)) {
        PyErr_SetObject((PyObject *)Py_TYPE(type), type);
    }
    else if (PyExceptionClass_Check(type)) {
        PyErr_SetObject(type, value);
    }
    else {
        PyErr_SetString(PyExc_TypeError, "throw() takes an exception");
    }
    return NULL;
}

static PyObject *
ready_close(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    ((ReadyObject *)op)->spent = true;
    Py_RETURN_NONE;
}

static PyMethodDef ready_methods[] = {
    {"send", ready_send, METH_O, NULL},
    {"throw", ready_throw, METH_VARARGS, NULL},
    {"close", ready_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot ready_slots[] = {
    {Py_tp_dealloc, ready_dealloc},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, ready_next},
    {Py_tp_methods, ready_methods},
    {Py_am_await, PyObject_SelfIter},
    {Py_am_send, ready_am_send},
    {0, NULL},
};

static PyType_Spec ready_spec = {
    .name = "sqlactive_c._core.Ready",
    .basicsize = sizeof(ReadyObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = ready_slots,
};

int
Sac_RegisterReady(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &ready_spec, &state->ready_type, 0);
}
