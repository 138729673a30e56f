/* Event loops: a Port object per loop watches the descriptor of a sac_port
 * and delivers what workers have finished.  Loops are held weakly; the ports
 * of a loop that is closed or gone pass to the next one that asks, which then
 * delivers what was left. */
#ifndef SAC_BRIDGE_LOOP_H
#define SAC_BRIDGE_LOOP_H

#include <Python.h>

#include "bridge/state.h"
#include "engine/port.h"

/* -> new ref to the Port of the loop, made and registered with the loop at
 * first use.  Who waits keeps it: a Port that nobody but the state holds has
 * nothing under way.  NULL with an exception. */
PyObject *Sac_PortOfLoop(Sac_State *state, PyObject *loop);
/* -> borrowed from the Port object. */
sac_port *Sac_PortGet(PyObject *port);
/* Lets the running loop, if any, deliver what dead loops have left. */
void Sac_PortsAdopt(Sac_State *state);
/* Delivers what loops that are closed by now have left, and drops their
 * ports when nothing is under way. */
void Sac_PortsCollect(Sac_State *state);
int Sac_RegisterPort(PyObject *module);

#endif
