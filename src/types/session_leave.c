/* Instances that leave a session, that are to be deleted, and whose values are
 * to be read again.
 *
 * With the GIL, on the loop's thread.  Of instances with related objects
 * Python says who goes along (the hooks cascade and delete_cascade). */
#include "types/session_orm.h"

#include "bridge/args.h"
#include "bridge/compat.h"
#include "bridge/errors.h"
#include "types/ready.h"
#include "types/unit.h"

/* Always -> NULL. */
static PyObject *
refuse(PyObject *op, Sac_Instance *instance, const char *format)
{
    PyObject *name = Sac_InstanceName(instance);
    if (name != NULL) {
        (void)Sac_RaiseNamed(SAC_STATE(op), "InvalidRequestError", format,
                             name);
    }
    Py_XDECREF(name);
    return NULL;
}

/* -> new tuple: who a cascade leads to; empty for most. */
static PyObject *
cascade(Sac_State *state, const char *kind, Sac_Instance *instance)
{
    int related = Sac_UnitRelated(instance);
    if (related <= 0 || state->cascade == NULL) {
        return related < 0 ? NULL : PyTuple_New(0);
    }
    PyObject *found =
        PyObject_CallFunction(state->cascade, "sO", kind, instance);
    PyObject *all = found == NULL ? NULL : PySequence_Tuple(found);
    Py_XDECREF(found);
    for (Py_ssize_t i = 0; all != NULL && i < PyTuple_GET_SIZE(all); i++) {
        if (Sac_SessionInstance(state, PyTuple_GET_ITEM(all, i)) == NULL) {
            Py_CLEAR(all);
        }
    }
    return all;
}

/* ---- expunging --------------------------------------------------------- */

static void
forget_deleted(Sac_Session *self, Sac_Instance *instance)
{
    for (Sac_Frame *at = self->frame; at != NULL; at = at->parent) {
        Sac_SessionListDrop(&at->deleted, instance);
    }
    instance->map = NULL;
    instance->lifecycle = SAC_DETACHED;
    instance->flags |= SAC_INSTANCE_GONE;
}

/* Of an instance that the transaction has inserted: its rollback makes it a
 * new one, in the session or not. -> 0 or -1. */
static int
remember_born(Sac_Session *self, Sac_Instance *instance)
{
    Sac_Frame *at = instance->born == 0 ? NULL : self->frame;
    while (at != NULL && at->serial > instance->born) {
        at = at->parent;
    }
    return at == NULL ? 0 : Sac_SessionListPut(&at->deleted, instance);
}

/* It is in the session. The caller holds a reference. */
static int
expunge(Sac_Session *self, Sac_Instance *instance)
{
    const char *event = "persistent_to_detached";
    if (instance->lifecycle == SAC_PENDING) {
        Sac_SessionListDrop(&self->fresh, instance);
        instance->lifecycle = SAC_TRANSIENT;
        instance->map = NULL;
        event = "pending_to_transient";
    }
    else if (instance->lifecycle == SAC_DELETED) {
        forget_deleted(self, instance);
        event = "deleted_to_detached";
    }
    else {
        if (instance->flags & SAC_INSTANCE_DOOMED) {
            instance->flags &= (uint16_t)~SAC_INSTANCE_DOOMED;
            Sac_SessionListDrop(&self->doomed, instance);
        }
        Sac_IdentityMapRemove(instance, SAC_DETACHED);
        if (remember_born(self, instance) < 0) {
            return -1;
        }
    }
    return Sac_SessionTell(self, event, (PyObject *)instance);
}

PyObject *
Sac_Session_expunge(PyObject *op, PyObject *object)
{
    Sac_Session *self = (Sac_Session *)op;
    Sac_State *state = SAC_STATE(op);
    Sac_Instance *instance = Sac_SessionInstance(state, object);
    if (instance == NULL) {
        return NULL;
    }
    if (instance->lifecycle == SAC_DELETED && instance->map == NULL) {
        instance->lifecycle = SAC_DETACHED; /* its deletion is committed */
        Py_RETURN_NONE;
    }
    if (!Sac_SessionHolds(self, instance)) {
        return refuse(op, instance, "%U is not present in this session");
    }
    PyObject *more = cascade(state, "expunge", instance);
    int rc = more == NULL ? -1 : expunge(self, instance);
    for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(more); i++) {
        Sac_Instance *each = (Sac_Instance *)PyTuple_GET_ITEM(more, i);
        rc = Sac_SessionHolds(self, each) ? expunge(self, each) : 0;
    }
    Py_XDECREF(more);
    return rc < 0 ? NULL : Py_NewRef(Py_None);
}

