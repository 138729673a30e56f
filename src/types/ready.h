/* An awaitable whose outcome is there already: what `async for` gets for a
 * row that is in the batch. */
#ifndef SAC_TYPES_READY_H
#define SAC_TYPES_READY_H

#include <Python.h>

#include "bridge/state.h"

/* steals: value.  NULL: awaiting it raises the current exception, which is
 * taken, or StopAsyncIteration when there is none.  -> new ref, or NULL
 * without memory. */
PyObject *Sac_ReadyNew(Sac_State *state, PyObject *value);

#endif
