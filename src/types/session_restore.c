/* What the end of a transaction makes of the instances of its session.
 *
 * With the GIL, on the loop's thread, between the last statement and the pop
 * of the frame.  An instance knows the frame that inserted it and the one
 * that wrote it last by their serials, which only grow: those of a frame and
 * of what was inside it are not below its own.  Nothing here can fail; what
 * listeners raise goes to the unraisable hook. */
#include "types/session_orm.h"

#include "bridge/compat.h"

static void
unraisable(Sac_Session *self)
{
    if (PyErr_Occurred()) {
        PyErr_WriteUnraisable((PyObject *)self);
    }
}

static void
tell(Sac_Session *self, const char *event, Sac_Instance *instance)
{
    if (Sac_SessionTell(self, event, (PyObject *)instance) < 0) {
        unraisable(self);
    }
}

static void
expire(Sac_Session *self, Sac_Instance *instance)
{
    if (Sac_InstanceExpire(instance, NULL) < 0) {
        unraisable(self);
    }
}

/* ---- commit ------------------------------------------------------------ */

/* Appends to the list of the frame around. steals: *list. */
static void
hand_over(Sac_Session *self, PyObject **outer, PyObject **list)
{
    if (*list == NULL) {
        return;
    }
    if (*outer == NULL) {
        *outer = *list;
        *list = NULL;
        return;
    }
    Py_ssize_t end = PyList_GET_SIZE(*outer);
    if (PyList_SetSlice(*outer, end, end, *list) < 0) {
        unraisable(self);
        return;
    }
    Py_CLEAR(*list);
}

static void
forget_deleted(Sac_Session *self, Sac_Frame *frame)
{
    PyObject *list = frame->deleted;
    frame->deleted = NULL;
    for (Py_ssize_t i = 0; list != NULL && i < PyList_GET_SIZE(list); i++) {
        PyObject *item = PyList_GET_ITEM(list, i);
        Sac_Instance *each = (Sac_Instance *)item;
        if (item == Py_None || each->lifecycle != SAC_DELETED) {
            continue;
        }
        each->map = NULL;
        each->flags |= SAC_INSTANCE_GONE;
        if (self->expire_on_commit) { /* else it stays what it is */
            each->lifecycle = SAC_DETACHED;
            tell(self, "deleted_to_detached", each);
        }
    }
    Py_XDECREF(list);
}

static void
expire_mapped(Sac_Session *self)
{
    if (self->identity_map == NULL || self->identity_map->used == 0) {
        return;
    }
    PyObject *all = Sac_SessionMapped(self);
    for (Py_ssize_t i = 0; all != NULL && i < PyList_GET_SIZE(all); i++) {
        expire(self, (Sac_Instance *)PyList_GET_ITEM(all, i));
    }
    Py_XDECREF(all);
    unraisable(self);
}

void
Sac_SessionCommitted(Sac_Session *self, Sac_Frame *frame)
{
    if (!frame->nested && self->expire_on_commit) {
        expire_mapped(self);
    }
    for (Sac_Frame *at = self->frame; at != NULL; at = at->parent) {
        if (frame->nested && frame->parent != NULL) {
            hand_over(self, &frame->parent->deleted, &at->deleted);
            hand_over(self, &frame->parent->renamed, &at->renamed);
        }
        else {
            forget_deleted(self, at);
        }
        if (at == frame) {
            break;
        }
    }
}

/* ---- rollback ---------------------------------------------------------- */

/* It was never stored: its values stay. */
static void
make_new(Sac_Session *self, Sac_Instance *instance)
{
    if (instance->flags & SAC_INSTANCE_MAPPED) {
        Sac_IdentityMapRemove(instance, SAC_TRANSIENT);
    }
    instance->lifecycle = SAC_TRANSIENT;
    instance->map = NULL;
    instance->flags &= (uint16_t) ~(SAC_INSTANCE_DOOMED |
                                    SAC_INSTANCE_EXPIRED | SAC_INSTANCE_GONE);
    Py_CLEAR(instance->identity);
    Py_CLEAR(instance->changes);
    instance->born = instance->touched = 0;
    tell(self, "persistent_to_transient", instance);
}

static void
drop_pending(Sac_Session *self)
{
    PyObject *list = self->fresh;
    self->fresh = NULL;
    Py_XINCREF(list);
    PyObject *forgotten = list;
    Sac_SessionForget(&forgotten);
    for (Py_ssize_t i = 0; list != NULL && i < PyList_GET_SIZE(list); i++) {
        PyObject *item = PyList_GET_ITEM(list, i);
        if (item != Py_None) {
            tell(self, "pending_to_transient", (Sac_Instance *)item);
        }
    }
    Py_XDECREF(list);
}

