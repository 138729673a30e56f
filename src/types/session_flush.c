/* The flush of a session, and what becomes of one that fails.
 *
 * With the GIL, on the loop's thread.  What is written, and in which order,
 * is Python's to say (the hook flush_unit); here it is asked only when there
 * is something to write.  After a failure the innermost transaction is rolled
 * back and refuses everything until rollback(). */
#include "types/session_orm.h"

#include "bridge/args.h"
#include "bridge/compat.h"
#include "bridge/errors.h"
#include "types/ready.h"

bool
Sac_SessionIsDirty(const Sac_Session *self)
{
    return self->fresh != NULL || self->doomed != NULL ||
           (self->identity_map != NULL &&
            !sac_list_empty(&self->identity_map->kept));
}

bool
Sac_SessionWantsFlush(const Sac_Session *self)
{
    return self->autoflush && !self->flushing && Sac_SessionIsDirty(self);
}

int
Sac_SessionCheckFailure(Sac_Session *self)
{
    if (self->frame != NULL && self->frame->over) {
        (void)Sac_RaiseNamed(SAC_STATE(self), "InvalidRequestError",
                             "the transaction has ended: nothing can be "
                             "executed in it before the listeners are done");
        return -1;
    }
    if (self->frame == NULL || self->frame->failure == NULL) {
        return 0;
    }
    PyObject *failure = self->frame->failure;
    (void)Sac_RaiseNamed(
        SAC_STATE(self), "PendingRollbackError",
        "the transaction of this session was rolled back because a flush "
        "failed (%s: %S); call rollback() before going on",
        Py_TYPE(failure)->tp_name, failure);
    return -1;
}

/* ---- the operation ----------------------------------------------------- */

/* slots[1]: what is flushed, or NULL: all; slots[2]: the error of a flush
 * that failed; slots[3]: its transaction, as listeners see it, or NULL;
 * number: whether to commit. */
enum { FLUSH_START = 0, FLUSH_WRITING, FLUSH_UNDOING };

/* Its transaction ends; as Sac_SessionTellKeeping(). */
static void
tell_end(Sac_Op *op, bool failed)
{
    PyObject *face = op->slots[3];
    Sac_Session *self = (Sac_Session *)op->slots[0];
    if (face == NULL) {
        return;
    }
    op->slots[3] = NULL;
    Sac_SessionTellKeeping(self, "after_transaction_end", face);
    if (failed) {
        Sac_SessionTellKeeping(self, "after_soft_rollback", face);
    }
    Py_DECREF(face);
}

/* -> 0 or -1. */
static int
tell_begin(Sac_Op *op)
{
    Sac_Session *self = (Sac_Session *)op->slots[0];
    if (!SAC_STATE(self)->session_events) {
        return 0;
    }
    op->slots[3] = Sac_SessionTransactionNew(self, false, false);
    return op->slots[3] == NULL
               ? -1
               : Sac_SessionTell(self, "after_transaction_create",
                                 op->slots[3]);
}

/* The frame was rolled back, or could not be. steals: error. -> ERROR */
static PySendResult
undone(Sac_Op *op, Sac_Frame *frame, PyObject *error)
{
    Sac_Session *self = (Sac_Session *)op->slots[0];
    if (PyErr_Occurred()) {
        Sac_ErrPrefer(error);
    }
    else {
        Sac_ErrGive(error);
    }
    if (frame == NULL || !frame->active) {
        return PYGEN_ERROR;
    }
    (void)Sac_FrameRetain(frame);
    Sac_SessionTellKeeping(self, "after_rollback", NULL);
    if (frame->active) {
        Sac_SessionRestore(self, frame);
    }
    Sac_FrameRelease(frame);
    tell_end(op, true);
    return PYGEN_ERROR;
}

static PySendResult
flush_failed(Sac_Op *op)
{
    Sac_Session *self = (Sac_Session *)op->slots[0];
    Sac_Frame *frame = self->frame;
    self->flushing = false;
    PyObject *error = Sac_ErrTake();
    if (frame == NULL || frame->failure != NULL) {
        Sac_ErrGive(error);
        return PYGEN_ERROR;
    }
    frame->failure = Py_NewRef(error);
    if (PyErr_GivenExceptionMatches(error, PyExc_GeneratorExit)) {
        Sac_SessionRestore(self, frame);
        Sac_ErrGive(error); /* rollback() has something left to do */
        return PYGEN_ERROR;
    }
    op->stage = FLUSH_UNDOING;
    PyObject *undo = Sac_SessionUndo(self);
    if (undo == NULL || Sac_OpAwait(op, undo) < 0) {
        return undone(op, frame, error);
    }
    op->slots[2] = error;
    return PYGEN_NEXT;
}

