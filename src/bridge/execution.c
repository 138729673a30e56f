/* The leaf awaitable: drives one sac_call.
 *
 * With the GIL, on the thread of the loop (or of Sac_OpDrive).  The rules:
 *   - in_flight is true exactly while the engine will call wake(), so the
 *     object must not go away meanwhile.
 *   - Whatever is thrown in, the call is seen to its end before the exception
 *     leaves: nothing else may run on the lease earlier.
 *   - close() and dropping the object leave a call behind.  It is then an
 *     orphan: cancelled, and, while in flight, kept alive by a reference to
 *     itself; wake() finishes it.
 *   - In flight, the future is not shown to the garbage collector: a task
 *     that nobody but its future holds is not collected in the middle of its
 *     call, as if the loop held the future.
 * Knows nothing of what was executed: that is `finish`'s. */
#include "bridge/execution.h"

#include <stddef.h>

#include "base/memory.h"
#include "bridge/compat.h"
#include "bridge/loop.h"

/* Calls that end inline keep the loop from running; after so long it gets a
 * turn before the next result is handed out. */
enum {
    INLINE_SHARE_NS = 1000000,
    SAME_TURN_NS = 20000, /* calls closer than this: the loop did not run */
    LOOK_NS = 500000000,  /* between two looks at who has the token */
    UP_NS = 1000000,      /* a wait that is so close to its end has ended */
};

/* ---- what the engine calls --------------------------------------------- */

/* Keeps the current exception. */
static void
drop_timer(Sac_Execution *self)
{
    PyObject *timer = self->timer;
    if (timer == NULL) {
        return;
    }
    PyObject *saved = Sac_ErrTake();
    self->timer = NULL;
    PyObject *done =
        PyObject_CallMethodNoArgs(timer, SAC_STATE(self)->str_cancel);
    Py_DECREF(timer);
    if (done == NULL) {
        PyErr_WriteUnraisable((PyObject *)self);
    }
    Py_XDECREF(done);
    Sac_ErrGive(saved);
}

static void
drop_future(Sac_Execution *self)
{
    sac_list_remove(&self->link);
    Py_CLEAR(self->future);
}

/* Keeps the exception that ends the call; the first one counts.
 * steals: exception. */
static void
remember(Sac_Execution *self, PyObject *exception)
{
    if (self->cancelled == NULL) {
        self->cancelled = exception;
    }
    else {
        Py_XDECREF(exception);
    }
}

static sac_port *
execution_need_port(sac_call *call)
{
    Sac_Execution *self = SAC_CONTAINER(call, Sac_Execution, call);
    if (self->op.drive != NULL) {
        return self->op.drive->port;
    }
    if (self->port_object == NULL) {
        Sac_State *state = SAC_STATE(self);
        PyObject *loop = PyObject_CallNoArgs(state->get_running_loop);
        if (loop != NULL) {
            self->port_object = Sac_PortOfLoop(state, loop);
            Py_DECREF(loop);
        }
        if (self->port_object == NULL) {
            self->no_port = true;
            remember(self, Sac_ErrTake());
            return NULL;
        }
    }
    return Sac_PortGet(self->port_object);
}

/* Goes on with a call that was asked to end. */
static sac_progress
go_on_cancelled(Sac_Execution *self)
{
    sac_progress progress = sac_call_cancel(&self->call);
    if (progress == SAC_PROGRESS_WAIT && !self->in_flight) {
        progress = sac_call_advance(&self->call); /* its message has come */
    }
    self->in_flight = progress == SAC_PROGRESS_WAIT;
    return progress;
}

/* Keeps the current exception. */
static void
give_up(Sac_Execution *self)
{
    if (self->failed != NULL) {
        PyObject *saved = Sac_ErrTake();
        self->failed(self, false);
        self->failed = NULL;
        Sac_ErrGive(saved);
    }
}

/* Nobody waits for the outcome any more: cancels, and ends the call now or,
 * later, in wake().  Keeps the current exception. */
