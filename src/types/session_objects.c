/* Instances that come into a session, and the views of those that are in it.
 *
 * With the GIL, on the loop's thread; nothing is executed here.  Instances
 * whose relations are unset never leave C: of the others Python says who
 * comes along (the hook cascade_save). */
#include "types/session_orm.h"

#include "bridge/errors.h"
#include "types/unit.h"

Sac_Instance *
Sac_SessionInstance(Sac_State *state, PyObject *object)
{
    if (Sac_InstanceCheck(state, object) &&
        ((Sac_Instance *)object)->mapping != NULL) {
        return (Sac_Instance *)object;
    }
    (void)Sac_RaiseAbout(state, "UnmappedInstanceError", object);
    return NULL;
}

PyObject *
Sac_InstanceName(Sac_Instance *instance)
{
    PyObject *name =
        PyObject_GetAttrString((PyObject *)Py_TYPE(instance), "__name__");
    PyObject *text = name == NULL
                         ? NULL
                         : PyUnicode_FromFormat("<%U at %p>", name, instance);
    Py_XDECREF(name);
    return text;
}

bool
Sac_SessionHolds(const Sac_Session *self, const Sac_Instance *instance)
{
    return instance->map != NULL && instance->map == self->identity_map;
}

/* ---- lists ------------------------------------------------------------- */

int
Sac_SessionListPut(PyObject **list, Sac_Instance *instance)
{
    if (*list == NULL) {
        *list = PyList_New(0);
    }
    return *list == NULL ? -1 : PyList_Append(*list, (PyObject *)instance);
}

void
Sac_SessionListDrop(PyObject **list, Sac_Instance *instance)
{
    PyObject *items = *list;
    Py_ssize_t count = items == NULL ? 0 : PyList_GET_SIZE(items);
    PyObject *found = NULL;
    for (Py_ssize_t i = count; found == NULL && i-- > 0;) {
        if (PyList_GET_ITEM(items, i) == (PyObject *)instance) {
            found = (PyObject *)instance;
            PyList_SET_ITEM(items, i, Py_NewRef(Py_None));
        }
    }
    while (count > 0 && PyList_GET_ITEM(items, count - 1) == Py_None) {
        count--;
    }
    if (items != NULL && count == 0) {
        Py_CLEAR(*list);
    }
    else if (items != NULL && count < PyList_GET_SIZE(items)) {
        /* Cannot fail: it becomes shorter. */
        (void)PyList_SetSlice(items, count, PyList_GET_SIZE(items), NULL);
    }
    Py_XDECREF(found);
}