static PySendResult
flush_first(Sac_Op *op, PyObject **result)
{
    Sac_Session *self = (Sac_Session *)op->slots[0];
    Sac_State *state = SAC_STATE(self);
    if (self->flushing) {
        (void)Sac_RaiseNamed(state, "InvalidRequestError",
                             "the session is being flushed already");
        return PYGEN_ERROR;
    }
    if (Sac_SessionInUse(self)) {
        (void)Sac_RaiseNamed(state, "IllegalStateChangeError",
                             "another task is in the middle of an operation "
                             "of this session, which cannot be flushed now; "
                             "concurrent tasks need one session each");
        return PYGEN_ERROR;
    }
    if (Sac_SessionCheckFailure(self) < 0 ||
        Sac_SessionEnsureRoot(self, false) < 0) {
        return PYGEN_ERROR;
    }
    if (state->flush_unit == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "sqlactive_c.orm is not imported yet");
        return PYGEN_ERROR;
    }
    self->flushing = true;
    op->stage = FLUSH_WRITING;
    PyObject *unit = PyObject_CallFunctionObjArgs(
        state->flush_unit, (PyObject *)self,
        op->number != 0 ? Py_True : Py_False, op->slots[1], NULL);
    if (unit == NULL) { /* a listener raised before anything was done */
        self->flushing = false;
        return PYGEN_ERROR;
    }
    if (unit == Py_None) { /* listeners left nothing to do */
        Py_DECREF(unit);
        self->flushing = false;
        *result = Py_NewRef(Py_False);
        return PYGEN_RETURN;
    }
    if (tell_begin(op) < 0) {
        PyObject *error = Sac_ErrTake();
        Py_XDECREF(PyObject_CallMethod(unit, "close", NULL));
        Py_DECREF(unit);
        Sac_ErrGive(error);
        return flush_failed(op);
    }
    return Sac_OpAwait(op, unit) < 0 ? flush_failed(op) : PYGEN_NEXT;
}

static PySendResult
flush_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    Sac_Session *self = (Sac_Session *)op->slots[0];
    switch (op->stage) {
    case FLUSH_START:
        if (Sac_SessionIsDirty(self)) {
            return flush_first(op, result);
        }
        *result = Py_NewRef(Py_False);
        return PYGEN_RETURN;
    case FLUSH_WRITING:
        if (value == NULL) {
            return flush_failed(op);
        }
        self->flushing = false;
        tell_end(op, false);
        if (PyErr_Occurred()) {
            return PYGEN_ERROR;
        }
        *result = Py_NewRef(value);
        return PYGEN_RETURN;
    default: {
        PyObject *error = op->slots[2];
        op->slots[2] = NULL;
        return undone(op, self->frame, error);
    }
    }
}

PyObject *
Sac_SessionFlush(Sac_Session *self, bool commit)
{
    static const Sac_OpKind kind = {"AsyncSession.flush", flush_step};
    Sac_Op *op =
        Sac_OpNew(SAC_STATE(self)->operation_type, &kind, (PyObject *)self);
    if (op != NULL) {
        op->number = commit;
    }
    return (PyObject *)op;
}

/* Says of an error that the flush was not asked for. */
static void
give_hint(void)
{
    PyObject *error = Sac_ErrTake();
    if (PyObject_HasAttrString(error, "add_detail")) {
        Py_XDECREF(PyObject_CallMethod(
            error, "add_detail", "s",
            "a query had the session flushed first (autoflush); inside "
            "session.no_autoflush it does not"));
        PyErr_Clear();
    }
    Sac_ErrGive(error);
}

static PySendResult
auto_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    PySendResult outcome = flush_step(op, value, result);
    if (outcome == PYGEN_ERROR) {
        give_hint();
    }
    return outcome;
}

PyObject *
Sac_SessionAutoflush(Sac_Session *self)
{
    static const Sac_OpKind kind = {"AsyncSession.flush", auto_step};
    return (PyObject *)Sac_OpNew(SAC_STATE(self)->operation_type, &kind,
                                 (PyObject *)self);
}

PyObject *
Sac_Session_autoflush(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Sac_SessionAutoflush((Sac_Session *)op);
}

/* ---- the method -------------------------------------------------------- */

static PySendResult
method_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    PySendResult outcome = flush_step(op, value, result);
    if (outcome == PYGEN_RETURN) {
        Py_SETREF(*result, Py_NewRef(Py_None));
    }
    return outcome;
}

PyObject *
Sac_Session_flush(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                  PyObject *kwnames)
{
    static const char *const names[] = {"objects"};
    static const Sac_ArgSpec spec = {"AsyncSession.flush", names, 1, 0, 1};
    static const Sac_OpKind kind = {"AsyncSession.flush", method_step};
    PyObject *objects;
    if (Sac_ParseArgs(&spec, args, nargs, kwnames, &objects) < 0) {
        return NULL;
    }
    Sac_Op *made = Sac_OpNew(SAC_STATE(op)->operation_type, &kind, op);
    if (made != NULL && objects != NULL && objects != Py_None) {
        made->slots[1] = PySequence_List(objects);
        if (made->slots[1] == NULL) {
            Sac_OpDiscard((PyObject *)made);
            return NULL;
        }
    }
    return (PyObject *)made;
}
