/* AsyncScalarResult: one column of a streamed result.
 *
 * Runs with the GIL on the loop's thread.  A filter: it holds the result that
 * it was made from and takes from the same batches. */
#include "types/async_fetch.h"
#include "types/result_types.h"

static PyMethodDef scalar_methods[] = {
    SAC_ASYNC_FETCH_METHODS,
    SAC_CHOOSING_METHODS,
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef scalar_getset[] = {
    SAC_CLOSED_GETSET,
    {NULL, NULL, NULL, NULL, NULL},
};

static char scalar_doc[] =
    "One column of a streamed result: the values themselves instead of "
    "rows.";

static PyType_Slot scalar_slots[] = {
    {Py_tp_dealloc, Sac_FetcherDealloc},
    {Py_tp_traverse, Sac_FetcherTraverse},
    {Py_tp_clear, Sac_FetcherClear},
    {Py_tp_doc, scalar_doc},
    {Py_am_aiter, PyObject_SelfIter},
    {Py_am_anext, Sac_AsyncNext},
    {Py_tp_methods, scalar_methods},
    {Py_tp_getset, scalar_getset},
    {0, NULL},
};

static PyType_Spec scalar_spec = {
    .name = "sqlactive_c._core.AsyncScalarResult",
    .basicsize = sizeof(Sac_Fetcher),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = scalar_slots,
};

int
Sac_RegisterAsyncScalarResult(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &scalar_spec, &state->async_scalar_result_type,
                       1);
}
