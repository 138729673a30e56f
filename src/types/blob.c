/* Blob: one value of one row, read and written in pieces.
 *
 * With the GIL, on the thread that drives the connection's lease, while no
 * call of it is under way.  Python gives it its face
 * (sqlactive_c/engine/driver.py). */
#include "engine/blob.h"

#include "bridge/errors.h"
#include "types/driver.h"

typedef struct BlobObject {
    PyObject_HEAD
    PyObject *driver; /* strong */
    sac_blob *blob;   /* owned; NULL before it is opened */
} BlobObject;

static PyObject *
raise_error(PyObject *op, sac_error *error)
{
    (void)Sac_Raise(SAC_STATE(op), error, NULL);
    sac_error_fini(error);
    return NULL;
}

/* -> borrowed: open, and nobody else uses its connection; or NULL. */
static sac_blob *
usable(PyObject *op)
{
    BlobObject *self = (BlobObject *)op;
    if (self->blob->blob == NULL) {
        (void)Sac_RaiseMisuse(
            SAC_STATE(op),
            PyUnicode_FromString("Cannot operate on a closed blob."), NULL);
        return NULL;
    }
    return Sac_DriverHandle(self->driver) == NULL ? NULL : self->blob;
}

PyObject *
Sac_DriverOpenBlob(PyObject *op, PyObject *args)
{
    Sac_State *state = SAC_STATE(op);
    sac_blob_place place;
    long long row;
    int write;
    if (!PyArg_ParseTuple(args, "ssLps:open_blob", &place.table, &place.column,
                          &row, &write, &place.schema)) {
        return NULL;
    }
    place.row = row;
    place.write = write != 0;
    sac_handle *handle = Sac_DriverHandle(op);
    BlobObject *self =
        handle == NULL
            ? NULL
            : (BlobObject *)state->blob_type->tp_alloc(state->blob_type, 0);
    if (self == NULL) {
        return NULL;
    }
    sac_error error;
    sac_error_init(&error);
    self->driver = Py_NewRef(op);
    self->blob = sac_blob_open(handle, &place, &error);
    if (self->blob == NULL) {
        Py_DECREF(self);
        return raise_error(op, &error);
    }
    return (PyObject *)self;
}

static PyObject *
blob_read(PyObject *op, PyObject *args)
{
    int count, offset;
    if (!PyArg_ParseTuple(args, "ii:read", &count, &offset)) {
        return NULL;
    }
    sac_blob *blob = usable(op);
    PyObject *bytes =
        blob == NULL ? NULL : PyBytes_FromStringAndSize(NULL, count);
    if (bytes == NULL) {
        return NULL;
    }
    sac_error error;
    sac_error_init(&error);
    if (sac_blob_read(blob, PyBytes_AS_STRING(bytes), count, offset, &error) !=
        SAC_OK) {
        Py_DECREF(bytes);
        return raise_error(op, &error);
    }
    return bytes;
}

static PyObject *
blob_write(PyObject *op, PyObject *args)
{
    Py_buffer buffer;
    int offset;
    if (!PyArg_ParseTuple(args, "y*i:write", &buffer, &offset)) {
        return NULL;
    }
    sac_blob *blob = usable(op);
    PyObject *result = NULL;
    if (blob != NULL &&
        (buffer.len > blob->size || offset > blob->size - (int)buffer.len)) {
        PyErr_SetString(PyExc_ValueError, "data longer than blob");
    }
    else if (blob != NULL) {
        sac_error error;
        sac_error_init(&error);
        result = sac_blob_write(blob, buffer.buf, (int)buffer.len, offset,
                                &error) == SAC_OK
                     ? Py_NewRef(Py_None)
                     : raise_error(op, &error);
    }
    PyBuffer_Release(&buffer);
    return result;
}

static PyObject *
blob_close(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    BlobObject *self = (BlobObject *)op;
    if (self->blob->blob != NULL && usable(op) == NULL) {
        return NULL;
    }
    sac_blob_close(self->blob);
    Py_RETURN_NONE;
}

static PyObject *
blob_get_size(PyObject *op, void *Py_UNUSED(closure))
{
    const sac_blob *blob = usable(op);
    return blob == NULL ? NULL : PyLong_FromLong(blob->size);
}

static PyObject *
blob_get_closed(PyObject *op, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((BlobObject *)op)->blob->blob == NULL);
}

static void
blob_dealloc(PyObject *op)
{
    BlobObject *self = (BlobObject *)op;
    PyTypeObject *type = Py_TYPE(op);
    if (self->blob != NULL) {
        sac_blob_free(self->blob, Sac_DriverBusy(self->driver));
    }
    Py_XDECREF(self->driver);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMethodDef blob_methods[] = {
    {"read", blob_read, METH_VARARGS,
     "read(count, offset, /)\n--\n\nBytes of it."},
    {"write", blob_write, METH_VARARGS,
     "write(data, offset, /)\n--\n\nReplace bytes of it."},
    {"close", blob_close, METH_NOARGS, "close($self, /)\n--\n\nClose it."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef blob_getset[] = {
    {"size", blob_get_size, NULL, "Bytes.", NULL},
    {"closed", blob_get_closed, NULL, "Whether it is closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot blob_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t) "An open value. Private."},
    {Py_tp_dealloc, blob_dealloc},
    {Py_tp_methods, blob_methods},
    {Py_tp_getset, blob_getset},
    {0, NULL},
};

static PyType_Spec blob_spec = {
    .name = "sqlactive_c._core.Blob",
    .basicsize = sizeof(BlobObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = blob_slots,
};

int
Sac_RegisterBlob(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &blob_spec, &state->blob_type, 0);
}
