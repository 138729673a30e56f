/* IdentityMap, the table: from a hierarchy of classes and a primary key to
 * the one instance that has it.
 *
 * With the GIL.  Open addressing with linear probing; what is taken out
 * leaves no mark, its followers move up.  The pointers are weak: instances
 * take themselves out when they are deallocated, and one whose count of
 * references is zero, about to do so, is not found any more.  Comparing
 * primary keys may run Python, which may change the table: `version` tells.
 * What Python sees of it stands in identity_view.c. */
#include "types/identity_map.h"

#include <structmember.h>

#include "base/memory.h"
#include "base/prefetch.h"
#include "types/session.h"

enum {
    FIRST_SIZE = 16,
    LARGE = 4096, /* from here on, room that stays free costs more than
                     moving once more */
    AHEAD = 8,    /* entries that are asked for before it is their turn */
};

/* ---- hashes ------------------------------------------------------------ */

/* Eight keys in a row stay neighbours, for rows come in the order of their
 * keys; such groups are scattered, or else the keys of two classes would stand
 * in each other's way. */
static uint32_t
finish(const Sac_Mapping *mapping, Py_hash_t hash)
{
    const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = (uint64_t)hash ^ (mapping->root->salt * step);
    uint64_t group = (mixed >> 3) * step;
    return ((uint32_t)(group >> 32) & ~UINT32_C(7)) | (uint32_t)(mixed & 7);
}

int
Sac_IdentityHash(const Sac_Mapping *mapping, PyObject *identity,
                 uint32_t *hash)
{
    Py_hash_t found = PyObject_Hash(identity);
    if (found == -1) {
        return -1;
    }
    *hash = finish(mapping, found);
    return 0;
}

/* As Python hashes ints, so that 1 and 1.0 are one identity. */
uint32_t
Sac_IdentityHashInt(const Sac_Mapping *mapping, int64_t value)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    const uint64_t modulus = (uint64_t)_PyHASH_MODULUS;
    Py_hash_t hash = (Py_hash_t)(size < modulus ? size : size % modulus);
    if (value < 0) {
        hash = hash == 1 ? -2 : -hash;
    }
    return finish(mapping, hash);
}

/* ---- finding ----------------------------------------------------------- */

static bool
may_match(const Sac_MapEntry *entry, const Sac_Mapping *mapping, uint32_t hash)
{
    return entry->hash == hash &&
           entry->instance->mapping->root == mapping->root &&
           Py_REFCNT(entry->instance) > 0;
}

/* -> 1, 0, or -1 with an exception. *found: new ref if 1. */
static int
compare(Sac_Instance *candidate, PyObject *identity, Sac_Instance **found)
{
    PyObject *own = Py_NewRef(candidate->identity);
    Py_INCREF(candidate);
    int same = PyObject_RichCompareBool(own, identity, Py_EQ);
    Py_DECREF(own);
    if (same == 1) {
        *found = candidate;
    }
    else {
        Py_DECREF(candidate);
    }
    return same;
}

int
Sac_IdentityMapFind(Sac_IdentityMap *map, const Sac_Mapping *mapping,
                    PyObject *identity, uint32_t hash, Sac_Instance **found)
{
    *found = NULL;
    if (map->entries == NULL) {
        return 0;
    }
again:;
    const uint64_t version = map->version;
    for (size_t at = hash & map->mask; map->entries[at].instance != NULL;
         at = (at + 1) & map->mask) {
        if (!may_match(&map->entries[at], mapping, hash)) {
            continue;
        }
        int same = compare(map->entries[at].instance, identity, found);
        if (same != 0) {
            return same;
        }
        if (map->version != version) {
            if (map->entries == NULL) {
                return 0;
            }
            goto again;
        }
    }
    return 0;
}

static bool
is_int(PyObject *identity, int64_t value)
{
    if (PyLong_Check(identity)) {
        int overflow;
        return PyLong_AsLongLongAndOverflow(identity, &overflow) == value &&
               overflow == 0;
    }
    return PyFloat_Check(identity) &&
           PyFloat_AS_DOUBLE(identity) == (double)value;
}

