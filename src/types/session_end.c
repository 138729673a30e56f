/* How a transaction of a session ends: what is flushed before, what is sent
 * to SQLite, and what is left of the stack of frames.
 *
 * A frame whose flush failed is rolled back at once, but stays where it is
 * until rollback() (session_flush.c).  Loop thread, GIL.  Knows nothing of
 * statements and results. */
#include "bridge/compat.h"
#include "bridge/errors.h"
#include "types/session_orm.h"

/* slots[1]: the AsyncSessionTransaction to end, or NULL for the root. */
enum {
    END_STARTED = 1,
    END_PAUSED,
    END_INNER,
    END_FLUSHING,
    END_TO_RELEASE,
    END_LAST
};
enum { MAX_FLUSHES = 100 };

bool
Sac_SessionInUse(const Sac_Session *session)
{
    const Sac_Channel *channel = session->channel;
    return session->flushing ||
           (channel != NULL && channel->lease.busy && !channel->lease.left);
}

/* Nobody tells us when the other one is through: this is to be rare. */
PySendResult
Sac_SessionPause(Sac_Op *op, const Sac_Session *session)
{
    if (!Sac_SessionInUse(session) || op->drive != NULL ||
        Sac_DriveCurrent(SAC_STATE(op)) != NULL) {
        return PYGEN_RETURN;
    }
    PyObject *asyncio = PyImport_ImportModule("asyncio");
    PyObject *sleep = asyncio == NULL
                          ? NULL
                          : PyObject_CallMethod(asyncio, "sleep", "d", 0.001);
    Py_XDECREF(asyncio);
    return Sac_OpAwait(op, sleep) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
}

static Sac_Frame *
frame_of(const Sac_Op *op)
{
    PyObject *face = op->slots[1];
    if (face != NULL) {
        return ((Sac_SessionTransaction *)face)->frame;
    }
    return Sac_SessionRoot((Sac_Session *)op->slots[0]);
}

/* What has to be sent to end `frame`: *awaitable is new, or NULL when there
 * is nothing to send.  -> 0 or -1. */
static int
ending(Sac_Session *session, const Sac_Frame *frame, bool commit,
       const Sac_OpKind *kind, PyObject **awaitable)
{
    *awaitable = NULL;
    switch (frame->scope) {
    case SAC_SCOPE_UNUSED:
        return 0;
    case SAC_SCOPE_GUEST:
        if (commit) {
            return 0;
        }
        break;
    case SAC_SCOPE_WHOLE:
        break;
    case SAC_SCOPE_SAVEPOINT:
        if (!commit && (!session->channel->lease.in_tx ||
                        sac_lease_lose(&session->channel->lease))) {
            return 0; /* all of it is undone, or will be */
        }
        *awaitable = Sac_SessionSavepoint(
            session, commit ? "RELEASE SAVEPOINT" : "ROLLBACK TO SAVEPOINT",
            frame->savepoint, kind);
        return *awaitable == NULL ? -1 : 0;
    }
    *awaitable =
        Sac_ChannelEnd(session->channel, (PyObject *)session,
                       commit ? SAC_CALL_COMMIT : SAC_CALL_ROLLBACK, kind);
    return *awaitable == NULL ? -1 : 0;
}

/* Of the innermost frame, which stays. */
static PySendResult
undo_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    Sac_Session *session = (Sac_Session *)op->slots[0];
    Sac_Frame *frame = session->frame;
    if (op->stage == 0) {
        op->stage = 1;
        PyObject *awaitable;
        if (ending(session, frame, false, op->kind, &awaitable) < 0) {
            return PYGEN_ERROR;
        }
        if (awaitable != NULL) {
            return Sac_OpAwait(op, awaitable) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
        }
    }
    else if (value == NULL) {
        return PYGEN_ERROR;
    }
    if (frame != NULL && frame->scope != SAC_SCOPE_SAVEPOINT) {
        frame->scope = SAC_SCOPE_UNUSED;
    }
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

PyObject *
Sac_SessionUndo(Sac_Session *session)
{
    static const Sac_OpKind kind = {"AsyncSession.rollback", undo_step};
    return (PyObject *)Sac_OpNew(SAC_STATE(session)->operation_type, &kind,
                                 (PyObject *)session);
}

/* The error of an ending is set.  A commit that failed leaves the transaction
 * open for a rollback, unless SQLite ended it; a rollback that failed leaves
 * the rest to the channel, which undoes everything when it goes. */
static void
ending_failed(Sac_Session *session, Sac_Frame *frame, bool commit)
{
    PyObject *error = Sac_ErrTake();
    bool whole = frame->scope == SAC_SCOPE_WHOLE;
    const sac_lease *lease = &session->channel->lease;
    if (!commit) {
        Sac_SessionRestore(session, frame);
        if (whole && !session->joined && lease->in_tx) {
            Py_CLEAR(session->connection);
            Py_CLEAR(session->channel);
        }
        Sac_SessionPop(session, frame);
    }
    else if (whole ? !lease->in_tx && !lease->lost
                   : frame->scope == SAC_SCOPE_SAVEPOINT &&
                         session->channel->settled) {
        Sac_SessionRestore(session, frame);
        Sac_SessionPop(session, frame);
    }
    Sac_ErrGive(error);
}