static void
become_orphan(Sac_Execution *self)
{
    PyObject *saved = Sac_ErrTake();
    assert(!self->orphan);
    self->orphan = true;
    give_up(self);
    drop_timer(self);
    drop_future(self);
    if (go_on_cancelled(self) == SAC_PROGRESS_WAIT) {
        if (self->call.state != SAC_AT_LEASE) {
            self->call.lease->left = true;
        }
        Py_INCREF(self);
        Sac_PortsAdopt(SAC_STATE(self)); /* its own loop may be gone */
    }
    Sac_ErrGive(saved);
}

/* -> whether the loop of the future will never run again. */
static bool
future_is_stranded(Sac_State *state, PyObject *future)
{
    bool stranded = true;
    PyObject *loop = PyObject_CallMethod(future, "get_loop", NULL);
    if (loop != NULL) {
        PyObject *closed =
            PyObject_CallMethodNoArgs(loop, state->str_is_closed);
        stranded = closed != Py_False;
        Py_XDECREF(closed);
        Py_DECREF(loop);
    }
    PyErr_Clear();
    return stranded;
}

/* Resumes the task.  -> false when nobody is there to resume. */
static bool
resolve(Sac_Execution *self)
{
    Sac_State *state = SAC_STATE(self);
    PyObject *future = self->future;
    if (self->op.drive != NULL) {
        return true;
    }
    if (future == NULL) {
        return false;
    }
    Py_INCREF(future);
    PyObject *done = PyObject_CallMethodNoArgs(future, state->str_done);
    PyObject *set = NULL;
    if (done == Py_False) {
        set =
            PyObject_CallMethodOneArg(future, state->str_set_result, Py_None);
    }
    bool resumed = set != NULL;
    PyErr_Clear();         /* a closed loop takes no callbacks: stranded */
    if (done == Py_True) { /* cancelled: throw() is on its way */
        resumed = !future_is_stranded(state, future);
    }
    Py_XDECREF(done);
    Py_XDECREF(set);
    Py_DECREF(future);
    return resumed;
}

void
Sac_ExecutionsCollect(Sac_State *state)
{
    sac_list dead, alive;
    sac_list *node;
    sac_list_init(&dead);
    sac_list_init(&alive);
    while ((node = sac_list_take_front(&state->waiting)) != NULL) {
        Sac_Execution *self = SAC_CONTAINER(node, Sac_Execution, link);
        sac_list_push_back(&alive, node);
        Py_INCREF(self);
        if (future_is_stranded(state, self->future)) {
            sac_list_remove(node);
            sac_list_push_back(&dead, node);
        }
        Py_DECREF(self);
    }
    sac_list_move(&state->waiting, &alive);
    while ((node = sac_list_take_front(&dead)) != NULL) {
        Sac_Execution *self = SAC_CONTAINER(node, Sac_Execution, link);
        Py_INCREF(self);
        /* The future cannot wake its task, but lets go of it. */
        if (!resolve(self) && !self->orphan) {
            become_orphan(self);
        }
        Py_DECREF(self);
    }
}

static void
execution_wake(sac_call *call)
{
    Sac_Execution *self = SAC_CONTAINER(call, Sac_Execution, call);
    assert(self->in_flight);
    if (self->orphan) {
        if (sac_call_advance(call) == SAC_PROGRESS_DONE) {
            self->in_flight = false;
            Py_DECREF(self);
        }
        return;
    }
    self->in_flight = false;
    Py_INCREF(self);
    drop_timer(self);
    /* A future of a closed loop lets go of its task, and that of us. */
    if (!resolve(self) && !self->orphan) {
        become_orphan(self);
    }
    Py_DECREF(self);
}

/* ---- waiting ----------------------------------------------------------- */

static bool
waits_in_queue(const Sac_Execution *self)
{
    return self->call.state == SAC_AT_POOL ||
           self->call.state == SAC_AT_WRITER;
}

