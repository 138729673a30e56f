/* How an AsyncSession is closed: what is open is rolled back, and the channel
 * is kept for the next use only if nobody else can have it in hand.  Whatever
 * goes wrong, the session itself is clean afterwards.  Loop thread, GIL. */
#include "types/session_methods.h"

#include "bridge/compat.h"
#include "types/session_orm.h"

/* On a borrowed channel: what to send to undo what is ours there, new, or
 * NULL when there is nothing.  -> 0 or -1. */
static int
leaving(Sac_Session *self, const Sac_OpKind *kind, PyObject **awaitable)
{
    const Sac_Frame *lowest = NULL; /* the outermost savepoint of ours */
    *awaitable = NULL;
    for (const Sac_Frame *at = self->frame; at != NULL; at = at->parent) {
        if (at->scope == SAC_SCOPE_WHOLE) {
            *awaitable = Sac_ChannelEnd(self->channel, (PyObject *)self,
                                        SAC_CALL_ROLLBACK, kind);
            return *awaitable == NULL ? -1 : 0;
        }
        if (at->scope == SAC_SCOPE_SAVEPOINT) {
            lowest = at;
        }
    }
    if (lowest != NULL && self->channel->lease.in_tx) {
        *awaitable = Sac_SessionSavepoint(self, "ROLLBACK TO SAVEPOINT",
                                          lowest->savepoint, kind);
        return *awaitable == NULL ? -1 : 0;
    }
    return 0;
}

/* A channel that somebody else may have in hand, or that did not close well,
 * is not used again. */
static void
let_go(Sac_Session *self, bool well)
{
    bool shared = self->joined || self->connection != NULL;
    Sac_SessionExpungeAll(self);
    Sac_Frame *root = Sac_SessionRoot(self);
    if (root != NULL) {
        Sac_SessionPop(self, root);
    }
    Py_CLEAR(self->connection);
    if (shared || !well) {
        Py_CLEAR(self->channel);
        self->joined = false;
    }
}

enum { CLOSE_FOR_GOOD = 1 }; /* op->number */
enum { CLOSE_PAUSED = 1, CLOSE_SENT };

static PySendResult
close_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    Sac_Session *self = (Sac_Session *)op->slots[0];
    if (op->stage == 0 || (op->stage == CLOSE_PAUSED && value != NULL)) {
        op->stage = CLOSE_PAUSED;
        PySendResult pause = Sac_SessionPause(op, self);
        if (pause != PYGEN_RETURN) {
            return pause;
        }
        op->stage = CLOSE_SENT;
        self->closed = self->closed || op->number == CLOSE_FOR_GOOD;
        PyObject *next = NULL;
        if (self->joined) {
            if (leaving(self, op->kind, &next) < 0) {
                return PYGEN_ERROR;
            }
        }
        else if (self->channel != NULL &&
                 self->channel->lease.engine != NULL &&
                 (self->channel->begun ||
                  self->channel->lease.handle != NULL)) {
            next = Sac_ChannelEnd(self->channel, (PyObject *)self,
                                  SAC_CALL_CLOSE, op->kind);
            if (next == NULL) {
                return PYGEN_ERROR;
            }
        }
        if (next != NULL) {
            return Sac_OpAwait(op, next) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
        }
        value = Py_None;
    }
    /* Also when it failed or was cancelled: a channel that goes away open is
     * rolled back by itself. */
    PyObject *error = value == NULL ? Sac_ErrTake() : NULL;
    let_go(self, value != NULL);
    if (value == NULL) {
        Sac_ErrGive(error);
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

static PyObject *
new_close(PyObject *op, const Sac_OpKind *kind, bool reset)
{
    Sac_Op *made = Sac_OpNew(SAC_STATE(op)->operation_type, kind, op);
    if (made != NULL && !reset && !((Sac_Session *)op)->close_resets_only) {
        made->number = CLOSE_FOR_GOOD;
    }
    return (PyObject *)made;
}

static const Sac_OpKind close_kind = {"AsyncSession.close", close_step};
static const Sac_OpKind reset_kind = {"AsyncSession.reset", close_step};
static const Sac_OpKind exit_kind = {"AsyncSession.__aexit__", close_step};

PyObject *
Sac_SessionClose(Sac_Session *session)
{
    return new_close((PyObject *)session, &close_kind, false);
}

PyObject *
Sac_Session_close(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_close(op, &close_kind, false);
}

PyObject *
Sac_Session_reset(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_close(op, &reset_kind, true);
}

PyObject *
Sac_Session_exit(PyObject *op, PyObject *const *Py_UNUSED(args),
                 Py_ssize_t Py_UNUSED(nargs))
{
    return new_close(op, &exit_kind, false);
}
