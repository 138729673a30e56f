/* Awaitables: every asynchronous function of the package returns an
 * Operation, a coroutine to the world (send, throw, close, __await__;
 * asyncio.run, create_task, gather and wait_for take it), lazy, single use,
 * and noisy when it was never awaited.
 *
 * Two kinds share the protocol (operation.c, drive.c) through a common head:
 *   Operation  a state machine over other awaitables (types/...)
 *   Execution  one sac_call of a lease: the leaf (execution.h)
 */
#ifndef SAC_BRIDGE_OPERATION_H
#define SAC_BRIDGE_OPERATION_H

#include <Python.h>
#include <structmember.h>

#include "bridge/state.h"
#include "engine/port.h"

typedef struct Sac_Op Sac_Op;

/* One step of an Operation.  `value` is NULL at the first step (stage 0);
 * later it is the borrowed result of what was awaited, or NULL with an
 * exception set when that failed.
 *  -> PYGEN_RETURN  *result is the new reference that the await gives
 *     PYGEN_ERROR   an exception is set
 *     PYGEN_NEXT    Sac_OpAwait() was called; the step runs again with the
 *                   outcome.  The step advances op->stage itself. */
typedef PySendResult (*Sac_OpStep)(Sac_Op *op, PyObject *value,
                                   PyObject **result);

typedef struct Sac_OpKind {
    const char *name; /* for repr and "never awaited": "AsyncEngine.begin" */
    Sac_OpStep step;
} Sac_OpKind;

enum { SAC_OP_SLOTS = 5 };

typedef enum Sac_OpState {
    SAC_OP_CREATED,
    SAC_OP_RUNNING,   /* a step is on the C stack */
    SAC_OP_SUSPENDED, /* waits for what it awaits */
    SAC_OP_CLOSED,
} Sac_OpState;

/* What makes an Operation differ from an Execution.
 *
 * resume: `value` is the borrowed object that was sent, or NULL with the
 * exception set that was thrown in.  NEXT gives the loop *result and suspends.
 * abandon: the op is dropped while suspended; errors go to the unraisable
 * hook. */
typedef struct Sac_OpFlow {
    PySendResult (*start)(Sac_Op *op, PyObject **result);
    PySendResult (*resume)(Sac_Op *op, PyObject *value, PyObject **result);
    void (*abandon)(Sac_Op *op);
} Sac_OpFlow;

/* A run without a loop (Sac_OpDrive), seen by the leaves. */
typedef struct Sac_Drive {
    sac_port *port;      /* owned by the driver's frame */
    int64_t deadline_ns; /* when the leaf that waits wants to be resumed
                            anyway; < 0: only when it is woken */
    bool interrupted;    /* raise CancelledError where it waits */
    bool nudged;         /* `nudge` was posted: once in a drive */
    sac_message nudge;   /* wakes the driver for that */
    sac_list link;       /* in state->drives, the innermost first */
    unsigned long thread;
} Sac_Drive;

struct Sac_Op {
    PyObject_HEAD
    const Sac_OpKind *kind;
    const Sac_OpFlow *flow; /* static, by type */
    Sac_OpState state;
    int stage;
    long number;                   /* the kind's own */
    PyObject *slots[SAC_OP_SLOTS]; /* strong or NULL; the kind names them */
    PyObject *awaited; /* strong: the iterator we delegate to, or NULL */
    PyObject *weakrefs;
    Sac_Drive *drive; /* borrowed: set by Sac_OpDrive for its time; handed
                             down to every op that is awaited */
};

/* -> new Operation with slots[0] = self (strong) and the others NULL. */
Sac_Op *Sac_OpNew(PyTypeObject *operation_type, const Sac_OpKind *kind,
                  PyObject *self);
/* steals: awaitable (NULL: passes the error on).  Awaits it: a coroutine, an
 * Operation, anything with __await__.  -> 0, or -1 with an exception. */
int Sac_OpAwait(Sac_Op *op, PyObject *awaitable);

/* steals: awaitable. -> new Operation that gives what it gives, or NULL. */
PyObject *Sac_OpWrap(PyTypeObject *operation_type, PyObject *awaitable);

/* steals: op, which was never awaited and never shall be: no warning. */
static inline void
Sac_OpDiscard(PyObject *op)
{
    ((Sac_Op *)op)->state = SAC_OP_CLOSED;
    Py_DECREF(op);
}

/* Runs an Operation or Execution to its end in this thread, without a loop:
 * waits block with the GIL released.  For run_sync facades.  What coroutines
 * in between await is driven, too.
 * -> new ref: its result, or NULL. */
PyObject *Sac_OpDrive(PyObject *op);
/* -> the innermost drive of this thread, or NULL. */
Sac_Drive *Sac_DriveCurrent(Sac_State *state);
/* Any thread, with the GIL: raises CancelledError where a driven op waits.
 * Nothing happens when it is not being driven. */
void Sac_OpInterrupt(PyObject *op);
/* -> whether it is an Operation or an Execution. */
bool Sac_OpCheck(PyObject *object);

/* The protocol, shared by the two types: their slots and methods. */
PySendResult Sac_OpSend(PyObject *op, PyObject *value, PyObject **result);
/* The exception is set: raises it at the point where the op waits. */
PySendResult Sac_OpThrow(Sac_Op *op, PyObject **result);
PyObject *Sac_OpNext(PyObject *op);
PyObject *Sac_OpSelf(PyObject *op);
PyObject *Sac_OpRepr(PyObject *op);
void Sac_OpFinalize(PyObject *op);
int Sac_OpTraverse(PyObject *op, visitproc visit, void *arg);
int Sac_OpClear(PyObject *op);
extern PyMethodDef Sac_OpMethods[];
extern PyGetSetDef Sac_OpGetSet[];
extern PyMemberDef Sac_OpMembers[];

/* Registers operation_type. */
int Sac_RegisterOperation(PyObject *module);

#endif
