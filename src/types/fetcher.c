/* Fetchers: the life of the head that all result objects share, and what can
 * be asked of it before rows are taken (types/fetch.c takes them).
 *
 * Runs with the GIL.  Choices (columns, unique) are made in place and hold
 * for what is fetched afterwards; a filter copies those of the result that it
 * is made from. */
#include "bridge/errors.h"
#include "types/fetch.h"

void
Sac_FetcherInit(Sac_Fetcher *self, Sac_Supply *supply, Sac_Keys *keys)
{
    self->supply = supply;
    self->form = SAC_FORM_ROW;
    self->keys = (Sac_Keys *)Py_XNewRef(keys);
    self->width = supply->columns;
}

/* -> new copy, or NULL with an exception. */
static Py_ssize_t *
copy_picks(const Py_ssize_t *picks, Py_ssize_t count)
{
    Py_ssize_t *copy = PyMem_New(Py_ssize_t, (size_t)count);
    if (copy == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        copy[i] = picks[i];
    }
    return copy;
}

Sac_Fetcher *
Sac_FetcherDerive(Sac_Fetcher *from, PyTypeObject *type, Sac_Form form)
{
    Sac_Fetcher *self = (Sac_Fetcher *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    PyObject *real = from->real != NULL ? from->real : (PyObject *)from;
    self->supply = from->supply;
    self->real = Py_NewRef(real);
    self->form = form;
    self->keys = (Sac_Keys *)Py_XNewRef(from->keys);
    self->width = from->width;
    self->seen = Py_XNewRef(from->seen);
    self->strategy = Py_XNewRef(from->strategy);
    self->yield_per = from->yield_per;
    if (from->picks != NULL) {
        self->picks = copy_picks(from->picks, from->width);
        if (self->picks == NULL) {
            Py_DECREF(self);
            return NULL;
        }
    }
    return self;
}

int
Sac_FetcherTraverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Fetcher *self = (Sac_Fetcher *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->real);
    Py_VISIT(self->seen);
    Py_VISIT(self->strategy);
    return 0;
}

/* `real` stays: it owns the supply. */
int
Sac_FetcherClear(PyObject *op)
{
    Sac_Fetcher *self = (Sac_Fetcher *)op;
    Py_CLEAR(self->seen);
    Py_CLEAR(self->strategy);
    return 0;
}

void
Sac_FetcherDealloc(PyObject *op)
{
    Sac_Fetcher *self = (Sac_Fetcher *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    (void)Sac_FetcherClear(op);
    PyMem_Free(self->picks);
    Py_XDECREF(self->keys);
    Py_XDECREF(self->real);
    type->tp_free(op);
    Py_DECREF(type);
}

int
Sac_FetcherCheckRows(Sac_Fetcher *self)
{
    if (!self->supply->returns_rows) {
        Sac_RaiseNamed(SAC_STATE(self), "ResourceClosedError",
                       "This result has no rows to fetch: the statement "
                       "returns none");
        return -1;
    }
    return 0;
}

int
Sac_FetcherCheck(Sac_Fetcher *self)
{
    if (Sac_FetcherCheckRows(self) < 0) {
        return -1;
    }
    if (self->supply->closed) {
        Sac_RaiseNamed(SAC_STATE(self), "ResourceClosedError",
                       "This result is closed: nothing more can be fetched "
                       "from it");
        return -1;
    }
    return 0;
}

/* One column, by position (from the end if negative) or name, among those
 * that leave now.  -> 0 and *at, or -1. */
static int
find_column(Sac_Fetcher *self, PyObject *which, Py_ssize_t *at)
{
    if (PyIndex_Check(which)) {
        *at = PyNumber_AsSsize_t(which, PyExc_IndexError);
        if (*at == -1 && PyErr_Occurred()) {
            return -1;
        }
        if (*at < 0) {
            *at += self->width;
        }
        if (*at < 0 || *at >= self->width) {
            PyErr_Format(PyExc_IndexError,
                         "column %R does not exist: the result has %zd", which,
                         self->width);
            return -1;
        }
        return 0;
    }
    int found = Sac_KeysFind(self->keys, which, at);
    if (found == 0) {
        Sac_RaiseNamed(SAC_STATE(self), "NoSuchColumnError",
                       "The result has no column %R", which);
    }
    return found > 0 ? 0 : -1;
}

int
Sac_FetcherPick(Sac_Fetcher *self, PyObject *const *which, Py_ssize_t count)
{
    if (Sac_FetcherCheckRows(self) < 0) {
        return -1;
    }
    if (self->supply->decoding) {
        Sac_RaiseNamed(SAC_STATE(self), "InvalidRequestError",
                       "this result is being fetched from");
        return -1;
    }
    if (count == 0) {
        Sac_RaiseNamed(SAC_STATE(self), "ArgumentError",
                       "At least one column is needed");
        return -1;
    }
    Sac_Keys *keys = NULL;
    Py_ssize_t *picks = PyMem_New(Py_ssize_t, (size_t)count);
    if (picks == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (find_column(self, which[i], &picks[i]) < 0) {
            goto error;
        }
    }
    keys = Sac_KeysPick(SAC_STATE(self), self->keys, picks, count);
    if (keys == NULL) {
        goto error;
    }
    for (Py_ssize_t i = 0; self->picks != NULL && i < count; i++) {
        picks[i] = self->picks[picks[i]];
    }
    PyMem_Free(self->picks);
    self->picks = picks;
    self->width = count;
    Py_SETREF(self->keys, keys);
    return 0;

error:
    PyMem_Free(picks);
    return -1;
}

PyObject *
Sac_FetcherScalars(Sac_Fetcher *self, PyTypeObject *type, PyObject *which)
{
    PyObject *column = which != NULL ? Py_NewRef(which) : PyLong_FromLong(0);
    if (column == NULL) {
        return NULL;
    }
    Sac_Fetcher *filter = Sac_FetcherDerive(self, type, SAC_FORM_SCALAR);
    if (filter != NULL && Sac_FetcherPick(filter, &column, 1) < 0) {
        Py_CLEAR(filter);
    }
    Py_DECREF(column);
    return (PyObject *)filter;
}

int
Sac_FetcherUnique(Sac_Fetcher *self, PyObject *strategy)
{
    PyObject *seen = PyDict_New();
    if (seen == NULL) {
        return -1;
    }
    PyObject *chosen = NULL;
    if (strategy != NULL && strategy != Py_None) {
        chosen = Py_NewRef(strategy);
    }
    Py_XSETREF(self->seen, seen);
    Py_XSETREF(self->strategy, chosen);
    return 0;
}

Py_ssize_t
Sac_FetcherSize(Sac_Fetcher *self, PyObject *size)
{
    if (size == NULL || size == Py_None) {
        return self->yield_per > 0 ? self->yield_per : 1;
    }
    Py_ssize_t rows = PyNumber_AsSsize_t(size, PyExc_OverflowError);
    if (rows == -1 && PyErr_Occurred()) {
        return -1;
    }
    return rows > 0 ? rows : 0;
}
