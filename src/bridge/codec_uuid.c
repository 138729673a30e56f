/* Codecs of UUIDs: 32 hexadecimal digits.
 *
 * With the GIL.  Primary keys are made of these, so the usual form is read
 * and written here; all others, and all errors, are those of uuid.UUID.  That
 * class keeps one number in a slot and refuses to be changed: what is made
 * here is filled in below its __setattr__, as its own unpickling does. */
#include "bridge/codec_parts.h"

#include "bridge/values.h"

enum { DIGITS = 32, TEXT_SIZE = 36 };

int
Sac_CodecLoadUuid(Sac_Codec *codec)
{
    PyObject *module = PyImport_ImportModule("uuid");
    if (module == NULL) {
        return -1;
    }
    codec->helper = PyObject_GetAttrString(module, "UUID");
    PyObject *safety = PyObject_GetAttrString(module, "SafeUUID");
    Py_DECREF(module);
    if (safety != NULL) {
        Py_XSETREF(codec->argument, PyObject_GetAttrString(safety, "unknown"));
        Py_DECREF(safety);
    }
    return codec->helper != NULL && safety != NULL && codec->argument != NULL
               ? 0
               : -1;
}

/* ---- writing ---- */

static void
put_hex(char *at, uint64_t number)
{
    for (int i = 15; i >= 0; i--) {
        at[i] = "0123456789abcdef"[number & 15];
        number >>= 4;
    }
}

/* Of an instance of just uuid.UUID. */
static int
encode_number(Sac_State *state, PyObject *object, sac_value *value,
              PyObject **pin)
{
    char text[DIGITS];
    PyObject *number = PyObject_GetAttr(object, state->str_int);
    if (number == NULL) {
        return -1;
    }
    uint64_t low = PyLong_AsUnsignedLongLongMask(number);
    PyObject *shift = PyLong_FromLong(64);
    PyObject *rest = shift == NULL ? NULL : PyNumber_Rshift(number, shift);
    Py_XDECREF(shift);
    Py_DECREF(number);
    if (rest == NULL) {
        return -1;
    }
    put_hex(text, PyLong_AsUnsignedLongLongMask(rest));
    put_hex(text + 16, low);
    Py_DECREF(rest);
    return PyErr_Occurred() ? -1 : Sac_CodecSetText(text, DIGITS, value, pin);
}

int
Sac_CodecEncodeUuid(Sac_State *state, const Sac_Codec *codec, PyObject *object,
                    sac_value *value, PyObject **pin)
{
    PyObject *text;
    if (codec->kind == SAC_CODEC_UUID) {
        if ((PyObject *)Py_TYPE(object) == codec->helper) {
            return encode_number(state, object, value, pin);
        }
        text = PyObject_GetAttrString(object, "hex");
    }
    else {
        text = PyObject_CallMethod(object, "replace", "ss", "-", "");
    }
    if (text == NULL) {
        return -1;
    }
    int rc = 0;
    if (PyUnicode_Check(text)) {
        rc = Sac_ValueFromObject(state, text, value, pin);
    }
    else {
        PyErr_Format(PyExc_TypeError, "a Uuid column takes %s, not %s",
                     codec->kind == SAC_CODEC_UUID ? "UUID objects" : "str",
                     Py_TYPE(object)->tp_name);
        rc = -1;
    }
    Py_DECREF(text);
    return rc;
}

/* ---- reading ---- */

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20); /* lower case */
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Copies the digits in lower case. -> whether that is what they are. */
static bool
take_digits(const sac_cell *cell, char *digits)
{
    if (cell->type != SAC_TEXT || cell->size != DIGITS) {
        return false;
    }
    for (int i = 0; i < DIGITS; i++) {
        int nibble = hex_digit(cell->as.bytes[i]);
        if (nibble < 0) {
            return false;
        }
        digits[i] = "0123456789abcdef"[nibble];
    }
    digits[DIGITS] = '\0';
    return true;
}

static PyObject *
text_of_digits(const char *digits)
{
    char text[TEXT_SIZE];
    char *at = text;
    for (int i = 0; i < DIGITS; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20) {
            *at++ = '-';
        }
        *at++ = digits[i];
    }
    return PyUnicode_FromStringAndSize(text, TEXT_SIZE);
}

static PyObject *
uuid_of_digits(Sac_State *state, const Sac_Codec *codec, const char *digits)
{
    PyTypeObject *type = (PyTypeObject *)codec->helper;
    PyObject *number = PyLong_FromString(digits, NULL, 16);
    PyObject *nothing = PyTuple_New(0);
    PyObject *result = number == NULL || nothing == NULL
                           ? NULL
                           : type->tp_new(type, nothing, NULL);
    if (result != NULL &&
        (PyObject_GenericSetAttr(result, state->str_int, number) < 0 ||
         PyObject_GenericSetAttr(result, state->str_is_safe, codec->argument) <
             0)) {
        Py_CLEAR(result);
    }
    Py_XDECREF(number);
    Py_XDECREF(nothing);
    return result;
}

PyObject *
Sac_CodecDecodeUuid(Sac_State *state, const Sac_Codec *codec,
                    const sac_cell *cell)
{
    char digits[DIGITS + 1];
    if (take_digits(cell, digits)) {
        return codec->kind == SAC_CODEC_UUID_TEXT
                   ? text_of_digits(digits)
                   : uuid_of_digits(state, codec, digits);
    }
    PyObject *text = Sac_ObjectFromCell(state, cell);
    if (text == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_CallOneArg(codec->helper, text);
    Py_DECREF(text);
    if (result != NULL && codec->kind == SAC_CODEC_UUID_TEXT) {
        Py_SETREF(result, PyObject_Str(result));
    }
    return result;
}
