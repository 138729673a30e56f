/* The table of what one result has put into relations: open addressing over
 * (parent, relation, child), a child of NULL for the relation itself.
 *
 * With the GIL; owned by the load context of a result.  Runs no Python code
 * but that of objects that go when it is freed.  Objects stay alive as long
 * as the table has their address. */
#include "types/related.h"

#include <stdint.h>

typedef struct Entry {
    PyObject *parent;     /* strong where child is NULL, else borrowed: that
                             entry is there, too.  NULL: free */
    const void *relation; /* not an object for us */
    PyObject *child;      /* strong, or NULL */
    PyObject *collection; /* strong where child is NULL */
    bool listed;          /* where child is NULL: those in the collection have
                             entries, too */
} Entry;

struct Sac_Related {
    Entry *entries; /* owned */
    size_t mask;    /* number of entries - 1, which is a power of two */
    size_t used;
    size_t last; /* place of the relation that was asked for last */
};

enum {
    FIRST_SIZE = 64,
    LARGE = 4096, /* from here on it grows by half as much */
};

static inline size_t
hash_of(PyObject *parent, const void *relation, PyObject *child)
{
    uint64_t hash = (uint64_t)(uintptr_t)parent >> 4;
    hash = hash * UINT64_C(0x9E3779B97F4A7C15) ^
           (uint64_t)(uintptr_t)relation >> 3;
    hash =
        hash * UINT64_C(0xC2B2AE3D27D4EB4F) ^ (uint64_t)(uintptr_t)child >> 4;
    hash *= UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(hash ^ hash >> 32);
}

/* -> where it is, or the free place for it. */
static Entry *
place_of(const Sac_Related *table, PyObject *parent, const void *relation,
         PyObject *child)
{
    size_t at = hash_of(parent, relation, child) & table->mask;
    for (;;) {
        Entry *entry = &table->entries[at];
        if (entry->parent == NULL ||
            (entry->parent == parent && entry->relation == relation &&
             entry->child == child)) {
            return entry;
        }
        at = (at + 1) & table->mask;
    }
}

static int
grow(Sac_Related *table, size_t size)
{
    Sac_Related bigger = {.mask = size - 1, .used = table->used};
    bigger.entries = PyMem_Calloc(size, sizeof(Entry));
    if (bigger.entries == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; table->entries != NULL && i <= table->mask; i++) {
        const Entry *entry = &table->entries[i];
        if (entry->parent != NULL) {
            *place_of(&bigger, entry->parent, entry->relation, entry->child) =
                *entry;
        }
    }
    PyMem_Free(table->entries);
    *table = bigger;
    return 0;
}

/* A third of it stays free. -> 0 or -1. */
static int
make_room(Sac_Related *table)
{
    size_t size = table->mask + 1;
    if ((table->used + 1) * 3 <= size * 2) {
        return 0;
    }
    return grow(table, size < LARGE ? size * 4 : size * 2);
}

/* place_of() for the relation itself: rows of one parent often stand in a
 * row. */
static Entry *
relation_of(Sac_Related *table, PyObject *parent, const void *relation)
{
    Entry *entry = &table->entries[table->last];
    if (entry->parent != parent || entry->relation != relation ||
        entry->child != NULL) {
        entry = place_of(table, parent, relation, NULL);
        table->last = (size_t)(entry - table->entries);
    }
    return entry;
}

PyObject *
Sac_RelatedFind(Sac_Related *table, PyObject *parent, const void *relation)
{
    return table == NULL ? NULL
                         : relation_of(table, parent, relation)->collection;
}

int
Sac_RelatedBegin(Sac_Related **table, PyObject *parent, const void *relation,
                 PyObject *collection)
{
    if (*table == NULL) {
        Sac_Related *made = PyMem_Calloc(1, sizeof(Sac_Related));
        if (made == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        if (grow(made, FIRST_SIZE) < 0) {
            PyMem_Free(made);
            return -1;
        }
        *table = made;
    }
    if (make_room(*table) < 0) {
        return -1;
    }
    Entry *entry = relation_of(*table, parent, relation);
    if (entry->parent == NULL) {
        (*table)->used++;
        *entry = (Entry){.parent = Py_NewRef(parent), .relation = relation};
    }
    Py_XSETREF(entry->collection, Py_NewRef(collection));
    return 0;
}

static int
add_child(Sac_Related *table, PyObject *parent, const void *relation,
          PyObject *child)
{
    if (make_room(table) < 0) {
        return -1;
    }
    Entry *entry = place_of(table, parent, relation, child);
    if (entry->parent != NULL) {
        return 0;
    }
    table->used++;
    *entry = (Entry){
        .parent = parent, .relation = relation, .child = Py_NewRef(child)};
    return 1;
}

/* Makes entries of what is in the collection. -> 0 or -1 */
static int
list_children(Sac_Related *table, PyObject *parent, const void *relation)
{
    Entry *entry = relation_of(table, parent, relation);
    PyObject *list = entry->collection;
    entry->listed = true;
    for (Py_ssize_t i = 0; PyList_Check(list) && i < PyList_GET_SIZE(list);
         i++) {
        if (add_child(table, parent, relation, PyList_GET_ITEM(list, i)) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Lists that only get fresh children need no entries for them. */
int
Sac_RelatedAdd(Sac_Related *table, PyObject *parent, const void *relation,
               PyObject *child, bool fresh)
{
    const Entry *entry = relation_of(table, parent, relation);
    if (!entry->listed) {
        if (fresh && PyList_Check(entry->collection)) {
            return 1;
        }
        if (list_children(table, parent, relation) < 0) {
            return -1;
        }
    }
    return add_child(table, parent, relation, child);
}

int
Sac_RelatedTraverse(const Sac_Related *table, visitproc visit, void *arg)
{
    for (size_t i = 0; table != NULL && i <= table->mask; i++) {
        const Entry *entry = &table->entries[i];
        if (entry->parent != NULL && entry->child == NULL) {
            Py_VISIT(entry->parent);
        }
        Py_VISIT(entry->child);
        Py_VISIT(entry->collection);
    }
    return 0;
}

void
Sac_RelatedFree(Sac_Related *table)
{
    for (size_t i = 0; table != NULL && i <= table->mask; i++) {
        Entry *entry = &table->entries[i];
        if (entry->parent != NULL && entry->child == NULL) {
            Py_DECREF(entry->parent);
        }
        Py_XDECREF(entry->child);
        Py_XDECREF(entry->collection);
    }
    if (table != NULL) {
        PyMem_Free(table->entries);
        PyMem_Free(table);
    }
}
