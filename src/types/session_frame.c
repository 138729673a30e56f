/* The transactions of a session: a stack of frames, the root at the bottom
 * and a savepoint for each frame above it.
 *
 * A frame is no Python object, so that an open session is in no reference
 * cycle: a task that ends takes its session along at once, and the channel
 * rolls back.  Loop thread, GIL.  Knows nothing of statements and results. */
#include "types/session.h"

#include "bridge/compat.h"
#include "bridge/errors.h"

/* ---- frames ---------------------------------------------------------- */

Sac_Frame *
Sac_FrameRetain(Sac_Frame *frame)
{
    if (frame != NULL) {
        frame->refs++;
    }
    return frame;
}

void
Sac_FrameRelease(Sac_Frame *frame)
{
    while (frame != NULL && --frame->refs == 0) {
        Sac_Frame *parent = frame->parent;
        Sac_FrameRelease(frame->outer);
        PyMem_Free(frame);
        frame = parent;
    }
}

Sac_Frame *
Sac_SessionPush(Sac_Session *session, bool nested, unsigned savepoint)
{
    Sac_Frame *frame = PyMem_Calloc(1, sizeof(*frame));
    if (frame == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    frame->refs = 1;
    frame->parent = session->frame; /* the session's reference moves */
    frame->scope = nested ? SAC_SCOPE_SAVEPOINT : SAC_SCOPE_UNUSED;
    frame->savepoint = savepoint;
    frame->nested = nested;
    frame->active = true;
    session->frame = frame;
    return frame;
}

void
Sac_SessionPop(Sac_Session *session, Sac_Frame *frame)
{
    bool found = false;
    for (Sac_Frame *at = session->frame; at != NULL; at = at->parent) {
        found = found || at == frame;
    }
    while (found && session->frame != NULL) {
        Sac_Frame *top = session->frame;
        found = top != frame;
        top->active = false;
        session->frame = Sac_FrameRetain(top->parent);
        Sac_FrameRelease(top);
    }
    if (session->frame == NULL) {
        Py_CLEAR(session->connection);
    }
}

Sac_Frame *
Sac_SessionRoot(const Sac_Session *session)
{
    Sac_Frame *frame = session->frame;
    while (frame != NULL && frame->parent != NULL) {
        frame = frame->parent;
    }
    return frame;
}

bool
Sac_SessionInTransaction(const Sac_Session *session)
{
    return session->frame != NULL;
}

/* ---- beginning ------------------------------------------------------- */

int
Sac_SessionCheckContext(Sac_Session *session)
{
    if (session->context != NULL && !session->context->active) {
        (void)Sac_RaiseNamed(
            SAC_STATE(session), "InvalidRequestError",
            "the transaction of this 'async with' block has ended; nothing "
            "more can be done in the session before the block is left");
        return -1;
    }
    return 0;
}

int
Sac_SessionEnsureRoot(Sac_Session *session, bool is_explicit)
{
    Sac_State *state = SAC_STATE(session);
    if (session->closed) {
        (void)Sac_RaiseNamed(state, "InvalidRequestError",
                             "this session was closed for good "
                             "(close_resets_only=False)");
        return -1;
    }
    if (Sac_SessionCheckContext(session) < 0) {
        return -1;
    }
    if (session->frame != NULL) {
        return 0;
    }
    if (!session->autobegin && !is_explicit) {
        (void)Sac_RaiseNamed(state, "InvalidRequestError",
                             "this session does not begin by itself "
                             "(autobegin=False): call begin() first");
        return -1;
    }
    return Sac_SessionPush(session, false, 0) == NULL ? -1 : 0;
}

Sac_Channel *
Sac_SessionChannel(Sac_Session *session)
{
    Sac_State *state = SAC_STATE(session);
    if (session->channel != NULL && !session->joined) {
        return session->channel;
    }
    if (session->bind == NULL) {
        (void)Sac_RaiseNamed(state, "UnboundExecutionError",
                             "this session is bound to no engine: give one "
                             "as bind=..., or initialize the connection that "
                             "it comes from again");
        return NULL;
    }
    if (Sac_EngineCheck(state, session->bind)) {
        session->channel = Sac_ChannelNew(state, session->bind, false);
        return session->channel;
    }
    Sac_Channel *channel = Sac_ConnectionChannel(session->bind);
    if (channel != NULL) {
        Py_XSETREF(session->channel,
                   (Sac_Channel *)Py_NewRef((PyObject *)channel));
        session->joined = true;
    }
    return channel;
}

/* How the root relates to what the bound connection has open. */
static Sac_Scope
scope_of(const Sac_Session *session)
{
    const Sac_Channel *channel = session->channel;
    if (!session->joined || !channel->begun) {
        return SAC_SCOPE_WHOLE;
    }
    switch (session->join_mode) {
    case SAC_JOIN_CONDITIONAL:
        return channel->nested != NULL ? SAC_SCOPE_SAVEPOINT : SAC_SCOPE_GUEST;
    case SAC_JOIN_GUEST:
        return SAC_SCOPE_GUEST;
    case SAC_JOIN_CONTROL:
        return SAC_SCOPE_WHOLE;
    case SAC_JOIN_SAVEPOINT:
        break;
    }
    return SAC_SCOPE_SAVEPOINT;
}

static const Sac_OpKind savepoint_kind = {"AsyncSession.begin", NULL};

Sac_Channel *
Sac_SessionEnter(Sac_Session *session, PyObject **first)
{
    *first = NULL;
    if (Sac_SessionChannel(session) == NULL ||
        Sac_SessionEnsureRoot(session, false) < 0) {
        return NULL;
    }
    Sac_Frame *root = Sac_SessionRoot(session);
    if (root->scope == SAC_SCOPE_UNUSED) {
        Sac_Scope scope = scope_of(session);
        if (scope == SAC_SCOPE_SAVEPOINT) {
            unsigned number = ++session->channel->savepoints;
            *first = Sac_SessionSavepoint(session, "SAVEPOINT", number,
                                          &savepoint_kind);
            if (*first == NULL) {
                return NULL;
            }
            root->savepoint = number;
        }
        root->scope = scope;
    }
    return session->channel;
}

void
Sac_SessionEnterFailed(Sac_Session *session)
{
    Sac_Frame *root = Sac_SessionRoot(session);
    if (root != NULL && root->scope == SAC_SCOPE_SAVEPOINT) {
        root->scope = SAC_SCOPE_UNUSED;
    }
}

PyObject *
Sac_SessionSavepoint(Sac_Session *session, const char *verb,
                     unsigned savepoint, const Sac_OpKind *kind)
{
    char sql[64];
    (void)PyOS_snprintf(sql, sizeof(sql), "%s sa_savepoint_%u", verb,
                        savepoint);
    return Sac_ChannelControl(session->channel, (PyObject *)session, sql,
                              verb[0] == 'S', kind);
}

/* ---- ending ---------------------------------------------------------- */

/* slots[1]: the AsyncSessionTransaction to end, or NULL for the root. */
enum { END_STARTED = 1, END_TO_RELEASE, END_LAST };

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
        if (whole && !session->joined && lease->in_tx) {
            Py_CLEAR(session->connection);
            Py_CLEAR(session->channel);
        }
        Sac_SessionPop(session, frame);
    }
    else if (whole ? !lease->in_tx && !lease->lost
                   : frame->scope == SAC_SCOPE_SAVEPOINT &&
                         session->channel->settled) {
        Sac_SessionPop(session, frame);
    }
    Sac_ErrGive(error);
}

