/* How an instance is copied and pickled: its state as a dict, the attributes
 * without a slot beside four entries of ours.  What has a row comes back
 * detached; a state in another form, from a class that writes its own, sets
 * what it names.
 *
 * With the GIL. */
#include "types/instance.h"

/* Keys of a state; others are attributes. */
#define VALUES "_sac_values"
#define IDENTITY "_sac_identity"
#define CHANGES "_sac_changes"
#define EXPIRED "_sac_expired"

/* ---- writing ----------------------------------------------------------- */

/* -> new dict: what stands in the object itself. */
static PyObject *
slot_values(Sac_Instance *self)
{
    PyObject *values = PyDict_New();
    for (Py_ssize_t i = 0; values != NULL && i < Py_SIZE(self); i++) {
        PyObject *key = PyList_GET_ITEM(self->mapping->keys, i);
        if (self->values[i] != NULL && key != Py_None &&
            PyDict_SetItem(values, key, self->values[i]) < 0) {
            Py_CLEAR(values);
        }
    }
    return values;
}

/* steals: value, may be NULL with an exception. */
static int
put_item(PyObject *dict, const char *name, PyObject *value)
{
    int rc = value == NULL ? -1 : PyDict_SetItemString(dict, name, value);
    Py_XDECREF(value);
    return rc;
}

PyObject *
Sac_InstanceGetState(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Instance *self = (Sac_Instance *)op;
    PyObject *state =
        self->dict == NULL ? PyDict_New() : PyDict_Copy(self->dict);
    if (state == NULL || put_item(state, VALUES, slot_values(self)) < 0) {
        goto error;
    }
    if (self->identity != NULL &&
        put_item(state, IDENTITY, Py_NewRef(self->identity)) < 0) {
        goto error;
    }
    if (self->changes != NULL &&
        put_item(state, CHANGES, PyDict_Copy(self->changes)) < 0) {
        goto error;
    }
    if ((self->flags & SAC_INSTANCE_EXPIRED) &&
        put_item(state, EXPIRED, Py_NewRef(Py_True)) < 0) {
        goto error;
    }
    return state;
error:
    Py_XDECREF(state);
    return NULL;
}

/* ---- reading ----------------------------------------------------------- */

static int
restore_value(Sac_Instance *self, PyObject *key, PyObject *value)
{
    Py_ssize_t slot =
        self->mapping == NULL ? -1 : Sac_MappingFind(self->mapping, key);
    if (slot == -2) {
        return -1;
    }
    /* Without a slot: past the end of any object. */
    return Sac_InstanceStore(self, slot < 0 ? PY_SSIZE_T_MAX : slot, key,
                             Py_NewRef(value));
}

static int
restore_values(Sac_Instance *self, PyObject *values)
{
    PyObject *items = PyDict_Check(values) ? PyDict_Copy(values) : NULL;
    if (items == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError, "the values are no dict");
        }
        return -1;
    }
    PyObject *key, *value;
    Py_ssize_t at = 0;
    int rc = 0;
    while (rc == 0 && PyDict_Next(items, &at, &key, &value)) {
        rc = restore_value(self, key, value);
    }
    Py_DECREF(items);
    return rc;
}

static int
restore_changes(Sac_Instance *self, PyObject *changes)
{
    if (!PyDict_Check(changes)) {
        PyErr_SetString(PyExc_TypeError, "the changes are no dict");
        return -1;
    }
    Py_XSETREF(self->changes, PyDict_Copy(changes));
    self->flags |= SAC_INSTANCE_MODIFIED;
    return self->changes == NULL ? -1 : 0;
}

/* One item of a state. -> 0 or -1. */
static int
restore(Sac_Instance *self, PyObject *key, PyObject *value)
{
    if (!PyUnicode_Check(key)) {
        return restore_value(self, key, value);
    }
    if (PyUnicode_CompareWithASCIIString(key, VALUES) == 0) {
        return restore_values(self, value);
    }
    if (PyUnicode_CompareWithASCIIString(key, CHANGES) == 0) {
        return restore_changes(self, value);
    }
    if (PyUnicode_CompareWithASCIIString(key, EXPIRED) == 0) {
        self->flags |= SAC_INSTANCE_EXPIRED;
        return 0;
    }
    if (PyUnicode_CompareWithASCIIString(key, IDENTITY) == 0) {
        bool whole = self->mapping != NULL &&
                     (self->mapping->pk_count == 1 ||
                      (PyTuple_Check(value) &&
                       PyTuple_GET_SIZE(value) == self->mapping->pk_count));
        if (!whole) {
            PyErr_SetString(PyExc_TypeError, "the identity does not fit");
            return -1;
        }
        Py_XSETREF(self->identity, Py_NewRef(value));
        self->lifecycle = SAC_DETACHED;
        return 0;
    }
    return restore_value(self, key, value);
}

PyObject *
Sac_InstanceSetState(PyObject *op, PyObject *state)
{
    Sac_Instance *self = (Sac_Instance *)op;
    if (!PyDict_Check(state)) {
        return PyErr_Format(PyExc_TypeError, "a state is a dict, not %s",
                            Py_TYPE(state)->tp_name);
    }
    if (self->map != NULL) {
        PyErr_SetString(PyExc_ValueError, "the instance is in a session");
        return NULL;
    }
    PyObject *key, *value;
    Py_ssize_t at = 0;
    PyObject *items = PyDict_Copy(state);
    int rc = items == NULL ? -1 : 0;
    while (rc == 0 && PyDict_Next(items, &at, &key, &value)) {
        rc = restore(self, key, value);
    }
    Py_XDECREF(items);
    if (rc < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *
Sac_InstanceReduce(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *copyreg = PyImport_ImportModule("copyreg");
    if (copyreg == NULL) {
        return NULL;
    }
    PyObject *make = PyObject_GetAttrString(copyreg, "__newobj__");
    Py_DECREF(copyreg);
    PyObject *state =
        make == NULL ? NULL : PyObject_CallMethod(op, "__getstate__", NULL);
    if (state == NULL) {
        Py_XDECREF(make);
        return NULL;
    }
    return Py_BuildValue("(N(O)N)", make, Py_TYPE(op), state);
}
