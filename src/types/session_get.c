/* get(): an instance by its primary key, from the session or by one row.
 *
 * With the GIL, on the loop's thread.  A hit awaits nothing.  A miss executes
 * a shape that Python makes once for each mapper (the hook make_get_shape);
 * what that cannot express, options above all, is a query of Python's (the
 * hook load_by_key). */
#include "types/session_orm.h"

#include "bridge/args.h"
#include "bridge/compat.h"
#include "bridge/errors.h"
#include "types/binding.h"
#include "types/engine.h"
#include "types/fetch.h"
#include "types/outcome.h"
#include "types/ready.h"
#include "types/result.h"

/* What is asked for. */
typedef struct Wanted {
    Sac_Session *session;
    Sac_Mapping *mapping;
    PyObject *identity; /* strong: a value, or a tuple of several */
    uint32_t hash;
    bool one;
} Wanted;

/* ---- arguments --------------------------------------------------------- */

/* -> 0, or -1 with NoInspectionAvailable. */
static int
find_mapping(Sac_State *state, PyObject *entity, Sac_Mapping **mapping)
{
    if (PyType_Check(entity)) {
        int found = Sac_MappingOf(state, (PyTypeObject *)entity, mapping);
        if (found < 0) {
            return -1;
        }
        if (*mapping != NULL) {
            return 0;
        }
    }
    else {
        PyObject *cls = PyObject_GetAttrString(entity, "class_");
        if (cls != NULL && PyType_Check(cls)) {
            int rc = find_mapping(state, cls, mapping);
            Py_DECREF(cls);
            return rc;
        }
        Py_XDECREF(cls);
        PyErr_Clear();
    }
    (void)Sac_RaiseNamed(state, "NoInspectionAvailable",
                         "%R is no mapped class", entity);
    return -1;
}

static int
wrong_identity(const Wanted *self)
{
    PyObject *keys = PyList_New(0);
    for (Py_ssize_t i = 0; keys != NULL && i < self->mapping->pk_count; i++) {
        Py_ssize_t slot = self->mapping->pk[i];
        if (PyList_Append(keys, PyList_GET_ITEM(self->mapping->keys, slot)) <
            0) {
            Py_CLEAR(keys);
        }
    }
    if (keys != NULL) {
        (void)Sac_RaiseNamed(self->mapping->state, "InvalidRequestError",
                             "the identifier does not fit the primary key, "
                             "whose attributes are %R: a value for each is "
                             "needed",
                             keys);
        Py_DECREF(keys);
    }
    return -1;
}

/* -> new tuple of what a dict has for the primary key, or NULL. */
static PyObject *
from_dict(const Wanted *self, PyObject *dict)
{
    Py_ssize_t count = self->mapping->pk_count;
    PyObject *tuple =
        PyDict_GET_SIZE(dict) == count ? PyTuple_New(count) : NULL;
    if (tuple == NULL && !PyErr_Occurred()) {
        (void)wrong_identity(self);
    }
    for (Py_ssize_t i = 0; tuple != NULL && i < count; i++) {
        PyObject *value = PyDict_GetItemWithError(
            dict, PyList_GET_ITEM(self->mapping->keys, self->mapping->pk[i]));
        if (value == NULL) {
            if (!PyErr_Occurred()) {
                (void)wrong_identity(self);
            }
            Py_CLEAR(tuple);
            break;
        }
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(value));
    }
    return tuple;
}

/* -> 0 or -1. */
static int
take_identity(Wanted *self, PyObject *ident)
{
    Py_ssize_t count = self->mapping->pk_count;
    PyObject *tuple = NULL;
    if (PyDict_Check(ident)) {
        tuple = from_dict(self, ident);
    }
    else if (PySequence_Check(ident) && !PyUnicode_Check(ident) &&
             !PyBytes_Check(ident)) {
        tuple = PySequence_Tuple(ident);
    }
    else if (count == 1) {
        self->identity = Py_NewRef(ident);
        return 0;
    }
    else {
        return wrong_identity(self);
    }
    if (tuple != NULL && PyTuple_GET_SIZE(tuple) != count) {
        (void)wrong_identity(self);
        Py_CLEAR(tuple);
    }
    if (tuple != NULL && count == 1) {
        self->identity = Py_NewRef(PyTuple_GET_ITEM(tuple, 0));
        Py_DECREF(tuple);
    }
    else {
        self->identity = tuple;
    }
    return self->identity == NULL ? -1 : 0;
}

