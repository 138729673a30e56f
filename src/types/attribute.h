/* InstrumentedAttribute: a mapped attribute.  On the class it is a SQL
 * expression, on instances it reads and writes a slot. */
#ifndef SAC_TYPES_ATTRIBUTE_H
#define SAC_TYPES_ATTRIBUTE_H

#include <Python.h>
#include <stdbool.h>

#include "types/instance.h"
#include "types/mapping.h"
#include "types/node.h"

typedef enum Sac_AttributeKind {
    SAC_ATTRIBUTE_COLUMN,     /* a value; unset: None */
    SAC_ATTRIBUTE_RELATED,    /* an instance or None; sets are told */
    SAC_ATTRIBUTE_COLLECTION, /* a collection, made when asked for */
} Sac_AttributeKind;

typedef struct Sac_Attribute {
    Sac_Node node;
    Sac_Mapping *mapping; /* strong */
    PyObject *cls;        /* strong: mapping->cls, asked first */
    PyObject *key;        /* strong: interned str */
    Py_ssize_t slot;
    Sac_AttributeKind kind;
    bool active_history; /* a set loads the old value first */
    PyObject *validator; /* strong: (instance, key, value) -> value, or NULL */
    PyObject *compare;   /* strong: (old, new) -> equal, or NULL: == */
    PyObject *property;  /* strong: Python's own, or NULL */
    PyObject *collection; /* strong: (type, events) of collections that C may
                             make, or NULL */
    PyObject *parent;     /* strong: the mapper or alias, or NULL */
} Sac_Attribute;

bool Sac_AttributeCheck(Sac_State *state, PyObject *object);
/* What instance.attribute gives. -> new ref, or NULL with an exception. */
PyObject *Sac_AttributeGet(Sac_Attribute *self, Sac_Instance *instance);
/* What instance.attribute = value does; NULL: what del does. -> 0 or -1. */
int Sac_AttributeSet(Sac_Attribute *self, Sac_Instance *instance,
                     PyObject *value);

/* Whether the row need not change for it; self NULL: compared by ==.
 * -> 1, 0, or -1 with an exception */
int Sac_AttributeIsSame(Sac_Attribute *self, PyObject *old, PyObject *value);

int Sac_RegisterAttribute(PyObject *module);

#endif
