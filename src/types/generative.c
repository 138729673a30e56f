/* Generative, a method of a statement that returns a changed copy, and
 * Constructor, the function that makes the first one.
 *
 * With the GIL.  Both serve the calls that programs make in every request
 * right here: `where(expression)`, `order_by(column)`, `limit(10)`,
 * `select(User)`.  All other arguments go to the function in Python that
 * they were made with, which knows all of the rules. */
#include "types/node.h"

#include <structmember.h>

#include "bridge/compat.h"

typedef struct CallableObject {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *fallback; /* strong: function */
    PyObject *field;    /* strong: str, the part that changes */
    PyObject *cls;      /* strong: what a Constructor makes, or NULL */
    Sac_Kind *kind;     /* borrowed: the class has it; of the last node */
    Py_ssize_t at;      /* of the field in that kind */
    bool single;        /* one value, an int; else a tuple of elements */
} CallableObject;

/* -> the place of the part in the nodes of that kind, or -1. */
static Py_ssize_t
place(CallableObject *self, Sac_Kind *kind)
{
    if (self->kind != kind) {
        Py_ssize_t at = Sac_KindFind(kind, self->field);
        if (at < 0) {
            return -1;
        }
        self->kind = kind;
        self->at = at;
    }
    return self->at;
}

/* What stands for an argument when nothing has to be thought about.
 * -> new ref; NULL without an exception: the fallback must look at it. */
static PyObject *
element(Sac_State *state, PyObject *object)
{
    if (Sac_ColumnElementCheck(state, object)) {
        return Py_NewRef(object);
    }
    if (!PyType_Check(object)) {
        return NULL;
    }
    PyObject *entity = PyObject_GetAttr(object, state->str_entity_node);
    if (entity == NULL) {
        PyErr_Clear();
    }
    else if (!Sac_NodeCheck(state, entity)) {
        Py_CLEAR(entity);
    }
    return entity;
}

/* -> new tuple: `before` and the arguments; NULL without an exception: not
 * here. */
static PyObject *
extended(Sac_State *state, PyObject *before, PyObject *const *args,
         Py_ssize_t nargs, bool entities)
{
    Py_ssize_t had = before == Py_None ? 0 : PyTuple_GET_SIZE(before);
    PyObject *all = PyTuple_New(had + nargs);
    if (all == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        PyObject *each = NULL;
        if (entities || !PyType_Check(args[i])) {
            each = element(state, args[i]);
        }
        if (each == NULL) {
            Py_DECREF(all);
            return NULL;
        }
        PyTuple_SET_ITEM(all, had + i, each);
    }
    for (Py_ssize_t i = 0; i < had; i++) {
        PyTuple_SET_ITEM(all, i, Py_NewRef(PyTuple_GET_ITEM(before, i)));
    }
    return all;
}

static PyObject *
fall_back(CallableObject *self, PyObject *const *args, size_t nargsf,
          PyObject *kwnames)
{
    return PyObject_Vectorcall(self->fallback, args, nargsf, kwnames);
}

static PyObject *
generative_call(PyObject *op, PyObject *const *args, size_t nargsf,
                PyObject *kwnames)
{
    CallableObject *self = (CallableObject *)op;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    Sac_State *state = SAC_STATE(op);
    if (kwnames != NULL || nargs < 2 || !Sac_NodeCheck(state, args[0])) {
        return fall_back(self, args, nargsf, kwnames);
    }
    Sac_Node *node = (Sac_Node *)args[0];
    Py_ssize_t at = place(self, node->kind);
    if (at < 0) {
        return NULL;
    }
    PyObject *before = PyTuple_GET_ITEM(node->parts, at);
    PyObject *after = NULL;
    if (self->single) {
        if (nargs == 2 && PyLong_CheckExact(args[1]) &&
            state->bind_class != NULL) {
            after = Sac_BindNew(state, args[1], NULL, NULL);
        }
    }
    else if (before == Py_None || PyTuple_CheckExact(before)) {
        after = extended(state, before, args + 1, nargs - 1, false);
    }
    if (after == NULL) {
        return PyErr_Occurred() ? NULL
                                : fall_back(self, args, nargsf, kwnames);
    }
    return Sac_NodeReplace(args[0], at, after);
}

static PyObject *
constructor_call(PyObject *op, PyObject *const *args, size_t nargsf,
                 PyObject *kwnames)
{
    CallableObject *self = (CallableObject *)op;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    Sac_State *state = SAC_STATE(op);
    if (kwnames != NULL || nargs < 1) {
        return fall_back(self, args, nargsf, kwnames);
    }
    PyObject *first = extended(state, Py_None, args, nargs, true);
    if (first == NULL) {
        return PyErr_Occurred() ? NULL
                                : fall_back(self, args, nargsf, kwnames);
    }
    PyTypeObject *type = (PyTypeObject *)self->cls;
    Sac_Kind *kind = Sac_KindOf(state, type);
    PyObject *parts =
        kind == NULL ? NULL : PyTuple_New(PyTuple_GET_SIZE(kind->fields));
    Py_ssize_t at = parts == NULL ? -1 : place(self, kind);
    if (at < 0) {
        Py_XDECREF(parts);
        Py_DECREF(first);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(parts); i++) {
        PyTuple_SET_ITEM(parts, i, i == at ? first : Py_NewRef(Py_None));
    }
    return Sac_NodeNew(type, kind, parts);
}

