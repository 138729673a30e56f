/* The unit of work, its two ends: gathering what is pending, modified and to
 * be deleted, and noting what was written.
 *
 * With the GIL, once a flush.  Between the two Python decides about order and
 * relations, and savers write.  Knows nothing of statements. */
#include "types/unit.h"

#include "bridge/compat.h"
#include "bridge/errors.h"
#include "types/attribute.h"
#include "types/identity_map.h"
#include "types/session.h"

/* ---- relations --------------------------------------------------------- */

/* Finds the slots of related objects. -> 0 or -1. */
static int
find_relations(Sac_Mapping *mapping)
{
    Py_ssize_t count = Sac_MappingCount(mapping);
    if (mapping->relations != NULL && mapping->relations_of == count) {
        return 0;
    }
    Py_ssize_t *slots = PyMem_New(Py_ssize_t, (size_t)count + 1);
    Py_ssize_t found = 0;
    if (slots == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; mapping->cls != NULL && i < count; i++) {
        PyObject *key = PyList_GET_ITEM(mapping->keys, i);
        PyObject *attribute =
            key == Py_None ? NULL : PyObject_GetAttr(mapping->cls, key);
        if (attribute == NULL) {
            PyErr_Clear();
            continue;
        }
        if (Sac_AttributeCheck(mapping->state, attribute) &&
            ((Sac_Attribute *)attribute)->kind != SAC_ATTRIBUTE_COLUMN) {
            slots[found++] = i;
        }
        Py_DECREF(attribute);
    }
    PyMem_Free(mapping->relations);
    mapping->relations = slots;
    mapping->relation_count = found;
    mapping->relations_of = count;
    return 0;
}

/* -> whether something is set in a slot of related objects. */
static bool
has_related(Sac_Instance *instance)
{
    const Sac_Mapping *mapping = instance->mapping;
    for (Py_ssize_t i = 0; i < mapping->relation_count; i++) {
        Py_ssize_t slot = mapping->relations[i];
        if (Sac_InstancePeek(instance, slot,
                             PyList_GET_ITEM(mapping->keys, slot)) != NULL) {
            return true;
        }
    }
    return false;
}

int
Sac_UnitHasRelations(Sac_Mapping *mapping)
{
    return find_relations(mapping) < 0 ? -1 : mapping->relation_count > 0;
}

static bool
any_changed(const Sac_Instance *instance, const Py_ssize_t *slots,
            Py_ssize_t count)
{
    PyObject *keys = instance->mapping->keys;
    for (Py_ssize_t i = 0; instance->changes != NULL && i < count; i++) {
        if (PyDict_Contains(instance->changes,
                            PyList_GET_ITEM(keys, slots[i])) == 1) {
            return true;
        }
    }
    return false;
}

/* Collections that are never in memory are set in the changes. */
int
Sac_UnitRelated(Sac_Instance *instance)
{
    const Sac_Mapping *mapping = instance->mapping;
    return find_relations(instance->mapping) < 0
               ? -1
               : has_related(instance) ||
                     any_changed(instance, mapping->relations,
                                 mapping->relation_count);
}

/* Other rows may have to follow. */
static bool
changes_relations(const Sac_Instance *instance)
{
    const Sac_Mapping *mapping = instance->mapping;
    return mapping->relation_count > 0 &&
           (any_changed(instance, mapping->relations,
                        mapping->relation_count) ||
            any_changed(instance, mapping->pk, mapping->pk_count));
}

/* ---- gathering --------------------------------------------------------- */

enum { PENDING = 1, MODIFIED, DOOMED, RELATED, PARTS };

typedef struct Gather {
    PyObject *groups; /* owned: list of lists, of PARTS items each */
    PyObject *places; /* owned: dict, mapper -> group */
    PyObject *last;   /* borrowed: the group of the mapping before */
    Sac_Mapping *mapping;
} Gather;

