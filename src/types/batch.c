/* Batch: filling it.
 *
 * With the GIL, by the unit of work.  Steps of instances come from Savers
 * (saver_bind.c), others from execute().  What fails here drops the whole
 * batch: the flush has failed. */
#include "types/batch.h"

#include "base/memory.h"
#include "bridge/compat.h"
#include "bridge/errors.h"
#include "bridge/promise.h"
#include "types/channel.h"
#include "types/engine.h"
#include "types/node.h"
#include "types/saver.h"
#include "types/statement.h"

bool
Sac_BatchCheck(Sac_State *state, PyObject *object)
{
    return Py_IS_TYPE(object, state->batch_type);
}

int
Sac_BatchEnter(Sac_Batch *batch)
{
    if (batch->busy) {
        PyErr_SetString(PyExc_RuntimeError, "the batch is being filled");
        return -1;
    }
    batch->busy = true;
    return 0;
}

void
Sac_BatchClear(Sac_Batch *batch)
{
    PyObject *saved = Sac_ErrTake();
    batch->blocked = false;
    if (PyList_SetSlice(batch->steps, 0, PY_SSIZE_T_MAX, NULL) < 0) {
        PyErr_Clear();
    }
    Sac_ErrGive(saved);
}

/* ---- steps ------------------------------------------------------------- */

