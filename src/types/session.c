/* AsyncSession: a channel that is made at the first use, and the stack of
 * transactions that users see on it (session_frame.c).
 *
 * Between transactions a session has no SQLite connection.  Bound to an
 * AsyncConnection it works on that one's channel instead, and its root
 * transaction joins what the connection has begun, as Sac_JoinMode says.
 * Loop thread, GIL; one call at a time. */
#include "types/session.h"

#include <structmember.h>

#include "bridge/args.h"
#include "bridge/compat.h"
#include "bridge/errors.h"
#include "types/session_config.h"

bool
Sac_SessionCheck(Sac_State *state, PyObject *object)
{
    return PyObject_TypeCheck(object, state->session_type);
}

/* ---- statements ------------------------------------------------------ */

static int
check_bind_arguments(Sac_Session *self, PyObject *arguments)
{
    if (arguments == NULL || arguments == Py_None) {
        return 0;
    }
    Sac_State *state = SAC_STATE(self);
    if (!PyDict_Check(arguments)) {
        PyErr_Format(PyExc_TypeError, "bind_arguments must be a dict, not %s",
                     Py_TYPE(arguments)->tp_name);
        return -1;
    }
    PyObject *bind = PyDict_GetItemString(arguments, "bind");
    if (bind != NULL && bind != Py_None && bind != self->bind) {
        (void)Sac_RaiseNamed(state, "ArgumentError",
                             "a session works with the one engine or "
                             "connection that it is bound to; bind_arguments "
                             "names another: %R",
                             bind);
        return -1;
    }
    return 0;
}

static int
check_options(Sac_Session *self, PyObject *options)
{
    if (options == NULL || options == Py_None) {
        return 0;
    }
    if (!PyMapping_Check(options) || PyUnicode_Check(options)
        || PyList_Check(options) || PyTuple_Check(options)) {
        PyErr_Format(PyExc_TypeError,
                     "execution_options must be a mapping, not %s",
                     Py_TYPE(options)->tp_name);
        return -1;
    }
    if (PyMapping_HasKeyString(options, "isolation_level")) {
        (void)Sac_RaiseNamed(SAC_STATE(self), "ArgumentError",
                             "isolation_level belongs to a transaction, not "
                             "to one statement: use connection("
                             "execution_options=...) or the engine");
        return -1;
    }
    return 0;
}

static int
check_statement(Sac_Session *self, PyObject *statement)
{
    Sac_State *state = SAC_STATE(self);
    if (PyUnicode_Check(statement)) {
        (void)Sac_RaiseNamed(state, "ArgumentError",
                             "a session executes no plain str: write "
                             "text(%R)",
                             statement);
        return -1;
    }
    return 0;
}

/* A statement that must wait for a savepoint first: slots[1] statement,
 * slots[2] parameters or NULL, number: Sac_Want. */
static PySendResult
joining_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    static const Sac_OpKind execute_kind = { "AsyncSession.execute", NULL };
    Sac_Session *self = (Sac_Session *)op->slots[0];
    PyObject *next = NULL;
    if (op->stage == 0) {
        Sac_Channel *channel = Sac_SessionEnter(self, &next);
        if (channel == NULL) {
            return PYGEN_ERROR;
        }
        op->stage = next == NULL ? 2 : 1;
    }
    else if (value == NULL) {
        if (op->stage == 1) {
            /* no savepoint: the next statement tries again */
            Sac_Frame *root = Sac_SessionRoot(self);
            if (root != NULL) {
                root->scope = SAC_SCOPE_UNUSED;
            }
        }
        return PYGEN_ERROR;
    }
    else if (op->stage == 1) {
        op->stage = 2;
    }
    else {
        *result = Py_NewRef(value);
        return PYGEN_RETURN;
    }
    if (next == NULL) {
        next = Sac_ChannelExecute(self->channel, (PyObject *)self,
                                  op->slots[1], op->slots[2], false,
                                  (Sac_Want)op->number, &execute_kind);
    }
    return Sac_OpAwait(op, next) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
}

static PyObject *
execute_joining(Sac_Session *self, PyObject *statement, PyObject *parameters,
                Sac_Want want)
{
    static const Sac_OpKind kind = { "AsyncSession.execute", joining_step };
    Sac_Op *op = Sac_OpNew(SAC_STATE(self)->operation_type, &kind,
                           (PyObject *)self);
    if (op != NULL) {
        op->number = want;
        op->slots[1] = Py_NewRef(statement);
        op->slots[2] = Py_XNewRef(parameters);
    }
    return (PyObject *)op;
}

