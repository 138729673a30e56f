/* What Python sees of an identity map: a mapping from identity keys, tuples
 * (class at the top of the hierarchy, primary key, None), to instances.
 *
 * With the GIL.  Iterating goes over a list of what was there at its
 * beginning. */
#include "types/identity_map.h"

/* ---- keys -------------------------------------------------------------- */

/* -> new tuple. */
static PyObject *
key_of(const Sac_Instance *instance)
{
    Sac_Mapping *mapping = instance->mapping;
    PyObject *identity = mapping->pk_count == 1
                             ? PyTuple_Pack(1, instance->identity)
                             : Py_NewRef(instance->identity);
    PyObject *cls = mapping->root->cls;
    return identity == NULL
               ? NULL
               : Py_BuildValue("(ONO)", cls == NULL ? Py_None : cls, identity,
                               Py_None);
}

/* A primary key as Python writes it, a value or a tuple of values, as an
 * identity. -> new ref; NULL without an exception: it has another number of
 * columns. */
static PyObject *
identity_of(const Sac_Mapping *mapping, PyObject *pk)
{
    if (!PyTuple_Check(pk)) {
        return mapping->pk_count == 1 ? Py_NewRef(pk) : NULL;
    }
    if (PyTuple_GET_SIZE(pk) != mapping->pk_count) {
        return NULL;
    }
    return Py_NewRef(mapping->pk_count == 1 ? PyTuple_GET_ITEM(pk, 0) : pk);
}

/* -> 1 and *found, new ref; 0; -1 with an exception. */
static int
find(Sac_IdentityMap *self, PyObject *cls, PyObject *pk, Sac_Instance **found)
{
    Sac_Mapping *mapping = NULL;
    *found = NULL;
    int rc = PyType_Check(cls) ? Sac_MappingOf(SAC_STATE(self),
                                               (PyTypeObject *)cls, &mapping)
                               : 0;
    if (rc <= 0) {
        return rc;
    }
    PyObject *identity = identity_of(mapping, pk);
    if (identity == NULL) {
        return 0;
    }
    uint32_t hash;
    rc = Sac_IdentityHash(mapping, identity, &hash);
    if (rc == 0) {
        rc = Sac_IdentityMapFind(self, mapping, identity, hash, found);
    }
    Py_DECREF(identity);
    /* The row may be of another class of the hierarchy. */
    if (rc == 1 && !PyObject_TypeCheck(*found, (PyTypeObject *)cls)) {
        Py_CLEAR(*found);
        rc = 0;
    }
    return rc;
}

/* The same for an identity key. */
static int
find_key(Sac_IdentityMap *self, PyObject *key, Sac_Instance **found)
{
    *found = NULL;
    if (!PyTuple_Check(key) || PyTuple_GET_SIZE(key) < 2 ||
        !PyTuple_Check(PyTuple_GET_ITEM(key, 1))) {
        return 0;
    }
    return find(self, PyTuple_GET_ITEM(key, 0), PyTuple_GET_ITEM(key, 1),
                found);
}

/* ---- reading ----------------------------------------------------------- */

Py_ssize_t
Sac_IdentityMapLength(PyObject *op)
{
    return (Py_ssize_t)((Sac_IdentityMap *)op)->used;
}

int
Sac_IdentityMapContains(PyObject *op, PyObject *key)
{
    Sac_Instance *found;
    int rc = find_key((Sac_IdentityMap *)op, key, &found);
    Py_XDECREF(found);
    return rc;
}

PyObject *
Sac_IdentityMapSubscript(PyObject *op, PyObject *key)
{
    Sac_Instance *found;
    int rc = find_key((Sac_IdentityMap *)op, key, &found);
    if (rc == 0) {
        PyErr_SetObject(PyExc_KeyError, key);
    }
    return (PyObject *)found;
}

/* -> new list of all that are alive.  Making it may run the collector, which
 * may take some out. */
static PyObject *
values(Sac_IdentityMap *self)
{
    PyObject *list = PyList_New(0);
    const uint64_t version = self->version;
    for (size_t i = 0;
         list != NULL && self->entries != NULL && i <= self->mask; i++) {
        Sac_Instance *instance = self->entries[i].instance;
        if (instance == NULL || Py_REFCNT(instance) == 0) {
            continue;
        }
        if (PyList_Append(list, (PyObject *)instance) < 0) {
            Py_CLEAR(list);
        }
        else if (self->version != version) {
            Py_DECREF(list);
            return values(self);
        }
    }
    return list;
}

static PyObject *
map_values(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return values((Sac_IdentityMap *)op);
}

/* Replaces each item of a list, steals: list, may be NULL. */
static PyObject *
map_list(PyObject *list, bool pairs)
{
    for (Py_ssize_t i = 0; list != NULL && i < PyList_GET_SIZE(list); i++) {
        PyObject *instance = PyList_GET_ITEM(list, i);
        PyObject *item = key_of((Sac_Instance *)instance);
        if (item != NULL && pairs) {
            item = Py_BuildValue("(NO)", item, instance);
        }
        if (item == NULL) {
            Py_CLEAR(list);
        }
        else {
            PyList_SetItem(list, i, item);
        }
    }
    return list;
}

static PyObject *
map_keys(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return map_list(values((Sac_IdentityMap *)op), false);
}

static PyObject *
map_items(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return map_list(values((Sac_IdentityMap *)op), true);
}