static PyObject *
part(const Wanted *self, Py_ssize_t at)
{
    return self->mapping->pk_count == 1 ? self->identity
                                        : PyTuple_GET_ITEM(self->identity, at);
}

static bool
is_null(const Wanted *self)
{
    for (Py_ssize_t i = 0; i < self->mapping->pk_count; i++) {
        if (part(self, i) != Py_None) {
            return false;
        }
    }
    return true;
}

/* ---- a row ------------------------------------------------------------- */

enum { EXPIRED_SLOT = 2 }; /* of the Execution: who is refreshed, or NULL */

/* Its row is gone, as the database says. */
static int
note_gone(Sac_Session *self, Sac_Instance *instance)
{
    if (!(instance->flags & SAC_INSTANCE_MAPPED) ||
        !Sac_SessionHolds(self, instance)) {
        return 0;
    }
    Sac_IdentityMapRemove(instance, SAC_DELETED);
    if (self->frame == NULL) {
        instance->lifecycle = SAC_DETACHED;
        instance->flags |= SAC_INSTANCE_GONE;
        return 0;
    }
    instance->map = self->identity_map;
    return Sac_SessionListPut(&self->frame->deleted, instance);
}

/* steals: found. What there must be is there. */
static PyObject *
checked(Sac_State *state, PyObject *found, bool one)
{
    if (found == Py_None && one) {
        Py_DECREF(found);
        return Sac_RaiseNamed(state, "NoResultFound",
                              "there is no row with this primary key");
    }
    return found;
}

static PyObject *
finish(Sac_Execution *execution)
{
    Sac_Session *self = (Sac_Session *)execution->op.slots[0];
    Sac_Outcome outcome;
    Sac_Supply supply;
    Sac_ChannelDropTask(self->channel);
    if (Sac_OutcomeTake(execution, &outcome) < 0) {
        return NULL;
    }
    Sac_SupplyInit(&supply, &outcome);
    PyObject *found = Sac_SupplyScalar(SAC_STATE(self), &supply);
    Sac_SupplyFini(&supply);
    Py_XDECREF(outcome.keys);
    PyObject *expired = execution->op.slots[EXPIRED_SLOT];
    if (found == Py_None && expired != NULL &&
        note_gone(self, (Sac_Instance *)expired) < 0) {
        Py_CLEAR(found);
    }
    return found == NULL
               ? NULL
               : checked(SAC_STATE(self), found, execution->op.number != 0);
}

/* The binds of such a shape are called pk_0, pk_1, ... */
typedef struct KeyBinding {
    Sac_Binding binding; /* first */
    const Wanted *wanted;
} KeyBinding;

static int
take_key(Sac_Binding *binding, Py_ssize_t at, PyObject **value)
{
    const Wanted *wanted = ((KeyBinding *)(void *)binding)->wanted;
    PyObject *key = binding->shape->binds[at].key;
    const char *name = key == NULL ? NULL : PyUnicode_AsUTF8(key);
    if (name == NULL || strncmp(name, "pk_", 3) != 0) {
        return key != NULL && name == NULL ? -1 : 0;
    }
    Py_ssize_t place = atoi(name + 3);
    if (place >= wanted->mapping->pk_count) {
        return 0;
    }
    *value = Py_NewRef(part(wanted, place));
    return 1;
}

