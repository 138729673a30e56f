/* Result: what executing a statement gives, buffered.
 *
 * Runs with the GIL.  Owns the packed rows until they were fetched; needs no
 * connection, so it stays good after the session was closed.  The rows are
 * shared with the filters made by scalars() and mappings(): what one has
 * taken the others do not see. */
#include "types/result.h"

#include "bridge/args.h"
#include "types/fetch_methods.h"
#include "types/result_facts.h"
#include "types/result_types.h"
#include "types/row.h"
#include "types/shape.h"

typedef struct ResultObject {
    Sac_Fetcher fetcher;
    Sac_Supply supply;
    Sac_ResultFacts facts;
} ResultObject;

Sac_ResultFacts *
Sac_FactsOf(PyObject *result)
{
    return &((ResultObject *)result)->facts;
}

/* Rows that the user did not ask for are no rows of the result. */
static int
keep_returned(ResultObject *self)
{
    const Sac_Shape *shape = (Sac_Shape *)self->facts.shape;
    if (shape == NULL || !shape->implicit || !self->supply.returns_rows) {
        return 0;
    }
    self->facts.returned = Sac_FetchList(&self->fetcher, -1);
    self->supply.returns_rows = false;
    self->supply.exhausted = false;
    return self->facts.returned == NULL ? -1 : 0;
}

PyObject *
Sac_ResultNew(Sac_State *state, Sac_Outcome *outcome)
{
    PyTypeObject *type = state->result_type;
    ResultObject *self = (ResultObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        sac_rows_free(outcome->rows);
        outcome->rows = NULL;
        return NULL;
    }
    Sac_SupplyInit(&self->supply, outcome);
    Sac_FetcherInit(&self->fetcher, &self->supply, outcome->keys);
    self->fetcher.yield_per = outcome->yield_per;
    Sac_FactsInit(&self->facts, outcome);
    if (keep_returned(self) < 0) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

PyObject *
Sac_ResultFromRows(Sac_State *state, Sac_Keys *keys, PyObject *list)
{
    Sac_Outcome outcome = {.keys = keys, .changes = -1};
    PyObject *result = Sac_ResultNew(state, &outcome);
    if (result != NULL) {
        ((ResultObject *)result)->supply.list = Py_NewRef(list);
    }
    return result;
}

static PyObject *
derive_scalars(Sac_Fetcher *self, PyObject *which)
{
    PyTypeObject *type = SAC_STATE(self)->scalar_result_type;
    return Sac_FetcherScalars(self, type, which);
}

PyObject *
Sac_ResultScalars(PyObject *result)
{
    return derive_scalars((Sac_Fetcher *)result, NULL);
}

PyObject *
Sac_OutcomeScalar(Sac_State *state, Sac_Outcome *outcome)
{
    PyObject *result = Sac_ResultNew(state, outcome);
    if (result == NULL) {
        return NULL;
    }
    /* One column of one row: no Row is made. */
    Sac_Fetcher *self = (Sac_Fetcher *)result;
    self->form = SAC_FORM_SCALAR;
    PyObject *value = Sac_FetcherOnly(self, SAC_ONLY_FIRST, false);
    Py_DECREF(result);
    return value;
}

static int
result_traverse(PyObject *op, visitproc visit, void *arg)
{
    ResultObject *self = (ResultObject *)op;
    int rc = Sac_SupplyTraverse(&self->supply, visit, arg);
    if (rc == 0) {
        rc = Sac_FactsTraverse(&self->facts, visit, arg);
    }
    return rc != 0 ? rc : Sac_FetcherTraverse(op, visit, arg);
}

static int
result_clear(PyObject *op)
{
    Sac_SupplyClear(&((ResultObject *)op)->supply);
    Sac_FactsClear(&((ResultObject *)op)->facts);
    return Sac_FetcherClear(op);
}

static void
result_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Sac_SupplyFini(&((ResultObject *)op)->supply);
    Sac_FactsClear(&((ResultObject *)op)->facts);
    Sac_FetcherDealloc(op);
}

static PyObject *
result_scalar(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Sac_FetcherOnly((Sac_Fetcher *)op, SAC_ONLY_FIRST, true);
}

static PyObject *
result_scalar_one(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Sac_FetcherOnly((Sac_Fetcher *)op, SAC_ONLY_ONE, true);
}

static PyObject *
result_scalar_one_or_none(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Sac_FetcherOnly((Sac_Fetcher *)op, SAC_ONLY_ONE_OR_NONE, true);
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
    return (PyObject *)Sac_FetcherDerive((Sac_Fetcher *)op,
                                         SAC_STATE(op)->mapping_result_type,
                                         SAC_FORM_MAPPING);
}

static PyObject *
result_self(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Py_NewRef(op);
}