Sac_Instance *
Sac_IdentityMapFindInt(Sac_IdentityMap *map, const Sac_Mapping *mapping,
                       int64_t value, uint32_t hash)
{
    if (map->entries == NULL) {
        return NULL;
    }
    for (size_t at = hash & map->mask; map->entries[at].instance != NULL;
         at = (at + 1) & map->mask) {
        if (may_match(&map->entries[at], mapping, hash) &&
            is_int(map->entries[at].instance->identity, value)) {
            return (Sac_Instance *)Py_NewRef(
                (PyObject *)map->entries[at].instance);
        }
    }
    return NULL;
}

/* ---- changing ---------------------------------------------------------- */

static void
put(Sac_MapEntry *entries, size_t mask, Sac_MapEntry entry)
{
    size_t at = entry.hash & mask;
    while (entries[at].instance != NULL) {
        at = (at + 1) & mask;
    }
    entries[at] = entry;
}

/* Room for one more, at most two thirds full. -> 0 or -1. */
static int
grow(Sac_IdentityMap *map)
{
    size_t size = map->entries == NULL ? 0 : map->mask + 1;
    if ((map->used + 1) * 3 <= size * 2) {
        return 0;
    }
    size_t wanted = size == 0      ? FIRST_SIZE
                    : size < LARGE ? size * 4
                                   : size * 2;
    Sac_MapEntry *entries = sac_calloc(wanted, sizeof(*entries));
    if (entries == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < size; i++) {
        if (map->entries[i].instance != NULL) {
            put(entries, wanted - 1, map->entries[i]);
        }
    }
    sac_free(map->entries);
    map->entries = entries;
    map->mask = wanted - 1;
    return 0;
}

int
Sac_IdentityMapAdd(Sac_IdentityMap *map, Sac_Instance *instance)
{
    if (grow(map) < 0) {
        return -1;
    }
    put(map->entries, map->mask,
        (Sac_MapEntry){.instance = instance, .hash = instance->hash});
    map->used++;
    map->version++;
    instance->map = map;
    instance->flags |= SAC_INSTANCE_MAPPED;
    instance->lifecycle = map->owner != NULL ? SAC_PERSISTENT : SAC_DETACHED;
    if (instance->flags & SAC_INSTANCE_MODIFIED) {
        Sac_IdentityMapKeep(instance);
    }
    return 0;
}

/* Frees a place; who stands behind it because it was taken moves up. */
static void
close_gap(Sac_IdentityMap *map, size_t gap)
{
    Sac_MapEntry *entries = map->entries;
    size_t at = gap;
    for (;;) {
        at = (at + 1) & map->mask;
        if (entries[at].instance == NULL) {
            break;
        }
        /* How far from home it is, and would be in the gap. */
        size_t far = (at - entries[at].hash) & map->mask;
        size_t near = (at - gap) & map->mask;
        if (far >= near) {
            entries[gap] = entries[at];
            gap = at;
        }
    }
    entries[gap].instance = NULL;
}

/* It is in no map any more. -> whether the map held a reference. */
static bool
detach(Sac_Instance *instance, Sac_Lifecycle lifecycle)
{
    bool kept = (instance->flags & SAC_INSTANCE_KEPT) != 0;
    sac_list_remove(&instance->kept);
    instance->map = NULL;
    instance->flags &= (uint16_t) ~(SAC_INSTANCE_KEPT | SAC_INSTANCE_MAPPED);
    instance->lifecycle = (uint16_t)lifecycle;
    return kept;
}

void
Sac_IdentityMapRemove(Sac_Instance *instance, Sac_Lifecycle lifecycle)
{
    Sac_IdentityMap *map = instance->map;
    if (instance->flags & SAC_INSTANCE_MAPPED) {
        size_t at = instance->hash & map->mask;
        while (map->entries[at].instance != instance) {
            at = (at + 1) & map->mask;
        }
        close_gap(map, at);
        map->used--;
        map->version++;
    }
    if (detach(instance, lifecycle)) {
        Py_DECREF(instance);
    }
}

