/* What the files of the codecs share; nobody else includes this. */
#ifndef SAC_BRIDGE_CODEC_PARTS_H
#define SAC_BRIDGE_CODEC_PARTS_H

#include <Python.h>
#include <stdbool.h>

#include "bridge/codecs.h"
#include "bridge/state.h"
#include "engine/rows.h"
#include "engine/value.h"

/* Immutable; the collector sees it, for functions and types refer to it. */
typedef struct Sac_Codec {
    PyObject_HEAD
    Sac_CodecKind kind;
    int digits;              /* of a decimal */
    bool strict;             /* enum: takes no other str; JSON: None is NULL */
    PyObject *to_db;         /* strong: dict or callable, or NULL */
    PyObject *from_db;       /* strong: dict or callable, or NULL */
    PyObject *argument;      /* strong: second one of both functions, or NULL;
                                of JSON: the object that is the value null;
                                of UUID: SafeUUID.unknown */
    struct Sac_Codec *inner; /* strong: codes what the functions make, or
                                NULL: raw */
    PyObject *helper;        /* strong: Decimal, UUID or the epoch; NULL for
                                kinds that need none */
    PyObject *name;          /* strong: what messages call it, or NULL */
} Sac_Codec;

/* All of these take and give what Sac_CodecEncode() and Sac_CodecDecode()
 * do, but for objects that are not None and cells that are not NULL.  */

/* Sets a value to text. -> 0, or -1 with MemoryError. */
int Sac_CodecSetText(const char *text, size_t size, sac_value *value,
                     PyObject **pin);

/* codec_time.c */

/* Loads what the temporal codecs need. -> 0 or -1. */
int Sac_CodecLoadTime(Sac_State *state, Sac_Codec *codec);
int Sac_CodecEncodeDateTime(Sac_State *state, PyObject *object,
                            sac_value *value, PyObject **pin);
int Sac_CodecEncodeInstant(Sac_State *state, PyObject *object,
                           sac_value *value, PyObject **pin);
int Sac_CodecEncodeDate(Sac_State *state, PyObject *object, sac_value *value,
                        PyObject **pin);
int Sac_CodecEncodeTime(Sac_State *state, PyObject *object, sac_value *value,
                        PyObject **pin);
int Sac_CodecEncodeInterval(Sac_State *state, const Sac_Codec *codec,
                            PyObject *object, sac_value *value,
                            PyObject **pin);
PyObject *Sac_CodecDecodeDateTime(Sac_State *state, const sac_cell *cell);
PyObject *Sac_CodecDecodeDate(Sac_State *state, const sac_cell *cell);
PyObject *Sac_CodecDecodeTime(Sac_State *state, const sac_cell *cell);
PyObject *Sac_CodecDecodeInterval(Sac_State *state, const Sac_Codec *codec,
                                  const sac_cell *cell);

/* codec_plain.c */

/* -> 0 or -1. */
int Sac_CodecLoadDecimal(Sac_Codec *codec);
int Sac_CodecEncodeFloat(PyObject *object, sac_value *value);
int Sac_CodecEncodeBytes(Sac_State *state, PyObject *object, sac_value *value,
                         PyObject **pin);
int Sac_CodecEncodeBoolean(PyObject *object, sac_value *value);
int Sac_CodecEncodeEnum(Sac_State *state, const Sac_Codec *codec,
                        PyObject *object, sac_value *value, PyObject **pin);
PyObject *Sac_CodecDecodeBoolean(const sac_cell *cell);
PyObject *Sac_CodecDecodeDecimal(Sac_State *state, const Sac_Codec *codec,
                                 const sac_cell *cell);
PyObject *Sac_CodecDecodeEnum(Sac_State *state, const Sac_Codec *codec,
                              const sac_cell *cell);

/* codec_uuid.c */

/* -> 0 or -1. */
int Sac_CodecLoadUuid(Sac_Codec *codec);
int Sac_CodecEncodeUuid(Sac_State *state, const Sac_Codec *codec,
                        PyObject *object, sac_value *value, PyObject **pin);
PyObject *Sac_CodecDecodeUuid(Sac_State *state, const Sac_Codec *codec,
                              const sac_cell *cell);

/* codec_calls.c: these see None and NULL as well. */
int Sac_CodecEncodeJson(Sac_State *state, const Sac_Codec *codec,
                        PyObject *object, sac_value *value, PyObject **pin);
int Sac_CodecEncodeCall(Sac_State *state, const Sac_Codec *codec,
                        PyObject *object, sac_value *value, PyObject **pin);
PyObject *Sac_CodecDecodeJson(Sac_State *state, const Sac_Codec *codec,
                              const sac_cell *cell);
PyObject *Sac_CodecDecodeCall(Sac_State *state, const Sac_Codec *codec,
                              const sac_cell *cell);

#endif
