/* AsyncConnection: a channel that keeps its SQLite connection.
 *
 * engine.connect() gives one; it connects when it is awaited, entered or
 * first used, and belongs to one task at a time.  Loop thread, GIL. */
#include "types/connection.h"

#include <structmember.h>

#include "bridge/compat.h"
#include "bridge/errors.h"
#include "types/engine.h"

PyObject *
Sac_ConnectionNew(Sac_State *state, Sac_Channel *channel, bool begins)
{
    Sac_Connection *self =
        PyObject_GC_New(Sac_Connection, state->connection_type);
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
        ((Sac_Connection *)face)->borrowed = true;
    }
    return face;
}

/* ---- life ------------------------------------------------------------ */

static int
connection_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Connection *self = (Sac_Connection *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->channel);
    Py_VISIT(self->options);
    return 0;
}

static int
connection_clear(PyObject *op)
{
    Sac_Connection *self = (Sac_Connection *)op;
    Py_CLEAR(self->channel);
    Py_CLEAR(self->options);
    return 0;
}

/* A session's connection is the session's to close; ours is pinned. */
static void
connection_finalize(PyObject *op)
{
    Sac_Connection *self = (Sac_Connection *)op;
    if (self->closed || self->borrowed || self->channel == NULL ||
        self->channel->lease.handle == NULL || !self->channel->lease.pinned ||
        sac_engine_forked(self->channel->lease.engine)) {
        return;
    }
    Sac_HolderWarn(self->channel, op);
}

static void
connection_dealloc(PyObject *op)
{
    Sac_Connection *self = (Sac_Connection *)op;
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
    Sac_Connection *self = (Sac_Connection *)op;
    return PyUnicode_FromFormat("<AsyncConnection of %R%s>",
                                self->channel->engine,
                                self->closed ? ", closed" : "");
}

int
Sac_ConnectionCheck(Sac_Connection *self)
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
    Sac_Connection *self = (Sac_Connection *)connection;
    return Sac_ConnectionCheck(self) < 0 ? NULL : self->channel;
}

/* ---- attributes ------------------------------------------------------ */

static PyObject *
connection_in_transaction(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Connection *self = (Sac_Connection *)op;
    return PyBool_FromLong(self->channel->begun && !self->closed);
}

static PyObject *
connection_in_nested(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(((Sac_Connection *)op)->channel->nested != NULL);
}

static PyObject *
or_none(PyObject *object)
{
    return Py_NewRef(object == NULL ? Py_None : object);
}

static PyObject *
connection_get_transaction(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return or_none(((Sac_Connection *)op)->channel->root);
}

static PyObject *
connection_get_nested(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return or_none(((Sac_Connection *)op)->channel->nested);
}

static PyObject *
connection_get_info(PyObject *op, void *Py_UNUSED(closure))
{
    Sac_Connection *self = (Sac_Connection *)op;
    if (self->channel->info == NULL) {
        self->channel->info = PyDict_New();
    }
    return Py_XNewRef(self->channel->info);
}

static PyObject *
connection_get_engine(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(((Sac_Connection *)op)->channel->engine);
}

static PyObject *
connection_get_dialect(PyObject *op, void *Py_UNUSED(closure))
{
    Sac_Engine *engine = (Sac_Engine *)((Sac_Connection *)op)->channel->engine;
    return Py_NewRef(engine->dialect);
}