static const char *const execute_names[] = { "statement", "params",
                                             "execution_options",
                                             "bind_arguments" };

typedef struct Statement {
    Sac_ArgSpec spec;
    Sac_OpKind kind;
    Sac_Want want;
} Statement;

static PyObject *
run(PyObject *op, const Statement *how, PyObject *const *args,
    Py_ssize_t nargs, PyObject *kwnames)
{
    Sac_Session *self = (Sac_Session *)op;
    PyObject *given[4];
    if (Sac_ParseArgs(&how->spec, args, nargs, kwnames, given) < 0
        || check_statement(self, given[0]) < 0
        || check_options(self, given[2]) < 0
        || check_bind_arguments(self, given[3]) < 0) {
        return NULL;
    }
    PyObject *parameters = given[1] == Py_None ? NULL : given[1];
    Sac_Frame *root = Sac_SessionRoot(self);
    if (self->bind != NULL && !Sac_EngineCheck(SAC_STATE(op), self->bind)
        && (root == NULL || root->scope == SAC_SCOPE_UNUSED)) {
        return execute_joining(self, given[0], parameters, how->want);
    }
    Sac_Channel *channel = Sac_SessionChannel(self);
    PyObject *first, *execution = NULL;
    if (channel != NULL) {
        execution = Sac_ChannelExecute(channel, op, given[0], parameters,
                                       false, how->want, &how->kind);
    }
    /* Only what can be executed begins a transaction. */
    if (execution != NULL && Sac_SessionEnter(self, &first) == NULL) {
        Sac_OpDiscard(execution);
        return NULL;
    }
    return execution;
}

