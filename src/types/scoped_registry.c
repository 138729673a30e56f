/* ScopedRegistry: one object for each scope, a scope being whatever the
 * scope function returns.
 *
 * Scopes that take weak references (tasks, threads) are held weakly: the
 * entry goes with its scope, so a task that ends leaves nothing behind.
 * Others (ints, strings, None) are held until the entry is cleared.  The
 * weak references share one callback, which knows the registry weakly.
 * GIL. */
#include "types/session.h"

#include <structmember.h>

#include "bridge/compat.h"

typedef struct RegistryObject {
    PyObject_HEAD
    PyObject *weakrefs;
    PyObject *createfunc; /* strong: () -> entry */
    PyObject *scopefunc;  /* strong: () -> scope */
    PyObject *entries;    /* strong: dict, weak reference or scope -> entry */
    PyObject *forget;     /* strong: the callback of the weak references */
} RegistryObject;

/* ---- keys ------------------------------------------------------------ */

/* -> new key under which the scope is looked up, or, if `keep`, stored. */
static PyObject *
key_of(RegistryObject *self, PyObject *scope, bool keep)
{
    if (!PyType_SUPPORTS_WEAKREFS(Py_TYPE(scope))) {
        return Py_NewRef(scope);
    }
    return PyWeakref_NewRef(scope, keep ? self->forget : NULL);
}

static PyObject *
current_key(RegistryObject *self, bool keep)
{
    PyObject *scope = PyObject_CallNoArgs(self->scopefunc);
    if (scope == NULL) {
        return NULL;
    }
    PyObject *key = key_of(self, scope, keep);
    Py_DECREF(scope);
    return key;
}

/* A scope is gone; key: its weak reference. The entry is dropped when the
 * dict is whole again: closing a session may run anything. */
