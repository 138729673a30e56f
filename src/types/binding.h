/* Binding: the values of one execution of a shape. */
#ifndef SAC_TYPES_BINDING_H
#define SAC_TYPES_BINDING_H

#include <Python.h>

#include "bridge/execution.h"
#include "engine/engine.h"
#include "types/node.h"
#include "types/shape.h"

enum { SAC_INLINE_LISTS = 4 };

struct Sac_Binding;

/* Gives the value of bind `at` of the shape, as the parameters would.
 * -> 1 and *value, new ref; 0: it has none; -1 with an exception. */
typedef int (*Sac_BindTake)(struct Sac_Binding *binding, Py_ssize_t at,
                            PyObject **value);
/* Is told the value of bind `at` before it is encoded. */
typedef void (*Sac_BindKeep)(struct Sac_Binding *binding, Py_ssize_t at,
                             PyObject *value);

/* The caller sets the first four fields and clears the others. */
typedef struct Sac_Binding {
    Sac_State *state;
    const Sac_Walk *walk;
    Sac_Shape *shape; /* borrowed */
    Sac_Execution *execution;
    PyObject *given;   /* borrowed: dict of this set, or NULL */
    PyObject *current; /* strong: dict of values by name, or NULL */
    PyObject **lists;  /* strong tuples, of each expansion, or NULL */
    Py_ssize_t *counts;
    PyObject *inline_lists[SAC_INLINE_LISTS];
    Py_ssize_t inline_counts[SAC_INLINE_LISTS];
    size_t set;
    size_t at; /* the next of the values */
    /* Rows that come from somewhere else than parameters: */
    Sac_BindTake take; /* instead of `given`, or NULL */
    Sac_BindKeep keep; /* or NULL */
} Sac_Binding;

/* Fills the SQL, the plan and the values of the execution in.  `sets` is a
 * tuple of mappings of which `first` is the first as a dict; or NULL, and
 * `first` is the only one, or NULL, too.  -> 0 or -1. */
int Sac_BindSets(Sac_Binding *self, sac_engine *engine, PyObject *sets,
                 PyObject *first);

/* The same for `count` rows that `take` knows, and a shape without lists and
 * riders: begin, one row after the other, end (also after an error).
 * -> 0 or -1. */
int Sac_BindBegin(Sac_Binding *self, sac_engine *engine, size_t count);
int Sac_BindRow(Sac_Binding *self, size_t row);
void Sac_BindEnd(Sac_Binding *self);

#endif
