/* The state of a module instance: made at import, visited by the garbage
 * collector, given its hooks by Python.  With the GIL.  Knows the names of
 * everything and the meaning of nothing. */
#include "bridge/state.h"

#include "engine/process.h"

Sac_State *
Sac_StateOfModule(PyObject *module)
{
    return (Sac_State *)PyModule_GetState(module);
}

Sac_State *
Sac_StateOfType(PyTypeObject *type)
{
    /* Looks at the type itself first, then along its mro. */
    PyObject *module = PyType_GetModuleByDef(type, &Sac_ModuleDef);
    if (module == NULL) {
        return NULL;
    }
    return (Sac_State *)PyModule_GetState(module);
}

int
Sac_AddType(PyObject *module, PyType_Spec *spec, PyTypeObject **slot,
            int is_public)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    if (type == NULL) {
        return -1;
    }
    Py_XSETREF(*slot, (PyTypeObject *)type);
    return is_public ? PyModule_AddType(module, (PyTypeObject *)type) : 0;
}

/* Heads and order as in state.h. */
int
Sac_StateTraverse(PyObject *module, visitproc visit, void *arg)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (state == NULL) {
        return 0;
    }
    /* Types. */
    Py_VISIT(state->operation_type);
    Py_VISIT(state->execution_type);
    Py_VISIT(state->port_type);
    Py_VISIT(state->text_type);
    Py_VISIT(state->template_type);
    Py_VISIT(state->keys_type);
    Py_VISIT(state->row_type);
    Py_VISIT(state->row_mapping_type);
    Py_VISIT(state->result_type);
    Py_VISIT(state->scalar_result_type);
    Py_VISIT(state->mapping_result_type);
    Py_VISIT(state->frozen_result_type);
    Py_VISIT(state->async_result_type);
    Py_VISIT(state->async_scalar_result_type);
    Py_VISIT(state->async_mapping_result_type);
    Py_VISIT(state->async_partitions_type);
    Py_VISIT(state->ready_type);
    Py_VISIT(state->engine_type);
    Py_VISIT(state->pool_type);
    Py_VISIT(state->channel_type);
    Py_VISIT(state->stream_source_type);
    Py_VISIT(state->stream_context_type);
    Py_VISIT(state->connection_type);
    Py_VISIT(state->transaction_type);
    Py_VISIT(state->session_type);
    Py_VISIT(state->session_transaction_type);
    Py_VISIT(state->sessionmaker_type);
    Py_VISIT(state->scoped_session_type);
    Py_VISIT(state->scoped_registry_type);
    Py_VISIT(state->db_connection_type);
    /* Callables. */
    Py_VISIT(state->exc);
    Py_VISIT(state->make_database_error);
    Py_VISIT(state->make_programming_error);
    Py_VISIT(state->log_statement);
    Py_VISIT(state->log_event);
    Py_VISIT(state->log_rows);
    Py_VISIT(state->resolve_isolation);
    Py_VISIT(state->resolve_engine);
    Py_VISIT(state->watch_port);
    Py_VISIT(state->create_missing);
    Py_VISIT(state->run_sync);
    Py_VISIT(state->default_base);
    /* From asyncio and the standard library. */
    Py_VISIT(state->get_running_loop);
    Py_VISIT(state->current_task);
    Py_VISIT(state->cancelled_error);
    Py_VISIT(state->date_type);
    Py_VISIT(state->datetime_type);
    /* Event loops. */
    Py_VISIT(state->ports);
    Py_VISIT(state->last_port);
    /* Compiled texts. */
    Py_VISIT(state->templates);
    /* Interned names are str: nothing to visit. */
    return 0;
}

