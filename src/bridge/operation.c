/* The coroutine protocol of our awaitables, and the Operation type.
 *
 * With the GIL.  Sac_OpSend() is the one way in: await, asyncio's tasks,
 * send(), next() end there, throw() and close() in its sibling.  What to do
 * with a value is the flow's: an Operation delegates to what it awaits and
 * then runs its next step; an Execution (execution.c) talks to the engine.
 * Knows no engine and no loop. */
#include "bridge/operation.h"

#include <stddef.h>
#include <structmember.h>

#include "bridge/compat.h"

/* ---- the protocol ------------------------------------------------------ */

bool
Sac_OpCheck(PyObject *object)
{
    PyAsyncMethods *methods = Py_TYPE(object)->tp_as_async;
    return methods != NULL && methods->am_send == Sac_OpSend;
}

/* A StopIteration must not leave a coroutine: it would look like its end. */
static void
hide_stop_iteration(void)
{
    if (!PyErr_ExceptionMatches(PyExc_StopIteration)) {
        return;
    }
    PyObject *cause = Sac_ErrTake();
    PyErr_SetString(PyExc_RuntimeError, "coroutine raised StopIteration");
    PyObject *error = Sac_ErrTake();
    PyException_SetContext(error, Py_NewRef(cause));
    PyException_SetCause(error, cause);
    Sac_ErrGive(error);
}

static PySendResult
settle(Sac_Op *op, PySendResult outcome)
{
    op->state = outcome == PYGEN_NEXT ? SAC_OP_SUSPENDED : SAC_OP_CLOSED;
    if (outcome == PYGEN_ERROR) {
        hide_stop_iteration();
    }
    return outcome;
}

static PySendResult
refuse(const Sac_Op *op)
{
    if (op->state == SAC_OP_RUNNING) {
        PyErr_SetString(PyExc_ValueError, "coroutine already executing");
    }
    else {
        PyErr_Format(PyExc_RuntimeError,
                     "cannot reuse already awaited coroutine '%s'",
                     op->kind->name);
    }
    return PYGEN_ERROR;
}

PySendResult
Sac_OpSend(PyObject *object, PyObject *value, PyObject **result)
{
    Sac_Op *op = (Sac_Op *)object;
    PySendResult outcome;
    *result = NULL;
    if (op->state == SAC_OP_CREATED) {
        if (value != NULL && value != Py_None) {
            PyErr_SetString(PyExc_TypeError, "can't send non-None value to a "
                                             "just-started coroutine");
            return PYGEN_ERROR;
        }
        op->state = SAC_OP_RUNNING;
        outcome = op->flow->start(op, result);
    }
    else if (op->state == SAC_OP_SUSPENDED) {
        op->state = SAC_OP_RUNNING;
        outcome =
            op->flow->resume(op, value == NULL ? Py_None : value, result);
    }
    else {
        return refuse(op);
    }
    return settle(op, outcome);
}

PySendResult
Sac_OpThrow(Sac_Op *op, PyObject **result)
{
    *result = NULL;
    if (op->state == SAC_OP_CREATED) {
        op->state = SAC_OP_CLOSED;
        return PYGEN_ERROR;
    }
    if (op->state != SAC_OP_SUSPENDED) {
        PyErr_Clear();
        return refuse(op);
    }
    op->state = SAC_OP_RUNNING;
    return settle(op, op->flow->resume(op, NULL, result));
}

/* -> what a method of a coroutine returns or raises for that outcome. */
static PyObject *
as_method(PySendResult outcome, PyObject *result)
{
    if (outcome != PYGEN_RETURN) {
        return result; /* NULL on error */
    }
    PyObject *stop = PyObject_CallOneArg(PyExc_StopIteration, result);
    Py_DECREF(result);
    if (stop != NULL) {
        PyErr_SetObject(PyExc_StopIteration, stop);
        Py_DECREF(stop);
    }
    return NULL;
}

static PyObject *
op_send(PyObject *op, PyObject *value)
{
    PyObject *result;
    PySendResult outcome = Sac_OpSend(op, value, &result);
    return as_method(outcome, result);
}

PyObject *
Sac_OpNext(PyObject *op)
{
    PyObject *result;
    PySendResult outcome = Sac_OpSend(op, Py_None, &result);
    return as_method(outcome, result);
}

