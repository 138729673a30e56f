/* Mapping: what C knows of one mapped class.
 *
 * Python makes it when the class is defined and puts it into the class as
 * `__mapping__`; a subclass without one of its own has its parent's.  Each
 * attribute that instances keep a value of has a slot.  In a hierarchy a slot
 * means the same everywhere: a subclass goes on where its parent ends, and
 * what is added to a parent later gets a slot that no subclass has in use. */
#ifndef SAC_TYPES_MAPPING_H
#define SAC_TYPES_MAPPING_H

#include <Python.h>
#include <stdbool.h>

#include "base/list.h"
#include "bridge/state.h"

/* Where an attribute that was read before is (instance_get.c). */
typedef struct Sac_Getter {
    PyObject *name; /* borrowed from the keys, which last; NULL: free */
    Py_ssize_t slot;
    unsigned version; /* of the class that it was found in; never 0 */
} Sac_Getter;

typedef struct Sac_Getters {
    Sac_Getter *entries; /* owned: a power of two of them, or NULL */
    size_t mask;         /* their number - 1 */
} Sac_Getters;

typedef struct Sac_Mapping {
    PyObject_HEAD
    Sac_State *state; /* borrowed: the module outlives its types */
    PyObject *cls;    /* strong: the class; NULL once it is cleared */
    struct Sac_Mapping *parent; /* strong, or NULL */
    struct Sac_Mapping *root;   /* borrowed: held through `parent`; the
                                   hierarchy shares one identity space */
    sac_list children;          /* of Sac_Mapping.sibling; each takes itself
                                   out when it goes */
    sac_list sibling;
    PyObject *mapper; /* strong: whatever Python keeps here, or NULL */
    PyObject *slots;  /* strong: dict, key -> slot, the parent's too */
    PyObject *keys;   /* strong: list, slot -> key, or None: a subclass of the
                         parent uses it */
    Py_ssize_t *pk;   /* owned: slots of the primary key */
    Py_ssize_t pk_count;
    Sac_Getters getters;
    PyObject *on_new;  /* strong: (instance) -> None, called before __init__,
                          or NULL */
    PyObject *on_load; /* strong: (instance) -> None, called for each one that
                          was made of a row; or NULL */
    PyObject *on_init; /* strong: (instance, args, kwargs) -> None, called
                          before __init__, after on_new; or NULL */
    PyObject *on_refresh;  /* strong: (instance, keys or None) -> None, called
                             when a row was read into it again; or NULL */
    PyObject *on_expire;   /* strong: (instance, keys or None) -> None, called
                             when it was expired; or NULL */
    Py_ssize_t *relations; /* owned: slots of related objects, found when
                              they were asked for (types/unit.c), or NULL */
    Py_ssize_t relation_count;
    Py_ssize_t relations_of; /* how many slots there were then */
    PyObject *get_shape;     /* strong: Shape that loads one instance by its
                                primary key (session_get.c), or None, or
                                NULL: not made yet */
    Py_ssize_t get_shape_of; /* how many slots there were then */
    PyObject *serial;        /* strong: tuple, what to_dict() and to_json()
                              read (serialize.c); or NULL */
    PyTypeObject *serial_of; /* not held: the class that it was made for */
    unsigned serial_version; /* of that class */
    uint64_t salt;   /* of the hashes of its identities (of the root) */
    bool configured; /* configure_mappers() was called for it */
} Sac_Mapping;

/* Slots that a new instance has. */
static inline Py_ssize_t
Sac_MappingCount(const Sac_Mapping *mapping)
{
    return PyList_GET_SIZE(mapping->keys);
}

bool Sac_MappingCheck(Sac_State *state, PyObject *object);
/* The mapping of a class. -> 1 and *mapping, borrowed from the class; 0: it
 * is not mapped; -1 with an exception. */
int Sac_MappingOf(Sac_State *state, PyTypeObject *type, Sac_Mapping **mapping);
/* -> the slot of a key; -1 without an exception: it has none; -2 with one. */
Py_ssize_t Sac_MappingFind(Sac_Mapping *mapping, PyObject *key);
/* Gives the key a slot, unless it has one. -> the slot, or -1. */
Py_ssize_t Sac_MappingAdd(Sac_Mapping *mapping, PyObject *key);
/* Whether it is `ancestor` or below it. */
bool Sac_MappingIsA(const Sac_Mapping *mapping, const Sac_Mapping *ancestor);
/* Calls the hook configure_mappers(mapping), the first time. -> 0 or -1. */
int Sac_MappingConfigure(Sac_Mapping *mapping);
/* Calls what Python put into one of the on_... fields, if anything, with an
 * instance and its further argument (borrowed, NULL: None). -> 0 or -1. */
int Sac_MappingTell(PyObject *function, PyObject *instance, PyObject *keys);

int Sac_RegisterMapping(PyObject *module);

#endif
