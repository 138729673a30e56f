/* AsyncEngine and create_async_engine().
 *
 * The keywords are checked in Python (engine/create.py), once per engine;
 * here they become a sac_engine.  GIL side only; closing connections happens
 * without the GIL. */
#include "types/engine.h"

#include <stddef.h>
#include <structmember.h>

#include "base/list.h"
#include "base/memory.h"
#include "bridge/callbacks.h"
#include "bridge/compat.h"
#include "bridge/errors.h"
#include "bridge/loop.h"
#include "bridge/operation.h"
#include "bridge/regexp.h"
#include "types/channel.h"

enum {
    DISPOSE_WAIT_NS = 500000000,  /* for threads that are just ending */
    SHUTDOWN_WAIT_NS = 200000000, /* for jobs that were told to end */
};

/* ---- the log --------------------------------------------------------- */

static int
read_log(Sac_Engine *self)
{
    PyObject *on = PyObject_CallMethod(self->log, "enabled", NULL);
    PyObject *rows =
        on == NULL ? NULL
                   : PyObject_CallMethod(self->log, "enabled", "O", Py_True);
    if (rows == NULL) {
        Py_XDECREF(on);
        return -1;
    }
    self->logs = on == Py_True;
    self->logs_rows = rows == Py_True;
    Py_DECREF(on);
    Py_DECREF(rows);
    return 0;
}

/* ---- life ------------------------------------------------------------ */

/* steals: engine. -> new, empty but for it. */
static Sac_Engine *
engine_new(Sac_State *state, sac_engine *engine)
{
    Sac_Engine *self = PyObject_GC_New(Sac_Engine, state->engine_type);
    if (self == NULL) {
        sac_engine_release(engine);
        return NULL;
    }
    memset((char *)self + sizeof(PyObject), 0,
           sizeof(*self) - sizeof(PyObject));
    self->engine = engine;
    sac_list_init(&self->link);
    Sac_ShapeCacheInit(&self->shapes, 0);
    PyObject_GC_Track(self);
    return self;
}

