/* SQLite's functions that act at once on a handle, for users.
 *
 * With the GIL, on the thread that drives the lease, while it is idle. */
#ifndef SAC_BRIDGE_DIRECT_H
#define SAC_BRIDGE_DIRECT_H

#include <Python.h>

#include "bridge/state.h"
#include "engine/engine.h"

/* Runs one statement to its end. parameters: a sequence.
 * -> new tuple: rows (list of tuples), names (tuple of str, or None), rows
 * changed, last rowid; or NULL with an exception. */
PyObject *Sac_HandleRun(Sac_State *state, sac_engine *engine,
                        sac_handle *handle, PyObject *sql,
                        PyObject *parameters);
/* -> new int: the limit until now; negative values leave it. */
PyObject *Sac_HandleLimit(Sac_State *state, sac_handle *handle, int category,
                          int value);
PyObject *Sac_HandleTotalChanges(sac_handle *handle);
/* entry: NULL for SQLite's own guess.  -> 0, or -1 with an exception. */
int Sac_HandleLoad(Sac_State *state, sac_handle *handle, const char *path,
                   const char *entry);
/* Any time while the handle is open. */
void Sac_HandleInterrupt(sac_handle *handle);

#endif
