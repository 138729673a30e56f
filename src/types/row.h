/* A row and its mapping: one layout, two types. */
#ifndef SAC_TYPES_ROW_H
#define SAC_TYPES_ROW_H

#include <Python.h>

#include "bridge/keys.h"
#include "bridge/state.h"

/* The items are inline.  A row whose keys say that it holds plain values
 * only is allocated without a collector's head and never seen by it. */
typedef struct Sac_Row {
    PyObject_VAR_HEAD
    Sac_Keys *keys;    /* strong; immutable after init */
    PyObject *items[]; /* strong; as many as names */
} Sac_Row;

/* -> new Row or RowMapping with `count` items, which the caller fills before
 * anybody else sees it; then Sac_RowReady().  A half-filled one is given to
 * Sac_RowDrop(). */
Sac_Row *Sac_RowAlloc(PyTypeObject *type, Sac_Keys *keys, Py_ssize_t count);
static inline PyObject *
Sac_RowReady(Sac_Row *row)
{
    if (row->keys->objects) {
        PyObject_GC_Track(row);
    }
    return (PyObject *)row;
}
/* Frees a row of which only the first `filled` items were set. */
void Sac_RowDrop(Sac_Row *row, Py_ssize_t filled);

/* -> new row of `type` (which may be the other one) with the same items. */
PyObject *Sac_RowCopy(PyTypeObject *type, Sac_Row *row);
/* -> new tuple. */
PyObject *Sac_RowTuple(Sac_Row *row);
/* -> new dict by name. */
PyObject *Sac_RowDict(Sac_Row *row);

/* Slots that both types have. */
void Sac_RowDealloc(PyObject *op);
int Sac_RowTraverse(PyObject *op, visitproc visit, void *arg);
int Sac_RowIsCollected(PyObject *op);
Py_ssize_t Sac_RowLength(PyObject *op);

int Sac_RegisterRowMapping(PyObject *module);

#endif
