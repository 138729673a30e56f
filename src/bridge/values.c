/* One value across the border, in both directions.
 *
 * With the GIL.  Text and blobs are not copied on the way in: SQLite reads
 * the bytes of the Python object, which the caller pins until the call is
 * done.  Knows no statement and no parameter names. */
#include "bridge/values.h"

#include <sqlite3.h>

#include "bridge/errors.h"

static int
int_value(PyObject *object, sac_value *value)
{
    int overflow;
    long long integer = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow != 0) {
        PyErr_SetString(PyExc_OverflowError,
                        "Python int too large to convert to SQLite INTEGER");
        return -1;
    }
    if (integer == -1 && PyErr_Occurred()) {
        return -1;
    }
    value->type = SAC_INT;
    value->as.integer = integer;
    return 0;
}

/* The UTF-8 bytes are cached by the str itself and live as long as it. */
static int
text_value(PyObject *object, sac_value *value, PyObject **pin)
{
    Py_ssize_t size;
    const char *bytes = PyUnicode_AsUTF8AndSize(object, &size);
    if (bytes == NULL) {
        return -1;
    }
    value->type = SAC_TEXT;
    value->size = (size_t)size;
    value->as.bytes = bytes;
    *pin = Py_NewRef(object);
    return 0;
}

/* steals: bytes. */
static int
blob_value(PyObject *bytes, sac_value *value, PyObject **pin)
{
    value->type = SAC_BLOB;
    value->size = (size_t)PyBytes_GET_SIZE(bytes);
    value->as.bytes = PyBytes_AS_STRING(bytes);
    *pin = bytes;
    return 0;
}

/* Somebody may change the buffer while a worker reads it: copy. */
static int
buffer_value(PyObject *object, sac_value *value, PyObject **pin)
{
    PyObject *bytes = PyBytes_FromObject(object);
    return bytes == NULL ? -1 : blob_value(bytes, value, pin);
}

static int
load_date_types(Sac_State *state)
{
    if (state->datetime_type != NULL) {
        return 0;
    }
    PyObject *module = PyImport_ImportModule("datetime");
    if (module == NULL) {
        return -1;
    }
    PyObject *date = PyObject_GetAttrString(module, "date");
    PyObject *datetime = PyObject_GetAttrString(module, "datetime");
    Py_DECREF(module);
    if (date == NULL || datetime == NULL) {
        Py_XDECREF(date);
        Py_XDECREF(datetime);
        return -1;
    }
    Py_XSETREF(state->date_type, date);
    Py_XSETREF(state->datetime_type, datetime);
    return 0;
}

/* Dates become ISO text, the way the stdlib's default adapters write it. */
static int
date_value(Sac_State *state, PyObject *object, sac_value *value,
           PyObject **pin)
{
    PyObject *text;
    int found;
    if (load_date_types(state) < 0) {
        return -1;
    }
    found = PyObject_IsInstance(object, state->datetime_type);
    if (found < 0) {
        return -1;
    }
    if (found) {
        text = PyObject_CallMethodOneArg(object, state->str_isoformat,
                                         state->str_space);
    }
    else {
        found = PyObject_IsInstance(object, state->date_type);
        if (found <= 0) {
            return found < 0 ? -1 : 1;
        }
        text = PyObject_CallMethodNoArgs(object, state->str_isoformat);
    }
    if (text == NULL) {
        return -1;
    }
    int rc = PyUnicode_Check(text) ? text_value(text, value, pin) : 1;
    Py_DECREF(text);
    return rc;
}

int
Sac_ValueFromObject(Sac_State *state, PyObject *object, sac_value *value,
                    PyObject **pin)
{
    *pin = NULL;
    value->size = 0;
    if (object == Py_None) {
        value->type = SAC_NULL;
        return 0;
    }
    if (PyLong_Check(object)) {
        return int_value(object, value);
    }
    if (PyUnicode_Check(object)) {
        return text_value(object, value, pin);
    }
    if (PyFloat_Check(object)) {
        value->type = SAC_REAL;
        value->as.real = PyFloat_AS_DOUBLE(object);
        return 0;
    }
    if (PyBytes_Check(object)) {
        return blob_value(Py_NewRef(object), value, pin);
    }
    if (PyObject_CheckBuffer(object)) {
        return buffer_value(object, value, pin);
    }
    return date_value(state, object, value, pin);
}

static PyObject *
text_object(Sac_State *state, const sac_cell *cell)
{
    PyObject *text =
        PyUnicode_DecodeUTF8(cell->as.bytes, (Py_ssize_t)cell->size, NULL);
    if (text != NULL || !PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        return text;
    }
    PyErr_Clear();
    char message[] = "a result has text that is not valid UTF-8";
    sac_error err = {
        .status = SAC_ERR_SQLITE,
        .code = SQLITE_ERROR,
        .xcode = SQLITE_ERROR,
        .offset = -1,
        .message = message,
    };
    return Sac_Raise(state, &err, NULL);
}

PyObject *
Sac_ObjectFromCell(Sac_State *state, const sac_cell *cell)
{
    switch (cell->type) {
    case SAC_NULL:
        Py_RETURN_NONE;
    case SAC_INT:
        return PyLong_FromLongLong(cell->as.integer);
    case SAC_REAL:
        return PyFloat_FromDouble(cell->as.real);
    case SAC_TEXT:
        return text_object(state, cell);
    case SAC_BLOB:
        return PyBytes_FromStringAndSize(cell->as.bytes,
                                         (Py_ssize_t)cell->size);
    case SAC_ROWID:
        break;
    }
    PyErr_SetString(PyExc_SystemError, "a cell of no known type");
    return NULL;
}