/* -> borrowed: the shape, or None: Python's query is needed; or NULL. */
static PyObject *
shape_of(Sac_Mapping *mapping)
{
    Py_ssize_t count = Sac_MappingCount(mapping);
    if (mapping->get_shape != NULL && mapping->get_shape_of == count) {
        return mapping->get_shape;
    }
    Sac_State *state = mapping->state;
    PyObject *mapper = mapping->mapper == NULL ? Py_None : mapping->mapper;
    if (state->make_get_shape == NULL || Sac_MappingConfigure(mapping) < 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_RuntimeError,
                            "sqlactive_c.orm is not imported yet");
        }
        return NULL;
    }
    PyObject *shape = PyObject_CallOneArg(state->make_get_shape, mapper);
    if (shape == NULL) {
        return NULL;
    }
    if (!Sac_ShapeCheck(state, shape) ||
        ((Sac_Shape *)shape)->expansion_count > 0) {
        Py_SETREF(shape, Py_NewRef(Py_None));
    }
    Py_XSETREF(mapping->get_shape, shape);
    mapping->get_shape_of = Sac_MappingCount(mapping);
    return shape;
}

/* The session has entered its transaction. -> new awaitable, or NULL. */
static PyObject *
make_call(const Wanted *wanted, PyObject *shape, Sac_Instance *expired)
{
    static const Sac_OpKind kinds[2] = {{"AsyncSession.get", NULL},
                                        {"AsyncSession.get_one", NULL}};
    Sac_Session *self = wanted->session;
    Sac_Channel *channel = self->channel;
    Sac_Execution *execution =
        Sac_ChannelExecution(channel, (PyObject *)self, &kinds[wanted->one],
                             SAC_CALL_EXECUTE, finish);
    if (execution == NULL) {
        return NULL;
    }
    execution->before = Sac_ChannelBeforeExecute;
    execution->op.number = wanted->one;
    execution->op.slots[EXPIRED_SLOT] = Py_XNewRef((PyObject *)expired);
    KeyBinding key = {
        .binding = {.state = SAC_STATE(self),
                    .shape = (Sac_Shape *)shape,
                    .execution = execution,
                    .take = take_key},
        .wanted = wanted,
    };
    int rc = Sac_BindBegin(&key.binding,
                           ((Sac_Engine *)channel->engine)->engine, 1);
    if (rc == 0) {
        rc = Sac_BindRow(&key.binding, 0);
    }
    Sac_BindEnd(&key.binding);
    if (rc < 0) {
        Sac_OpDiscard((PyObject *)execution);
        return NULL;
    }
    return (PyObject *)execution;
}

/* What Python's query needs: slots[1] mapping, slots[2] identity, slots[3]:
 * arguments of load_by_key, a tuple, or the instance to be refreshed, or NULL;
 * number: whether there must be one. */
enum { LOAD_FLUSH = 0, LOAD_ENTER, LOAD_JOINED, LOAD_DONE };

static PyObject *
query(const Wanted *wanted, PyObject *arguments)
{
    Sac_State *state = wanted->mapping->state;
    PyObject *given = arguments == NULL ? PyTuple_New(0) : arguments;
    PyObject *key = wanted->mapping->pk_count == 1
                        ? PyTuple_Pack(1, wanted->identity)
                        : Py_NewRef(wanted->identity);
    PyObject *first = key == NULL || given == NULL
                          ? NULL
                          : PyTuple_Pack(3, (PyObject *)wanted->session,
                                         wanted->mapping->mapper, key);
    PyObject *all = first == NULL ? NULL : PySequence_Concat(first, given);
    PyObject *coroutine = NULL;
    if (all != NULL && state->load_by_key != NULL) {
        coroutine = PyObject_CallObject(state->load_by_key, all);
    }
    Py_XDECREF(all);
    Py_XDECREF(first);
    Py_XDECREF(key);
    if (arguments == NULL) {
        Py_XDECREF(given);
    }
    return coroutine;
}

/* -> the next thing to await, new, or NULL with an exception. */
static PyObject *
load_next(Sac_Op *op)
{
    PyObject *extra = op->slots[3];
    bool asks = extra != NULL && PyTuple_Check(extra);
    const Wanted wanted = {
        .session = (Sac_Session *)op->slots[0],
        .mapping = (Sac_Mapping *)op->slots[1],
        .identity = op->slots[2],
        .one = op->number != 0,
    };
    if (op->stage == LOAD_FLUSH) {
        op->stage = LOAD_ENTER;
        if (Sac_SessionWantsFlush(wanted.session)) {
            return Sac_SessionAutoflush(wanted.session);
        }
    }
    PyObject *shape = asks ? Py_None : shape_of(wanted.mapping);
    if (shape == Py_None) {
        op->stage = LOAD_DONE;
        return query(&wanted, asks ? extra : NULL);
    }
    PyObject *first = NULL;
    if (shape != NULL && op->stage == LOAD_ENTER) {
        op->stage = LOAD_JOINED;
        if (Sac_SessionEnter(wanted.session, &first) == NULL) {
            return NULL;
        }
        if (first != NULL) {
            return first;
        }
    }
    op->stage = LOAD_DONE;
    return shape == NULL ? NULL
                         : make_call(&wanted, shape, (Sac_Instance *)extra);
}