/* -> new ref: the instance that throw(type, value, traceback) means. */
static PyObject *
exception_of(PyObject *type, PyObject *value)
{
    if (PyExceptionInstance_Check(type)) {
        if (value != NULL && value != Py_None) {
            PyErr_SetString(PyExc_TypeError, "an exception instance takes no "
                                             "separate value");
            return NULL;
        }
        return Py_NewRef(type);
    }
    if (!PyExceptionClass_Check(type)) {
        PyErr_Format(PyExc_TypeError, "throw() takes an exception, not %s",
                     Py_TYPE(type)->tp_name);
        return NULL;
    }
    PyObject *exception;
    if (value == NULL || value == Py_None) {
        exception = PyObject_CallNoArgs(type);
    }
    else if (PyObject_TypeCheck(value, (PyTypeObject *)type)) {
        return Py_NewRef(value);
    }
    else if (PyTuple_Check(value)) {
        exception = PyObject_CallObject(type, value);
    }
    else {
        exception = PyObject_CallOneArg(type, value);
    }
    if (exception != NULL && !PyExceptionInstance_Check(exception)) {
        PyErr_SetString(PyExc_TypeError, "throw() takes an exception");
        Py_CLEAR(exception);
    }
    return exception;
}

static PyObject *
op_throw(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 3) {
        PyErr_Format(PyExc_TypeError,
                     "throw() takes 1 to 3 arguments, %zd given", nargs);
        return NULL;
    }
    PyObject *exception = exception_of(args[0], nargs > 1 ? args[1] : NULL);
    if (exception == NULL) {
        return NULL;
    }
    if (nargs == 3 && args[2] != Py_None &&
        PyException_SetTraceback(exception, args[2]) < 0) {
        Py_DECREF(exception);
        return NULL;
    }
    Sac_ErrGive(exception);
    PyObject *result;
    PySendResult outcome = Sac_OpThrow((Sac_Op *)op, &result);
    return as_method(outcome, result);
}

/* -> 0, or -1 with an exception. */
static int
close_op(Sac_Op *op)
{
    if (op->state == SAC_OP_CREATED || op->state == SAC_OP_CLOSED) {
        op->state = SAC_OP_CLOSED;
        return 0;
    }
    PyObject *result;
    PyErr_SetNone(PyExc_GeneratorExit);
    switch (Sac_OpThrow(op, &result)) {
    case PYGEN_NEXT:
        Py_DECREF(result);
        PyErr_SetString(PyExc_RuntimeError, "coroutine ignored GeneratorExit");
        return -1;
    case PYGEN_RETURN:
        Py_DECREF(result);
        return 0;
    case PYGEN_ERROR:
        break;
    }
    if (PyErr_ExceptionMatches(PyExc_GeneratorExit)) {
        PyErr_Clear();
        return 0;
    }
    return -1;
}

static PyObject *
op_close(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    if (close_op((Sac_Op *)op) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *
Sac_OpSelf(PyObject *object)
{
    const Sac_Op *op = (Sac_Op *)object;
    if (op->state == SAC_OP_SUSPENDED || op->state == SAC_OP_RUNNING) {
        PyErr_Format(PyExc_RuntimeError,
                     "coroutine '%s' is being awaited already",
                     op->kind->name);
        return NULL;
    }
    return Py_NewRef(object);
}

PyObject *
Sac_OpRepr(PyObject *op)
{
    return PyUnicode_FromFormat("<coroutine %s at %p>",
                                ((Sac_Op *)op)->kind->name, op);
}

void
Sac_OpFinalize(PyObject *object)
{
    Sac_Op *op = (Sac_Op *)object;
    PyObject *saved = Sac_ErrTake();
    if (op->state == SAC_OP_CREATED) {
        op->state = SAC_OP_CLOSED;
        if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1,
                             "coroutine '%s' was never awaited",
                             op->kind->name) < 0) {
            PyErr_WriteUnraisable(object);
        }
    }
    else if (op->state == SAC_OP_SUSPENDED) {
        op->flow->abandon(op);
    }
    Sac_ErrGive(saved);
}

int
Sac_OpTraverse(PyObject *object, visitproc visit, void *arg)
{
    Sac_Op *op = (Sac_Op *)object;
    Py_VISIT(Py_TYPE(object));
    for (int i = 0; i < SAC_OP_SLOTS; i++) {
        Py_VISIT(op->slots[i]);
    }
    Py_VISIT(op->awaited);
    return 0;
}

int
Sac_OpClear(PyObject *object)
{
    Sac_Op *op = (Sac_Op *)object;
    for (int i = 0; i < SAC_OP_SLOTS; i++) {
        Py_CLEAR(op->slots[i]);
    }
    Py_CLEAR(op->awaited);
    return 0;
}

static PyObject *
op_name(PyObject *op, void *Py_UNUSED(closure))
{
    const char *name = ((Sac_Op *)op)->kind->name;
    const char *dot = strrchr(name, '.');
    return PyUnicode_FromString(dot == NULL ? name : dot + 1);
}

static PyObject *
op_qualname(PyObject *op, void *Py_UNUSED(closure))
{
    return PyUnicode_FromString(((Sac_Op *)op)->kind->name);
}