#define STATEMENT(name, want)                                                 \
    static PyObject *session_##name(PyObject *op, PyObject *const *args,      \
                                    Py_ssize_t nargs, PyObject *kwnames)      \
    {                                                                         \
        static const Statement how = {                                        \
            { "AsyncSession." #name, execute_names, 4, 1, 2 },                \
            { "AsyncSession." #name, NULL },                                  \
            want,                                                             \
        };                                                                    \
        return run(op, &how, args, nargs, kwnames);                           \
    }

STATEMENT(execute, SAC_WANT_RESULT)
STATEMENT(scalar, SAC_WANT_SCALAR)
STATEMENT(scalars, SAC_WANT_SCALARS)
STATEMENT(stream, SAC_WANT_STREAM)
STATEMENT(stream_scalars, SAC_WANT_STREAM_SCALARS)

/* ---- the connection -------------------------------------------------- */

/* -> borrowed, or NULL: the bound connection, or the one of the session. */
static PyObject *
face_of(Sac_Session *self)
{
    if (self->joined) {
        return self->bind;
    }
    if (self->connection == NULL) {
        self->connection = Sac_ConnectionNew(SAC_STATE(self), self->channel,
                                             false);
    }
    return self->connection;
}

/* The connection's own execution_options(**options) says what they may be. */
static PyObject *
apply_options(Sac_Session *self, PyObject *options)
{
    PyObject *face = face_of(self);
    if (face == NULL) {
        return NULL;
    }
    PyObject *method = PyObject_GetAttrString(face, "execution_options");
    PyObject *none = PyTuple_New(0);
    PyObject *awaitable = NULL;
    if (method != NULL && none != NULL) {
        awaitable = PyObject_Call(method, none, options);
    }
    Py_XDECREF(method);
    Py_XDECREF(none);
    return awaitable;
}

/* slots[1]: execution options, a dict, or NULL. */
enum { CONNECTION_OPTIONS = 0, CONNECTION_BEGIN, CONNECTION_CONNECT,
       CONNECTION_GIVE };

/* -> the next thing to await, new; NULL with *done: none; else an error. */
static PyObject *
connection_next(Sac_Op *op, bool *done)
{
    static const Sac_OpKind kind = { "AsyncSession.connection", NULL };
    Sac_Session *self = (Sac_Session *)op->slots[0];
    PyObject *next = NULL;
    *done = false;
    switch (op->stage++) {
        case CONNECTION_OPTIONS:
            if (Sac_SessionChannel(self) == NULL
                || Sac_SessionCheckContext(self) < 0) {
                return NULL;
            }
            if (op->slots[1] != NULL) {
                return apply_options(self, op->slots[1]);
            }
            return connection_next(op, done);
        case CONNECTION_BEGIN:
            if (Sac_SessionEnter(self, &next) == NULL
                || Sac_ChannelBegin(self->channel) < 0) {
                Py_CLEAR(next);
                return NULL;
            }
            return next != NULL ? next : connection_next(op, done);
        case CONNECTION_CONNECT:
            return Sac_ChannelConnect(self->channel, (PyObject *)self, &kind);
        default:
            *done = true;
            return NULL;
    }
}

static PySendResult
connection_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    if (op->stage != 0 && value == NULL) {
        return PYGEN_ERROR;
    }
    bool done;
    PyObject *next = connection_next(op, &done);
    if (!done) {
        return Sac_OpAwait(op, next) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    *result = Py_XNewRef(face_of((Sac_Session *)op->slots[0]));
    return *result == NULL ? PYGEN_ERROR : PYGEN_RETURN;
}

static PyObject *
session_connection(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    static const char *const names[] = { "bind_arguments",
                                         "execution_options" };
    static const Sac_ArgSpec spec = { "AsyncSession.connection", names, 2, 0,
                                      2 };
    static const Sac_OpKind kind = { "AsyncSession.connection",
                                     connection_step };
    PyObject *given[2];
    if (Sac_ParseArgs(&spec, args, nargs, kwnames, given) < 0
        || check_bind_arguments((Sac_Session *)op, given[0]) < 0) {
        return NULL;
    }
    Sac_Op *made = Sac_OpNew(SAC_STATE(op)->operation_type, &kind, op);
    if (made != NULL && given[1] != NULL && given[1] != Py_None) {
        made->slots[1] = PyDict_New();
        if (made->slots[1] == NULL
            || PyDict_Update(made->slots[1], given[1]) < 0) {
            Sac_OpDiscard((PyObject *)made);
            return NULL;
        }
    }
    return (PyObject *)made;
}

/* ---- transactions ---------------------------------------------------- */

static PyObject *
session_begin(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Sac_SessionTransactionNew((Sac_Session *)op, false, false);
}

static PyObject *
session_begin_nested(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Sac_SessionTransactionNew((Sac_Session *)op, true, false);
}

static PyObject *
session_commit(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Sac_SessionEnd((Sac_Session *)op, NULL, true);
}

static PyObject *
session_rollback(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Sac_SessionEnd((Sac_Session *)op, NULL, false);
}

static PyObject *
session_in_transaction(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(Sac_SessionInTransaction((Sac_Session *)op));
}

static PyObject *
session_in_nested_transaction(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    const Sac_Frame *frame = ((Sac_Session *)op)->frame;
    return PyBool_FromLong(frame != NULL && frame->nested);
}

static PyObject *
session_get_transaction(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Session *self = (Sac_Session *)op;
    Sac_Frame *root = Sac_SessionRoot(self);
    return root == NULL ? Py_NewRef(Py_None)
                        : Sac_SessionTransactionOf(self, root);
}

static PyObject *
session_get_nested_transaction(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Session *self = (Sac_Session *)op;
    if (self->frame == NULL || !self->frame->nested) {
        Py_RETURN_NONE;
    }
    return Sac_SessionTransactionOf(self, self->frame);
}

/* ---- closing --------------------------------------------------------- */

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

static PySendResult
close_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    Sac_Session *self = (Sac_Session *)op->slots[0];
    if (op->stage == 0) {
        op->stage = 1;
        self->closed = self->closed || op->number == CLOSE_FOR_GOOD;
        PyObject *next = NULL;
        if (self->joined) {
            if (leaving(self, op->kind, &next) < 0) {
                return PYGEN_ERROR;
            }
        }
        else if (self->channel != NULL && self->channel->lease.engine != NULL
                 && (self->channel->begun
                     || self->channel->lease.handle != NULL)) {
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

static const Sac_OpKind close_kind = { "AsyncSession.close", close_step };
static const Sac_OpKind reset_kind = { "AsyncSession.reset", close_step };
static const Sac_OpKind exit_kind = { "AsyncSession.__aexit__", close_step };

PyObject *
Sac_SessionClose(Sac_Session *session)
{
    return new_close((PyObject *)session, &close_kind, false);
}

static PyObject *
session_close(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_close(op, &close_kind, false);
}

static PyObject *
session_reset(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_close(op, &reset_kind, true);
}

static PyObject *
session_exit(PyObject *op, PyObject *const *Py_UNUSED(args),
             Py_ssize_t Py_UNUSED(nargs))
{
    return new_close(op, &exit_kind, false);
}

static PySendResult
enter_step(Sac_Op *op, PyObject *Py_UNUSED(value), PyObject **result)
{
    *result = Py_NewRef(op->slots[0]);
    return PYGEN_RETURN;
}

static PyObject *
session_enter(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    static const Sac_OpKind kind = { "AsyncSession.__aenter__", enter_step };
    return (PyObject *)Sac_OpNew(SAC_STATE(op)->operation_type, &kind, op);
}

/* ---- attributes ------------------------------------------------------ */

static PyObject *
session_get_bind(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *names[] = { "mapper", "clause", "bind", NULL };
    Sac_Session *self = (Sac_Session *)op;
    PyObject *mapper = NULL, *clause = NULL, *bind = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$OO:get_bind",
                                     (char **)(uintptr_t)names, &mapper,
                                     &clause, &bind)) {
        return NULL;
    }
    if (bind != NULL && bind != Py_None) {
        return Py_NewRef(bind);
    }
    if (self->bind == NULL) {
        return Sac_RaiseNamed(SAC_STATE(op), "UnboundExecutionError",
                              "this session is bound to no engine");
    }
    return Py_NewRef(self->bind);
}

static PyObject *
session_bind_get(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *bind = ((Sac_Session *)op)->bind;
    return Py_NewRef(bind == NULL ? Py_None : bind);
}

static int
session_bind_set(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    Sac_Session *self = (Sac_Session *)op;
    if (Sac_SessionInTransaction(self)) {
        (void)Sac_RaiseNamed(SAC_STATE(op), "InvalidRequestError",
                             "bind cannot change while a transaction is in "
                             "progress");
        return -1;
    }
    PyObject *bind;
    if (Sac_SessionCheckBind(SAC_STATE(op), value, &bind) < 0) {
        return -1;
    }
    Py_CLEAR(self->channel);
    self->joined = false;
    Py_XSETREF(self->bind, bind);
    return 0;
}

static PyObject *
session_info_get(PyObject *op, void *Py_UNUSED(closure))
{
    Sac_Session *self = (Sac_Session *)op;
    if (self->info == NULL) {
        self->info = PyDict_New();
    }
    return Py_XNewRef(self->info);
}

static PyObject *
session_active_get(PyObject *op, void *Py_UNUSED(closure))
{
    const Sac_Session *self = (Sac_Session *)op;
    if (self->closed) {
        Py_RETURN_FALSE;
    }
    return PyBool_FromLong(self->frame == NULL || self->channel == NULL
                           || !self->channel->lease.lost);
}

/* ---- the object ------------------------------------------------------ */

static PyObject *
session_new(PyTypeObject *type, PyObject *Py_UNUSED(args),
            PyObject *Py_UNUSED(kwargs))
{
    Sac_Session *self = (Sac_Session *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->autoflush = true;
        self->expire_on_commit = true;
        self->autobegin = true;
        self->close_resets_only = true;
    }
    return (PyObject *)self;
}

static int
session_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    Sac_Session *self = (Sac_Session *)op;
    PyObject *bind = NULL;
    if (!PyArg_ParseTuple(args, "|O:AsyncSession", &bind)) {
        return -1;
    }
    if (Sac_SessionInTransaction(self)) {
        PyErr_SetString(PyExc_RuntimeError,
                        "AsyncSession() was initialized already");
        return -1;
    }
    return Sac_SessionConfigure(self, bind, kwargs);
}

PyObject *
Sac_SessionNew(Sac_State *state, PyObject *keywords)
{
    PyObject *op = session_new(state->session_type, NULL, NULL);
    if (op != NULL
        && Sac_SessionConfigure((Sac_Session *)op, NULL, keywords) < 0) {
        Py_CLEAR(op);
    }
    return op;
}

static int
session_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Session *self = (Sac_Session *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->bind);
    Py_VISIT(self->info);
    Py_VISIT(self->channel);
    Py_VISIT(self->connection);
    return 0;
}

