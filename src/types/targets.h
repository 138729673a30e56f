/* What the items of a row are found by, besides their names. */
#ifndef SAC_TYPES_TARGETS_H
#define SAC_TYPES_TARGETS_H

#include <Python.h>

#include "bridge/keys.h"
#include "bridge/state.h"

/* `given`: for each item a tuple of objects, or None; `things`: the riders of
 * the statement that they are from, a tuple, or NULL.  -> 0 or -1. */
int Sac_TargetsAdd(Sac_State *state, Sac_Keys *keys,
                   PyObject *given /* tuple */, PyObject *things);

#endif
