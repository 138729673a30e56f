/* Channels: what execute(), commit() and close() mean for a connection and
 * for a session alike.
 *
 * A call is an Execution on the channel's lease; here it is filled from the
 * user's arguments, and its outcome becomes what the user asked for.  Loop
 * thread, GIL.  Knows nothing of the faces that use it. */
#include "types/channel.h"

#include <structmember.h>

#include "bridge/compat.h"
#include "bridge/errors.h"
#include "bridge/keys.h"
#include "bridge/params.h"
#include "bridge/values.h"
#include "types/engine.h"
#include "types/fetch.h"
#include "types/listeners.h"
#include "types/node.h"
#include "types/outcome.h"
#include "types/result.h"
#include "types/shape.h"
#include "types/statement.h"
#include "types/stream.h"
#include "types/text.h"

enum { CHANNEL_SLOT = 1 }; /* of an Execution: slots[0] is the face */

static Sac_Channel *
channel_of(const Sac_Execution *execution)
{
    return (Sac_Channel *)execution->op.slots[CHANNEL_SLOT];
}

static Sac_Engine *
engine_of(const Sac_Channel *channel)
{
    return (Sac_Engine *)channel->engine;
}

static int fill_driver_sql(Sac_State *state, Sac_Execution *execution,
                           sac_engine *engine, PyObject *sql,
                           PyObject *parameters);

/* ---- logging --------------------------------------------------------- */

/* Savepoints are not told. */
static int
tell_event(Sac_Channel *channel, const char *event)
{
    static const char *const names[][2] = {
        {"BEGIN (implicit)", "begin"},
        {"COMMIT", "commit"},
        {"ROLLBACK", "rollback"},
    };
    for (int i = 0; i < 3; i++) {
        if (strcmp(event, names[i][0]) == 0) {
            return Sac_ListenersTell(channel, names[i][1]);
        }
    }
    return 0;
}

int
Sac_ChannelLogEvent(Sac_Channel *channel, const char *event)
{
    Sac_Engine *engine = engine_of(channel);
    if ((SAC_STATE(channel)->engine_events & SAC_LISTEN_ENDS) != 0 &&
        tell_event(channel, event) < 0) {
        return -1;
    }
    if (!engine->logs) {
        return 0;
    }
    PyObject *none = PyObject_CallFunction(SAC_STATE(channel)->log_event, "Os",
                                           engine->log, event);
    Py_XDECREF(none);
    return none == NULL ? -1 : 0;
}

int
Sac_ChannelLogExecution(Sac_Execution *execution)
{
    Sac_Channel *channel = channel_of(execution);
    Sac_Engine *engine = engine_of(channel);
    if (!engine->logs || execution->statement == NULL) {
        return 0;
    }
    PyObject *shown = Sac_ShownParameters(execution);
    if (shown == NULL) {
        return -1;
    }
    PyObject *none = PyObject_CallFunctionObjArgs(
        SAC_STATE(channel)->log_statement, engine->log, execution->statement,
        shown, execution->many ? Py_True : Py_False,
        execution->names == NULL && execution->shape == NULL ? Py_True
                                                             : Py_False,
        NULL);
    Py_DECREF(shown);
    Py_XDECREF(none);
    return none == NULL ? -1 : 0;
}

/* ---- the transaction that Python sees -------------------------------- */

int
Sac_ChannelBegin(Sac_Channel *channel)
{
    if (channel->begun ||
        channel->lease.isolation == SAC_ISOLATION_AUTOCOMMIT) {
        channel->begun = true;
        return 0;
    }
    channel->begun = true;
    channel->serial++;
    return Sac_ChannelLogEvent(channel, "BEGIN (implicit)");
}

static void
forget_transaction(Sac_Channel *channel)
{
    PyObject *root = channel->root;
    channel->root = NULL;
    channel->begun = false;
    channel->savepoints = 0;
    while (channel->nested != NULL) {
        PyObject *inner = channel->nested;
        channel->nested = Sac_TransactionOuter(inner);
        Sac_TransactionEnded(inner);
        Py_DECREF(inner);
    }
    if (root != NULL) {
        Sac_TransactionEnded(root);
        Py_DECREF(root);
    }
}

