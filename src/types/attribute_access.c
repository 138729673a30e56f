/* What reading and writing an attribute of an instance does.
 *
 * With the GIL, on every access.  What is not loaded, related objects and
 * collections are decided in Python: load_attribute, set_related,
 * make_collection.  Knows nothing of columns. */
#include "types/attribute.h"

#include <stddef.h>

#include "types/collection.h"

/* -> borrowed; NULL with an exception. */
static PyObject *
hook_of(Sac_Attribute *self, size_t offset)
{
    PyObject *hook =
        *(PyObject **)(void *)((char *)self->mapping->state + offset);
    if (hook == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "sqlactive_c.orm is not imported yet");
    }
    return hook;
}

#define HOOK(self, name) hook_of(self, offsetof(Sac_State, name))

/* Python sets what it takes back to None. */
static inline bool
is_given(PyObject *function)
{
    return function != NULL && function != Py_None;
}

/* It was set or deleted since the row was read. -> 1, 0, or -1: error */
static int
has_changed(Sac_Attribute *self, Sac_Instance *instance)
{
    return instance->changes == NULL
               ? 0
               : PyDict_Contains(instance->changes, self->key);
}

/* ---- reading ----------------------------------------------------------- */

static PyObject *
get_unset(Sac_Attribute *self, Sac_Instance *instance)
{
    if (Sac_InstanceHasRow(instance)) {
        int changed = has_changed(self, instance);
        if (changed < 0) {
            return NULL;
        }
        if (changed == 0) {
            PyObject *hook = HOOK(self, load_attribute);
            return hook == NULL
                       ? NULL
                       : PyObject_CallFunctionObjArgs(hook,
                                                      (PyObject *)instance,
                                                      (PyObject *)self, NULL);
        }
    }
    if (self->kind != SAC_ATTRIBUTE_COLLECTION) {
        Py_RETURN_NONE;
    }
    PyObject *made = Sac_CollectionNew(self, (PyObject *)instance);
    if (made == NULL || Sac_InstanceStore(instance, self->slot, self->key,
                                          Py_NewRef(made)) < 0) {
        Py_XDECREF(made);
        return NULL;
    }
    return made;
}

PyObject *
Sac_AttributeGet(Sac_Attribute *self, Sac_Instance *instance)
{
    PyObject *value = Sac_InstancePeek(instance, self->slot, self->key);
    return value != NULL ? Py_NewRef(value) : get_unset(self, instance);
}

/* ---- writing ----------------------------------------------------------- */

int
Sac_AttributeIsSame(Sac_Attribute *self, PyObject *old, PyObject *value)
{
    if (old == value) {
        return 1;
    }
    PyObject *equal;
    if (self != NULL && is_given(self->compare)) {
        equal = PyObject_CallFunctionObjArgs(self->compare, old, value, NULL);
    }
    else if (Py_TYPE(old) != Py_TYPE(value) &&
             (old == Py_None || value == Py_None)) {
        return 0;
    }
    else {
        equal = PyObject_RichCompare(old, value, Py_EQ);
    }
    if (equal != NULL) {
        int same = equal == Py_True;
        Py_DECREF(equal);
        return same;
    }
    /* Values that refuse to be compared are different ones. */
    if (!PyErr_ExceptionMatches(PyExc_Exception)) {
        return -1;
    }
    PyErr_Clear();
    return 0;
}

/* -> 0 and *old, new ref or NULL: not known; -1 with an exception. */
static int
take_old(Sac_Attribute *self, Sac_Instance *instance, PyObject **old)
{
    *old = Py_XNewRef(Sac_InstancePeek(instance, self->slot, self->key));
    if (*old != NULL || !self->active_history ||
        !Sac_InstanceHasRow(instance)) {
        return 0;
    }
    int changed = has_changed(self, instance);
    if (changed == 0) {
        *old = get_unset(self, instance);
        changed = *old == NULL ? -1 : 0;
    }
    return changed < 0 ? -1 : 0;
}

/* steals: value. */
static int
set_column(Sac_Attribute *self, Sac_Instance *instance, PyObject *value)
{
    if (!Sac_InstanceHasRow(instance)) {
        instance->flags |= SAC_INSTANCE_MODIFIED;
        return Sac_InstanceStore(instance, self->slot, self->key, value);
    }
    PyObject *old;
    if (take_old(self, instance, &old) < 0) {
        Py_DECREF(value);
        return -1;
    }
    int same = old == NULL ? 0 : Sac_AttributeIsSame(self, old, value);
    if (same < 0 ||
        (same == 0 && Sac_InstanceNote(instance, self->key, old) < 0)) {
        Py_XDECREF(old);
        Py_DECREF(value);
        return -1;
    }
    Py_XDECREF(old);
    return Sac_InstanceStore(instance, self->slot, self->key, value);
}

/* Python tells the other side, and says what is stored (NO_VALUE: nothing).
 * What changes in a collection is noted there too.  value: NO_VALUE deletes.
 */
static int
set_related(Sac_Attribute *self, Sac_Instance *instance, PyObject *value)
{
    PyObject *no_value = self->mapping->state->no_value;
    PyObject *hook = HOOK(self, set_related);
    PyObject *old;
    if (hook == NULL || take_old(self, instance, &old) < 0) {
        return -1;
    }
    PyObject *kept = PyObject_CallFunctionObjArgs(
        hook, (PyObject *)self, (PyObject *)instance, value,
        old == NULL ? no_value : old, NULL);
    int rc = kept == NULL ? -1 : 0;
    if (kept == no_value) {
        Py_CLEAR(kept);
    }
    if (rc == 0 && self->kind == SAC_ATTRIBUTE_RELATED &&
        (old == NULL || kept != old)) {
        rc = Sac_InstanceNote(instance, self->key, old);
    }
    Py_XDECREF(old);
    if (rc < 0) {
        Py_XDECREF(kept);
        return -1;
    }
    return Sac_InstanceStore(instance, self->slot, self->key, kept);
}

static int delete (Sac_Attribute *self, Sac_Instance *instance)
{
    PyObject *old = Sac_InstancePeek(instance, self->slot, self->key);
    if (old == NULL) {
        if (self->kind == SAC_ATTRIBUTE_COLLECTION) {
            return 0;
        }
        int changed = has_changed(self, instance);
        if (changed < 0) {
            return -1;
        }
        if (changed == 1 || !Sac_InstanceHasRow(instance)) {
            PyErr_Format(PyExc_AttributeError,
                         "'%s' object has no value for '%U'",
                         Py_TYPE(instance)->tp_name, self->key);
            return -1;
        }
    }
    if (self->kind != SAC_ATTRIBUTE_COLUMN) {
        return set_related(self, instance, self->mapping->state->no_value);
    }
    if (Sac_InstanceNote(instance, self->key, old) < 0) {
        return -1;
    }
    return Sac_InstanceStore(instance, self->slot, self->key, NULL);
}

int
Sac_AttributeSet(Sac_Attribute *self, Sac_Instance *instance, PyObject *value)
{
    if (value == NULL) {
        return delete (self, instance);
    }
    if (is_given(self->validator)) {
        value = PyObject_CallFunctionObjArgs(
            self->validator, (PyObject *)instance, self->key, value, NULL);
        if (value == NULL) {
            return -1;
        }
    }
    else {
        Py_INCREF(value);
    }
    if (self->kind == SAC_ATTRIBUTE_COLUMN) {
        return set_column(self, instance, value);
    }
    int rc = set_related(self, instance, value);
    Py_DECREF(value);
    return rc;
}
