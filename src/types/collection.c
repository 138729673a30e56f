/* RelatedList: a list that knows whose it is and whom to tell of changes.
 *
 * With the GIL.  Python's InstrumentedList derives from it and does the
 * telling.  Where an attribute says that its collections are plain ones
 * (`_collection`), they are made here without running Python; all others are
 * what the hook make_collection returns. */
#include "types/collection.h"

#include <stddef.h>
#include <structmember.h>

typedef struct Sac_RelatedList {
    PyListObject list;
    PyObject *owner;  /* strong: weak reference to the instance, or NULL */
    PyObject *events; /* strong: what Python calls for changes, or NULL */
} Sac_RelatedList;

/* ---- making ------------------------------------------------------------ */

/* What the attribute says, (type, events): a RelatedList is made by it just
 * as by calling the type. -> whether it does */
static bool
is_plain(const Sac_Attribute *attribute)
{
    PyObject *plain = attribute->collection;
    if (plain == NULL || !PyTuple_CheckExact(plain) ||
        PyTuple_GET_SIZE(plain) != 2 ||
        !PyType_Check(PyTuple_GET_ITEM(plain, 0))) {
        return false;
    }
    return PyType_IsSubtype((PyTypeObject *)PyTuple_GET_ITEM(plain, 0),
                            attribute->mapping->state->related_list_type);
}

static PyObject *
make_plain(PyObject *plain, PyObject *instance)
{
    PyTypeObject *type = (PyTypeObject *)PyTuple_GET_ITEM(plain, 0);
    Sac_RelatedList *made = (Sac_RelatedList *)type->tp_alloc(type, 0);
    if (made == NULL) {
        return NULL;
    }
    made->events = Py_NewRef(PyTuple_GET_ITEM(plain, 1));
    made->owner = PyWeakref_NewRef(instance, NULL);
    if (made->owner == NULL) {
        Py_DECREF(made);
        return NULL;
    }
    return (PyObject *)made;
}

PyObject *
Sac_CollectionNew(Sac_Attribute *attribute, PyObject *instance)
{
    if (is_plain(attribute)) {
        return make_plain(attribute->collection, instance);
    }
    PyObject *hook = attribute->mapping->state->make_collection;
    if (hook == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "sqlactive_c.orm is not imported yet");
        return NULL;
    }
    return PyObject_CallFunctionObjArgs(hook, (PyObject *)attribute, instance,
                                        NULL);
}

/* ---- the type ---------------------------------------------------------- */

static int
list_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_RelatedList *self = (Sac_RelatedList *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->owner);
    Py_VISIT(self->events);
    return PyList_Type.tp_traverse(op, visit, arg);
}

static int
list_clear(PyObject *op)
{
    Sac_RelatedList *self = (Sac_RelatedList *)op;
    Py_CLEAR(self->owner);
    Py_CLEAR(self->events);
    return PyList_Type.tp_clear(op);
}

static void
list_dealloc(PyObject *op)
{
    Sac_RelatedList *self = (Sac_RelatedList *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_CLEAR(self->owner);
    Py_CLEAR(self->events);
    PyList_Type.tp_dealloc(op);
    Py_DECREF(type);
}

static PyMemberDef list_members[] = {
    {"_owner", T_OBJECT, offsetof(Sac_RelatedList, owner), 0,
     "Weak reference to the instance, or None."},
    {"_events", T_OBJECT, offsetof(Sac_RelatedList, events), 0,
     "What is called for changes."},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(list_doc, "RelatedList()\n--\n\n"
                       "A list of related instances. Private.");

static PyType_Slot list_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)list_doc},
    {Py_tp_traverse, list_traverse},
    {Py_tp_clear, list_clear},
    {Py_tp_dealloc, list_dealloc},
    {Py_tp_members, list_members},
    {0, NULL},
};

static PyType_Spec list_spec = {
    .name = "sqlactive_c._core.RelatedList",
    .basicsize = sizeof(Sac_RelatedList),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = list_slots,
};

int
Sac_RegisterRelatedList(PyObject *module)
{
    PyObject *type =
        PyType_FromModuleAndSpec(module, &list_spec, (PyObject *)&PyList_Type);
    if (type == NULL) {
        return -1;
    }
    Py_XSETREF(Sac_StateOfModule(module)->related_list_type,
               (PyTypeObject *)type);
    return PyModule_AddType(module, (PyTypeObject *)type);
}
