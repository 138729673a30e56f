/* What Python does for a session: methods that call the function of their
 * name, which it hands over (configure(session_methods=...)).  And
 * no_autoflush, the context manager.
 *
 * With the GIL.  Knows nothing of what they do. */
#include "types/session_orm.h"

#include <structmember.h>

#include "bridge/errors.h"

/* -> borrowed, or NULL with an exception. */
static PyObject *
function_of(Sac_State *state, const char *name)
{
    if (state->session_methods == NULL) { /* that hands them over */
        PyObject *orm = PyImport_ImportModule("sqlactive_c.orm");
        if (orm == NULL) {
            return NULL;
        }
        Py_DECREF(orm);
    }
    PyObject *all = state->session_methods;
    PyObject *function = all == NULL ? NULL : PyDict_GetItemString(all, name);
    if (function == NULL) {
        PyErr_Format(PyExc_AttributeError, "AsyncSession has no '%s' yet",
                     name);
    }
    return function;
}

static PyObject *
call(PyObject *op, const char *name, PyObject *const *args, Py_ssize_t nargs,
     PyObject *kwnames)
{
    PyObject *function = function_of(SAC_STATE(op), name);
    Py_ssize_t count =
        nargs + (kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames));
    PyObject **all =
        function == NULL ? NULL : PyMem_New(PyObject *, (size_t)count + 1);
    if (all == NULL) {
        return function == NULL ? NULL : PyErr_NoMemory();
    }
    all[0] = op;
    for (Py_ssize_t i = 0; i < count; i++) {
        all[i + 1] = args[i];
    }
    PyObject *result =
        PyObject_Vectorcall(function, all, (size_t)nargs + 1, kwnames);
    PyMem_Free(all);
    return result;
}

#define X(name, doc)                                                  \
    PyObject *Sac_Session_##name(PyObject *op, PyObject *const *args, \
                                 Py_ssize_t nargs, PyObject *kwnames) \
    {                                                                 \
        return call(op, #name, args, nargs, kwnames);                 \
    }
SAC_SESSION_AWAITABLE(X)
SAC_SESSION_IMMEDIATE(X)
#undef X

PyObject *
Sac_Session_attribute(PyObject *op, void *name)
{
    PyObject *function = function_of(SAC_STATE(op), (const char *)name);
    return function == NULL ? NULL : PyObject_CallOneArg(function, op);
}

/* ---- no_autoflush ------------------------------------------------------ */

typedef struct NoAutoflush {
    PyObject_HEAD
    Sac_Session *session; /* strong */
    bool before;
} NoAutoflush;

PyObject *
Sac_Session_no_autoflush(PyObject *op, void *Py_UNUSED(closure))
{
    PyTypeObject *type = SAC_STATE(op)->no_autoflush_type;
    NoAutoflush *self = (NoAutoflush *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->session = (Sac_Session *)Py_NewRef(op);
        self->before = self->session->autoflush;
    }
    return (PyObject *)self;
}

static PyObject *
enter(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    NoAutoflush *self = (NoAutoflush *)op;
    self->before = self->session->autoflush;
    self->session->autoflush = false;
    return Py_NewRef((PyObject *)self->session);
}

static PyObject *
leave(PyObject *op, PyObject *Py_UNUSED(args))
{
    NoAutoflush *self = (NoAutoflush *)op;
    self->session->autoflush = self->before;
    Py_RETURN_NONE;
}

static int
no_autoflush_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((NoAutoflush *)op)->session);
    return 0;
}

static void
no_autoflush_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((NoAutoflush *)op)->session);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMethodDef no_autoflush_methods[] = {
    {"__enter__", enter, METH_NOARGS, NULL},
    {"__exit__", leave, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot no_autoflush_slots[] = {
    {Py_tp_dealloc, no_autoflush_dealloc},
    {Py_tp_traverse, no_autoflush_traverse},
    {Py_tp_methods, no_autoflush_methods},
    {0, NULL},
};

static PyType_Spec no_autoflush_spec = {
    .name = "sqlactive_c._core.NoAutoflush",
    .basicsize = sizeof(NoAutoflush),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = no_autoflush_slots,
};

int
Sac_RegisterNoAutoflush(PyObject *module)
{
    return Sac_AddType(module, &no_autoflush_spec,
                       &Sac_StateOfModule(module)->no_autoflush_type, 0);
}