/* -> borrowed. */
static PyObject *
new_group(Gather *self, PyObject *mapper)
{
    PyObject *group = PyList_New(PARTS);
    if (group == NULL) {
        return NULL;
    }
    PyList_SET_ITEM(group, 0, Py_NewRef(mapper));
    PyList_SET_ITEM(group, RELATED, Py_NewRef(Py_False));
    int rc = 0;
    for (int i = PENDING; i < RELATED; i++) {
        PyObject *list = PyList_New(0);
        rc = list == NULL ? -1 : rc;
        PyList_SET_ITEM(group, i, list);
    }
    if (rc < 0 || PyList_Append(self->groups, group) < 0 ||
        PyDict_SetItem(self->places, mapper, group) < 0) {
        Py_CLEAR(group);
    }
    Py_XDECREF(group); /* both have it */
    return group;
}

/* -> borrowed. */
static PyObject *
group_of(Gather *self, Sac_Mapping *mapping)
{
    if (mapping == self->mapping) {
        return self->last;
    }
    PyObject *mapper = mapping->mapper == NULL ? Py_None : mapping->mapper;
    if (find_relations(mapping) < 0) {
        return NULL;
    }
    PyObject *group = PyDict_GetItemWithError(self->places, mapper);
    if (group == NULL && !PyErr_Occurred()) {
        group = new_group(self, mapper);
    }
    self->mapping = group == NULL ? NULL : mapping;
    self->last = group;
    return group;
}

static int
put(Gather *self, Sac_Instance *instance, int part)
{
    PyObject *group = group_of(self, instance->mapping);
    if (group == NULL || PyList_Append(PyList_GET_ITEM(group, part),
                                       (PyObject *)instance) < 0) {
        return -1;
    }
    if (PyList_GET_ITEM(group, RELATED) == Py_True) {
        return 0;
    }
    bool related = part == PENDING    ? has_related(instance)
                   : part == MODIFIED ? changes_relations(instance)
                                      : instance->mapping->relation_count > 0;
    return related ? PyList_SetItem(group, RELATED, Py_NewRef(Py_True)) : 0;
}