/* -> how long to let it wait now, or < 0: until it is woken. */
static int64_t
patience(const Sac_Execution *self)
{
    if (!waits_in_queue(self)) {
        return -1;
    }
    int64_t rest = INT64_MAX;
    if (self->wait_timeout >= 0.0) {
        rest = self->deadline_ns - sac_clock_ns();
        rest = rest < 0 ? 0 : rest;
    }
    if (self->look != NULL && self->call.state == SAC_AT_WRITER &&
        rest > LOOK_NS) {
        rest = LOOK_NS;
    }
    return rest == INT64_MAX ? -1 : rest;
}

/* It waits still, and was woken for that. -> whether the wait is over. */
static bool
look(Sac_Execution *self)
{
    if (self->wait_timeout >= 0.0 &&
        sac_clock_ns() >= self->deadline_ns - UP_NS) {
        return sac_call_time_out(&self->call) == SAC_PROGRESS_DONE;
    }
    if (self->look != NULL && self->call.state == SAC_AT_WRITER) {
        self->look(self);
    }
    return false;
}

static int start_timer(Sac_Execution *self, Sac_State *state, PyObject *loop);

static void
look_again(Sac_Execution *self)
{
    Sac_State *state = SAC_STATE(self);
    PyObject *loop = PyObject_CallNoArgs(state->get_running_loop);
    if (loop == NULL || start_timer(self, state, loop) < 0) {
        PyErr_WriteUnraisable((PyObject *)self);
    }
    Py_XDECREF(loop);
}

/* What the loop's timer calls. */
static PyObject *
execution_time_out(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Execution *self = (Sac_Execution *)op;
    Py_CLEAR(self->timer);
    if (!self->in_flight || self->orphan) {
        Py_RETURN_NONE;
    }
    if (!look(self)) {
        look_again(self);
        Py_RETURN_NONE;
    }
    self->in_flight = false;
    if (!resolve(self) && !self->orphan) {
        become_orphan(self);
    }
    Py_RETURN_NONE;
}

static PyMethodDef time_out_method = {
    "time_out",
    execution_time_out,
    METH_NOARGS,
    NULL,
};

/* loop.call_later() for the wait in a queue. */
static int
start_timer(Sac_Execution *self, Sac_State *state, PyObject *loop)
{
    int64_t wait_ns = patience(self);
    if (wait_ns < 0) {
        return 0;
    }
    PyObject *delay = PyFloat_FromDouble((double)wait_ns * 1e-9);
    PyObject *callback = PyCFunction_New(&time_out_method, (PyObject *)self);
    if (delay != NULL && callback != NULL) {
        self->timer = PyObject_CallMethodObjArgs(loop, state->str_call_later,
                                                 delay, callback, NULL);
    }
    Py_XDECREF(delay);
    Py_XDECREF(callback);
    return self->timer == NULL ? -1 : 0;
}

static int
make_future(Sac_Execution *self)
{
    Sac_State *state = SAC_STATE(self);
    PyObject *loop = PyObject_CallNoArgs(state->get_running_loop);
    if (loop == NULL) {
        return -1;
    }
    int rc = -1;
    PyObject *future =
        PyObject_CallMethodNoArgs(loop, state->str_create_future);
    if (future != NULL &&
        PyObject_SetAttr(future, state->str_future_blocking, Py_True) == 0) {
        drop_future(self);
        self->future = Py_NewRef(future);
        sac_list_push_back(&state->waiting, &self->link);
        rc = start_timer(self, state, loop);
    }
    Py_XDECREF(future);
    Py_DECREF(loop);
    return rc;
}

