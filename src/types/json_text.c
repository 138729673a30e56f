/* json_text(): Python objects as JSON, as json.dumps(default=str) has it.
 *
 * With the GIL.  Everything that is not of the common types is left to its
 * own str(), which can run any code; a container is asked for its items
 * once, before they are written.  Knows nothing of models. */
#include "types/json_writer.h"

#include <datetime.h>

/* A container that is being written, and those around it. */
typedef struct Inside {
    const PyObject *object;
    const struct Inside *around;
} Inside;

static int put_object(Sac_JsonWriter *self, PyObject *object,
                      const Inside *around);

/* ---- dates and times --------------------------------------------------- */

static char *
put_number(char *at, int number, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        at[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return at + width;
}

static char *
put_date(char *at, PyObject *date)
{
    at = put_number(at, PyDateTime_GET_YEAR(date), 4);
    *at++ = '-';
    at = put_number(at, PyDateTime_GET_MONTH(date), 2);
    *at++ = '-';
    return put_number(at, PyDateTime_GET_DAY(date), 2);
}

static char *
put_clock(char *at, int hour, int minute, int second, int microsecond)
{
    at = put_number(at, hour, 2);
    *at++ = ':';
    at = put_number(at, minute, 2);
    *at++ = ':';
    at = put_number(at, second, 2);
    if (microsecond != 0) {
        *at++ = '.';
        at = put_number(at, microsecond, 6);
    }
    return at;
}

/* -> what follows str() of it, or NULL: it is none of the plain ones. */
static char *
put_moment(Sac_State *state, char *at, PyObject *object)
{
    const PyDateTime_CAPI *api = state->datetime_api;
    if (api == NULL) {
        return NULL;
    }
    const PyTypeObject *type = Py_TYPE(object);
    if (type == api->DateTimeType &&
        PyDateTime_DATE_GET_TZINFO(object) == Py_None) {
        at = put_date(at, object);
        *at++ = ' ';
        return put_clock(at, PyDateTime_DATE_GET_HOUR(object),
                         PyDateTime_DATE_GET_MINUTE(object),
                         PyDateTime_DATE_GET_SECOND(object),
                         PyDateTime_DATE_GET_MICROSECOND(object));
    }
    if (type == api->DateType) {
        return put_date(at, object);
    }
    if (type == api->TimeType &&
        PyDateTime_TIME_GET_TZINFO(object) == Py_None) {
        return put_clock(at, PyDateTime_TIME_GET_HOUR(object),
                         PyDateTime_TIME_GET_MINUTE(object),
                         PyDateTime_TIME_GET_SECOND(object),
                         PyDateTime_TIME_GET_MICROSECOND(object));
    }
    return NULL;
}

static int
put_other(Sac_JsonWriter *self, PyObject *object)
{
    char text[48] = "\"";
    char *end = put_moment(self->state, text + 1, object);
    if (end != NULL) {
        *end++ = '"';
        return Sac_JsonRaw(self, text, (size_t)(end - text));
    }
    PyObject *str = PyObject_Str(object);
    int rc = str == NULL ? -1 : Sac_JsonString(self, str);
    Py_XDECREF(str);
    return rc;
}

/* ---- numbers ----------------------------------------------------------- */

static int
put_int(Sac_JsonWriter *self, PyObject *number)
{
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
    if (overflow == 0) {
        return value == -1 && PyErr_Occurred() ? -1 : Sac_JsonInt(self, value);
    }
    PyObject *text = PyLong_Type.tp_repr(number);
    if (text == NULL) {
        return -1;
    }
    int rc = Sac_JsonRaw(self, PyUnicode_DATA(text),
                         (size_t)PyUnicode_GET_LENGTH(text));
    Py_DECREF(text);
    return rc;
}

/* -> 1: written; 0: it is none of these; -1. */
static int
put_plain(Sac_JsonWriter *self, PyObject *object)
{
    int rc;
    if (object == Py_None) {
        rc = Sac_JsonRaw(self, "null", 4);
    }
    else if (object == Py_True) {
        rc = Sac_JsonRaw(self, "true", 4);
    }
    else if (object == Py_False) {
        rc = Sac_JsonRaw(self, "false", 5);
    }
    else if (PyLong_Check(object)) {
        rc = put_int(self, object);
    }
    else if (PyFloat_Check(object)) {
        rc = Sac_JsonDouble(self, PyFloat_AS_DOUBLE(object));
    }
    else {
        return 0;
    }
    return rc < 0 ? -1 : 1;
}

/* ---- containers -------------------------------------------------------- */

/* A new line for an item, or none. */
static int
put_line(Sac_JsonWriter *self)
{
    if (self->indent == NULL) {
        return 0;
    }
    int rc = Sac_JsonRaw(self, "\n", 1);
    for (Py_ssize_t i = 0; rc == 0 && i < self->level; i++) {
        rc = Sac_JsonRaw(self, PyBytes_AS_STRING(self->indent),
                         (size_t)PyBytes_GET_SIZE(self->indent));
    }
    return rc;
}

/* What stands before an item. */
static int
put_separator(Sac_JsonWriter *self, Py_ssize_t at)
{
    if (at > 0) {
        bool space = self->indent == NULL && !self->compact;
        if (Sac_JsonRaw(self, ", ", space ? 2 : 1) < 0) {
            return -1;
        }
    }
    return put_line(self);
}

static int
put_list(Sac_JsonWriter *self, PyObject *list, const Inside *inside)
{
    /* A tuple, so that nothing changes it meanwhile. */
    PyObject *items = PySequence_Tuple(list);
    if (items == NULL) {
        return -1;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(items);
    int rc = Sac_JsonRaw(self, "[", 1);
    self->level++;
    for (Py_ssize_t i = 0; rc == 0 && i < count; i++) {
        rc = put_separator(self, i);
        if (rc == 0) {
            rc = put_object(self, PyTuple_GET_ITEM(items, i), inside);
        }
    }
    self->level--;
    Py_DECREF(items);
    if (rc == 0 && count > 0) {
        rc = put_line(self);
    }
    return rc < 0 ? -1 : Sac_JsonRaw(self, "]", 1);
}

static int
put_key(Sac_JsonWriter *self, PyObject *key)
{
    int rc;
    if (PyUnicode_Check(key)) {
        rc = Sac_JsonString(self, key);
    }
    else {
        rc = Sac_JsonRaw(self, "\"", 1) < 0 ? -1 : put_plain(self, key);
        if (rc == 0) {
            PyErr_Format(PyExc_TypeError,
                         "keys must be str, int, float, bool or None, not %s",
                         Py_TYPE(key)->tp_name);
        }
        rc = rc <= 0 ? -1 : Sac_JsonRaw(self, "\"", 1);
    }
    bool space = !self->compact;
    return rc < 0 ? -1 : Sac_JsonRaw(self, ": ", space ? 2 : 1);
}

static int
put_pair(Sac_JsonWriter *self, PyObject *pair, Py_ssize_t at,
         const Inside *inside)
{
    if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) {
        PyErr_SetString(PyExc_ValueError, "items must return 2-tuples");
        return -1;
    }
    if (put_separator(self, at) < 0 ||
        put_key(self, PyTuple_GET_ITEM(pair, 0)) < 0) {
        return -1;
    }
    return put_object(self, PyTuple_GET_ITEM(pair, 1), inside);
}

/* Writing it runs no Python code. */
static bool
is_flat(Sac_State *state, PyObject *value)
{
    const PyDateTime_CAPI *api = state->datetime_api;
    return value == Py_None || PyUnicode_CheckExact(value) ||
           PyLong_CheckExact(value) || PyBool_Check(value) ||
           PyFloat_CheckExact(value) ||
           (api != NULL && Py_TYPE(value) == api->DateTimeType &&
            PyDateTime_DATE_GET_TZINFO(value) == Py_None);
}

/* Without a copy of the items, as nothing can change the dict meanwhile.
 * -> 1: written; 0: its values are not that plain, nothing was; -1. */
static int
put_flat_dict(Sac_JsonWriter *self, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t at = 0, count = 0;
    while (PyDict_Next(dict, &at, &key, &value)) {
        if (!PyUnicode_CheckExact(key) || !is_flat(self->state, value)) {
            return 0;
        }
    }
    int rc = Sac_JsonRaw(self, "{", 1);
    at = 0;
    while (rc == 0 && PyDict_Next(dict, &at, &key, &value)) {
        rc = put_separator(self, count++) < 0 || put_key(self, key) < 0
                 ? -1
                 : put_object(self, value, NULL);
    }
    return rc < 0 || Sac_JsonRaw(self, "}", 1) < 0 ? -1 : 1;
}

static int
put_dict(Sac_JsonWriter *self, PyObject *dict, const Inside *inside)
{
    if (PyDict_CheckExact(dict) && self->indent == NULL && !self->sorted) {
        int written = put_flat_dict(self, dict);
        if (written != 0) {
            return written < 0 ? -1 : 0;
        }
    }
    PyObject *items = PyMapping_Items(dict);
    if (items == NULL || (self->sorted && PyList_Sort(items) < 0)) {
        Py_XDECREF(items);
        return -1;
    }
    Py_ssize_t count = PyList_GET_SIZE(items);
    int rc = Sac_JsonRaw(self, "{", 1);
    self->level++;
    for (Py_ssize_t i = 0; rc == 0 && i < count; i++) {
        rc = put_pair(self, PyList_GET_ITEM(items, i), i, inside);
    }
    self->level--;
    Py_DECREF(items);
    if (rc == 0 && count > 0) {
        rc = put_line(self);
    }
    return rc < 0 ? -1 : Sac_JsonRaw(self, "}", 1);
}

static int
put_container(Sac_JsonWriter *self, PyObject *object, const Inside *around)
{
    for (const Inside *at = around; at != NULL; at = at->around) {
        if (at->object == object) {
            PyErr_SetString(PyExc_ValueError, "Circular reference detected");
            return -1;
        }
    }
    if (Py_EnterRecursiveCall(" while writing JSON")) {
        return -1;
    }
    Inside inside = {.object = object, .around = around};
    int rc = PyDict_Check(object) ? put_dict(self, object, &inside)
                                  : put_list(self, object, &inside);
    Py_LeaveRecursiveCall();
    return rc;
}

static int
put_object(Sac_JsonWriter *self, PyObject *object, const Inside *around)
{
    if (PyUnicode_Check(object)) {
        return Sac_JsonString(self, object);
    }
    int written = put_plain(self, object);
    if (written != 0) {
        return written < 0 ? -1 : 0;
    }
    if (PyDict_Check(object) || PyList_Check(object) ||
        PyTuple_Check(object)) {
        return put_container(self, object, around);
    }
    return put_other(self, object);
}

int
Sac_JsonObject(Sac_JsonWriter *self, PyObject *object)
{
    return put_object(self, object, NULL);
}

int
Sac_JsonLoadTime(Sac_State *state)
{
    (void)PyDateTimeAPI; /* datetime.h defines it in every file */
    if (state->datetime_api == NULL) {
        state->datetime_api = PyCapsule_Import(PyDateTime_CAPSULE_NAME, 0);
    }
    return state->datetime_api == NULL ? -1 : 0;
}

/* ---- the function ------------------------------------------------------ */

/* The argument: None, a str, or how many spaces. -> new bytes; NULL without
 * an exception: none. */
static PyObject *
read_indent(PyObject *given)
{
    if (given == Py_None) {
        return NULL;
    }
    if (PyUnicode_Check(given)) {
        return PyUnicode_AsEncodedString(given, "utf-8", "surrogatepass");
    }
    Py_ssize_t count = PyNumber_AsSsize_t(given, PyExc_OverflowError);
    if (count == -1 && PyErr_Occurred()) {
        return NULL;
    }
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, count > 0 ? count : 0);
    if (bytes != NULL && count > 0) {
        memset(PyBytes_AS_STRING(bytes), ' ', (size_t)count);
    }
    return bytes;
}

