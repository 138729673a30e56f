/* Distributing related instances: from the rows (key, instance) of a further
 * query to a relation of the instances it was made for.
 *
 * With the GIL, once for each query; nothing in here runs Python code for each
 * row but the hashing of keys that are no plain values.  A key is the primary
 * key of the instance, or what its columns of the foreign key say.  Knows
 * nothing of queries. */
#include "types/distribute.h"

#include "types/attribute.h"
#include "types/collection.h"
#include "types/instance.h"
#include "types/row.h"

/* ---- keys -------------------------------------------------------------- */

/* -> 0 and *value, borrowed or NULL: not loaded; or -1. */
static int
peek(Sac_Instance *instance, PyObject *key, PyObject **value)
{
    Py_ssize_t slot = Sac_MappingFind(instance->mapping, key);
    *value = slot < 0 ? NULL : Sac_InstancePeek(instance, slot, key);
    return slot == -2 ? -1 : 0;
}

/* The key of an instance, by its columns (a tuple of names) or, if that is
 * empty, its primary key. -> 1 and *key, new ref; 0: one is None or not
 * loaded, and *missing; -1. */
static int
key_of(Sac_Instance *instance, PyObject *names, PyObject **key, bool *missing)
{
    Py_ssize_t count = PyTuple_GET_SIZE(names);
    PyObject *value = instance->identity;
    *missing = false;
    if (count == 0) {
        *key = Py_XNewRef(value);
        *missing = value == NULL;
        return value != NULL;
    }
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; tuple != NULL && i < count; i++) {
        if (peek(instance, PyTuple_GET_ITEM(names, i), &value) < 0) {
            Py_DECREF(tuple);
            return -1;
        }
        if (value == NULL || value == Py_None) {
            *missing = value == NULL;
            Py_DECREF(tuple);
            return 0;
        }
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(value));
    }
    *key = tuple;
    if (tuple != NULL && count == 1) {
        *key = Py_NewRef(PyTuple_GET_ITEM(tuple, 0));
        Py_DECREF(tuple);
    }
    return tuple == NULL ? -1 : 1;
}

/* The key of a row: its items but the last, if there are any, else that of
 * the only instance. -> new ref */
static PyObject *
row_key(const Sac_Row *row, Py_ssize_t count, PyObject *only)
{
    if (count == 0) {
        return Py_XNewRef(only);
    }
    if (count == 1) {
        return Py_NewRef(row->items[0]);
    }
    PyObject *tuple = PyTuple_New(count);
    for (Py_ssize_t i = 0; tuple != NULL && i < count; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(row->items[i]));
    }
    return tuple;
}

/* -> borrowed as an instance, or NULL with TypeError. */
static Sac_Instance *
instance_at(Sac_State *state, PyObject *list, Py_ssize_t at)
{
    PyObject *object = PyList_GET_ITEM(list, at);
    if (!Sac_InstanceCheck(state, object)) {
        PyErr_Format(PyExc_TypeError, "%R is no instance", object);
        return NULL;
    }
    return (Sac_Instance *)object;
}

const char Sac_RelatedKeysDoc[] =
    "related_keys(instances, names, /)\n--\n\n"
    "Return the different values that columns of instances have, a list of\n"
    "values or, for several columns, tuples, without those that are None; or\n"
    "None if a column is not loaded. Private.\n\n"
    "Args:\n    instances: A list.\n    names: Of the columns, a tuple;\n"
    "        empty: their primary keys.";

PyObject *
Sac_RelatedKeys(PyObject *module, PyObject *args)
{
    Sac_State *state = Sac_StateOfModule(module);
    PyObject *instances, *names;
    if (!PyArg_ParseTuple(args, "O!O!:related_keys", &PyList_Type, &instances,
                          &PyTuple_Type, &names)) {
        return NULL;
    }
    PyObject *found = PyDict_New();
    bool missing = false;
    for (Py_ssize_t i = 0;
         found != NULL && !missing && i < PyList_GET_SIZE(instances); i++) {
        Sac_Instance *instance = instance_at(state, instances, i);
        PyObject *key = NULL;
        int rc =
            instance == NULL ? -1 : key_of(instance, names, &key, &missing);
        if (rc < 0 || (rc > 0 && PyDict_SetItem(found, key, Py_None) < 0)) {
            Py_CLEAR(found);
        }
        Py_XDECREF(key);
    }
    PyObject *keys = NULL;
    if (found != NULL) {
        keys = missing ? Py_NewRef(Py_None) : PyDict_Keys(found);
    }
    Py_XDECREF(found);
    return keys;
}

/* ---- values ------------------------------------------------------------ */