PyObject *
Sac_IdentityMapIter(PyObject *op)
{
    PyObject *keys = map_keys(op, NULL);
    PyObject *made = keys == NULL ? NULL : PyObject_GetIter(keys);
    Py_XDECREF(keys);
    return made;
}

PyDoc_STRVAR(get_doc,
             "get($self, key, default=None, /)\n--\n\n"
             "Return the instance of an identity key, or the default; of a\n"
             "class and a primary key: get(cls, pk).");

static PyObject *
map_get(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2) {
        PyErr_SetString(PyExc_TypeError, "get(key, default=None)");
        return NULL;
    }
    Sac_IdentityMap *self = (Sac_IdentityMap *)op;
    Sac_Instance *found;
    bool by_class = PyType_Check(args[0]) && nargs == 2;
    int rc = by_class ? find(self, args[0], args[1], &found)
                      : find_key(self, args[0], &found);
    if (rc == 0) {
        return Py_NewRef(by_class || nargs == 1 ? Py_None : args[1]);
    }
    return (PyObject *)found;
}

/* ---- changing ---------------------------------------------------------- */

static int
add(Sac_IdentityMap *self, Sac_Instance *instance, PyObject *identity)
{
    uint32_t hash;
    Sac_Instance *other;
    if (Sac_IdentityHash(instance->mapping, identity, &hash) < 0) {
        return -1;
    }
    int rc =
        Sac_IdentityMapFind(self, instance->mapping, identity, hash, &other);
    if (rc != 0) {
        if (rc > 0) {
            PyErr_Format(PyExc_ValueError,
                         "another instance has the identity %R", identity);
            Py_DECREF(other);
        }
        return -1;
    }
    if (instance->map != NULL) { /* comparing ran something */
        PyErr_SetString(PyExc_ValueError, "the instance is in a map");
        return -1;
    }
    instance->hash = hash;
    Py_XSETREF(instance->identity, Py_NewRef(identity));
    return Sac_IdentityMapAdd(self, instance);
}

/* What is given, or that of its row, or what is set in it. -> new ref, or
 * NULL, perhaps without an exception. */
static PyObject *
identity_to_add(Sac_Instance *instance, PyObject *given)
{
    if (given != Py_None) {
        return identity_of(instance->mapping, given);
    }
    if (instance->identity != NULL) {
        return Py_NewRef(instance->identity);
    }
    PyObject *pk = Sac_InstancePrimaryKey(instance);
    PyObject *identity =
        pk == NULL ? NULL : identity_of(instance->mapping, pk);
    Py_XDECREF(pk);
    return identity;
}

PyDoc_STRVAR(
    add_doc,
    "add($self, instance, identity=None, /)\n--\n\n"
    "Put an instance in: it is persistent then.\n\n"
    "Args:\n    instance: It is in no map.\n"
    "    identity: Its primary key, a tuple; None: that of its row, or\n"
    "        else as set in it.\n\n"
    "Raises:\n    ValueError: It is in a map, or has no primary\n"
    "        key, or another instance has the same.");

static PyObject *
map_add(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2 || !Sac_InstanceCheck(SAC_STATE(op), args[0])) {
        PyErr_SetString(PyExc_TypeError, "add(instance, identity=None)");
        return NULL;
    }
    Sac_Instance *instance = (Sac_Instance *)args[0];
    if (instance->map != NULL || instance->mapping == NULL) {
        PyErr_SetString(PyExc_ValueError,
                        "the instance is in a map, or not mapped");
        return NULL;
    }
    PyObject *identity =
        identity_to_add(instance, nargs == 2 ? args[1] : Py_None);
    if (identity == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError,
                            "the instance has no such primary key");
        }
        return NULL;
    }
    int rc = add((Sac_IdentityMap *)op, instance, identity);
    Py_DECREF(identity);
    if (rc < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(remove_doc, "remove($self, instance, /)\n--\n\n"
                         "Take an instance out: it is detached then.\n\n"
                         "Raises:\n    KeyError: It is not there.");

static PyObject *
map_remove(PyObject *op, PyObject *object)
{
    if (!Sac_InstanceCheck(SAC_STATE(op), object) ||
        ((Sac_Instance *)object)->map != (Sac_IdentityMap *)op) {
        PyErr_SetObject(PyExc_KeyError, object);
        return NULL;
    }
    Sac_IdentityMapRemove((Sac_Instance *)object, SAC_DETACHED);
    Py_RETURN_NONE;
}

static PyObject *
map_clear(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_IdentityMapClear((Sac_IdentityMap *)op);
    Py_RETURN_NONE;
}

#define FAST(function) ((PyCFunction)(void (*)(void))(function))

PyMethodDef Sac_IdentityMapMethods[] = {
    {"get", FAST(map_get), METH_FASTCALL, get_doc},
    {"keys", map_keys, METH_NOARGS,
     "keys($self, /)\n--\n\nReturn the identity keys, a list."},
    {"values", map_values, METH_NOARGS,
     "values($self, /)\n--\n\nReturn the instances, a list."},
    {"items", map_items, METH_NOARGS,
     "items($self, /)\n--\n\nReturn pairs of identity key and instance."},
    {"add", FAST(map_add), METH_FASTCALL, add_doc},
    {"remove", map_remove, METH_O, remove_doc},
    {"clear", map_clear, METH_NOARGS,
     "clear($self, /)\n--\n\nTake all out: they are detached then."},
    {NULL, NULL, 0, NULL},
};
