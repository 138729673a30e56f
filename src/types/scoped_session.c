/* async_scoped_session: one session for each scope (as a rule, each task),
 * and the session's methods on the current one.
 *
 * An awaitable method looks its session up when it starts to run, in the
 * scope that runs it: gather(scoped.execute(a), scoped.execute(b)) uses a
 * session for each of its tasks.  GIL. */
#include "types/session_orm.h"

#include <structmember.h>

#include "bridge/errors.h"

typedef struct ScopedObject {
    PyObject_HEAD
    PyObject *dict; /* strong: attributes of users, or NULL */
    PyObject *weakrefs;
    PyObject *session_factory; /* strong; NULL only before __init__ */
    PyObject *registry;        /* strong; NULL only before __init__ */
} ScopedObject;

static int
check_ready(ScopedObject *self)
{
    if (self->registry == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "async_scoped_session.__init__() was not called");
        return -1;
    }
    return 0;
}

PyObject *
Sac_ScopedSessionRegistry(PyObject *scoped)
{
    ScopedObject *self = (ScopedObject *)scoped;
    return check_ready(self) < 0 ? NULL : Py_NewRef(self->registry);
}

/* -> new ref to the session of the current scope, made if there is none. */
static PyObject *
current_session(ScopedObject *self)
{
    if (check_ready(self) < 0) {
        return NULL;
    }
    return PyObject_CallNoArgs(self->registry);
}

static PyObject *
scoped_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    ScopedObject *self = (ScopedObject *)op;
    if (PyTuple_GET_SIZE(args) > 0) {
        PyErr_SetString(PyExc_TypeError,
                        "a scoped session takes keywords only");
        return NULL;
    }
    if (kwargs == NULL || PyDict_GET_SIZE(kwargs) == 0) {
        return current_session(self);
    }
    if (check_ready(self) < 0) {
        return NULL;
    }
    PyObject *session;
    int rc = Sac_ScopedRegistryGet(self->registry, &session);
    if (rc > 0) {
        Py_DECREF(session);
        return Sac_RaiseNamed(SAC_STATE(op), "InvalidRequestError",
                              "this scope has a session already, which takes "
                              "no new arguments: remove() it first");
    }
    session =
        rc < 0 ? NULL : PyObject_Call(self->session_factory, args, kwargs);
    if (session != NULL &&
        Sac_ScopedRegistrySet(self->registry, session) < 0) {
        Py_CLEAR(session);
    }
    return session;
}

/* ---- the session's methods ------------------------------------------- */

/* slots[1] name, slots[2] tuple of arguments, slots[3] dict or NULL. */
static PySendResult
proxy_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    if (op->stage != 0) {
        *result = Py_XNewRef(value);
        return value == NULL ? PYGEN_ERROR : PYGEN_RETURN;
    }
    op->stage = 1;
    PyObject *session = current_session((ScopedObject *)op->slots[0]);
    PyObject *method = NULL, *awaitable = NULL;
    if (session != NULL) {
        method = PyObject_GetAttr(session, op->slots[1]);
        Py_DECREF(session);
    }
    if (method != NULL) {
        awaitable = PyObject_Call(method, op->slots[2], op->slots[3]);
        Py_DECREF(method);
    }
    return Sac_OpAwait(op, awaitable) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
}

