/* AsyncSessionTransaction: what begin() and begin_nested() of a session give,
 * and what async_sessionmaker.begin() gives.
 *
 * The object only names a frame of its session: awaiting or entering it
 * pushes the frame, leaving the block ends it.  Loop thread, GIL. */
#include "types/session.h"

#include <structmember.h>

#include "bridge/compat.h"
#include "bridge/errors.h"
#include "types/session_orm.h"

static Sac_SessionTransaction *
of_op(const Sac_Op *op)
{
    return (Sac_SessionTransaction *)op->slots[0];
}

/* ---- beginning ------------------------------------------------------- */

static void
name_frame(Sac_SessionTransaction *self, Sac_Frame *frame)
{
    if (self->frame != NULL && self->frame->face == (PyObject *)self) {
        self->frame->face = NULL;
    }
    Sac_FrameRelease(self->frame);
    self->frame = Sac_FrameRetain(frame);
    frame->face = (PyObject *)self;
}

/* op->number: it is entered, not awaited. */
static PySendResult
begun(Sac_Op *op, PyObject **result)
{
    Sac_SessionTransaction *self = of_op(op);
    Sac_Session *session = self->session;
    if (op->number != 0) {
        self->frame->outer = session->context; /* its reference moves */
        session->context = Sac_FrameRetain(self->frame);
    }
    *result = Py_NewRef(op->number != 0 && self->maker ? (PyObject *)session
                                                       : (PyObject *)self);
    return PYGEN_RETURN;
}

static PySendResult
begin_root(Sac_Op *op, PyObject **result)
{
    Sac_SessionTransaction *self = of_op(op);
    Sac_Session *session = self->session;
    if (Sac_SessionCheckContext(session) < 0) {
        return PYGEN_ERROR;
    }
    if (Sac_SessionInTransaction(session)) {
        (void)Sac_RaiseNamed(
            SAC_STATE(self), "InvalidRequestError",
            "a transaction is in progress in this session (the first use "
            "begins one); commit() or rollback() before begin(), or use "
            "begin_nested() for a savepoint");
        return PYGEN_ERROR;
    }
    if (Sac_SessionEnsureRoot(session, true) < 0) {
        return PYGEN_ERROR;
    }
    name_frame(self, session->frame);
    if (Sac_SessionTellOf(session, "after_transaction_create",
                          session->frame) < 0) {
        return PYGEN_ERROR;
    }
    return begun(op, result);
}

/* A savepoint: a flush comes first, and perhaps a savepoint for the root in
 * somebody else's transaction. */
enum { NESTED_START = 0, NESTED_FIRST, NESTED_SAVEPOINT, NESTED_DONE };