/* Those in a list that may have gaps. */
static int
put_list(Gather *self, PyObject *list, int part)
{
    for (Py_ssize_t i = 0; list != NULL && i < PyList_GET_SIZE(list); i++) {
        PyObject *item = PyList_GET_ITEM(list, i);
        if (item == Py_None) {
            continue;
        }
        Sac_Instance *instance = (Sac_Instance *)item;
        bool wanted = part == PENDING
                          ? instance->lifecycle == SAC_PENDING
                          : (instance->flags & SAC_INSTANCE_DOOMED) &&
                                instance->lifecycle == SAC_PERSISTENT;
        if (wanted && put(self, instance, part) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
put_modified(Gather *self, const Sac_IdentityMap *map)
{
    for (sac_list *at = map->kept.next; at != &map->kept; at = at->next) {
        Sac_Instance *instance = SAC_CONTAINER(at, Sac_Instance, kept);
        if ((instance->flags &
             (SAC_INSTANCE_MODIFIED | SAC_INSTANCE_DOOMED)) ==
                SAC_INSTANCE_MODIFIED &&
            put(self, instance, MODIFIED) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Lists become tuples. steals: groups. */
static PyObject *
as_tuples(PyObject *groups)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(groups); i++) {
        PyObject *tuple = PyList_AsTuple(PyList_GET_ITEM(groups, i));
        if (tuple == NULL) {
            Py_DECREF(groups);
            return NULL;
        }
        (void)PyList_SetItem(groups, i, tuple);
    }
    return groups;
}

const char Sac_UnitGatherDoc[] =
    "gather(session, /)\n--\n\n"
    "Return what a flush has to do, by mapper: a list of (mapper, pending,\n"
    "modified, doomed, related). Private.";

/* -> 0, or -1 with TypeError. */
static int
check_session(Sac_State *state, PyObject *object)
{
    if (!Sac_SessionCheck(state, object)) {
        PyErr_Format(PyExc_TypeError, "a session, not %s",
                     Py_TYPE(object)->tp_name);
        return -1;
    }
    return 0;
}

PyObject *
Sac_UnitGather(PyObject *module, PyObject *object)
{
    Sac_Session *session = (Sac_Session *)object;
    if (check_session(Sac_StateOfModule(module), object) < 0) {
        return NULL;
    }
    Gather self = {.groups = PyList_New(0), .places = PyDict_New()};
    int rc = self.groups == NULL || self.places == NULL ? -1 : 0;
    if (rc == 0) {
        rc = put_list(&self, session->fresh, PENDING);
    }
    if (rc == 0 && session->identity_map != NULL) {
        rc = put_modified(&self, session->identity_map);
    }
    if (rc == 0) {
        rc = put_list(&self, session->doomed, DOOMED);
    }
    Py_XDECREF(self.places);
    if (rc < 0) {
        Py_XDECREF(self.groups);
        return NULL;
    }
    return as_tuples(self.groups);
}

/* ---- what was written -------------------------------------------------- */

typedef struct Written {
    Sac_State *state;
    Sac_Session *session;
    Sac_IdentityMap *map;
    uint32_t serial;
} Written;

/* -> 0, or -1 with FlushError: its primary key is not known. */
static int
take_identity(const Written *self, Sac_Instance *instance)
{
    PyObject *key = Sac_InstancePrimaryKey(instance);
    bool known = false;
    for (Py_ssize_t i = 0; key != NULL && i < PyTuple_GET_SIZE(key); i++) {
        known |= PyTuple_GET_ITEM(key, i) != Py_None;
    }
    if (!known) {
        Py_XDECREF(key);
        if (!PyErr_Occurred()) {
            (void)Sac_RaiseNamed(
                self->state, "FlushError",
                "%R was inserted, and no primary key is known of it: set "
                "one, or let the column generate it",
                (PyObject *)instance);
        }
        return -1;
    }
    PyObject *identity = key;
    if (PyTuple_GET_SIZE(key) == 1) {
        identity = Py_NewRef(PyTuple_GET_ITEM(key, 0));
        Py_DECREF(key);
    }
    Py_XSETREF(instance->identity, identity);
    return Sac_IdentityHash(instance->mapping, instance->identity,
                            &instance->hash);
}

/* Puts it in where another one may stand, which leaves. -> 0 or -1. */
static int
join(const Written *self, Sac_Instance *instance)
{
    Sac_Instance *other;
    int found =
        Sac_IdentityMapFind(self->map, instance->mapping, instance->identity,
                            instance->hash, &other);
    if (found > 0) {
        if (other == instance) {
            Py_DECREF(other);
            return 0;
        }
        Sac_IdentityMapRemove(other, SAC_DETACHED);
        Py_DECREF(other);
    }
    return found < 0 ? -1 : Sac_IdentityMapAdd(self->map, instance);
}

static int
note_inserted(const Written *self, Sac_Instance *instance)
{
    Sac_InstanceCommit(instance);
    if (take_identity(self, instance) < 0 || join(self, instance) < 0) {
        return -1;
    }
    instance->flags &= (uint16_t)~SAC_INSTANCE_EXPIRED;
    instance->born = instance->touched = self->serial;
    return 0;
}

/* -> borrowed: the list in the innermost frame, or NULL with an exception. */
static PyObject *
frame_list(PyObject **list)
{
    if (*list == NULL) {
        *list = PyList_New(0);
    }
    return *list;
}

/* Its primary key is another one now. */
static int
rename_it(const Written *self, Sac_Instance *instance)
{
    Sac_Frame *frame = self->session->frame;
    PyObject *list = frame == NULL ? NULL : frame_list(&frame->renamed);
    if (frame != NULL) {
        PyObject *pair = list == NULL
                             ? NULL
                             : PyTuple_Pack(2, instance, instance->identity);
        int rc = pair == NULL ? -1 : PyList_Append(list, pair);
        Py_XDECREF(pair);
        if (rc < 0) {
            return -1;
        }
    }
    Sac_IdentityMapRemove(instance, SAC_PERSISTENT);
    return take_identity(self, instance) < 0 ? -1 : join(self, instance);
}

static int
note_updated(const Written *self, Sac_Instance *instance)
{
    const Sac_Mapping *mapping = instance->mapping;
    bool renamed = any_changed(instance, mapping->pk, mapping->pk_count);
    Sac_InstanceCommit(instance);
    instance->touched = self->serial;
    return renamed && (instance->flags & SAC_INSTANCE_MAPPED)
               ? rename_it(self, instance)
               : 0;
}

/* The frame keeps it, for a rollback brings it back. */
static int
note_deleted(const Written *self, Sac_Instance *instance)
{
    Sac_Frame *frame = self->session->frame;
    if (frame != NULL) {
        PyObject *list = frame_list(&frame->deleted);
        if (list == NULL || PyList_Append(list, (PyObject *)instance) < 0) {
            return -1;
        }
    }
    if (instance->map != NULL) {
        Sac_IdentityMapRemove(instance, SAC_DELETED);
    }
    instance->lifecycle = SAC_DELETED;
    instance->map = frame == NULL ? NULL : self->map;
    instance->flags &= (uint16_t)~SAC_INSTANCE_DOOMED;
    return 0;
}

static int
note_all(const Written *self, PyObject *sequence,
         int (*note)(const Written *, Sac_Instance *))
{
    PyObject *tuple = PySequence_Tuple(sequence);
    int rc = tuple == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(tuple); i++) {
        PyObject *item = PyTuple_GET_ITEM(tuple, i);
        if (!Sac_InstanceCheck(self->state, item) ||
            ((Sac_Instance *)item)->mapping == NULL) {
            PyErr_Format(PyExc_TypeError, "an instance, not %s",
                         Py_TYPE(item)->tp_name);
            rc = -1;
            break;
        }
        rc = note(self, (Sac_Instance *)item);
    }
    Py_XDECREF(tuple);
    return rc;
}

/* Leaves those in the list that are still to be written. */
static int
sweep(PyObject **list, bool fresh)
{
    PyObject *old = *list;
    if (old == NULL) {
        return 0;
    }
    PyObject *left = PyList_New(0);
    int rc = left == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; rc == 0 && i < PyList_GET_SIZE(old); i++) {
        PyObject *item = PyList_GET_ITEM(old, i);
        const Sac_Instance *instance = (Sac_Instance *)item;
        if (item != Py_None &&
            (fresh ? instance->lifecycle == SAC_PENDING
                   : (instance->flags & SAC_INSTANCE_DOOMED) != 0)) {
            rc = PyList_Append(left, item);
        }
    }
    if (rc < 0) {
        Py_XDECREF(left);
        return -1;
    }
    if (PyList_GET_SIZE(left) == 0) {
        Py_CLEAR(left);
    }
    *list = left;
    Py_DECREF(old);
    return 0;
}

const char Sac_UnitWrittenDoc[] =
    "written(session, inserted, updated, deleted, /)\n--\n\n"
    "Note what a flush has done. Private.";

PyObject *
Sac_UnitWritten(PyObject *module, PyObject *args)
{
    Sac_State *state = Sac_StateOfModule(module);
    PyObject *object, *inserted, *updated, *deleted;
    if (!PyArg_ParseTuple(args, "OOOO:written", &object, &inserted, &updated,
                          &deleted) ||
        check_session(state, object) < 0) {
        return NULL;
    }
    Sac_Session *session = (Sac_Session *)object;
    const Written self = {
        .state = state,
        .session = session,
        .map = Sac_SessionIdentityMap(session),
        .serial =
            session->frame == NULL ? session->serials : session->frame->serial,
    };
    /* One row may take the place of another. */
    if (self.map == NULL || note_all(&self, deleted, note_deleted) < 0 ||
        note_all(&self, updated, note_updated) < 0 ||
        note_all(&self, inserted, note_inserted) < 0 ||
        sweep(&session->fresh, true) < 0 ||
        sweep(&session->doomed, false) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}
