/* Who listens to engines: what channels call when state->engine_events says
 * that somebody does.  With the GIL; the listeners are Python's
 * (sqlactive_c/event/engines.py). */
#ifndef SAC_TYPES_LISTENERS_H
#define SAC_TYPES_LISTENERS_H

#include "types/channel.h"

enum {
    SAC_LISTEN_CONNECT = 1, /* connections that are opened */
    SAC_LISTEN_CURSOR = 2,  /* statements, and their errors */
    SAC_LISTEN_ENDS = 4,    /* begin, commit, rollback */
};

/* Tells what happens to a channel's transaction: "begin", "commit" or
 * "rollback".  -> 0, or -1 with what a listener raised. */
int Sac_ListenersTell(Sac_Channel *channel, const char *name);
/* Before a statement: tells, and sees to it that the end is told.  -> 0; 1: it
 * is to be replaced by *sql and *parameters (new refs); or -1. */
int Sac_ListenersObserve(Sac_Execution *execution, Sac_Channel *channel,
                         PyObject **sql, PyObject **parameters);
/* The same for a part of a batch, which is not replaced. -> 0 or -1. */
int Sac_ListenersObservePart(Sac_Execution *part, Sac_Channel *channel);
/* It ended, as the step says. -> 0 or -1. */
int Sac_ListenersPartEnded(Sac_Execution *part, const sac_step *step);
/* A connection was opened for this call of a channel: call->greet. */
sac_status Sac_ListenersGreet(sac_call *call);

/* Driver (types/driver.c): what users do with the SQLite connection that a
 * channel has.  greeting: it was opened just now, and is not in use yet.
 * -> new ref. */
PyObject *Sac_DriverNew(Sac_Channel *channel, sac_handle *greeting);
/* The greeting is over. */
void Sac_DriverGreeted(PyObject *driver);
int Sac_RegisterDriver(PyObject *module);

#endif
