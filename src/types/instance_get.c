/* Reading an attribute of an instance by its name.
 *
 * With the GIL, on every access.  The interpreter finds a descriptor in the
 * class and calls it; where that is a mapped attribute, this file remembers
 * which slot it reads, so that the next access by that name goes straight
 * there.  What is not set, and all other attributes, take the common way.
 * Knows nothing of what attributes mean. */
#include "types/attribute.h"
#include "types/instance.h"

enum { FIRST_SIZE = 16, LAST_SIZE = 1024 };

static inline Sac_Getter *
place_of(const Sac_Getters *getters, PyObject *name)
{
    size_t at = (uintptr_t)name >> 4;
    return &getters->entries[(at ^ at >> 4) & getters->mask];
}

/* -> 0 or -1: there is no memory, and it is as it was. */
static int
resize(Sac_Getters *getters, size_t size)
{
    Sac_Getter *entries = PyMem_Calloc(size, sizeof(*entries));
    if (entries == NULL) {
        return -1;
    }
    PyMem_Free(getters->entries);
    *getters = (Sac_Getters){.entries = entries, .mask = size - 1};
    return 0;
}

/* Remembers that `name`, looked up in a class of that version, is a slot.
 * Two names that want one place get a bigger table, to be filled anew. */
static void
remember(Sac_Getters *getters, PyObject *name, unsigned version,
         Py_ssize_t slot)
{
    if (getters->entries == NULL && resize(getters, FIRST_SIZE) < 0) {
        return;
    }
    const Sac_Getter *there = place_of(getters, name);
    if (there->name != NULL && there->name != name &&
        there->version == version && getters->mask + 1 < LAST_SIZE) {
        (void)resize(getters, (getters->mask + 1) * 2);
    }
    *place_of(getters, name) =
        (Sac_Getter){.name = name, .version = version, .slot = slot};
}

/* found: borrowed, what the class has; or NULL. -> the same, if it is a mapped
 * attribute and reading it is reading a slot of the instance; or NULL */
static Sac_Attribute *
as_attribute(const Sac_Instance *self, PyObject *found)
{
    if (self->mapping == NULL || found == NULL) {
        return NULL;
    }
    const Sac_State *state = self->mapping->state;
    if (Py_TYPE(found)->tp_descr_get != state->attribute_type->tp_descr_get) {
        return NULL;
    }
    Sac_Attribute *attribute = (Sac_Attribute *)found;
    return attribute->mapping != NULL &&
                   Sac_MappingIsA(self->mapping, attribute->mapping)
               ? attribute
               : NULL;
}

/* As all objects do it; most have nothing but their slots. */
static PyObject *
get_other(Sac_Instance *self, PyObject *name, PyObject *found)
{
    if (self->dict != NULL || found == NULL) {
        return PyObject_GenericGetAttr((PyObject *)self, name);
    }
    descrgetfunc get = Py_TYPE(found)->tp_descr_get;
    Py_INCREF(found);
    if (get == NULL) {
        return found;
    }
    PyObject *value = get(found, (PyObject *)self, (PyObject *)Py_TYPE(self));
    Py_DECREF(found);
    return value;
}

static PyObject *
get_slowly(Sac_Instance *self, PyObject *name)
{
    Sac_Mapping *mapping = self->mapping;
    PyObject *found = _PyType_Lookup(Py_TYPE(self), name);
    Sac_Attribute *attribute = as_attribute(self, found);
    if (attribute == NULL) {
        return get_other(self, name, found);
    }
    /* The mapping keeps its keys, so that their addresses stand for them.
     * The version is that of what was just looked up. */
    unsigned version = Py_TYPE(self)->tp_version_tag;
    if (version != 0 && attribute->slot < Sac_MappingCount(mapping) &&
        PyList_GET_ITEM(mapping->keys, attribute->slot) == name) {
        remember(&mapping->getters, name, version, attribute->slot);
    }
    Py_INCREF(attribute);
    PyObject *value = Sac_AttributeGet(attribute, self);
    Py_DECREF(attribute);
    return value;
}

PyObject *
Sac_InstanceGetAttr(PyObject *op, PyObject *name)
{
    Sac_Instance *self = (Sac_Instance *)op;
    const Sac_Mapping *mapping = self->mapping;
    if (mapping != NULL && mapping->getters.entries != NULL) {
        const Sac_Getter *known = place_of(&mapping->getters, name);
        if (known->name == name &&
            known->version == Py_TYPE(op)->tp_version_tag &&
            known->slot < Py_SIZE(op) && self->values[known->slot] != NULL) {
            return Py_NewRef(self->values[known->slot]);
        }
    }
    return get_slowly(self, name);
}