static PyObject *
engine_from_spec(Sac_State *state, PyObject *spec)
{
    sac_options options = {0};
    Sac_OptionsRegexp(state, &options);
    if (Sac_OptionsFromSpec(spec, &options) < 0) {
        sac_options_fini(&options);
        return NULL;
    }
    sac_engine *engine = sac_engine_new(&options, state->registry);
    if (engine == NULL) {
        return PyErr_NoMemory();
    }
    Sac_Engine *self = engine_new(state, engine);
    if (self == NULL) {
        return NULL;
    }
    sac_list_push_back(&state->engines, &self->link);
    Sac_ShapeCacheInit(&self->shapes, (size_t)engine->options.plan_cache);
    if (Sac_EngineFill(state, self, spec) < 0 || read_log(self) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* The same connections under other options. */
static Sac_Engine *
engine_copy(Sac_Engine *self)
{
    Sac_State *state = SAC_STATE(self);
    Sac_Engine *copy = engine_new(state, sac_engine_retain(self->engine));
    if (copy == NULL) {
        return NULL;
    }
    copy->url = Py_NewRef(self->url);
    copy->shown = Py_NewRef(self->shown);
    copy->dialect = Py_NewRef(self->dialect);
    copy->log = Py_NewRef(self->log);
    copy->options = PyDict_Copy(self->options);
    copy->isolation_name = Py_NewRef(self->isolation_name);
    copy->poolclass = Py_NewRef(self->poolclass);
    copy->json = Py_NewRef(self->json);
    copy->isolation = self->isolation;
    copy->pool_timeout = self->pool_timeout;
    copy->writer_timeout = self->writer_timeout;
    copy->hide_parameters = self->hide_parameters;
    copy->lazy_inline = self->lazy_inline;
    copy->allow_extensions = self->allow_extensions;
    copy->logs = self->logs;
    copy->logs_rows = self->logs_rows;
    copy->origin =
        Py_NewRef(self->origin == NULL ? (PyObject *)self : self->origin);
    if (copy->options == NULL) {
        Py_CLEAR(copy);
    }
    return copy;
}

PyDoc_STRVAR(
    create_doc,
    "create_async_engine(url, **kwargs)\n--\n\n"
    "Make an engine for a SQLite database; nothing is opened yet.\n\n"
    "Args:\n"
    "    url: a str or URL: 'sqlite+aiosqlite://' (memory), '.../rel.db',\n"
    "        '..//abs.db', 'file:' URIs.\n"
    "    **kwargs: see docs/reference/engine.md: echo, hide_parameters,\n"
    "        pool_size, max_overflow, pool_timeout (s), pool_recycle (s),\n"
    "        isolation_level, connect_args, inline_budget (VM instructions),\n"
    "        synchronous, journal_mode, foreign_keys, ...\n\n"
    "Returns:\n    AsyncEngine\n\n"
    "Raises:\n"
    "    ArgumentError: a malformed URL or a value that does not fit.\n"
    "    NoSuchModuleError: a dialect other than SQLite.\n"
    "    TypeError: an unknown keyword.\n\n"
    "After SQLAlchemy's function of this name.");

static PyObject *
create_async_engine(PyObject *module, PyObject *args, PyObject *kwargs)
{
    Sac_State *state = Sac_StateOfModule(module);
    PyObject *url;
    if (!PyArg_ParseTuple(args, "O:create_async_engine", &url)) {
        return NULL;
    }
    PyObject *keywords = kwargs == NULL ? PyDict_New() : Py_NewRef(kwargs);
    if (keywords == NULL) {
        return NULL;
    }
    PyObject *spec = PyObject_CallFunctionObjArgs(state->resolve_engine, url,
                                                  keywords, NULL);
    Py_DECREF(keywords);
    if (spec == NULL) {
        return NULL;
    }
    PyObject *engine = engine_from_spec(state, spec);
    Py_DECREF(spec);
    return engine;
}

static int
engine_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Engine *self = (Sac_Engine *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->url);
    Py_VISIT(self->shown);
    Py_VISIT(self->dialect);
    Py_VISIT(self->json);
    Py_VISIT(self->log);
    Py_VISIT(self->options);
    Py_VISIT(self->isolation_name);
    Py_VISIT(self->poolclass);
    Py_VISIT(self->origin);
    Py_VISIT(self->listeners);
    return Sac_ShapeCacheTraverse(&self->shapes, visit, arg);
}

static int
engine_clear(PyObject *op)
{
    Sac_Engine *self = (Sac_Engine *)op;
    Py_CLEAR(self->url);
    Py_CLEAR(self->shown);
    Py_CLEAR(self->dialect);
    Py_CLEAR(self->log);
    Py_CLEAR(self->options);
    Py_CLEAR(self->isolation_name);
    Py_CLEAR(self->poolclass);
    Py_CLEAR(self->json);
    Py_CLEAR(self->origin);
    Py_CLEAR(self->listeners);
    Sac_ShapeCacheClear(&self->shapes);
    return 0;
}

/* An engine that goes away with open connections closes them, and says so. */
static void
engine_finalize(PyObject *op)
{
    Sac_Engine *self = (Sac_Engine *)op;
    if (self->engine == NULL || self->origin != NULL ||
        sac_engine_forked(self->engine)) {
        return;
    }
    if (sac_pool_count(self->engine->pool).open == 0) {
        return;
    }
    PyObject *error = Sac_ErrTake();
    if (PyErr_ResourceWarning(op, 1,
                              "unclosed %R: await its dispose(), or "
                              "close() of the DBConnection",
                              op) < 0) {
        PyErr_WriteUnraisable(op);
    }
    Sac_ErrGive(error);
}

static void
engine_dealloc(PyObject *op)
{
    Sac_Engine *self = (Sac_Engine *)op;
    PyTypeObject *type = Py_TYPE(op);
    if (PyObject_CallFinalizerFromDealloc(op) < 0) {
        return;
    }
    PyObject_GC_UnTrack(op);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    sac_engine *engine = self->engine;
    self->engine = NULL;
    bool is_copy = self->origin != NULL;
    sac_list_remove(&self->link);
    (void)engine_clear(op);
    if (engine != NULL) {
        if (!is_copy && !sac_engine_forked(engine)) {
            Py_BEGIN_ALLOW_THREADS(void)
            sac_engine_dispose(engine, DISPOSE_WAIT_NS);
            Py_END_ALLOW_THREADS
        }
        sac_engine_release(engine);
    }
    type->tp_free(op);
    Py_DECREF(type);
}

/* ---- methods --------------------------------------------------------- */

static PyObject *
engine_repr(PyObject *op)
{
    Sac_Engine *self = (Sac_Engine *)op;
    return PyUnicode_FromFormat("AsyncEngine(%S)",
                                self->shown == NULL ? Py_None : self->shown);
}

PyDoc_STRVAR(
    connect_doc,
    "connect($self, /)\n--\n\n"
    "A connection: `await` it, or `async with engine.connect() as conn`.\n\n"
    "Returns:\n    AsyncConnection; leaving the block closes it and rolls back\n"
    "    what was not committed.");

static PyObject *
engine_connect(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_State *state = SAC_STATE(op);
    Sac_Channel *channel = Sac_ChannelNew(state, op, true);
    if (channel == NULL) {
        return NULL;
    }
    PyObject *connection = Sac_ConnectionNew(state, channel, false);
    Py_DECREF(channel);
    return connection;
}

PyDoc_STRVAR(
    begin_doc,
    "begin($self, /)\n--\n\n"
    "`async with engine.begin() as conn`: a connection in a transaction, which\n"
    "is committed at the end of the block, or rolled back when it raises.");

static PyObject *
engine_begin(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_State *state = SAC_STATE(op);
    Sac_Channel *channel = Sac_ChannelNew(state, op, true);
    if (channel == NULL) {
        return NULL;
    }
    PyObject *connection = Sac_ConnectionNew(state, channel, true);
    Py_DECREF(channel);
    return connection;
}

static PySendResult
dispose_step(Sac_Op *op, PyObject *Py_UNUSED(value), PyObject **result)
{
    Sac_Engine *self = (Sac_Engine *)op->slots[0];
    if (sac_engine_forked(self->engine)) {
        *result = Py_NewRef(Py_None); /* the parent's: nothing here is ours */
        return PYGEN_RETURN;
    }
    Sac_PortsCollect(SAC_STATE(self));
    Py_BEGIN_ALLOW_THREADS(void)
    sac_engine_dispose(self->engine, DISPOSE_WAIT_NS);
    Py_END_ALLOW_THREADS
    Sac_CallbacksRelease(SAC_STATE(self));
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

static const Sac_OpKind dispose_kind = {"AsyncEngine.dispose", dispose_step};

PyDoc_STRVAR(
    dispose_doc,
    "dispose($self, /, close=True)\n--\n\n"
    "Close all idle connections and end the threads.\n\n"
    "Connections that are in use close when they are given back.  The engine\n"
    "stays usable and opens new connections when asked; an in-memory database is\n"
    "empty then.  Awaitable; returns None.");

static PyObject *
engine_dispose(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *names[] = {"close", NULL};
    int close = 1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|p:dispose",
                                     (char **)(uintptr_t)names, &close)) {
        return NULL;
    }
    return (PyObject *)Sac_OpNew(SAC_STATE(op)->operation_type, &dispose_kind,
                                 op);
}

