/* Instance, the base of mapped classes: how an object is made, kept in shape,
 * and goes.
 *
 * With the GIL.  Values are read and written through attributes
 * (attribute.c), by rows (hydrate.c) and by sessions; what Python's facades
 * see of its state stands in instance_state.c.  Knows nothing of what the
 * values mean. */
#include "types/instance.h"

#include <string.h>
#include <structmember.h>

#include "base/prefetch.h"
#include "types/identity_map.h"

/* ---- values ------------------------------------------------------------ */

PyObject *
Sac_InstancePeekDict(Sac_Instance *self, PyObject *key)
{
    /* A str has its hash and compares by itself: this cannot fail. */
    return self->dict == NULL ? NULL : PyDict_GetItem(self->dict, key);
}

int
Sac_InstanceStore(Sac_Instance *self, Py_ssize_t slot, PyObject *key,
                  PyObject *value)
{
    if (slot < Py_SIZE(self)) {
        PyObject *old = self->values[slot];
        self->values[slot] = value;
        Py_XDECREF(old);
        return 0;
    }
    int rc = 0;
    if (value == NULL) {
        if (self->dict != NULL && PyDict_Contains(self->dict, key) == 1) {
            rc = PyDict_DelItem(self->dict, key);
        }
        return rc;
    }
    if (self->dict == NULL) {
        self->dict = PyDict_New();
    }
    rc = self->dict == NULL ? -1 : PyDict_SetItem(self->dict, key, value);
    Py_DECREF(value);
    return rc;
}

/* ---- history ----------------------------------------------------------- */

void
Sac_InstanceMarkModified(Sac_Instance *self)
{
    self->flags |= SAC_INSTANCE_MODIFIED;
    if ((self->flags & (SAC_INSTANCE_MAPPED | SAC_INSTANCE_KEPT)) ==
        SAC_INSTANCE_MAPPED) {
        Sac_IdentityMapKeep(self);
    }
}

int
Sac_InstanceNote(Sac_Instance *self, PyObject *key, PyObject *old)
{
    if (Sac_InstanceHasRow(self)) {
        if (self->changes == NULL) {
            self->changes = PyDict_New();
            if (self->changes == NULL) {
                return -1;
            }
        }
        if (old == NULL) {
            old = self->mapping->state->no_value;
        }
        /* The first one stays. */
        if (PyDict_SetDefault(self->changes, key, old) == NULL) {
            return -1;
        }
    }
    Sac_InstanceMarkModified(self);
    return 0;
}

void
Sac_InstanceCommit(Sac_Instance *self)
{
    Py_CLEAR(self->changes);
    self->flags &= (uint16_t) ~(SAC_INSTANCE_MODIFIED | SAC_INSTANCE_ORPHAN);
    if (self->flags & SAC_INSTANCE_KEPT) {
        Sac_IdentityMapLetGo(self);
    }
}

static int
expire_key(Sac_Instance *self, PyObject *key)
{
    Py_ssize_t slot = Sac_MappingFind(self->mapping, key);
    if (slot < 0) {
        return slot == -1 ? 0 : -1;
    }
    if (self->changes != NULL && PyDict_Contains(self->changes, key) == 1 &&
        PyDict_DelItem(self->changes, key) < 0) {
        return -1;
    }
    return Sac_InstanceStore(self, slot, key, NULL);
}

/* What was mapped after the object was made stands in its __dict__. */
static int
expire_all(Sac_Instance *self)
{
    PyObject *keys = self->mapping->keys;
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        Py_CLEAR(self->values[i]);
    }
    int rc = 0;
    for (Py_ssize_t i = Py_SIZE(self); rc == 0 && i < PyList_GET_SIZE(keys);
         i++) {
        PyObject *key = PyList_GET_ITEM(keys, i);
        rc = key == Py_None ? 0 : Sac_InstanceStore(self, i, key, NULL);
    }
    self->flags &= (uint16_t)~SAC_INSTANCE_OWNED;
    self->flags |= SAC_INSTANCE_EXPIRED;
    return rc;
}

