/* One Port per event loop.
 *
 * With the GIL.  The loop watches the descriptor of the Port's sac_port and
 * calls the Port when workers have posted something; the Port delivers it.
 * Where a loop cannot watch descriptors, a Python thread blocks in Port.wait()
 * and has the loop call the Port (state->watch_port).
 *
 * A port outlives its loop: messages may still be on their way to it.  So a
 * port is never thrown away while somebody waits on it; it is handed to the
 * next loop instead.  Knows nothing of what is delivered. */
#include "bridge/loop.h"

#include <errno.h>
#include <stddef.h>
#include <structmember.h>

#include "bridge/compat.h"
#include "bridge/execution.h"

typedef struct PortObject {
    PyObject_HEAD
    sac_port *port;          /* strong */
    PyObject *loop;          /* strong: a weak reference to the loop */
    PyThread_type_lock told; /* owned: taken while a thread in wait() has
                                told the loop and it has not delivered yet */
    PyObject *weakrefs;
} PortObject;

sac_port *
Sac_PortGet(PyObject *op)
{
    return ((PortObject *)op)->port;
}

/* A thread that watches for the loop may wait for the next message again. */
static void
tell_again(PortObject *self)
{
    (void)PyThread_acquire_lock(self->told, NOWAIT_LOCK);
    PyThread_release_lock(self->told);
}

static void
deliver(PyObject *op)
{
    PortObject *self = (PortObject *)op;
    sac_port_drain(self->port);
    tell_again(self);
}

/* ---- finding and making ------------------------------------------------ */

static bool
belongs_to(PyObject *op, PyObject *loop)
{
    PyObject *mine = Sac_WeakrefGet(((PortObject *)op)->loop);
    Py_XDECREF(mine);
    return mine == loop;
}

/* A loop that cannot tell is taken to be alive. */
static bool
loop_is_dead(Sac_State *state, PyObject *op)
{
    PyObject *loop = Sac_WeakrefGet(((PortObject *)op)->loop);
    if (loop == NULL) {
        return true;
    }
    PyObject *closed = PyObject_CallMethodNoArgs(loop, state->str_is_closed);
    Py_DECREF(loop);
    bool dead = closed == Py_True;
    Py_XDECREF(closed);
    PyErr_Clear();
    return dead;
}