/* Appends those of a list that has gaps. -> 0 or -1. */
static int
extend(PyObject *found, PyObject *list)
{
    for (Py_ssize_t i = 0; list != NULL && i < PyList_GET_SIZE(list); i++) {
        PyObject *item = PyList_GET_ITEM(list, i);
        if (item != Py_None && PyList_Append(found, item) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
Sac_SessionMapped(const Sac_Session *self)
{
    const Sac_IdentityMap *map = self->identity_map;
    PyObject *found = PyList_New(map == NULL ? 0 : (Py_ssize_t)map->used);
    if (found == NULL || PyList_GET_SIZE(found) == 0) {
        return found;
    }
    Py_ssize_t size = PyList_GET_SIZE(found);
    Py_ssize_t count = 0;
    for (size_t i = 0; map->entries != NULL && i <= map->mask && count < size;
         i++) {
        PyObject *instance = (PyObject *)map->entries[i].instance;
        if (instance != NULL && Py_REFCNT(instance) > 0) {
            PyList_SET_ITEM(found, count++, Py_NewRef(instance));
        }
    }
    if (count < size && PyList_SetSlice(found, count, size, NULL) < 0) {
        Py_CLEAR(found);
    }
    return found;
}

/* ---- adding ------------------------------------------------------------ */

static int
refuse(Sac_Session *self, Sac_Instance *instance, const char *format,
       PyObject *more)
{
    PyObject *name = Sac_InstanceName(instance);
    if (name != NULL) {
        (void)Sac_RaiseNamed(SAC_STATE(self), "InvalidRequestError", format,
                             name, more);
    }
    Py_XDECREF(name);
    return -1;
}

/* An identity that another instance of the session has. Always -> -1. */
static int
refuse_identity(Sac_Session *self, Sac_Instance *instance)
{
    PyObject *identity = instance->mapping->pk_count == 1
                             ? PyTuple_Pack(1, instance->identity)
                             : Py_NewRef(instance->identity);
    PyObject *key = NULL;
    if (identity != NULL) {
        PyObject *cls = instance->mapping->root->cls;
        key = PyTuple_Pack(3, cls == NULL ? Py_None : cls, identity, Py_None);
        Py_DECREF(identity);
    }
    if (key != NULL) {
        (void)refuse(self, instance,
                     "Can't attach instance %U; another instance with key %R "
                     "is already present in this session.",
                     key);
        Py_DECREF(key);
    }
    return -1;
}

/* -> 1: it may come in; 0: it is in; -1: it is in another session. */
static int
check_attach(Sac_Session *self, Sac_Instance *instance)
{
    if (self->frame == NULL && Sac_SessionEnsureRoot(self, false) < 0) {
        return -1;
    }
    if (Sac_SessionIdentityMap(self) == NULL) {
        return -1;
    }
    Sac_IdentityMap *map = instance->map;
    if (map == self->identity_map) {
        return 0;
    }
    if (map != NULL && map->owner != NULL) {
        return refuse(self, instance,
                      "%U is already attached to session %R: expunge it "
                      "there first",
                      map->owner);
    }
    if (map != NULL) { /* that of a result */
        Sac_IdentityMapRemove(instance, SAC_DETACHED);
    }
    return Sac_SessionTell(self, "before_attach", (PyObject *)instance) < 0
               ? -1
               : 1;
}

/* Whether it was inserted in this transaction, and expunged then. */
static bool
was_born_here(const Sac_Session *self, const Sac_Instance *instance)
{
    const Sac_Frame *at = instance->born == 0 ? NULL : self->frame;
    for (; at != NULL; at = at->parent) {
        PyObject *list = at->deleted;
        for (Py_ssize_t i = 0; list != NULL && i < PyList_GET_SIZE(list);
             i++) {
            if (PyList_GET_ITEM(list, i) == (const PyObject *)instance) {
                return true;
            }
        }
    }
    return false;
}

int
Sac_SessionAttach(Sac_Session *self, Sac_Instance *instance)
{
    int fresh = check_attach(self, instance);
    if (fresh <= 0) {
        return fresh;
    }
    Sac_Instance *other;
    int found =
        Sac_IdentityMapFind(self->identity_map, instance->mapping,
                            instance->identity, instance->hash, &other);
    if (found > 0) {
        Py_DECREF(other);
        return refuse_identity(self, instance);
    }
    if (found < 0 || Sac_IdentityMapAdd(self->identity_map, instance) < 0) {
        return -1;
    }
    if (!was_born_here(self, instance)) {
        instance->born = 0;
    }
    instance->touched = instance->born;
    return 1;
}

/* It is to be inserted. -> 0 or -1. */
static int
add_new(Sac_Session *self, Sac_Instance *instance)
{
    int fresh = check_attach(self, instance);
    if (fresh <= 0) {
        return fresh;
    }
    if (Sac_SessionListPut(&self->fresh, instance) < 0) {
        return -1;
    }
    instance->lifecycle = SAC_PENDING;
    instance->map = self->identity_map;
    instance->born = instance->touched = 0;
    return Sac_SessionTell(self, "after_attach", (PyObject *)instance) < 0
               ? -1
               : Sac_SessionTell(self, "transient_to_pending",
                                 (PyObject *)instance);
}

/* It has a row. -> 0 or -1. */
static int
add_stored(Sac_Session *self, Sac_Instance *instance)
{
    if (instance->lifecycle == SAC_DELETED ||
        (instance->flags & SAC_INSTANCE_GONE)) {
        return refuse(self, instance,
                      "%U has been deleted: make_transient() makes it one "
                      "that can be inserted again",
                      NULL);
    }
    int fresh = Sac_SessionAttach(self, instance);
    if (fresh < 0) {
        return -1;
    }
    if (instance->flags & SAC_INSTANCE_DOOMED) {
        instance->flags &= (uint16_t)~SAC_INSTANCE_DOOMED;
        Sac_SessionListDrop(&self->doomed, instance);
    }
    if (fresh == 0) {
        return 0;
    }
    return Sac_SessionTell(self, "after_attach", (PyObject *)instance) < 0
               ? -1
               : Sac_SessionTell(self, "detached_to_persistent",
                                 (PyObject *)instance);
}

static inline int
add_one(Sac_Session *self, Sac_Instance *instance)
{
    return instance->identity == NULL ? add_new(self, instance)
                                      : add_stored(self, instance);
}

/* Adds what relations lead to. -> 0 or -1. */
static int
add_related(Sac_Session *self, Sac_Instance *instance)
{
    PyObject *hook = SAC_STATE(self)->cascade_save;
    PyObject *more =
        hook == NULL ? PyTuple_New(0)
                     : PyObject_CallFunctionObjArgs(
                           hook, (PyObject *)self, (PyObject *)instance, NULL);
    PyObject *all = more == NULL ? NULL : PySequence_Tuple(more);
    int rc = all == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(all); i++) {
        Sac_Instance *each =
            Sac_SessionInstance(SAC_STATE(self), PyTuple_GET_ITEM(all, i));
        rc = each == NULL ? -1 : add_one(self, each);
    }
    Py_XDECREF(all);
    Py_XDECREF(more);
    return rc;
}

static int
add(Sac_Session *self, PyObject *object)
{
    Sac_Instance *instance = Sac_SessionInstance(SAC_STATE(self), object);
    if (instance == NULL || add_one(self, instance) < 0) {
        return -1;
    }
    int related = Sac_UnitRelated(instance);
    return related > 0 ? add_related(self, instance) : related;
}

PyObject *
Sac_Session_add(PyObject *op, PyObject *instance)
{
    return add((Sac_Session *)op, instance) < 0 ? NULL : Py_NewRef(Py_None);
}

PyObject *
Sac_Session_add_all(PyObject *op, PyObject *instances)
{
    PyObject *iterator = PyObject_GetIter(instances);
    PyObject *each;
    while (iterator != NULL && (each = PyIter_Next(iterator)) != NULL) {
        int rc = add((Sac_Session *)op, each);
        Py_DECREF(each);
        if (rc < 0) {
            break;
        }
    }
    Py_XDECREF(iterator);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

/* ---- views ------------------------------------------------------------- */

int
Sac_Session_contains(PyObject *op, PyObject *object)
{
    const Sac_Instance *instance = Sac_SessionInstance(SAC_STATE(op), object);
    return instance == NULL ? -1
                            : Sac_SessionHolds((Sac_Session *)op, instance) &&
                                  instance->lifecycle != SAC_DELETED;
}

PyObject *
Sac_Session_iter(PyObject *op)
{
    Sac_Session *self = (Sac_Session *)op;
    PyObject *found = PyList_New(0);
    PyObject *mapped = Sac_SessionMapped(self);
    PyObject *iterator = NULL;
    if (found != NULL && mapped != NULL && extend(found, self->fresh) == 0 &&
        extend(found, mapped) == 0) {
        iterator = PyObject_GetIter(found);
    }
    Py_XDECREF(found);
    Py_XDECREF(mapped);
    return iterator;
}

/* steals: list. -> new set of instances, by what they are, not how they
 * compare. */
static PyObject *
as_set(PyObject *op, PyObject *list)
{
    PyObject *hook = SAC_STATE(op)->identity_set;
    if (hook == NULL || list == NULL) {
        return list;
    }
    PyObject *set = PyObject_CallOneArg(hook, list);
    Py_DECREF(list);
    return set;
}

static PyObject *
set_of(PyObject *op, PyObject *list)
{
    PyObject *found = PyList_New(0);
    if (found != NULL && extend(found, list) < 0) {
        Py_CLEAR(found);
    }
    return as_set(op, found);
}

PyObject *
Sac_Session_new(PyObject *op, void *Py_UNUSED(closure))
{
    return set_of(op, ((Sac_Session *)op)->fresh);
}

PyObject *
Sac_Session_deleted(PyObject *op, void *Py_UNUSED(closure))
{
    return set_of(op, ((Sac_Session *)op)->doomed);
}

PyObject *
Sac_Session_dirty(PyObject *op, void *Py_UNUSED(closure))
{
    const Sac_IdentityMap *map = ((Sac_Session *)op)->identity_map;
    PyObject *found = PyList_New(0);
    if (found == NULL || map == NULL) {
        return as_set(op, found);
    }
    for (sac_list *at = map->kept.next; at != &map->kept; at = at->next) {
        Sac_Instance *each = SAC_CONTAINER(at, Sac_Instance, kept);
        if ((each->flags & (SAC_INSTANCE_MODIFIED | SAC_INSTANCE_DOOMED)) ==
                SAC_INSTANCE_MODIFIED &&
            PyList_Append(found, (PyObject *)each) < 0) {
            Py_DECREF(found);
            return NULL;
        }
    }
    return as_set(op, found);
}
