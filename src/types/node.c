/* ClauseElement, the base of all nodes of statements.
 *
 * With the GIL.  A class of nodes says what its parts are called in `_fields`
 * (and `_rides`, `_identity`); its nodes are made by `_new(*parts)` or, when
 * they are things of their own like tables, by calling the class.  What a
 * part means is the business of the class and of the compiler, in Python. */
#include "types/node.h"

#include <structmember.h>

#include "bridge/compat.h"

/* ---- making ------------------------------------------------------------ */

static Sac_Node *
alloc(PyTypeObject *type, Sac_Kind *kind)
{
    Sac_Node *self = (Sac_Node *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->kind = (Sac_Kind *)Py_NewRef((PyObject *)kind);
    if (kind->identity) {
        Sac_State *state = Sac_StateOfType(type);
        sac_fingerprint_add(&self->print, kind->id);
        sac_fingerprint_add(&self->print, ++state->last_identity);
        self->flags |= SAC_NODE_DIGESTED;
    }
    return self;
}

PyObject *
Sac_NodeNew(PyTypeObject *type, Sac_Kind *kind, PyObject *parts)
{
    if (parts == NULL) {
        return NULL;
    }
    Sac_Node *self = alloc(type, kind);
    if (self == NULL) {
        Py_DECREF(parts);
        return NULL;
    }
    self->parts = parts;
    return (PyObject *)self;
}

PyObject *
Sac_NodeReplace(PyObject *op, Py_ssize_t at, PyObject *part)
{
    Sac_Node *self = (Sac_Node *)op;
    Py_ssize_t count = PyTuple_GET_SIZE(self->parts);
    PyObject *parts = part == NULL ? NULL : PyTuple_New(count);
    if (parts == NULL) {
        Py_XDECREF(part);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyTuple_SET_ITEM(
            parts, i,
            i == at ? part : Py_NewRef(PyTuple_GET_ITEM(self->parts, i)));
    }
    PyObject *made = Sac_NodeNew(Py_TYPE(op), self->kind, parts);
    if (made != NULL) {
        ((Sac_Node *)made)->flags |= self->flags & SAC_NODE_PLAIN;
    }
    return made;
}

/* Nodes of identity are filled by the __init__ of their class, in Python. */
static PyObject *
node_new(PyTypeObject *type, PyObject *Py_UNUSED(args),
         PyObject *Py_UNUSED(kwargs))
{
    Sac_Kind *kind = Sac_KindOf(Sac_StateOfType(type), type);
    if (kind == NULL) {
        return NULL;
    }
    PyObject *parts = PyTuple_New(0);
    if (parts != NULL && PyTuple_GET_SIZE(kind->fields) > 0) {
        Py_SETREF(parts, PyTuple_New(PyTuple_GET_SIZE(kind->fields)));
        for (Py_ssize_t i = 0; parts != NULL && i < PyTuple_GET_SIZE(parts);
             i++) {
            PyTuple_SET_ITEM(parts, i, Py_NewRef(Py_None));
        }
    }
    return Sac_NodeNew(type, kind, parts);
}

PyDoc_STRVAR(new_doc, "_new(*parts)\n--\n\n"
                      "Return a node of this class with these parts.");

static PyObject *
node_from_parts(PyObject *cls, PyObject *const *args, Py_ssize_t nargs)
{
    PyTypeObject *type = (PyTypeObject *)cls;
    Sac_Kind *kind = Sac_KindOf(Sac_StateOfType(type), type);
    if (kind == NULL) {
        return NULL;
    }
    if (nargs != PyTuple_GET_SIZE(kind->fields)) {
        return PyErr_Format(PyExc_TypeError, "%s has %zd parts, not %zd",
                            type->tp_name, PyTuple_GET_SIZE(kind->fields),
                            nargs);
    }
    PyObject *parts = PyTuple_New(nargs);
    for (Py_ssize_t i = 0; parts != NULL && i < nargs; i++) {
        PyTuple_SET_ITEM(parts, i, Py_NewRef(args[i]));
    }
    return Sac_NodeNew(type, kind, parts);
}

PyDoc_STRVAR(replace_doc,
             "_replace($self, /, **parts)\n--\n\n"
             "Return a node of the same class with some parts replaced.");

static PyObject *
node_replace(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
             PyObject *kwnames)
{
    Sac_Node *self = (Sac_Node *)op;
    if (nargs > 0) {
        PyErr_SetString(PyExc_TypeError, "_replace() takes keywords only");
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(self->parts);
    PyObject *parts = PyTuple_New(count);
    if (parts == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyTuple_SET_ITEM(parts, i,
                         Py_NewRef(PyTuple_GET_ITEM(self->parts, i)));
    }
    Py_ssize_t given = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    for (Py_ssize_t i = 0; i < given; i++) {
        Py_ssize_t at = Sac_KindFind(self->kind, PyTuple_GET_ITEM(kwnames, i));
        if (at < 0) {
            Py_DECREF(parts);
            return NULL;
        }
        PyObject *old = PyTuple_GET_ITEM(parts, at);
        PyTuple_SET_ITEM(parts, at, Py_NewRef(args[i]));
        Py_DECREF(old);
    }
    PyObject *made = Sac_NodeNew(Py_TYPE(op), self->kind, parts);
    if (made != NULL) {
        ((Sac_Node *)made)->flags |= self->flags & SAC_NODE_PLAIN;
    }
    return made;
}

/* ---- the class --------------------------------------------------------- */

/* -> new ref: what the class itself says, or NULL without an exception. */
static PyObject *
own_attribute(PyObject *cls, const char *name)
{
    PyObject *dict = PyObject_GetAttrString(cls, "__dict__");
    if (dict == NULL) {
        return NULL;
    }
    PyObject *value = PyMapping_GetItemString(dict, name);
    Py_DECREF(dict);
    if (value == NULL && PyErr_ExceptionMatches(PyExc_KeyError)) {
        PyErr_Clear();
    }
    return value;
}

PyDoc_STRVAR(init_subclass_doc,
             "__init_subclass__(**kwargs)\n--\n\n"
             "Make the kind of a class that says what its parts are.");

static PyObject *
node_init_subclass(PyObject *cls, PyObject *Py_UNUSED(args),
                   PyObject *Py_UNUSED(kwargs))
{
    Sac_State *state = Sac_StateOfType((PyTypeObject *)cls);
    PyObject *fields = own_attribute(cls, "_fields");
    if (fields == NULL) {
        if (PyErr_Occurred()) {
            return NULL;
        }
        /* The parts are those of its base; the nodes are another kind. */
        fields = PyObject_GetAttrString(cls, "_fields");
        if (fields == NULL) {
            PyErr_Clear();
            Py_RETURN_NONE; /* an abstract class */
        }
    }
    PyObject *rides = PyObject_GetAttrString(cls, "_rides");
    PyObject *identity = PyObject_GetAttrString(cls, "_identity");
    PyObject *kind = NULL;
    if (rides != NULL && identity != NULL) {
        kind = PyObject_CallFunctionObjArgs((PyObject *)state->kind_type, cls,
                                            fields, rides, identity, NULL);
    }
    Py_DECREF(fields);
    Py_XDECREF(rides);
    Py_XDECREF(identity);
    if (kind == NULL) {
        return NULL;
    }
    int rc = PyObject_SetAttr(cls, state->str_kind, kind);
    Py_DECREF(kind);
    if (rc < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- what Python sees -------------------------------------------------- */

static PyObject *
node_get_memo(PyObject *op, void *Py_UNUSED(closure))
{
    Sac_Node *self = (Sac_Node *)op;
    if (self->memo == NULL) {
        self->memo = PyDict_New();
    }
    return Py_XNewRef(self->memo);
}

static PyObject *
node_get_plain(PyObject *op, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((Sac_Node *)op)->flags & SAC_NODE_PLAIN);
}

static int
node_set_plain(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    int plain = value == NULL ? 0 : PyObject_IsTrue(value);
    if (plain < 0) {
        return -1;
    }
    Sac_Node *self = (Sac_Node *)op;
    self->flags = plain ? self->flags | SAC_NODE_PLAIN
                        : self->flags & ~(uint32_t)SAC_NODE_PLAIN;
    return 0;
}

PyDoc_STRVAR(
    fingerprint_doc,
    "_fingerprint($self, /)\n--\n\n"
    "Return the fingerprint of the whole, 32 hexadecimal digits, and\n"
    "the list of the riders; None for one that has no fingerprint.");

static PyObject *
node_fingerprint(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Walk walk;
    if (Sac_WalkInit(SAC_STATE(op), &walk, (Sac_Node *)op) < 0) {
        return NULL;
    }
    PyObject *list = PyList_New((Py_ssize_t)walk.count);
    for (size_t i = 0; list != NULL && i < walk.count; i++) {
        PyList_SET_ITEM(list, (Py_ssize_t)i, Py_NewRef(walk.riders[i]));
    }
    PyObject *print = NULL;
    if (walk.cached) {
        char hex[33];
        PyOS_snprintf(hex, sizeof(hex), "%016llx%016llx",
                      (unsigned long long)walk.print.high,
                      (unsigned long long)walk.print.low);
        print = PyUnicode_FromString(hex);
    }
    else {
        print = Py_NewRef(Py_None);
    }
    Sac_WalkFini(&walk);
    if (list == NULL || print == NULL) {
        Py_XDECREF(list);
        Py_XDECREF(print);
        return NULL;
    }
    return Py_BuildValue("(NN)", print, list);
}

/* Nodes of identity say themselves how they are pickled. */
static PyObject *
node_reduce(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Node *self = (Sac_Node *)op;
    PyObject *make = PyObject_GetAttrString((PyObject *)Py_TYPE(op), "_new");
    if (make == NULL) {
        return NULL;
    }
    return Py_BuildValue("(NO)", make, self->parts);
}

static int
node_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Node *self = (Sac_Node *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->parts);
    Py_VISIT(self->memo);
    return 0;
}

static int
node_clear(PyObject *op)
{
    Sac_Node *self = (Sac_Node *)op;
    PyObject *empty = PyTuple_New(0);
    if (empty == NULL) {
        PyErr_Clear();
    }
    else {
        Py_XSETREF(self->parts, empty);
    }
    Py_CLEAR(self->memo);
    return 0;
}

static void
node_dealloc(PyObject *op)
{
    Sac_Node *self = (Sac_Node *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, node_dealloc) if (self->weakrefs != NULL)
    {
        PyObject_ClearWeakRefs(op);
    }
    Py_CLEAR(self->parts);
    Py_CLEAR(self->memo);
    Py_CLEAR(self->kind);
    type->tp_free(op);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

static PyMethodDef node_methods[] = {
    {"_new", (PyCFunction)(void (*)(void))node_from_parts,
     METH_FASTCALL | METH_CLASS, new_doc},
    {"_replace", (PyCFunction)(void (*)(void))node_replace,
     METH_FASTCALL | METH_KEYWORDS, replace_doc},
    {"_fingerprint", node_fingerprint, METH_NOARGS, fingerprint_doc},
    {"__init_subclass__", (PyCFunction)(void (*)(void))node_init_subclass,
     METH_VARARGS | METH_KEYWORDS | METH_CLASS, init_subclass_doc},
    {"__reduce__", node_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef node_members[] = {
    {"_parts", T_OBJECT, offsetof(Sac_Node, parts), READONLY,
     "The parts, a tuple."},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Sac_Node, weakrefs), READONLY,
     NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef node_getset[] = {
    {"_memo", node_get_memo, NULL,
     "A dict for what is computed from the parts once.", NULL},
    {"_plain", node_get_plain, node_set_plain,
     "Whether its comparisons with plain values need no thought.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(node_doc, "Base of what SQL statements are made of.");

static PyType_Slot node_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)node_doc},
    {Py_tp_new, node_new},
    {Py_tp_traverse, node_traverse},
    {Py_tp_clear, node_clear},
    {Py_tp_dealloc, node_dealloc},
    {Py_tp_methods, node_methods},
    {Py_tp_members, node_members},
    {Py_tp_getset, node_getset},
    {0, NULL},
};

static PyType_Spec node_spec = {
    .name = "sqlactive_c._core.ClauseElement",
    .basicsize = sizeof(Sac_Node),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = node_slots,
};

int
Sac_RegisterNode(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (Sac_AddType(module, &node_spec, &state->clause_type, 1) < 0) {
        return -1;
    }
    PyObject *type = (PyObject *)state->clause_type;
    return PyObject_SetAttrString(type, "_rides", Py_None) < 0 ||
                   PyObject_SetAttrString(type, "_identity", Py_False) < 0
               ? -1
               : 0;
}