/* What all of them were before. -> new list, or NULL: nobody wants to know. */
static PyObject *
all_of(Sac_Session *self)
{
    if (!SAC_STATE(self)->session_events) {
        return NULL;
    }
    PyObject *list = Sac_SessionMapped(self);
    PyObject *fresh = self->fresh;
    Py_ssize_t count = fresh == NULL ? 0 : PyList_GET_SIZE(fresh);
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        PyObject *item = PyList_GET_ITEM(fresh, i);
        if (item != Py_None && PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

/* Results that were not fetched to their end keep the map for themselves. */
static void
leave_map(Sac_Session *self)
{
    if (Py_REFCNT(self->identity_map) > 1) {
        self->identity_map->owner = NULL;
        Py_CLEAR(self->identity_map);
    }
}

void
Sac_SessionExpungeAll(Sac_Session *self)
{
    PyObject *saved = Sac_ErrTake();
    PyObject *all = all_of(self);
    Sac_SessionForget(&self->fresh);
    Sac_SessionForget(&self->doomed);
    if (self->identity_map != NULL) {
        Sac_IdentityMapClear(self->identity_map);
        leave_map(self);
    }
    for (Py_ssize_t i = 0; all != NULL && i < PyList_GET_SIZE(all); i++) {
        PyObject *each = PyList_GET_ITEM(all, i);
        const char *event = ((Sac_Instance *)each)->lifecycle == SAC_TRANSIENT
                                ? "pending_to_transient"
                                : "persistent_to_detached";
        if (Sac_SessionTell(self, event, each) < 0) {
            PyErr_WriteUnraisable((PyObject *)self);
        }
    }
    Py_XDECREF(all);
    PyErr_Clear();
    Sac_ErrGive(saved);
}

PyObject *
Sac_Session_expunge_all(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_SessionExpungeAll((Sac_Session *)op);
    Py_RETURN_NONE;
}

/* ---- expiring ---------------------------------------------------------- */

/* What a cascade leads to. */
static int
expire_related(Sac_Session *self, Sac_Instance *instance)
{
    if (!Sac_SessionHolds(self, instance)) {
        return 0;
    }
    return instance->lifecycle == SAC_PERSISTENT
               ? Sac_InstanceExpire(instance, NULL)
               : expunge(self, instance);
}

/* Replaces the names by a new tuple of them. -> 0, or -1 with KeyError: the
 * class has no such attribute. */
static int
check_keys(Sac_Instance *instance, PyObject **keys)
{
    PyObject *all = PySequence_Tuple(*keys);
    for (Py_ssize_t i = 0; all != NULL && i < PyTuple_GET_SIZE(all); i++) {
        PyObject *key = PyTuple_GET_ITEM(all, i);
        Py_ssize_t slot = Sac_MappingFind(instance->mapping, key);
        if (slot == -1) {
            PyErr_SetObject(PyExc_KeyError, key);
        }
        if (slot < 0) {
            Py_CLEAR(all);
        }
    }
    *keys = all;
    return all == NULL ? -1 : 0;
}

PyObject *
Sac_Session_expire(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    static const char *const names[] = {"instance", "attribute_names"};
    static const Sac_ArgSpec spec = {"AsyncSession.expire", names, 2, 1, 2};
    Sac_Session *self = (Sac_Session *)op;
    PyObject *given[2];
    if (Sac_ParseArgs(&spec, args, nargs, kwnames, given) < 0) {
        return NULL;
    }
    Sac_Instance *instance = Sac_SessionInstance(SAC_STATE(op), given[0]);
    if (instance == NULL) {
        return NULL;
    }
    if (!Sac_SessionHolds(self, instance) ||
        instance->lifecycle != SAC_PERSISTENT) {
        return refuse(op, instance, "%U is not persistent in this session");
    }
    PyObject *keys = given[1];
    int some = keys == NULL || keys == Py_None ? 0 : PyObject_IsTrue(keys);
    if (some > 0 && check_keys(instance, &keys) < 0) {
        return NULL;
    }
    PyObject *more = some != 0
                         ? PyTuple_New(0)
                         : cascade(SAC_STATE(op), "refresh-expire", instance);
    int rc = more == NULL || some < 0
                 ? -1
                 : Sac_InstanceExpire(instance, some ? keys : NULL);
    for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(more); i++) {
        rc = expire_related(self, (Sac_Instance *)PyTuple_GET_ITEM(more, i));
    }
    Py_XDECREF(more);
    if (some > 0) {
        Py_DECREF(keys);
    }
    return rc < 0 ? NULL : Py_NewRef(Py_None);
}

PyObject *
Sac_Session_expire_all(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *all = Sac_SessionMapped((Sac_Session *)op);
    int rc = all == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; rc == 0 && i < PyList_GET_SIZE(all); i++) {
        rc = Sac_InstanceExpire((Sac_Instance *)PyList_GET_ITEM(all, i), NULL);
    }
    Py_XDECREF(all);
    return rc < 0 ? NULL : Py_NewRef(Py_None);
}

