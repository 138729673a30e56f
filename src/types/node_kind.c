/* Kind, what the nodes of one class share, and Field, how Python reads one
 * part of a node by its name.
 *
 * With the GIL.  A kind is made when a class is defined and never changes.
 * Knows nothing of what the parts mean. */
#include "types/node.h"

#include <structmember.h>

#include "bridge/compat.h"

enum { MAX_FIELDS = 64 };

typedef struct FieldObject {
    PyObject_HEAD
    PyObject *name; /* strong */
    Py_ssize_t at;
} FieldObject;

/* ---- Field ------------------------------------------------------------- */

static PyObject *
field_get(PyObject *op, PyObject *instance, PyObject *Py_UNUSED(owner))
{
    FieldObject *self = (FieldObject *)op;
    if (instance == NULL || instance == Py_None) {
        return Py_NewRef(op);
    }
    PyObject *parts = ((Sac_Node *)instance)->parts;
    if (self->at >= PyTuple_GET_SIZE(parts)) {
        return PyErr_Format(PyExc_AttributeError, "%U is not there yet",
                            self->name);
    }
    return Py_NewRef(PyTuple_GET_ITEM(parts, self->at));
}

static void
field_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    Py_XDECREF(((FieldObject *)op)->name);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMemberDef field_members[] = {
    {"name", T_OBJECT, offsetof(FieldObject, name), READONLY, "Its name."},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(field_doc, "A part of a node, by name.");

static PyType_Slot field_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)field_doc},
    {Py_tp_descr_get, field_get},
    {Py_tp_dealloc, field_dealloc},
    {Py_tp_members, field_members},
    {0, NULL},
};

static PyType_Spec field_spec = {
    .name = "sqlactive_c._core.Field",
    .basicsize = sizeof(FieldObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = field_slots,
};

static int
add_field(Sac_State *state, PyObject *cls, PyObject *name, Py_ssize_t at)
{
    FieldObject *field = PyObject_New(FieldObject, state->field_type);
    if (field == NULL) {
        return -1;
    }
    field->name = Py_NewRef(name);
    field->at = at;
    int rc = PyObject_SetAttr(cls, name, (PyObject *)field);
    Py_DECREF(field);
    return rc;
}

/* ---- Kind -------------------------------------------------------------- */

static PyObject *
kind_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"cls", "fields", "rides",
                                           "identity", NULL};
    Sac_State *state = Sac_StateOfType(type);
    PyObject *cls, *fields, *rides = Py_None;
    int identity = 0;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!O!|Op:Kind", (char **)(uintptr_t)keywords,
            &PyType_Type, &cls, &PyTuple_Type, &fields, &rides, &identity)) {
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(fields);
    if (count > MAX_FIELDS) {
        PyErr_SetString(PyExc_ValueError, "a node has at most 64 parts");
        return NULL;
    }
    Sac_Kind *self = (Sac_Kind *)type->tp_alloc(type, 0);
    PyObject *names = PyTuple_New(count);
    if (self == NULL || names == NULL) {
        goto error;
    }
    self->fields = names;
    self->id = ++state->last_identity;
    self->identity = identity != 0;
    if (rides != Py_None) {
        self->ride =
            PyUnicode_Check(rides) &&
                    PyUnicode_CompareWithASCIIString(rides, "value") == 0
                ? SAC_RIDE_VALUE
                : SAC_RIDE_NAME;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *name = PyTuple_GET_ITEM(fields, i);
        if (!PyUnicode_Check(name) || PyUnicode_GET_LENGTH(name) == 0) {
            PyErr_SetString(PyExc_TypeError, "a field has a name, a str");
            goto error;
        }
        if (PyUnicode_READ_CHAR(name, 0) == '-') {
            self->skipped |= UINT64_C(1) << i;
            name = PyUnicode_Substring(name, 1, PY_SSIZE_T_MAX);
        }
        else {
            Py_INCREF(name);
        }
        if (name == NULL) {
            goto error;
        }
        Sac_InternName(&name);
        PyTuple_SET_ITEM(names, i, name);
        if (add_field(state, cls, name, i) < 0) {
            goto error;
        }
    }
    return (PyObject *)self;
error:
    if (self == NULL || self->fields == NULL) {
        Py_XDECREF(names);
    }
    Py_XDECREF(self);
    return NULL;
}

Sac_Kind *
Sac_KindOf(Sac_State *state, PyTypeObject *type)
{
    PyObject *kind = PyObject_GetAttr((PyObject *)type, state->str_kind);
    if (kind == NULL) {
        return NULL;
    }
    Py_DECREF(kind); /* the class keeps it */
    if (!Py_IS_TYPE(kind, state->kind_type)) {
        PyErr_Format(PyExc_TypeError, "%s is no class of nodes",
                     type->tp_name);
        return NULL;
    }
    return (Sac_Kind *)kind;
}

Py_ssize_t
Sac_KindFind(Sac_Kind *kind, PyObject *name)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kind->fields); i++) {
        PyObject *field = PyTuple_GET_ITEM(kind->fields, i);
        if (field == name) {
            return i;
        }
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kind->fields); i++) {
        int same = PyObject_RichCompareBool(PyTuple_GET_ITEM(kind->fields, i),
                                            name, Py_EQ);
        if (same != 0) {
            return same < 0 ? -1 : i;
        }
    }
    PyErr_Format(PyExc_AttributeError, "no part is called %R", name);
    return -1;
}

/* Types of the core have kinds, and the module has those types: a cycle. */
static int
kind_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    return 0;
}

static void
kind_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((Sac_Kind *)op)->fields);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMemberDef kind_members[] = {
    {"fields", T_OBJECT, offsetof(Sac_Kind, fields), READONLY,
     "Names of the parts, in order."},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(
    kind_doc,
    "Kind(cls, fields, rides=None, identity=False)\n--\n\n"
    "What the nodes of one class share.\n\n"
    "Args:\n    cls: The class; gets an attribute for each field.\n"
    "    fields: Names of the parts; one that begins with '-' does not count.\n"
    "    rides: 'value' or 'name', when its nodes are riders.\n"
    "    identity: Its nodes have a fingerprint of their own each.");

static PyType_Slot kind_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)kind_doc},
    {Py_tp_new, kind_new},
    {Py_tp_traverse, kind_traverse},
    {Py_tp_dealloc, kind_dealloc},
    {Py_tp_members, kind_members},
    {0, NULL},
};

static PyType_Spec kind_spec = {
    .name = "sqlactive_c._core.Kind",
    .basicsize = sizeof(Sac_Kind),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = kind_slots,
};

int
Sac_RegisterKind(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (Sac_AddType(module, &field_spec, &state->field_type, 0) < 0) {
        return -1;
    }
    return Sac_AddType(module, &kind_spec, &state->kind_type, 1);
}
