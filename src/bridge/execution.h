/* The leaf awaitable: one sac_call, from Python arguments to a Python result.
 *
 * The first send() runs it inline as far as it goes; most calls end right
 * there and never see a future.  When it must wait, it asks the running
 * loop for a future, hands it to the task, and is resumed by the loop's port.
 * Dropped in flight, it cancels its call and lives until that has ended. */
#ifndef SAC_BRIDGE_EXECUTION_H
#define SAC_BRIDGE_EXECUTION_H

#include <Python.h>

#include "bridge/operation.h"
#include "engine/call.h"

typedef struct Sac_Execution Sac_Execution;

/* Runs at the first send, before the call starts: binds late, writes the log.
 * -> 0, or -1 with an exception, which ends the execution. */
typedef int (*Sac_ExecutionBefore)(Sac_Execution *execution);
/* Turns the finished call into the result: called once, with the GIL, when
 * the call succeeded.  -> new ref or NULL with an exception. */
typedef PyObject *(*Sac_ExecutionFinish)(Sac_Execution *execution);
/* Nothing will come of the execution: it failed, or nobody waits for it any
 * more.  Called once, with the GIL, before the exception leaves; sets the
 * exception of a call that failed (Sac_ExecutionRaise() for the usual one),
 * unless `raises` is false, and keeps the current one then. */
typedef void (*Sac_ExecutionFailed)(Sac_Execution *execution, bool raises);
/* Who keeps the lock that the execution wants, as the hook
 * make_database_error takes it.  -> new tuple, empty: nobody in this process;
 * or NULL with an exception. */
typedef PyObject *(*Sac_ExecutionHolder)(Sac_Execution *execution);
/* It waits for the writer token for quite a while: called now and then. */
typedef void (*Sac_ExecutionLook)(Sac_Execution *execution);

struct Sac_Execution {
    Sac_Op op; /* op.slots[0]: who owns the lease (strong);
                                   the others are the owner's to use */
    sac_call call;
    sac_script script; /* of an EXECUTE: one step unless `steps` */
    sac_step step;     /* the usual script: one step */
    sac_step *steps;   /* owned: more than one, or NULL */
    sac_value *values; /* owned: parameters of all steps, or inline */
    sac_value inline_values[4];
    PyObject **pins; /* owned: strong refs behind the values */
    Py_ssize_t pin_count;
    Py_ssize_t pin_space;
    PyObject *pin_inline[4];
    Sac_ExecutionBefore before; /* or NULL */
    Sac_ExecutionFinish finish; /* NULL: the result is None */
    Sac_ExecutionFailed failed; /* NULL: the usual exception */
    Sac_ExecutionHolder holder; /* or NULL */
    Sac_ExecutionLook look;     /* or NULL */
    PyObject *observed;         /* strong: what is told how it ended, besides:
                                   finished(changes, rowid), failed(exception);
                                   or NULL */
    Sac_ExecutionFinish observed_finish;   /* who tells calls it */
    int (*next)(Sac_Execution *execution); /* the call has ended well: -> 1:
                                   it is run on with the statements that its
                                   script has got, 0: that was all, -1 with
                                   an exception; NULL: that was all */
    bool always_finish;     /* also when its caller was cancelled while it
                                   succeeded: the owner keeps books */
    PyObject *statement;    /* strong: what was executed (str), for errors
                                   and the log, or NULL */
    PyObject *parameters;   /* strong: as the user gave them, or NULL */
    PyObject *names;        /* strong: tuple of str, what the values are
                                   called in `parameters`, or NULL */
    PyObject *preset;       /* strong: dict of values for names that
                                   `parameters` lacks, or NULL */
    PyObject *shape;        /* strong: the Shape that was executed, and
                                   `values` are as they go to SQLite; or NULL:
                                   SQL as it was written */
    PyObject *bound;        /* strong: tuple of what was bound, before it
                                   was encoded, where the result wants to know;
                                   or NULL */
    PyObject *things;       /* strong: tuple of the aliases, subqueries and so
                               on of the statement at their places, where the
                               result wants to know; or NULL */
    PyObject *options;      /* strong: of the statement, where instances
                                   note them; or NULL */
    bool populate_existing; /* instances that are loaded get the values of the
                               rows */
    Py_ssize_t yield_per;   /* rows of a partition; 0: not said */
    PyObject *port_object;  /* strong: the Port of the call, or NULL */
    PyObject *future;       /* strong while suspended */
    sac_list link;          /* in state->waiting while there is a future */
    PyObject *timer;        /* strong: loop.call_later handle, or NULL */
    PyObject *cancelled;    /* strong: the exception that was thrown in
                                   while the call ended, or NULL */
    PyObject *result;       /* strong: ready, but the loop goes first */
    double wait_timeout;    /* seconds in a queue, < 0: for ever */
    int64_t deadline_ns;    /* when that is over, if not for ever */
    bool no_port;           /* there was none; `cancelled` says why */
    bool in_flight;         /* the engine will wake us */
    bool orphan;            /* nobody waits for the result any more; in
                                   flight it refers to itself */
    bool hide_parameters;
    bool many;          /* executemany */
    uint64_t unit;      /* of which it is a part: whose promises it may be
                           bound to; 0: none */
    uint32_t unit_step; /* its place in it */
    int64_t started_ns;
};

/* -> new Execution on the lease that `owner` holds, for `kind`; the caller
 * fills script, values and statement in before it is awaited. */
Sac_Execution *Sac_ExecutionNew(PyTypeObject *execution_type,
                                const Sac_OpKind *kind, PyObject *owner,
                                sac_lease *lease, sac_call_kind call_kind,
                                Sac_ExecutionFinish finish);

/* Makes room for `rows` sets of `width` values of the one step; the caller
 * fills execution->values in.  -> 0, or -1 with MemoryError. */
int Sac_ExecutionReserve(Sac_Execution *execution, size_t rows, size_t width);
/* steals: object, kept until the execution is gone.  -> 0, or -1 with
 * MemoryError. */
int Sac_ExecutionPin(Sac_Execution *execution, PyObject *object);

/* Ends the calls whose event loops were closed while they waited: nobody will
 * resume them, and what they hold would never come back.  No exception is
 * set. */
void Sac_ExecutionsCollect(Sac_State *state);

/* Sets the exception for a finished call that failed, in a context that is
 * not its own. */
struct Sac_ErrorContext;
void Sac_ExecutionRaiseIn(Sac_Execution *execution,
                          const struct Sac_ErrorContext *context);
/* The exception for a finished call that failed, set.  Always -> NULL. */
PyObject *Sac_ExecutionRaise(Sac_Execution *execution);

/* Tells the one who observes of the exception that is set, which another one
 * may take the place of. */
void Sac_ExecutionTellFailed(Sac_Execution *execution);

int Sac_RegisterExecution(PyObject *module);

#endif
