/* IdentityMap: the one instance that a session has for each row.
 *
 * Entries are weak: an instance takes itself out when it goes.  Those that
 * are modified are held (SAC_INSTANCE_KEPT) until their changes are flushed.
 * When the map goes, its instances are detached. */
#ifndef SAC_TYPES_IDENTITY_MAP_H
#define SAC_TYPES_IDENTITY_MAP_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "bridge/state.h"
#include "types/instance.h"
#include "types/mapping.h"

typedef struct Sac_MapEntry {
    Sac_Instance *instance; /* borrowed, or strong if it is KEPT; NULL: free */
    uint32_t hash;
} Sac_MapEntry;

typedef struct Sac_IdentityMap {
    PyObject_HEAD
    PyObject *weakrefs;
    PyObject *owner;       /* borrowed: the session, which takes itself out
                              when it goes; or NULL */
    Sac_MapEntry *entries; /* owned: a power of two of them, or NULL */
    size_t mask;           /* their number - 1 */
    size_t used;           /* those that are not free */
    uint64_t version;      /* changes with each change of the entries */
    sac_list kept;         /* of Sac_Instance: those that are KEPT, in the
                              order of their first change */
} Sac_IdentityMap;

/* -> new, empty. owner: an AsyncSession, or NULL. */
Sac_IdentityMap *Sac_IdentityMapNew(Sac_State *state, PyObject *owner);

/* The hash of an identity, the value of a primary key or a tuple of them, in
 * the hierarchy of `mapping`. -> 0, or -1 with TypeError. */
int Sac_IdentityHash(const Sac_Mapping *mapping, PyObject *identity,
                     uint32_t *hash);
uint32_t Sac_IdentityHashInt(const Sac_Mapping *mapping, int64_t value);

/* -> 1 and *found, new ref; 0; -1 with an exception. */
int Sac_IdentityMapFind(Sac_IdentityMap *map, const Sac_Mapping *mapping,
                        PyObject *identity, uint32_t hash,
                        Sac_Instance **found);
/* The same for a primary key of one INTEGER; calls nothing. */
Sac_Instance *Sac_IdentityMapFindInt(Sac_IdentityMap *map,
                                     const Sac_Mapping *mapping, int64_t value,
                                     uint32_t hash);

/* Puts an instance in that is in no map, with its identity and hash set, and
 * that Find() did not find: it becomes persistent, or detached if the map is
 * no session's. -> 0 or -1. */
int Sac_IdentityMapAdd(Sac_IdentityMap *map, Sac_Instance *instance);
/* Takes it out of the table and lets go of it; `lifecycle`: what it is then.
 * The caller holds a reference, or it is being deallocated. */
void Sac_IdentityMapRemove(Sac_Instance *instance, Sac_Lifecycle lifecycle);
/* Takes out all. */
void Sac_IdentityMapClear(Sac_IdentityMap *map);

/* A modified instance is held, a flushed one is not. */
void Sac_IdentityMapKeep(Sac_Instance *instance);
void Sac_IdentityMapLetGo(Sac_Instance *instance);

int Sac_RegisterIdentityMap(PyObject *module);

/* The view: a mapping from identity keys to instances (identity_view.c). */
extern PyMethodDef Sac_IdentityMapMethods[];
Py_ssize_t Sac_IdentityMapLength(PyObject *op);
PyObject *Sac_IdentityMapSubscript(PyObject *op, PyObject *key);
int Sac_IdentityMapContains(PyObject *op, PyObject *key);
PyObject *Sac_IdentityMapIter(PyObject *op);

#endif
