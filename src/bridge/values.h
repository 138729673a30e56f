/* Parameters: Python objects -> sac_value, and back for cells. */
#ifndef SAC_BRIDGE_VALUES_H
#define SAC_BRIDGE_VALUES_H

#include <Python.h>

#include "bridge/state.h"
#include "engine/rows.h"
#include "engine/value.h"

/* Converts one object.  None, bool, int, float, str, bytes and objects with a
 * buffer are taken as the stdlib's sqlite3 takes them, dates and datetimes as
 * ISO text; text and blobs are borrowed from the object, so the caller pins
 * it: *pin is set to a new reference of what keeps the bytes (the object, or a
 * bytes copy of a mutable buffer), or NULL.
 * -> 0; 1 when SQLite has no such type (no exception set: the caller knows
 * which parameter it is); -1 with OverflowError or UnicodeEncodeError. */
int Sac_ValueFromObject(Sac_State *state, PyObject *object, sac_value *value,
                        PyObject **pin);

/* -> new ref: None, int, float, str or bytes. Text that is not UTF-8 raises
 * the package's OperationalError as the stdlib does. */
PyObject *Sac_ObjectFromCell(Sac_State *state, const sac_cell *cell);

#endif