static PyMemberDef connection_members[] = {
    {"closed", T_BOOL, offsetof(Sac_Connection, closed), READONLY,
     "close() was called."},
    {"invalidated", T_BOOL, offsetof(Sac_Connection, invalidated), READONLY,
     "invalidate() was called."},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Sac_Connection, weakrefs),
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
    {"execute", FAST(Sac_ConnectionExecute), METH_FASTCALL | METH_KEYWORDS,
     EXECUTE_DOC("execute", "Run a statement. Awaitable; gives a Result.")},
    {"exec_driver_sql", FAST(Sac_ConnectionExecDriverSql),
     METH_FASTCALL | METH_KEYWORDS,
     EXECUTE_DOC("exec_driver_sql",
                 "Run SQL as it is, with SQLite's own parameters. "
                 "Awaitable; gives a Result.")},
    {"scalar", FAST(Sac_ConnectionScalar), METH_FASTCALL | METH_KEYWORDS,
     EXECUTE_DOC("scalar", "Run a statement. Awaitable; gives the first "
                           "column of the first row, or None.")},
    {"scalars", FAST(Sac_ConnectionScalars), METH_FASTCALL | METH_KEYWORDS,
     EXECUTE_DOC("scalars",
                 "Run a statement. Awaitable; gives a ScalarResult.")},
    {"stream", FAST(Sac_ConnectionStream), METH_FASTCALL | METH_KEYWORDS,
     EXECUTE_DOC("stream", "Run a statement and fetch its rows in batches. "
                           "Awaitable, or `async with`; gives an "
                           "AsyncResult.")},
    {"stream_scalars", FAST(Sac_ConnectionStreamScalars),
     METH_FASTCALL | METH_KEYWORDS,
     EXECUTE_DOC("stream_scalars", "Like stream(); gives an "
                                   "AsyncScalarResult.")},
    {"run_sync", FAST(Sac_ConnectionRunSync), METH_VARARGS | METH_KEYWORDS,
     "run_sync($self, fn, /, *args, **kwargs)\n--\n\n"
     "Call fn(connection, *args, **kwargs) in a thread of its own, with a\n"
     "synchronous view of this connection.  Awaitable; gives its result."},
    {"begin", Sac_ConnectionBegin, METH_NOARGS,
     "begin($self, /)\n--\n\nAn AsyncTransaction: await it or enter it.\n\n"
     "Raises (when awaited):\n    InvalidRequestError: a transaction is in "
     "progress."},
    {"begin_nested", Sac_ConnectionBeginNested, METH_NOARGS,
     "begin_nested($self, /)\n--\n\nAn AsyncTransaction that is a "
     "savepoint."},
    {"commit", Sac_ConnectionCommit, METH_NOARGS,
     "commit($self, /)\n--\n\nCommit what is in progress. Awaitable; done "
     "when it is durable at the engine's `synchronous` level."},
    {"rollback", Sac_ConnectionRollback, METH_NOARGS,
     "rollback($self, /)\n--\n\nRoll back what is in progress. Awaitable."},
    {"close", Sac_ConnectionClose, METH_NOARGS,
     "close($self, /)\n--\n\nRoll back and give the connection back. "
     "Awaitable; harmless when it is closed."},
    {"aclose", Sac_ConnectionClose, METH_NOARGS,
     "aclose($self, /)\n--\n\nThe same as close()."},
    {"start", Sac_ConnectionStart, METH_NOARGS,
     "start($self, /)\n--\n\nConnect. Awaitable; gives this connection."},
    {"invalidate", Sac_ConnectionInvalidate, METH_NOARGS,
     "invalidate($self, /, exception=None)\n--\n\n"
     "Roll back and throw the SQLite connection away; the next use opens "
     "another. Awaitable."},
    {"get_raw_connection", Sac_ConnectionGetRaw, METH_NOARGS,
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
    {"execution_options", FAST(Sac_ConnectionExecutionOptions),
     METH_VARARGS | METH_KEYWORDS,
     "execution_options($self, /, **options)\n--\n\n"
     "Set options of this connection: isolation_level. Awaitable; gives "
     "this connection."},
    {"get_execution_options", Sac_ConnectionGetExecutionOptions, METH_NOARGS,
     "get_execution_options($self, /)\n--\n\nA copy of the options."},
    {"__aenter__", Sac_ConnectionEnter, METH_NOARGS, NULL},
    {"__aexit__", FAST(Sac_ConnectionExit), METH_FASTCALL, NULL},
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
    {Py_am_await, Sac_ConnectionAwait},
    {0, NULL},
};

static PyType_Spec connection_spec = {
    .name = "sqlactive_c.AsyncConnection",
    .basicsize = sizeof(Sac_Connection),
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