static PySendResult
wait_on(Sac_Execution *self, PyObject **result)
{
    Sac_Drive *drive = self->op.drive;
    self->in_flight = true;
    if (drive != NULL) {
        int64_t wait_ns = patience(self);
        drive->deadline_ns = wait_ns < 0 ? -1 : sac_clock_ns() + wait_ns;
        *result = Py_NewRef(Py_None);
        return PYGEN_NEXT;
    }
    if (make_future(self) < 0) {
        become_orphan(self);
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(self->future);
    return PYGEN_NEXT;
}

static PySendResult
suspend(Sac_Execution *self, PyObject **result)
{
    if (self->wait_timeout >= 0.0 && waits_in_queue(self)) {
        self->deadline_ns =
            sac_clock_ns() + (int64_t)(self->wait_timeout * 1e9);
    }
    return wait_on(self, result);
}

/* ---- the end ----------------------------------------------------------- */

/* The call succeeded, and its caller was told to stop while it did.  The
 * exception that tells so counts more than anything that goes wrong here. */
static void
finish_unheard(Sac_Execution *self)
{
    PyObject *result = self->finish(self);
    if (result == NULL) {
        PyErr_Clear();
    }
    Py_XDECREF(result);
}

/* The call is over: what the await gives. */
static PySendResult
conclude(Sac_Execution *self, PyObject **result)
{
    drop_timer(self);
    drop_future(self);
    Py_CLEAR(self->port_object);
    if (self->no_port && self->call.error.status == SAC_OK) {
        Py_CLEAR(self->cancelled); /* it could be done without waiting */
    }
    if (self->cancelled != NULL) {
        if (self->always_finish && self->call.error.status == SAC_OK) {
            finish_unheard(self);
        }
        else {
            give_up(self);
        }
        Sac_ErrGive(self->cancelled);
        self->cancelled = NULL;
        return PYGEN_ERROR;
    }
    if (self->call.error.status != SAC_OK) {
        if (self->failed != NULL) {
            self->failed(self, true);
            self->failed = NULL;
        }
        else {
            (void)Sac_ExecutionRaise(self);
        }
        return PYGEN_ERROR;
    }
    *result = self->finish == NULL ? Py_NewRef(Py_None) : self->finish(self);
    return *result == NULL ? PYGEN_ERROR : PYGEN_RETURN;
}

/* The call is done: goes on with its next statements, or concludes. */
static PySendResult
finish(Sac_Execution *self, PyObject **result)
{
    while (self->next != NULL && self->cancelled == NULL &&
           self->call.error.status == SAC_OK) {
        int more = self->next(self);
        if (more < 0) {
            give_up(self);
            return PYGEN_ERROR;
        }
        if (more == 0) {
            break;
        }
        sac_call_again(&self->call);
        if (sac_call_advance(&self->call) == SAC_PROGRESS_WAIT) {
            return suspend(self, result);
        }
    }
    return conclude(self, result);
}

/* An inline call that succeeded: lets the loop run first when it is due. */
static PySendResult
share(Sac_Execution *self, PyObject **result)
{
    Sac_State *state = SAC_STATE(self);
    int64_t now = sac_clock_ns();
    int64_t pause = self->started_ns - state->inline_end_ns;
    state->inline_ns += now - self->started_ns;
    state->inline_ns += pause < SAME_TURN_NS ? pause : 0;
    state->inline_end_ns = now;
    if (state->inline_ns < INLINE_SHARE_NS || self->op.drive != NULL ||
        self->call.kind == SAC_CALL_CONNECT) { /* nobody could close it */
        return PYGEN_RETURN;
    }
    state->inline_ns = 0;
    self->result = *result;
    *result = Py_NewRef(Py_None);
    return PYGEN_NEXT;
}

static PySendResult
execution_start(Sac_Op *op, PyObject **result)
{
    Sac_Execution *self = (Sac_Execution *)op;
    if (op->drive == NULL) {
        op->drive = Sac_DriveCurrent(SAC_STATE(op));
    }
    if (self->before != NULL && self->before(self) < 0) {
        give_up(self);
        return PYGEN_ERROR;
    }
    self->started_ns = sac_clock_ns();
    if (sac_call_advance(&self->call) == SAC_PROGRESS_WAIT) {
        return suspend(self, result);
    }
    PySendResult outcome = finish(self, result);
    return outcome == PYGEN_RETURN ? share(self, result) : outcome;
}

/* ---- being resumed ----------------------------------------------------- */

/* The exception is set: ends the call first, then raises it. */
static PySendResult
thrown(Sac_Execution *self, PyObject **result)
{
    if (PyErr_ExceptionMatches(PyExc_GeneratorExit)) {
        become_orphan(self);
        return PYGEN_ERROR;
    }
    remember(self, Sac_ErrTake());
    if (go_on_cancelled(self) == SAC_PROGRESS_WAIT) {
        return suspend(self, result);
    }
    return finish(self, result);
}

/* Resumed although nothing has come: waits on, unless its time is up. */
static PySendResult
not_yet(Sac_Execution *self, PyObject **result)
{
    const Sac_Drive *drive = self->op.drive;
    if (drive != NULL && drive->deadline_ns >= 0 &&
        sac_clock_ns() >= drive->deadline_ns && look(self)) {
        self->in_flight = false;
        return finish(self, result);
    }
    return wait_on(self, result);
}

static PySendResult
execution_resume(Sac_Op *op, PyObject *value, PyObject **result)
{
    Sac_Execution *self = (Sac_Execution *)op;
    if (self->result != NULL) {
        *result = self->result;
        self->result = NULL;
        if (value == NULL) {
            Py_CLEAR(*result);
        }
        return value == NULL ? PYGEN_ERROR : PYGEN_RETURN;
    }
    if (self->orphan) {
        if (value != NULL) {
            PyErr_SetString(PyExc_RuntimeError,
                            "the event loop of this operation was closed");
        }
        return PYGEN_ERROR;
    }
    drop_timer(self);
    drop_future(self);
    if (value == NULL) {
        return thrown(self, result);
    }
    if (self->in_flight) {
        return not_yet(self, result);
    }
    if (sac_call_advance(&self->call) == SAC_PROGRESS_WAIT) {
        return suspend(self, result);
    }
    return finish(self, result);
}

static void
execution_abandon(Sac_Op *op)
{
    Sac_Execution *self = (Sac_Execution *)op;
    op->state = SAC_OP_CLOSED;
    if (!self->orphan && self->result == NULL) {
        become_orphan(self);
    }
}

static const Sac_OpFlow execution_flow = {
    .start = execution_start,
    .resume = execution_resume,
    .abandon = execution_abandon,
};

/* ---- the type ---------------------------------------------------------- */

Sac_Execution *
Sac_ExecutionNew(PyTypeObject *execution_type, const Sac_OpKind *kind,
                 PyObject *owner, sac_lease *lease, sac_call_kind call_kind,
                 Sac_ExecutionFinish finish_call)
{
    Sac_Execution *self =
        (Sac_Execution *)execution_type->tp_alloc(execution_type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->op.kind = kind;
    self->op.flow = &execution_flow;
    self->op.slots[0] = Py_XNewRef(owner);
    sac_list_init(&self->link);
    self->step.params.rows = 1;
    if (call_kind == SAC_CALL_EXECUTE) {
        self->script.steps = &self->step;
        self->script.count = 1;
    }
    self->values = self->inline_values;
    self->pins = self->pin_inline;
    self->pin_space =
        (Py_ssize_t)(sizeof(self->pin_inline) / sizeof(self->pin_inline[0]));
    self->finish = finish_call;
    self->wait_timeout = -1.0;
    sac_call_init(&self->call, lease, call_kind,
                  call_kind == SAC_CALL_EXECUTE ? &self->script : NULL);
    self->call.need_port = execution_need_port;
    self->call.wake = execution_wake;
    return self;
}

int
Sac_ExecutionReserve(Sac_Execution *self, size_t rows, size_t width)
{
    const size_t space = sizeof(self->inline_values) / sizeof(sac_value);
    if (width > 0 && rows > SIZE_MAX / sizeof(sac_value) / width) {
        PyErr_NoMemory();
        return -1;
    }
    if (rows * width > space) {
        sac_value *values = sac_malloc(rows * width * sizeof(sac_value));
        if (values == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        if (self->values != self->inline_values) {
            sac_free(self->values);
        }
        self->values = values;
    }
    self->step.params = (sac_params){
        .rows = rows,
        .width = width,
        .values = self->values,
    };
    return 0;
}

int
Sac_ExecutionPin(Sac_Execution *self, PyObject *object)
{
    if (self->pin_count == self->pin_space) {
        size_t space = (size_t)self->pin_space * 2;
        bool embedded = self->pins == self->pin_inline;
        PyObject **pins = sac_realloc(embedded ? NULL : self->pins,
                                      space * sizeof(PyObject *));
        if (pins == NULL) {
            Py_DECREF(object);
            PyErr_NoMemory();
            return -1;
        }
        if (embedded) {
            memcpy(pins, self->pin_inline, sizeof(self->pin_inline));
        }
        self->pins = pins;
        self->pin_space = (Py_ssize_t)space;
    }
    self->pins[self->pin_count++] = object;
    return 0;
}

static int
execution_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Execution *self = (Sac_Execution *)op;
    Py_VISIT(self->parameters);
    Py_VISIT(self->names);
    Py_VISIT(self->preset);
    Py_VISIT(self->shape);
    Py_VISIT(self->options);
    Py_VISIT(self->bound);
    Py_VISIT(self->things);
    Py_VISIT(self->port_object);
    if (!self->in_flight) {
        Py_VISIT(self->future);
    }
    Py_VISIT(self->timer);
    Py_VISIT(self->cancelled);
    Py_VISIT(self->result);
    Py_VISIT(self->observed);
    return Sac_OpTraverse(op, visit, arg);
}

static int
execution_clear(PyObject *op)
{
    Sac_Execution *self = (Sac_Execution *)op;
    Py_CLEAR(self->statement);
    Py_CLEAR(self->parameters);
    Py_CLEAR(self->names);
    Py_CLEAR(self->preset);
    Py_CLEAR(self->shape);
    Py_CLEAR(self->options);
    Py_CLEAR(self->bound);
    Py_CLEAR(self->things);
    Py_CLEAR(self->port_object);
    drop_future(self);
    Py_CLEAR(self->timer);
    Py_CLEAR(self->cancelled);
    Py_CLEAR(self->result);
    Py_CLEAR(self->observed);
    return Sac_OpClear(op);
}

static void
free_buffers(Sac_Execution *self)
{
    sac_script_fini(&self->script);
    sac_call_fini(&self->call);
    Py_XDECREF((PyObject *)self->call.raised);
    if (self->steps != NULL) {
        sac_free(self->steps);
    }
    if (self->values != self->inline_values) {
        sac_free(self->values);
    }
    for (Py_ssize_t i = 0; i < self->pin_count; i++) {
        Py_DECREF(self->pins[i]);
    }
    if (self->pins != self->pin_inline) {
        sac_free(self->pins);
    }
}

static void
execution_dealloc(PyObject *op)
{
    Sac_Execution *self = (Sac_Execution *)op;
    PyTypeObject *type = Py_TYPE(op);
    if (self->op.state != SAC_OP_CLOSED &&
        PyObject_CallFinalizerFromDealloc(op) < 0) {
        return; /* an orphan in flight lives on */
    }
    PyObject_GC_UnTrack(op);
    if (self->op.weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    free_buffers(self);
    (void)execution_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

PyDoc_STRVAR(
    execution_doc,
    "A coroutine of the package that talks to the database: await it once.");

static PyType_Slot execution_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)execution_doc},
    {Py_am_await, Sac_OpSelf},
    {Py_am_send, Sac_OpSend},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, Sac_OpNext},
    {Py_tp_repr, Sac_OpRepr},
    {Py_tp_finalize, Sac_OpFinalize},
    {Py_tp_traverse, execution_traverse},
    {Py_tp_clear, execution_clear},
    {Py_tp_dealloc, execution_dealloc},
    {Py_tp_methods, Sac_OpMethods},
    {Py_tp_getset, Sac_OpGetSet},
    {Py_tp_members, Sac_OpMembers},
    {0, NULL},
};

static PyType_Spec execution_spec = {
    .name = "sqlactive_c._core.Execution",
    .basicsize = sizeof(Sac_Execution),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = execution_slots,
};

int
Sac_RegisterExecution(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &execution_spec, &state->execution_type, 0);
}
