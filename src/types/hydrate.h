/* EntityPlan: how instances of one mapped class are made of the cells of a
 * row.  What executes a plan, Sac_EntityLoad(), stands in decoder.h. */
#ifndef SAC_TYPES_HYDRATE_H
#define SAC_TYPES_HYDRATE_H

#include <Python.h>
#include <stdbool.h>

#include "bridge/state.h"
#include "types/mapping.h"

typedef struct Sac_PlanColumn {
    Py_ssize_t slot; /* -1: of a primary key that is not loaded as such */
    int cell;
    PyObject *codec; /* strong: Codec, or NULL */
    PyObject *key;   /* borrowed from the mapping: of the slot */
} Sac_PlanColumn;

/* A relation whose instances come with the same row (followers.c). */
typedef struct Sac_Follower {
    Py_ssize_t slot;
    PyObject *key;       /* borrowed from the mapping: of the slot */
    PyObject *plan;      /* strong: EntityPlan; NULL: there is nothing */
    PyObject *attribute; /* strong: a collection's; NULL: one instance */
    PyObject *name;      /* strong: str, where several rows with different
                            instances are worth a warning; or NULL */
} Sac_Follower;

/* Immutable. Python: EntityPlan(mapping, pk, columns, polymorphic=None,
 * followers=(), notes=None, memory=None) */
typedef struct Sac_EntityPlan {
    PyObject_HEAD
    Sac_Mapping *mapping; /* strong */
    Sac_PlanColumn *pk;   /* owned */
    int pk_count;
    Sac_PlanColumn *columns; /* owned */
    int count;
    int cells;               /* a row has at least so many */
    int discriminator;       /* its cell, or -1: not polymorphic */
    PyObject *codec;         /* strong: of the discriminator, or NULL */
    PyObject *plans;         /* strong: dict, its value -> EntityPlan */
    Sac_Follower *followers; /* owned */
    int follower_count;
    bool collections; /* a collection is joined, so that rows repeat */
    bool remembers;   /* it, or what follows, has a memory or notes */
    bool noted;       /* it, or what follows, has notes */
    PyObject *notes;  /* strong: tuple, what is loaded afterwards (notes.h),
                         or NULL */
    PyObject *memory; /* strong: what instances note besides the options of
                         the statement, or NULL */
} Sac_EntityPlan;

bool Sac_EntityPlanCheck(Sac_State *state, PyObject *object);
int Sac_RegisterEntityPlan(PyObject *module);

#endif