static int
pack(Sac_Op *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    op->slots[2] = PyTuple_New(nargs);
    if (op->slots[2] == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        PyTuple_SET_ITEM(op->slots[2], i, Py_NewRef(args[i]));
    }
    if (kwnames == NULL) {
        return 0;
    }
    op->slots[3] = PyDict_New();
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kwnames); i++) {
        if (op->slots[3] == NULL ||
            PyDict_SetItem(op->slots[3], PyTuple_GET_ITEM(kwnames, i),
                           args[nargs + i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
proxy(PyObject *self, const Sac_OpKind *kind, const char *name,
      PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    Sac_Op *op = Sac_OpNew(SAC_STATE(self)->operation_type, kind, self);
    if (op == NULL) {
        return NULL;
    }
    op->slots[1] = PyUnicode_InternFromString(name);
    if (op->slots[1] == NULL || pack(op, args, nargs, kwnames) < 0) {
        Sac_OpDiscard((PyObject *)op);
        return NULL;
    }
    return (PyObject *)op;
}

static PyObject *
call_now(PyObject *self, const char *name, PyObject *const *args,
         Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *session = current_session((ScopedObject *)self);
    PyObject *method = NULL, *result = NULL;
    if (session != NULL) {
        method = PyObject_GetAttrString(session, name);
        Py_DECREF(session);
    }
    if (method != NULL) {
        result = PyObject_Vectorcall(method, args, (size_t)nargs, kwnames);
        Py_DECREF(method);
    }
    return result;
}

#define AWAITABLE(name)                                                 \
    static PyObject *scoped_##name(PyObject *op, PyObject *const *args, \
                                   Py_ssize_t nargs, PyObject *kwnames) \
    {                                                                   \
        static const Sac_OpKind kind = {"async_scoped_session." #name,  \
                                        proxy_step};                    \
        return proxy(op, &kind, #name, args, nargs, kwnames);           \
    }

#define IMMEDIATE(name)                                                 \
    static PyObject *scoped_##name(PyObject *op, PyObject *const *args, \
                                   Py_ssize_t nargs, PyObject *kwnames) \
    {                                                                   \
        return call_now(op, #name, args, nargs, kwnames);               \
    }

AWAITABLE(execute)
AWAITABLE(scalar)
AWAITABLE(scalars)
AWAITABLE(stream)
AWAITABLE(stream_scalars)
AWAITABLE(connection)
AWAITABLE(commit)
AWAITABLE(rollback)
AWAITABLE(close)
AWAITABLE(aclose)
AWAITABLE(reset)
AWAITABLE(delete)
AWAITABLE(flush)
AWAITABLE(get)
AWAITABLE(get_one)
IMMEDIATE(begin)
IMMEDIATE(begin_nested)
IMMEDIATE(in_transaction)
IMMEDIATE(in_nested_transaction)
IMMEDIATE(get_transaction)
IMMEDIATE(get_nested_transaction)
IMMEDIATE(get_bind)
IMMEDIATE(add)
IMMEDIATE(add_all)
IMMEDIATE(expunge)
IMMEDIATE(expunge_all)
IMMEDIATE(expire)
IMMEDIATE(expire_all)
#define X(name, doc) AWAITABLE(name)
SAC_SESSION_AWAITABLE(X)
#undef X
#define X(name, doc) IMMEDIATE(name)
SAC_SESSION_IMMEDIATE(X)
#undef X

static int
scoped_contains(PyObject *op, PyObject *instance)
{
    PyObject *session = current_session((ScopedObject *)op);
    int rc = session == NULL ? -1 : PySequence_Contains(session, instance);
    Py_XDECREF(session);
    return rc;
}

static PyObject *
scoped_iter(PyObject *op)
{
    PyObject *session = current_session((ScopedObject *)op);
    PyObject *iterator = session == NULL ? NULL : PyObject_GetIter(session);
    Py_XDECREF(session);
    return iterator;
}

static PyObject *
scoped_object_session(PyObject *type, PyObject *instance)
{
    return Sac_ObjectSession(
        PyType_GetModuleByDef((PyTypeObject *)type, &Sac_ModuleDef), instance);
}

static PyObject *
attribute_get(PyObject *op, void *name)
{
    PyObject *session = current_session((ScopedObject *)op);
    PyObject *value = NULL;
    if (session != NULL) {
        value = PyObject_GetAttrString(session, (const char *)name);
        Py_DECREF(session);
    }
    return value;
}

static int
attribute_set(PyObject *op, PyObject *value, void *name)
{
    PyObject *session = current_session((ScopedObject *)op);
    int rc = -1;
    if (session != NULL) {
        rc = PyObject_SetAttrString(session, (const char *)name, value);
        Py_DECREF(session);
    }
    return rc;
}

/* ---- its own methods ------------------------------------------------- */

/* Forgotten before it is closed: cancelled or not, it is gone. */
static PySendResult
remove_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    ScopedObject *self = (ScopedObject *)op->slots[0];
    if (op->stage == 0) {
        op->stage = 1;
        PyObject *session;
        int rc = check_ready(self) < 0
                     ? -1
                     : Sac_ScopedRegistryGet(self->registry, &session);
        if (rc > 0) {
            op->slots[1] = session;
            rc = Sac_ScopedRegistryClear(self->registry) < 0 ? -1 : 1;
        }
        if (rc < 0) {
            return PYGEN_ERROR;
        }
        if (rc > 0) {
            PyObject *closing =
                PyObject_CallMethodNoArgs(session, SAC_STATE(self)->str_close);
            return Sac_OpAwait(op, closing) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
        }
    }
    else if (value == NULL) {
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

static PyObject *
scoped_remove(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    static const Sac_OpKind kind = {"async_scoped_session.remove",
                                    remove_step};
    return (PyObject *)Sac_OpNew(SAC_STATE(op)->operation_type, &kind, op);
}

static int
warn_configured_late(ScopedObject *self)
{
    PyObject *session;
    int rc = Sac_ScopedRegistryGet(self->registry, &session);
    if (rc <= 0) {
        return rc;
    }
    Py_DECREF(session);
    PyObject *category =
        PyDict_GetItemString(SAC_STATE(self)->exc, "SAWarning");
    return PyErr_WarnEx(category,
                        "configure() changes the sessions that are made from "
                        "now on; this scope has one already",
                        1);
}

static PyObject *
scoped_configure(PyObject *op, PyObject *args, PyObject *kwargs)
{
    ScopedObject *self = (ScopedObject *)op;
    if (!PyArg_ParseTuple(args, ":configure") || check_ready(self) < 0 ||
        warn_configured_late(self) < 0) {
        return NULL;
    }
    PyObject *method =
        PyObject_GetAttrString(self->session_factory, "configure");
    if (method == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_Call(method, args, kwargs);
    Py_DECREF(method);
    return result;
}

/* ---- the object ------------------------------------------------------ */

static int
scoped_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *names[] = {"session_factory", "scopefunc", NULL};
    ScopedObject *self = (ScopedObject *)op;
    PyObject *factory, *scopefunc;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO:async_scoped_session",
                                     (char **)(uintptr_t)names, &factory,
                                     &scopefunc)) {
        return -1;
    }
    if (!PyCallable_Check(factory) || !PyCallable_Check(scopefunc)) {
        PyErr_Format(PyExc_TypeError,
                     "async_scoped_session() takes two callables, got %R and "
                     "%R",
                     factory, scopefunc);
        return -1;
    }
    PyObject *registry =
        Sac_ScopedRegistryNew(SAC_STATE(op), factory, scopefunc);
    if (registry == NULL) {
        return -1;
    }
    Py_XSETREF(self->session_factory, Py_NewRef(factory));
    Py_XSETREF(self->registry, registry);
    return 0;
}

static int
scoped_traverse(PyObject *op, visitproc visit, void *arg)
{
    ScopedObject *self = (ScopedObject *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->session_factory);
    Py_VISIT(self->registry);
    return 0;
}

static int
scoped_clear(PyObject *op)
{
    ScopedObject *self = (ScopedObject *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->session_factory);
    Py_CLEAR(self->registry);
    return 0;
}

static void
scoped_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (((ScopedObject *)op)->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    (void)scoped_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

/* ---- the type -------------------------------------------------------- */

#define PROXIED(name, what)                                  \
    {                                                        \
#name, (PyCFunction)(void (*)(void))scoped_##name,   \
            METH_FASTCALL | METH_KEYWORDS,                   \
            #name "($self, /, *args, **kwargs)\n--\n\n" what \
                  " See AsyncSession." #name "()."           \
    }

static PyMethodDef scoped_methods[] = {
    PROXIED(execute, "Execute in the current session."),
    PROXIED(scalar, "Execute in the current session."),
    PROXIED(scalars, "Execute in the current session."),
    PROXIED(stream, "Execute in the current session."),
    PROXIED(stream_scalars, "Execute in the current session."),
    PROXIED(connection, "The current session's connection."),
    PROXIED(commit, "Commit the current session."),
    PROXIED(rollback, "Roll the current session back."),
    PROXIED(close, "Close the current session; it stays registered."),
    PROXIED(aclose, "Close the current session; it stays registered."),
    PROXIED(reset, "Reset the current session."),
    PROXIED(begin, "A transaction of the current session."),
    PROXIED(begin_nested, "A savepoint in the current session."),
    PROXIED(in_transaction, "Ask the current session."),
    PROXIED(in_nested_transaction, "Ask the current session."),
    PROXIED(get_transaction, "Ask the current session."),
    PROXIED(get_nested_transaction, "Ask the current session."),
    PROXIED(get_bind, "Ask the current session."),
    PROXIED(add, "Put an instance into the current session."),
    PROXIED(add_all, "Put instances into the current session."),
    PROXIED(delete, "Have a row deleted by the current session."),
    PROXIED(expunge, "Take an instance out of the current session."),
    PROXIED(expunge_all, "Take all out of the current session."),
    PROXIED(expire, "Expire an instance of the current session."),
    PROXIED(expire_all, "Expire those of the current session."),
    PROXIED(flush, "Flush the current session."),
    PROXIED(get, "Find an instance by the current session."),
    PROXIED(get_one, "Find an instance by the current session."),
#define X(name, doc) PROXIED(name, "By the current session."),
    SAC_SESSION_AWAITABLE(X) SAC_SESSION_IMMEDIATE(X)
#undef X
        {"object_session", scoped_object_session, METH_O | METH_CLASS,
         "object_session($type, instance, /)\n--\n\nThe session that an "
         "instance is in, or None."},
    {"remove", scoped_remove, METH_NOARGS,
     "remove($self, /)\n--\n\nClose the session of the current scope, if "
     "there is one, and forget it. Awaitable; returns None."},
    {"configure", (PyCFunction)(void (*)(void))scoped_configure,
     METH_VARARGS | METH_KEYWORDS,
     "configure($self, /, **kwargs)\n--\n\nChange the keywords of the "
     "factory; warns (SAWarning) when this scope has a session already."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {0},
};

#define ATTRIBUTE(name)                                                 \
    {                                                                   \
#name, attribute_get, attribute_set, "Of the current session.", \
            (void *)(uintptr_t) #name                                   \
    }

static PyGetSetDef scoped_getset[] = {
    ATTRIBUTE(bind),
    ATTRIBUTE(info),
    ATTRIBUTE(identity_map),
    ATTRIBUTE(is_active),
    ATTRIBUTE(new),
    ATTRIBUTE(dirty),
    ATTRIBUTE(deleted),
    ATTRIBUTE(no_autoflush),
    ATTRIBUTE(sync_session),
    ATTRIBUTE(autoflush),
    ATTRIBUTE(expire_on_commit),
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {0},
};

static PyMemberDef scoped_members[] = {
    {"session_factory", T_OBJECT, offsetof(ScopedObject, session_factory),
     READONLY, "What makes the sessions."},
    {"registry", T_OBJECT, offsetof(ScopedObject, registry), READONLY,
     "The ScopedRegistry of the sessions."},
    {"__dictoffset__", T_PYSSIZET, offsetof(ScopedObject, dict), READONLY,
     NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(ScopedObject, weakrefs),
     READONLY, NULL},
    {0},
};

PyDoc_STRVAR(
    scoped_doc,
    "async_scoped_session(session_factory, scopefunc)\n--\n\n"
    "One session for each scope; calling it gives the current one.\n\n"
    "Args:\n"
    "    session_factory: makes a session, an async_sessionmaker as a rule.\n"
    "    scopefunc: returns what stands for the current scope, such as\n"
    "        asyncio.current_task. A scope that can be held weakly is, and\n"
    "        its session goes with it; another keeps its session until\n"
    "        remove().\n\n"
    "Methods and attributes of AsyncSession act on the current session.\n"
    "Keywords in the call go to the factory; InvalidRequestError when the\n"
    "scope has a session already.");

static PyType_Slot scoped_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)scoped_doc},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_init, scoped_init},
    {Py_tp_dealloc, scoped_dealloc},
    {Py_tp_traverse, scoped_traverse},
    {Py_tp_clear, scoped_clear},
    {Py_tp_call, scoped_call},
    {Py_tp_methods, scoped_methods},
    {Py_tp_getset, scoped_getset},
    {Py_tp_members, scoped_members},
    {Py_tp_iter, scoped_iter},
    {Py_sq_contains, scoped_contains},
    {0, NULL},
};

static PyType_Spec scoped_spec = {
    .name = "sqlactive_c.async_scoped_session",
    .basicsize = sizeof(ScopedObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = scoped_slots,
};

int
Sac_RegisterScopedSession(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (Sac_RegisterScopedRegistry(module) < 0) {
        return -1;
    }
    return Sac_AddType(module, &scoped_spec, &state->scoped_session_type, 1);
}
