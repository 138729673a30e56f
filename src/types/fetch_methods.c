/* The methods that Python calls on a synchronous result or filter, and those
 * that only choose and so serve the asynchronous ones too.
 *
 * Runs with the GIL.  A thin layer: arguments, the check that the result may
 * be fetched from, and a call of types/fetch.c. */
#include "types/fetch_methods.h"

#include "bridge/args.h"

void
Sac_SupplyClose(Sac_Supply *supply)
{
    supply->closed = true;
    Sac_SupplyDrop(supply);
}

PyObject *
Sac_FetcherAll(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Fetcher *self = (Sac_Fetcher *)op;
    return Sac_FetcherCheck(self) < 0 ? NULL : Sac_FetchList(self, -1);
}

PyObject *
Sac_FetcherIterNext(PyObject *op)
{
    Sac_Fetcher *self = (Sac_Fetcher *)op;
    return Sac_FetcherCheck(self) < 0 ? NULL : Sac_FetchNext(self);
}

PyObject *
Sac_FetcherFetchOne(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *item = Sac_FetcherIterNext(op);
    if (item == NULL && !PyErr_Occurred()) {
        Py_RETURN_NONE;
    }
    return item;
}

Py_ssize_t
Sac_FetcherSizeArg(Sac_Fetcher *self, const char *function,
                   PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"size"};
    const Sac_ArgSpec spec = {function, names, 1, 0, 1};
    PyObject *size;
    if (Sac_ParseArgs(&spec, args, nargs, kwnames, &size) < 0) {
        return -1;
    }
    return Sac_FetcherSize(self, size);
}

PyObject *
Sac_FetcherFetchMany(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                     PyObject *kwnames)
{
    Sac_Fetcher *self = (Sac_Fetcher *)op;
    Py_ssize_t size =
        Sac_FetcherSizeArg(self, "fetchmany", args, nargs, kwnames);
    if (size < 0 || Sac_FetcherCheck(self) < 0) {
        return NULL;
    }
    return Sac_FetchList(self, size);
}

/* `bound`: the tuple (result, size). */
static PyObject *
fetch_partition(PyObject *bound, PyObject *Py_UNUSED(ignored))
{
    Sac_Fetcher *self = (Sac_Fetcher *)PyTuple_GET_ITEM(bound, 0);
    Py_ssize_t size = PyLong_AsSsize_t(PyTuple_GET_ITEM(bound, 1));
    return Sac_FetcherCheck(self) < 0 ? NULL : Sac_FetchList(self, size);
}

static PyMethodDef fetch_partition_def = {"fetch_partition", fetch_partition,
                                          METH_NOARGS, NULL};

/* iter(fetch_partition, []): until a list is empty. */
PyObject *
Sac_FetcherPartitions(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                      PyObject *kwnames)
{
    Py_ssize_t size = Sac_FetcherSizeArg((Sac_Fetcher *)op, "partitions", args,
                                         nargs, kwnames);
    if (size < 0) {
        return NULL;
    }
    PyObject *iterator = NULL;
    PyObject *end = PyList_New(0);
    PyObject *bound = Py_BuildValue("(On)", op, size);
    PyObject *fetch =
        bound != NULL ? PyCFunction_NewEx(&fetch_partition_def, bound, NULL)
                      : NULL;
    if (end != NULL && fetch != NULL) {
        iterator = PyCallIter_New(fetch, end);
    }
    Py_XDECREF(end);
    Py_XDECREF(bound);
    Py_XDECREF(fetch);
    return iterator;
}

/* What a finished fetch leaves open stays open: an exhausted result gives
 * None as often as it is asked. */
PyObject *
Sac_FetcherOnly(Sac_Fetcher *self, Sac_OnlyMode mode, bool scalar)
{
    if (Sac_FetcherCheck(self) < 0) {
        return NULL;
    }
    bool exhausted = self->supply->exhausted;
    bool repeats = self->repeats;
    self->repeats = mode == SAC_ONLY_FIRST;
    PyObject *item = Sac_FetchNext(self);
    self->repeats = repeats;
    PyObject *second = NULL;
    if (item != NULL && mode != SAC_ONLY_FIRST) {
        second = Sac_FetchNext(self);
    }
    PyObject *result = NULL;
    if (!PyErr_Occurred()) {
        result = Sac_FetchOnly(SAC_STATE(self), item, second, mode, scalar);
    }
    if (!exhausted) {
        Sac_SupplyClose(self->supply);
    }
    Py_XDECREF(item);
    Py_XDECREF(second);
    return result;
}

PyObject *
Sac_FetcherFirst(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Sac_FetcherOnly((Sac_Fetcher *)op, SAC_ONLY_FIRST, false);
}

PyObject *
Sac_FetcherOne(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Sac_FetcherOnly((Sac_Fetcher *)op, SAC_ONLY_ONE, false);
}

PyObject *
Sac_FetcherOneOrNone(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Sac_FetcherOnly((Sac_Fetcher *)op, SAC_ONLY_ONE_OR_NONE, false);
}

PyObject *
Sac_FetcherClose(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_SupplyClose(((Sac_Fetcher *)op)->supply);
    Py_RETURN_NONE;
}

PyObject *
Sac_FetcherEnter(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Py_NewRef(op);
}

PyObject *
Sac_FetcherExit(PyObject *op, PyObject *Py_UNUSED(args))
{
    return Sac_FetcherClose(op, NULL);
}

PyObject *
Sac_FetcherGetClosed(PyObject *op, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((Sac_Fetcher *)op)->supply->closed);
}

PyObject *
Sac_FetcherMakeUnique(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                      PyObject *kwnames)
{
    static const char *const names[] = {"strategy"};
    static const Sac_ArgSpec spec = {"unique", names, 1, 0, 1};
    PyObject *strategy;
    if (Sac_ParseArgs(&spec, args, nargs, kwnames, &strategy) < 0 ||
        Sac_FetcherUnique((Sac_Fetcher *)op, strategy) < 0) {
        return NULL;
    }
    return Py_NewRef(op);
}

PyObject *
Sac_FetcherYieldPer(PyObject *op, PyObject *rows)
{
    Py_ssize_t count = PyNumber_AsSsize_t(rows, PyExc_OverflowError);
    if (count == -1 && PyErr_Occurred()) {
        return NULL;
    }
    ((Sac_Fetcher *)op)->yield_per = count > 0 ? count : 0;
    return Py_NewRef(op);
}

PyObject *
Sac_FetcherColumns(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (Sac_FetcherPick((Sac_Fetcher *)op, args, nargs) < 0) {
        return NULL;
    }
    return Py_NewRef(op);
}

PyObject *
Sac_FetcherKeys(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Fetcher *self = (Sac_Fetcher *)op;
    if (Sac_FetcherCheckRows(self) < 0) {
        return NULL;
    }
    return Py_NewRef((PyObject *)self->keys);
}