static PyObject *
op_running(PyObject *op, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((Sac_Op *)op)->state == SAC_OP_RUNNING);
}

static PyObject *
op_await(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *awaited = ((Sac_Op *)op)->awaited;
    return Py_NewRef(awaited == NULL ? Py_None : awaited);
}

PyDoc_STRVAR(
    send_doc,
    "send($self, value, /)\n--\n\nResume with a value; as for any coroutine.");
PyDoc_STRVAR(throw_doc, "throw($self, typ, val=None, tb=None, /)\n--\n\n"
                        "Raise an exception where the coroutine waits.");
PyDoc_STRVAR(close_doc,
             "close($self, /)\n--\n\nEnd the coroutine where it waits.");

PyMethodDef Sac_OpMethods[] = {
    {"send", op_send, METH_O, send_doc},
    {"throw", (PyCFunction)(void (*)(void))op_throw, METH_FASTCALL, throw_doc},
    {"close", op_close, METH_NOARGS, close_doc},
    {NULL, NULL, 0, NULL},
};

PyGetSetDef Sac_OpGetSet[] = {
    {"__name__", op_name, NULL, NULL, NULL},
    {"__qualname__", op_qualname, NULL, NULL, NULL},
    {"cr_running", op_running, NULL, NULL, NULL},
    {"cr_await", op_await, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyMemberDef Sac_OpMembers[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Sac_Op, weakrefs), READONLY,
     NULL},
    {NULL, 0, 0, 0, NULL},
};

/* ---- Operation --------------------------------------------------------- */

/* An interpreter that is out of memory may lose the exception with which a
 * coroutine ends; whoever takes the error from us counts on one. */
static PySendResult
send(PyObject *awaited, PyObject *value, PyObject **result)
{
    PySendResult outcome = PyIter_Send(awaited, value, result);
    if (outcome == PYGEN_ERROR && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_SystemError,
                        "a coroutine failed without an exception");
    }
    return outcome;
}

/* steals: value, the outcome of what was awaited (NULL: an exception is set,
 * or this is the first step). */
static PySendResult
run_steps(Sac_Op *op, PyObject *value, PyObject **result)
{
    for (;;) {
        PySendResult outcome = op->kind->step(op, value, result);
        Py_XDECREF(value);
        if (outcome != PYGEN_NEXT) {
            return outcome;
        }
        assert(op->awaited != NULL);
        outcome = send(op->awaited, Py_None, result);
        if (outcome == PYGEN_NEXT) {
            return outcome;
        }
        Py_CLEAR(op->awaited);
        value = outcome == PYGEN_RETURN ? *result : NULL;
        *result = NULL;
    }
}

static PySendResult
operation_start(Sac_Op *op, PyObject **result)
{
    return run_steps(op, NULL, result);
}

/* GeneratorExit for a foreign iterator: it is closed, and the exception goes
 * on. steals: exception. */
static PySendResult
close_awaited(Sac_State *state, PyObject *awaited, PyObject *exception)
{
    PyObject *close = PyObject_GetAttr(awaited, state->str_close);
    if (close == NULL) {
        PyErr_Clear();
    }
    else {
        PyObject *done = PyObject_CallNoArgs(close);
        Py_DECREF(close);
        if (done == NULL) {
            Py_DECREF(exception);
            return PYGEN_ERROR;
        }
        Py_DECREF(done);
    }
    Sac_ErrGive(exception);
    return PYGEN_ERROR;
}

/* The exception is set: throws it into what is awaited. */
static PySendResult
throw_awaited(Sac_Op *op, PyObject **result)
{
    PyObject *awaited = op->awaited;
    if (Sac_OpCheck(awaited)) {
        return Sac_OpThrow((Sac_Op *)awaited, result);
    }
    Sac_State *state = SAC_STATE(op);
    PyObject *exception = Sac_ErrTake();
    if (PyErr_GivenExceptionMatches(exception, PyExc_GeneratorExit)) {
        return close_awaited(state, awaited, exception);
    }
    PyObject *throw = PyObject_GetAttr(awaited, state->str_throw);
    if (throw == NULL) {
        Sac_ErrGive(exception); /* and forget that there is no such method */
        return PYGEN_ERROR;
    }
    *result = PyObject_CallOneArg(throw, exception);
    Py_DECREF(throw);
    Py_DECREF(exception);
    if (*result != NULL) {
        return PYGEN_NEXT;
    }
    if (!PyErr_ExceptionMatches(PyExc_StopIteration)) {
        return PYGEN_ERROR;
    }
    PyObject *stop = Sac_ErrTake();
    *result = Py_NewRef(((PyStopIterationObject *)stop)->value);
    Py_DECREF(stop);
    return PYGEN_RETURN;
}

