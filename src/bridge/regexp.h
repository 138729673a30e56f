/* x REGEXP y by Python's module re. */
#ifndef SAC_BRIDGE_REGEXP_H
#define SAC_BRIDGE_REGEXP_H

#include <Python.h>

#include "bridge/state.h"
#include "engine/handle.h"

/* Gives the connections of these options the function. */
void Sac_OptionsRegexp(Sac_State *state, sac_options *options);

#endif
