/* Fetching: what all result types share, synchronous or not.
 *
 *   supply   where rows come from: packed rows, or rows made before
 *   fetcher  the head of every result object: a supply and the form in which
 *            items leave (row, mapping or scalar; which columns; unique)
 *
 * A filter (ScalarResult, MappingResult) is a fetcher on the supply of the
 * result that it was made from. */
#ifndef SAC_TYPES_FETCH_H
#define SAC_TYPES_FETCH_H

#include <Python.h>
#include <stdbool.h>

#include "bridge/keys.h"
#include "bridge/state.h"
#include "engine/rows.h"
#include "types/decoder.h"
#include "types/result.h"

typedef struct Sac_Supply {
    sac_rows *rows;       /* owned, or NULL */
    sac_cursor cursor;    /* into rows */
    PyObject *list;       /* strong: list of Row, or NULL */
    Py_ssize_t at;        /* of list: the next one */
    Py_ssize_t columns;   /* of each row, or items where there is a decoder */
    Sac_Decoder *decoder; /* strong; NULL: items are plain values */
    Sac_LoadContext load; /* for the decoder */
    sac_rows *held;       /* owned: let go of while a row of them was
                             decoded; or NULL */
    bool returns_rows;
    bool more;      /* a stream: another batch may follow this one */
    bool exhausted; /* a fetch has met the end */
    bool closed;
    bool decoding; /* a row, which can run Python code */
} Sac_Supply;

/* steals: outcome->rows. */
void Sac_SupplyInit(Sac_Supply *supply, Sac_Outcome *outcome);
/* Replaces the batch. steals: rows. */
void Sac_SupplyFeed(Sac_Supply *supply, sac_rows *rows, bool more);
/* Decodes the rows that are left: they come from a list then. -> 0 or -1. */
int Sac_SupplySettle(Sac_State *state, Sac_Supply *supply);
/* Drops the rows that are left. */
void Sac_SupplyDrop(Sac_Supply *supply);
/* Calls visit(arg, cells) with all the cells of each row that is left, of
 * packed rows; the cells live until it returns. -> 0 or -1. */
typedef int Sac_Visit(void *arg, const sac_cell *cells);
int Sac_SupplyVisit(Sac_State *state, Sac_Supply *supply, Sac_Visit *visit,
                    void *arg);
/* -> new ref: the first decoded item of the next row, None if there is none.
 * The supply has a decoder. */
PyObject *Sac_SupplyScalar(Sac_State *state, Sac_Supply *supply);
/* For the object that owns it: its references, and its end. */
int Sac_SupplyTraverse(Sac_Supply *supply, visitproc visit, void *arg);
void Sac_SupplyClear(Sac_Supply *supply);
void Sac_SupplyFini(Sac_Supply *supply);

typedef enum Sac_Form {
    SAC_FORM_ROW,
    SAC_FORM_MAPPING,
    SAC_FORM_SCALAR,
} Sac_Form;

typedef struct Sac_Fetcher {
    PyObject_HEAD
    Sac_Supply *supply; /* embedded in this object, or in `real` */
    PyObject *real;     /* strong: whose supply it is; NULL: its own */
    Sac_Form form;
    Sac_Keys *keys;       /* strong: of the rows that leave; NULL when the
                             statement returned none */
    Py_ssize_t *picks;    /* owned: columns that leave; NULL: all */
    Py_ssize_t width;     /* how many leave */
    PyObject *seen;       /* strong: dict of what left before; NULL unless
                             unique; shared with filters made later */
    PyObject *strategy;   /* strong: row -> what must be unique, or NULL */
    Py_ssize_t yield_per; /* rows, 0: not set */
    bool repeats; /* rows that repeat for joined collections are fine */
} Sac_Fetcher;

/* Object life. */
void Sac_FetcherInit(Sac_Fetcher *self, Sac_Supply *supply, Sac_Keys *keys);
/* -> new ref: a filter of `type` over the items of `from`. */
Sac_Fetcher *Sac_FetcherDerive(Sac_Fetcher *from, PyTypeObject *type,
                               Sac_Form form);
/* -> new ref: a filter of `type` over one column; `which` is an int or a
 * name, NULL: the first.  NULL with an exception. */
PyObject *Sac_FetcherScalars(Sac_Fetcher *self, PyTypeObject *type,
                             PyObject *which);
int Sac_FetcherTraverse(PyObject *op, visitproc visit, void *arg);
int Sac_FetcherClear(PyObject *op);
/* tp_dealloc of filters; results free their supply first. */
void Sac_FetcherDealloc(PyObject *op);

/* Choosing. All -> 0, or -1 with an exception. */
int Sac_FetcherCheck(Sac_Fetcher *self);     /* it can be fetched from */
int Sac_FetcherCheckRows(Sac_Fetcher *self); /* the statement gives rows */
int Sac_FetcherPick(Sac_Fetcher *self, PyObject *const *which,
                    Py_ssize_t count); /* ints and names */
int Sac_FetcherUnique(Sac_Fetcher *self, PyObject *strategy);
/* `size` as an argument of fetchmany() and partitions(). -> -1: error */
Py_ssize_t Sac_FetcherSize(Sac_Fetcher *self, PyObject *size);

/* Taking. */
/* -> new ref; NULL without an exception: no more in this batch. */
PyObject *Sac_FetchNext(Sac_Fetcher *self);
/* -> new list of at most `limit` items of this batch (< 0: all). */
PyObject *Sac_FetchList(Sac_Fetcher *self, Py_ssize_t limit);

typedef enum Sac_OnlyMode {
    SAC_ONLY_FIRST,
    SAC_ONLY_ONE,
    SAC_ONLY_ONE_OR_NONE,
} Sac_OnlyMode;

/* What first(), one() ... give when `item` and `second` (borrowed or NULL)
 * are the first two; scalar: the first column of the row.  -> new ref, or
 * NULL with NoResultFound or MultipleResultsFound. */
PyObject *Sac_FetchOnly(Sac_State *state, PyObject *item, PyObject *second,
                        Sac_OnlyMode mode, bool scalar);

#endif
