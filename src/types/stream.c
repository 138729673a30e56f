/* Streams: a statement whose rows come in batches.
 *
 * The StreamSource keeps the statement's sac_stream and everything that its
 * bound values point to; the AsyncResult asks it for the next batch and drops
 * it when it is done or forgotten.  Batches grow, so a short result costs one
 * trip and a long one few; their size is bounded in rows here and in bytes by
 * the engine, so memory is too.  Loop thread, GIL. */
#include "types/stream.h"

#include "bridge/errors.h"
#include "types/engine.h"
#include "types/result.h"

enum { FIRST_BATCH = 64, LAST_BATCH = 2048 }; /* rows */
enum { SOURCE_SLOT = 2 }; /* of a streamed Execution: its StreamSource */

typedef struct SourceObject {
    PyObject_HEAD
    Sac_Channel *channel; /* strong */
    PyObject *owner;      /* strong: the face that was called */
    PyObject *execution;  /* strong: keeps the bound values; NULL before */
    sac_stream *stream;   /* owned; NULL: closed */
} SourceObject;

static SourceObject *
new_source(Sac_State *state, Sac_Channel *channel, PyObject *owner)
{
    SourceObject *self =
        PyObject_GC_New(SourceObject, state->stream_source_type);
    if (self == NULL) {
        return NULL;
    }
    self->channel = (Sac_Channel *)Py_NewRef((PyObject *)channel);
    self->owner = Py_NewRef(owner);
    self->execution = NULL;
    self->stream = sac_stream_new();
    PyObject_GC_Track(self);
    if (self->stream == NULL) {
        Py_DECREF(self);
        PyErr_NoMemory();
        return NULL;
    }
    return self;
}

int
Sac_StreamPrepare(Sac_Execution *execution, Sac_Channel *channel)
{
    Sac_State *state = SAC_STATE(channel);
    if (execution->many) {
        (void)Sac_RaiseNamed(state, "InvalidRequestError",
                             "stream() takes one set of parameters");
        return -1;
    }
    SourceObject *source = new_source(state, channel, execution->op.slots[0]);
    if (source == NULL) {
        return -1;
    }
    execution->op.slots[SOURCE_SLOT] = (PyObject *)source;
    source->stream->step = execution->step;
    execution->step = (sac_step){0};
    source->stream->script.batch = FIRST_BATCH;
    execution->call.stream = source->stream;
    execution->call.script = &source->stream->script;
    return 0;
}

static bool
is_live(const SourceObject *self)
{
    return self->stream != NULL && self->stream->script.live != NULL;
}

static PyObject *
finish_fetch(Sac_Execution *execution)
{
    SourceObject *self = (SourceObject *)execution->op.slots[1];
    PyObject *async_result = execution->op.slots[2];
    sac_rows *rows = self->stream->step.rows;
    self->stream->step.rows = NULL;
    bool more = is_live(self);
    Sac_AsyncResultFeed(async_result, rows, more);
    return PyBool_FromLong(more);
}

static const Sac_OpKind fetch_kind = {"AsyncResult.fetch", NULL};

/* The next batch, of `rows` at least if that is known. */
static PyObject *
source_next(PyObject *op, PyObject *async_result, Py_ssize_t rows)
{
    SourceObject *self = (SourceObject *)op;
    Sac_State *state = SAC_STATE(op);
    if (!is_live(self)) {
        return Sac_RaiseNamed(state, "ResourceClosedError",
                              "this result is closed, and so is its "
                              "statement");
    }
    sac_script *script = &self->stream->script;
    size_t batch =
        script->batch * 2 < LAST_BATCH ? script->batch * 2 : LAST_BATCH;
    script->batch = rows > 0 && (size_t)rows < batch ? (size_t)rows : batch;
    Sac_Execution *execution =
        Sac_ExecutionNew(state->execution_type, &fetch_kind, self->owner,
                         &self->channel->lease, SAC_CALL_FETCH, finish_fetch);
    if (execution == NULL) {
        return NULL;
    }
    execution->call.stream = self->stream;
    execution->call.script = script;
    execution->op.slots[1] = Py_NewRef(op);
    execution->op.slots[2] = Py_NewRef(async_result);
    return (PyObject *)execution;
}

static void
drop_stream(SourceObject *self)
{
    sac_stream *stream = self->stream;
    self->stream = NULL;
    if (stream != NULL) {
        sac_stream_drop(&self->channel->lease, stream);
    }
}

static PySendResult
close_step(Sac_Op *op, PyObject *Py_UNUSED(value), PyObject **result)
{
    drop_stream((SourceObject *)op->slots[0]);
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

static const Sac_OpKind close_kind = {"AsyncResult.close", close_step};

static PyObject *
source_close(PyObject *op)
{
    return (PyObject *)Sac_OpNew(SAC_STATE(op)->operation_type, &close_kind,
                                 op);
}

static const Sac_Source source_methods = {source_next, source_close};

PyObject *
Sac_StreamResult(Sac_Execution *execution, Sac_Channel *channel,
                 Sac_Outcome *outcome)
{
    SourceObject *self = (SourceObject *)execution->op.slots[SOURCE_SLOT];
    execution->op.slots[SOURCE_SLOT] = NULL;
    execution->call.stream = NULL;
    execution->call.script = NULL;
    self->execution = Py_NewRef((PyObject *)execution);
    PyObject *result =
        Sac_AsyncResultNew(SAC_STATE(channel), (PyObject *)self,
                           &source_methods, outcome, is_live(self));
    Py_DECREF(self);
    return result;
}

static int
source_traverse(PyObject *op, visitproc visit, void *arg)
{
    SourceObject *self = (SourceObject *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->channel);
    Py_VISIT(self->owner);
    Py_VISIT(self->execution);
    return 0;
}

static void
source_dealloc(PyObject *op)
{
    SourceObject *self = (SourceObject *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    drop_stream(self);
    Py_CLEAR(self->execution);
    Py_CLEAR(self->owner);
    Py_CLEAR(self->channel);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyType_Slot source_slots[] = {
    {Py_tp_dealloc, source_dealloc},
    {Py_tp_traverse, source_traverse},
    {0, NULL},
};

static PyType_Spec source_spec = {
    .name = "sqlactive_c._core.StreamSource",
    .basicsize = sizeof(SourceObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = source_slots,
};

int
Sac_RegisterStream(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &source_spec, &state->stream_source_type, 0);
}