/* ---- the types --------------------------------------------------------- */

/* Takes name and documentation over from the fallback. */
static CallableObject *
callable_new(PyTypeObject *type, vectorcallfunc call, PyObject *field,
             PyObject *fallback)
{
    CallableObject *self = (CallableObject *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->vectorcall = call;
        self->field = Py_NewRef(field);
        self->fallback = Py_NewRef(fallback);
        Sac_InternName(&self->field);
    }
    return self;
}

static PyObject *
generative_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"field", "fallback", "single",
                                           NULL};
    PyObject *field, *fallback;
    int single = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "UO|p:Generative",
                                     (char **)(uintptr_t)keywords, &field,
                                     &fallback, &single)) {
        return NULL;
    }
    CallableObject *self =
        callable_new(type, generative_call, field, fallback);
    if (self != NULL) {
        self->single = single != 0;
    }
    return (PyObject *)self;
}

static PyObject *
constructor_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"cls", "field", "fallback", NULL};
    PyObject *cls, *field, *fallback;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!UO:Constructor",
                                     (char **)(uintptr_t)keywords,
                                     &PyType_Type, &cls, &field, &fallback)) {
        return NULL;
    }
    CallableObject *self =
        callable_new(type, constructor_call, field, fallback);
    if (self != NULL) {
        self->cls = Py_NewRef(cls);
    }
    return (PyObject *)self;
}

static PyObject *
generative_get(PyObject *op, PyObject *instance, PyObject *Py_UNUSED(owner))
{
    if (instance == NULL || instance == Py_None) {
        return Py_NewRef(op);
    }
    return PyMethod_New(op, instance);
}

/* __name__, __doc__, __signature__ and the like are the function's. */
static PyObject *
callable_getattro(PyObject *op, PyObject *name)
{
    CallableObject *self = (CallableObject *)op;
    PyObject *value = PyObject_GenericGetAttr(op, name);
    if (value != NULL || !PyErr_ExceptionMatches(PyExc_AttributeError) ||
        self->fallback == NULL) {
        return value;
    }
    PyErr_Clear();
    return PyObject_GetAttr(self->fallback, name);
}

static PyObject *
callable_get_doc(PyObject *op, void *Py_UNUSED(closure))
{
    return PyObject_GetAttrString(((CallableObject *)op)->fallback, "__doc__");
}

/* A function of a module that stands behind a method is called _like_this. */
static PyObject *
callable_get_name(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *name =
        PyObject_GetAttrString(((CallableObject *)op)->fallback, "__name__");
    if (name != NULL && PyUnicode_Check(name) &&
        PyUnicode_GET_LENGTH(name) > 1 &&
        PyUnicode_READ_CHAR(name, 0) == '_') {
        Py_SETREF(name, PyUnicode_Substring(name, 1, PY_SSIZE_T_MAX));
    }
    return name;
}

static PyObject *
callable_get_module(PyObject *op, void *Py_UNUSED(closure))
{
    return PyObject_GetAttrString(((CallableObject *)op)->fallback,
                                  "__module__");
}

static int
callable_traverse(PyObject *op, visitproc visit, void *arg)
{
    CallableObject *self = (CallableObject *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->fallback);
    Py_VISIT(self->cls);
    return 0;
}

static int
callable_clear(PyObject *op)
{
    CallableObject *self = (CallableObject *)op;
    Py_CLEAR(self->fallback);
    Py_CLEAR(self->cls);
    return 0;
}

static void
callable_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    (void)callable_clear(op);
    Py_CLEAR(((CallableObject *)op)->field);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMemberDef callable_members[] = {
    {"__wrapped__", T_OBJECT, offsetof(CallableObject, fallback), READONLY,
     "The function for all arguments."},
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(CallableObject, vectorcall),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef callable_getset[] = {
    {"__doc__", callable_get_doc, NULL, NULL, NULL},
    {"__name__", callable_get_name, NULL, NULL, NULL},
    {"__module__", callable_get_module, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot generative_slots[] = {
    {Py_tp_new, generative_new},         {Py_tp_call, PyVectorcall_Call},
    {Py_tp_descr_get, generative_get},   {Py_tp_getattro, callable_getattro},
    {Py_tp_traverse, callable_traverse}, {Py_tp_clear, callable_clear},
    {Py_tp_dealloc, callable_dealloc},   {Py_tp_members, callable_members},
    {Py_tp_getset, callable_getset},     {0, NULL},
};

static PyType_Spec generative_spec = {
    .name = "sqlactive_c._core.Generative",
    .basicsize = sizeof(CallableObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = generative_slots,
};

static PyType_Slot constructor_slots[] = {
    {Py_tp_new, constructor_new},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_getattro, callable_getattro},
    {Py_tp_traverse, callable_traverse},
    {Py_tp_clear, callable_clear},
    {Py_tp_dealloc, callable_dealloc},
    {Py_tp_members, callable_members},
    {Py_tp_getset, callable_getset},
    {0, NULL},
};

static PyType_Spec constructor_spec = {
    .name = "sqlactive_c._core.Constructor",
    .basicsize = sizeof(CallableObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = constructor_slots,
};

int
Sac_RegisterGenerative(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (Sac_AddType(module, &generative_spec, &state->generative_type, 1) <
        0) {
        return -1;
    }
    return Sac_AddType(module, &constructor_spec, &state->constructor_type, 1);
}
