/* The state of a module instance: made at import, visited by the garbage
 * collector, given its hooks by Python.  With the GIL.  Knows the names of
 * everything and the meaning of nothing. */
#include "bridge/state.h"

#include "bridge/callbacks.h"
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

int
Sac_StateTraverse(PyObject *module, visitproc visit, void *arg)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (state == NULL) {
        return 0;
    }
#define X(name) Py_VISIT(state->name);
    SAC_STATE_TYPES(X)
    SAC_STATE_HOOKS(X)
    SAC_STATE_OBJECTS(X)
#undef X
    /* The names are str: nothing to visit. */
    return 0;
}

int
Sac_StateClear(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (state == NULL) {
        return 0;
    }
#define X(name) Py_CLEAR(state->name);
    SAC_STATE_TYPES(X)
    SAC_STATE_HOOKS(X)
    SAC_STATE_OBJECTS(X)
#undef X
#define X(name, text) Py_CLEAR(state->name);
    SAC_STATE_NAMES(X)
#undef X
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
        forget_all(&state->live_shapes);
        forget_all(&state->waiting);
        forget_all(&state->writers);
    }
    if (state->registry != NULL) {
        sac_registry_free(state->registry);
        state->registry = NULL;
    }
    if (state->graves != NULL) {
        Sac_CallbacksRelease(state);
        sac_graves_release(state->graves);
        state->graves = NULL;
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
#define X(name, text) {&state->name, text},
        SAC_STATE_NAMES(X)
#undef X
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
    sac_list_init(&state->live_shapes);
    sac_list_init(&state->waiting);
    sac_list_init(&state->drives);
    sac_list_init(&state->writers);
    state->memory_statistics_off = sac_process_configure();
    sac_list_init(&state->engines);
    state->registry = sac_registry_new();
    state->fork_guard = sac_fork_guard_new();
    state->graves = sac_graves_new();
    if (state->registry == NULL || state->fork_guard == NULL ||
        state->graves == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (import_asyncio(state) < 0 || intern_names(state) < 0) {
        return -1;
    }
    state->ports = PyList_New(0);
    state->templates = PyDict_New();
    state->static_ids = PyDict_New();
    return state->ports != NULL && state->templates != NULL &&
                   state->static_ids != NULL
               ? 0
               : -1;
}

static PyObject **
hook_slot(Sac_State *state, PyObject *name)
{
    const struct {
        PyObject **slot;
        const char *text;
    } hooks[] = {
#define X(name) {&state->name, #name},
        SAC_STATE_HOOKS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
        if (PyUnicode_CompareWithASCIIString(name, hooks[i].text) == 0) {
            return hooks[i].slot;
        }
    }
    return NULL;
}

/* -> what the hook must be, or NULL: it is. */
static const char *
wrong_hook(Sac_State *state, PyObject **slot, PyObject *value)
{
    if (slot == &state->exc || slot == &state->orm_exc ||
        slot == &state->session_methods) {
        return PyDict_Check(value) ? NULL : "a dict";
    }
    if (slot == &state->operators) {
        return PyTuple_Check(value) ? NULL : "a tuple";
    }
    return PyCallable_Check(value) ? NULL : "callable";
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
        const char *wanted = wrong_hook(state, slot, value);
        if (wanted != NULL) {
            PyErr_Format(PyExc_TypeError, "hook '%U' must be %s, not %s", name,
                         wanted, Py_TYPE(value)->tp_name);
            return -1;
        }
        Py_XSETREF(*slot, Py_NewRef(value));
    }
    return 0;
}
