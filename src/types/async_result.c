/* AsyncResult: what stream() gives, fetched batch by batch.
 *
 * Runs with the GIL on the loop's thread.  Owns one batch of packed rows and
 * the source of the next.  When it is left before its end, close() gives the
 * statement back, or else dropping the source does.  What waits is in
 * types/async_fetch.c. */
#include "bridge/args.h"
#include "types/async_fetch.h"
#include "types/result_types.h"

PyObject *
Sac_AsyncResultNew(Sac_State *state, PyObject *source,
                   const Sac_Source *methods, Sac_Outcome *outcome, bool more)
{
    PyTypeObject *type = state->async_result_type;
    Sac_AsyncResult *self = (Sac_AsyncResult *)type->tp_alloc(type, 0);
    if (self == NULL) {
        sac_rows_free(outcome->rows);
        outcome->rows = NULL;
        return NULL;
    }
    Sac_SupplyInit(&self->supply, outcome);
    Sac_FetcherInit(&self->fetcher, &self->supply, outcome->keys);
    self->fetcher.yield_per = outcome->yield_per;
    self->supply.more = more;
    self->methods = methods;
    if (more) {
        self->source = Py_XNewRef(source);
    }
    return (PyObject *)self;
}

void
Sac_AsyncResultFeed(PyObject *async_result, sac_rows *rows, bool more)
{
    Sac_SupplyFeed(&((Sac_AsyncResult *)async_result)->supply, rows, more);
}

PyObject *
Sac_AsyncResultClose(PyObject *async_result)
{
    return Sac_AsyncClose(async_result, NULL);
}

static PyObject *
derive_scalars(Sac_Fetcher *self, PyObject *which)
{
    PyTypeObject *type = SAC_STATE(self)->async_scalar_result_type;
    return Sac_FetcherScalars(self, type, which);
}

PyObject *
Sac_AsyncResultScalars(PyObject *async_result)
{
    return derive_scalars((Sac_Fetcher *)async_result, NULL);
}

static PyObject *
result_scalars(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
               PyObject *kwnames)
{
    static const char *const names[] = {"index"};
    static const Sac_ArgSpec spec = {"scalars", names, 1, 0, 1};
    PyObject *which;
    if (Sac_ParseArgs(&spec, args, nargs, kwnames, &which) < 0) {
        return NULL;
    }
    return derive_scalars((Sac_Fetcher *)op, which);
}

static PyObject *
result_mappings(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return (PyObject *)Sac_FetcherDerive(
        (Sac_Fetcher *)op, SAC_STATE(op)->async_mapping_result_type,
        SAC_FORM_MAPPING);
}

static PyObject *
result_tuples(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Py_NewRef(op);
}

static PyObject *
result_get_self(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(op);
}

static int
result_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_AsyncResult *self = (Sac_AsyncResult *)op;
    Py_VISIT(self->source);
    int rc = Sac_SupplyTraverse(&self->supply, visit, arg);
    if (rc != 0) {
        return rc;
    }
    return Sac_FetcherTraverse(op, visit, arg);
}

static int
result_clear(PyObject *op)
{
    Sac_AsyncResult *self = (Sac_AsyncResult *)op;
    Py_CLEAR(self->source);
    Sac_SupplyClear(&self->supply);
    return Sac_FetcherClear(op);
}

static void
result_dealloc(PyObject *op)
{
    Sac_AsyncResult *self = (Sac_AsyncResult *)op;
    PyObject_GC_UnTrack(op);
    Sac_SupplyFini(&self->supply);
    Py_CLEAR(self->source);
    Sac_FetcherDealloc(op);
}

static PyMethodDef result_methods[] = {
    SAC_ASYNC_FETCH_METHODS,
    SAC_ASYNC_FETCHONE_METHOD,
    SAC_CHOOSING_METHODS,
    SAC_KEYED_METHODS,
    {"scalar", Sac_AsyncScalar, METH_NOARGS,
     PyDoc_STR("scalar($self, /)\n--\n\n"
               "Await the first column of the first row, or None; the result "
               "is closed then.")},
    {"scalar_one", Sac_AsyncScalarOne, METH_NOARGS,
     PyDoc_STR("scalar_one($self, /)\n--\n\n"
               "Await the first column of the only row; the result is closed "
               "then.\n\nRaises:\n"
               "    NoResultFound: There is no row.\n"
               "    MultipleResultsFound: There are several.\n")},
    {"scalar_one_or_none", Sac_AsyncScalarOneOrNone, METH_NOARGS,
     PyDoc_STR("scalar_one_or_none($self, /)\n--\n\n"
               "Await the first column of the only row, or None; the result "
               "is closed then.\n\nRaises:\n"
               "    MultipleResultsFound: There are several rows.\n")},
    {"scalars", SAC_METHOD_FAST(result_scalars), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("scalars($self, /, index=0)\n--\n\n"
               "Return an AsyncScalarResult: one column of what is left.\n\n"
               "Args:\n"
               "    index: Position (int) or name (str) of the column.\n\n"
               "Raises:\n"
               "    NoSuchColumnError: No column has that name.\n"
               "    ResourceClosedError: The statement returns no rows.\n")},
    {"mappings", result_mappings, METH_NOARGS,
     PyDoc_STR("mappings($self, /)\n--\n\n"
               "Return an AsyncMappingResult: what is left, as mappings.")},
    {"tuples", result_tuples, METH_NOARGS,
     PyDoc_STR("tuples($self, /)\n--\n\n"
               "Return the result itself, for type checkers one of tuples.")},
    {"freeze", Sac_AsyncFreeze, METH_NOARGS,
     PyDoc_STR("freeze($self, /)\n--\n\n"
               "Await a FrozenResult of everything that is left.")},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef result_getset[] = {
    SAC_CLOSED_GETSET,
    {"t", result_get_self, NULL,
     PyDoc_STR("The result itself, for type checkers one of tuples."), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static char result_doc[] =
    "The rows of a streamed statement, fetched in batches as they are "
    "needed.\n\nIterate over it (async for) or await one of its methods; "
    "close() it when it is left\nbefore its end.";

static PyType_Slot result_slots[] = {
    {Py_tp_dealloc, result_dealloc},
    {Py_tp_traverse, result_traverse},
    {Py_tp_clear, result_clear},
    {Py_tp_doc, result_doc},
    {Py_am_aiter, PyObject_SelfIter},
    {Py_am_anext, Sac_AsyncNext},
    {Py_tp_methods, result_methods},
    {Py_tp_getset, result_getset},
    {0, NULL},
};

static PyType_Spec result_spec = {
    .name = "sqlactive_c._core.AsyncResult",
    .basicsize = sizeof(Sac_AsyncResult),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = result_slots,
};

int
Sac_RegisterAsyncResult(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (Sac_AddType(module, &result_spec, &state->async_result_type, 1) < 0 ||
        Sac_RegisterAsyncScalarResult(module) < 0 ||
        Sac_RegisterAsyncMappingResult(module) < 0 ||
        Sac_RegisterAsyncPartitions(module) < 0) {
        return -1;
    }
    return Sac_RegisterReady(module);
}
