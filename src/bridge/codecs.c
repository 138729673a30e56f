/* Codec: the Python type, and which function codes which kind.
 *
 * With the GIL.  A column type makes its codec once; rows and parameters go
 * through the two switches below, so nothing here looks at a name.  Knows no
 * column, no statement and no type of sqlactive_c.sql. */
#include "bridge/codecs.h"

#include <string.h>

#include "bridge/codec_parts.h"
#include "bridge/values.h"

/* By Sac_CodecKind. */
static const char *const kind_names[] = {
    "raw",  "float", "bytes",    "boolean",  "datetime", "instant",
    "date", "time",  "interval", "decimal",  "uuid",     "uuid_text",
    "enum", "json",  "adapter",  "callable",
};
#define KIND_COUNT ((int)(sizeof(kind_names) / sizeof(kind_names[0])))

int
Sac_CodecSetText(const char *text, size_t size, sac_value *value,
                 PyObject **pin)
{
    PyObject *bytes = PyBytes_FromStringAndSize(text, (Py_ssize_t)size);
    if (bytes == NULL) {
        return -1;
    }
    value->type = SAC_TEXT;
    value->size = size;
    value->as.bytes = PyBytes_AS_STRING(bytes);
    *pin = bytes;
    return 0;
}

static int
encode_value(Sac_State *state, const Sac_Codec *codec, PyObject *object,
             sac_value *value, PyObject **pin)
{
    switch (codec->kind) {
    case SAC_CODEC_FLOAT:
    case SAC_CODEC_DECIMAL:
        return Sac_CodecEncodeFloat(object, value);
    case SAC_CODEC_BYTES:
        return Sac_CodecEncodeBytes(state, object, value, pin);
    case SAC_CODEC_BOOLEAN:
        return Sac_CodecEncodeBoolean(object, value);
    case SAC_CODEC_DATETIME:
        return Sac_CodecEncodeDateTime(state, object, value, pin);
    case SAC_CODEC_INSTANT:
        return Sac_CodecEncodeInstant(state, object, value, pin);
    case SAC_CODEC_DATE:
        return Sac_CodecEncodeDate(state, object, value, pin);
    case SAC_CODEC_TIME:
        return Sac_CodecEncodeTime(state, object, value, pin);
    case SAC_CODEC_INTERVAL:
        return Sac_CodecEncodeInterval(state, codec, object, value, pin);
    case SAC_CODEC_UUID:
    case SAC_CODEC_UUID_TEXT:
        return Sac_CodecEncodeUuid(state, codec, object, value, pin);
    case SAC_CODEC_ENUM:
        return Sac_CodecEncodeEnum(state, codec, object, value, pin);
    case SAC_CODEC_JSON:
        return Sac_CodecEncodeJson(state, codec, object, value, pin);
    case SAC_CODEC_ADAPTER:
    case SAC_CODEC_CALLABLE:
        return Sac_CodecEncodeCall(state, codec, object, value, pin);
    case SAC_CODEC_RAW:
        break;
    }
    return Sac_ValueFromObject(state, object, value, pin);
}

int
Sac_CodecEncode(Sac_State *state, PyObject *op, PyObject *object,
                sac_value *value, PyObject **pin)
{
    if (op == NULL || op == Py_None) {
        return Sac_ValueFromObject(state, object, value, pin);
    }
    const Sac_Codec *codec = (Sac_Codec *)op;
    *pin = NULL;
    value->size = 0;
    if (object == Py_None && codec->kind != SAC_CODEC_JSON &&
        codec->kind != SAC_CODEC_CALLABLE) {
        value->type = SAC_NULL;
        return 0;
    }
    return encode_value(state, codec, object, value, pin);
}

PyObject *
Sac_CodecDecode(Sac_State *state, PyObject *op, const sac_cell *cell)
{
    if (op == NULL || op == Py_None) {
        return Sac_ObjectFromCell(state, cell);
    }
    const Sac_Codec *codec = (Sac_Codec *)op;
    if (cell->type == SAC_NULL && codec->kind != SAC_CODEC_CALLABLE) {
        Py_RETURN_NONE;
    }
    switch (codec->kind) {
    case SAC_CODEC_BOOLEAN:
        return Sac_CodecDecodeBoolean(cell);
    case SAC_CODEC_DATETIME:
    case SAC_CODEC_INSTANT:
        return Sac_CodecDecodeDateTime(state, cell);
    case SAC_CODEC_DATE:
        return Sac_CodecDecodeDate(state, cell);
    case SAC_CODEC_TIME:
        return Sac_CodecDecodeTime(state, cell);
    case SAC_CODEC_INTERVAL:
        return Sac_CodecDecodeInterval(state, codec, cell);
    case SAC_CODEC_DECIMAL:
        return Sac_CodecDecodeDecimal(state, codec, cell);
    case SAC_CODEC_UUID:
    case SAC_CODEC_UUID_TEXT:
        return Sac_CodecDecodeUuid(state, codec, cell);
    case SAC_CODEC_ENUM:
        return Sac_CodecDecodeEnum(state, codec, cell);
    case SAC_CODEC_JSON:
        return Sac_CodecDecodeJson(state, codec, cell);
    case SAC_CODEC_ADAPTER:
    case SAC_CODEC_CALLABLE:
        return Sac_CodecDecodeCall(state, codec, cell);
    case SAC_CODEC_RAW:
    case SAC_CODEC_FLOAT:
    case SAC_CODEC_BYTES:
        break;
    }
    return Sac_ObjectFromCell(state, cell);
}