static PyObject *
forget(PyObject *registry_reference, PyObject *key)
{
    RegistryObject *self =
        (RegistryObject *)Sac_WeakrefGet(registry_reference);
    if (self == NULL) {
        Py_RETURN_NONE;
    }
    PyObject *entry = NULL;
    if (self->entries != NULL) {
        entry = Py_XNewRef(PyDict_GetItemWithError(self->entries, key));
    }
    if (entry != NULL) {
        (void)PyDict_DelItem(self->entries, key);
    }
    Py_XDECREF(entry);
    Py_DECREF(self);
    if (PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef forget_method = {"forget", forget, METH_O, NULL};

/* ---- entries --------------------------------------------------------- */

int
Sac_ScopedRegistryGet(PyObject *registry, PyObject **entry)
{
    RegistryObject *self = (RegistryObject *)registry;
    PyObject *key = current_key(self, false);
    *entry = NULL;
    if (key == NULL) {
        return -1;
    }
    *entry = Py_XNewRef(PyDict_GetItemWithError(self->entries, key));
    Py_DECREF(key);
    if (*entry != NULL) {
        return 1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

int
Sac_ScopedRegistrySet(PyObject *registry, PyObject *entry)
{
    RegistryObject *self = (RegistryObject *)registry;
    PyObject *key = current_key(self, true);
    int rc = -1;
    if (key != NULL) {
        /* An equal key stays in the dict: its callback is as good. */
        rc = PyDict_SetItem(self->entries, key, entry);
    }
    Py_XDECREF(key);
    return rc;
}

int
Sac_ScopedRegistryClear(PyObject *registry)
{
    RegistryObject *self = (RegistryObject *)registry;
    PyObject *key = current_key(self, false);
    if (key == NULL) {
        return -1;
    }
    PyObject *entry = Py_XNewRef(PyDict_GetItemWithError(self->entries, key));
    int rc = 0;
    if (entry != NULL) {
        rc = PyDict_DelItem(self->entries, key);
    }
    else if (PyErr_Occurred()) {
        rc = -1;
    }
    Py_DECREF(key);
    Py_XDECREF(entry);
    return rc;
}

int
Sac_ScopedRegistryClearAll(PyObject *registry)
{
    RegistryObject *self = (RegistryObject *)registry;
    PyObject *fresh = PyDict_New();
    if (fresh == NULL) {
        return -1;
    }
    Py_SETREF(self->entries, fresh);
    return 0;
}

/* ---- methods --------------------------------------------------------- */

static PyObject *
registry_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    RegistryObject *self = (RegistryObject *)op;
    PyObject *entry;
    if (PyTuple_GET_SIZE(args) > 0 ||
        (kwargs != NULL && PyDict_GET_SIZE(kwargs) > 0)) {
        PyErr_SetString(PyExc_TypeError, "a registry takes no arguments");
        return NULL;
    }
    int rc = Sac_ScopedRegistryGet(op, &entry);
    if (rc != 0) {
        return rc < 0 ? NULL : entry;
    }
    entry = PyObject_CallNoArgs(self->createfunc);
    if (entry != NULL && Sac_ScopedRegistrySet(op, entry) < 0) {
        Py_CLEAR(entry);
    }
    return entry;
}

static PyObject *
registry_has(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *entry;
    int rc = Sac_ScopedRegistryGet(op, &entry);
    Py_XDECREF(entry);
    return rc < 0 ? NULL : PyBool_FromLong(rc);
}

static PyObject *
registry_set(PyObject *op, PyObject *entry)
{
    if (Sac_ScopedRegistrySet(op, entry) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
registry_clear_method(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    if (Sac_ScopedRegistryClear(op) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static Py_ssize_t
registry_length(PyObject *op)
{
    return PyDict_GET_SIZE(((RegistryObject *)op)->entries);
}

/* ---- the type -------------------------------------------------------- */

PyObject *
Sac_ScopedRegistryNew(Sac_State *state, PyObject *createfunc,
                      PyObject *scopefunc)
{
    RegistryObject *self =
        PyObject_GC_New(RegistryObject, state->scoped_registry_type);
    if (self == NULL) {
        return NULL;
    }
    self->weakrefs = NULL;
    self->createfunc = Py_NewRef(createfunc);
    self->scopefunc = Py_NewRef(scopefunc);
    self->entries = PyDict_New();
    self->forget = NULL;
    PyObject_GC_Track(self);
    PyObject *reference = PyWeakref_NewRef((PyObject *)self, NULL);
    if (reference != NULL) {
        self->forget = PyCFunction_New(&forget_method, reference);
        Py_DECREF(reference);
    }
    if (self->entries == NULL || self->forget == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyObject *
registry_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *names[] = {"createfunc", "scopefunc", NULL};
    PyObject *createfunc, *scopefunc;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO:ScopedRegistry",
                                     (char **)(uintptr_t)names, &createfunc,
                                     &scopefunc)) {
        return NULL;
    }
    return Sac_ScopedRegistryNew(Sac_StateOfType(type), createfunc, scopefunc);
}

static int
registry_traverse(PyObject *op, visitproc visit, void *arg)
{
    RegistryObject *self = (RegistryObject *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->createfunc);
    Py_VISIT(self->scopefunc);
    Py_VISIT(self->entries);
    Py_VISIT(self->forget);
    return 0;
}

static int
registry_clear(PyObject *op)
{
    RegistryObject *self = (RegistryObject *)op;
    Py_CLEAR(self->createfunc);
    Py_CLEAR(self->scopefunc);
    Py_CLEAR(self->entries);
    Py_CLEAR(self->forget);
    return 0;
}

static void
registry_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (((RegistryObject *)op)->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    (void)registry_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMethodDef registry_methods[] = {
    {"has", registry_has, METH_NOARGS,
     "has($self, /)\n--\n\nTrue when the current scope has an object."},
    {"set", registry_set, METH_O,
     "set($self, obj, /)\n--\n\nSet the object of the current scope."},
    {"clear", registry_clear_method, METH_NOARGS,
     "clear($self, /)\n--\n\nForget the object of the current scope."},
    {0},
};

static PyMemberDef registry_members[] = {
    {"createfunc", T_OBJECT, offsetof(RegistryObject, createfunc), READONLY,
     "What makes the object of a new scope."},
    {"scopefunc", T_OBJECT, offsetof(RegistryObject, scopefunc), READONLY,
     "What says which scope this is."},
    {"registry", T_OBJECT, offsetof(RegistryObject, entries), READONLY,
     "The objects by scope, or by weak reference to it."},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(RegistryObject, weakrefs),
     READONLY, NULL},
    {0},
};

PyDoc_STRVAR(registry_doc,
             "ScopedRegistry(createfunc, scopefunc)\n--\n\n"
             "One object for each scope; calling it gives the current one.\n\n"
             "Args:\n"
             "    createfunc: makes the object of a scope that has none.\n"
             "    scopefunc: returns what stands for the current scope; held\n"
             "        weakly if it can be.");

static PyType_Slot registry_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)registry_doc},
    {Py_tp_new, registry_new},
    {Py_tp_dealloc, registry_dealloc},
    {Py_tp_traverse, registry_traverse},
    {Py_tp_clear, registry_clear},
    {Py_tp_call, registry_call},
    {Py_mp_length, registry_length},
    {Py_tp_methods, registry_methods},
    {Py_tp_members, registry_members},
    {0, NULL},
};

static PyType_Spec registry_spec = {
    .name = "sqlactive_c._core.ScopedRegistry",
    .basicsize = sizeof(RegistryObject),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = registry_slots,
};

int
Sac_RegisterScopedRegistry(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &registry_spec, &state->scoped_registry_type,
                       1);
}
