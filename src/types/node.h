/* Expression nodes: what statements are made of.
 *
 *   Kind           what the nodes of one class share: names of its parts
 *   ClauseElement  a node: parts, fingerprint, riders
 *   ColumnElement  a node with operators
 *
 * A node's parts never change.  Its fingerprint covers its kind, its static
 * parts and its children; what rides beside it does not count:
 *
 *   a value rider   a bound parameter; its value differs from call to call
 *   a name rider    an alias, a subquery, a CTE: a thing of its own, whoever
 *                   else has the same parts
 *
 * Riders are collected in the order of the parts.  Two statements with equal
 * fingerprints have riders of the same kinds in the same order, and where
 * one has the same rider twice, so has the other. */
#ifndef SAC_TYPES_NODE_H
#define SAC_TYPES_NODE_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fingerprint.h"
#include "bridge/state.h"

typedef enum Sac_Ride {
    SAC_RIDE_NONE,
    SAC_RIDE_VALUE,
    SAC_RIDE_NAME,
} Sac_Ride;

typedef struct Sac_Kind {
    PyObject_HEAD
    PyObject *fields; /* strong: tuple of str, names of the parts */
    uint64_t id;      /* never used again */
    uint64_t skipped; /* bit i: part i does not count, and is not walked */
    Sac_Ride ride;
    bool identity; /* its nodes are what they are, not what they contain */
} Sac_Kind;

enum {
    SAC_NODE_DIGESTED = 1u << 0, /* print and riders are known */
    SAC_NODE_UNCACHED = 1u << 1, /* it has a part without a fingerprint */
    SAC_NODE_PLAIN = 1u << 2,    /* compares in the usual way: what its
                                        comparisons give is made right here */
};

typedef struct Sac_Node {
    PyObject_HEAD
    Sac_Kind *kind;  /* strong */
    PyObject *parts; /* strong: tuple, as long as the kind's fields */
    PyObject *memo;  /* strong: dict for what Python computes, or NULL */
    PyObject *weakrefs;
    sac_fingerprint print;
    uint64_t walk;   /* the last walk that met this rider */
    uint32_t place;  /* its place among the riders of that walk */
    uint32_t riders; /* in it and below, each time it is met */
    uint32_t flags;
} Sac_Node;

/* ---- Kind (node_kind.c) ---- */

/* -> borrowed: the kind of a class of nodes, NULL with TypeError. */
Sac_Kind *Sac_KindOf(Sac_State *state, PyTypeObject *type);
int Sac_RegisterKind(PyObject *module);

/* ---- nodes (node.c) ---- */

static inline bool
Sac_NodeCheck(Sac_State *state, PyObject *object)
{
    return PyObject_TypeCheck(object, state->clause_type);
}

static inline bool
Sac_ColumnElementCheck(Sac_State *state, PyObject *object)
{
    return PyObject_TypeCheck(object, state->column_element_type);
}

/* -> new node. steals: parts, a tuple of the kind's length; also on error. */
PyObject *Sac_NodeNew(PyTypeObject *type, Sac_Kind *kind, PyObject *parts);
/* -> new node like it, with one part replaced. steals: part; also on error. */
PyObject *Sac_NodeReplace(PyObject *node, Py_ssize_t at, PyObject *part);
/* -> the place of a part, or -1 with AttributeError. */
Py_ssize_t Sac_KindFind(Sac_Kind *kind, PyObject *name);
int Sac_RegisterNode(PyObject *module);

/* ---- fingerprints (node_digest.c) ---- */

/* What a statement is, for the cache, and what rides beside it. */
typedef struct Sac_Walk {
    sac_fingerprint print;
    bool cached;       /* false: it has no fingerprint */
    PyObject **riders; /* owned array of borrowed nodes: kept by the root */
    size_t count;
    size_t space;
    uint64_t serial;
    PyObject *inline_riders[16];
} Sac_Walk;

/* Computes what is missing of node->print and node->riders.  -> 0 or -1. */
int Sac_NodeDigest(Sac_State *state, Sac_Node *node);
/* -> 0, and the caller ends it with Sac_WalkFini(); or -1, nothing to end. */
int Sac_WalkInit(Sac_State *state, Sac_Walk *walk, Sac_Node *root);
void Sac_WalkFini(Sac_Walk *walk);
/* -> new tuple: the riders that have names at their places, None at those of
 * values. */
PyObject *Sac_WalkThings(const Sac_Walk *walk);

/* ---- operators (column_element.c), methods (generative.c) ---- */

/* -> new BindParameter for a value compared with `peer` (or NULL) by the
 * operator function `op` (or NULL). */
PyObject *Sac_BindNew(Sac_State *state, PyObject *value, PyObject *peer,
                      PyObject *op);
int Sac_RegisterColumnElement(PyObject *module);
int Sac_RegisterGenerative(PyObject *module);

#endif