/* ---- deleting ---------------------------------------------------------- */

/* -> 0 or -1. */
static int
doom(Sac_Session *self, Sac_Instance *instance)
{
    if (instance->flags & SAC_INSTANCE_DOOMED ||
        instance->lifecycle == SAC_DELETED || instance->identity == NULL) {
        return 0;
    }
    int fresh = Sac_SessionAttach(self, instance);
    if (fresh < 0 || Sac_SessionListPut(&self->doomed, instance) < 0) {
        return -1;
    }
    instance->flags &= (uint16_t)~SAC_INSTANCE_GONE;
    instance->flags |= SAC_INSTANCE_DOOMED;
    return fresh == 0
               ? 0
               : Sac_SessionTell(self, "after_attach", (PyObject *)instance);
}

/* slots[1]: the instance.  Who goes along is found before it is doomed, lest a
 * flush deletes it meanwhile. */
static PySendResult
delete_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    Sac_Session *self = (Sac_Session *)op->slots[0];
    Sac_Instance *instance = (Sac_Instance *)op->slots[1];
    if (op->stage == 0) {
        op->stage = 1;
        if (Sac_SessionAttach(self, instance) < 0) {
            return PYGEN_ERROR;
        }
        if (instance->flags & SAC_INSTANCE_DOOMED) {
            *result = Py_NewRef(Py_None);
            return PYGEN_RETURN;
        }
        PyObject *more = PyObject_CallFunctionObjArgs(
            SAC_STATE(self)->delete_cascade, (PyObject *)self,
            (PyObject *)instance, NULL);
        return Sac_OpAwait(op, more) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    PyObject *all = value == NULL ? NULL : PySequence_Tuple(value);
    int rc = all == NULL ? -1 : doom(self, instance);
    for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(all); i++) {
        Sac_Instance *each =
            Sac_SessionInstance(SAC_STATE(self), PyTuple_GET_ITEM(all, i));
        rc = each == NULL ? -1 : doom(self, each);
    }
    Py_XDECREF(all);
    *result = Py_NewRef(Py_None);
    if (rc < 0) {
        Py_CLEAR(*result);
    }
    return rc < 0 ? PYGEN_ERROR : PYGEN_RETURN;
}

/* Nothing of it can wait, and what it refuses it refuses at once; but what is
 * not awaited does nothing. */
