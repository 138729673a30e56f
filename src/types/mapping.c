/* Mapping, what C knows of one mapped class: its slots, its primary key, its
 * place in a hierarchy.
 *
 * With the GIL.  Made and filled by Python while a class is defined, and
 * when something is added to it later; read by everything that makes or
 * reads instances.  Knows nothing of columns and tables. */
#include "types/mapping.h"

#include <structmember.h>

#include "bridge/compat.h"

bool
Sac_MappingCheck(Sac_State *state, PyObject *object)
{
    return PyObject_TypeCheck(object, state->mapping_type);
}

int
Sac_MappingOf(Sac_State *state, PyTypeObject *type, Sac_Mapping **mapping)
{
    *mapping = NULL;
    PyObject *found = PyObject_GetAttr((PyObject *)type, state->str_mapping);
    if (found == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    Py_DECREF(found); /* the class keeps it */
    if (!Sac_MappingCheck(state, found)) {
        return 0;
    }
    *mapping = (Sac_Mapping *)found;
    return 1;
}

bool
Sac_MappingIsA(const Sac_Mapping *mapping, const Sac_Mapping *ancestor)
{
    while (mapping != NULL && mapping != ancestor) {
        mapping = mapping->parent;
    }
    return mapping != NULL;
}

int
Sac_MappingConfigure(Sac_Mapping *mapping)
{
    PyObject *hook = mapping->state->configure_mappers;
    if (hook != NULL) {
        PyObject *done = PyObject_CallOneArg(hook, (PyObject *)mapping);
        if (done == NULL) {
            return -1;
        }
        Py_DECREF(done);
    }
    mapping->configured = true;
    return 0;
}

/* ---- slots ------------------------------------------------------------- */

Py_ssize_t
Sac_MappingFind(Sac_Mapping *mapping, PyObject *key)
{
    PyObject *slot = PyDict_GetItemWithError(mapping->slots, key);
    if (slot == NULL) {
        return PyErr_Occurred() ? -2 : -1;
    }
    return PyLong_AsSsize_t(slot);
}

/* The first slot that neither it nor a mapping below it has in use. */
static Py_ssize_t
free_slot(Sac_Mapping *mapping)
{
    Py_ssize_t slot = Sac_MappingCount(mapping);
    for (sac_list *at = mapping->children.next; at != &mapping->children;
         at = at->next) {
        Py_ssize_t below = free_slot(SAC_CONTAINER(at, Sac_Mapping, sibling));
        slot = below > slot ? below : slot;
    }
    return slot;
}

/* Makes it and those below it long enough. -> 0 or -1. */
static int
reserve(Sac_Mapping *mapping, Py_ssize_t count)
{
    while (Sac_MappingCount(mapping) < count) {
        if (PyList_Append(mapping->keys, Py_None) < 0) {
            return -1;
        }
    }
    for (sac_list *at = mapping->children.next; at != &mapping->children;
         at = at->next) {
        if (reserve(SAC_CONTAINER(at, Sac_Mapping, sibling), count) < 0) {
            return -1;
        }
    }
    return 0;
}

/* A mapping below that has the key already has an attribute of its own. */
static int
assign(Sac_Mapping *mapping, PyObject *key, PyObject *slot, Py_ssize_t at)
{
    int has = PyDict_Contains(mapping->slots, key);
    if (has != 0) {
        return has < 0 ? -1 : 0;
    }
    if (PyDict_SetItem(mapping->slots, key, slot) < 0 ||
        PyList_SetItem(mapping->keys, at, Py_NewRef(key)) < 0) {
        return -1;
    }
    for (sac_list *child = mapping->children.next; child != &mapping->children;
         child = child->next) {
        if (assign(SAC_CONTAINER(child, Sac_Mapping, sibling), key, slot, at) <
            0) {
            return -1;
        }
    }
    return 0;
}

Py_ssize_t
Sac_MappingAdd(Sac_Mapping *mapping, PyObject *key)
{
    Py_ssize_t slot = Sac_MappingFind(mapping, key);
    if (slot != -1) {
        return slot < 0 ? -1 : slot;
    }
    slot = free_slot(mapping);
    PyObject *number = PyLong_FromSsize_t(slot);
    if (number == NULL) {
        return -1;
    }
    Py_INCREF(key);
    Sac_InternName(&key);
    int rc = reserve(mapping, slot + 1);
    if (rc == 0) {
        rc = assign(mapping, key, number, slot);
    }
    Py_DECREF(key);
    Py_DECREF(number);
    return rc < 0 ? -1 : slot;
}

/* ---- life -------------------------------------------------------------- */

static int
inherit(Sac_Mapping *self, Sac_Mapping *parent)
{
    if (parent == NULL) {
        self->root = self;
        self->salt = ++self->state->last_identity;
        self->slots = PyDict_New();
        self->keys = PyList_New(0);
        return self->slots == NULL || self->keys == NULL ? -1 : 0;
    }
    self->slots = PyDict_Copy(parent->slots);
    self->keys = PyList_GetSlice(parent->keys, 0, PY_SSIZE_T_MAX);
    self->pk = PyMem_New(Py_ssize_t, (size_t)parent->pk_count);
    if (self->slots == NULL || self->keys == NULL || self->pk == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->parent = (Sac_Mapping *)Py_NewRef((PyObject *)parent);
    self->root = parent->root;
    self->pk_count = parent->pk_count;
    for (Py_ssize_t i = 0; i < parent->pk_count; i++) {
        self->pk[i] = parent->pk[i];
    }
    sac_list_push_back(&parent->children, &self->sibling);
    return 0;
}

static PyObject *
mapping_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"", "parent", NULL};
    Sac_State *state = Sac_StateOfType(type);
    PyObject *cls, *parent = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|O:Mapping",
                                     (char **)(uintptr_t)names, &PyType_Type,
                                     &cls, &parent)) {
        return NULL;
    }
    if (!PyType_IsSubtype((PyTypeObject *)cls, state->instance_type)) {
        return PyErr_Format(PyExc_TypeError, "%s does not derive from %s",
                            ((PyTypeObject *)cls)->tp_name,
                            state->instance_type->tp_name);
    }
    if (parent != Py_None && !Sac_MappingCheck(state, parent)) {
        return PyErr_Format(PyExc_TypeError, "parent must be a Mapping");
    }
    Sac_Mapping *self = (Sac_Mapping *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->state = state;
    sac_list_init(&self->children);
    sac_list_init(&self->sibling);
    self->cls = Py_NewRef(cls);
    /* Past the metaclass, which has its own idea of new attributes. */
    if (inherit(self, parent == Py_None ? NULL : (Sac_Mapping *)parent) < 0 ||
        PyType_Type.tp_setattro(cls, state->str_mapping, (PyObject *)self) <
            0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

int
Sac_MappingTell(PyObject *function, PyObject *instance, PyObject *keys)
{
    if (function == NULL || function == Py_None) {
        return 0;
    }
    Py_INCREF(function); /* it may take itself away */
    PyObject *done = PyObject_CallFunctionObjArgs(
        function, instance, keys == NULL ? Py_None : keys, NULL);
    Py_DECREF(function);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static int
mapping_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Mapping *self = (Sac_Mapping *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->cls);
    Py_VISIT(self->parent);
    Py_VISIT(self->mapper);
    Py_VISIT(self->on_new);
    Py_VISIT(self->on_load);
    Py_VISIT(self->on_init);
    Py_VISIT(self->on_refresh);
    Py_VISIT(self->on_expire);
    Py_VISIT(self->get_shape);
    Py_VISIT(self->serial);
    return 0;
}

/* The parent and the slots stay: instances need them to the end, and no
 * cycle goes through them alone. */
static int
mapping_clear(PyObject *op)
{
    Sac_Mapping *self = (Sac_Mapping *)op;
    Py_CLEAR(self->cls);
    Py_CLEAR(self->mapper);
    Py_CLEAR(self->on_new);
    Py_CLEAR(self->on_load);
    Py_CLEAR(self->on_init);
    Py_CLEAR(self->on_refresh);
    Py_CLEAR(self->on_expire);
    Py_CLEAR(self->get_shape);
    Py_CLEAR(self->serial);
    return 0;
}

static void
mapping_dealloc(PyObject *op)
{
    Sac_Mapping *self = (Sac_Mapping *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    (void)mapping_clear(op);
    if (self->sibling.next != NULL) {
        sac_list_remove(&self->sibling);
    }
    Py_CLEAR(self->slots);
    Py_CLEAR(self->keys);
    PyMem_Free(self->pk);
    PyMem_Free(self->relations);
    PyMem_Free(self->getters.entries);
    Py_CLEAR(self->parent);
    type->tp_free(op);
    Py_DECREF(type);
}

/* ---- what Python sees -------------------------------------------------- */

PyDoc_STRVAR(add_doc, "add($self, key, /)\n--\n\n"
                      "Give an attribute a slot, unless it has one.\n\n"
                      "Args:\n    key: Its name in Python.\n\n"
                      "Returns:\n    The slot, an int.");

static PyObject *
mapping_add(PyObject *op, PyObject *key)
{
    if (!PyUnicode_CheckExact(key)) {
        return PyErr_Format(PyExc_TypeError, "a key is a str, not %s",
                            Py_TYPE(key)->tp_name);
    }
    Py_ssize_t slot = Sac_MappingAdd((Sac_Mapping *)op, key);
    return slot < 0 ? NULL : PyLong_FromSsize_t(slot);
}

PyDoc_STRVAR(isa_doc, "isa($self, other, /)\n--\n\n"
                      "Whether it is the other mapping or below it.");

static PyObject *
mapping_isa(PyObject *op, PyObject *other)
{
    if (!Sac_MappingCheck(SAC_STATE(op), other)) {
        return PyErr_Format(PyExc_TypeError, "isa() takes a Mapping");
    }
    return PyBool_FromLong(
        Sac_MappingIsA((Sac_Mapping *)op, (Sac_Mapping *)other));
}

static PyObject *
mapping_get_slots(PyObject *op, void *Py_UNUSED(closure))
{
    return PyDictProxy_New(((Sac_Mapping *)op)->slots);
}

static PyObject *
mapping_get_root(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef((PyObject *)((Sac_Mapping *)op)->root);
}

static PyObject *
mapping_get_count(PyObject *op, void *Py_UNUSED(closure))
{
    return PyLong_FromSsize_t(Sac_MappingCount((Sac_Mapping *)op));
}

static PyObject *
mapping_get_pk(PyObject *op, void *Py_UNUSED(closure))
{
    Sac_Mapping *self = (Sac_Mapping *)op;
    PyObject *keys = PyTuple_New(self->pk_count);
    for (Py_ssize_t i = 0; keys != NULL && i < self->pk_count; i++) {
        PyObject *key = PyList_GET_ITEM(self->keys, self->pk[i]);
        PyTuple_SET_ITEM(keys, i, Py_NewRef(key));
    }
    return keys;
}

static int
mapping_set_pk(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    Sac_Mapping *self = (Sac_Mapping *)op;
    if (value == NULL || !PyTuple_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "a primary key is a tuple of keys");
        return -1;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(value);
    Py_ssize_t *pk = PyMem_New(Py_ssize_t, (size_t)count);
    if (pk == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        pk[i] = Sac_MappingFind(self, PyTuple_GET_ITEM(value, i));
        if (pk[i] < 0) {
            if (pk[i] == -1) {
                PyErr_SetObject(PyExc_KeyError, PyTuple_GET_ITEM(value, i));
            }
            PyMem_Free(pk);
            return -1;
        }
    }
    PyMem_Free(self->pk);
    self->pk = pk;
    self->pk_count = count;
    return 0;
}

static PyMethodDef mapping_methods[] = {
    {"add", mapping_add, METH_O, add_doc},
    {"isa", mapping_isa, METH_O, isa_doc},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef mapping_members[] = {
    {"cls", T_OBJECT, offsetof(Sac_Mapping, cls), READONLY, "The class."},
    {"parent", T_OBJECT, offsetof(Sac_Mapping, parent), READONLY,
     "The mapping that it inherits from, or None."},
    {"mapper", T_OBJECT, offsetof(Sac_Mapping, mapper), 0,
     "What Python keeps here: the mapper."},
    {"on_new", T_OBJECT, offsetof(Sac_Mapping, on_new), 0,
     "Function of an instance, called before its __init__, or None."},
    {"on_load", T_OBJECT, offsetof(Sac_Mapping, on_load), 0,
     "Function of an instance, called when it was made of a row, or None."},
    {"on_init", T_OBJECT, offsetof(Sac_Mapping, on_init), 0,
     "Function of an instance, args and kwargs, called before its __init__, "
     "or None."},
    {"on_refresh", T_OBJECT, offsetof(Sac_Mapping, on_refresh), 0,
     "Function of an instance and keys or None, called when a row was read "
     "into it again, or None."},
    {"on_expire", T_OBJECT, offsetof(Sac_Mapping, on_expire), 0,
     "Function of an instance and keys or None, called when it was expired, "
     "or None."},
    {"configured", T_BOOL, offsetof(Sac_Mapping, configured), 0,
     "Whether configure_mappers() was called for it."},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef mapping_getset[] = {
    {"slots", mapping_get_slots, NULL, "Slot by key.", NULL},
    {"count", mapping_get_count, NULL, "Slots of a new instance.", NULL},
    {"root", mapping_get_root, NULL, "The top of its hierarchy.", NULL},
    {"primary_key", mapping_get_pk, mapping_set_pk,
     "Keys of the primary key, a tuple.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(mapping_doc,
             "Mapping(cls, /, parent=None)\n--\n\n"
             "The layout of the instances of one mapped class; it becomes\n"
             "the `__mapping__` of the class. Private.\n\n"
             "Args:\n    cls: The class, which derives from Instance.\n"
             "    parent: The mapping that it inherits from.");

static PyType_Slot mapping_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)mapping_doc},
    {Py_tp_new, mapping_new},
    {Py_tp_traverse, mapping_traverse},
    {Py_tp_clear, mapping_clear},
    {Py_tp_dealloc, mapping_dealloc},
    {Py_tp_methods, mapping_methods},
    {Py_tp_members, mapping_members},
    {Py_tp_getset, mapping_getset},
    {0, NULL},
};

static PyType_Spec mapping_spec = {
    .name = "sqlactive_c._core.Mapping",
    .basicsize = sizeof(Sac_Mapping),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = mapping_slots,
};

int
Sac_RegisterMapping(PyObject *module)
{
    return Sac_AddType(module, &mapping_spec,
                       &Sac_StateOfModule(module)->mapping_type, 1);
}