static int
session_clear(PyObject *op)
{
    Sac_Session *self = (Sac_Session *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->info);
    Py_CLEAR(self->connection);
    Py_CLEAR(self->channel);
    Py_CLEAR(self->bind);
    return 0;
}

static void
session_dealloc(PyObject *op)
{
    Sac_Session *self = (Sac_Session *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    Sac_FrameRelease(self->context);
    Sac_FrameRelease(self->frame);
    (void)session_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

/* ---- the type -------------------------------------------------------- */

#define FAST(function) ((PyCFunction)(void (*)(void))(function))
#define FAST_FLAGS (METH_FASTCALL | METH_KEYWORDS)

PyDoc_STRVAR(execute_doc,
"execute($self, /, statement, params=None, *, execution_options=None,\n"
"        bind_arguments=None)\n--\n\n"
"Execute a statement; the transaction begins if none has.\n\n"
"Args:\n"
"    statement: an executable construct, text('...') for plain SQL.\n"
"    params: a dict, or a list of dicts to execute it once for each.\n"
"    execution_options: a mapping; what does not concern a statement here\n"
"        is accepted and has no effect.\n"
"    bind_arguments: a dict; its 'bind' must be the session's own.\n\n"
"Returns:\n    An awaitable of the buffered Result.\n\n"
"Raises:\n"
"    ArgumentError: not executable; a str must be wrapped in text().\n"
"    UnboundExecutionError: the session is bound to no engine.\n"
"    DBAPIError: what the database says, by subclass.");

PyDoc_STRVAR(scalar_doc,
"scalar($self, /, statement, params=None, *, execution_options=None,\n"
"       bind_arguments=None)\n--\n\n"
"Execute as execute() does; the first column of the first row, or None.");

PyDoc_STRVAR(scalars_doc,
"scalars($self, /, statement, params=None, *, execution_options=None,\n"
"        bind_arguments=None)\n--\n\n"
"Execute as execute() does; a ScalarResult of the first columns.");

PyDoc_STRVAR(stream_doc,
"stream($self, /, statement, params=None, *, execution_options=None,\n"
"       bind_arguments=None)\n--\n\n"
"Execute as execute() does; an AsyncResult, which holds a bounded number of\n"
"rows in memory. Close it or read it to its end before the session ends.");

PyDoc_STRVAR(stream_scalars_doc,
"stream_scalars($self, /, statement, params=None, *, execution_options=None,\n"
"               bind_arguments=None)\n--\n\n"
"Execute as stream() does; an AsyncScalarResult of the first columns.");

PyDoc_STRVAR(connection_doc,
"connection($self, /, bind_arguments=None, execution_options=None)\n--\n\n"
"The AsyncConnection of the transaction, which begins if none has.\n\n"
"It is good until the transaction ends. execution_options (isolation_level)\n"
"last until the session is closed.");

PyDoc_STRVAR(begin_doc,
"begin($self, /)\n--\n\n"
"An AsyncSessionTransaction: `async with session.begin():` commits at the\n"
"end of the block, or rolls back when it raises; `await` just begins.\n"
"Beginning raises InvalidRequestError when a transaction is in progress.");

PyDoc_STRVAR(begin_nested_doc,
"begin_nested($self, /)\n--\n\n"
"The same for a savepoint, inside a transaction that begins if none has.\n"
"Setting a savepoint takes the writer's turn, as a write does.");

PyDoc_STRVAR(commit_doc,
"commit($self, /)\n--\n\n"
"Commit the transaction and the savepoints in it. Awaitable; returns None\n"
"once the database says that it is durable. After an error the transaction\n"
"is still open: roll it back.");

PyDoc_STRVAR(rollback_doc,
"rollback($self, /)\n--\n\n"
"Roll the whole transaction back; nothing happens when none is open.\n"
"Awaitable; returns None.");

PyDoc_STRVAR(close_doc,
"close($self, /)\n--\n\n"
"Roll back what is open and give the connection back. Awaitable; returns\n"
"None. The session can be used again, unless close_resets_only=False.");

static PyMethodDef session_methods[] = {
    { "execute", FAST(session_execute), FAST_FLAGS, execute_doc },
    { "scalar", FAST(session_scalar), FAST_FLAGS, scalar_doc },
    { "scalars", FAST(session_scalars), FAST_FLAGS, scalars_doc },
    { "stream", FAST(session_stream), FAST_FLAGS, stream_doc },
    { "stream_scalars", FAST(session_stream_scalars), FAST_FLAGS,
      stream_scalars_doc },
    { "connection", FAST(session_connection), FAST_FLAGS, connection_doc },
    { "begin", session_begin, METH_NOARGS, begin_doc },
    { "begin_nested", session_begin_nested, METH_NOARGS, begin_nested_doc },
    { "commit", session_commit, METH_NOARGS, commit_doc },
    { "rollback", session_rollback, METH_NOARGS, rollback_doc },
    { "close", session_close, METH_NOARGS, close_doc },
    { "aclose", session_close, METH_NOARGS,
      "aclose($self, /)\n--\n\nThe same as close(), for "
      "contextlib.aclosing()." },
    { "reset", session_reset, METH_NOARGS,
      "reset($self, /)\n--\n\nAs close(), but the session can be used again "
      "whatever close_resets_only says." },
    { "in_transaction", session_in_transaction, METH_NOARGS,
      "in_transaction($self, /)\n--\n\nTrue while a transaction is open." },
    { "in_nested_transaction", session_in_nested_transaction, METH_NOARGS,
      "in_nested_transaction($self, /)\n--\n\nTrue while a savepoint is "
      "open." },
    { "get_transaction", session_get_transaction, METH_NOARGS,
      "get_transaction($self, /)\n--\n\nThe root AsyncSessionTransaction, or "
      "None." },
    { "get_nested_transaction", session_get_nested_transaction, METH_NOARGS,
      "get_nested_transaction($self, /)\n--\n\nThe innermost savepoint's "
      "AsyncSessionTransaction, or None." },
    { "get_bind", FAST(session_get_bind), METH_VARARGS | METH_KEYWORDS,
      "get_bind($self, /, mapper=None, *, clause=None, bind=None)\n--\n\n"
      "What the session is bound to.\n\n"
      "Raises:\n    UnboundExecutionError: nothing." },
    { "__aenter__", session_enter, METH_NOARGS, NULL },
    { "__aexit__", FAST(session_exit), METH_FASTCALL, NULL },
    { 0 },
};

static PyGetSetDef session_getset[] = {
    { "bind", session_bind_get, session_bind_set,
      "The AsyncEngine or AsyncConnection, or None.", NULL },
    { "info", session_info_get, NULL, "A dict of the user's own.", NULL },
    { "is_active", session_active_get, NULL,
      "False when the transaction must be rolled back first.", NULL },
    { "__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL,
      NULL },
    { 0 },
};

static PyMemberDef session_members[] = {
    { "autoflush", T_BOOL, offsetof(Sac_Session, autoflush), 0,
      "Whether queries flush pending changes first." },
    { "expire_on_commit", T_BOOL, offsetof(Sac_Session, expire_on_commit), 0,
      "Whether a commit expires the attributes of instances." },
    { "__dictoffset__", T_PYSSIZET, offsetof(Sac_Session, dict), READONLY,
      NULL },
    { "__weaklistoffset__", T_PYSSIZET, offsetof(Sac_Session, weakrefs),
      READONLY, NULL },
    { 0 },
};

PyDoc_STRVAR(session_doc,
"AsyncSession(bind=None, *, expire_on_commit=True, autoflush=True,\n"
"             autobegin=True, info=None, close_resets_only=True,\n"
"             join_transaction_mode='conditional_savepoint')\n--\n\n"
"A unit of work on one database, for one task at a time.\n\n"
"Args:\n"
"    bind: an AsyncEngine, or an AsyncConnection to work in.\n"
"    expire_on_commit: a commit expires the attributes of instances.\n"
"    autoflush: queries flush pending changes first.\n"
"    autobegin: the first use begins a transaction; else begin() must.\n"
"    info: a dict, copied to `info`.\n"
"    close_resets_only: False: close() is for good.\n"
"    join_transaction_mode: what becomes of a transaction that the bound\n"
"        connection has begun: 'conditional_savepoint' (a savepoint of its\n"
"        own if the connection is in one, else 'rollback_only'),\n"
"        'rollback_only' (commit() leaves it open), 'control_fully',\n"
"        'create_savepoint'.\n\n"
"Raises:\n"
"    TypeError: an unknown keyword.\n"
"    ArgumentError: a bind or a setting that cannot be honoured.");

static PyType_Slot session_slots[] = {
    { Py_tp_doc, (void *)(uintptr_t)session_doc },
    { Py_tp_new, session_new },
    { Py_tp_init, session_init },
    { Py_tp_dealloc, session_dealloc },
    { Py_tp_traverse, session_traverse },
    { Py_tp_clear, session_clear },
    { Py_tp_methods, session_methods },
    { Py_tp_getset, session_getset },
    { Py_tp_members, session_members },
    { 0, NULL },
};

static PyType_Spec session_spec = {
    .name = "sqlactive_c.AsyncSession",
    .basicsize = sizeof(Sac_Session),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = session_slots,
};

int
Sac_RegisterSession(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &session_spec, &state->session_type, 1);
}
