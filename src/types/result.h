/* The result family, as the rest of types/ makes it. */
#ifndef SAC_TYPES_RESULT_H
#define SAC_TYPES_RESULT_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "bridge/keys.h"
#include "bridge/state.h"
#include "engine/rows.h"
#include "types/decoder.h"

/* What a statement left behind. */
typedef struct Sac_Outcome {
    sac_rows *rows;       /* stolen; NULL: it returns no rows */
    Sac_Keys *keys;       /* borrowed; NULL without rows */
    Sac_Decoder *decoder; /* borrowed; NULL: items are plain values */
    PyObject *session;    /* borrowed: whose instances they are, or NULL */
    PyObject *options;    /* borrowed: what instances note, or NULL */
    bool populate_existing;
    bool cohorts;         /* instances know those that came with them */
    Py_ssize_t yield_per; /* 0: not said */
    PyObject *shape;      /* borrowed: Shape, or NULL for SQL as it was
                             written */
    PyObject *bound;      /* borrowed: see Sac_Execution, or NULL */
    int64_t changes;      /* rowcount, -1: not counted */
    int64_t last_rowid;   /* lastrowid */
    bool has_last_rowid;  /* it was an INSERT */
    PyObject *parameters; /* borrowed: several sets, as they were given, or
                             NULL */
} Sac_Outcome;

/* -> new CursorResult (class Result), buffered: it needs no connection.
 * outcome->rows is taken over in any case. */
PyObject *Sac_ResultNew(Sac_State *state, Sac_Outcome *outcome);
/* -> new Result over rows that were made before: a list of Row with these
 * keys, which is shared and must not change. */
PyObject *Sac_ResultFromRows(Sac_State *state, Sac_Keys *keys, PyObject *list);
/* result.scalars(): the first column. -> new ScalarResult, or NULL with
 * ResourceClosedError when the statement returns no rows. */
PyObject *Sac_ResultScalars(PyObject *result);
/* What scalar() gives, without a result object: the first column of the
 * first row, or None.  -> new ref, or NULL with ResourceClosedError.
 * outcome->rows is taken over in any case. */
PyObject *Sac_OutcomeScalar(Sac_State *state, Sac_Outcome *outcome);
/* -> new FrozenResult over such a list. */
PyObject *Sac_FrozenNew(Sac_State *state, Sac_Keys *keys, PyObject *list);

/* Where a streamed result gets its batches from (implemented by the
 * connection): both return a new awaitable, an Execution as a rule.
 *   next:  its result is a capsule-free handover: it calls
 *          Sac_AsyncResultFeed() on the async result before it finishes, and
 *          gives True while there may be more, else False.
 *   close: gives the statement back; gives None.  Called at most once, also
 *          after a `next` that failed; not called when the statement ended
 *          by itself (more was false).
 * When neither happens the source is dropped, and gives back what it has when
 * its last reference goes.  One call is under way at a time. */
typedef struct Sac_Source {
    PyObject *(*next)(PyObject *source, PyObject *async_result,
                      Py_ssize_t rows);
    PyObject *(*close)(PyObject *source);
} Sac_Source;

/* -> new AsyncResult over `source` (strong; NULL for a statement that is over:
 * more must be false then); the first batch may be given in `outcome`; `more`
 * tells whether the statement is still live.  A live statement that returns
 * rows has keys, but may have no first batch yet. */
PyObject *Sac_AsyncResultNew(Sac_State *state, PyObject *source,
                             const Sac_Source *methods, Sac_Outcome *outcome,
                             bool more);
/* Replaces the (consumed) batch. steals: rows. */
void Sac_AsyncResultFeed(PyObject *async_result, sac_rows *rows, bool more);
/* async_result.scalars(). -> new AsyncScalarResult, or NULL. */
PyObject *Sac_AsyncResultScalars(PyObject *async_result);
/* async_result.close(). -> new awaitable. */
PyObject *Sac_AsyncResultClose(PyObject *async_result);

/* Registers Row and RowMapping. */
int Sac_RegisterRow(PyObject *module);
/* Registers Result, ScalarResult, MappingResult and FrozenResult. */
int Sac_RegisterResult(PyObject *module);
/* Registers the asynchronous ones. */
int Sac_RegisterAsyncResult(PyObject *module);

#endif
