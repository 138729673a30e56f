/* The Python methods that Result, ScalarResult and MappingResult share. */
#ifndef SAC_TYPES_FETCH_METHODS_H
#define SAC_TYPES_FETCH_METHODS_H

#include <Python.h>

#include "types/fetch.h"

PyObject *Sac_FetcherAll(PyObject *op, PyObject *ignored);
PyObject *Sac_FetcherFetchOne(PyObject *op, PyObject *ignored);
PyObject *Sac_FetcherFetchMany(PyObject *op, PyObject *const *args,
                               Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_FetcherPartitions(PyObject *op, PyObject *const *args,
                                Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_FetcherFirst(PyObject *op, PyObject *ignored);
PyObject *Sac_FetcherOne(PyObject *op, PyObject *ignored);
PyObject *Sac_FetcherOneOrNone(PyObject *op, PyObject *ignored);
PyObject *Sac_FetcherClose(PyObject *op, PyObject *ignored);
PyObject *Sac_FetcherGetClosed(PyObject *op, void *closure);
PyObject *Sac_FetcherIterNext(PyObject *op);
PyObject *Sac_FetcherEnter(PyObject *op, PyObject *ignored);
PyObject *Sac_FetcherExit(PyObject *op, PyObject *args);
/* Also those of the asynchronous results. */
PyObject *Sac_FetcherMakeUnique(PyObject *op, PyObject *const *args,
                                Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_FetcherYieldPer(PyObject *op, PyObject *rows);
PyObject *Sac_FetcherColumns(PyObject *op, PyObject *const *args,
                             Py_ssize_t nargs);
PyObject *Sac_FetcherKeys(PyObject *op, PyObject *ignored);
/* The one argument `size` of a method. -> -1: error. */
Py_ssize_t Sac_FetcherSizeArg(Sac_Fetcher *self, const char *function,
                              PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames);

/* first(), one() ...: takes what is needed and closes.  -> new ref. */
PyObject *Sac_FetcherOnly(Sac_Fetcher *self, Sac_OnlyMode mode, bool scalar);
/* What Sac_FetcherOnly() ends with, once the items were taken. */
void Sac_SupplyClose(Sac_Supply *supply);

/* Entries of a method table; docstrings once for all types. */
#define SAC_METHOD_FAST(function) ((PyCFunction)(void (*)(void))(function))

#define SAC_CHOOSING_METHODS                                                \
    {"unique", SAC_METHOD_FAST(Sac_FetcherMakeUnique),                      \
     METH_FASTCALL | METH_KEYWORDS,                                         \
     PyDoc_STR("unique($self, /, strategy=None)\n--\n\n"                    \
               "Leave out what left before; return the result itself.\n\n"  \
               "Args:\n"                                                    \
               "    strategy: Called with each row, gives what must be "    \
               "unique;\n        None compares the values themselves.\n")}, \
    {                                                                       \
        "yield_per", Sac_FetcherYieldPer, METH_O,                           \
            PyDoc_STR(                                                      \
                "yield_per($self, num, /)\n--\n\n"                          \
                "Set how many rows fetchmany() and partitions() take by "   \
                "default;\nreturn the result itself.")                      \
    }

#define SAC_KEYED_METHODS                                                  \
    {"columns", SAC_METHOD_FAST(Sac_FetcherColumns), METH_FASTCALL,        \
     PyDoc_STR("columns($self, /, *col_expressions)\n--\n\n"               \
               "Keep only some columns; return the result itself.\n\n"     \
               "Args:\n"                                                   \
               "    *col_expressions: Positions (int) or names (str), in " \
               "the order\n        in which the rows shall have them.\n\n" \
               "Raises:\n"                                                 \
               "    NoSuchColumnError: No column has that name.\n"         \
               "    IndexError: No column has that position.\n")},         \
    {                                                                      \
        "keys", Sac_FetcherKeys, METH_NOARGS,                              \
            PyDoc_STR("keys($self, /)\n--\n\n"                             \
                      "Return the column names of the rows, in order.")    \
    }

#define SAC_FETCH_METHODS                                                    \
    {"all", Sac_FetcherAll, METH_NOARGS,                                     \
     PyDoc_STR("all($self, /)\n--\n\n"                                       \
               "Return a list of everything that is left.")},                \
        {"fetchall", Sac_FetcherAll, METH_NOARGS,                            \
         PyDoc_STR("fetchall($self, /)\n--\n\nDo what all() does.")},        \
        {"fetchmany", SAC_METHOD_FAST(Sac_FetcherFetchMany),                 \
         METH_FASTCALL | METH_KEYWORDS,                                      \
         PyDoc_STR(                                                          \
             "fetchmany($self, /, size=None)\n--\n\n"                        \
             "Return a list of the next `size` items, empty at the end."     \
             "\n\nArgs:\n"                                                   \
             "    size: How many at most; None means what yield_per() "      \
             "set, else 1.\n")},                                             \
        {"partitions", SAC_METHOD_FAST(Sac_FetcherPartitions),               \
         METH_FASTCALL | METH_KEYWORDS,                                      \
         PyDoc_STR("partitions($self, /, size=None)\n--\n\n"                 \
                   "Iterate over lists of `size` items; the last may be "    \
                   "shorter.\n\nArgs:\n"                                     \
                   "    size: How many a list has; None means what "         \
                   "yield_per() set, else 1.\n")},                           \
        {"first", Sac_FetcherFirst, METH_NOARGS,                             \
         PyDoc_STR("first($self, /)\n--\n\n"                                 \
                   "Return the first item or None, and close the result.")}, \
        {"one", Sac_FetcherOne, METH_NOARGS,                                 \
         PyDoc_STR("one($self, /)\n--\n\n"                                   \
                   "Return the only item, and close the result.\n\n"         \
                   "Raises:\n"                                               \
                   "    NoResultFound: There is none.\n"                     \
                   "    MultipleResultsFound: There are several.\n")},       \
        {"one_or_none", Sac_FetcherOneOrNone, METH_NOARGS,                   \
         PyDoc_STR("one_or_none($self, /)\n--\n\n"                           \
                   "Return the only item or None, and close the result.\n\n" \
                   "Raises:\n"                                               \
                   "    MultipleResultsFound: There are several.\n")},       \
        {"close", Sac_FetcherClose, METH_NOARGS,                             \
         PyDoc_STR(                                                          \
             "close($self, /)\n--\n\n"                                       \
             "Drop the rows that are left; fetching is an error then.")},    \
        {"__enter__", Sac_FetcherEnter, METH_NOARGS, NULL},                  \
    {                                                                        \
        "__exit__", Sac_FetcherExit, METH_VARARGS, NULL                      \
    }

#define SAC_FETCHONE_METHOD                                        \
    {                                                              \
        "fetchone", Sac_FetcherFetchOne, METH_NOARGS,              \
            PyDoc_STR("fetchone($self, /)\n--\n\n"                 \
                      "Return the next item, or None at the end.") \
    }

#define SAC_CLOSED_GETSET                                                    \
    {                                                                        \
        "closed", Sac_FetcherGetClosed, NULL,                                \
            PyDoc_STR(                                                       \
                "Whether close() was called, by first() and its like too."), \
            NULL                                                             \
    }

#endif