static void
clear_names(Sac_State *state)
{
    Py_CLEAR(state->str_create_future);
    Py_CLEAR(state->str_set_result);
    Py_CLEAR(state->str_done);
    Py_CLEAR(state->str_future_blocking);
    Py_CLEAR(state->str_call_later);
    Py_CLEAR(state->str_cancel);
    Py_CLEAR(state->str_add_reader);
    Py_CLEAR(state->str_remove_reader);
    Py_CLEAR(state->str_is_closed);
    Py_CLEAR(state->str_send);
    Py_CLEAR(state->str_throw);
    Py_CLEAR(state->str_close);
    Py_CLEAR(state->str_text);
    Py_CLEAR(state->str_keys);
    Py_CLEAR(state->str_isoformat);
    Py_CLEAR(state->str_space);
}

int
Sac_StateClear(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (state == NULL) {
        return 0;
    }
    /* Types. */
    Py_CLEAR(state->operation_type);
    Py_CLEAR(state->execution_type);
    Py_CLEAR(state->port_type);
    Py_CLEAR(state->text_type);
    Py_CLEAR(state->template_type);
    Py_CLEAR(state->keys_type);
    Py_CLEAR(state->row_type);
    Py_CLEAR(state->row_mapping_type);
    Py_CLEAR(state->result_type);
    Py_CLEAR(state->scalar_result_type);
    Py_CLEAR(state->mapping_result_type);
    Py_CLEAR(state->frozen_result_type);
    Py_CLEAR(state->async_result_type);
    Py_CLEAR(state->async_scalar_result_type);
    Py_CLEAR(state->async_mapping_result_type);
    Py_CLEAR(state->async_partitions_type);
    Py_CLEAR(state->ready_type);
    Py_CLEAR(state->engine_type);
    Py_CLEAR(state->pool_type);
    Py_CLEAR(state->channel_type);
    Py_CLEAR(state->stream_source_type);
    Py_CLEAR(state->stream_context_type);
    Py_CLEAR(state->connection_type);
    Py_CLEAR(state->transaction_type);
    Py_CLEAR(state->session_type);
    Py_CLEAR(state->session_transaction_type);
    Py_CLEAR(state->sessionmaker_type);
    Py_CLEAR(state->scoped_session_type);
    Py_CLEAR(state->scoped_registry_type);
    Py_CLEAR(state->db_connection_type);
    /* Callables. */
    Py_CLEAR(state->exc);
    Py_CLEAR(state->make_database_error);
    Py_CLEAR(state->make_programming_error);
    Py_CLEAR(state->log_statement);
    Py_CLEAR(state->log_event);
    Py_CLEAR(state->log_rows);
    Py_CLEAR(state->resolve_isolation);
    Py_CLEAR(state->resolve_engine);
    Py_CLEAR(state->watch_port);
    Py_CLEAR(state->create_missing);
    Py_CLEAR(state->run_sync);
    Py_CLEAR(state->default_base);
    /* From asyncio and the standard library. */
    Py_CLEAR(state->get_running_loop);
    Py_CLEAR(state->current_task);
    Py_CLEAR(state->cancelled_error);
    Py_CLEAR(state->date_type);
    Py_CLEAR(state->datetime_type);
    /* Event loops. */
    Py_CLEAR(state->ports);
    Py_CLEAR(state->last_port);
    /* Compiled texts. */
    Py_CLEAR(state->templates);
    /* Interned names. */
    clear_names(state);
    return 0;
}

static void
forget_all(sac_list *head)
{
    while (sac_list_take_front(head) != NULL) {
    }
}

void
Sac_StateFree(void *module)
{
    Sac_State *state = Sac_StateOfModule((PyObject *)module);
    (void)Sac_StateClear((PyObject *)module);
    if (state == NULL) {
        return;
    }
    if (state->live_templates.next != NULL) { /* it was initialised */
        /* What outlives the module is in no list. */
        forget_all(&state->live_templates);
        forget_all(&state->waiting);
    }
    if (state->registry != NULL) {
        sac_registry_free(state->registry);
        state->registry = NULL;
    }
    if (state->fork_guard != NULL) {
        sac_fork_guard_free(state->fork_guard);
        state->fork_guard = NULL;
    }
}