typedef struct Share {
    Sac_State *state;
    Sac_Attribute *attribute; /* borrowed */
    PyObject *names;          /* borrowed: tuple, as key_of() takes it */
    PyObject *rows;           /* borrowed: list of Row */
    PyObject *warning;        /* borrowed: str, name of a relation that has
                                 one instance only; or None */
    bool all;                 /* also where the relation is loaded */
    PyObject *only;           /* borrowed: identity of the only instance, or
                                 NULL: there are several */
    PyObject *found;          /* strong: dict, key -> collection or instance */
} Share;

static int
warn_several(const Share *self)
{
    if (self->warning == Py_None) {
        return 0;
    }
    return PyErr_WarnFormat(
        PyDict_GetItemString(self->state->exc, "SAWarning"), 1,
        "Multiple rows returned with uselist=False for eagerly-loaded "
        "attribute '%U' ",
        self->warning);
}

static int
append(PyObject *collection, PyObject *child)
{
    if (PyList_Check(collection)) {
        return PyList_Append(collection, child);
    }
    PyObject *done = PyObject_CallMethod(collection, "_raw_add", "O", child);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* known: what stands under the key, a collection or a tuple of them. */
static int
append_to(PyObject *known, PyObject *child)
{
    if (!PyTuple_CheckExact(known)) {
        return append(known, child);
    }
    int rc = 0;
    for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(known); i++) {
        rc = append(PyTuple_GET_ITEM(known, i), child);
    }
    return rc;
}

/* One row, into what is found. steals: key. -> 0 or -1. */
static int
take_row(Share *self, PyObject *key, PyObject *child, bool *several)
{
    if (key == NULL) {
        return -1;
    }
    PyObject *known = PyDict_GetItemWithError(self->found, key);
    int rc = 0;
    if (known == NULL && PyErr_Occurred()) {
        rc = -1;
    }
    else if (self->attribute->kind != SAC_ATTRIBUTE_COLLECTION) {
        *several |= known != NULL && known != child;
        rc = known != NULL ? 0 : PyDict_SetItem(self->found, key, child);
    }
    else if (known != NULL) {
        Py_INCREF(known);
        rc = append_to(known, child);
        Py_DECREF(known);
    }
    Py_DECREF(key);
    return rc;
}

static int
take_rows(Share *self)
{
    bool several = false;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(self->rows); i++) {
        PyObject *object = PyList_GET_ITEM(self->rows, i);
        if (!PyObject_TypeCheck(object, self->state->row_type) ||
            Py_SIZE(object) < (self->only == NULL ? 2 : 1)) {
            PyErr_Format(PyExc_TypeError, "%R is no row of a key", object);
            return -1;
        }
        const Sac_Row *row = (Sac_Row *)object;
        Py_ssize_t width = Py_SIZE(object) - 1;
        PyObject *key = row_key(row, width, self->only);
        Py_INCREF(object);
        int rc = take_row(self, key, row->items[width], &several);
        Py_DECREF(object);
        if (rc < 0) {
            return -1;
        }
    }
    return several ? warn_several(self) : 0;
}

/* Whether it is this one's turn. -> 1, 0, or -1 with an exception */
static int
wants(const Share *self, Sac_Instance *instance)
{
    const Sac_Attribute *attribute = self->attribute;
    bool changed = false;
    if (instance->changes != NULL) {
        int rc = PyDict_Contains(instance->changes, attribute->key);
        if (rc < 0) {
            return -1;
        }
        changed = rc > 0;
    }
    if (self->all) {
        return changed && PyDict_DelItem(instance->changes, attribute->key) < 0
                   ? -1
                   : 1;
    }
    return !changed &&
           Sac_InstancePeek(instance, attribute->slot, attribute->key) == NULL;
}

/* One instance gets what was found for it. */
static int
give_one(Share *self, Sac_Instance *instance)
{
    PyObject *key = NULL;
    bool missing;
    int rc = wants(self, instance);
    if (rc <= 0) {
        return rc;
    }
    rc = key_of(instance, self->names, &key, &missing);
    PyObject *found = NULL;
    if (rc > 0) {
        found = PyDict_GetItemWithError(self->found, key);
        Py_DECREF(key);
        rc = found == NULL && PyErr_Occurred() ? -1 : 0;
    }
    if (rc < 0) {
        return -1;
    }
    return Sac_InstanceStore(instance, self->attribute->slot,
                             self->attribute->key,
                             Py_NewRef(found == NULL ? Py_None : found));
}

/* ---- collections ------------------------------------------------------- */

/* Makes it known under the key.  Instances of different classes may have the
 * same. -> 0 or -1 */
static int
note_collection(Share *self, PyObject *key, PyObject *collection)
{
    PyObject *known = PyDict_SetDefault(self->found, key, collection);
    if (known == NULL || known == collection) {
        return known == NULL ? -1 : 0;
    }
    PyObject *one = PyTuple_Pack(1, collection);
    PyObject *others =
        PyTuple_CheckExact(known) ? Py_NewRef(known) : PyTuple_Pack(1, known);
    PyObject *both =
        one == NULL || others == NULL ? NULL : PySequence_Concat(others, one);
    int rc = both == NULL ? -1 : PyDict_SetItem(self->found, key, both);
    Py_XDECREF(one);
    Py_XDECREF(others);
    Py_XDECREF(both);
    return rc;
}