static PySendResult
ended(Sac_Session *session, Sac_Frame *frame, PyObject **result)
{
    if (frame != NULL) {
        Sac_SessionPop(session, frame);
    }
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

/* -> RETURN or NEXT or ERROR of the first step. */
static PySendResult
end_first(Sac_Op *op, Sac_Frame *frame, bool commit, PyObject **result)
{
    Sac_Session *session = (Sac_Session *)op->slots[0];
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
    if (frame == NULL) {
        return ended(session, Sac_SessionRoot(session), result);
    }
    PyObject *awaitable;
    if (ending(session, frame, commit, op->kind, &awaitable) < 0) {
        return PYGEN_ERROR;
    }
    if (awaitable == NULL) {
        return ended(session, frame, result);
    }
    /* ROLLBACK TO leaves the savepoint in place: it is released as well. */
    op->stage = frame->scope == SAC_SCOPE_SAVEPOINT && !commit ? END_TO_RELEASE
                                                               : END_LAST;
    return Sac_OpAwait(op, awaitable) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
}

static PySendResult
end_step(Sac_Op *op, PyObject *value, PyObject **result, bool commit)
{
    Sac_Session *session = (Sac_Session *)op->slots[0];
    Sac_Frame *frame = frame_of(op);
    if (op->stage == 0) {
        op->stage = END_STARTED;
        return end_first(op, frame, commit, result);
    }
    if (frame == NULL || !frame->active) {
        /* ended meanwhile, by somebody who did not wait for us */
        if (value == NULL) {
            return PYGEN_ERROR;
        }
        return ended(session, NULL, result);
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
    return ended(session, frame, result);
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
