/* Codecs of numbers, bytes and enums.
 *
 * With the GIL.  They are as strict, and as lax, as the peer's SQLite
 * dialect: what a file of either has must mean the same to the other. */
#include "bridge/codec_parts.h"

#include "bridge/values.h"

int
Sac_CodecLoadDecimal(Sac_Codec *codec)
{
    PyObject *module = PyImport_ImportModule("decimal");
    if (module == NULL) {
        return -1;
    }
    codec->helper = PyObject_GetAttrString(module, "Decimal");
    Py_DECREF(module);
    return codec->helper != NULL ? 0 : -1;
}

int
Sac_CodecEncodeFloat(PyObject *object, sac_value *value)
{
    value->type = SAC_REAL;
    if (PyFloat_Check(object)) {
        value->as.real = PyFloat_AS_DOUBLE(object);
        return 0;
    }
    PyObject *number = PyNumber_Float(object); /* of a str as well */
    if (number == NULL) {
        return -1;
    }
    value->as.real = PyFloat_AS_DOUBLE(number);
    Py_DECREF(number);
    return 0;
}

int
Sac_CodecEncodeBytes(Sac_State *state, PyObject *object, sac_value *value,
                     PyObject **pin)
{
    if (PyObject_CheckBuffer(object)) {
        return Sac_ValueFromObject(state, object, value, pin);
    }
    PyErr_Format(PyExc_TypeError,
                 "a column of bytes takes bytes-like objects, not %s",
                 Py_TYPE(object)->tp_name);
    return -1;
}

/* -> 1 or 0 for what equals True or False, else -1 with an exception. */
static int
truth_of(PyObject *object)
{
    int same = PyObject_RichCompareBool(object, Py_True, Py_EQ);
    if (same != 0) {
        return same;
    }
    same = PyObject_RichCompareBool(object, Py_False, Py_EQ);
    if (same != 0) {
        return same < 0 ? -1 : 0;
    }
    PyErr_Format(PyLong_Check(object) ? PyExc_ValueError : PyExc_TypeError,
                 "a Boolean column takes True, False and None, not %.100R",
                 object);
    return -1;
}

int
Sac_CodecEncodeBoolean(PyObject *object, sac_value *value)
{
    int truth = object == Py_True    ? 1
                : object == Py_False ? 0
                                     : truth_of(object);
    if (truth < 0) {
        return -1;
    }
    value->type = SAC_INT;
    value->as.integer = truth;
    return 0;
}

PyObject *
Sac_CodecDecodeBoolean(const sac_cell *cell)
{
    bool truth = cell->type == SAC_INT    ? cell->as.integer != 0
                 : cell->type == SAC_REAL ? cell->as.real != 0.0
                                          : cell->size > 0;
    return PyBool_FromLong(truth);
}

PyObject *
Sac_CodecDecodeDecimal(Sac_State *state, const Sac_Codec *codec,
                       const sac_cell *cell)
{
    if (cell->type != SAC_REAL && cell->type != SAC_INT) {
        PyObject *raw = Sac_ObjectFromCell(state, cell);
        if (raw != NULL) {
            PyErr_Format(PyExc_TypeError, "cannot read %.100R as a number",
                         raw);
            Py_DECREF(raw);
        }
        return NULL;
    }
    double number =
        cell->type == SAC_REAL ? cell->as.real : (double)cell->as.integer;
    char *text = PyOS_double_to_string(number, 'f', codec->digits, 0, NULL);
    if (text == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_CallFunction(codec->helper, "s", text);
    PyMem_Free(text);
    return result;
}

static void
raise_not_in_enum(const Sac_Codec *codec, PyObject *object)
{
    PyObject *known = PySequence_List(codec->from_db);
    if (known == NULL) {
        return;
    }
    PyErr_Format(PyExc_LookupError,
                 "%.100R is no value of the enum %S; these are: %.500R",
                 object, codec->name != NULL ? codec->name : Py_None, known);
    Py_DECREF(known);
}

int
Sac_CodecEncodeEnum(Sac_State *state, const Sac_Codec *codec, PyObject *object,
                    sac_value *value, PyObject **pin)
{
    PyObject *stored = PyDict_GetItemWithError(codec->to_db, object);
    if (stored == NULL) {
        if (PyErr_Occurred()) {
            return -1;
        }
        if (codec->strict || !PyUnicode_Check(object)) {
            raise_not_in_enum(codec, object);
            return -1;
        }
        stored = object; /* an operand: no such string is in the table */
    }
    return Sac_ValueFromObject(state, stored, value, pin);
}

PyObject *
Sac_CodecDecodeEnum(Sac_State *state, const Sac_Codec *codec,
                    const sac_cell *cell)
{
    PyObject *stored = Sac_ObjectFromCell(state, cell);
    if (stored == NULL) {
        return NULL;
    }
    PyObject *member = PyDict_GetItemWithError(codec->from_db, stored);
    if (member == NULL && !PyErr_Occurred()) {
        raise_not_in_enum(codec, stored);
    }
    Py_DECREF(stored);
    return Py_XNewRef(member);
}