Sac_CodecKind
Sac_CodecKindOf(PyObject *codec)
{
    return codec == NULL || codec == Py_None ? SAC_CODEC_RAW
                                             : ((Sac_Codec *)codec)->kind;
}

int
Sac_CodecDigits(PyObject *codec)
{
    return ((Sac_Codec *)codec)->digits;
}

bool
Sac_CodecCheck(Sac_State *state, PyObject *object)
{
    return Py_TYPE(object) == state->codec_type;
}

/* -> the kind, or -1 with ValueError. */
static int
kind_of(PyObject *name)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        if (PyUnicode_CompareWithASCIIString(name, kind_names[i]) == 0) {
            return i;
        }
    }
    PyErr_Format(PyExc_ValueError, "there is no codec %R", name);
    return -1;
}

static int
check_functions(const Sac_Codec *codec)
{
    const bool dicts = codec->kind == SAC_CODEC_ENUM;
    const bool needed = dicts || codec->kind == SAC_CODEC_JSON;
    PyObject *const both[] = {codec->to_db, codec->from_db};
    for (int i = 0; i < 2; i++) {
        if (both[i] == NULL ? !needed
            : dicts         ? PyDict_Check(both[i])
                            : PyCallable_Check(both[i])) {
            continue;
        }
        PyErr_Format(PyExc_TypeError, "%s of codec '%s' must be a %s",
                     i == 0 ? "to_db" : "from_db", kind_names[codec->kind],
                     dicts ? "dict" : "function");
        return -1;
    }
    return 0;
}

static PyObject *
ref_or_null(PyObject *object)
{
    return object == Py_None ? NULL : Py_XNewRef(object);
}

static int
codec_load(Sac_State *state, Sac_Codec *self)
{
    if (self->digits < 0 || self->digits > 1000) {
        PyErr_Format(PyExc_ValueError,
                     "a Decimal with %d digits behind the "
                     "point cannot be read back",
                     self->digits);
        return -1;
    }
    if (self->inner != NULL &&
        !Sac_CodecCheck(state, (PyObject *)self->inner)) {
        PyErr_Format(PyExc_TypeError, "inner must be a Codec, not %s",
                     Py_TYPE(self->inner)->tp_name);
        return -1;
    }
    if (check_functions(self) < 0) {
        return -1;
    }
    if (self->kind == SAC_CODEC_DECIMAL) {
        return Sac_CodecLoadDecimal(self);
    }
    if (self->kind == SAC_CODEC_UUID || self->kind == SAC_CODEC_UUID_TEXT) {
        return Sac_CodecLoadUuid(self);
    }
    return self->kind >= SAC_CODEC_DATETIME && self->kind <= SAC_CODEC_INTERVAL
               ? Sac_CodecLoadTime(state, self)
               : 0;
}