static PySendResult
load_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    if (op->stage != LOAD_FLUSH && value == NULL) {
        if (op->stage == LOAD_JOINED) {
            Sac_SessionEnterFailed((Sac_Session *)op->slots[0]);
        }
        return PYGEN_ERROR;
    }
    if (op->stage == LOAD_DONE) {
        *result = checked(SAC_STATE(op), Py_NewRef(value), op->number != 0);
        return *result == NULL ? PYGEN_ERROR : PYGEN_RETURN;
    }
    return Sac_OpAwait(op, load_next(op)) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
}

/* extra: see above, borrowed. -> new awaitable, or NULL. */
static PyObject *
load(const Wanted *wanted, PyObject *extra)
{
    static const Sac_OpKind kinds[2] = {{"AsyncSession.get", load_step},
                                        {"AsyncSession.get_one", load_step}};
    Sac_Session *self = wanted->session;
    Sac_State *state = SAC_STATE(self);
    bool plain = (extra == NULL || !PyTuple_Check(extra)) &&
                 !Sac_SessionWantsFlush(self) &&
                 (self->bind == NULL || Sac_EngineCheck(state, self->bind));
    PyObject *shape = plain ? shape_of(wanted->mapping) : Py_None;
    PyObject *first;
    if (shape == NULL) {
        return NULL;
    }
    if (shape != Py_None) {
        return Sac_SessionEnter(self, &first) == NULL
                   ? NULL
                   : make_call(wanted, shape, (Sac_Instance *)extra);
    }
    Sac_Op *op = Sac_OpNew(state->operation_type, &kinds[wanted->one],
                           (PyObject *)self);
    if (op != NULL) {
        op->slots[1] = Py_NewRef((PyObject *)wanted->mapping);
        op->slots[2] = Py_NewRef(wanted->identity);
        op->slots[3] = Py_XNewRef(extra);
        op->number = wanted->one;
    }
    return (PyObject *)op;
}

/* ---- the session ------------------------------------------------------- */

/* -> 1 and *found, new ref; 0; -1. */
static int
look_up(Wanted *self, Sac_Instance **found)
{
    Sac_IdentityMap *map = self->session->identity_map;
    *found = NULL;
    if (map == NULL || map->used == 0) {
        return 0;
    }
    if (PyLong_CheckExact(self->identity)) {
        int overflow;
        int64_t value =
            PyLong_AsLongLongAndOverflow(self->identity, &overflow);
        if (overflow == 0) {
            self->hash = Sac_IdentityHashInt(self->mapping, value);
            *found =
                Sac_IdentityMapFindInt(map, self->mapping, value, self->hash);
            return *found != NULL;
        }
    }
    return Sac_IdentityHash(self->mapping, self->identity, &self->hash) < 0
               ? -1
               : Sac_IdentityMapFind(map, self->mapping, self->identity,
                                     self->hash, found);
}

/* -> new awaitable, or NULL with an exception, or without: not in it. */
static PyObject *
hit(Wanted *self)
{
    Sac_State *state = self->mapping->state;
    Sac_Instance *found;
    if (look_up(self, &found) <= 0) {
        return NULL;
    }
    if (!Sac_MappingIsA(found->mapping, self->mapping)) {
        Py_DECREF(found);
        PyObject *none = checked(state, Py_NewRef(Py_None), self->one);
        return none == NULL ? NULL : Sac_ReadyNew(state, none);
    }
    if (!(found->flags & SAC_INSTANCE_EXPIRED)) {
        return Sac_ReadyNew(state, (PyObject *)found);
    }
    const Wanted anew = {
        .session = self->session,
        .mapping = found->mapping,
        .identity = self->identity,
        .one = self->one,
    };
    PyObject *awaitable = load(&anew, (PyObject *)found);
    Py_DECREF(found);
    return awaitable;
}

