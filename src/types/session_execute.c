/* What an AsyncSession executes, and the connection that it lends.
 *
 * The usual statement becomes an Execution on the session's channel at once;
 * one that must wait for a savepoint in the bound connection's transaction
 * goes through an Operation.  Loop thread, GIL. */
#include "types/session_methods.h"

#include "bridge/args.h"
#include "bridge/errors.h"
#include "types/node.h"
#include "types/session_orm.h"
#include "types/shape.h"
#include "types/statement.h"

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
    if (!PyMapping_Check(options) || PyUnicode_Check(options) ||
        PyList_Check(options) || PyTuple_Check(options)) {
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

/* -> new execution of a statement, its options applied, or NULL. */
static PyObject *
make_execution(Sac_Session *self, PyObject *statement, PyObject *parameters,
               PyObject *options, Sac_Want want, const Sac_OpKind *kind)
{
    PyObject *execution;
    int split = Sac_SessionSplit(self, statement, parameters, options, want,
                                 &execution);
    if (split != 0) {
        return split < 0 ? NULL : execution;
    }
    execution = Sac_ChannelExecute(self->channel, (PyObject *)self, statement,
                                   parameters, false, want, kind);
    if (execution != NULL && options != NULL && options != Py_None &&
        Sac_StatementOptions(SAC_STATE(self), options,
                             (Sac_Execution *)execution) < 0) {
        Sac_OpDiscard(execution);
        execution = NULL;
    }
    if (execution == NULL) {
        return NULL;
    }
    const Sac_Shape *shape = (Sac_Shape *)((Sac_Execution *)execution)->shape;
    if (shape != NULL && (shape->kind == SAC_STATEMENT_UPDATE ||
                          shape->kind == SAC_STATEMENT_DELETE)) {
        return Sac_SessionFollow(self, (Sac_Execution *)execution, statement,
                                 parameters, options, want);
    }
    return Sac_SessionLoading(self, (Sac_Execution *)execution, want);
}

/* A statement that must wait for a flush or a savepoint first: slots[1]
 * statement, slots[2] parameters or NULL, slots[3] options or NULL, slots[4]
 * whether it flushes, number: Sac_Want. */
enum { WAIT_FLUSH = 0, WAIT_ENTER, WAIT_JOINED, WAIT_DONE };

/* -> the next thing to await, new, or NULL with an exception. */
static PyObject *
waiting_next(Sac_Op *op)
{
    static const Sac_OpKind execute_kind = {"AsyncSession.execute", NULL};
    Sac_Session *self = (Sac_Session *)op->slots[0];
    if (op->stage == WAIT_FLUSH) {
        op->stage = WAIT_ENTER;
        if (op->slots[4] == Py_True && Sac_SessionWantsFlush(self)) {
            return Sac_SessionAutoflush(self);
        }
    }
    PyObject *first = NULL;
    if (op->stage == WAIT_ENTER) {
        op->stage = WAIT_JOINED;
        if (Sac_SessionEnter(self, &first) == NULL) {
            return NULL;
        }
        if (first != NULL) {
            return first;
        }
    }
    op->stage = WAIT_DONE;
    return make_execution(self, op->slots[1], op->slots[2], op->slots[3],
                          (Sac_Want)op->number, &execute_kind);
}

static PySendResult
waiting_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    if (op->stage != WAIT_FLUSH && value == NULL) {
        if (op->stage == WAIT_JOINED) {
            Sac_SessionEnterFailed((Sac_Session *)op->slots[0]);
        }
        return PYGEN_ERROR;
    }
    if (op->stage == WAIT_DONE) {
        *result = Py_NewRef(value);
        return PYGEN_RETURN;
    }
    return Sac_OpAwait(op, waiting_next(op)) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
}

static PyObject *
execute_waiting(Sac_Session *self, PyObject *const *given, bool flush,
                Sac_Want want)
{
    static const Sac_OpKind kind = {"AsyncSession.execute", waiting_step};
    Sac_Op *op =
        Sac_OpNew(SAC_STATE(self)->operation_type, &kind, (PyObject *)self);
    if (op != NULL) {
        op->number = want;
        op->slots[1] = Py_NewRef(given[0]);
        op->slots[2] = given[1] == Py_None ? NULL : Py_XNewRef(given[1]);
        op->slots[3] = Py_XNewRef(given[2]);
        op->slots[4] = Py_NewRef(flush ? Py_True : Py_False);
    }
    return (PyObject *)op;
}

/* -> whether options switch the flush off; -1 with an exception. */
static int
forbids_flush(Sac_State *state, PyObject *options)
{
    if (options == NULL || options == Py_None) {
        return 0;
    }
    PyObject *value = PyObject_GetItem(options, state->str_autoflush);
    if (value == NULL) {
        PyErr_Clear();
        return 0;
    }
    int truth = PyObject_IsTrue(value);
    Py_DECREF(value);
    return truth < 0 ? -1 : !truth;
}