static PyObject *
result_freeze(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Fetcher *self = (Sac_Fetcher *)op;
    PyObject *list = Sac_FetcherAll(op, NULL);
    if (list == NULL) {
        return NULL;
    }
    PyObject *frozen = Sac_FrozenNew(SAC_STATE(op), self->keys, list);
    Py_DECREF(list);
    return frozen;
}

/* For the echo log, which looks at the rows before anybody has fetched. */
static PyObject *
result_buffered(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Supply *supply = &((ResultObject *)op)->supply;
    PyObject *list = Sac_FetchList((Sac_Fetcher *)op, -1);
    if (list == NULL) {
        return NULL;
    }
    Sac_SupplyDrop(supply);
    supply->list = Py_NewRef(list);
    supply->at = 0;
    supply->exhausted = false;
    return list;
}

static PyObject *
result_get_self(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(op);
}

static PyObject *
result_get_returns_rows(PyObject *op, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((ResultObject *)op)->supply.returns_rows);
}

static PyMethodDef result_methods[] = {
    SAC_FETCH_METHODS,
    SAC_FETCHONE_METHOD,
    SAC_CHOOSING_METHODS,
    SAC_KEYED_METHODS,
    SAC_FACTS_METHODS,
    {"_buffered", result_buffered, METH_NOARGS,
     PyDoc_STR("_buffered($self, /)\n--\n\n"
               "Return all rows and keep them to be fetched. Private, for the "
               "log.")},
    {"scalar", result_scalar, METH_NOARGS,
     PyDoc_STR("scalar($self, /)\n--\n\n"
               "Return the first column of the first row, or None, and close "
               "the result.")},
    {"scalar_one", result_scalar_one, METH_NOARGS,
     PyDoc_STR("scalar_one($self, /)\n--\n\n"
               "Return the first column of the only row, and close the "
               "result.\n\nRaises:\n"
               "    NoResultFound: There is no row.\n"
               "    MultipleResultsFound: There are several.\n")},
    {"scalar_one_or_none", result_scalar_one_or_none, METH_NOARGS,
     PyDoc_STR("scalar_one_or_none($self, /)\n--\n\n"
               "Return the first column of the only row, or None, and close "
               "the result.\n\nRaises:\n"
               "    MultipleResultsFound: There are several rows.\n")},
    {"scalars", SAC_METHOD_FAST(result_scalars), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("scalars($self, /, index=0)\n--\n\n"
               "Return a ScalarResult: one column of what is left.\n\n"
               "Args:\n"
               "    index: Position (int) or name (str) of the column.\n\n"
               "Raises:\n"
               "    NoSuchColumnError: No column has that name.\n"
               "    ResourceClosedError: The statement returns no rows.\n")},
    {"mappings", result_mappings, METH_NOARGS,
     PyDoc_STR("mappings($self, /)\n--\n\n"
               "Return a MappingResult: what is left, as mappings.")},
    {"tuples", result_self, METH_NOARGS,
     PyDoc_STR("tuples($self, /)\n--\n\n"
               "Return the result itself, for type checkers one of tuples.")},
    {"freeze", result_freeze, METH_NOARGS,
     PyDoc_STR("freeze($self, /)\n--\n\n"
               "Fetch everything into a FrozenResult; calling that gives a "
               "new result\nwith the same rows, as often as wanted.")},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef result_getset[] = {
    SAC_CLOSED_GETSET,
    {"t", result_get_self, NULL,
     PyDoc_STR("The result itself, for type checkers one of tuples."), NULL},
    SAC_FACTS_GETSET,
    {"returns_rows", result_get_returns_rows, NULL,
     PyDoc_STR("Whether the statement returns rows, be it none."), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static char result_doc[] =
    "What a statement gave: its rows, fetched once from "
    "front to back.\n\nIterate over it for the rows, or "
    "take them with one of the methods.";

static PyType_Slot result_slots[] = {
    {Py_tp_dealloc, result_dealloc},
    {Py_tp_traverse, result_traverse},
    {Py_tp_clear, result_clear},
    {Py_tp_doc, result_doc},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, Sac_FetcherIterNext},
    {Py_tp_methods, result_methods},
    {Py_tp_getset, result_getset},
    {0, NULL},
};

static PyType_Spec result_spec = {
    .name = "sqlactive_c._core.Result",
    .basicsize = sizeof(ResultObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = result_slots,
};

int
Sac_RegisterResult(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (Sac_AddType(module, &result_spec, &state->result_type, 1) < 0 ||
        Sac_RegisterScalarResult(module) < 0 ||
        Sac_RegisterMappingResult(module) < 0) {
        return -1;
    }
    return Sac_RegisterFrozenResult(module);
}