static int
watch(Sac_State *state, PyObject *op, PyObject *loop)
{
    PyObject *done = NULL;
    PyObject *fd = PyLong_FromLong(sac_port_fd(Sac_PortGet(op)));
    if (fd == NULL) {
        return -1;
    }
    done =
        PyObject_CallMethodObjArgs(loop, state->str_add_reader, fd, op, NULL);
    Py_DECREF(fd);
    if (done == NULL && state->watch_port != NULL &&
        (PyErr_ExceptionMatches(PyExc_NotImplementedError) ||
         PyErr_ExceptionMatches(PyExc_AttributeError))) {
        PyErr_Clear();
        done = PyObject_CallFunctionObjArgs(state->watch_port, loop, op, NULL);
    }
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Makes the port the loop's, unless it is no longer `from`'s.  Finding out
 * and taking are one step: loops of other threads look for ports as well, and
 * all that calls Python lets them in.  -> 1 it is, 0 another loop was faster,
 * -1 with an exception. */
static int
assign(Sac_State *state, PyObject *op, PyObject *from, PyObject *loop)
{
    PortObject *self = (PortObject *)op;
    PyObject *reference = PyWeakref_NewRef(loop, NULL);
    if (reference == NULL) {
        return -1;
    }
    if (self->loop != from) {
        Py_DECREF(reference);
        return 0;
    }
    Py_XINCREF(from);
    Py_XSETREF(self->loop, Py_NewRef(reference));
    int rc = watch(state, op, loop);
    if (rc < 0 && self->loop == reference) {
        Py_XSETREF(self->loop, Py_XNewRef(from)); /* for the next one */
    }
    Py_XDECREF(from);
    Py_DECREF(reference);
    return rc < 0 ? -1 : 1;
}

/* The port at `i` leaves the list, unless it is another one by now. */
static int
remove_port(Sac_State *state, Py_ssize_t i, PyObject *op)
{
    if (i >= PyList_GET_SIZE(state->ports) ||
        PyList_GET_ITEM(state->ports, i) != op) {
        return 0;
    }
    return PyList_SetSlice(state->ports, i, i + 1, NULL);
}

/* Takes the port of a dead loop, or drops it when *mine is there already and
 * nobody waits on this one.  -> 0, or -1 with an exception. */
static int
adopt_one(Sac_State *state, PyObject *loop, Py_ssize_t i, PyObject *op,
          PyObject **mine)
{
    PyObject *from = Py_NewRef(((PortObject *)op)->loop);
    int rc = 0;
    if (loop_is_dead(state, op)) {
        if (*mine != NULL && Py_REFCNT(op) == 2) {
            rc = remove_port(state, i, op);
        }
        else {
            rc = assign(state, op, from, loop);
            if (rc > 0) {
                Py_XSETREF(*mine, Py_NewRef(op));
            }
        }
    }
    Py_DECREF(from);
    return rc < 0 ? -1 : 0;
}

/* Takes what dead loops have left: ports with work under way, and one more
 * when there is no port yet.  steals: mine, the loop's port or NULL.
 * -> new ref: the loop's port; NULL without an exception: there is none. */
static PyObject *
adopt(Sac_State *state, PyObject *loop, PyObject *mine)
{
    for (Py_ssize_t i = PyList_GET_SIZE(state->ports) - 1; i >= 0; i--) {
        if (i >= PyList_GET_SIZE(state->ports)) {
            continue; /* another thread has changed the list */
        }
        PyObject *op = Py_NewRef(PyList_GET_ITEM(state->ports, i));
        int rc = adopt_one(state, loop, i, op, &mine);
        Py_DECREF(op);
        if (rc < 0) {
            Py_XDECREF(mine);
            return NULL;
        }
    }
    return mine;
}

static PyObject *
port_new(Sac_State *state, PyObject *loop)
{
    PyTypeObject *type = state->port_type;
    PortObject *self = (PortObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    int rc = sac_port_new(&self->port);
    self->told = PyThread_allocate_lock();
    if (rc == 0 && self->told == NULL) {
        rc = ENOMEM;
    }
    if (rc != 0) {
        Py_DECREF(self);
        if (rc == ENOMEM) {
            return PyErr_NoMemory();
        }
        errno = rc;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    if (assign(state, (PyObject *)self, NULL, loop) < 0 ||
        PyList_Append(state->ports, (PyObject *)self) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* A descriptor that two processes share would wake the wrong one. */
static int
forget_parent(Sac_State *state)
{
    if (!sac_fork_guard_tripped(state->fork_guard)) {
        return 0;
    }
    sac_fork_guard *guard = sac_fork_guard_new();
    if (guard == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    sac_fork_guard_free(state->fork_guard);
    state->fork_guard = guard;
    Py_CLEAR(state->last_port);
    return PyList_SetSlice(state->ports, 0, PY_SSIZE_T_MAX, NULL);
}

PyObject *
Sac_PortOfLoop(Sac_State *state, PyObject *loop)
{
    if (forget_parent(state) < 0) {
        return NULL;
    }
    if (state->last_port != NULL && belongs_to(state->last_port, loop)) {
        return Py_NewRef(state->last_port);
    }
    Sac_ExecutionsCollect(state); /* a new loop: old ones may be closed */
    Py_CLEAR(state->last_port);
    PyObject *port = NULL;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(state->ports); i++) {
        PyObject *op = PyList_GET_ITEM(state->ports, i);
        if (belongs_to(op, loop)) {
            port = Py_NewRef(op);
            break;
        }
    }
    if (port == NULL) {
        port = adopt(state, loop, NULL);
    }
    if (port == NULL && !PyErr_Occurred()) {
        port = port_new(state, loop);
    }
    if (port != NULL) {
        Py_XSETREF(state->last_port, Py_NewRef(port));
    }
    return port;
}

void
Sac_PortsAdopt(Sac_State *state)
{
    PyObject *loop = PyObject_CallNoArgs(state->get_running_loop);
    if (loop != NULL) {
        PyObject *port = Sac_PortOfLoop(state, loop);
        if (port != NULL) {
            port = adopt(state, loop, port);
        }
        Py_XDECREF(port);
        Py_DECREF(loop);
    }
    PyErr_Clear(); /* no loop, or none that takes it: another one will */
}

void
Sac_PortsCollect(Sac_State *state)
{
    if (sac_fork_guard_tripped(state->fork_guard)) {
        return;
    }
    Sac_ExecutionsCollect(state);
    Py_CLEAR(state->last_port);
    for (Py_ssize_t i = PyList_GET_SIZE(state->ports) - 1; i >= 0; i--) {
        if (i >= PyList_GET_SIZE(state->ports)) {
            continue; /* a delivery ran code that changed the list */
        }
        PyObject *op = Py_NewRef(PyList_GET_ITEM(state->ports, i));
        if (loop_is_dead(state, op)) {
            deliver(op);
            if (Py_REFCNT(op) == 2 && remove_port(state, i, op) < 0) {
                PyErr_WriteUnraisable(op);
            }
        }
        Py_DECREF(op);
    }
}

/* ---- the type ---------------------------------------------------------- */

static PyObject *
port_call(PyObject *op, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    Sac_State *state = SAC_STATE(op);
    deliver(op);
    state->inline_ns = 0;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    wait_doc,
    "wait($self, timeout, /)\n--\n\n"
    "Block the calling thread until there is something to deliver.\n\n"
    "What the thread was told once, it is not told again before it has been\n"
    "delivered or the timeout has passed.\n\n"
    "Args:\n    timeout: Seconds, a float.\n\n"
    "Returns:\n    Whether there is something.");

/* -> whether there is something; takes `told` then.  Without the GIL. */
static bool
wait_for_news(PortObject *self, int64_t timeout_ns)
{
    int64_t deadline = sac_clock_ns() + timeout_ns;
    (void)PyThread_acquire_lock_timed(self->told, timeout_ns / 1000, 0);
    int64_t left = deadline - sac_clock_ns();
    bool news = sac_port_wait(self->port, left < 0 ? 0 : left) == 1;
    if (!news) {
        tell_again(self);
    }
    return news;
}

static PyObject *
port_wait(PyObject *op, PyObject *timeout)
{
    double seconds = PyFloat_AsDouble(timeout);
    if (seconds == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    if (!(seconds >= 0.0 && seconds <= 3600.0)) {
        PyErr_SetString(PyExc_ValueError,
                        "timeout must be between 0 and 3600 seconds");
        return NULL;
    }
    bool news;
    Py_BEGIN_ALLOW_THREADS
    news = wait_for_news((PortObject *)op, (int64_t)(seconds * 1e9));
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(news);
}

PyDoc_STRVAR(
    pass_on_doc,
    "pass_on($self, /)\n--\n\n"
    "What wait() has told could not be delivered: tell the next thread.");

static PyObject *
port_pass_on(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    tell_again((PortObject *)op);
    Py_RETURN_NONE;
}

static int
port_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((PortObject *)op)->loop);
    return 0;
}

static int
port_clear(PyObject *op)
{
    Py_CLEAR(((PortObject *)op)->loop);
    return 0;
}

static void
port_dealloc(PyObject *op)
{
    PortObject *self = (PortObject *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    (void)port_clear(op);
    sac_port_release(self->port);
    if (self->told != NULL) {
        PyThread_free_lock(self->told);
    }
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMethodDef port_methods[] = {
    {"wait", port_wait, METH_O, wait_doc},
    {"pass_on", port_pass_on, METH_NOARGS, pass_on_doc},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef port_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(PortObject, weakrefs),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(
    port_doc,
    "Where finished work comes back to an event loop; calling it delivers.");

static PyType_Slot port_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)port_doc},
    {Py_tp_call, port_call},
    {Py_tp_traverse, port_traverse},
    {Py_tp_clear, port_clear},
    {Py_tp_dealloc, port_dealloc},
    {Py_tp_methods, port_methods},
    {Py_tp_members, port_members},
    {0, NULL},
};

static PyType_Spec port_spec = {
    .name = "sqlactive_c._core.Port",
    .basicsize = sizeof(PortObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = port_slots,
};

int
Sac_RegisterPort(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &port_spec, &state->port_type, 0);
}