/* Into the map, where its identity is free or its own again. */
static void
put_back(Sac_Session *self, Sac_Instance *instance)
{
    Sac_Instance *other;
    int found =
        Sac_IdentityMapFind(self->identity_map, instance->mapping,
                            instance->identity, instance->hash, &other);
    if (found > 0) {
        if (other != instance) {
            Sac_IdentityMapRemove(other, SAC_DETACHED);
        }
        Py_DECREF(other);
        if (other == instance) {
            return;
        }
    }
    if (found < 0 || Sac_IdentityMapAdd(self->identity_map, instance) < 0) {
        unraisable(self);
    }
}

/* Those whose primary key changed. All leave before one comes back, for one
 * may have taken the place of another. */
static void
switch_back(Sac_Session *self, PyObject *list)
{
    Py_ssize_t count = list == NULL ? 0 : PyList_GET_SIZE(list);
    for (Py_ssize_t i = count; i-- > 0;) {
        PyObject *pair = PyList_GET_ITEM(list, i);
        Sac_Instance *each = (Sac_Instance *)PyTuple_GET_ITEM(pair, 0);
        if (each->identity == NULL ||
            !(Sac_SessionHolds(self, each) || each->map == NULL)) {
            continue;
        }
        if (each->flags & SAC_INSTANCE_MAPPED) {
            Sac_IdentityMapRemove(each, SAC_PERSISTENT);
            each->map = self->identity_map;
        }
        Py_SETREF(each->identity, Py_NewRef(PyTuple_GET_ITEM(pair, 1)));
        if (Sac_IdentityHash(each->mapping, each->identity, &each->hash) < 0) {
            unraisable(self);
        }
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Sac_Instance *each =
            (Sac_Instance *)PyTuple_GET_ITEM(PyList_GET_ITEM(list, i), 0);
        if (each->lifecycle == SAC_PERSISTENT && each->identity != NULL &&
            each->map == self->identity_map) {
            put_back(self, each);
        }
    }
}

static void
bring_back(Sac_Session *self, PyObject *list, uint32_t serial)
{
    for (Py_ssize_t i = 0; list != NULL && i < PyList_GET_SIZE(list); i++) {
        PyObject *item = PyList_GET_ITEM(list, i);
        Sac_Instance *each = (Sac_Instance *)item;
        bool expunged = item != Py_None && each->lifecycle == SAC_DETACHED &&
                        each->map == NULL;
        if (!expunged && (item == Py_None || each->lifecycle != SAC_DELETED)) {
            continue;
        }
        if (each->born >= serial) {
            make_new(self, each);
            continue;
        }
        if (expunged) {
            continue;
        }
        each->flags &= (uint16_t)~SAC_INSTANCE_GONE;
        put_back(self, each);
        tell(self, "deleted_to_persistent", each);
    }
}

static void
undoom(Sac_Session *self)
{
    PyObject *list = self->doomed;
    self->doomed = NULL;
    Sac_SessionForget(&list);
}

static void
restore(Sac_Session *self, const Sac_Frame *frame, PyObject *mapped)
{
    const uint32_t serial = frame->serial;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(mapped); i++) {
        Sac_Instance *each = (Sac_Instance *)PyList_GET_ITEM(mapped, i);
        if (each->born >= serial) {
            make_new(self, each);
        }
    }
    for (Sac_Frame *at = self->frame; at != NULL; at = at->parent) {
        PyObject *renamed = at->renamed;
        PyObject *deleted = at->deleted;
        at->renamed = at->deleted = NULL;
        switch_back(self, renamed);
        bring_back(self, deleted, serial);
        Py_XDECREF(renamed);
        Py_XDECREF(deleted);
        if (at == frame) {
            break;
        }
    }
}

void
Sac_SessionRestore(Sac_Session *self, const Sac_Frame *frame)
{
    PyObject *saved = Sac_ErrTake();
    drop_pending(self);
    undoom(self);
    PyObject *mapped =
        self->identity_map == NULL ? NULL : Sac_SessionMapped(self);
    if (mapped != NULL) {
        restore(self, frame, mapped);
        Py_SETREF(mapped, Sac_SessionMapped(self));
    }
    for (Py_ssize_t i = 0; mapped != NULL && i < PyList_GET_SIZE(mapped);
         i++) {
        Sac_Instance *each = (Sac_Instance *)PyList_GET_ITEM(mapped, i);
        if (!frame->nested || (each->flags & SAC_INSTANCE_MODIFIED) ||
            each->touched >= frame->serial) {
            expire(self, each);
        }
    }
    Py_XDECREF(mapped);
    unraisable(self);
    Sac_ErrGive(saved);
}
