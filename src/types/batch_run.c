/* Running a batch: one call of the engine for all of its steps, and for their
 * COMMIT.
 *
 * With the GIL, on the loop's thread.  The execution takes the steps along,
 * so that the batch can be filled again, and so that a call that was left
 * behind has all that it reads. */
#include "base/memory.h"
#include "bridge/compat.h"
#include "bridge/errors.h"
#include "bridge/params.h"
#include "types/batch.h"
#include "types/channel.h"
#include "types/listeners.h"
#include "types/ready.h"
#include "types/saver.h"

enum { STEPS_SLOT = 2 }; /* of the Execution: list of BatchStep */

static PyObject *
steps_of(const Sac_Execution *execution)
{
    return execution->op.slots[STEPS_SLOT];
}

static Sac_BatchStep *
step_at(const Sac_Execution *execution, Py_ssize_t at)
{
    return (Sac_BatchStep *)PyList_GET_ITEM(steps_of(execution), at);
}

static Sac_Channel *
channel_of(const Sac_Execution *execution)
{
    return (Sac_Channel *)step_at(execution, 0)->part->op.slots[1];
}

/* ---- before and after -------------------------------------------------- */

/* Somebody listens: one statement after the other is run and told about, and
 * the COMMIT is left to the session. */
static int
announce(Sac_Execution *self)
{
    Sac_Execution *part = step_at(self, self->script.until)->part;
    if (Sac_ListenersObservePart(part, channel_of(self)) < 0 ||
        Sac_ChannelLogExecution(part) < 0) {
        return -1;
    }
    self->script.until++;
    self->always_finish = self->script.until == self->script.count;
    return 0;
}

static int
announce_next(Sac_Execution *self)
{
    int last = self->script.until - 1;
    if (Sac_ListenersPartEnded(step_at(self, last)->part, &self->steps[last]) <
        0) {
        return -1;
    }
    if (self->script.until == self->script.count) {
        return 0;
    }
    return announce(self) < 0 ? -1 : 1;
}

static int
before(Sac_Execution *self)
{
    if (Sac_ChannelBeforeExecute(self) < 0) {
        return -1;
    }
    if ((SAC_STATE(self)->engine_events & SAC_LISTEN_CURSOR) != 0) {
        self->next = announce_next;
        return announce(self);
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(steps_of(self)); i++) {
        if (Sac_ChannelLogExecution(step_at(self, i)->part) < 0) {
            return -1;
        }
    }
    self->call.commit = self->op.number != 0;
    self->always_finish = true;
    return 0;
}

static void
drop_steps(Sac_Execution *self)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(steps_of(self)); i++) {
        Sac_BatchStepDrop(step_at(self, i));
    }
}

/* The exception of the step where the script stopped. */
static void
raise_error(Sac_Execution *self)
{
    const sac_error *error = &self->call.error;
    bool of_step = !self->call.committing && error->step >= 0 &&
                   error->step < self->script.count;
    Sac_ErrorContext context = {.hide_parameters = self->hide_parameters};
    PyObject *shown = NULL;
    if (of_step) {
        Sac_BatchStep *step = step_at(self, error->step);
        size_t set = self->script.at == error->step ? self->script.set : 0;
        if (error->status == SAC_ERR_ROW_COUNT) {
            PyObject *raised =
                Sac_BatchStepMismatch(step, self->steps[error->step].changes);
            if (raised != NULL) {
                PyErr_SetObject((PyObject *)Py_TYPE(raised), raised);
                Py_DECREF(raised);
            }
            if (PyErr_Occurred()) {
                return;
            }
        }
        size_t rows = step->part->step.params.rows;
        shown = Sac_ShownSet(step->part, set < rows ? set : 0);
        if (shown == NULL) {
            return;
        }
        context.statement = step->part->statement;
        context.parameters = shown;
    }
    Sac_ExecutionRaiseIn(self, &context);
    Py_XDECREF(shown);
    if (of_step) {
        Sac_ExecutionTellFailed(step_at(self, error->step)->part);
    }
}

static void
failed(Sac_Execution *self, bool raises)
{
    if (raises) {
        raise_error(self);
    }
    drop_steps(self);
    Sac_ChannelDropTask(channel_of(self));
}

/* Steps whose rows are counted after the run. -> 0 or -1. */
static int
check_counts(Sac_Execution *self)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(steps_of(self)); i++) {
        Sac_BatchStep *step = step_at(self, i);
        int64_t changes = self->steps[i].changes;
        if (!step->expects || step->strict || changes == step->expect) {
            continue;
        }
        PyObject *error = Sac_BatchStepMismatch(step, changes);
        if (error != NULL) {
            PyErr_SetObject((PyObject *)Py_TYPE(error), error);
            Py_DECREF(error);
        }
        if (PyErr_Occurred()) {
            return -1;
        }
    }
    return 0;
}

/* What RETURNING gave is what the statement wrote, before triggers did. */
static void
note_side_effects(Sac_Execution *self)
{
    Sac_Session *session = (Sac_Session *)self->op.slots[0];
    session->side_effects = false;
    for (int i = 0; i < self->script.count; i++) {
        session->side_effects |= self->steps[i].side_effects;
    }
}