static PySendResult
operation_resume(Sac_Op *op, PyObject *value, PyObject **result)
{
    PyObject *awaited = Py_NewRef(op->awaited);
    PySendResult outcome = value != NULL ? send(awaited, value, result)
                                         : throw_awaited(op, result);
    Py_DECREF(awaited);
    if (outcome == PYGEN_NEXT) {
        return outcome;
    }
    Py_CLEAR(op->awaited);
    PyObject *given = outcome == PYGEN_RETURN ? *result : NULL;
    *result = NULL;
    return run_steps(op, given, result);
}

static void
operation_abandon(Sac_Op *op)
{
    if (close_op(op) < 0) {
        PyErr_WriteUnraisable((PyObject *)op);
    }
}

static const Sac_OpFlow operation_flow = {
    .start = operation_start,
    .resume = operation_resume,
    .abandon = operation_abandon,
};

Sac_Op *
Sac_OpNew(PyTypeObject *operation_type, const Sac_OpKind *kind, PyObject *self)
{
    Sac_Op *op = (Sac_Op *)operation_type->tp_alloc(operation_type, 0);
    if (op != NULL) {
        op->kind = kind;
        op->flow = &operation_flow;
        op->slots[0] = Py_XNewRef(self);
    }
    return op;
}

/* steals: awaitable. -> new ref to the iterator behind it. */
static PyObject *
iterator_of(PyObject *awaitable)
{
    if (Sac_OpCheck(awaitable) || PyCoro_CheckExact(awaitable)) {
        return awaitable;
    }
    PyAsyncMethods *methods = Py_TYPE(awaitable)->tp_as_async;
    PyObject *iterator = NULL;
    if (methods != NULL && methods->am_await != NULL) {
        iterator = methods->am_await(awaitable);
    }
    else {
        PyErr_Format(PyExc_TypeError, "object %s can't be awaited",
                     Py_TYPE(awaitable)->tp_name);
    }
    Py_DECREF(awaitable);
    if (iterator != NULL && !PyIter_Check(iterator)) {
        PyErr_SetString(PyExc_TypeError,
                        "__await__() did not return an iterator");
        Py_CLEAR(iterator);
    }
    return iterator;
}

int
Sac_OpAwait(Sac_Op *op, PyObject *awaitable)
{
    if (awaitable == NULL) {
        return -1;
    }
    PyObject *iterator = iterator_of(awaitable);
    if (iterator == NULL) {
        return -1;
    }
    if (Sac_OpCheck(iterator)) {
        ((Sac_Op *)iterator)->drive = op->drive;
    }
    Py_XSETREF(op->awaited, iterator);
    return 0;
}

static PySendResult
wrap_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    if (op->stage == 0) {
        PyObject *awaitable = op->slots[0];
        op->stage = 1;
        op->slots[0] = NULL;
        return Sac_OpAwait(op, awaitable) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    *result = Py_XNewRef(value);
    return value == NULL ? PYGEN_ERROR : PYGEN_RETURN;
}

PyObject *
Sac_OpWrap(PyTypeObject *operation_type, PyObject *awaitable)
{
    static const Sac_OpKind kind = {"drive", wrap_step};
    Sac_Op *op = Sac_OpNew(operation_type, &kind, awaitable);
    Py_DECREF(awaitable);
    return (PyObject *)op;
}

static void
operation_dealloc(PyObject *object)
{
    Sac_Op *op = (Sac_Op *)object;
    PyTypeObject *type = Py_TYPE(object);
    if (op->state != SAC_OP_CLOSED &&
        PyObject_CallFinalizerFromDealloc(object) < 0) {
        return;
    }
    PyObject_GC_UnTrack(object);
    if (op->weakrefs != NULL) {
        PyObject_ClearWeakRefs(object);
    }
    (void)Sac_OpClear(object);
    type->tp_free(object);
    Py_DECREF(type);
}

PyDoc_STRVAR(operation_doc, "A coroutine of the package: await it once.");

static PyType_Slot operation_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)operation_doc},
    {Py_am_await, Sac_OpSelf},
    {Py_am_send, Sac_OpSend},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, Sac_OpNext},
    {Py_tp_repr, Sac_OpRepr},
    {Py_tp_finalize, Sac_OpFinalize},
    {Py_tp_traverse, Sac_OpTraverse},
    {Py_tp_clear, Sac_OpClear},
    {Py_tp_dealloc, operation_dealloc},
    {Py_tp_methods, Sac_OpMethods},
    {Py_tp_getset, Sac_OpGetSet},
    {Py_tp_members, Sac_OpMembers},
    {0, NULL},
};

static PyType_Spec operation_spec = {
    .name = "sqlactive_c._core.Operation",
    .basicsize = sizeof(Sac_Op),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = operation_slots,
};

int
Sac_RegisterOperation(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &operation_spec, &state->operation_type, 0);
}