static int
intern_names(Sac_State *state)
{
    const struct {
        PyObject **slot;
        const char *text;
    } names[] = {
        {&state->str_create_future, "create_future"},
        {&state->str_set_result, "set_result"},
        {&state->str_done, "done"},
        {&state->str_future_blocking, "_asyncio_future_blocking"},
        {&state->str_call_later, "call_later"},
        {&state->str_cancel, "cancel"},
        {&state->str_add_reader, "add_reader"},
        {&state->str_remove_reader, "remove_reader"},
        {&state->str_is_closed, "is_closed"},
        {&state->str_send, "send"},
        {&state->str_throw, "throw"},
        {&state->str_close, "close"},
        {&state->str_text, "text"},
        {&state->str_keys, "keys"},
        {&state->str_isoformat, "isoformat"},
        {&state->str_space, " "},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        *names[i].slot = PyUnicode_InternFromString(names[i].text);
        if (*names[i].slot == NULL) {
            return -1;
        }
    }
    return 0;
}

static int
import_asyncio(Sac_State *state)
{
    PyObject *asyncio = PyImport_ImportModule("asyncio");
    if (asyncio == NULL) {
        return -1;
    }
    state->get_running_loop =
        PyObject_GetAttrString(asyncio, "get_running_loop");
    state->current_task = PyObject_GetAttrString(asyncio, "current_task");
    state->cancelled_error = PyObject_GetAttrString(asyncio, "CancelledError");
    Py_DECREF(asyncio);
    return state->get_running_loop != NULL && state->current_task != NULL &&
                   state->cancelled_error != NULL
               ? 0
               : -1;
}

int
Sac_StateInit(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    sac_list_init(&state->live_templates);
    sac_list_init(&state->waiting);
    state->memory_statistics_off = sac_process_configure();
    sac_list_init(&state->engines);
    state->registry = sac_registry_new();
    state->fork_guard = sac_fork_guard_new();
    if (state->registry == NULL || state->fork_guard == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (import_asyncio(state) < 0 || intern_names(state) < 0) {
        return -1;
    }
    state->ports = PyList_New(0);
    state->templates = PyDict_New();
    return state->ports != NULL && state->templates != NULL ? 0 : -1;
}

static PyObject **
hook_slot(Sac_State *state, PyObject *name)
{
    const struct {
        PyObject **slot;
        const char *text;
    } hooks[] = {
        {&state->exc, "exc"},
        {&state->make_database_error, "make_database_error"},
        {&state->make_programming_error, "make_programming_error"},
        {&state->log_statement, "log_statement"},
        {&state->log_event, "log_event"},
        {&state->log_rows, "log_rows"},
        {&state->resolve_isolation, "resolve_isolation"},
        {&state->resolve_engine, "resolve_engine"},
        {&state->watch_port, "watch_port"},
        {&state->create_missing, "create_missing"},
        {&state->run_sync, "run_sync"},
        {&state->default_base, "default_base"},
    };
    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
        if (PyUnicode_CompareWithASCIIString(name, hooks[i].text) == 0) {
            return hooks[i].slot;
        }
    }
    return NULL;
}

int
Sac_StateConfigure(Sac_State *state, PyObject *hooks)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;
    while (hooks != NULL && PyDict_Next(hooks, &at, &name, &value)) {
        PyObject **slot = hook_slot(state, name);
        if (slot == NULL) {
            PyErr_Format(PyExc_TypeError, "configure() knows no hook '%U'",
                         name);
            return -1;
        }
        if (slot == &state->exc ? !PyDict_Check(value)
                                : !PyCallable_Check(value)) {
            PyErr_Format(PyExc_TypeError, "hook '%U' must be %s, not %s", name,
                         slot == &state->exc ? "a dict" : "callable",
                         Py_TYPE(value)->tp_name);
            return -1;
        }
        Py_XSETREF(*slot, Py_NewRef(value));
    }
    return 0;
}
