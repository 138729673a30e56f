/* InstrumentedAttribute: what stands in a mapped class for one attribute.
 *
 * With the GIL.  `User.age` is the attribute itself, a SQL expression;
 * `user.age` is a slot, read and written in attribute_access.c.  Knows
 * nothing of columns. */
#include "types/attribute.h"

#include <string.h>
#include <structmember.h>

#include "bridge/compat.h"

bool
Sac_AttributeCheck(Sac_State *state, PyObject *object)
{
    return PyObject_TypeCheck(object, state->attribute_type);
}

/* ---- the descriptor ---------------------------------------------------- */

/* Not an instance of the very class: of one below it? -> as it is, or NULL
 * with an exception. */
static Sac_Instance *
check_instance(Sac_Attribute *self, PyObject *object)
{
    if (self->mapping == NULL) {
        PyErr_SetString(PyExc_AttributeError, "the attribute is not mapped");
        return NULL;
    }
    if (Sac_InstanceCheck(self->mapping->state, object) &&
        Sac_MappingIsA(((Sac_Instance *)object)->mapping, self->mapping)) {
        return (Sac_Instance *)object;
    }
    PyErr_Format(PyExc_AttributeError,
                 "'%s' object has no mapped attribute '%U'",
                 Py_TYPE(object)->tp_name, self->key);
    return NULL;
}

static inline Sac_Instance *
instance_of(Sac_Attribute *self, PyObject *object)
{
    if ((PyObject *)Py_TYPE(object) == self->cls &&
        ((Sac_Instance *)object)->mapping == self->mapping) {
        return (Sac_Instance *)object;
    }
    return check_instance(self, object);
}

static PyObject *
attribute_get(PyObject *op, PyObject *object, PyObject *Py_UNUSED(owner))
{
    if (object == NULL || object == Py_None) {
        return Py_NewRef(op);
    }
    Sac_Attribute *self = (Sac_Attribute *)op;
    Sac_Instance *instance = instance_of(self, object);
    return instance == NULL ? NULL : Sac_AttributeGet(self, instance);
}

static int
attribute_set(PyObject *op, PyObject *object, PyObject *value)
{
    Sac_Attribute *self = (Sac_Attribute *)op;
    Sac_Instance *instance = instance_of(self, object);
    return instance == NULL ? -1 : Sac_AttributeSet(self, instance, value);
}

/* ---- life -------------------------------------------------------------- */

static int
kind_of(const char *name, Sac_AttributeKind *kind)
{
    static const char *const names[] = {"column", "related", "collection"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(name, names[i]) == 0) {
            *kind = (Sac_AttributeKind)i;
            return 0;
        }
    }
    PyErr_Format(PyExc_ValueError, "no kind of attribute is called '%s'",
                 name);
    return -1;
}

static int
attribute_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"mapping",  "key",    "kind",
                                        "property", "parent", "active_history",
                                        NULL};
    Sac_Attribute *self = (Sac_Attribute *)op;
    Sac_State *state = SAC_STATE(op);
    PyObject *mapping, *key, *property = NULL, *parent = NULL;
    const char *kind = "column";
    int active = 0;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!U|s$OOp:InstrumentedAttribute",
            (char **)(uintptr_t)names, state->mapping_type, &mapping, &key,
            &kind, &property, &parent, &active)) {
        return -1;
    }
    if (self->mapping != NULL) {
        PyErr_SetString(PyExc_TypeError, "an attribute is made once");
        return -1;
    }
    Py_ssize_t slot = Sac_MappingAdd((Sac_Mapping *)mapping, key);
    if (slot < 0 || kind_of(kind, &self->kind) < 0) {
        return -1;
    }
    self->mapping = (Sac_Mapping *)Py_NewRef(mapping);
    self->cls = Py_XNewRef(self->mapping->cls);
    self->key = Py_NewRef(key);
    Sac_InternName(&self->key);
    self->slot = slot;
    self->active_history = active != 0;
    self->property = Py_XNewRef(property);
    self->parent = Py_XNewRef(parent);
    return 0;
}

static int
attribute_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Attribute *self = (Sac_Attribute *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->node.parts);
    Py_VISIT(self->node.memo);
    Py_VISIT(self->mapping);
    Py_VISIT(self->cls);
    Py_VISIT(self->validator);
    Py_VISIT(self->compare);
    Py_VISIT(self->property);
    Py_VISIT(self->parent);
    Py_VISIT(self->collection);
    return 0;
}

