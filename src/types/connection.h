/* What an AsyncConnection is; connection.c has its life and its attributes,
 * connection_execute.c, connection_ends.c and connection_options.c the methods
 * that work.  Loop thread, GIL. */
#ifndef SAC_TYPES_CONNECTION_H
#define SAC_TYPES_CONNECTION_H

#include "types/channel.h"

typedef struct Sac_Connection {
    PyObject_HEAD
    Sac_Channel *channel; /* strong */
    PyObject *options;    /* strong: execution options, or NULL */
    bool begins;          /* entering begins, leaving commits */
    bool borrowed;        /* the channel is another face's to close */
    bool closed;
    bool invalidated;
    PyObject *weakrefs;
} Sac_Connection;

/* -> 0, or -1: it is closed. */
int Sac_ConnectionCheck(Sac_Connection *self);

/* The methods, for the table in connection.c. */
PyObject *Sac_ConnectionExecute(PyObject *op, PyObject *const *args,
                                Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_ConnectionExecDriverSql(PyObject *op, PyObject *const *args,
                                      Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_ConnectionScalar(PyObject *op, PyObject *const *args,
                               Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_ConnectionScalars(PyObject *op, PyObject *const *args,
                                Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_ConnectionStream(PyObject *op, PyObject *const *args,
                               Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_ConnectionStreamScalars(PyObject *op, PyObject *const *args,
                                      Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_ConnectionRunSync(PyObject *op, PyObject *args,
                                PyObject *kwargs);
PyObject *Sac_ConnectionBegin(PyObject *op, PyObject *ignored);
PyObject *Sac_ConnectionBeginNested(PyObject *op, PyObject *ignored);
PyObject *Sac_ConnectionCommit(PyObject *op, PyObject *ignored);
PyObject *Sac_ConnectionRollback(PyObject *op, PyObject *ignored);
PyObject *Sac_ConnectionStart(PyObject *op, PyObject *ignored);
PyObject *Sac_ConnectionEnter(PyObject *op, PyObject *ignored);
PyObject *Sac_ConnectionClose(PyObject *op, PyObject *ignored);
PyObject *Sac_ConnectionInvalidate(PyObject *op, PyObject *ignored);
PyObject *Sac_ConnectionGetRaw(PyObject *op, PyObject *ignored);
PyObject *Sac_ConnectionAwait(PyObject *op);
PyObject *Sac_ConnectionExit(PyObject *op, PyObject *const *args,
                             Py_ssize_t nargs);
PyObject *Sac_ConnectionExecutionOptions(PyObject *op, PyObject *args,
                                         PyObject *kwargs);
PyObject *Sac_ConnectionGetExecutionOptions(PyObject *op, PyObject *ignored);

#endif