PyDoc_STRVAR(
    options_doc,
    "execution_options($self, /, **options)\n--\n\n"
    "A copy of this engine on the same connections, with `options` merged\n"
    "into its own: isolation_level.\n\n"
    "Raises:\n    ArgumentError: an unknown isolation level.");

static int
apply_options(Sac_Engine *self, PyObject *options)
{
    Sac_State *state = SAC_STATE(self);
    if (PyDict_Update(self->options, options) < 0) {
        return -1;
    }
    PyObject *level = PyDict_GetItemString(options, "isolation_level");
    if (level == NULL) {
        return 0;
    }
    PyObject *word = PyObject_CallOneArg(state->resolve_isolation, level);
    if (word == NULL) {
        return -1;
    }
    int rc = Sac_IsolationFromWord(state, word, &self->isolation);
    Py_DECREF(word);
    if (rc == 0) {
        Py_XSETREF(self->isolation_name, PyObject_Str(level));
        rc = self->isolation_name == NULL ? -1 : 0;
    }
    return rc;
}

static PyObject *
engine_execution_options(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (!PyArg_ParseTuple(args, ":execution_options")) {
        return NULL;
    }
    Sac_Engine *copy = engine_copy((Sac_Engine *)op);
    if (copy != NULL && kwargs != NULL && apply_options(copy, kwargs) < 0) {
        Py_CLEAR(copy);
    }
    return (PyObject *)copy;
}

