/* AsyncTransaction: a transaction of a connection, or a savepoint in it.
 *
 * conn.begin() and conn.begin_nested() give one; awaiting or entering it
 * begins, leaving the block commits or rolls back.  The object only names a
 * transaction: the channel knows what is open.  Loop thread, GIL. */
#include "types/channel.h"

#include "bridge/compat.h"
#include "bridge/errors.h"
#include "types/engine.h"

typedef struct TransactionObject {
    PyObject_HEAD
    Sac_Channel *channel; /* strong */
    PyObject *owner;      /* strong: the AsyncConnection */
    PyObject *parent;     /* strong: the savepoint around it, or NULL */
    unsigned savepoint;   /* its number; 0 for a whole transaction */
    bool nested;
    bool started;
    bool active;
} TransactionObject;

static TransactionObject *
of_op(const Sac_Op *op)
{
    return (TransactionObject *)op->slots[0];
}

void
Sac_TransactionEnded(PyObject *transaction)
{
    ((TransactionObject *)transaction)->active = false;
}

PyObject *
Sac_TransactionOuter(PyObject *transaction)
{
    TransactionObject *self = (TransactionObject *)transaction;
    PyObject *outer = self->parent;
    self->parent = NULL;
    return outer;
}

/* ---- beginning ------------------------------------------------------- */

static int
refuse_second_begin(TransactionObject *self)
{
    Sac_State *state = SAC_STATE(self);
    if (self->started) {
        (void)Sac_RaiseNamed(state, "InvalidRequestError",
                             "this transaction was begun already");
        return -1;
    }
    if (!self->nested && self->channel->begun) {
        (void)Sac_RaiseNamed(
            state, "InvalidRequestError",
            "a transaction is in progress on this connection (the first "
            "execute() begins one); commit() or rollback() before begin(), "
            "or use begin_nested() for a savepoint");
        return -1;
    }
    return 0;
}

static PyObject *
control(TransactionObject *self, const char *verb, bool immediate,
        const Sac_OpKind *kind)
{
    char sql[64];
    (void)snprintf(sql, sizeof(sql), "%s sa_savepoint_%u", verb,
                   self->savepoint);
    return Sac_ChannelControl(self->channel, self->owner, sql, immediate,
                              kind);
}

static void
become_active(TransactionObject *self)
{
    Sac_Channel *channel = self->channel;
    self->started = true;
    self->active = true;
    if (self->nested) {
        self->parent = channel->nested;
        channel->nested = Py_NewRef((PyObject *)self);
    }
    else {
        Py_XSETREF(channel->root, Py_NewRef((PyObject *)self));
    }
}

static const Sac_OpKind savepoint_kind = {"AsyncTransaction.start", NULL};

static PySendResult
start_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    TransactionObject *self = of_op(op);
    if (op->stage == 0) {
        if (refuse_second_begin(self) < 0 ||
            Sac_ChannelBegin(self->channel) < 0) {
            return PYGEN_ERROR;
        }
        if (self->nested) {
            op->stage = 1;
            self->savepoint = ++self->channel->savepoints;
            PyObject *awaitable =
                control(self, "SAVEPOINT", true, &savepoint_kind);
            return Sac_OpAwait(op, awaitable) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
        }
    }
    else if (value == NULL) {
        return PYGEN_ERROR;
    }
    become_active(self);
    *result = Py_NewRef((PyObject *)self);
    return PYGEN_RETURN;
}

static const Sac_OpKind start_kind = {"AsyncTransaction.start", start_step};

/* ---- ending ---------------------------------------------------------- */

/* A savepoint that ends takes those inside it along. */
static void
leave_savepoint(TransactionObject *self)
{
    Sac_Channel *channel = self->channel;
    PyObject *inner = channel->nested;
    while (inner != NULL && inner != (PyObject *)self) {
        TransactionObject *transaction = (TransactionObject *)inner;
        PyObject *outer = transaction->parent;
        transaction->parent = NULL;
        transaction->active = false;
        channel->nested = outer;
        Py_DECREF(inner);
        inner = outer;
    }
    self->active = false;
    if (inner == (PyObject *)self) {
        channel->nested = self->parent;
        self->parent = NULL;
        Py_DECREF(inner);
    }
}