/* SQLite is done.  What a listener raises is set, and everything goes on.
 * -> new: what names the frame, or NULL: nobody wants to know. */
static PyObject *
tell_ended(Sac_Session *session, Sac_Frame *frame, bool commit)
{
    if (!SAC_STATE(session)->session_events) {
        return NULL;
    }
    PyObject *face = Sac_SessionTransactionOf(session, frame);
    if (face == NULL) {
        return NULL;
    }
    for (Sac_Frame *at = session->frame; at != NULL && at != frame;
         at = at->parent) {
        Sac_SessionTellEnd(session, at);
    }
    session->frame->over = true;
    if (frame->failure == NULL) {
        Sac_SessionTellKeeping(
            session, commit ? "after_commit" : "after_rollback", NULL);
    }
    return face;
}

static PySendResult
ended(Sac_Session *session, Sac_Frame *frame, bool commit, PyObject **result)
{
    if (frame != NULL) {
        PyObject *face = tell_ended(session, frame, commit);
        if (commit) {
            Sac_SessionCommitted(session, frame);
        }
        else {
            Sac_SessionRestore(session, frame);
        }
        Sac_SessionPop(session, frame);
        if (face != NULL && !commit) {
            Sac_SessionTellKeeping(session, "after_soft_rollback", face);
        }
        Py_XDECREF(face);
        if (PyErr_Occurred()) {
            return PYGEN_ERROR;
        }
    }
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

/* -> RETURN or ERROR: whether it can be ended; or NEXT: not yet. */
static PySendResult
end_first(Sac_Op *op, const Sac_Frame *frame, bool commit)
{
    Sac_Session *session = (Sac_Session *)op->slots[0];
    if (!commit) {
        op->stage = END_PAUSED;
        PySendResult pause = Sac_SessionPause(op, session);
        if (pause != PYGEN_RETURN) {
            return pause;
        }
    }
    else if (Sac_SessionInUse(session)) {
        (void)Sac_RaiseNamed(SAC_STATE(session), "IllegalStateChangeError",
                             "another task is in the middle of an operation "
                             "of this session, which cannot be committed now; "
                             "concurrent tasks need one session each");
        return PYGEN_ERROR;
    }
    op->stage = END_STARTED;
    if (op->slots[1] != NULL && (frame == NULL || !frame->active)) {
        (void)Sac_RaiseNamed(SAC_STATE(session),
                             frame == NULL ? "InvalidRequestError"
                                           : "ResourceClosedError",
                             frame == NULL ? "this transaction was not begun: "
                                             "await it, or enter it"
                                           : "this transaction has ended");
        return PYGEN_ERROR;
    }
    if (op->slots[1] == NULL && commit &&
        Sac_SessionEnsureRoot(session, false) < 0) {
        return PYGEN_ERROR;
    }
    return PYGEN_RETURN;
}

/* A commit flushes until nothing is left to flush; the last flush may have
 * committed.  -> NEXT, ERROR, or RETURN: nothing is left. */
static PySendResult
flush_before(Sac_Op *op, const Sac_Frame *frame)
{
    Sac_Session *session = (Sac_Session *)op->slots[0];
    if (Sac_SessionCheckFailure(session) < 0) {
        return PYGEN_ERROR;
    }
    if (!Sac_SessionIsDirty(session) || session->flushing) {
        return PYGEN_RETURN;
    }
    if (op->number++ == MAX_FLUSHES) {
        (void)Sac_RaiseNamed(SAC_STATE(session), "FlushError",
                             "each flush of this commit leaves something to "
                             "be flushed: a listener adds it");
        return PYGEN_ERROR;
    }
    op->stage = END_FLUSHING;
    bool last = frame == session->frame && frame->parent == NULL &&
                !SAC_STATE(session)->session_events;
    return Sac_OpAwait(op, Sac_SessionFlush(session, last)) < 0 ? PYGEN_ERROR
                                                                : PYGEN_NEXT;
}

/* -> RETURN or NEXT or ERROR: sends what ends it. */
static PySendResult
send_end(Sac_Op *op, Sac_Frame *frame, bool commit, PyObject **result)
{
    Sac_Session *session = (Sac_Session *)op->slots[0];
    PyObject *awaitable;
    if (ending(session, frame, commit, op->kind, &awaitable) < 0) {
        return PYGEN_ERROR;
    }
    if (awaitable == NULL) {
        return ended(session, frame, commit, result);
    }
    /* ROLLBACK TO leaves the savepoint in place: it is released as well. */
    op->stage = frame->scope == SAC_SCOPE_SAVEPOINT && !commit ? END_TO_RELEASE
                                                               : END_LAST;
    return Sac_OpAwait(op, awaitable) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
}

/* What was changed after a flush had failed is lost. -> 0 or -1. */
static int
warn_of_changes(Sac_Session *session, const Sac_Frame *frame)
{
    if (session->frame->failure == NULL || !Sac_SessionIsDirty(session)) {
        return 0;
    }
    Sac_SessionRestore(session, frame);
    PyObject *kind =
        PyDict_GetItemString(SAC_STATE(session)->exc, "SAWarning");
    return PyErr_WarnEx(kind == NULL ? PyExc_RuntimeWarning : kind,
                        "the session was changed after its transaction had "
                        "been rolled back: these changes are discarded",
                        1);
}

/* While somebody listens the savepoints in it end one by one, and are told of
 * each.  -> RETURN, NEXT or ERROR. */
static PySendResult
end_inner(Sac_Op *op, const Sac_Frame *frame, bool commit)
{
    Sac_Session *session = (Sac_Session *)op->slots[0];
    if (!SAC_STATE(session)->session_events || frame == NULL) {
        return PYGEN_RETURN;
    }
    bool named = op->slots[1] != NULL;
    bool first = op->stage == END_STARTED;
    bool inner = frame != session->frame && (commit || !named);
    if (commit && (named ? first : !inner)) {
        if (Sac_SessionCheckFailure(session) < 0 ||
            Sac_SessionTell(session, "before_commit", NULL) < 0) {
            return PYGEN_ERROR;
        }
    }
    if (!inner || frame == session->frame) {
        return PYGEN_RETURN;
    }
    PyObject *face = Sac_SessionTransactionOf(session, session->frame);
    if (face == NULL) {
        return PYGEN_ERROR;
    }
    op->stage = END_INNER;
    PyObject *awaitable = Sac_SessionEnd(session, face, commit);
    Py_DECREF(face);
    return Sac_OpAwait(op, awaitable) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
}

/* The first step, and what follows a flush, whose outcome is `value`. */
static PySendResult
end_or_flush(Sac_Op *op, PyObject *value, bool commit, PyObject **result)
{
    Sac_Session *session = (Sac_Session *)op->slots[0];
    Sac_Frame *frame = frame_of(op);
    if (op->stage == 0 || (op->stage == END_PAUSED && value != NULL)) {
        PySendResult outcome = end_first(op, frame, commit);
        if (outcome != PYGEN_RETURN) {
            return outcome;
        }
        frame = frame_of(op);
    }
    else if (value == NULL) {
        return PYGEN_ERROR;
    }
    else if (frame == NULL || !frame->active || value == Py_True) {
        bool open = frame != NULL && frame->active;
        return ended(session, open ? frame : NULL, commit, result);
    }
    if (op->stage != END_FLUSHING) {
        PySendResult outcome = end_inner(op, frame, commit);
        if (outcome != PYGEN_RETURN) {
            return outcome;
        }
    }
    if (commit) {
        PySendResult outcome = flush_before(op, frame);
        if (outcome != PYGEN_RETURN) {
            return outcome;
        }
    }
    if (frame == NULL) { /* a rollback of nothing */
        return ended(session, NULL, false, result);
    }
    if (!commit && warn_of_changes(session, frame) < 0) {
        return PYGEN_ERROR;
    }
    return send_end(op, frame, commit, result);
}

static PySendResult
end_step(Sac_Op *op, PyObject *value, PyObject **result, bool commit)
{
    Sac_Session *session = (Sac_Session *)op->slots[0];
    if (op->stage < END_TO_RELEASE) {
        return end_or_flush(op, value, commit, result);
    }
    Sac_Frame *frame = frame_of(op);
    if (frame == NULL || !frame->active) {
        /* ended meanwhile, by somebody who did not wait for us */
        if (value == NULL) {
            return PYGEN_ERROR;
        }
        return ended(session, NULL, commit, result);
    }
    if (value == NULL) {
        ending_failed(session, frame, commit);
        return PYGEN_ERROR;
    }
    if (op->stage == END_TO_RELEASE) {
        op->stage = END_LAST;
        PyObject *awaitable = Sac_SessionSavepoint(
            session, "RELEASE SAVEPOINT", frame->savepoint, op->kind);
        return Sac_OpAwait(op, awaitable) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    return ended(session, frame, commit, result);
}

static PySendResult
commit_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    return end_step(op, value, result, true);
}

static PySendResult
rollback_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    return end_step(op, value, result, false);
}

static const Sac_OpKind kinds[2][2] = {
    {{"AsyncSession.rollback", rollback_step},
     {"AsyncSession.commit", commit_step}},
    {{"AsyncSessionTransaction.rollback", rollback_step},
     {"AsyncSessionTransaction.commit", commit_step}},
};

PyObject *
Sac_SessionEnd(Sac_Session *session, PyObject *face, bool commit)
{
    Sac_Op *op = Sac_OpNew(SAC_STATE(session)->operation_type,
                           &kinds[face != NULL][commit], (PyObject *)session);
    if (op != NULL && face != NULL) {
        op->slots[1] = Py_NewRef(face);
    }
    return (PyObject *)op;
}
