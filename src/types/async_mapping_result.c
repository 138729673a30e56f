/* AsyncMappingResult: the rows of a streamed result as mappings.
 *
 * Runs with the GIL on the loop's thread.  A filter: it holds the result that
 * it was made from and takes from the same batches. */
#include "types/async_fetch.h"
#include "types/result_types.h"

static PyMethodDef mapping_methods[] = {
    SAC_ASYNC_FETCH_METHODS, SAC_ASYNC_FETCHONE_METHOD, SAC_CHOOSING_METHODS,
    SAC_KEYED_METHODS,       {NULL, NULL, 0, NULL},
};

static PyGetSetDef mapping_getset[] = {
    SAC_CLOSED_GETSET,
    {NULL, NULL, NULL, NULL, NULL},
};

static char mapping_doc[] =
    "The rows of a streamed result as mappings of column names to "
    "values.";

static PyType_Slot mapping_slots[] = {
    {Py_tp_dealloc, Sac_FetcherDealloc},
    {Py_tp_traverse, Sac_FetcherTraverse},
    {Py_tp_clear, Sac_FetcherClear},
    {Py_tp_doc, mapping_doc},
    {Py_am_aiter, PyObject_SelfIter},
    {Py_am_anext, Sac_AsyncNext},
    {Py_tp_methods, mapping_methods},
    {Py_tp_getset, mapping_getset},
    {0, NULL},
};

static PyType_Spec mapping_spec = {
    .name = "sqlactive_c._core.AsyncMappingResult",
    .basicsize = sizeof(Sac_Fetcher),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = mapping_slots,
};

int
Sac_RegisterAsyncMappingResult(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &mapping_spec,
                       &state->async_mapping_result_type, 1);
}