static uintptr_t
token_owner(sac_call *call)
{
    return Sac_HolderAsks(
        channel_of(SAC_CONTAINER(call, Sac_Execution, call)));
}

static PyObject *
holder(Sac_Execution *execution)
{
    return Sac_HolderTell(channel_of(execution));
}

static void
look(Sac_Execution *execution)
{
    Sac_HolderLook(channel_of(execution));
}

/* ---- executions ------------------------------------------------------ */

Sac_Execution *
Sac_ChannelExecution(Sac_Channel *channel, PyObject *owner,
                     const Sac_OpKind *kind, sac_call_kind call_kind,
                     Sac_ExecutionFinish finish)
{
    Sac_State *state = SAC_STATE(channel);
    Sac_Execution *execution =
        Sac_ExecutionNew(state->execution_type, kind, owner, &channel->lease,
                         call_kind, finish);
    if (execution == NULL) {
        return NULL;
    }
    Sac_Engine *engine = engine_of(channel);
    execution->op.slots[CHANNEL_SLOT] = Py_NewRef((PyObject *)channel);
    execution->call.need_owner = token_owner;
    execution->holder = holder;
    execution->look = look;
    if ((state->engine_events & SAC_LISTEN_CONNECT) != 0) {
        execution->call.greet = Sac_ListenersGreet;
    }
    execution->hide_parameters = engine->hide_parameters;
    return execution;
}

/* Tells listeners, who may have another statement run in its place. */
static int
observe(Sac_Execution *execution, Sac_Channel *channel)
{
    Sac_State *state = SAC_STATE(channel);
    PyObject *sql, *parameters;
    int rc = Sac_ListenersObserve(execution, channel, &sql, &parameters);
    if (rc <= 0) {
        return rc;
    }
    sac_step moved = {0};
    sac_step *step = execution->call.script->steps;
    if (step != &execution->step) {
        execution->step = moved; /* a stream's */
    }
    sac_plan_release(step->plan);
    step->plan = NULL;
    Py_CLEAR(execution->names);
    Py_CLEAR(execution->preset);
    Py_CLEAR(execution->parameters);
    Py_CLEAR(execution->statement);
    rc = fill_driver_sql(state, execution, engine_of(channel)->engine, sql,
                         parameters);
    if (step != &execution->step) {
        *step = execution->step;
        execution->step = moved;
    }
    Py_DECREF(sql);
    Py_DECREF(parameters);
    return rc;
}

int
Sac_ChannelBeforeExecute(Sac_Execution *execution)
{
    Sac_Channel *channel = channel_of(execution);
    Sac_Engine *engine = engine_of(channel);
    execution->wait_timeout = channel->lease.handle == NULL
                                  ? engine->pool_timeout
                                  : engine->writer_timeout;
    if (!channel->begun && Sac_ChannelBegin(channel) < 0) {
        return -1;
    }
    if ((SAC_STATE(channel)->engine_events & SAC_LISTEN_CURSOR) != 0 &&
        execution->statement != NULL && observe(execution, channel) < 0) {
        return -1;
    }
    return engine->logs ? Sac_ChannelLogExecution(execution) : 0;
}

void
Sac_ChannelDropTask(Sac_Channel *channel)
{
    if (!channel->lease.token) {
        Sac_HolderForget(channel);
    }
}

static int
log_rows(Sac_Channel *channel, PyObject *result)
{
    Sac_Engine *engine = engine_of(channel);
    PyObject *none = PyObject_CallFunctionObjArgs(SAC_STATE(channel)->log_rows,
                                                  engine->log, result, NULL);
    Py_XDECREF(none);
    return none == NULL ? -1 : 0;
}