/* Room for what is written back. -> 0 or -1. */
static int
make_room(Sac_BatchStep *step, Py_ssize_t rows)
{
    const Sac_Form *form = step->form;
    if (form->rowid < 0 &&
        form->late_count + form->cell_count + form->expire_count == 0) {
        return 0;
    }
    step->instances = sac_calloc((size_t)rows, sizeof(*step->instances));
    if (form->late_count > 0) {
        step->late =
            sac_calloc((size_t)(rows * form->late_count), sizeof(*step->late));
    }
    if (step->instances == NULL ||
        (form->late_count > 0 && step->late == NULL)) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

Sac_BatchStep *
Sac_BatchStepNew(Sac_Batch *batch, struct Sac_Form *form, Py_ssize_t rows)
{
    static const Sac_OpKind kind = {"Batch.run", NULL};
    Sac_State *state = SAC_STATE(batch);
    PyTypeObject *type = state->batch_step_type;
    Sac_Channel *channel = Sac_SessionChannel(batch->session);
    if (channel == NULL) {
        return NULL;
    }
    Sac_BatchStep *self = (Sac_BatchStep *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->form = (Sac_Form *)Py_XNewRef((PyObject *)form);
    self->part = Sac_ChannelExecution(channel, (PyObject *)batch->session,
                                      &kind, SAC_CALL_EXECUTE, NULL);
    if (self->part == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    self->part->op.state = SAC_OP_CLOSED; /* it is never awaited */
    self->part->unit = batch->unit;
    self->part->unit_step = (uint32_t)PyList_GET_SIZE(batch->steps);
    if (form != NULL && make_room(self, rows) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

int
Sac_BatchAppend(Sac_Batch *batch, Sac_BatchStep *step)
{
    sac_step *bound = &step->part->step;
    bound->expects = step->expects && step->strict;
    bound->expect = step->expect;
    bound->keeps_rowids = step->form != NULL && step->form->rowid >= 0;
    return PyList_Append(batch->steps, (PyObject *)step);
}

/* ---- execute ----------------------------------------------------------- */

static int
append_statement(Sac_Batch *self, PyObject *statement, PyObject *parameters,
                 PyObject *expect, PyObject *error, bool strict)
{
    Sac_State *state = SAC_STATE(self);
    Sac_BatchStep *step = Sac_BatchStepNew(self, NULL, 0);
    if (step == NULL) {
        return -1;
    }
    Sac_Channel *channel = Sac_SessionChannel(self->session);
    int rc = channel == NULL
                 ? -1
                 : Sac_StatementApply(state, statement,
                                      (Sac_Engine *)channel->engine,
                                      step->part, parameters);
    if (rc == 0 && expect != Py_None) {
        step->expects = true;
        step->strict = strict;
        step->expect = PyLong_AsLongLong(expect);
        rc = step->expect == -1 && PyErr_Occurred() ? -1 : 0;
    }
    if (rc == 0) {
        step->mismatch = error == Py_None ? NULL : Py_NewRef(error);
        rc = Sac_BatchAppend(self, step);
    }
    Py_DECREF(step);
    return rc;
}

PyDoc_STRVAR(execute_doc,
             "execute($self, statement, parameters=None, expect=None, "
             "error=None,\n        strict=True)\n--\n\n"
             "Append a statement; the stub of the module says the rest.");

static PyObject *
batch_execute(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"statement", "parameters", "expect",
                                        "error",     "strict",     NULL};
    Sac_Batch *self = (Sac_Batch *)op;
    PyObject *statement, *parameters = Py_None, *expect = Py_None;
    PyObject *error = Py_None;
    int strict = 1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|OOOp:execute",
                                     (char **)(uintptr_t)names,
                                     SAC_STATE(op)->clause_type, &statement,
                                     &parameters, &expect, &error, &strict) ||
        Sac_BatchEnter(self) < 0) {
        return NULL;
    }
    int rc = append_statement(self, statement, parameters, expect, error,
                              strict != 0);
    self->busy = false;
    if (rc < 0) {
        Sac_BatchClear(self);
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(settle_doc, "settle($self, instance, key, /)\n--\n\n"
                         "Remember a slot that a promise was copied to.");

static PyObject *
batch_settle(PyObject *op, PyObject *args)
{
    Sac_Batch *self = (Sac_Batch *)op;
    Sac_Instance *instance;
    PyObject *key;
    if (!PyArg_ParseTuple(args, "O!U:settle", SAC_STATE(op)->instance_type,
                          &instance, &key)) {
        return NULL;
    }
    Py_ssize_t steps = PyList_GET_SIZE(self->steps);
    Py_ssize_t slot = instance->mapping == NULL
                          ? -1
                          : Sac_MappingFind(instance->mapping, key);
    if (slot < 0 || steps == 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetObject(PyExc_KeyError, key);
        }
        return NULL;
    }
    PyObject *last = PyList_GET_ITEM(self->steps, steps - 1);
    if (Sac_BatchStepOwe((Sac_BatchStep *)last, instance, slot, key) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- the type ---------------------------------------------------------- */

static PyObject *
batch_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Sac_State *state = Sac_StateOfType(type);
    PyObject *session;
    static const char *const names[] = {"", NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Batch",
                                     (char **)(uintptr_t)names, &session)) {
        return NULL;
    }
    if (!Sac_SessionCheck(state, session)) {
        PyErr_Format(PyExc_TypeError, "Batch() takes a session, not %s",
                     Py_TYPE(session)->tp_name);
        return NULL;
    }
    Sac_Batch *self = (Sac_Batch *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->session = (Sac_Session *)Py_NewRef(session);
    self->unit = ++state->last_identity;
    self->steps = PyList_New(0);
    if (self->steps == NULL) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static Py_ssize_t
batch_length(PyObject *op)
{
    return PyList_GET_SIZE(((Sac_Batch *)op)->steps);
}

static PyObject *
batch_blocked(PyObject *op, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((Sac_Batch *)op)->blocked);
}

static int
batch_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Batch *self = (Sac_Batch *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->session);
    Py_VISIT(self->steps);
    return 0;
}

/* The list stays: who still uses the batch needs one. */
static int
batch_clear(PyObject *op)
{
    Sac_Batch *self = (Sac_Batch *)op;
    if (self->steps != NULL) {
        Sac_BatchClear(self);
    }
    return 0;
}

static void
batch_dealloc(PyObject *op)
{
    Sac_Batch *self = (Sac_Batch *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    (void)batch_clear(op);
    Py_CLEAR(self->steps);
    Py_CLEAR(self->session);
    type->tp_free(op);
    Py_DECREF(type);
}

PyDoc_STRVAR(run_doc, "run($self, commit=False)\n--\n\n"
                      "Run what is in it, and write back into the instances.");

static PyMethodDef batch_methods[] = {
    {"execute", (PyCFunction)(void (*)(void))batch_execute,
     METH_VARARGS | METH_KEYWORDS, execute_doc},
    {"settle", batch_settle, METH_VARARGS, settle_doc},
    {"run", (PyCFunction)(void (*)(void))Sac_BatchRun,
     METH_VARARGS | METH_KEYWORDS, run_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef batch_getset[] = {
    {"blocked", batch_blocked, NULL,
     "Whether some key is not known before it has run, and has no promise.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(batch_doc, "Batch(session, /)\n--\n\n"
                        "Statements that run as one call. Private.");

static PyType_Slot batch_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)batch_doc},
    {Py_tp_new, batch_new},
    {Py_tp_traverse, batch_traverse},
    {Py_tp_clear, batch_clear},
    {Py_tp_dealloc, batch_dealloc},
    {Py_tp_methods, batch_methods},
    {Py_tp_getset, batch_getset},
    {Py_mp_length, batch_length},
    {0, NULL},
};

static PyType_Spec batch_spec = {
    .name = "sqlactive_c._core.Batch",
    .basicsize = sizeof(Sac_Batch),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = batch_slots,
};

int
Sac_RegisterBatch(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &batch_spec, &state->batch_type, 1);
}