/* -> new ref: the collection that an instance is to have, empty, and known
 * under its key; None: it has one.  NULL with an exception. */
static PyObject *
begin_collection(Share *self, Sac_Instance *instance)
{
    int rc = wants(self, instance);
    if (rc <= 0) {
        return rc < 0 ? NULL : Py_NewRef(Py_None);
    }
    PyObject *made = Sac_CollectionNew(self->attribute, (PyObject *)instance);
    if (made == NULL) {
        return NULL;
    }
    PyObject *key = NULL;
    bool missing;
    rc = key_of(instance, self->names, &key, &missing);
    if (rc > 0) {
        rc = note_collection(self, key, made);
        Py_DECREF(key);
    }
    if (rc < 0) {
        Py_CLEAR(made);
    }
    return made;
}

/* Instances get their collections when these are whole. -> 0 or -1 */
static int
give_collections(Share *self, PyObject *instances)
{
    Py_ssize_t count = PyList_GET_SIZE(instances);
    PyObject *made = PyTuple_New(count);
    int rc = made == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; rc == 0 && i < count; i++) {
        Sac_Instance *instance = instance_at(self->state, instances, i);
        PyObject *collection =
            instance == NULL ? NULL : begin_collection(self, instance);
        rc = collection == NULL ? -1 : 0;
        if (rc == 0) {
            PyTuple_SET_ITEM(made, i, collection);
        }
    }
    if (rc == 0) {
        rc = take_rows(self);
    }
    for (Py_ssize_t i = 0; rc == 0 && i < count; i++) {
        PyObject *collection = PyTuple_GET_ITEM(made, i);
        if (collection != Py_None) {
            rc = Sac_InstanceStore(
                (Sac_Instance *)PyList_GET_ITEM(instances, i),
                self->attribute->slot, self->attribute->key,
                Py_NewRef(collection));
        }
    }
    Py_XDECREF(made);
    return rc;
}

static int
distribute(Share *self, PyObject *instances)
{
    if (PyList_GET_SIZE(instances) == 1) {
        Sac_Instance *instance = instance_at(self->state, instances, 0);
        if (instance == NULL) {
            return -1;
        }
        self->only = instance->identity;
    }
    if (self->attribute->kind == SAC_ATTRIBUTE_COLLECTION) {
        return give_collections(self, instances);
    }
    if (take_rows(self) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(instances); i++) {
        Sac_Instance *instance = instance_at(self->state, instances, i);
        if (instance == NULL || give_one(self, instance) < 0) {
            return -1;
        }
    }
    return 0;
}

const char Sac_DistributeDoc[] =
    "distribute(instances, attribute, names, rows, all, warning=None, /)\n"
    "--\n\n"
    "Put what rows have into a relation of instances. Private.\n\n"
    "Args:\n    instances: A list.\n    attribute: The relation.\n"
    "    names: Columns of the instances that the keys of the rows are\n"
    "        compared with, a tuple; empty: their primary keys.\n"
    "    rows: A list of Row: the key, one or more items, and an instance;\n"
    "        the key may be left out for a single instance.\n"
    "    all: Whether it is done also where the relation is loaded.\n"
    "    warning: Name of a relation that warns if there are several\n"
    "        instances where one is expected, or None.";

PyObject *
Sac_Distribute(PyObject *module, PyObject *args)
{
    Share self = {.state = Sac_StateOfModule(module), .warning = Py_None};
    PyObject *instances, *attribute;
    int all;
    if (!PyArg_ParseTuple(args, "O!O!O!O!p|O:distribute", &PyList_Type,
                          &instances, self.state->attribute_type, &attribute,
                          &PyTuple_Type, &self.names, &PyList_Type, &self.rows,
                          &all, &self.warning)) {
        return NULL;
    }
    self.attribute = (Sac_Attribute *)attribute;
    if (self.attribute->mapping == NULL) {
        return PyErr_Format(PyExc_TypeError, "%R is no mapped attribute",
                            attribute);
    }
    self.all = all != 0;
    self.found = PyDict_New();
    /* A list of our own: collections of the user's run Python. */
    instances = PyList_GetSlice(instances, 0, PY_SSIZE_T_MAX);
    bool pause = PyGC_Disable() == 1;
    int rc = self.found == NULL || instances == NULL
                 ? -1
                 : distribute(&self, instances);
    if (pause) {
        (void)PyGC_Enable();
    }
    Py_XDECREF(instances);
    Py_XDECREF(self.found);
    return rc < 0 ? NULL : Py_NewRef(Py_None);
}
