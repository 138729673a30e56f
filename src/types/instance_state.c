/* What Python sees of the state of an instance: the facades of inspect(),
 * sessions and collections read it through descriptors and methods whose
 * names begin with `_sac_`.  And NO_VALUE, what stands for a value that nobody
 * knows.
 *
 * With the GIL.  Changes nothing by itself: instance.c does. */
#include "types/identity_map.h"
#include "types/instance.h"

/* ---- reading ----------------------------------------------------------- */

static PyObject *
get_state(PyObject *op, void *Py_UNUSED(closure))
{
    static const char *const names[] = {"transient", "pending", "persistent",
                                        "deleted", "detached"};
    return PyUnicode_InternFromString(names[((Sac_Instance *)op)->lifecycle]);
}

/* -> new tuple or None. */
static PyObject *
get_identity(PyObject *op, void *Py_UNUSED(closure))
{
    Sac_Instance *self = (Sac_Instance *)op;
    if (self->identity == NULL) {
        Py_RETURN_NONE;
    }
    return self->mapping->pk_count == 1 ? PyTuple_Pack(1, self->identity)
                                        : Py_NewRef(self->identity);
}

static PyObject *
get_changes(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *changes = ((Sac_Instance *)op)->changes;
    return changes == NULL ? PyDict_New() : PyDict_Copy(changes);
}

static PyObject *
get_unloaded(PyObject *op, void *Py_UNUSED(closure))
{
    Sac_Instance *self = (Sac_Instance *)op;
    PyObject *found = PySet_New(NULL);
    PyObject *key, *slot;
    Py_ssize_t at = 0;
    while (found != NULL && self->mapping != NULL &&
           PyDict_Next(self->mapping->slots, &at, &key, &slot)) {
        if (Sac_InstancePeek(self, PyLong_AsSsize_t(slot), key) != NULL) {
            continue;
        }
        int changed =
            self->changes == NULL ? 0 : PyDict_Contains(self->changes, key);
        if (changed < 0 || (changed == 0 && PySet_Add(found, key) < 0)) {
            Py_CLEAR(found);
        }
    }
    return found;
}

static PyObject *
get_flag(PyObject *op, void *closure)
{
    unsigned flag = (unsigned)(uintptr_t)closure;
    return PyBool_FromLong((((Sac_Instance *)op)->flags & flag) != 0);
}

static int
set_flag(PyObject *op, PyObject *value, void *closure)
{
    Sac_Instance *self = (Sac_Instance *)op;
    unsigned flag = (unsigned)(uintptr_t)closure;
    int truth = value == NULL ? 0 : PyObject_IsTrue(value);
    if (truth < 0) {
        return -1;
    }
    self->flags = (uint16_t)(truth ? self->flags | flag : self->flags & ~flag);
    return 0;
}

static PyObject *
get_session(PyObject *op, void *Py_UNUSED(closure))
{
    Sac_IdentityMap *map = ((Sac_Instance *)op)->map;
    return Py_NewRef(map == NULL || map->owner == NULL ? Py_None : map->owner);
}

static PyObject *
get_map(PyObject *op, void *Py_UNUSED(closure))
{
    Sac_IdentityMap *map = ((Sac_Instance *)op)->map;
    return Py_NewRef(map == NULL ? Py_None : (PyObject *)map);
}

static PyObject *
get_mapping(PyObject *op, void *Py_UNUSED(closure))
{
    Sac_Mapping *mapping = ((Sac_Instance *)op)->mapping;
    return Py_NewRef(mapping == NULL ? Py_None : (PyObject *)mapping);
}

static PyObject *
get_options(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *options = ((Sac_Instance *)op)->options;
    return Py_NewRef(options == NULL ? Py_None : options);
}

static int
set_options(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    if (value == Py_None) {
        value = NULL;
    }
    Py_XSETREF(((Sac_Instance *)op)->options, Py_XNewRef(value));
    return 0;
}

/* ---- changing ---------------------------------------------------------- */

/* -> the slot, or -1 with KeyError. */
static Py_ssize_t
find(Sac_Instance *self, PyObject *key)
{
    Py_ssize_t slot =
        self->mapping == NULL ? -1 : Sac_MappingFind(self->mapping, key);
    if (slot == -1) {
        PyErr_SetObject(PyExc_KeyError, key);
    }
    return slot < 0 ? -1 : slot;
}