void
Sac_IdentityMapClear(Sac_IdentityMap *map)
{
    Sac_MapEntry *entries = map->entries;
    size_t size = entries == NULL ? 0 : map->mask + 1;
    map->entries = NULL;
    map->mask = 0;
    map->used = 0;
    map->version++;
    /* All are out before one of them goes and takes others with it.  The table
     * has them in no order that memory has. */
    for (size_t i = 0; i < size; i++) {
        if (i + AHEAD < size) {
            sac_prefetch(entries[i + AHEAD].instance);
        }
        if (entries[i].instance != NULL &&
            !detach(entries[i].instance, SAC_DETACHED)) {
            entries[i].instance = NULL;
        }
    }
    for (size_t i = 0; i < size; i++) {
        Py_XDECREF(entries[i].instance);
    }
    sac_free(entries);
}

void
Sac_IdentityMapKeep(Sac_Instance *instance)
{
    if (!(instance->flags & SAC_INSTANCE_KEPT)) {
        instance->flags |= SAC_INSTANCE_KEPT;
        if (instance->map->owner != NULL) {
            Sac_SessionNoteModified(instance->map->owner);
        }
        sac_list_push_back(&instance->map->kept, &instance->kept);
        Py_INCREF(instance);
    }
}

void
Sac_IdentityMapLetGo(Sac_Instance *instance)
{
    if (instance->flags & SAC_INSTANCE_KEPT) {
        instance->flags &= (uint16_t)~SAC_INSTANCE_KEPT;
        sac_list_remove(&instance->kept);
        Py_DECREF(instance);
    }
}

/* ---- life -------------------------------------------------------------- */

Sac_IdentityMap *
Sac_IdentityMapNew(Sac_State *state, PyObject *owner)
{
    PyTypeObject *type = state->identity_map_type;
    Sac_IdentityMap *self = (Sac_IdentityMap *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->owner = owner;
        sac_list_init(&self->kept);
    }
    return self;
}

static PyObject *
map_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *self = PyType_GenericNew(type, args, kwargs);
    if (self != NULL) {
        sac_list_init(&((Sac_IdentityMap *)self)->kept);
    }
    return self;
}

static int
map_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_IdentityMap *self = (Sac_IdentityMap *)op;
    Py_VISIT(Py_TYPE(op));
    for (size_t i = 0; self->entries != NULL && i <= self->mask; i++) {
        Sac_Instance *instance = self->entries[i].instance;
        if (instance != NULL && (instance->flags & SAC_INSTANCE_KEPT)) {
            Py_VISIT(instance);
        }
    }
    return 0;
}

static int
map_clear(PyObject *op)
{
    Sac_IdentityMapClear((Sac_IdentityMap *)op);
    return 0;
}

static void
map_dealloc(PyObject *op)
{
    Sac_IdentityMap *self = (Sac_IdentityMap *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    Sac_IdentityMapClear(self);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMemberDef map_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Sac_IdentityMap, weakrefs),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(map_doc,
             "IdentityMap()\n--\n\n"
             "The instances of a session, one for each row, held weakly\n"
             "unless they are modified. Keys are tuples: (class at the top\n"
             "of the hierarchy, primary key, None).");

static PyType_Slot map_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)map_doc},
    {Py_tp_new, map_new},
    {Py_tp_traverse, map_traverse},
    {Py_tp_clear, map_clear},
    {Py_tp_dealloc, map_dealloc},
    {Py_tp_methods, Sac_IdentityMapMethods},
    {Py_tp_members, map_members},
    {Py_tp_iter, Sac_IdentityMapIter},
    {Py_sq_contains, Sac_IdentityMapContains},
    {Py_mp_length, Sac_IdentityMapLength},
    {Py_mp_subscript, Sac_IdentityMapSubscript},
    {0, NULL},
};

static PyType_Spec map_spec = {
    .name = "sqlactive_c._core.IdentityMap",
    .basicsize = sizeof(Sac_IdentityMap),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = map_slots,
};

int
Sac_RegisterIdentityMap(PyObject *module)
{
    return Sac_AddType(module, &map_spec,
                       &Sac_StateOfModule(module)->identity_map_type, 1);
}