/* It has no parts worth clearing; the mapping clears itself. */
static int
attribute_clear(PyObject *op)
{
    Sac_Attribute *self = (Sac_Attribute *)op;
    Py_CLEAR(self->node.memo);
    Py_CLEAR(self->cls);
    Py_CLEAR(self->validator);
    Py_CLEAR(self->compare);
    Py_CLEAR(self->property);
    Py_CLEAR(self->parent);
    Py_CLEAR(self->collection);
    return 0;
}

static void
attribute_dealloc(PyObject *op)
{
    Sac_Attribute *self = (Sac_Attribute *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (self->node.weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    (void)attribute_clear(op);
    Py_CLEAR(self->node.parts);
    Py_CLEAR(self->node.kind);
    Py_CLEAR(self->mapping);
    Py_CLEAR(self->key);
    type->tp_free(op);
    Py_DECREF(type);
}

#define MEMBER(name, field, flags, doc)                              \
    {                                                                \
        name, T_OBJECT, offsetof(Sac_Attribute, field), flags, (doc) \
    }

static PyMemberDef attribute_members[] = {
    MEMBER("mapping", mapping, READONLY, "Its Mapping."),
    MEMBER("class_", cls, READONLY, "The mapped class."),
    MEMBER("key", key, READONLY, "Its name in the class."),
    MEMBER("property", property, 0, "What was mapped."),
    MEMBER("parent", parent, 0, "The mapper that it belongs to."),
    MEMBER("_validator", validator, 0,
           "Function (instance, key, value) -> value, or None."),
    MEMBER("_collection", collection, 0,
           "Type and events of its collections, if they are plain lists."),
    MEMBER("_compare", compare, 0, "Function (old, new) -> equal, or None."),
    {"_slot", T_PYSSIZET, offsetof(Sac_Attribute, slot), READONLY,
     "Where instances have it."},
    {"_active_history", T_BOOL, offsetof(Sac_Attribute, active_history), 0,
     "Whether the old value is loaded before a new one is set."},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(
    attribute_doc,
    "InstrumentedAttribute(mapping, key, kind='column', *, property=None,\n"
    "                      parent=None, active_history=False)\n--\n\n"
    "A mapped attribute. Private.\n\n"
    "Args:\n    mapping: The Mapping, which gives it a slot.\n"
    "    key: Its name.\n"
    "    kind: 'column', 'related' (an instance) or 'collection'.\n"
    "    property: What was mapped.\n"
    "    parent: The mapper.\n"
    "    active_history: Whether the old value is loaded before a new one\n"
    "        is set.");

static PyType_Slot attribute_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)attribute_doc},
    {Py_tp_init, attribute_init},
    {Py_tp_traverse, attribute_traverse},
    {Py_tp_clear, attribute_clear},
    {Py_tp_dealloc, attribute_dealloc},
    {Py_tp_descr_get, attribute_get},
    {Py_tp_descr_set, attribute_set},
    {Py_tp_members, attribute_members},
    {0, NULL},
};

static PyType_Spec attribute_spec = {
    .name = "sqlactive_c._core.InstrumentedAttribute",
    .basicsize = sizeof(Sac_Attribute),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = attribute_slots,
};

/* It is a node without parts, which is what it is. -> 0 or -1. */
static int
make_kind(PyObject *type)
{
    PyObject *fields = PyTuple_New(0);
    if (fields == NULL ||
        PyObject_SetAttrString(type, "_fields", fields) < 0 ||
        PyObject_SetAttrString(type, "_identity", Py_True) < 0) {
        Py_XDECREF(fields);
        return -1;
    }
    Py_DECREF(fields);
    PyObject *done = PyObject_CallMethod(type, "__init_subclass__", NULL);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

int
Sac_RegisterAttribute(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    PyObject *type = PyType_FromModuleAndSpec(
        module, &attribute_spec, (PyObject *)state->column_element_type);
    if (type == NULL) {
        return -1;
    }
    Py_XSETREF(state->attribute_type, (PyTypeObject *)type);
    if (make_kind(type) < 0) {
        return -1;
    }
    return PyModule_AddType(module, (PyTypeObject *)type);
}