static PySendResult
start_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    static const Sac_OpKind kind = {"AsyncSessionTransaction.start", NULL};
    Sac_SessionTransaction *self = of_op(op);
    Sac_Session *session = self->session;
    PyObject *next = NULL;
    if (!self->nested) {
        return begin_root(op, result);
    }
    if (op->stage == NESTED_START) {
        op->stage = NESTED_FIRST;
        if (Sac_SessionCheckFailure(session) < 0) {
            return PYGEN_ERROR;
        }
        if (Sac_SessionIsDirty(session) && !session->flushing) {
            return Sac_OpAwait(op, Sac_SessionFlush(session, false)) < 0
                       ? PYGEN_ERROR
                       : PYGEN_NEXT;
        }
    }
    else if (value == NULL) {
        if (op->stage == NESTED_SAVEPOINT) {
            Sac_SessionEnterFailed(session);
        }
        return PYGEN_ERROR;
    }
    if (op->stage == NESTED_FIRST) {
        op->stage = NESTED_SAVEPOINT;
        if (Sac_SessionEnter(session, &next) == NULL) {
            return PYGEN_ERROR;
        }
    }
    if (op->stage == NESTED_SAVEPOINT && next == NULL) {
        op->stage = NESTED_DONE;
        if (Sac_ChannelBegin(session->channel) < 0) {
            return PYGEN_ERROR;
        }
        unsigned number = ++session->channel->savepoints;
        op->slots[1] = PyLong_FromUnsignedLong(number);
        if (op->slots[1] != NULL) {
            next = Sac_SessionSavepoint(session, "SAVEPOINT", number, &kind);
        }
        return Sac_OpAwait(op, next) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    if (next != NULL) {
        return Sac_OpAwait(op, next) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    unsigned number = (unsigned)PyLong_AsUnsignedLong(op->slots[1]);
    Sac_Frame *frame = Sac_SessionPush(session, true, number);
    if (frame == NULL) {
        return PYGEN_ERROR;
    }
    name_frame(self, frame);
    if (Sac_SessionTellOf(session, "after_transaction_create", frame) < 0) {
        return PYGEN_ERROR;
    }
    return begun(op, result);
}

static const Sac_OpKind start_kind = {"AsyncSessionTransaction.start",
                                      start_step};

/* ---- the end of the block -------------------------------------------- */

enum { EXIT_ENDING = 1, EXIT_ROLLED_BACK, EXIT_CLOSED };

static void
leave_context(Sac_SessionTransaction *self)
{
    Sac_Session *session = self->session;
    Sac_Frame *frame = session->context;
    if (frame != NULL && frame == self->frame) {
        session->context = frame->outer; /* its reference moves */
        frame->outer = NULL;
        Sac_FrameRelease(frame);
    }
}

/* The context is left and, if the session came with the block, closed;
 * slots[1] is the error that goes out, or NULL. */
static PySendResult
left(Sac_Op *op, PyObject **result)
{
    Sac_SessionTransaction *self = of_op(op);
    if (op->stage != EXIT_CLOSED) {
        op->stage = EXIT_CLOSED;
        leave_context(self);
        if (self->maker) {
            return Sac_OpAwait(op, Sac_SessionClose(self->session)) < 0
                       ? PYGEN_ERROR
                       : PYGEN_NEXT;
        }
    }
    PyObject *error = op->slots[1];
    op->slots[1] = NULL;
    if (error != NULL) {
        Sac_ErrGive(error);
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

/* op->number: the block raised.  The first error is the one that counts. */
static PySendResult
exit_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    Sac_SessionTransaction *self = of_op(op);
    bool active = self->frame != NULL && self->frame->active;
    if (op->stage == 0) {
        if (!active) {
            return left(op, result);
        }
        bool commit = op->number == 0;
        op->stage = commit ? EXIT_ENDING : EXIT_ROLLED_BACK;
        return Sac_OpAwait(op, Sac_SessionEnd(self->session, (PyObject *)self,
                                              commit)) < 0
                   ? PYGEN_ERROR
                   : PYGEN_NEXT;
    }
    if (value == NULL) {
        PyObject *error = Sac_ErrTake();
        if (op->slots[1] == NULL) {
            op->slots[1] = error;
        }
        else {
            Py_XDECREF(error);
        }
        if (op->stage == EXIT_ENDING && active) {
            op->stage = EXIT_ROLLED_BACK;
            return Sac_OpAwait(op, Sac_SessionEnd(self->session,
                                                  (PyObject *)self, false)) < 0
                       ? PYGEN_ERROR
                       : PYGEN_NEXT;
        }
    }
    return left(op, result);
}

static const Sac_OpKind exit_kind = {"AsyncSessionTransaction.__aexit__",
                                     exit_step};

/* ---- the object ------------------------------------------------------ */

PyObject *
Sac_SessionTransactionNew(Sac_Session *session, bool nested, bool maker)
{
    Sac_State *state = SAC_STATE(session);
    Sac_SessionTransaction *self = PyObject_GC_New(
        Sac_SessionTransaction, state->session_transaction_type);
    if (self == NULL) {
        return NULL;
    }
    self->session = (Sac_Session *)Py_NewRef((PyObject *)session);
    self->frame = NULL;
    self->nested = nested;
    self->maker = maker;
    self->weakrefs = NULL;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

PyObject *
Sac_SessionTransactionOf(Sac_Session *session, Sac_Frame *frame)
{
    if (frame->face != NULL) {
        return Py_NewRef(frame->face);
    }
    PyObject *op = Sac_SessionTransactionNew(session, frame->nested, false);
    if (op != NULL) {
        name_frame((Sac_SessionTransaction *)op, frame);
    }
    return op;
}

static int
transaction_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((Sac_SessionTransaction *)op)->session);
    return 0;
}

static int
transaction_clear(PyObject *op)
{
    Py_CLEAR(((Sac_SessionTransaction *)op)->session);
    return 0;
}

static void
transaction_dealloc(PyObject *op)
{
    Sac_SessionTransaction *self = (Sac_SessionTransaction *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    if (self->frame != NULL && self->frame->face == op) {
        self->frame->face = NULL;
    }
    Sac_FrameRelease(self->frame);
    self->frame = NULL;
    (void)transaction_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyObject *
new_op(PyObject *op, const Sac_OpKind *kind, long number)
{
    Sac_Op *made = Sac_OpNew(SAC_STATE(op)->operation_type, kind, op);
    if (made != NULL) {
        made->number = number;
    }
    return (PyObject *)made;
}

static PyObject *
transaction_start(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_op(op, &start_kind, 0);
}

static PyObject *
transaction_await(PyObject *op)
{
    return new_op(op, &start_kind, 0);
}

static PyObject *
transaction_enter(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_op(op, &start_kind, 1);
}

static PyObject *
transaction_exit(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    return new_op(op, &exit_kind, nargs > 0 && args[0] != Py_None);
}

static PyObject *
transaction_commit(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Sac_SessionEnd(((Sac_SessionTransaction *)op)->session, op, true);
}

static PyObject *
transaction_rollback(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Sac_SessionEnd(((Sac_SessionTransaction *)op)->session, op, false);
}

static PyObject *
transaction_active_get(PyObject *op, void *Py_UNUSED(closure))
{
    const Sac_SessionTransaction *self = (Sac_SessionTransaction *)op;
    const Sac_Channel *channel = self->session->channel;
    return PyBool_FromLong(self->frame != NULL && self->frame->active &&
                           self->frame->failure == NULL &&
                           !(channel != NULL && channel->lease.lost));
}

static PyObject *
transaction_nested_get(PyObject *op, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((Sac_SessionTransaction *)op)->nested);
}

/* That of a flush has no frame: it is in the innermost one. */
static PyObject *
transaction_parent_get(PyObject *op, void *Py_UNUSED(closure))
{
    const Sac_SessionTransaction *self = (Sac_SessionTransaction *)op;
    Sac_Frame *parent =
        self->frame != NULL ? self->frame->parent : self->session->frame;
    return parent == NULL ? Py_NewRef(Py_None)
                          : Sac_SessionTransactionOf(self->session, parent);
}

static PyObject *
transaction_session_get(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(((Sac_SessionTransaction *)op)->session);
}

/* ---- the type -------------------------------------------------------- */

static PyMethodDef transaction_methods[] = {
    {"start", transaction_start, METH_NOARGS,
     "start($self, /)\n--\n\nBegin. Awaitable; returns this transaction.\n\n"
     "Raises:\n    InvalidRequestError: the session has begun already."},
    {"commit", transaction_commit, METH_NOARGS,
     "commit($self, /)\n--\n\nCommit it and the savepoints in it, or "
     "release the savepoint. Awaitable.\n\n"
     "Raises:\n    ResourceClosedError: it has ended."},
    {"rollback", transaction_rollback, METH_NOARGS,
     "rollback($self, /)\n--\n\nRoll it back with the savepoints in it. "
     "Awaitable.\n\nRaises:\n    ResourceClosedError: it has ended."},
    {"__aenter__", transaction_enter, METH_NOARGS, NULL},
    {"__aexit__", (PyCFunction)(void (*)(void))transaction_exit, METH_FASTCALL,
     NULL},
    {0},
};

static PyGetSetDef transaction_getset[] = {
    {"is_active", transaction_active_get, NULL,
     "True from its begin to its end, unless the database gave it up.", NULL},
    {"nested", transaction_nested_get, NULL, "True for a savepoint.", NULL},
    {"parent", transaction_parent_get, NULL,
     "The transaction around it, or None.", NULL},
    {"session", transaction_session_get, NULL, "The AsyncSession.", NULL},
    {0},
};

static PyMemberDef transaction_members[] = {
    {"__weaklistoffset__", T_PYSSIZET,
     offsetof(Sac_SessionTransaction, weakrefs), READONLY, NULL},
    {0},
};

static PyType_Slot transaction_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t) "A transaction of a session, or a "
                                    "savepoint: await it or enter it."},
    {Py_tp_dealloc, transaction_dealloc},
    {Py_tp_traverse, transaction_traverse},
    {Py_tp_clear, transaction_clear},
    {Py_tp_methods, transaction_methods},
    {Py_tp_getset, transaction_getset},
    {Py_tp_members, transaction_members},
    {Py_am_await, transaction_await},
    {0, NULL},
};

static PyType_Spec transaction_spec = {
    .name = "sqlactive_c.AsyncSessionTransaction",
    .basicsize = sizeof(Sac_SessionTransaction),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = transaction_slots,
};

int
Sac_RegisterSessionTransaction(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &transaction_spec,
                       &state->session_transaction_type, 1);
}
