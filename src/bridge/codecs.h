/* Codecs: one per column type, from Python objects to what SQLite stores and
 * back, as the type says. */
#ifndef SAC_BRIDGE_CODECS_H
#define SAC_BRIDGE_CODECS_H

#include <Python.h>

#include "bridge/state.h"
#include "engine/rows.h"
#include "engine/value.h"

/* Converts one object.  codec: a Codec, or NULL or None for a value as it is
 * (Sac_ValueFromObject).  Text and blobs are borrowed from *pin, a new
 * reference that the caller keeps until the value is done, or NULL.
 * -> 0; 1 when SQLite has no such type (no exception set: the caller knows
 * which parameter it is); -1 with the exception of the type, a TypeError,
 * ValueError or LookupError mostly, or whatever a function of the user's
 * raised. */
int Sac_CodecEncode(Sac_State *state, PyObject *codec, PyObject *object,
                    sac_value *value, PyObject **pin);

/* -> new ref, or NULL with the exception of the type for what it cannot
 * read.  codec as above. */
PyObject *Sac_CodecDecode(Sac_State *state, PyObject *codec,
                          const sac_cell *cell);

/* -> whether it is a Codec of this module. */
bool Sac_CodecCheck(Sac_State *state, PyObject *object);

int Sac_RegisterCodec(PyObject *module);

#endif
