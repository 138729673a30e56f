/* The keywords of AsyncSession(). */
#ifndef SAC_TYPES_SESSION_CONFIG_H
#define SAC_TYPES_SESSION_CONFIG_H

#include <Python.h>

#include "types/session.h"

/* What may be bound: an AsyncEngine, an AsyncConnection, None or NULL.
 * *bind: new ref, or NULL for none.  -> 0, or -1 with ArgumentError. */
int Sac_SessionCheckBind(Sac_State *state, PyObject *object, PyObject **bind);
/* Sets a new session up. bind (borrowed) may be NULL, keywords (a dict,
 * borrowed) as well.  -> 0, or -1: TypeError for an unknown keyword,
 * ArgumentError for what cannot be honoured. */
int Sac_SessionConfigure(Sac_Session *session, PyObject *bind,
                         PyObject *keywords);

#endif