/* None of the primary key is known. */
static PyObject *
nothing(const Wanted *self)
{
    Sac_State *state = self->mapping->state;
    PyObject *kind = PyDict_GetItemString(state->exc, "SAWarning");
    if (PyErr_WarnEx(kind == NULL ? PyExc_RuntimeWarning : kind,
                     "a primary key that is all None has no instance",
                     1) < 0) {
        return NULL;
    }
    PyObject *none = checked(state, Py_NewRef(Py_None), self->one);
    return none == NULL ? NULL : Sac_ReadyNew(state, none);
}

static const char *const names[] = {"entity",           "ident",
                                    "options",          "populate_existing",
                                    "with_for_update",  "identity_token",
                                    "execution_options"};
enum { OPTIONS = 2, POPULATE, FOR_UPDATE, TOKEN, EXECUTION, GIVEN };

/* -> 0, or -1; *arguments: new tuple for load_by_key, or NULL. */
static int
special(PyObject *const *given, PyObject **arguments)
{
    bool wanted = false;
    *arguments = NULL;
    for (int i = OPTIONS; i < GIVEN; i++) {
        if (given[i] == NULL || given[i] == Py_None || given[i] == Py_False ||
            i == TOKEN) {
            continue;
        }
        int truth = PyObject_IsTrue(given[i]);
        if (truth < 0) {
            return -1;
        }
        wanted |= truth != 0;
    }
    if (wanted) {
        *arguments = PyTuple_Pack(
            4, given[OPTIONS] == NULL ? Py_None : given[OPTIONS],
            given[POPULATE] == NULL ? Py_False : given[POPULATE],
            given[FOR_UPDATE] == NULL ? Py_None : given[FOR_UPDATE],
            given[EXECUTION] == NULL ? Py_None : given[EXECUTION]);
    }
    return wanted && *arguments == NULL ? -1 : 0;
}

/* Those that change nothing about an instance that is here. */
static bool
may_hit(PyObject *const *given)
{
    return (given[POPULATE] == NULL || given[POPULATE] == Py_False) &&
           (given[FOR_UPDATE] == NULL || given[FOR_UPDATE] == Py_None);
}

static PyObject *
find(Wanted *self, PyObject *const *given)
{
    PyObject *found = may_hit(given) ? hit(self) : NULL;
    if (found != NULL || PyErr_Occurred()) {
        return found;
    }
    if (is_null(self)) {
        return nothing(self);
    }
    PyObject *arguments;
    if (special(given, &arguments) < 0) {
        return NULL;
    }
    found = load(self, arguments);
    Py_XDECREF(arguments);
    return found;
}

static PyObject *
get(PyObject *op, const Sac_ArgSpec *spec, PyObject *const *args,
    Py_ssize_t nargs, PyObject *kwnames, bool one)
{
    PyObject *given[GIVEN] = {NULL};
    Wanted wanted = {.session = (Sac_Session *)op, .one = one};
    if (nargs == 2 && kwnames == NULL) {
        given[0] = args[0];
        given[1] = args[1];
    }
    else if (Sac_ParseArgs(spec, args, nargs, kwnames, given) < 0) {
        return NULL;
    }
    if (find_mapping(SAC_STATE(op), given[0], &wanted.mapping) < 0 ||
        take_identity(&wanted, given[1]) < 0) {
        return NULL;
    }
    PyObject *awaitable = find(&wanted, given);
    Py_DECREF(wanted.identity);
    return awaitable;
}

PyObject *
Sac_Session_get(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    static const Sac_ArgSpec spec = {"AsyncSession.get", names, GIVEN, 2, 2};
    return get(op, &spec, args, nargs, kwnames, false);
}

PyObject *
Sac_Session_get_one(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                    PyObject *kwnames)
{
    static const Sac_ArgSpec spec = {"AsyncSession.get_one", names, GIVEN, 2,
                                     2};
    return get(op, &spec, args, nargs, kwnames, true);
}