PyDoc_STRVAR(peek_doc,
             "_sac_peek($self, key, default=NO_VALUE, /)\n--\n\n"
             "Return the value of an attribute as it is, loading nothing.");

static PyObject *
instance_peek(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2) {
        PyErr_SetString(PyExc_TypeError, "_sac_peek(key, default=NO_VALUE)");
        return NULL;
    }
    Sac_Instance *self = (Sac_Instance *)op;
    Py_ssize_t slot = find(self, args[0]);
    if (slot < 0) {
        return NULL;
    }
    PyObject *value = Sac_InstancePeek(self, slot, args[0]);
    if (value == NULL) {
        value = nargs == 2 ? args[1] : self->mapping->state->no_value;
    }
    return Py_NewRef(value);
}

PyDoc_STRVAR(put_doc,
             "_sac_put($self, key, value, /)\n--\n\n"
             "Set an attribute as if it had been loaded: no history,\n"
             "no hooks. NO_VALUE unsets it.");

static PyObject *
instance_put(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 2) {
        PyErr_SetString(PyExc_TypeError, "_sac_put(key, value)");
        return NULL;
    }
    Sac_Instance *self = (Sac_Instance *)op;
    Py_ssize_t slot = find(self, args[0]);
    if (slot < 0) {
        return NULL;
    }
    if (self->changes != NULL &&
        PyDict_Contains(self->changes, args[0]) == 1 &&
        PyDict_DelItem(self->changes, args[0]) < 0) {
        return NULL;
    }
    PyObject *value =
        args[1] == self->mapping->state->no_value ? NULL : Py_NewRef(args[1]);
    if (Sac_InstanceStore(self, slot, args[0], value) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(set_doc,
             "_sac_set($self, key, value, /)\n--\n\n"
             "Set an attribute as the program does, but tell nobody: no\n"
             "validators, no listeners, no other side. NO_VALUE unsets it.");

static PyObject *
instance_set(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 2) {
        PyErr_SetString(PyExc_TypeError, "_sac_set(key, value)");
        return NULL;
    }
    Sac_Instance *self = (Sac_Instance *)op;
    Py_ssize_t slot = find(self, args[0]);
    if (slot < 0 ||
        Sac_InstanceNote(self, args[0],
                         Sac_InstancePeek(self, slot, args[0])) < 0) {
        return NULL;
    }
    PyObject *value =
        args[1] == self->mapping->state->no_value ? NULL : Py_NewRef(args[1]);
    if (Sac_InstanceStore(self, slot, args[0], value) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(note_doc,
             "_sac_note($self, key, old=NO_VALUE, /)\n--\n\n"
             "Note that an attribute has changed, and what it was before;\n"
             "only the first time counts.");

static PyObject *
instance_note(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2) {
        PyErr_SetString(PyExc_TypeError, "_sac_note(key, old=NO_VALUE)");
        return NULL;
    }
    Sac_Instance *self = (Sac_Instance *)op;
    if (find(self, args[0]) < 0 ||
        Sac_InstanceNote(self, args[0], nargs == 2 ? args[1] : NULL) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
instance_touch(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_InstanceMarkModified((Sac_Instance *)op);
    Py_RETURN_NONE;
}

static PyObject *
instance_commit(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_InstanceCommit((Sac_Instance *)op);
    Py_RETURN_NONE;
}

static PyObject *
instance_expire(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *keys = nargs > 0 && args[0] != Py_None ? args[0] : NULL;
    if (Sac_InstanceExpire((Sac_Instance *)op, keys) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
instance_primary_key(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *found = Sac_InstancePrimaryKey((Sac_Instance *)op);
    if (found == NULL && !PyErr_Occurred()) {
        Py_RETURN_NONE;
    }
    return found;
}

#define FAST(function) ((PyCFunction)(void (*)(void))(function))

PyMethodDef Sac_InstanceMethods[] = {
    {"_sac_peek", FAST(instance_peek), METH_FASTCALL, peek_doc},
    {"_sac_put", FAST(instance_put), METH_FASTCALL, put_doc},
    {"_sac_set", FAST(instance_set), METH_FASTCALL, set_doc},
    {"_sac_note", FAST(instance_note), METH_FASTCALL, note_doc},
    {"_sac_touch", instance_touch, METH_NOARGS,
     "_sac_touch($self, /)\n--\n\nIt is modified, whatever has changed."},
    {"_sac_commit", instance_commit, METH_NOARGS,
     "_sac_commit($self, /)\n--\n\nForget the changes: the row has them."},
    {"_sac_expire", FAST(instance_expire), METH_FASTCALL,
     "_sac_expire($self, keys=None, /)\n--\n\nUnset attributes, to be "
     "loaded anew."},
    {"_sac_primary_key", instance_primary_key, METH_NOARGS,
     "_sac_primary_key($self, /)\n--\n\nThe primary key as it is set, a "
     "tuple, or None."},
    {"__getstate__", Sac_InstanceGetState, METH_NOARGS, NULL},
    {"__setstate__", Sac_InstanceSetState, METH_O, NULL},
    {"__reduce__", Sac_InstanceReduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

#define FLAG(name) ((void *)(uintptr_t)(name))

PyGetSetDef Sac_InstanceGetset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {"_sac_state", get_state, NULL,
     "'transient', 'pending', 'persistent', 'deleted' or 'detached'.", NULL},
    {"_sac_identity", get_identity, NULL,
     "The primary key of its row, a tuple, or None.", NULL},
    {"_sac_changes", get_changes, NULL,
     "What the row has where something else is set now: a new dict.", NULL},
    {"_sac_unloaded", get_unloaded, NULL, "Keys of what is not set.", NULL},
    {"_sac_expired", get_flag, NULL, "Whether it is expired as a whole.",
     FLAG(SAC_INSTANCE_EXPIRED)},
    {"_sac_doomed", get_flag, NULL, "Whether its session is to delete it.",
     FLAG(SAC_INSTANCE_DOOMED)},
    {"_sac_orphan", get_flag, set_flag,
     "Whether it was taken from a parent that it cannot be without.",
     FLAG(SAC_INSTANCE_ORPHAN)},
    {"_sac_owned", get_flag, set_flag,
     "Whether it was given to a parent that lets it have no other.",
     FLAG(SAC_INSTANCE_OWNED)},
    {"_sac_gone", get_flag, NULL, "Whether its row was deleted for good.",
     FLAG(SAC_INSTANCE_GONE)},
    {"_sac_modified", get_flag, NULL, "Whether something was set.",
     FLAG(SAC_INSTANCE_MODIFIED)},
    {"_sac_session", get_session, NULL, "Its session, or None.", NULL},
    {"_sac_map", get_map, NULL, "Its identity map, or None.", NULL},
    {"_sac_mapping", get_mapping, NULL, "Its Mapping, or None.", NULL},
    {"_sac_options", get_options, set_options,
     "What the loader keeps with it.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* ---- NO_VALUE ---------------------------------------------------------- */

static PyObject *
no_value_repr(PyObject *Py_UNUSED(op))
{
    return PyUnicode_FromString("NO_VALUE");
}

static PyObject *
no_value_reduce(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(ignored))
{
    return PyUnicode_FromString("NO_VALUE");
}

static int
no_value_bool(PyObject *Py_UNUSED(op))
{
    return 0;
}

/* It is in the state of the module, which its type keeps: a cycle. */
static int
no_value_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    return 0;
}

static void
no_value_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMethodDef no_value_methods[] = {
    {"__reduce__", no_value_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(no_value_doc, "The type of NO_VALUE. Private.");

static PyType_Slot no_value_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)no_value_doc},
    {Py_tp_repr, no_value_repr},
    {Py_tp_traverse, no_value_traverse},
    {Py_tp_dealloc, no_value_dealloc},
    {Py_nb_bool, no_value_bool},
    {Py_tp_methods, no_value_methods},
    {0, NULL},
};

static PyType_Spec no_value_spec = {
    .name = "sqlactive_c._core.NoValue",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = no_value_slots,
};

int
Sac_RegisterNoValue(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (Sac_AddType(module, &no_value_spec, &state->no_value_type, 0) < 0) {
        return -1;
    }
    PyTypeObject *type = state->no_value_type;
    Py_XSETREF(state->no_value, type->tp_alloc(type, 0));
    return PyModule_AddObjectRef(module, "NO_VALUE", state->no_value);
}