static PyObject *
codec_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *names[] = {"",         "to_db",  "from_db",
                                  "argument", "inner",  "name",
                                  "digits",   "strict", NULL};
    PyObject *kind_name;
    PyObject *to_db = NULL, *from_db = NULL, *argument = NULL;
    PyObject *inner = NULL, *name = NULL;
    int digits = 10, strict = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "U|$OOOOOip:Codec",
                                     (char **)(uintptr_t)names, &kind_name,
                                     &to_db, &from_db, &argument, &inner,
                                     &name, &digits, &strict)) {
        return NULL;
    }
    int kind = kind_of(kind_name);
    if (kind < 0) {
        return NULL;
    }
    Sac_Codec *self = (Sac_Codec *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->kind = (Sac_CodecKind)kind;
    self->digits = digits;
    self->strict = strict != 0;
    self->to_db = ref_or_null(to_db);
    self->from_db = ref_or_null(from_db);
    self->argument = ref_or_null(argument);
    self->inner = (Sac_Codec *)ref_or_null(inner);
    self->name = ref_or_null(name);
    if (codec_load(Sac_StateOfType(type), self) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static int
codec_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Codec *self = (Sac_Codec *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->to_db);
    Py_VISIT(self->from_db);
    Py_VISIT(self->argument);
    Py_VISIT(self->inner);
    Py_VISIT(self->helper);
    Py_VISIT(self->name);
    return 0;
}

/* There is no tp_clear: an immutable object is in a cycle only by way of one
 * that can be changed, and that one is cleared. */
static void
codec_dealloc(PyObject *op)
{
    Sac_Codec *self = (Sac_Codec *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_XDECREF(self->to_db);
    Py_XDECREF(self->from_db);
    Py_XDECREF(self->argument);
    Py_XDECREF(self->inner);
    Py_XDECREF(self->helper);
    Py_XDECREF(self->name);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyObject *
codec_repr(PyObject *op)
{
    Sac_Codec *self = (Sac_Codec *)op;
    if (self->inner != NULL) {
        return PyUnicode_FromFormat("Codec('%s', inner=%R)",
                                    kind_names[self->kind], self->inner);
    }
    if (self->kind == SAC_CODEC_DECIMAL) {
        return PyUnicode_FromFormat("Codec('decimal', digits=%d)",
                                    self->digits);
    }
    return PyUnicode_FromFormat("Codec('%s')", kind_names[self->kind]);
}

/* The bytes are the pin's, or those of nothing. -> 0, or -1 with an error. */
static int
cell_of_value(const sac_value *value, sac_cell *cell)
{
    if (value->type >= SAC_TEXT && value->size > UINT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "too long for SQLite");
        return -1;
    }
    cell->type = value->type;
    cell->size = value->type >= SAC_TEXT ? (uint32_t)value->size : 0;
    memcpy(&cell->as, &value->as, sizeof(cell->as));
    return 0;
}

PyDoc_STRVAR(encode_doc,
             "encode($self, value, /)\n--\n\n"
             "Return what SQLite stores for a value: None, int, float, str\n"
             "or bytes.");

static PyObject *
codec_encode(PyObject *op, PyObject *object)
{
    Sac_State *state = SAC_STATE(op);
    sac_value value = {.type = SAC_NULL};
    sac_cell cell;
    PyObject *pin = NULL;
    PyObject *result = NULL;
    int rc = Sac_CodecEncode(state, op, object, &value, &pin);
    if (rc > 0) {
        PyErr_Format(PyExc_TypeError, "SQLite stores no %s",
                     Py_TYPE(object)->tp_name);
    }
    else if (rc == 0 && cell_of_value(&value, &cell) == 0) {
        result = Sac_ObjectFromCell(state, &cell);
    }
    Py_XDECREF(pin);
    return result;
}

PyDoc_STRVAR(decode_doc, "decode($self, stored, /)\n--\n\n"
                         "Return the value of what SQLite has stored.");

static PyObject *
codec_decode(PyObject *op, PyObject *object)
{
    Sac_State *state = SAC_STATE(op);
    sac_value value = {.type = SAC_NULL};
    sac_cell cell;
    PyObject *pin = NULL;
    PyObject *result = NULL;
    int rc = Sac_ValueFromObject(state, object, &value, &pin);
    if (rc > 0) {
        PyErr_Format(PyExc_TypeError, "SQLite stores no %s",
                     Py_TYPE(object)->tp_name);
    }
    else if (rc == 0 && cell_of_value(&value, &cell) == 0) {
        result = Sac_CodecDecode(state, op, &cell);
    }
    Py_XDECREF(pin);
    return result;
}

static PyObject *
codec_kind(PyObject *op, void *Py_UNUSED(closure))
{
    return PyUnicode_FromString(kind_names[((Sac_Codec *)op)->kind]);
}

static PyMethodDef codec_methods[] = {
    {"encode", codec_encode, METH_O, encode_doc},
    {"decode", codec_decode, METH_O, decode_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef codec_getset[] = {
    {"kind", codec_kind, NULL, "Name of the way it codes.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(
    codec_doc,
    "Codec(kind, /, *, to_db=None, from_db=None, argument=None, inner=None,\n"
    "      name=None, digits=10, strict=False)\n--\n\n"
    "How the values of a column type are stored. Private.");

static PyType_Slot codec_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)codec_doc},
    {Py_tp_new, codec_new},
    {Py_tp_dealloc, codec_dealloc},
    {Py_tp_traverse, codec_traverse},
    {Py_tp_repr, codec_repr},
    {Py_tp_methods, codec_methods},
    {Py_tp_getset, codec_getset},
    {0, NULL},
};

static PyType_Spec codec_spec = {
    .name = "sqlactive_c._core.Codec",
    .basicsize = sizeof(Sac_Codec),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = codec_slots,
};

int
Sac_RegisterCodec(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &codec_spec, &state->codec_type, 1);
}