/* Asked only where something waits to be flushed.  -> 1, 0 or -1. */
static int
flushes(Sac_State *state, PyObject *statement, PyObject *options)
{
    if (!Sac_NodeCheck(state, statement) || state->is_mapped == NULL) {
        return 0;
    }
    PyObject *own = PyObject_GetAttr(statement, state->str_execution_options);
    if (own == NULL) {
        PyErr_Clear();
    }
    int forbidden = forbids_flush(state, options);
    if (forbidden == 0) {
        forbidden = forbids_flush(state, own);
    }
    Py_XDECREF(own);
    if (forbidden != 0) {
        return forbidden < 0 ? -1 : 0;
    }
    PyObject *mapped = PyObject_CallOneArg(state->is_mapped, statement);
    int truth = mapped == NULL ? -1 : PyObject_IsTrue(mapped);
    Py_XDECREF(mapped);
    return truth;
}

static const char *const execute_names[] = {
    "statement", "params", "execution_options", "bind_arguments"};

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
    if (Sac_ParseArgs(&how->spec, args, nargs, kwnames, given) < 0 ||
        check_statement(self, given[0]) < 0 ||
        check_options(self, given[2]) < 0 ||
        check_bind_arguments(self, given[3]) < 0) {
        return NULL;
    }
    int flush = Sac_SessionWantsFlush(self)
                    ? flushes(SAC_STATE(op), given[0], given[2])
                    : 0;
    if (flush < 0) {
        return NULL;
    }
    const Sac_Frame *root = Sac_SessionRoot(self);
    if (flush ||
        (self->bind != NULL && !Sac_EngineCheck(SAC_STATE(op), self->bind) &&
         (root == NULL || root->scope == SAC_SCOPE_UNUSED))) {
        return execute_waiting(self, given, flush != 0, how->want);
    }
    PyObject *first, *execution = NULL;
    if (Sac_SessionChannel(self) != NULL) {
        execution = make_execution(self, given[0],
                                   given[1] == Py_None ? NULL : given[1],
                                   given[2], how->want, &how->kind);
    }
    /* Only what can be executed begins a transaction. */
    if (execution != NULL && Sac_SessionEnter(self, &first) == NULL) {
        Sac_OpDiscard(execution);
        return NULL;
    }
    return execution;
}

#define STATEMENT(name, want)                                         \
    PyObject *Sac_Session_##name(PyObject *op, PyObject *const *args, \
                                 Py_ssize_t nargs, PyObject *kwnames) \
    {                                                                 \
        static const Statement how = {                                \
            {"AsyncSession." #name, execute_names, 4, 1, 2},          \
            {"AsyncSession." #name, NULL},                            \
            want,                                                     \
        };                                                            \
        return run(op, &how, args, nargs, kwnames);                   \
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
        self->connection =
            Sac_ConnectionNew(SAC_STATE(self), self->channel, false);
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
enum {
    CONNECTION_OPTIONS = 0,
    CONNECTION_BEGIN,
    CONNECTION_CONNECT,
    CONNECTION_GIVE
};

/* -> the next thing to await, new; NULL with *done: none; else an error. */
static PyObject *
connection_next(Sac_Op *op, bool *done)
{
    static const Sac_OpKind kind = {"AsyncSession.connection", NULL};
    Sac_Session *self = (Sac_Session *)op->slots[0];
    PyObject *next = NULL;
    *done = false;
    switch (op->stage++) {
    case CONNECTION_OPTIONS:
        if (Sac_SessionChannel(self) == NULL ||
            Sac_SessionCheckContext(self) < 0) {
            return NULL;
        }
        if (op->slots[1] != NULL) {
            return apply_options(self, op->slots[1]);
        }
        return connection_next(op, done);
    case CONNECTION_BEGIN:
        if (Sac_SessionEnter(self, &next) == NULL ||
            Sac_ChannelBegin(self->channel) < 0) {
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
        if (op->stage == CONNECTION_CONNECT) {
            Sac_SessionEnterFailed((Sac_Session *)op->slots[0]);
        }
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

PyObject *
Sac_Session_connection(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                       PyObject *kwnames)
{
    static const char *const names[] = {"bind_arguments", "execution_options"};
    static const Sac_ArgSpec spec = {"AsyncSession.connection", names, 2, 0,
                                     2};
    static const Sac_OpKind kind = {"AsyncSession.connection",
                                    connection_step};
    PyObject *given[2];
    if (Sac_ParseArgs(&spec, args, nargs, kwnames, given) < 0 ||
        check_bind_arguments((Sac_Session *)op, given[0]) < 0) {
        return NULL;
    }
    Sac_Op *made = Sac_OpNew(SAC_STATE(op)->operation_type, &kind, op);
    if (made != NULL && given[1] != NULL && given[1] != Py_None) {
        made->slots[1] = PyDict_New();
        if (made->slots[1] == NULL ||
            PyDict_Update(made->slots[1], given[1]) < 0) {
            Sac_OpDiscard((PyObject *)made);
            return NULL;
        }
    }
    return (PyObject *)made;
}