static PyObject *
engine_get_execution_options(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return PyDict_Copy(((Sac_Engine *)op)->options);
}

static int
put(PyObject *dict, const char *name, unsigned long long number)
{
    PyObject *value = PyLong_FromUnsignedLongLong(number);
    int rc = value == NULL ? -1 : PyDict_SetItemString(dict, name, value);
    Py_XDECREF(value);
    return rc;
}

PyDoc_STRVAR(
    stats_doc,
    "stats($self, /)\n--\n\n"
    "Counters since the engine was made, as a dict of ints:\n"
    "inline_runs, worker_runs, handovers (begun inline, ended on a worker),\n"
    "busy_retries, cancelled, checkpoints, plans, plans_limit, plan_hits,\n"
    "plan_misses, shapes, shapes_limit, shape_hits, shape_misses (compiled\n"
    "statements), connections, idle, waiting, threads, writers_waiting.");

static PyObject *
engine_stats(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    sac_engine *engine = ((Sac_Engine *)op)->engine;
    PyObject *stats = PyDict_New();
    if (stats == NULL) {
        return NULL;
    }
    sac_pool_counts pool = sac_pool_count(engine->pool);
    sac_plans_counts plans = sac_plans_count(engine->plans);
    const Sac_ShapeCache *shapes = Sac_EngineShapes((Sac_Engine *)op);
    sac_engine_load load = sac_engine_loaded(engine);
    sac_counters *counters = &engine->counters;
    if (put(stats, "inline_runs", atomic_load(&counters->inline_runs)) < 0 ||
        put(stats, "worker_runs", atomic_load(&counters->worker_runs)) < 0 ||
        put(stats, "handovers", atomic_load(&counters->handovers)) < 0 ||
        put(stats, "busy_retries", atomic_load(&counters->busy_retries)) < 0 ||
        put(stats, "cancelled", atomic_load(&counters->cancelled)) < 0 ||
        put(stats, "checkpoints", atomic_load(&counters->checkpoints)) < 0 ||
        put(stats, "plans", plans.size) < 0 ||
        put(stats, "plans_limit", plans.capacity) < 0 ||
        put(stats, "plan_hits", plans.hits) < 0 ||
        put(stats, "plan_misses", plans.misses) < 0 ||
        put(stats, "shapes", shapes->size) < 0 ||
        put(stats, "shapes_limit", shapes->limit) < 0 ||
        put(stats, "shape_hits", shapes->hits) < 0 ||
        put(stats, "shape_misses", shapes->misses) < 0 ||
        put(stats, "connections", (unsigned)pool.open) < 0 ||
        put(stats, "idle", (unsigned)pool.idle) < 0 ||
        put(stats, "waiting", (unsigned)pool.waiting) < 0 ||
        put(stats, "threads", (unsigned)load.threads) < 0 ||
        put(stats, "writers_waiting", load.writers_waiting) < 0) {
        Py_DECREF(stats);
        return NULL;
    }
    return stats;
}

static PyObject *
engine_get_sync(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(op);
}

static PyObject *
engine_get_url(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(((Sac_Engine *)op)->url);
}

static PyObject *
engine_get_dialect(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(((Sac_Engine *)op)->dialect);
}

static PyObject *
engine_get_name(PyObject *op, void *Py_UNUSED(closure))
{
    return PyObject_GetAttrString(((Sac_Engine *)op)->dialect, "name");
}

static PyObject *
engine_get_driver(PyObject *op, void *Py_UNUSED(closure))
{
    return PyObject_GetAttrString(((Sac_Engine *)op)->dialect, "driver");
}

static PyObject *
engine_get_pool(PyObject *op, void *Py_UNUSED(closure))
{
    return Sac_PoolNew(SAC_STATE(op), op);
}

static PyObject *
engine_get_echo(PyObject *op, void *Py_UNUSED(closure))
{
    return PyObject_GetAttrString(((Sac_Engine *)op)->log, "echo");
}