static const Sac_OpKind release_kind = {"AsyncTransaction.commit", NULL};
static const Sac_OpKind back_kind = {"AsyncTransaction.rollback", NULL};

/* -> new awaitable that ends the transaction, or NULL. */
static PyObject *
ending(TransactionObject *self, bool commit)
{
    if (!self->nested) {
        return Sac_ChannelEnd(self->channel, self->owner,
                              commit ? SAC_CALL_COMMIT : SAC_CALL_ROLLBACK,
                              commit ? &release_kind : &back_kind);
    }
    return commit ? control(self, "RELEASE SAVEPOINT", false, &release_kind)
                  : control(self, "ROLLBACK TO SAVEPOINT", false, &back_kind);
}

static PySendResult
commit_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    TransactionObject *self = of_op(op);
    if (op->stage == 0) {
        if (!self->active) {
            (void)Sac_RaiseNamed(SAC_STATE(self), "InvalidRequestError",
                                 "this transaction is not active: it was "
                                 "committed, rolled back or never begun");
            return PYGEN_ERROR;
        }
        op->stage = 1;
        return Sac_OpAwait(op, ending(self, true)) < 0 ? PYGEN_ERROR
                                                       : PYGEN_NEXT;
    }
    if (self->nested && self->channel->settled) {
        PyObject *error = Sac_ErrTake();
        leave_savepoint(self);
        Sac_ErrGive(error);
    }
    if (value == NULL) {
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

static const Sac_OpKind commit_kind = {"AsyncTransaction.commit", commit_step};

static PySendResult
rollback_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    TransactionObject *self = of_op(op);
    if (op->stage == 0) {
        /* Nothing to undo: over already, or SQLite undid it all itself. */
        sac_lease *lease = &self->channel->lease;
        bool gone = self->nested && (lease->lost || sac_lease_lose(lease));
        bool active = self->active;
        if (self->nested && active) {
            leave_savepoint(self);
        }
        if (active && !gone) {
            op->stage = 1;
            return Sac_OpAwait(op, ending(self, false)) < 0 ? PYGEN_ERROR
                                                            : PYGEN_NEXT;
        }
    }
    else if (value == NULL) {
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

static const Sac_OpKind rollback_kind = {"AsyncTransaction.rollback",
                                         rollback_step};

/* ---- the block ------------------------------------------------------- */

enum { EXIT_COMMITTING = 1, EXIT_ROLLING_BACK, EXIT_AFTER_FAILED_COMMIT };

/* slots[1]: what the commit raised. */
static PySendResult
exit_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    TransactionObject *self = of_op(op);
    if (op->stage == 0) {
        bool failed = op->number != 0;
        if (!self->active) {
            *result = Py_NewRef(Py_False);
            return PYGEN_RETURN;
        }
        op->stage = failed ? EXIT_ROLLING_BACK : EXIT_COMMITTING;
        const Sac_OpKind *kind = failed ? &rollback_kind : &commit_kind;
        Sac_Op *next = Sac_OpNew(Py_TYPE(op), kind, (PyObject *)self);
        return Sac_OpAwait(op, (PyObject *)next) < 0 ? PYGEN_ERROR
                                                     : PYGEN_NEXT;
    }
    if (op->stage == EXIT_COMMITTING && value == NULL && self->active) {
        op->slots[1] = Sac_ErrTake();
        op->stage = EXIT_AFTER_FAILED_COMMIT;
        Sac_Op *next =
            Sac_OpNew(Py_TYPE(op), &rollback_kind, (PyObject *)self);
        return Sac_OpAwait(op, (PyObject *)next) < 0 ? PYGEN_ERROR
                                                     : PYGEN_NEXT;
    }
    if (op->stage == EXIT_AFTER_FAILED_COMMIT) {
        PyObject *error = op->slots[1];
        op->slots[1] = NULL;
        Sac_ErrPrefer(error);
        return PYGEN_ERROR;
    }
    if (value == NULL) {
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(Py_False);
    return PYGEN_RETURN;
}

static const Sac_OpKind exit_kind = {"AsyncTransaction.__aexit__", exit_step};

/* ---- the object ------------------------------------------------------ */

PyObject *
Sac_TransactionNew(Sac_State *state, Sac_Channel *channel, PyObject *owner,
                   bool nested)
{
    TransactionObject *self =
        PyObject_GC_New(TransactionObject, state->transaction_type);
    if (self == NULL) {
        return NULL;
    }
    self->channel = (Sac_Channel *)Py_NewRef((PyObject *)channel);
    self->owner = Py_NewRef(owner);
    self->parent = NULL;
    self->savepoint = 0;
    self->nested = nested;
    self->started = false;
    self->active = false;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static int
transaction_traverse(PyObject *op, visitproc visit, void *arg)
{
    TransactionObject *self = (TransactionObject *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->channel);
    Py_VISIT(self->owner);
    Py_VISIT(self->parent);
    return 0;
}

static int
transaction_clear(PyObject *op)
{
    TransactionObject *self = (TransactionObject *)op;
    Py_CLEAR(self->channel);
    Py_CLEAR(self->owner);
    Py_CLEAR(self->parent);
    return 0;
}

static void
transaction_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    (void)transaction_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
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
transaction_commit(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_op(op, &commit_kind, 0);
}

static PyObject *
transaction_rollback(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_op(op, &rollback_kind, 0);
}

static PyObject *
transaction_exit(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    return new_op(op, &exit_kind, nargs > 0 && args[0] != Py_None);
}

static PyObject *
transaction_get_active(PyObject *op, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((TransactionObject *)op)->active);
}

static PyObject *
transaction_get_nested(PyObject *op, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((TransactionObject *)op)->nested);
}

static PyObject *
transaction_get_connection(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(((TransactionObject *)op)->owner);
}

static PyMethodDef transaction_methods[] = {
    {"start", transaction_start, METH_NOARGS,
     "start($self, /)\n--\n\nBegin. Awaitable; returns this transaction."},
    {"commit", transaction_commit, METH_NOARGS,
     "commit($self, /)\n--\n\nCommit, or release the savepoint. "
     "Awaitable.\n\nRaises:\n    InvalidRequestError: it is not active."},
    {"rollback", transaction_rollback, METH_NOARGS,
     "rollback($self, /)\n--\n\nRoll back, to the savepoint if it is "
     "nested. Awaitable; harmless when it is over."},
    {"close", transaction_rollback, METH_NOARGS,
     "close($self, /)\n--\n\nThe same as rollback()."},
    {"__aenter__", transaction_start, METH_NOARGS, NULL},
    {"__aexit__", (PyCFunction)(void (*)(void))transaction_exit, METH_FASTCALL,
     NULL},
    {0},
};

static PyGetSetDef transaction_getset[] = {
    {"is_active", transaction_get_active, NULL, "Begun and not over yet.",
     NULL},
    {"is_valid", transaction_get_active, NULL, "The same as is_active.", NULL},
    {"nested", transaction_get_nested, NULL, "A savepoint.", NULL},
    {"connection", transaction_get_connection, NULL, "The AsyncConnection.",
     NULL},
    {0},
};

static PyType_Slot transaction_slots[] = {
    {Py_tp_doc,
     (void *)(uintptr_t) "A transaction of a connection, or a savepoint."},
    {Py_tp_dealloc, transaction_dealloc},
    {Py_tp_traverse, transaction_traverse},
    {Py_tp_clear, transaction_clear},
    {Py_tp_methods, transaction_methods},
    {Py_tp_getset, transaction_getset},
    {Py_am_await, transaction_await},
    {0, NULL},
};

static PyType_Spec transaction_spec = {
    .name = "sqlactive_c.AsyncTransaction",
    .basicsize = sizeof(TransactionObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = transaction_slots,
};

int
Sac_RegisterTransaction(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &transaction_spec, &state->transaction_type, 1);
}
