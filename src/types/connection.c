/* AsyncConnection: a channel that keeps its SQLite connection.
 *
 * engine.connect() gives one; it connects when it is awaited, entered or
 * first used, and belongs to one task at a time.  Loop thread, GIL. */
#include "types/channel.h"

#include <structmember.h>

#include "bridge/args.h"
#include "bridge/compat.h"
#include "bridge/errors.h"
#include "types/engine.h"
#include "types/listeners.h"
#include "types/stream.h"

typedef struct ConnectionObject {
    PyObject_HEAD
    Sac_Channel *channel; /* strong */
    PyObject *options;    /* strong: execution options, or NULL */
    bool begins;          /* entering begins, leaving commits */
    bool borrowed;        /* the channel is another face's to close */
    bool closed;
    bool invalidated;
    PyObject *weakrefs;
} ConnectionObject;

static ConnectionObject *
of_op(const Sac_Op *op)
{
    return (ConnectionObject *)op->slots[0];
}

PyObject *
Sac_ConnectionNew(Sac_State *state, Sac_Channel *channel, bool begins)
{
    ConnectionObject *self =
        PyObject_GC_New(ConnectionObject, state->connection_type);
    if (self == NULL) {
        return NULL;
    }
    memset((char *)self + sizeof(PyObject), 0,
           sizeof(*self) - sizeof(PyObject));
    self->channel = (Sac_Channel *)Py_NewRef((PyObject *)channel);
    self->begins = begins;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

PyObject *
Sac_ConnectionFace(Sac_State *state, Sac_Channel *channel)
{
    PyObject *face = Sac_ConnectionNew(state, channel, false);
    if (face != NULL) {
        ((ConnectionObject *)face)->borrowed = true;
    }
    return face;
}

/* ---- life ------------------------------------------------------------ */

static int
connection_traverse(PyObject *op, visitproc visit, void *arg)
{
    ConnectionObject *self = (ConnectionObject *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->channel);
    Py_VISIT(self->options);
    return 0;
}

static int
connection_clear(PyObject *op)
{
    ConnectionObject *self = (ConnectionObject *)op;
    Py_CLEAR(self->channel);
    Py_CLEAR(self->options);
    return 0;
}

/* A session's connection is the session's to close; ours is pinned. */
static void
connection_finalize(PyObject *op)
{
    ConnectionObject *self = (ConnectionObject *)op;
    if (self->closed || self->borrowed || self->channel == NULL ||
        self->channel->lease.handle == NULL || !self->channel->lease.pinned ||
        sac_engine_forked(self->channel->lease.engine)) {
        return;
    }
    PyObject *error = Sac_ErrTake();
    if (PyErr_ResourceWarning(op, 1,
                              "unclosed %R: it was rolled back and "
                              "given back; use `async with` or await its "
                              "close()",
                              op) < 0) {
        PyErr_WriteUnraisable(op);
    }
    Sac_ErrGive(error);
}

static void
connection_dealloc(PyObject *op)
{
    ConnectionObject *self = (ConnectionObject *)op;
    PyTypeObject *type = Py_TYPE(op);
    if (PyObject_CallFinalizerFromDealloc(op) < 0) {
        return;
    }
    PyObject_GC_UnTrack(op);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    (void)connection_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyObject *
connection_repr(PyObject *op)
{
    ConnectionObject *self = (ConnectionObject *)op;
    return PyUnicode_FromFormat("<AsyncConnection of %R%s>",
                                self->channel->engine,
                                self->closed ? ", closed" : "");
}

static int
check_open(ConnectionObject *self)
{
    if (self->closed) {
        (void)Sac_RaiseNamed(SAC_STATE(self), "ResourceClosedError",
                             "this connection is closed");
        return -1;
    }
    return 0;
}

Sac_Channel *
Sac_ConnectionChannel(PyObject *connection)
{
    ConnectionObject *self = (ConnectionObject *)connection;
    return check_open(self) < 0 ? NULL : self->channel;
}

/* ---- executing ------------------------------------------------------- */

typedef struct Verb {
    Sac_ArgSpec args;
    Sac_OpKind kind;
    Sac_Want want;
    bool driver_sql;
} Verb;

static const char *const execute_names[] = {"statement", "parameters",
                                            "execution_options"};

#define VERB(name, want, driver)                                         \
    {                                                                    \
        {name, execute_names, 3, 1, 2}, {"AsyncConnection." name, NULL}, \
            want, driver                                                 \
    }

static const Verb execute_verb = VERB("execute", SAC_WANT_RESULT, false);
static const Verb driver_verb = VERB("exec_driver_sql", SAC_WANT_RESULT, true);
static const Verb scalar_verb = VERB("scalar", SAC_WANT_SCALAR, false);
static const Verb scalars_verb = VERB("scalars", SAC_WANT_SCALARS, false);
static const Verb stream_verb = VERB("stream", SAC_WANT_STREAM, false);
static const Verb stream_scalars_verb =
    VERB("stream_scalars", SAC_WANT_STREAM_SCALARS, false);

static PyObject *
run_verb(const Verb *verb, PyObject *op, PyObject *const *args,
         Py_ssize_t nargs, PyObject *kwnames)
{
    ConnectionObject *self = (ConnectionObject *)op;
    PyObject *given[3];
    if (Sac_ParseArgs(&verb->args, args, nargs, kwnames, given) < 0 ||
        check_open(self) < 0) {
        return NULL;
    }
    return Sac_ChannelExecute(self->channel, op, given[0], given[1],
                              verb->driver_sql, verb->want, &verb->kind);
}

static PyObject *
connection_execute(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    return run_verb(&execute_verb, op, args, nargs, kwnames);
}

static PyObject *
connection_exec_driver_sql(PyObject *op, PyObject *const *args,
                           Py_ssize_t nargs, PyObject *kwnames)
{
    return run_verb(&driver_verb, op, args, nargs, kwnames);
}

static PyObject *
connection_scalar(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                  PyObject *kwnames)
{
    return run_verb(&scalar_verb, op, args, nargs, kwnames);
}

static PyObject *
connection_scalars(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    return run_verb(&scalars_verb, op, args, nargs, kwnames);
}

static PyObject *
connection_stream(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                  PyObject *kwnames)
{
    PyObject *execution = run_verb(&stream_verb, op, args, nargs, kwnames);
    return Sac_StreamContextNew(SAC_STATE(op), execution);
}

static PyObject *
connection_stream_scalars(PyObject *op, PyObject *const *args,
                          Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *execution =
        run_verb(&stream_scalars_verb, op, args, nargs, kwnames);
    return Sac_StreamContextNew(SAC_STATE(op), execution);
}

static PyObject *
connection_run_sync(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (check_open((ConnectionObject *)op) < 0) {
        return NULL;
    }
    if (PyTuple_GET_SIZE(args) < 1) {
        PyErr_SetString(PyExc_TypeError, "run_sync() needs a callable");
        return NULL;
    }
    PyObject *function = PyTuple_GET_ITEM(args, 0);
    PyObject *rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    if (rest == NULL) {
        return NULL;
    }
    PyObject *coroutine = PyObject_CallFunctionObjArgs(
        SAC_STATE(op)->run_sync, op, function, rest,
        kwargs == NULL ? Py_None : kwargs, NULL);
    Py_DECREF(rest);
    return coroutine;
}

/* ---- transactions ---------------------------------------------------- */

static PyObject *
begin(PyObject *op, bool nested)
{
    ConnectionObject *self = (ConnectionObject *)op;
    if (check_open(self) < 0) {
        return NULL;
    }
    return Sac_TransactionNew(SAC_STATE(op), self->channel, op, nested);
}

static PyObject *
connection_begin(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return begin(op, false);
}

static PyObject *
connection_begin_nested(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return begin(op, true);
}

static const Sac_OpKind commit_kind = {"AsyncConnection.commit", NULL};
static const Sac_OpKind rollback_kind = {"AsyncConnection.rollback", NULL};
static const Sac_OpKind close_kind = {"AsyncConnection.close", NULL};

static PyObject *
connection_commit(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    ConnectionObject *self = (ConnectionObject *)op;
    if (check_open(self) < 0) {
        return NULL;
    }
    return Sac_ChannelEnd(self->channel, op, SAC_CALL_COMMIT, &commit_kind);
}

static PyObject *
connection_rollback(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    ConnectionObject *self = (ConnectionObject *)op;
    if (check_open(self) < 0) {
        return NULL;
    }
    return Sac_ChannelEnd(self->channel, op, SAC_CALL_ROLLBACK,
                          &rollback_kind);
}

/* ---- opening and closing --------------------------------------------- */

/* What comes in hundreds is one Execution each: entering and leaving. */

static PyObject *
finish_start(Sac_Execution *execution)
{
    ConnectionObject *self = of_op(&execution->op);
    if (execution->op.number != 0 && Sac_ChannelBegin(self->channel) < 0) {
        return NULL;
    }
    return Py_NewRef((PyObject *)self);
}

static const Sac_OpKind start_kind = {"AsyncConnection.start", NULL};

static PyObject *
new_start(PyObject *op, bool begins)
{
    ConnectionObject *self = (ConnectionObject *)op;
    if (check_open(self) < 0) {
        return NULL;
    }
    PyObject *connect = Sac_ChannelConnect(self->channel, op, &start_kind);
    if (connect != NULL) {
        Sac_Execution *execution = (Sac_Execution *)connect;
        execution->finish = finish_start;
        execution->op.number = begins;
    }
    return connect;
}

/* Closing is for good, whatever the rollback says: closed is set first. */
static int
before_close(Sac_Execution *execution)
{
    ConnectionObject *self = of_op(&execution->op);
    const sac_lease *lease = &self->channel->lease;
    if (!lease->busy || lease->left) { /* else it is refused */
        self->closed = true;
    }
    return Sac_ChannelBeforeRollback(execution);
}

static PyObject *
finish_exit(Sac_Execution *execution)
{
    PyObject *none = Sac_ChannelFinishEnd(execution);
    if (none == NULL) {
        return NULL;
    }
    Py_DECREF(none);
    Py_RETURN_FALSE;
}

static PyObject *
new_close(PyObject *op, Sac_ExecutionFinish finish)
{
    ConnectionObject *self = (ConnectionObject *)op;
    PyObject *close =
        Sac_ChannelEnd(self->channel, op, SAC_CALL_CLOSE, &close_kind);
    if (close != NULL) {
        Sac_Execution *execution = (Sac_Execution *)close;
        execution->before = before_close;
        execution->finish = finish;
    }
    return close;
}

enum { EXIT_ENDING = 1, EXIT_CLOSING };

/* Commits what entering began, then closes in any case; slots[1] is what the
 * commit raised. */
static PySendResult
exit_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    PyObject *self = (PyObject *)of_op(op);
    if (op->stage == 0) {
        op->stage = EXIT_ENDING;
        PyObject *commit = connection_commit(self, NULL);
        return Sac_OpAwait(op, commit) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    if (op->stage == EXIT_ENDING) {
        op->slots[1] = value == NULL ? Sac_ErrTake() : NULL;
        op->stage = EXIT_CLOSING;
        PyObject *close = new_close(self, Sac_ChannelFinishEnd);
        return Sac_OpAwait(op, close) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    if (value == NULL) {
        return PYGEN_ERROR;
    }
    if (op->slots[1] != NULL) {
        PyObject *error = op->slots[1];
        op->slots[1] = NULL;
        Sac_ErrGive(error);
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(Py_False);
    return PYGEN_RETURN;
}

static const Sac_OpKind exit_kind = {"AsyncConnection.__aexit__", exit_step};

/* The SQLite connection is thrown away; the next use opens another. */
static PySendResult
invalidate_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    ConnectionObject *self = of_op(op);
    if (op->stage == 0) {
        op->stage = 1;
        if (check_open(self) < 0) {
            return PYGEN_ERROR;
        }
        sac_lease *lease = &self->channel->lease;
        if (lease->handle != NULL && !lease->busy) {
            lease->handle->broken = true;
        }
        PyObject *end = Sac_ChannelEnd(self->channel, (PyObject *)self,
                                       SAC_CALL_CLOSE, &close_kind);
        return Sac_OpAwait(op, end) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    if (value == NULL) {
        return PYGEN_ERROR;
    }
    self->channel->lease.pinned = true;
    self->invalidated = true;
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

static const Sac_OpKind invalidate_kind = {"AsyncConnection.invalidate",
                                           invalidate_step};

/* What users get of the SQLite connection itself. */
static PyObject *
finish_raw(Sac_Execution *execution)
{
    PyObject *self = execution->op.slots[0];
    PyObject *driver =
        Sac_DriverNew(((ConnectionObject *)self)->channel, NULL);
    PyObject *face =
        driver == NULL ? NULL
                       : PyObject_CallFunctionObjArgs(
                             SAC_STATE(self)->driver_face, driver, self, NULL);
    Py_XDECREF(driver);
    return face;
}

static const Sac_OpKind raw_kind = {"AsyncConnection.get_raw_connection",
                                    NULL};

static PyObject *
connection_get_raw(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    ConnectionObject *self = (ConnectionObject *)op;
    if (check_open(self) < 0) {
        return NULL;
    }
    PyObject *connect = Sac_ChannelConnect(self->channel, op, &raw_kind);
    if (connect != NULL) {
        ((Sac_Execution *)connect)->finish = finish_raw;
    }
    return connect;
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
connection_start(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_start(op, false);
}

static PyObject *
connection_await(PyObject *op)
{
    return new_start(op, false);
}

static PyObject *
connection_enter(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_start(op, ((ConnectionObject *)op)->begins);
}

static PyObject *
connection_exit(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    ConnectionObject *self = (ConnectionObject *)op;
    bool failed = nargs > 0 && args[0] != Py_None;
    if (self->begins && !failed && !self->closed && self->channel->begun) {
        return new_op(op, &exit_kind, 0);
    }
    return new_close(op, finish_exit);
}

static PyObject *
connection_close(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_close(op, Sac_ChannelFinishEnd);
}

static PyObject *
connection_invalidate(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return new_op(op, &invalidate_kind, 0);
}

/* ---- options --------------------------------------------------------- */

static int
apply_isolation(ConnectionObject *self, PyObject *options)
{
    Sac_State *state = SAC_STATE(self);
    PyObject *level = PyDict_GetItemString(options, "isolation_level");
    if (level == NULL) {
        return 0;
    }
    sac_lease *lease = &self->channel->lease;
    if (self->channel->begun || lease->in_tx) {
        (void)Sac_RaiseNamed(state, "InvalidRequestError",
                             "the isolation level cannot change while a "
                             "transaction is in progress: commit() or "
                             "rollback() first");
        return -1;
    }
    PyObject *word =
        PyObject_CallFunctionObjArgs(state->resolve_isolation, level, NULL);
    if (word == NULL) {
        return -1;
    }
    int rc = Sac_IsolationFromWord(state, word, &lease->isolation);
    Py_DECREF(word);
    return rc;
}

static PySendResult
options_step(Sac_Op *op, PyObject *Py_UNUSED(value), PyObject **result)
{
    ConnectionObject *self = of_op(op);
    PyObject *options = op->slots[1];
    if (check_open(self) < 0 || apply_isolation(self, options) < 0) {
        return PYGEN_ERROR;
    }
    if (self->options == NULL) {
        self->options =
            PyDict_Copy(((Sac_Engine *)self->channel->engine)->options);
    }
    if (self->options == NULL || PyDict_Update(self->options, options) < 0) {
        return PYGEN_ERROR;
    }
    *result = Py_NewRef((PyObject *)self);
    return PYGEN_RETURN;
}

static const Sac_OpKind options_kind = {"AsyncConnection.execution_options",
                                        options_step};

static PyObject *
connection_execution_options(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (!PyArg_ParseTuple(args, ":execution_options")) {
        return NULL;
    }
    Sac_Op *next = Sac_OpNew(SAC_STATE(op)->operation_type, &options_kind, op);
    if (next == NULL) {
        return NULL;
    }
    next->slots[1] = kwargs == NULL ? PyDict_New() : PyDict_Copy(kwargs);
    if (next->slots[1] == NULL) {
        Sac_OpDiscard((PyObject *)next);
        return NULL;
    }
    return (PyObject *)next;
}

static PyObject *
connection_get_execution_options(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    ConnectionObject *self = (ConnectionObject *)op;
    PyObject *options = self->options;
    if (options == NULL) {
        options = ((Sac_Engine *)self->channel->engine)->options;
    }
    return PyDict_Copy(options);
}

/* ---- attributes ------------------------------------------------------ */

static PyObject *
connection_in_transaction(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    ConnectionObject *self = (ConnectionObject *)op;
    return PyBool_FromLong(self->channel->begun && !self->closed);
}

static PyObject *
connection_in_nested(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(((ConnectionObject *)op)->channel->nested != NULL);
}

static PyObject *
or_none(PyObject *object)
{
    return Py_NewRef(object == NULL ? Py_None : object);
}

static PyObject *
connection_get_transaction(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return or_none(((ConnectionObject *)op)->channel->root);
}

static PyObject *
connection_get_nested(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return or_none(((ConnectionObject *)op)->channel->nested);
}

static PyObject *
connection_get_info(PyObject *op, void *Py_UNUSED(closure))
{
    ConnectionObject *self = (ConnectionObject *)op;
    if (self->channel->info == NULL) {
        self->channel->info = PyDict_New();
    }
    return Py_XNewRef(self->channel->info);
}

static PyObject *
connection_get_engine(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(((ConnectionObject *)op)->channel->engine);
}

static PyObject *
connection_get_dialect(PyObject *op, void *Py_UNUSED(closure))
{
    Sac_Engine *engine =
        (Sac_Engine *)((ConnectionObject *)op)->channel->engine;
    return Py_NewRef(engine->dialect);
}

static PyMemberDef connection_members[] = {
    {"closed", T_BOOL, offsetof(ConnectionObject, closed), READONLY,
     "close() was called."},
    {"invalidated", T_BOOL, offsetof(ConnectionObject, invalidated), READONLY,
     "invalidate() was called."},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(ConnectionObject, weakrefs),
     READONLY, NULL},
    {0},
};

static PyGetSetDef connection_getset[] = {
    {"info", connection_get_info, NULL, "A dict for the user's own notes.",
     NULL},
    {"engine", connection_get_engine, NULL, "The AsyncEngine.", NULL},
    {"dialect", connection_get_dialect, NULL, "The engine's dialect.", NULL},
    {0},
};

#define EXECUTE_DOC(name, what)                                             \
    name "($self, /, statement, parameters=None, *, "                       \
         "execution_options=None)\n--\n\n" what "\n\n"                      \
         "Args:\n"                                                          \
         "    statement: text('...'); a str for exec_driver_sql().\n"       \
         "    parameters: a dict, or a list of dicts to run it for each.\n" \
         "    execution_options: accepted for compatibility.\n\n"           \
         "Raises:\n"                                                        \
         "    DBAPIError: one of its subclasses, from SQLite.\n"            \
         "    ResourceClosedError: the connection is closed.\n"             \
         "    IllegalStateChangeError: another task uses it.\n"

#define FAST(function) ((PyCFunction)(void (*)(void))function)

static PyMethodDef connection_methods[] = {
    {"execute", FAST(connection_execute), METH_FASTCALL | METH_KEYWORDS,
     EXECUTE_DOC("execute", "Run a statement. Awaitable; gives a Result.")},
    {"exec_driver_sql", FAST(connection_exec_driver_sql),
     METH_FASTCALL | METH_KEYWORDS,
     EXECUTE_DOC("exec_driver_sql",
                 "Run SQL as it is, with SQLite's own parameters. "
                 "Awaitable; gives a Result.")},
    {"scalar", FAST(connection_scalar), METH_FASTCALL | METH_KEYWORDS,
     EXECUTE_DOC("scalar", "Run a statement. Awaitable; gives the first "
                           "column of the first row, or None.")},
    {"scalars", FAST(connection_scalars), METH_FASTCALL | METH_KEYWORDS,
     EXECUTE_DOC("scalars",
                 "Run a statement. Awaitable; gives a ScalarResult.")},
    {"stream", FAST(connection_stream), METH_FASTCALL | METH_KEYWORDS,
     EXECUTE_DOC("stream", "Run a statement and fetch its rows in batches. "
                           "Awaitable, or `async with`; gives an "
                           "AsyncResult.")},
    {"stream_scalars", FAST(connection_stream_scalars),
     METH_FASTCALL | METH_KEYWORDS,
     EXECUTE_DOC("stream_scalars", "Like stream(); gives an "
                                   "AsyncScalarResult.")},
    {"run_sync", FAST(connection_run_sync), METH_VARARGS | METH_KEYWORDS,
     "run_sync($self, fn, /, *args, **kwargs)\n--\n\n"
     "Call fn(connection, *args, **kwargs) in a thread of its own, with a\n"
     "synchronous view of this connection.  Awaitable; gives its result."},
    {"begin", connection_begin, METH_NOARGS,
     "begin($self, /)\n--\n\nAn AsyncTransaction: await it or enter it.\n\n"
     "Raises (when awaited):\n    InvalidRequestError: a transaction is in "
     "progress."},
    {"begin_nested", connection_begin_nested, METH_NOARGS,
     "begin_nested($self, /)\n--\n\nAn AsyncTransaction that is a "
     "savepoint."},
    {"commit", connection_commit, METH_NOARGS,
     "commit($self, /)\n--\n\nCommit what is in progress. Awaitable; done "
     "when it is durable at the engine's `synchronous` level."},
    {"rollback", connection_rollback, METH_NOARGS,
     "rollback($self, /)\n--\n\nRoll back what is in progress. Awaitable."},
    {"close", connection_close, METH_NOARGS,
     "close($self, /)\n--\n\nRoll back and give the connection back. "
     "Awaitable; harmless when it is closed."},
    {"aclose", connection_close, METH_NOARGS,
     "aclose($self, /)\n--\n\nThe same as close()."},
    {"start", connection_start, METH_NOARGS,
     "start($self, /)\n--\n\nConnect. Awaitable; gives this connection."},
    {"invalidate", connection_invalidate, METH_NOARGS,
     "invalidate($self, /, exception=None)\n--\n\n"
     "Roll back and throw the SQLite connection away; the next use opens "
     "another. Awaitable."},
    {"get_raw_connection", connection_get_raw, METH_NOARGS,
     "get_raw_connection($self, /)\n--\n\n"
     "The SQLite connection itself. Awaitable; gives an object whose\n"
     "driver_connection has create_function(), backup(), blobopen(), ..."},
    {"in_transaction", connection_in_transaction, METH_NOARGS,
     "in_transaction($self, /)\n--\n\nA transaction is in progress."},
    {"in_nested_transaction", connection_in_nested, METH_NOARGS,
     "in_nested_transaction($self, /)\n--\n\nA savepoint is open."},
    {"get_transaction", connection_get_transaction, METH_NOARGS,
     "get_transaction($self, /)\n--\n\nThe AsyncTransaction that begin() "
     "gave, or None."},
    {"get_nested_transaction", connection_get_nested, METH_NOARGS,
     "get_nested_transaction($self, /)\n--\n\nThe innermost savepoint's "
     "AsyncTransaction, or None."},
    {"execution_options", FAST(connection_execution_options),
     METH_VARARGS | METH_KEYWORDS,
     "execution_options($self, /, **options)\n--\n\n"
     "Set options of this connection: isolation_level. Awaitable; gives "
     "this connection."},
    {"get_execution_options", connection_get_execution_options, METH_NOARGS,
     "get_execution_options($self, /)\n--\n\nA copy of the options."},
    {"__aenter__", connection_enter, METH_NOARGS, NULL},
    {"__aexit__", FAST(connection_exit), METH_FASTCALL, NULL},
    {0},
};

static PyType_Slot connection_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t) "A connection, for one task at a "
                                    "time."},
    {Py_tp_dealloc, connection_dealloc},
    {Py_tp_finalize, connection_finalize},
    {Py_tp_traverse, connection_traverse},
    {Py_tp_clear, connection_clear},
    {Py_tp_repr, connection_repr},
    {Py_tp_methods, connection_methods},
    {Py_tp_getset, connection_getset},
    {Py_tp_members, connection_members},
    {Py_am_await, connection_await},
    {0, NULL},
};

static PyType_Spec connection_spec = {
    .name = "sqlactive_c.AsyncConnection",
    .basicsize = sizeof(ConnectionObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = connection_slots,
};

int
Sac_RegisterConnection(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &connection_spec, &state->connection_type, 1);
}
