/* The transactions of a session: a stack of frames, the root at the bottom
 * and a savepoint for each frame above it.
 *
 * A frame is no Python object, so that an open session is in no reference
 * cycle: a task that ends takes its session along at once, and the channel
 * rolls back.  Loop thread, GIL.  Knows nothing of statements and results. */
#include "types/session.h"

#include "bridge/compat.h"
#include "bridge/errors.h"
#include "types/session_orm.h"

/* ---- frames ---------------------------------------------------------- */

void
Sac_SessionForget(PyObject **list)
{
    PyObject *old = *list;
    *list = NULL;
    for (Py_ssize_t i = 0; old != NULL && i < PyList_GET_SIZE(old); i++) {
        PyObject *item = PyList_GET_ITEM(old, i);
        if (item == Py_None) {
            continue;
        }
        Sac_Instance *instance = (Sac_Instance *)item;
        instance->flags &= (uint16_t)~SAC_INSTANCE_DOOMED;
        if (instance->flags & SAC_INSTANCE_MAPPED) {
            continue;
        }
        if (instance->lifecycle == SAC_PENDING) {
            instance->lifecycle = SAC_TRANSIENT;
        }
        else if (instance->lifecycle == SAC_DELETED) {
            instance->lifecycle = SAC_DETACHED;
            instance->flags |= SAC_INSTANCE_GONE;
        }
        instance->map = NULL;
    }
    Py_XDECREF(old);
}

void
Sac_SessionForgetAll(Sac_Session *session)
{
    Sac_SessionForget(&session->fresh);
    Sac_SessionForget(&session->doomed);
    for (Sac_Frame *at = session->frame; at != NULL; at = at->parent) {
        Sac_SessionForget(&at->deleted);
        Py_CLEAR(at->renamed);
        Py_CLEAR(at->failure);
    }
}

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
        Sac_SessionForget(&frame->deleted);
        Py_CLEAR(frame->renamed);
        Py_CLEAR(frame->failure);
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
    frame->serial = ++session->serials;
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
        Sac_SessionTellEnd(session, top);
        Sac_SessionForget(&top->deleted);
        Py_CLEAR(top->renamed);
        Py_CLEAR(top->failure);
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
    if (Sac_SessionPush(session, false, 0) == NULL) {
        return -1;
    }
    return is_explicit ? 0 /* it has no name yet */
                       : Sac_SessionTellOf(session, "after_transaction_create",
                                           session->frame);
}

void
Sac_SessionNoteModified(PyObject *op)
{
    Sac_Session *session = (Sac_Session *)op;
    if (session->frame != NULL || !session->autobegin || session->closed) {
        return;
    }
    if (Sac_SessionPush(session, false, 0) == NULL) {
        PyErr_Clear(); /* the flush begins it */
    }
    else if (Sac_SessionTellOf(session, "after_transaction_create",
                               session->frame) < 0) {
        PyErr_WriteUnraisable(op);
    }
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
        Sac_SessionEnsureRoot(session, false) < 0 ||
        Sac_SessionCheckFailure(session) < 0) {
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
    if (SAC_STATE(session)->session_events && *first == NULL &&
        Sac_SessionTellBegin(session, session->frame) < 0) {
        return NULL;
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
