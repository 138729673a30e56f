/* What AsyncResult and its filters share: a fetcher whose supply is fed batch
 * by batch, and the methods that wait for the next batch. */
#ifndef SAC_TYPES_ASYNC_FETCH_H
#define SAC_TYPES_ASYNC_FETCH_H

#include <Python.h>
#include <stdbool.h>

#include "types/fetch_methods.h"
#include "types/result.h"

/* The object that owns the supply; its filters point to it by `real`. */
typedef struct Sac_AsyncResult {
    Sac_Fetcher fetcher;
    Sac_Supply supply;         /* one batch */
    PyObject *source;          /* strong; NULL: the statement is over */
    const Sac_Source *methods; /* static */
    bool fetching;             /* an operation waits for the next batch */
} Sac_AsyncResult;

PyObject *Sac_AsyncAll(PyObject *op, PyObject *ignored);
PyObject *Sac_AsyncFetchOne(PyObject *op, PyObject *ignored);
PyObject *Sac_AsyncFetchMany(PyObject *op, PyObject *const *args,
                             Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_AsyncPartitions(PyObject *op, PyObject *const *args,
                              Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_AsyncFirst(PyObject *op, PyObject *ignored);
PyObject *Sac_AsyncOne(PyObject *op, PyObject *ignored);
PyObject *Sac_AsyncOneOrNone(PyObject *op, PyObject *ignored);
PyObject *Sac_AsyncScalar(PyObject *op, PyObject *ignored);
PyObject *Sac_AsyncScalarOne(PyObject *op, PyObject *ignored);
PyObject *Sac_AsyncScalarOneOrNone(PyObject *op, PyObject *ignored);
PyObject *Sac_AsyncFreeze(PyObject *op, PyObject *ignored);
PyObject *Sac_AsyncClose(PyObject *op, PyObject *ignored);
/* am_anext */
PyObject *Sac_AsyncNext(PyObject *op);

/* The next list of at most `size` items, StopAsyncIteration at the end.
 * -> new awaitable. */
PyObject *Sac_AsyncNextPartition(PyObject *fetcher, Py_ssize_t size);
/* What partitions() gives (types/async_partitions.c). -> new ref. */
PyObject *Sac_AsyncPartitionsNew(Sac_State *state, PyObject *fetcher,
                                 Py_ssize_t size);

/* Entries of a method table; docstrings once for all types. */
#define SAC_ASYNC_FETCH_METHODS                                               \
    {"all", Sac_AsyncAll, METH_NOARGS,                                        \
     PyDoc_STR("all($self, /)\n--\n\n"                                        \
               "Await a list of everything that is left.")},                  \
        {"fetchall", Sac_AsyncAll, METH_NOARGS,                               \
         PyDoc_STR("fetchall($self, /)\n--\n\nDo what all() does.")},         \
        {"fetchmany", SAC_METHOD_FAST(Sac_AsyncFetchMany),                    \
         METH_FASTCALL | METH_KEYWORDS,                                       \
         PyDoc_STR("fetchmany($self, /, size=None)\n--\n\n"                   \
                   "Await a list of the next `size` items, empty at the end." \
                   "\n\nArgs:\n"                                              \
                   "    size: How many at most; None means what yield_per() " \
                   "set, else 1.\n")},                                        \
        {"partitions", SAC_METHOD_FAST(Sac_AsyncPartitions),                  \
         METH_FASTCALL | METH_KEYWORDS,                                       \
         PyDoc_STR(                                                           \
             "partitions($self, /, size=None)\n--\n\n"                        \
             "Iterate (async for) over lists of `size` items; the last "      \
             "may be shorter.\n\nArgs:\n"                                     \
             "    size: How many a list has; None means what "                \
             "yield_per() set, else 1.\n")},                                  \
        {"first", Sac_AsyncFirst, METH_NOARGS,                                \
         PyDoc_STR(                                                           \
             "first($self, /)\n--\n\n"                                        \
             "Await the first item or None; the result is closed then.")},    \
        {"one", Sac_AsyncOne, METH_NOARGS,                                    \
         PyDoc_STR("one($self, /)\n--\n\n"                                    \
                   "Await the only item; the result is closed then.\n\n"      \
                   "Raises:\n"                                                \
                   "    NoResultFound: There is none.\n"                      \
                   "    MultipleResultsFound: There are several.\n")},        \
        {"one_or_none", Sac_AsyncOneOrNone, METH_NOARGS,                      \
         PyDoc_STR(                                                           \
             "one_or_none($self, /)\n--\n\n"                                  \
             "Await the only item or None; the result is closed then.\n\n"    \
             "Raises:\n"                                                      \
             "    MultipleResultsFound: There are several.\n")},              \
    {                                                                         \
        "close", Sac_AsyncClose, METH_NOARGS,                                 \
            PyDoc_STR(                                                        \
                "close($self, /)\n--\n\n"                                     \
                "Await the end of the statement; fetching is an error then.") \
    }

#define SAC_ASYNC_FETCHONE_METHOD                                 \
    {                                                             \
        "fetchone", Sac_AsyncFetchOne, METH_NOARGS,               \
            PyDoc_STR("fetchone($self, /)\n--\n\n"                \
                      "Await the next item, or None at the end.") \
    }

#endif