static PyObject *
finish_result(Sac_Execution *execution)
{
    Sac_Channel *channel = channel_of(execution);
    Sac_Outcome outcome;
    Sac_ChannelDropTask(channel);
    if (Sac_OutcomeTake(execution, &outcome) < 0) {
        return NULL;
    }
    PyObject *result = Sac_ResultNew(SAC_STATE(channel), &outcome);
    Py_XDECREF(outcome.keys);
    if (result != NULL && engine_of(channel)->logs_rows &&
        log_rows(channel, result) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

/* Whether the first item is not just the first cell of the rows. */
static bool
needs_result(const Sac_Execution *execution)
{
    const Sac_Shape *shape = (Sac_Shape *)execution->shape;
    return execution->step.rows == NULL ||
           engine_of(channel_of(execution))->logs_rows ||
           (shape != NULL && (shape->implicit || shape->textual));
}

static PyObject *
decoded_scalar(Sac_Execution *execution)
{
    Sac_Outcome outcome;
    Sac_Supply supply;
    if (Sac_OutcomeTake(execution, &outcome) < 0) {
        return NULL;
    }
    Sac_SupplyInit(&supply, &outcome);
    PyObject *item =
        Sac_SupplyScalar(SAC_STATE(channel_of(execution)), &supply);
    Sac_SupplyFini(&supply);
    Py_DECREF(outcome.keys);
    return item;
}

/* The first cell needs no result object around it. */
static PyObject *
finish_scalar(Sac_Execution *execution)
{
    Sac_Channel *channel = channel_of(execution);
    const Sac_Shape *shape = (Sac_Shape *)execution->shape;
    if (needs_result(execution)) {
        PyObject *result = finish_result(execution);
        if (result == NULL) {
            return NULL;
        }
        PyObject *scalar = PyObject_CallMethod(result, "scalar", NULL);
        Py_DECREF(result);
        return scalar;
    }
    Sac_ChannelDropTask(channel);
    if (shape != NULL && shape->decoder != NULL) {
        return decoded_scalar(execution);
    }
    sac_cursor cursor;
    sac_cell cell;
    sac_cursor_init(&cursor, execution->step.rows);
    if (!sac_cursor_row(&cursor)) {
        Py_RETURN_NONE;
    }
    sac_cursor_cell(&cursor, &cell);
    return Sac_ObjectFromCell(SAC_STATE(channel), &cell);
}

static PyObject *
then_scalars(PyObject *result)
{
    if (result == NULL) {
        return NULL;
    }
    PyObject *scalars = PyObject_CallMethod(result, "scalars", NULL);
    Py_DECREF(result);
    return scalars;
}

static PyObject *
finish_scalars(Sac_Execution *execution)
{
    return then_scalars(finish_result(execution));
}

static PyObject *
finish_stream(Sac_Execution *execution)
{
    Sac_Channel *channel = channel_of(execution);
    Sac_Outcome outcome;
    Sac_ChannelDropTask(channel);
    if (Sac_OutcomeTake(execution, &outcome) < 0) {
        return NULL;
    }
    PyObject *result = Sac_StreamResult(execution, channel, &outcome);
    Py_XDECREF(outcome.keys);
    return result;
}

static PyObject *
finish_stream_scalars(Sac_Execution *execution)
{
    return then_scalars(finish_stream(execution));
}

static PyObject *
finish_nothing(Sac_Execution *execution)
{
    Sac_ChannelDropTask(channel_of(execution));
    Py_RETURN_NONE;
}

static Sac_ExecutionFinish
finisher(Sac_Want want)
{
    switch (want) {
    case SAC_WANT_RESULT:
        return finish_result;
    case SAC_WANT_SCALAR:
        return finish_scalar;
    case SAC_WANT_SCALARS:
        return finish_scalars;
    case SAC_WANT_STREAM:
        return finish_stream;
    case SAC_WANT_STREAM_SCALARS:
        return finish_stream_scalars;
    case SAC_WANT_NOTHING:
        return finish_nothing;
    }
    return finish_nothing;
}

/* ---- statements ------------------------------------------------------ */

static int
fill_driver_sql(Sac_State *state, Sac_Execution *execution, sac_engine *engine,
                PyObject *sql, PyObject *parameters)
{
    Py_ssize_t size;
    if (!PyUnicode_Check(sql)) {
        (void)Sac_RaiseAbout(state, "ObjectNotExecutableError", sql);
        return -1;
    }
    const char *utf8 = PyUnicode_AsUTF8AndSize(sql, &size);
    if (utf8 == NULL) {
        return -1;
    }
    if (Sac_CheckSQL(state, sql, utf8, size) < 0) {
        return -1;
    }
    execution->statement = Py_NewRef(sql);
    execution->step.plan = sac_plans_get(engine->plans, utf8, (size_t)size);
    if (execution->step.plan == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return Sac_BindDriver(state, execution, sql, parameters);
}

static int
fill_statement(Sac_State *state, Sac_Execution *execution, Sac_Engine *owner,
               PyObject *statement, PyObject *parameters)
{
    sac_engine *engine = owner->engine;
    if (Sac_NodeCheck(state, statement)) {
        return Sac_StatementApply(state, statement, owner, execution,
                                  parameters);
    }
    if (!Sac_TextCheck(state, statement)) {
        (void)Sac_RaiseAbout(state, "ObjectNotExecutableError", statement);
        return -1;
    }
    PyObject *node;
    int rc = Sac_TextNode(statement, &node);
    if (rc > 0) {
        return Sac_StatementApply(state, node, owner, execution, parameters);
    }
    if (rc < 0 || Sac_TextApply(state, statement, engine, execution) < 0) {
        return -1;
    }
    return Sac_BindNamed(state, execution, parameters);
}

PyObject *
Sac_ChannelExecute(Sac_Channel *channel, PyObject *owner, PyObject *statement,
                   PyObject *parameters, bool driver_sql, Sac_Want want,
                   const Sac_OpKind *kind)
{
    Sac_State *state = SAC_STATE(channel);
    Sac_Engine *engine = engine_of(channel);
    Sac_Execution *execution = Sac_ChannelExecution(
        channel, owner, kind, SAC_CALL_EXECUTE, finisher(want));
    if (execution == NULL) {
        return NULL;
    }
    execution->before = Sac_ChannelBeforeExecute;
    int rc = driver_sql ? fill_driver_sql(state, execution, engine->engine,
                                          statement, parameters)
                        : fill_statement(state, execution, engine, statement,
                                         parameters);
    if (rc == 0 &&
        (want == SAC_WANT_STREAM || want == SAC_WANT_STREAM_SCALARS)) {
        rc = Sac_StreamPrepare(execution, channel);
    }
    if (rc < 0) {
        Sac_OpDiscard((PyObject *)execution);
        return NULL;
    }
    return (PyObject *)execution;
}

void
Sac_ChannelGiveResult(Sac_Execution *execution)
{
    execution->finish = finish_result;
}

static int
before_control(Sac_Execution *execution)
{
    Sac_Channel *channel = channel_of(execution);
    Sac_Engine *engine = engine_of(channel);
    channel->settled = false;
    execution->wait_timeout = engine->writer_timeout;
    if (!engine->logs) {
        return 0;
    }
    return Sac_ChannelLogEvent(channel, execution->step.plan->sql);
}

static PyObject *
finish_control(Sac_Execution *execution)
{
    channel_of(execution)->settled = true;
    return finish_nothing(execution);
}

PyObject *
Sac_ChannelControl(Sac_Channel *channel, PyObject *owner, const char *sql,
                   bool immediate, const Sac_OpKind *kind)
{
    Sac_Execution *execution = Sac_ChannelExecution(
        channel, owner, kind, SAC_CALL_EXECUTE, finish_control);
    if (execution == NULL) {
        return NULL;
    }
    execution->before = before_control;
    execution->always_finish = true;
    execution->call.immediate = immediate;
    execution->call.unstoppable = !immediate;
    execution->step.params.rows = 1;
    execution->step.plan =
        sac_plans_get(engine_of(channel)->engine->plans, sql, strlen(sql));
    execution->statement = PyUnicode_FromString(sql);
    if (execution->step.plan == NULL || execution->statement == NULL) {
        Sac_OpDiscard((PyObject *)execution);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    return (PyObject *)execution;
}

/* ---- ends ------------------------------------------------------------ */

PyObject *
Sac_ChannelFinishEnd(Sac_Execution *execution)
{
    Sac_Channel *channel = channel_of(execution);
    Sac_ChannelDropTask(channel);
    forget_transaction(channel);
    Py_RETURN_NONE;
}

/* A rollback ends what Python sees before SQLite is asked: whatever happens
 * there, nothing of it will ever be committed. */
int
Sac_ChannelBeforeRollback(Sac_Execution *execution)
{
    Sac_Channel *channel = channel_of(execution);
    if (channel->lease.busy && !channel->lease.left) {
        return 0; /* it will be refused, and the transaction goes on */
    }
    bool begun = channel->begun;
    forget_transaction(channel);
    return begun && channel->lease.isolation != SAC_ISOLATION_AUTOCOMMIT
               ? Sac_ChannelLogEvent(channel, "ROLLBACK")
               : 0;
}

static int
before_commit(Sac_Execution *execution)
{
    Sac_Channel *channel = channel_of(execution);
    return channel->begun &&
                   channel->lease.isolation != SAC_ISOLATION_AUTOCOMMIT
               ? Sac_ChannelLogEvent(channel, "COMMIT")
               : 0;
}

PyObject *
Sac_ChannelEnd(Sac_Channel *channel, PyObject *owner, sac_call_kind what,
               const Sac_OpKind *kind)
{
    Sac_Execution *execution =
        Sac_ChannelExecution(channel, owner, kind, what, Sac_ChannelFinishEnd);
    if (execution == NULL) {
        return NULL;
    }
    execution->always_finish = true;
    execution->before =
        what == SAC_CALL_COMMIT ? before_commit : Sac_ChannelBeforeRollback;
    return (PyObject *)execution;
}

static int
before_connect(Sac_Execution *execution)
{
    execution->wait_timeout = engine_of(channel_of(execution))->pool_timeout;
    return 0;
}

PyObject *
Sac_ChannelConnect(Sac_Channel *channel, PyObject *owner,
                   const Sac_OpKind *kind)
{
    Sac_Execution *execution = Sac_ChannelExecution(
        channel, owner, kind, SAC_CALL_CONNECT, finish_nothing);
    if (execution == NULL) {
        return NULL;
    }
    execution->before = before_connect;
    return (PyObject *)execution;
}

/* ---- the object ------------------------------------------------------ */

Sac_Channel *
Sac_ChannelNew(Sac_State *state, PyObject *engine, bool pinned)
{
    Sac_Channel *self = PyObject_GC_New(Sac_Channel, state->channel_type);
    if (self == NULL) {
        return NULL;
    }
    memset((char *)self + sizeof(PyObject), 0,
           sizeof(*self) - sizeof(PyObject));
    Sac_Engine *of = (Sac_Engine *)engine;
    sac_list_init(&self->link);
    sac_lease_init(&self->lease, of->engine, pinned);
    self->lease.isolation = of->isolation;
    self->engine = Py_NewRef(engine);
    PyObject_GC_Track(self);
    return self;
}

static int
channel_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Channel *self = (Sac_Channel *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->engine);
    Py_VISIT(self->root);
    Py_VISIT(self->nested);
    Py_VISIT(self->task);
    Py_VISIT(self->info);
    return 0;
}

static int
channel_clear(PyObject *op)
{
    Sac_Channel *self = (Sac_Channel *)op;
    Py_CLEAR(self->root);
    Py_CLEAR(self->nested);
    Sac_HolderForget(self);
    Py_CLEAR(self->info);
    return 0;
}

/* A channel that goes away open is rolled back and gives its connection back
 * by itself; the face that was forgotten warns. */
static void
channel_dealloc(PyObject *op)
{
    Sac_Channel *self = (Sac_Channel *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    sac_lease_fini(&self->lease);
    (void)channel_clear(op);
    Py_CLEAR(self->engine);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMemberDef channel_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Sac_Channel, weakrefs),
     READONLY, NULL},
    {0},
};

static PyType_Slot channel_slots[] = {
    {Py_tp_dealloc, channel_dealloc},
    {Py_tp_traverse, channel_traverse},
    {Py_tp_clear, channel_clear},
    {Py_tp_members, channel_members},
    {0, NULL},
};

static PyType_Spec channel_spec = {
    .name = "sqlactive_c._core.Channel",
    .basicsize = sizeof(Sac_Channel),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = channel_slots,
};

int
Sac_RegisterChannel(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &channel_spec, &state->channel_type, 0);
}
