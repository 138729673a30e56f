/* Codecs: one per column type, from Python objects to what SQLite stores and
 * back, as the type says. */
#ifndef SAC_BRIDGE_CODECS_H
#define SAC_BRIDGE_CODECS_H

#include <Python.h>

#include "bridge/state.h"
#include "engine/rows.h"
#include "engine/value.h"

/* The order of the names in codecs.c. */
typedef enum Sac_CodecKind {
    SAC_CODEC_RAW = 0,   /* as it is */
    SAC_CODEC_FLOAT,     /* float() on the way in */
    SAC_CODEC_BYTES,     /* objects with a buffer only */
    SAC_CODEC_BOOLEAN,   /* 0 and 1 */
    SAC_CODEC_DATETIME,  /* YYYY-MM-DD HH:MM:SS.ffffff */
    SAC_CODEC_INSTANT,   /* the same; +00:00 after it if it has a zone */
    SAC_CODEC_DATE,      /* YYYY-MM-DD */
    SAC_CODEC_TIME,      /* HH:MM:SS.ffffff */
    SAC_CODEC_INTERVAL,  /* a datetime: the epoch plus the interval */
    SAC_CODEC_DECIMAL,   /* a float; `digits` behind the point come back */
    SAC_CODEC_UUID,      /* 32 hexadecimal digits <-> uuid.UUID */
    SAC_CODEC_UUID_TEXT, /* the same <-> str */
    SAC_CODEC_ENUM,      /* by two dicts */
    SAC_CODEC_JSON,      /* by two functions; None is a value */
    SAC_CODEC_ADAPTER,   /* by two functions; None is NULL */
    SAC_CODEC_CALLABLE,  /* by two functions that see None too */
} Sac_CodecKind;

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

/* What it does; codec as above. */
Sac_CodecKind Sac_CodecKindOf(PyObject *codec);
/* Of a decimal one: digits behind the point. */
int Sac_CodecDigits(PyObject *codec);
/* -> whether it is a Codec of this module. */
bool Sac_CodecCheck(Sac_State *state, PyObject *object);

int Sac_RegisterCodec(PyObject *module);

#endif