static int
expire_keys(Sac_Instance *self, PyObject *keys)
{
    PyObject *list = PySequence_List(keys);
    int rc = list == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; rc == 0 && i < PyList_GET_SIZE(list); i++) {
        rc = expire_key(self, PyList_GET_ITEM(list, i));
    }
    Py_XDECREF(list);
    return rc;
}

int
Sac_InstanceExpire(Sac_Instance *self, PyObject *keys)
{
    if (self->mapping == NULL) {
        return 0;
    }
    if ((keys == NULL ? expire_all(self) : expire_keys(self, keys)) < 0) {
        return -1;
    }
    if (keys == NULL || self->changes == NULL ||
        PyDict_GET_SIZE(self->changes) == 0) {
        Sac_InstanceCommit(self);
    }
    return Sac_MappingTell(self->mapping->on_expire, (PyObject *)self, keys);
}

PyObject *
Sac_InstancePrimaryKey(Sac_Instance *self)
{
    Sac_Mapping *mapping = self->mapping;
    if (mapping == NULL) {
        return NULL;
    }
    PyObject *found = PyTuple_New(mapping->pk_count);
    for (Py_ssize_t i = 0; found != NULL && i < mapping->pk_count; i++) {
        Py_ssize_t slot = mapping->pk[i];
        PyObject *value =
            Sac_InstancePeek(self, slot, PyList_GET_ITEM(mapping->keys, slot));
        if (value == NULL) {
            Py_CLEAR(found);
            return NULL;
        }
        PyTuple_SET_ITEM(found, i, Py_NewRef(value));
    }
    return found;
}

/* ---- life -------------------------------------------------------------- */

Sac_Instance *
Sac_InstanceNew(PyTypeObject *type, Sac_Mapping *mapping)
{
    Py_ssize_t count = mapping == NULL ? 0 : Sac_MappingCount(mapping);
    Sac_Instance *self = PyObject_GC_NewVar(Sac_Instance, type, count);
    if (self == NULL) {
        return NULL;
    }
    const size_t head = offsetof(Sac_Instance, dict);
    memset((char *)self + head, 0,
           offsetof(Sac_Instance, values) - head +
               (size_t)count * sizeof(PyObject *));
    sac_list_init(&self->kept);
    self->mapping = (Sac_Mapping *)Py_XNewRef((PyObject *)mapping);
    PyObject_GC_Track((PyObject *)self);
    return self;
}

/* What is listening sees the arguments; __init__ gets the same dict. */
static int
tell_init(PyObject *function, PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *given = kwargs == NULL ? PyDict_New() : Py_NewRef(kwargs);
    if (given == NULL) {
        return -1;
    }
    PyObject *done =
        PyObject_CallFunctionObjArgs(function, self, args, given, NULL);
    Py_DECREF(given);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Arguments are the business of __init__. */
static PyObject *
instance_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Sac_Mapping *mapping;
    if (Sac_MappingOf(Sac_StateOfType(type), type, &mapping) < 0) {
        return NULL;
    }
    if (mapping != NULL && !mapping->configured &&
        Sac_MappingConfigure(mapping) < 0) {
        return NULL;
    }
    PyObject *self = (PyObject *)Sac_InstanceNew(type, mapping);
    if (self == NULL || mapping == NULL) {
        return self;
    }
    if (mapping->on_new != NULL && mapping->on_new != Py_None) {
        PyObject *done = PyObject_CallOneArg(mapping->on_new, self);
        if (done == NULL) {
            Py_DECREF(self);
            return NULL;
        }
        Py_DECREF(done);
    }
    if (mapping->on_init != NULL && mapping->on_init != Py_None &&
        tell_init(mapping->on_init, self, args, kwargs) < 0) {
        Py_CLEAR(self);
    }
    return self;
}

/* -> 0, or -1 with TypeError: the class has no such attribute. */
static int
check_keyword(Sac_Instance *self, PyObject *key)
{
    if (self->mapping != NULL) {
        int known = PyDict_Contains(self->mapping->slots, key);
        if (known != 0) {
            return known < 0 ? -1 : 0;
        }
    }
    PyObject *found = PyObject_GetAttr((PyObject *)Py_TYPE(self), key);
    if (found == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError,
                     "%R is an invalid keyword argument for %s", key,
                     Py_TYPE(self)->tp_name);
    }
    Py_XDECREF(found);
    return found == NULL ? -1 : 0;
}

