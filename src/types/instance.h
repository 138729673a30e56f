/* Instance: an object of a mapped class.
 *
 * Its values stand in the object itself, one slot for each attribute of the
 * mapping; NULL is "not set" or "not loaded".  What was mapped after the
 * object was made has no slot in it: its value stands in __dict__, under its
 * key.  So Sac_InstancePeek() and Sac_InstanceStore() are how a value is
 * reached. */
#ifndef SAC_TYPES_INSTANCE_H
#define SAC_TYPES_INSTANCE_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "bridge/state.h"
#include "types/mapping.h"

struct Sac_IdentityMap;

/* Transient: made by the program.  Pending: to be inserted by its session.
 * Persistent: a row, in a session.  Deleted: a row whose DELETE was sent.
 * Detached: a row, in no session any more. */
typedef enum Sac_Lifecycle {
    SAC_TRANSIENT,
    SAC_PENDING,
    SAC_PERSISTENT,
    SAC_DELETED,
    SAC_DETACHED,
} Sac_Lifecycle;

enum {
    SAC_INSTANCE_EXPIRED = 1u << 0,  /* as a whole: what is not loaded is to
                                        be loaded anew */
    SAC_INSTANCE_MODIFIED = 1u << 1, /* something was set since the last flush
                                        or load */
    SAC_INSTANCE_KEPT = 1u << 2,     /* its identity map holds a reference:
                                        changes must not be lost */
    SAC_INSTANCE_MAPPED = 1u << 3,   /* it stands in the table of `map` */
    SAC_INSTANCE_DOOMED = 1u << 4,   /* its session is to delete it */
    SAC_INSTANCE_GONE = 1u << 5,     /* its row was deleted, for good */
    SAC_INSTANCE_ORPHAN = 1u << 6,   /* taken from a parent that it cannot be
                                        without, since the last flush */
    SAC_INSTANCE_OWNED = 1u << 7,    /* the program gave it to a parent that
                                        lets it have no other */
};

typedef struct Sac_Instance {
    PyObject_VAR_HEAD /* ob_size: slots in this object */
    PyObject *dict;   /* strong: attributes without a slot, or NULL */
    PyObject *weakrefs;
    Sac_Mapping *mapping;        /* strong; NULL: the class is not mapped */
    struct Sac_IdentityMap *map; /* borrowed: of its session; the map takes
                                    itself out when it goes.  NULL: none */
    PyObject *identity;          /* strong: the primary key of its row, a tuple
                                   if that has several columns; or NULL */
    PyObject *changes;           /* strong: dict, key -> the value that the row
                                   has, or NO_VALUE, of what was set since;
                                   NULL: nothing was.  Not for transient and
                                   pending ones: all is new in them */
    PyObject *options;           /* strong: of the loader, or NULL */
    sac_list kept;               /* in map->kept while it is KEPT */
    uint32_t born;               /* serial of the frame that inserted it; 0:
                                    none */
    uint32_t touched;            /* of the frame that wrote it last */
    uint32_t hash;               /* of mapping->root and identity */
    uint16_t flags;              /* SAC_INSTANCE_... */
    uint16_t lifecycle;          /* Sac_Lifecycle */
    PyObject *values[];          /* strong, or NULL */
} Sac_Instance;

static inline bool
Sac_InstanceCheck(Sac_State *state, PyObject *object)
{
    return PyObject_TypeCheck(object, state->instance_type);
}

/* -> whether it is, or was, a row. */
static inline bool
Sac_InstanceHasRow(const Sac_Instance *self)
{
    return self->lifecycle >= SAC_PERSISTENT;
}

/* What is not in the object itself. -> as Sac_InstancePeek(). */
PyObject *Sac_InstancePeekDict(Sac_Instance *self, PyObject *key);

/* -> borrowed, or NULL without an exception: not set. key: of that slot. */
static inline PyObject *
Sac_InstancePeek(Sac_Instance *self, Py_ssize_t slot, PyObject *key)
{
    return slot < Py_SIZE(self) ? self->values[slot]
                                : Sac_InstancePeekDict(self, key);
}

/* Puts a value in its place; no history, no hooks. steals: value (NULL:
 * unset), also on error. -> 0 or -1. */
int Sac_InstanceStore(Sac_Instance *self, Py_ssize_t slot, PyObject *key,
                      PyObject *value);

/* -> new instance of exactly this class, nothing set, transient; __init__ is
 * not called.  mapping: of the class. */
Sac_Instance *Sac_InstanceNew(PyTypeObject *type, Sac_Mapping *mapping);

/* Notes that the value of `key` is not the row's any more, which had `old`
 * (borrowed; NULL: not known), and that it is modified. -> 0 or -1. */
int Sac_InstanceNote(Sac_Instance *self, PyObject *key, PyObject *old);
/* It is modified: its identity map holds on to it. */
void Sac_InstanceMarkModified(Sac_Instance *self);
/* What it has is what the row has: no changes any more. */
void Sac_InstanceCommit(Sac_Instance *self);
/* Unsets values, to be loaded anew; drops their changes.  keys: a sequence
 * of str, or NULL: all, and SAC_INSTANCE_EXPIRED. -> 0 or -1. */
int Sac_InstanceExpire(Sac_Instance *self, PyObject *keys);
/* -> new tuple: the primary key as set in it, as Python sees identities; or
 * NULL without an exception: not all of it is set. */
PyObject *Sac_InstancePrimaryKey(Sac_Instance *self);

int Sac_RegisterInstance(PyObject *module);

/* What reading an attribute by its name does (instance_get.c). */
PyObject *Sac_InstanceGetAttr(PyObject *op, PyObject *name);

/* __getstate__, __setstate__ and __reduce__ (instance_pickle.c). */
PyObject *Sac_InstanceGetState(PyObject *op, PyObject *ignored);
PyObject *Sac_InstanceSetState(PyObject *op, PyObject *state);
PyObject *Sac_InstanceReduce(PyObject *op, PyObject *ignored);

/* The methods that Python's facades use, `_sac_...` (instance_state.c). */
extern PyMethodDef Sac_InstanceMethods[];
extern PyGetSetDef Sac_InstanceGetset[];
/* The NO_VALUE of this module. -> 0 or -1. */
int Sac_RegisterNoValue(PyObject *module);

#endif
