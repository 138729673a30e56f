/* Methods of AsyncSession that stand in files of their own, under the names
 * that Python knows. */
#ifndef SAC_TYPES_SESSION_METHODS_H
#define SAC_TYPES_SESSION_METHODS_H

#include <Python.h>

#include "types/session.h"

/* METH_FASTCALL | METH_KEYWORDS (session_execute.c) */
PyObject *Sac_Session_execute(PyObject *op, PyObject *const *args,
                              Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_Session_scalar(PyObject *op, PyObject *const *args,
                             Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_Session_scalars(PyObject *op, PyObject *const *args,
                              Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_Session_stream(PyObject *op, PyObject *const *args,
                             Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_Session_stream_scalars(PyObject *op, PyObject *const *args,
                                     Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_Session_connection(PyObject *op, PyObject *const *args,
                                 Py_ssize_t nargs, PyObject *kwnames);

/* METH_NOARGS, and METH_FASTCALL for the last (session_close.c) */
PyObject *Sac_Session_close(PyObject *op, PyObject *ignored);
PyObject *Sac_Session_reset(PyObject *op, PyObject *ignored);
PyObject *Sac_Session_exit(PyObject *op, PyObject *const *args,
                           Py_ssize_t nargs);

#endif