static int
instance_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args) > 0) {
        PyErr_Format(PyExc_TypeError,
                     "%s.__init__() takes 1 positional argument but %zd were "
                     "given",
                     Py_TYPE(op)->tp_name, PyTuple_GET_SIZE(args) + 1);
        return -1;
    }
    PyObject *key, *value;
    Py_ssize_t at = 0;
    int rc = 0;
    while (rc == 0 && kwargs != NULL &&
           PyDict_Next(kwargs, &at, &key, &value)) {
        Py_INCREF(key);
        Py_INCREF(value);
        rc = check_keyword((Sac_Instance *)op, key);
        if (rc == 0) {
            rc = PyObject_SetAttr(op, key, value);
        }
        Py_DECREF(key);
        Py_DECREF(value);
    }
    return rc;
}

static int
instance_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Instance *self = (Sac_Instance *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->mapping);
    Py_VISIT(self->identity);
    Py_VISIT(self->changes);
    Py_VISIT(self->options);
    for (Py_ssize_t i = 0; i < Py_SIZE(op); i++) {
        Py_VISIT(self->values[i]);
    }
    return 0;
}

/* Not the mapping: whoever still reads an attribute needs it. */
static int
instance_clear(PyObject *op)
{
    Sac_Instance *self = (Sac_Instance *)op;
    /* Thousands often go at once, long after they were read. */
    for (Py_ssize_t i = 0; i < Py_SIZE(op); i++) {
        sac_prefetch(self->values[i]);
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(op); i++) {
        Py_CLEAR(self->values[i]);
    }
    Py_CLEAR(self->dict);
    Py_CLEAR(self->identity);
    Py_CLEAR(self->changes);
    Py_CLEAR(self->options);
    return 0;
}

/* What the collector calls: nobody finds a half cleared one any more. */
static int
instance_tp_clear(PyObject *op)
{
    Sac_Instance *self = (Sac_Instance *)op;
    if (self->map != NULL) {
        Sac_IdentityMapRemove(self, SAC_DETACHED);
    }
    return instance_clear(op);
}

static void
instance_dealloc(PyObject *op)
{
    Sac_Instance *self = (Sac_Instance *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, instance_dealloc);
    if (self->map != NULL) {
        Sac_IdentityMapRemove(self, SAC_DETACHED);
    }
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    (void)instance_clear(op);
    Py_CLEAR(self->mapping);
    type->tp_free(op);
    Py_DECREF(type);
    Py_TRASHCAN_END;
}

/* ---- the type ---------------------------------------------------------- */

static PyMemberDef instance_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(Sac_Instance, dict), READONLY,
     NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Sac_Instance, weakrefs),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(instance_doc,
             "Instance(**values)\n--\n\n"
             "Base of mapped classes. Private.\n\n"
             "Args:\n    **values: Attributes to set, by name.\n\n"
             "Raises:\n    TypeError: The class has no such attribute.");

static PyType_Slot instance_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)instance_doc},
    {Py_tp_new, instance_new},
    {Py_tp_init, instance_init},
    {Py_tp_traverse, instance_traverse},
    {Py_tp_clear, instance_tp_clear},
    {Py_tp_dealloc, instance_dealloc},
    {Py_tp_getattro, Sac_InstanceGetAttr},
    {Py_tp_methods, Sac_InstanceMethods},
    {Py_tp_members, instance_members},
    {Py_tp_getset, Sac_InstanceGetset},
    {0, NULL},
};

static PyType_Spec instance_spec = {
    .name = "sqlactive_c._core.Instance",
    .basicsize = offsetof(Sac_Instance, values),
    .itemsize = sizeof(PyObject *),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = instance_slots,
};

int
Sac_RegisterInstance(PyObject *module)
{
    return Sac_AddType(module, &instance_spec,
                       &Sac_StateOfModule(module)->instance_type, 1);
}
