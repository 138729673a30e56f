/* Promise: the rowid that an INSERT will give, before it has run.
 *
 * It stands where the int will stand: in a slot of an instance, or among the
 * parameters of a later statement of the same unit, which is bound to the
 * rowid itself (SAC_ROWID). */
#ifndef SAC_BRIDGE_PROMISE_H
#define SAC_BRIDGE_PROMISE_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "bridge/state.h"

typedef struct Sac_Promise {
    PyObject_HEAD
    uint64_t unit; /* whose: see Sac_Execution.unit; 0: nobody's */
    uint32_t step;
    uint32_t set;
} Sac_Promise;

static inline bool
Sac_PromiseCheck(const Sac_State *state, PyObject *object)
{
    return Py_IS_TYPE(object, state->promise_type);
}

/* -> new ref. */
PyObject *Sac_PromiseNew(Sac_State *state, uint64_t unit, uint32_t step,
                         uint32_t set);

int Sac_RegisterPromise(PyObject *module);

#endif
