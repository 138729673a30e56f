/* Running an awaitable to its end in a thread that has no event loop.
 *
 * With the GIL, which is released while the thread waits.  The driver owns a
 * port of its own: the leaves wait on it instead of a loop's (op->drive), and
 * yield None where they would yield a future.  A leaf that a coroutine of
 * somebody else awaits finds its drive by the thread.  Knows no engine. */
#include <errno.h>

#include "bridge/operation.h"

Sac_Drive *
Sac_DriveCurrent(Sac_State *state)
{
    unsigned long thread =
        sac_list_empty(&state->drives) ? 0 : PyThread_get_thread_ident();
    sac_list *end = &state->drives;
    for (sac_list *at = end->next; at != end; at = at->next) {
        Sac_Drive *drive = SAC_CONTAINER(at, Sac_Drive, link);
        if (drive->thread == thread) {
            return drive;
        }
    }
    return NULL;
}

/* Blocks until something for the port has come and delivers it.
 * -> 0, or -1 with what a signal handler raised. */
static int
wait_and_deliver(Sac_Drive *drive)
{
    int64_t timeout = -1;
    if (drive->deadline_ns >= 0) {
        timeout = drive->deadline_ns - sac_clock_ns();
        timeout = timeout < 0 ? 0 : timeout;
    }
    int rc;
    Py_BEGIN_ALLOW_THREADS
    rc = sac_port_wait(drive->port, timeout);
    Py_END_ALLOW_THREADS
    sac_port_drain(drive->port);
    return rc < 0 ? PyErr_CheckSignals() : 0;
}

static PySendResult
drive_on(Sac_Op *op, Sac_Drive *drive, PyObject *yielded, PyObject **result)
{
    if (yielded != Py_None) {
        PyErr_Format(PyExc_RuntimeError,
                     "cannot wait for %R without an event loop", yielded);
        Py_DECREF(yielded);
        return Sac_OpThrow(op, result);
    }
    Py_DECREF(yielded);
    if (wait_and_deliver(drive) < 0) {
        return Sac_OpThrow(op, result);
    }
    if (drive->interrupted) {
        drive->interrupted = false;
        PyErr_SetNone(SAC_STATE(op)->cancelled_error);
        return Sac_OpThrow(op, result);
    }
    return Sac_OpSend((PyObject *)op, Py_None, result);
}

/* It only had to end the wait. */
static void
nudge_delivered(sac_message *Py_UNUSED(message))
{
}

void
Sac_OpInterrupt(PyObject *object)
{
    Sac_Drive *drive = ((Sac_Op *)object)->drive;
    if (drive != NULL && !drive->nudged) {
        drive->interrupted = true;
        drive->nudged = true;
        sac_port_post(drive->port, &drive->nudge);
    }
}

PyObject *
Sac_OpDrive(PyObject *object)
{
    Sac_Op *op = (Sac_Op *)object;
    Sac_Drive drive = {
        .deadline_ns = -1,
        .thread = PyThread_get_thread_ident(),
        .nudge = {.deliver = nudge_delivered},
    };
    if (op->drive != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "it is being driven already");
        return NULL;
    }
    int rc = sac_port_new(&drive.port);
    if (rc != 0) {
        op->state = SAC_OP_CLOSED; /* it is not the caller who forgot it */
        if (rc == ENOMEM) {
            return PyErr_NoMemory();
        }
        errno = rc;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    PyObject *result;
    op->drive = &drive;
    sac_list_push_front(&SAC_STATE(op)->drives, &drive.link);
    PySendResult outcome = Sac_OpSend(object, Py_None, &result);
    while (outcome == PYGEN_NEXT) {
        outcome = drive_on(op, &drive, result, &result);
    }
    op->drive = NULL;
    sac_list_remove(&drive.link);
    sac_port_drain(drive.port); /* a nudge that came too late */
    sac_port_release(drive.port);
    return outcome == PYGEN_RETURN ? result : NULL;
}
