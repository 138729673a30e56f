/* How an AsyncConnection opens, begins, ends and closes: each of these is one
 * call of the engine.  Loop thread, GIL. */
#include "types/connection.h"

#include "bridge/compat.h"
#include "types/listeners.h"

static Sac_Connection *
of_op(const Sac_Op *op)
{
    return (Sac_Connection *)op->slots[0];
}

/* ---- transactions ---------------------------------------------------- */

static PyObject *
begin(PyObject *op, bool nested)
{
    Sac_Connection *self = (Sac_Connection *)op;
    if (Sac_ConnectionCheck(self) < 0) {
        return NULL;
    }
    return Sac_TransactionNew(SAC_STATE(op), self->channel, op, nested);
}

PyObject *
Sac_ConnectionBegin(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return begin(op, false);
}

PyObject *
Sac_ConnectionBeginNested(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return begin(op, true);
}

static const Sac_OpKind commit_kind = {"AsyncConnection.commit", NULL};
static const Sac_OpKind rollback_kind = {"AsyncConnection.rollback", NULL};

PyObject *
Sac_ConnectionCommit(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Connection *self = (Sac_Connection *)op;
    if (Sac_ConnectionCheck(self) < 0) {
        return NULL;
    }
    return Sac_ChannelEnd(self->channel, op, SAC_CALL_COMMIT, &commit_kind);
}

PyObject *
Sac_ConnectionRollback(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Connection *self = (Sac_Connection *)op;
    if (Sac_ConnectionCheck(self) < 0) {
        return NULL;
    }
    return Sac_ChannelEnd(self->channel, op, SAC_CALL_ROLLBACK,
                          &rollback_kind);
}

/* ---- opening and closing --------------------------------------------- */

static const Sac_OpKind close_kind = {"AsyncConnection.close", NULL};

/* What comes in hundreds is one Execution each: entering and leaving. */

static PyObject *
finish_start(Sac_Execution *execution)
{
    Sac_Connection *self = of_op(&execution->op);
    if (execution->op.number != 0 && Sac_ChannelBegin(self->channel) < 0) {
        return NULL;
    }
    return Py_NewRef((PyObject *)self);
}

static const Sac_OpKind start_kind = {"AsyncConnection.start", NULL};

static PyObject *
new_start(PyObject *op, bool begins)
{
    Sac_Connection *self = (Sac_Connection *)op;
    if (Sac_ConnectionCheck(self) < 0) {
        return NULL;
    }
    PyObject *connect = Sac_ChannelConnect(self->channel, op, &start_kind);
    if (connect != NULL) {
        Sac_Execution *execution = (Sac_Execution *)connect;
        execution->finish = finish_start;
        execution->op.number = begins;
    }
    return connect;
}

/* Closing is for good, whatever the rollback says: closed is set first. */
static int
before_close(Sac_Execution *execution)
{
    Sac_Connection *self = of_op(&execution->op);
    const sac_lease *lease = &self->channel->lease;
    if (!lease->busy || lease->left) { /* else it is refused */
        self->closed = true;
    }
    return Sac_ChannelBeforeRollback(execution);
}

static PyObject *
finish_exit(Sac_Execution *execution)
{
    PyObject *none = Sac_ChannelFinishEnd(execution);
    if (none == NULL) {
        return NULL;
    }
    Py_DECREF(none);
    Py_RETURN_FALSE;
}

static PyObject *
new_close(PyObject *op, Sac_ExecutionFinish finish)
{
    Sac_Connection *self = (Sac_Connection *)op;
    PyObject *close =
        Sac_ChannelEnd(self->channel, op, SAC_CALL_CLOSE, &close_kind);
    if (close != NULL) {
        Sac_Execution *execution = (Sac_Execution *)close;
        execution->before = before_close;
        execution->finish = finish;
    }
    return close;
}

enum { EXIT_ENDING = 1, EXIT_CLOSING };

/* Commits what entering began, then closes in any case; slots[1] is what the
 * commit raised. */
