/* What an AsyncSession executes, and the connection that it lends.
 *
 * The usual statement becomes an Execution on the session's channel at once;
 * one that must wait for a savepoint in the bound connection's transaction
 * goes through an Operation.  Loop thread, GIL. */
#include "types/session_methods.h"

#include "bridge/args.h"
#include "bridge/errors.h"

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

/* A statement that must wait for a savepoint first: slots[1] statement,
 * slots[2] parameters or NULL, number: Sac_Want. */
static PySendResult
joining_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    static const Sac_OpKind execute_kind = {"AsyncSession.execute", NULL};
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
            Sac_SessionEnterFailed(self);
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
    static const Sac_OpKind kind = {"AsyncSession.execute", joining_step};
    Sac_Op *op =
        Sac_OpNew(SAC_STATE(self)->operation_type, &kind, (PyObject *)self);
    if (op != NULL) {
        op->number = want;
        op->slots[1] = Py_NewRef(statement);
        op->slots[2] = Py_XNewRef(parameters);
    }
    return (PyObject *)op;
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
    PyObject *parameters = given[1] == Py_None ? NULL : given[1];
    Sac_Frame *root = Sac_SessionRoot(self);
    if (self->bind != NULL && !Sac_EngineCheck(SAC_STATE(op), self->bind) &&
        (root == NULL || root->scope == SAC_SCOPE_UNUSED)) {
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