const char Sac_JsonTextDoc[] =
    "json_text(object, ensure_ascii, indent, sort_keys, /)\n--\n\n"
    "Return what json.dumps(object, default=str) gives with these options.\n"
    "Private.";

PyObject *
Sac_JsonText(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 4) {
        PyErr_SetString(PyExc_TypeError, "json_text() takes 4 arguments");
        return NULL;
    }
    Sac_State *state = Sac_StateOfModule(module);
    if (Sac_JsonLoadTime(state) < 0) {
        return NULL;
    }
    int ascii = PyObject_IsTrue(args[1]);
    int sorted = ascii < 0 ? -1 : PyObject_IsTrue(args[3]);
    PyObject *indent = sorted < 0 ? NULL : read_indent(args[2]);
    Sac_JsonWriter writer;
    if (PyErr_Occurred() || Sac_JsonInit(&writer, state) < 0) {
        Py_XDECREF(indent);
        return NULL;
    }
    writer.ascii = ascii > 0;
    writer.sorted = sorted > 0;
    writer.indent = indent;
    int rc = Sac_JsonObject(&writer, args[0]);
    Py_XDECREF(indent);
    if (rc < 0) {
        Sac_JsonDrop(&writer);
        return NULL;
    }
    return Sac_JsonTakeText(&writer);
}
