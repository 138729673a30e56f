/* Codecs that call Python: JSON, pickle, the types that users make.
 *
 * With the GIL.  The functions come from Python with the codec and may raise
 * what they like.  What they make for SQLite is coded by the inner codec, and
 * what they are given is what that has read. */
#include "bridge/codec_parts.h"

#include "bridge/codecs.h"
#include "bridge/values.h"

/* -> new ref. */
static PyObject *
call(PyObject *function, PyObject *object, PyObject *argument)
{
    if (function == NULL) {
        return Py_NewRef(object);
    }
    return argument == NULL ? PyObject_CallOneArg(function, object)
                            : PyObject_CallFunctionObjArgs(function, object,
                                                           argument, NULL);
}

int
Sac_CodecEncodeCall(Sac_State *state, const Sac_Codec *codec, PyObject *object,
                    sac_value *value, PyObject **pin)
{
    PyObject *made = call(codec->to_db, object, codec->argument);
    if (made == NULL) {
        return -1;
    }
    int rc =
        Sac_CodecEncode(state, (PyObject *)codec->inner, made, value, pin);
    Py_DECREF(made);
    return rc;
}

PyObject *
Sac_CodecDecodeCall(Sac_State *state, const Sac_Codec *codec,
                    const sac_cell *cell)
{
    PyObject *stored = Sac_CodecDecode(state, (PyObject *)codec->inner, cell);
    if (stored == NULL) {
        return NULL;
    }
    PyObject *result = call(codec->from_db, stored, codec->argument);
    Py_DECREF(stored);
    return result;
}

int
Sac_CodecEncodeJson(Sac_State *state, const Sac_Codec *codec, PyObject *object,
                    sac_value *value, PyObject **pin)
{
    if (object == codec->argument) {
        object = Py_None; /* the value null, whatever None means */
    }
    else if (object == Py_None && codec->strict) {
        value->type = SAC_NULL;
        return 0;
    }
    PyObject *text = PyObject_CallOneArg(codec->to_db, object);
    if (text == NULL) {
        return -1;
    }
    int rc = Sac_ValueFromObject(state, text, value, pin);
    Py_DECREF(text);
    return rc;
}

PyObject *
Sac_CodecDecodeJson(Sac_State *state, const Sac_Codec *codec,
                    const sac_cell *cell)
{
    PyObject *stored = Sac_ObjectFromCell(state, cell);
    if (stored == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_CallOneArg(codec->from_db, stored);
    if (result == NULL && (cell->type == SAC_INT || cell->type == SAC_REAL) &&
        PyErr_ExceptionMatches(PyExc_TypeError)) {
        /* The affinity of the column has made a number of its text. */
        PyErr_Clear();
        return stored;
    }
    Py_DECREF(stored);
    return result;
}
