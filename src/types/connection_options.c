/* The execution options of an AsyncConnection, among them its isolation level.
 * Loop thread, GIL. */
#include "types/connection.h"

#include "bridge/errors.h"
#include "types/engine.h"

static Sac_Connection *
of_op(const Sac_Op *op)
{
    return (Sac_Connection *)op->slots[0];
}

static int
apply_isolation(Sac_Connection *self, PyObject *options)
{
    Sac_State *state = SAC_STATE(self);
    PyObject *level = PyDict_GetItemString(options, "isolation_level");
    if (level == NULL) {
        return 0;
    }
    sac_lease *lease = &self->channel->lease;
    if (self->channel->begun || lease->in_tx) {
        (void)Sac_RaiseNamed(state, "InvalidRequestError",
                             "the isolation level cannot change while a "
                             "transaction is in progress: commit() or "
                             "rollback() first");
        return -1;
    }
    PyObject *word =
        PyObject_CallFunctionObjArgs(state->resolve_isolation, level, NULL);
    if (word == NULL) {
        return -1;
    }
    int rc = Sac_IsolationFromWord(state, word, &lease->isolation);
    Py_DECREF(word);
    return rc;
}

static PySendResult
options_step(Sac_Op *op, PyObject *Py_UNUSED(value), PyObject **result)
{
    Sac_Connection *self = of_op(op);
    PyObject *options = op->slots[1];
    if (Sac_ConnectionCheck(self) < 0 || apply_isolation(self, options) < 0) {
        return PYGEN_ERROR;
    }
    if (self->options == NULL) {
        self->options =
            PyDict_Copy(((Sac_Engine *)self->channel->engine)->options);
    }
    if (self->options == NULL || PyDict_Update(self->options, options) < 0) {
        return PYGEN_ERROR;
    }
    *result = Py_NewRef((PyObject *)self);
    return PYGEN_RETURN;
}

static const Sac_OpKind options_kind = {"AsyncConnection.execution_options",
                                        options_step};

PyObject *
Sac_ConnectionExecutionOptions(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (!PyArg_ParseTuple(args, ":execution_options")) {
        return NULL;
    }
    Sac_Op *next = Sac_OpNew(SAC_STATE(op)->operation_type, &options_kind, op);
    if (next == NULL) {
        return NULL;
    }
    next->slots[1] = kwargs == NULL ? PyDict_New() : PyDict_Copy(kwargs);
    if (next->slots[1] == NULL) {
        Sac_OpDiscard((PyObject *)next);
        return NULL;
    }
    return (PyObject *)next;
}

PyObject *
Sac_ConnectionGetExecutionOptions(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Connection *self = (Sac_Connection *)op;
    PyObject *options = self->options;
    if (options == NULL) {
        options = ((Sac_Engine *)self->channel->engine)->options;
    }
    return PyDict_Copy(options);
}
