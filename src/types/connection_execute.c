/* The methods of AsyncConnection that run statements, and run_sync().  Loop
 * thread, GIL; what a statement becomes is the channel's matter. */
#include "types/connection.h"

#include "bridge/args.h"
#include "types/stream.h"

typedef struct Verb {
    Sac_ArgSpec args;
    Sac_OpKind kind;
    Sac_Want want;
    bool driver_sql;
} Verb;

static const char *const execute_names[] = {"statement", "parameters",
                                            "execution_options"};

#define VERB(name, want, driver)                                         \
    {                                                                    \
        {name, execute_names, 3, 1, 2}, {"AsyncConnection." name, NULL}, \
            want, driver                                                 \
    }

static const Verb execute_verb = VERB("execute", SAC_WANT_RESULT, false);
static const Verb driver_verb = VERB("exec_driver_sql", SAC_WANT_RESULT, true);
static const Verb scalar_verb = VERB("scalar", SAC_WANT_SCALAR, false);
static const Verb scalars_verb = VERB("scalars", SAC_WANT_SCALARS, false);
static const Verb stream_verb = VERB("stream", SAC_WANT_STREAM, false);
static const Verb stream_scalars_verb =
    VERB("stream_scalars", SAC_WANT_STREAM_SCALARS, false);

static PyObject *
run_verb(const Verb *verb, PyObject *op, PyObject *const *args,
         Py_ssize_t nargs, PyObject *kwnames)
{
    Sac_Connection *self = (Sac_Connection *)op;
    PyObject *given[3];
    if (Sac_ParseArgs(&verb->args, args, nargs, kwnames, given) < 0 ||
        Sac_ConnectionCheck(self) < 0) {
        return NULL;
    }
    return Sac_ChannelExecute(self->channel, op, given[0], given[1],
                              verb->driver_sql, verb->want, &verb->kind);
}

PyObject *
Sac_ConnectionExecute(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                      PyObject *kwnames)
{
    return run_verb(&execute_verb, op, args, nargs, kwnames);
}

PyObject *
Sac_ConnectionExecDriverSql(PyObject *op, PyObject *const *args,
                            Py_ssize_t nargs, PyObject *kwnames)
{
    return run_verb(&driver_verb, op, args, nargs, kwnames);
}

PyObject *
Sac_ConnectionScalar(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                     PyObject *kwnames)
{
    return run_verb(&scalar_verb, op, args, nargs, kwnames);
}

PyObject *
Sac_ConnectionScalars(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                      PyObject *kwnames)
{
    return run_verb(&scalars_verb, op, args, nargs, kwnames);
}

PyObject *
Sac_ConnectionStream(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                     PyObject *kwnames)
{
    PyObject *execution = run_verb(&stream_verb, op, args, nargs, kwnames);
    return Sac_StreamContextNew(SAC_STATE(op), execution);
}

PyObject *
Sac_ConnectionStreamScalars(PyObject *op, PyObject *const *args,
                            Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *execution =
        run_verb(&stream_scalars_verb, op, args, nargs, kwnames);
    return Sac_StreamContextNew(SAC_STATE(op), execution);
}

PyObject *
Sac_ConnectionRunSync(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (Sac_ConnectionCheck((Sac_Connection *)op) < 0) {
        return NULL;
    }
    if (PyTuple_GET_SIZE(args) < 1) {
        PyErr_SetString(PyExc_TypeError, "run_sync() needs a callable");
        return NULL;
    }
    PyObject *function = PyTuple_GET_ITEM(args, 0);
    PyObject *rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    if (rest == NULL) {
        return NULL;
    }
    PyObject *coroutine = PyObject_CallFunctionObjArgs(
        SAC_STATE(op)->run_sync, op, function, rest,
        kwargs == NULL ? Py_None : kwargs, NULL);
    Py_DECREF(rest);
    return coroutine;
}