static PyObject *
finish(Sac_Execution *self)
{
    Sac_State *state = SAC_STATE(self);
    Sac_Channel *channel = channel_of(self);
    bool committed = self->call.committing;
    note_side_effects(self);
    int rc = 0;
    for (Py_ssize_t i = 0; rc == 0 && i < self->script.count; i++) {
        rc = Sac_BatchStepSettle(state, step_at(self, i), self->steps);
    }
    if (rc < 0) {
        PyObject *error = Sac_ErrTake();
        drop_steps(self);
        Sac_ErrGive(error);
    }
    else {
        rc = check_counts(self);
    }
    if (!committed) {
        Sac_ChannelDropTask(channel);
        return rc < 0 ? NULL : Py_NewRef(Py_False);
    }
    PyObject *error = Sac_ErrTake();
    Py_XDECREF(Sac_ChannelFinishEnd(self));
    if (rc == 0) {
        rc = Sac_ChannelLogEvent(channel, "COMMIT");
    }
    else {
        Sac_ErrGive(error);
    }
    return rc < 0 ? NULL : Py_NewRef(Py_True);
}

/* ---- the call ---------------------------------------------------------- */

/* The plans move into the script, the values stay where they are. */
static int
make_script(Sac_Execution *self)
{
    Py_ssize_t count = PyList_GET_SIZE(steps_of(self));
    self->steps = sac_calloc((size_t)count, sizeof(*self->steps));
    if (self->steps == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        sac_step *step = &step_at(self, i)->part->step;
        self->steps[i] = *step;
        step->plan = NULL;
    }
    self->script.steps = self->steps;
    self->script.count = (int)count;
    return 0;
}

/* Is a COMMIT of the session one of SQLite? */
static bool
may_commit(const Sac_Session *session)
{
    return session->frame != NULL && session->frame->parent == NULL &&
           session->frame->scope == SAC_SCOPE_WHOLE;
}

/* -> new awaitable; the session has entered its transaction. */
static PyObject *
make_call(Sac_Batch *batch, bool commit)
{
    static const Sac_OpKind kind = {"Batch.run", NULL};
    Sac_State *state = SAC_STATE(batch);
    Sac_Session *session = batch->session;
    PyObject *empty = PyList_New(0);
    Sac_Execution *self =
        empty == NULL
            ? NULL
            : Sac_ChannelExecution(session->channel, (PyObject *)session,
                                   &kind, SAC_CALL_EXECUTE, finish);
    if (self == NULL) {
        Py_XDECREF(empty);
        return NULL;
    }
    self->op.slots[STEPS_SLOT] = Py_NewRef(batch->steps);
    if (make_script(self) < 0) {
        Sac_OpDiscard((PyObject *)self);
        Py_DECREF(empty);
        return NULL;
    }
    Py_SETREF(batch->steps, empty);
    batch->unit = ++state->last_identity;
    batch->blocked = false;
    self->before = before;
    self->failed = failed;
    self->op.number = commit && may_commit(session);
    return (PyObject *)self;
}

/* A session in a savepoint of the bound connection: slots[1] is the batch,
 * number: whether to commit. */
static PySendResult
join_and_run(Sac_Op *op, PyObject *value, PyObject **result)
{
    Sac_Batch *batch = (Sac_Batch *)op->slots[1];
    PyObject *next = NULL;
    if (op->stage == 0) {
        if (Sac_SessionEnter(batch->session, &next) == NULL) {
            return PYGEN_ERROR;
        }
        op->stage = next == NULL ? 2 : 1;
    }
    else if (value == NULL) {
        if (op->stage == 1) {
            Sac_SessionEnterFailed(batch->session);
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
        next = make_call(batch, op->number != 0);
    }
    return Sac_OpAwait(op, next) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
}

static PySendResult
joining_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    PySendResult outcome = join_and_run(op, value, result);
    if (outcome == PYGEN_ERROR) {
        Sac_BatchClear((Sac_Batch *)op->slots[1]);
    }
    return outcome;
}

static PyObject *
run_joining(Sac_Batch *batch, bool commit)
{
    static const Sac_OpKind kind = {"Batch.run", joining_step};
    Sac_Op *op = Sac_OpNew(SAC_STATE(batch)->operation_type, &kind,
                           (PyObject *)batch->session);
    if (op != NULL) {
        op->slots[1] = Py_NewRef((PyObject *)batch);
        op->number = commit;
    }
    return (PyObject *)op;
}

PyObject *
Sac_BatchRun(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"commit", NULL};
    Sac_Batch *batch = (Sac_Batch *)op;
    Sac_Session *session = batch->session;
    int commit = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|p:run",
                                     (char **)(uintptr_t)names, &commit) ||
        Sac_BatchEnter(batch) < 0) {
        return NULL;
    }
    batch->busy = false;
    if (PyList_GET_SIZE(batch->steps) == 0) {
        return Sac_ReadyNew(SAC_STATE(op), Py_NewRef(Py_False));
    }
    if (session->bind != NULL &&
        !Sac_EngineCheck(SAC_STATE(op), session->bind)) {
        return run_joining(batch, commit != 0);
    }
    PyObject *first;
    PyObject *call = Sac_SessionEnter(session, &first) == NULL
                         ? NULL
                         : make_call(batch, commit != 0);
    if (call == NULL) {
        Sac_BatchClear(batch);
    }
    return call;
}