static PySendResult
exit_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    PyObject *self = (PyObject *)of_op(op);
    if (op->stage == 0) {
        op->stage = EXIT_ENDING;
        PyObject *commit = Sac_ConnectionCommit(self, NULL);
        return Sac_OpAwait(op, commit) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    if (op->stage == EXIT_ENDING) {
        op->slots[1] = value == NULL ? Sac_ErrTake() : NULL;
        op->stage = EXIT_CLOSING;
        PyObject *close = new_close(self, Sac_ChannelFinishEnd);
        return Sac_OpAwait(op, close) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    if (value == NULL) {
        return PYGEN_ERROR;
    }
    if (op->slots[1] != NULL) {
        PyObject *error = op->slots[1];
        op->slots[1] = NULL;
        Sac_ErrGive(error);
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(Py_False);
    return PYGEN_RETURN;
}

static const Sac_OpKind exit_kind = {"AsyncConnection.__aexit__", exit_step};

/* The SQLite connection is thrown away; the next use opens another. */
static PySendResult
invalidate_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    Sac_Connection *self = of_op(op);
    if (op->stage == 0) {
        op->stage = 1;
        if (Sac_ConnectionCheck(self) < 0) {
            return PYGEN_ERROR;
        }
        sac_lease *lease = &self->channel->lease;
        if (lease->handle != NULL && !lease->busy) {
            lease->handle->broken = true;
        }
        PyObject *end = Sac_ChannelEnd(self->channel, (PyObject *)self,
                                       SAC_CALL_CLOSE, &close_kind);
        return Sac_OpAwait(op, end) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    if (value == NULL) {
        return PYGEN_ERROR;
    }
    self->channel->lease.pinned = true;
    self->invalidated = true;
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

static const Sac_OpKind invalidate_kind = {"AsyncConnection.invalidate",
                                           invalidate_step};

/* What users get of the SQLite connection itself. */
static PyObject *
finish_raw(Sac_Execution *execution)
{
    PyObject *self = execution->op.slots[0];
    PyObject *driver = Sac_DriverNew(((Sac_Connection *)self)->channel, NULL);
    PyObject *face =
        driver == NULL ? NULL
                       : PyObject_CallFunctionObjArgs(
                             SAC_STATE(self)->driver_face, driver, self, NULL);
    Py_XDECREF(driver);
    return face;
}

static const Sac_OpKind raw_kind = {"AsyncConnection.get_raw_connection",
                                    NULL};

PyObject *
Sac_ConnectionGetRaw(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Connection *self = (Sac_Connection *)op;
    if (Sac_ConnectionCheck(self) < 0) {
        return NULL;
    }
    PyObject *connect = Sac_ChannelConnect(self->channel, op, &raw_kind);
    if (connect != NULL) {
        ((Sac_Execution *)connect)->finish = finish_raw;
    }
    return connect;
}

static PyObject *
new_op(PyObject *op, const Sac_OpKind *kind, long number)
{
    Sac_Op *next = Sac_OpNew(SAC_STATE(op)->operation_type, kind, op);
    if (next != NULL) {
        next->number = number;
    }
    return (PyObject *)next;
}

PyObject *
Sac_ConnectionStart(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_start(op, false);
}

PyObject *
Sac_ConnectionAwait(PyObject *op)
{
    return new_start(op, false);
}

PyObject *
Sac_ConnectionEnter(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_start(op, ((Sac_Connection *)op)->begins);
}

PyObject *
Sac_ConnectionExit(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Sac_Connection *self = (Sac_Connection *)op;
    bool failed = nargs > 0 && args[0] != Py_None;
    if (self->begins && !failed && !self->closed && self->channel->begun) {
        return new_op(op, &exit_kind, 0);
    }
    return new_close(op, finish_exit);
}

PyObject *
Sac_ConnectionClose(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_close(op, Sac_ChannelFinishEnd);
}

PyObject *
Sac_ConnectionInvalidate(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_op(op, &invalidate_kind, 0);
}