static PySendResult
doom_step(Sac_Op *op, PyObject *Py_UNUSED(value), PyObject **result)
{
    if (doom((Sac_Session *)op->slots[0], (Sac_Instance *)op->slots[1]) < 0) {
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

PyObject *
Sac_Session_delete(PyObject *op, PyObject *object)
{
    static const Sac_OpKind plain = {"AsyncSession.delete", doom_step};
    static const Sac_OpKind cascading = {"AsyncSession.delete", delete_step};
    Sac_State *state = SAC_STATE(op);
    Sac_Instance *instance = Sac_SessionInstance(state, object);
    if (instance == NULL) {
        return NULL;
    }
    if (instance->identity == NULL) {
        return refuse(
            op, instance,
            "Instance '%U' is not persisted: it has no row that could be deleted");
    }
    int relations = Sac_UnitHasRelations(instance->mapping);
    if (relations < 0) {
        return NULL;
    }
    Sac_Op *made = Sac_OpNew(
        state->operation_type,
        relations > 0 && state->delete_cascade != NULL ? &cascading : &plain,
        op);
    if (made != NULL) {
        made->slots[1] = Py_NewRef(object);
    }
    return (PyObject *)made;
}

/* ---- states without a session ------------------------------------------ */

const char Sac_MakeTransientDoc[] =
    "make_transient(instance, /)\n--\n\n"
    "Make an instance one that was never stored: its session and its identity\n"
    "are gone, its values stay.\n\n"
    "Args:\n    instance: An instance of a mapped class.";

PyObject *
Sac_MakeTransient(PyObject *module, PyObject *object)
{
    Sac_State *state = Sac_StateOfModule(module);
    Sac_Instance *self = Sac_SessionInstance(state, object);
    if (self == NULL) {
        return NULL;
    }
    Sac_IdentityMap *map = self->map;
    if (map != NULL && map->owner != NULL) {
        if (expunge((Sac_Session *)map->owner, self) < 0) {
            return NULL;
        }
    }
    else if (map != NULL) {
        Sac_IdentityMapRemove(self, SAC_DETACHED);
    }
    Py_CLEAR(self->identity);
    Py_CLEAR(self->changes);
    Py_CLEAR(self->options);
    self->flags &= (uint16_t) ~(SAC_INSTANCE_EXPIRED | SAC_INSTANCE_GONE);
    self->lifecycle = SAC_TRANSIENT;
    self->born = self->touched = 0;
    Py_RETURN_NONE;
}

const char Sac_MakeTransientToDetachedDoc[] =
    "make_transient_to_detached(instance, /)\n--\n\n"
    "Make a new instance one that stands for a row: that of its primary key,\n"
    "with the values that are set. Nothing is looked up.\n\n"
    "Args:\n    instance: A transient instance.\n\n"
    "Raises:\n    InvalidRequestError: It is not transient.";

PyObject *
Sac_MakeTransientToDetached(PyObject *module, PyObject *object)
{
    Sac_State *state = Sac_StateOfModule(module);
    Sac_Instance *self = Sac_SessionInstance(state, object);
    if (self == NULL) {
        return NULL;
    }
    if (self->map != NULL || self->identity != NULL) {
        return Sac_RaiseNamed(state, "InvalidRequestError",
                              "the given instance must be transient");
    }
    PyObject *key = Sac_InstancePrimaryKey(self);
    if (key == NULL) {
        return PyErr_Occurred() ? NULL
                                : Sac_RaiseNamed(state, "InvalidRequestError",
                                                 "its primary key is not set");
    }
    PyObject *identity = PyTuple_GET_SIZE(key) == 1
                             ? Py_NewRef(PyTuple_GET_ITEM(key, 0))
                             : Py_NewRef(key);
    Py_DECREF(key);
    if (Sac_IdentityHash(self->mapping, identity, &self->hash) < 0) {
        Py_DECREF(identity);
        return NULL;
    }
    self->identity = identity;
    self->lifecycle = SAC_DETACHED;
    Sac_InstanceCommit(self);
    Py_RETURN_NONE;
}

const char Sac_ObjectSessionDoc[] =
    "object_session(instance, /)\n--\n\n"
    "Return the AsyncSession that an instance is in, or None.\n\n"
    "Args:\n    instance: An instance of a mapped class.\n\n"
    "Raises:\n    UnmappedInstanceError: Its class is not mapped.";

PyObject *
Sac_ObjectSession(PyObject *module, PyObject *object)
{
    const Sac_Instance *self =
        Sac_SessionInstance(Sac_StateOfModule(module), object);
    if (self == NULL) {
        return NULL;
    }
    PyObject *owner = self->map == NULL ? NULL : self->map->owner;
    return Py_NewRef(owner == NULL ? Py_None : owner);
}
