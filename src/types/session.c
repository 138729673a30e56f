/* AsyncSession: a channel that is made at the first use, and the stack of
 * transactions that users see on it (session_frame.c).  This file has the
 * type; session_execute.c and session_close.c its longer methods.
 *
 * Between transactions a session has no SQLite connection.  Bound to an
 * AsyncConnection it works on that one's channel instead, and its root
 * transaction joins what the connection has begun, as Sac_JoinMode says.
 * Loop thread, GIL; one call at a time. */
#include "types/session.h"

#include <structmember.h>

#include "bridge/args.h"
#include "bridge/errors.h"
#include "types/session_orm.h"
#include "types/session_config.h"
#include "types/session_methods.h"

bool
Sac_SessionCheck(Sac_State *state, PyObject *object)
{
    return PyObject_TypeCheck(object, state->session_type);
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
static PySendResult
enter_step(Sac_Op *op, PyObject *Py_UNUSED(value), PyObject **result)
{
    *result = Py_NewRef(op->slots[0]);
    return PYGEN_RETURN;
}

static PyObject *
session_enter(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    static const Sac_OpKind kind = {"AsyncSession.__aenter__", enter_step};
    return (PyObject *)Sac_OpNew(SAC_STATE(op)->operation_type, &kind, op);
}
/* ---- attributes ------------------------------------------------------ */

static PyObject *
session_get_bind(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *names[] = {"mapper", "clause", "bind", NULL};
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
    if (self->frame != NULL && self->frame->failure != NULL) {
        Py_RETURN_FALSE;
    }
    return PyBool_FromLong(self->frame == NULL || self->channel == NULL ||
                           !self->channel->lease.lost);
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
    if (op != NULL &&
        Sac_SessionConfigure((Sac_Session *)op, NULL, keywords) < 0) {
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
    Py_VISIT(self->identity_map);
    Py_VISIT(self->fresh);
    Py_VISIT(self->doomed);
    for (Sac_Frame *at = self->frame; at != NULL; at = at->parent) {
        Py_VISIT(at->deleted);
        Py_VISIT(at->renamed);
        Py_VISIT(at->failure);
    }
    return 0;
}

/* It goes with a transaction that holds up all who want to write. */
static void
warn_of_transaction(Sac_Session *self)
{
    const Sac_Channel *channel = self->channel;
    if (channel == NULL || self->joined || !channel->lease.token ||
        channel->lease.engine == NULL || self->connection != NULL ||
        sac_engine_forked(channel->lease.engine)) {
        return;
    }
    Sac_HolderWarn(channel, NULL);
}

static int
session_clear(PyObject *op)
{
    Sac_Session *self = (Sac_Session *)op;
    warn_of_transaction(self);
    Sac_SessionForgetAll(self);
    if (self->identity_map != NULL) {
        /* Whoever else has it finds it empty. */
        self->identity_map->owner = NULL;
        Sac_IdentityMapClear(self->identity_map);
        Py_CLEAR(self->identity_map);
    }
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
    (void)session_clear(op);
    Sac_FrameRelease(self->context);
    Sac_FrameRelease(self->frame);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyObject *
session_object_session(PyObject *type, PyObject *instance)
{
    return Sac_ObjectSession(
        PyType_GetModuleByDef((PyTypeObject *)type, &Sac_ModuleDef), instance);
}

/* ---- the type -------------------------------------------------------- */

#define FAST(function) ((PyCFunction)(void (*)(void))(function))
#define FAST_FLAGS (METH_FASTCALL | METH_KEYWORDS)

PyDoc_STRVAR(
    execute_doc,
    "execute($self, /, statement, params=None, *, execution_options=None,\n"
    "        bind_arguments=None)\n--\n\n"
    "Execute a statement; the transaction begins if none has.\n\n"
    "Args:\n"
    "    statement: an executable construct, text('...') for plain SQL.\n"
    "    params: a dict, or a list of dicts to execute it once for each.\n"
    "    execution_options: a mapping; what does not concern a statement\n"
    "        here is accepted and has no effect.\n"
    "    bind_arguments: a dict; its 'bind' must be the session's own.\n\n"
    "Returns:\n    An awaitable of the buffered Result.\n\n"
    "Raises:\n"
    "    ArgumentError: not executable; a str must be wrapped in text().\n"
    "    UnboundExecutionError: the session is bound to no engine.\n"
    "    DBAPIError: what the database says, by subclass.");

PyDoc_STRVAR(
    scalar_doc,
    "scalar($self, /, statement, params=None, *, execution_options=None,\n"
    "       bind_arguments=None)\n--\n\n"
    "Execute as execute() does; the first column of the first row, or None.");

PyDoc_STRVAR(
    scalars_doc,
    "scalars($self, /, statement, params=None, *, execution_options=None,\n"
    "        bind_arguments=None)\n--\n\n"
    "Execute as execute() does; a ScalarResult of the first columns.");

PyDoc_STRVAR(
    stream_doc,
    "stream($self, /, statement, params=None, *, execution_options=None,\n"
    "       bind_arguments=None)\n--\n\n"
    "Execute as execute() does; an AsyncResult, which holds a bounded number\n"
    "of rows in memory. Close it or read it to its end before the session\n"
    "ends.");

PyDoc_STRVAR(
    stream_scalars_doc,
    "stream_scalars($self, /, statement, params=None, *,\n"
    "               execution_options=None, bind_arguments=None)\n--\n\n"
    "Execute as stream() does; an AsyncScalarResult of the first columns.");

PyDoc_STRVAR(
    connection_doc,
    "connection($self, /, bind_arguments=None, execution_options=None)\n--\n\n"
    "The AsyncConnection of the transaction, which begins if none has.\n\n"
    "It is good until the transaction ends. execution_options\n"
    "(isolation_level) last until the session is closed.");

PyDoc_STRVAR(
    begin_doc,
    "begin($self, /)\n--\n\n"
    "An AsyncSessionTransaction: `async with session.begin():` commits at\n"
    "the end of the block, or rolls back when it raises; `await` just\n"
    "begins.\n"
    "Beginning raises InvalidRequestError when a transaction is in progress.");

PyDoc_STRVAR(
    begin_nested_doc,
    "begin_nested($self, /)\n--\n\n"
    "The same for a savepoint, inside a transaction that begins if none has.\n"
    "Setting a savepoint takes the writer's turn, as a write does.");

PyDoc_STRVAR(
    commit_doc,
    "commit($self, /)\n--\n\n"
    "Commit the transaction and the savepoints in it. Awaitable; returns\n"
    "None once the database says that it is durable. After an error the\n"
    "transaction is still open: roll it back.");

PyDoc_STRVAR(
    rollback_doc,
    "rollback($self, /)\n--\n\n"
    "Roll the whole transaction back; nothing happens when none is open.\n"
    "Awaitable; returns None.");

PyDoc_STRVAR(
    close_doc,
    "close($self, /)\n--\n\n"
    "Roll back what is open and give the connection back. Awaitable; returns\n"
    "None. The session can be used again, unless close_resets_only=False.");

PyDoc_STRVAR(
    add_doc,
    "add($self, /, instance)\n--\n\n"
    "Put an instance into the session, with what its relationships lead to:\n"
    "a new one is inserted at the next flush, a detached one is persistent\n"
    "again.\n\n"
    "Raises:\n"
    "    UnmappedInstanceError: Its class is not mapped.\n"
    "    InvalidRequestError: It is in another session, or another instance\n"
    "        with its primary key is in this one.");

PyDoc_STRVAR(
    delete_doc,
    "delete($self, /, instance)\n--\n\n"
    "Have the row of an instance deleted at the next flush. Awaitable, for\n"
    "cascades may have to load what goes along; returns None.\n\n"
    "Raises:\n    InvalidRequestError: It has no row.");

PyDoc_STRVAR(
    expire_doc,
    "expire($self, /, instance, attribute_names=None)\n--\n\n"
    "Forget values of an instance, to be read again when they are needed.\n\n"
    "Args:\n"
    "    instance: A persistent instance.\n"
    "    attribute_names: Names of attributes; None: all.");

PyDoc_STRVAR(
    flush_doc,
    "flush($self, /, objects=None)\n--\n\n"
    "Write what is pending, modified and deleted. Awaitable; returns None.\n"
    "After an error the transaction is rolled back; call rollback() before\n"
    "going on.\n\n"
    "Args:\n    objects: Only these instances.");

#define GET_ARGS                                           \
    "($self, /, entity, ident, *, options=None,\n"         \
    "    populate_existing=False, with_for_update=None,\n" \
    "    identity_token=None, execution_options=None)\n--\n\n"

PyDoc_STRVAR(
    get_doc,
    "get" GET_ARGS
    "Find an instance by its primary key: in the session, or its row.\n"
    "Awaitable; returns None when there is none.\n\n"
    "Args:\n"
    "    entity: A mapped class.\n"
    "    ident: The primary key: a value, a tuple of values in the order of\n"
    "        the columns, or a dict by attribute name.\n"
    "    options: Loader options.\n"
    "    populate_existing: Read the row even if the instance is here.\n"
    "    with_for_update: Accepted; SQLite locks no rows.\n"
    "    identity_token: Accepted; there is one database.\n"
    "    execution_options: For the statement.\n\n"
    "Raises:\n    InvalidRequestError: That is no primary key of it.");

PyDoc_STRVAR(get_one_doc,
             "get_one" GET_ARGS "As get(), but there must be one.\n\n"
             "Raises:\n    NoResultFound: There is none.");

/* Methods of one argument, which may be named. */
#define ONE(method, argument)                                               \
    static PyObject *session_##method(PyObject *op, PyObject *const *args,  \
                                      Py_ssize_t nargs, PyObject *kwnames)  \
    {                                                                       \
        static const char *const names[] = {argument};                      \
        static const Sac_ArgSpec spec = {"AsyncSession." #method, names, 1, \
                                         1, 1};                             \
        PyObject *given;                                                    \
        return Sac_ParseArgs(&spec, args, nargs, kwnames, &given) < 0       \
                   ? NULL                                                   \
                   : Sac_Session_##method(op, given);                       \
    }

ONE(add, "instance")
ONE(add_all, "instances")
ONE(delete, "instance")
ONE(expunge, "instance")

static PyMethodDef session_methods[] = {
    {"add", FAST(session_add), FAST_FLAGS, add_doc},
    {"add_all", FAST(session_add_all), FAST_FLAGS,
     "add_all($self, /, instances)\n--\n\nadd() each of several "
     "instances."},
    {"delete", FAST(session_delete), FAST_FLAGS, delete_doc},
    {"expunge", FAST(session_expunge), FAST_FLAGS,
     "expunge($self, /, instance)\n--\n\nTake an instance out of the "
     "session: a pending one is transient again, another is detached.\n\n"
     "Raises:\n    InvalidRequestError: It is not in the session."},
    {"expunge_all", Sac_Session_expunge_all, METH_NOARGS,
     "expunge_all($self, /)\n--\n\nTake all instances out of the "
     "session."},
    {"expire", FAST(Sac_Session_expire), FAST_FLAGS, expire_doc},
    {"expire_all", Sac_Session_expire_all, METH_NOARGS,
     "expire_all($self, /)\n--\n\nForget the values of all persistent "
     "instances, to be read again when they are needed."},
    {"flush", FAST(Sac_Session_flush), FAST_FLAGS, flush_doc},
    {"_autoflush", Sac_Session_autoflush, METH_NOARGS,
     "_autoflush($self, /)\n--\n\nFlush for a query. Awaitable."},
    {"get", FAST(Sac_Session_get), FAST_FLAGS, get_doc},
    {"get_one", FAST(Sac_Session_get_one), FAST_FLAGS, get_one_doc},
    {"execute", FAST(Sac_Session_execute), FAST_FLAGS, execute_doc},
    {"scalar", FAST(Sac_Session_scalar), FAST_FLAGS, scalar_doc},
    {"scalars", FAST(Sac_Session_scalars), FAST_FLAGS, scalars_doc},
    {"stream", FAST(Sac_Session_stream), FAST_FLAGS, stream_doc},
    {"stream_scalars", FAST(Sac_Session_stream_scalars), FAST_FLAGS,
     stream_scalars_doc},
    {"connection", FAST(Sac_Session_connection), FAST_FLAGS, connection_doc},
    {"begin", session_begin, METH_NOARGS, begin_doc},
    {"begin_nested", session_begin_nested, METH_NOARGS, begin_nested_doc},
    {"commit", session_commit, METH_NOARGS, commit_doc},
    {"rollback", session_rollback, METH_NOARGS, rollback_doc},
    {"close", Sac_Session_close, METH_NOARGS, close_doc},
    {"aclose", Sac_Session_close, METH_NOARGS,
     "aclose($self, /)\n--\n\nThe same as close(), for "
     "contextlib.aclosing()."},
    {"reset", Sac_Session_reset, METH_NOARGS,
     "reset($self, /)\n--\n\nAs close(), but the session can be used again "
     "whatever close_resets_only says."},
    {"in_transaction", session_in_transaction, METH_NOARGS,
     "in_transaction($self, /)\n--\n\nTrue while a transaction is open."},
    {"in_nested_transaction", session_in_nested_transaction, METH_NOARGS,
     "in_nested_transaction($self, /)\n--\n\nTrue while a savepoint is "
     "open."},
    {"get_transaction", session_get_transaction, METH_NOARGS,
     "get_transaction($self, /)\n--\n\nThe root AsyncSessionTransaction, or "
     "None."},
    {"get_nested_transaction", session_get_nested_transaction, METH_NOARGS,
     "get_nested_transaction($self, /)\n--\n\nThe innermost savepoint's "
     "AsyncSessionTransaction, or None."},
    {"get_bind", FAST(session_get_bind), METH_VARARGS | METH_KEYWORDS,
     "get_bind($self, /, mapper=None, *, clause=None, bind=None)\n--\n\n"
     "What the session is bound to.\n\n"
     "Raises:\n    UnboundExecutionError: nothing."},
#define X(name, doc) {#name, FAST(Sac_Session_##name), FAST_FLAGS, doc},
    SAC_SESSION_AWAITABLE(X) SAC_SESSION_IMMEDIATE(X)
#undef X
        {"object_session", session_object_session, METH_O | METH_CLASS,
         "object_session($type, instance, /)\n--\n\nThe session that an "
         "instance is in, or None."},
    {"__aenter__", session_enter, METH_NOARGS, NULL},
    {"__aexit__", FAST(Sac_Session_exit), METH_FASTCALL, NULL},
    {0},
};

Sac_IdentityMap *
Sac_SessionIdentityMap(Sac_Session *self)
{
    if (self->identity_map == NULL) {
        self->identity_map =
            Sac_IdentityMapNew(SAC_STATE(self), (PyObject *)self);
    }
    return self->identity_map;
}

static PyObject *
session_identity_map_get(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_XNewRef((PyObject *)Sac_SessionIdentityMap((Sac_Session *)op));
}

static PyGetSetDef session_getset[] = {
    {"new", Sac_Session_new, NULL,
     "The instances that are to be inserted, a set.", NULL},
    {"dirty", Sac_Session_dirty, NULL,
     "The persistent instances that something was set in, a set.", NULL},
    {"deleted", Sac_Session_deleted, NULL,
     "The instances that are to be deleted, a set.", NULL},
    {"sync_session", Sac_Session_attribute, NULL,
     "The synchronous face of the session.",
     (void *)(uintptr_t) "sync_session"},
    {"no_autoflush", Sac_Session_no_autoflush, NULL,
     "A context manager: queries flush nothing meanwhile.", NULL},
    {"bind", session_bind_get, session_bind_set,
     "The AsyncEngine or AsyncConnection, or None.", NULL},
    {"info", session_info_get, NULL, "A dict of the user's own.", NULL},
    {"identity_map", session_identity_map_get, NULL,
     "The instances that it has loaded, by identity key.", NULL},
    {"is_active", session_active_get, NULL,
     "False when the transaction must be rolled back first.", NULL},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {0},
};

static PyMemberDef session_members[] = {
    {"autoflush", T_BOOL, offsetof(Sac_Session, autoflush), 0,
     "Whether queries flush pending changes first."},
    {"expire_on_commit", T_BOOL, offsetof(Sac_Session, expire_on_commit), 0,
     "Whether a commit expires the attributes of instances."},
    {"_sac_side_effects", T_BOOL, offsetof(Sac_Session, side_effects),
     READONLY, "Triggers or cascades of the last flush changed rows, too."},
    {"__dictoffset__", T_PYSSIZET, offsetof(Sac_Session, dict), READONLY,
     NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Sac_Session, weakrefs),
     READONLY, NULL},
    {0},
};

PyDoc_STRVAR(
    session_doc,
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
    "        connection has begun: 'conditional_savepoint' (a savepoint of\n"
    "        its own if the connection is in one, else 'rollback_only'),\n"
    "        'rollback_only' (commit() leaves it open), 'control_fully',\n"
    "        'create_savepoint'.\n\n"
    "Raises:\n"
    "    TypeError: an unknown keyword.\n"
    "    ArgumentError: a bind or a setting that cannot be honoured.");

static PyType_Slot session_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)session_doc},
    {Py_tp_new, session_new},
    {Py_tp_init, session_init},
    {Py_tp_dealloc, session_dealloc},
    {Py_tp_traverse, session_traverse},
    {Py_tp_clear, session_clear},
    {Py_tp_methods, session_methods},
    {Py_tp_getset, session_getset},
    {Py_tp_members, session_members},
    {Py_tp_iter, Sac_Session_iter},
    {Py_sq_contains, Sac_Session_contains},
    {0, NULL},
};

static PyType_Spec session_spec = {
    .name = "sqlactive_c.AsyncSession",
    .basicsize = sizeof(Sac_Session),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = session_slots,
};

int
Sac_RegisterSession(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_RegisterNoAutoflush(module) < 0
               ? -1
               : Sac_AddType(module, &session_spec, &state->session_type, 1);
}