static int
engine_set_echo(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    Sac_Engine *self = (Sac_Engine *)op;
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "echo cannot be deleted");
        return -1;
    }
    PyObject *none = PyObject_CallMethod(self->log, "set_echo", "O", value);
    if (none == NULL) {
        return -1;
    }
    Py_DECREF(none);
    return read_log(self);
}

static PyMethodDef engine_methods[] = {
    {"connect", engine_connect, METH_NOARGS, connect_doc},
    {"begin", engine_begin, METH_NOARGS, begin_doc},
    {"dispose", (PyCFunction)(void (*)(void))engine_dispose,
     METH_VARARGS | METH_KEYWORDS, dispose_doc},
    {"execution_options",
     (PyCFunction)(void (*)(void))engine_execution_options,
     METH_VARARGS | METH_KEYWORDS, options_doc},
    {"get_execution_options", engine_get_execution_options, METH_NOARGS,
     "get_execution_options($self, /)\n--\n\nA copy of the options."},
    {"stats", engine_stats, METH_NOARGS, stats_doc},
    {0},
};

static PyGetSetDef engine_getset[] = {
    {"url", engine_get_url, NULL, "The URL; its repr hides a password.", NULL},
    {"dialect", engine_get_dialect, NULL, "Its name is 'sqlite'.", NULL},
    {"name", engine_get_name, NULL, "The dialect's name.", NULL},
    {"driver", engine_get_driver, NULL, "The dialect's driver.", NULL},
    {"sync_engine", engine_get_sync, NULL,
     "The engine itself: listeners are called synchronously.", NULL},
    {"pool", engine_get_pool, NULL, "A view of the connection pool.", NULL},
    {"echo", engine_get_echo, engine_set_echo,
     "True, False, None or 'debug': what goes to logging.", NULL},
    {0},
};

static PyMemberDef engine_members[] = {
    {"_origin", T_OBJECT, offsetof(Sac_Engine, origin), READONLY,
     "The engine that this is a copy of, with other options, or None."},
    {"_listeners", T_OBJECT, offsetof(Sac_Engine, listeners), 0,
     "Who listens to it."},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Sac_Engine, weakrefs),
     READONLY, NULL},
    {0},
};

PyDoc_STRVAR(
    engine_doc,
    "An engine: the connections, threads and writer queue of one database.\n\n"
    "Made by create_async_engine(); bound to no event loop.");

static PyType_Slot engine_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)engine_doc},
    {Py_tp_dealloc, engine_dealloc},
    {Py_tp_finalize, engine_finalize},
    {Py_tp_traverse, engine_traverse},
    {Py_tp_clear, engine_clear},
    {Py_tp_repr, engine_repr},
    {Py_tp_methods, engine_methods},
    {Py_tp_getset, engine_getset},
    {Py_tp_members, engine_members},
    {0, NULL},
};

static PyType_Spec engine_spec = {
    .name = "sqlactive_c.AsyncEngine",
    .basicsize = sizeof(Sac_Engine),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = engine_slots,
};

static PyObject *
engines_shutdown(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    Sac_State *state = Sac_StateOfModule(module);
    sac_list *node = state->engines.next;
    while (node != &state->engines) {
        Sac_Engine *self = SAC_CONTAINER(node, Sac_Engine, link);
        node = node->next;
        sac_engine *engine = self->engine;
        if (sac_engine_forked(engine)) {
            continue;
        }
        /* With the GIL: nobody else may make or drop an engine meanwhile, and
         * no worker needs it. */
        sac_engine_shutdown(engine, SHUTDOWN_WAIT_NS);
    }
    Py_RETURN_NONE;
}

static PyMethodDef module_methods[] = {
    {"shutdown", engines_shutdown, METH_NOARGS,
     "shutdown()\n--\n\nCancel what runs on any engine and wait a moment. "
     "Private, for the end of the interpreter."},
    {"create_async_engine", (PyCFunction)(void (*)(void))create_async_engine,
     METH_VARARGS | METH_KEYWORDS, create_doc},
    {0},
};

bool
Sac_EngineCheck(Sac_State *state, PyObject *object)
{
    return Py_IS_TYPE(object, state->engine_type);
}

int
Sac_RegisterEngine(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (Sac_AddType(module, &engine_spec, &state->engine_type, 1) < 0) {
        return -1;
    }
    return PyModule_AddFunctions(module, module_methods);
}
