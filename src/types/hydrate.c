/* EntityPlan: instances of a mapped class out of the cells of rows.
 *
 * With the GIL, for every row of a result that has entities.  A row whose
 * identity is known gives the instance that is there; another is allocated
 * past __init__, and its cells are decoded straight into its slots.  Decoding
 * may run Python, so the identity map is asked again when it has changed.
 * Knows nothing of statements and columns. */
#include "types/hydrate.h"

#include "bridge/codecs.h"
#include "bridge/values.h"
#include "types/decoder.h"
#include "types/followers.h"
#include "types/identity_map.h"
#include "types/instance.h"
#include "types/notes.h"

bool
Sac_EntityPlanCheck(Sac_State *state, PyObject *object)
{
    return PyObject_TypeCheck(object, state->entity_plan_type);
}

/* What one row is about. */
typedef struct Load {
    Sac_State *state;
    const Sac_EntityPlan *plan;
    const sac_cell *cells;
    Sac_IdentityMap *map; /* or NULL */
    Sac_LoadContext *context;
    PyObject *identity; /* owned, or NULL: not decoded yet */
    uint32_t hash;
} Load;

static PyObject *
decode(Load *load, const Sac_PlanColumn *column)
{
    const sac_cell *cell = &load->cells[column->cell];
    if (column->codec != NULL) {
        return Sac_CodecDecode(load->state, column->codec, cell);
    }
    return cell->type == SAC_INT ? PyLong_FromLongLong(cell->as.integer)
                                 : Sac_ObjectFromCell(load->state, cell);
}

/* ---- identity ---------------------------------------------------------- */

static bool
is_int_key(const Load *load)
{
    const Sac_EntityPlan *plan = load->plan;
    return plan->pk_count == 1 && plan->pk[0].codec == NULL &&
           load->cells[plan->pk[0].cell].type == SAC_INT;
}

/* -> 0 or -1. */
static int
decode_identity(Load *load)
{
    const Sac_EntityPlan *plan = load->plan;
    if (plan->pk_count == 1) {
        load->identity = decode(load, &plan->pk[0]);
        return load->identity == NULL ? -1 : 0;
    }
    PyObject *tuple = PyTuple_New(plan->pk_count);
    for (int i = 0; tuple != NULL && i < plan->pk_count; i++) {
        PyObject *value = decode(load, &plan->pk[i]);
        if (value == NULL) {
            Py_CLEAR(tuple);
            break;
        }
        PyTuple_SET_ITEM(tuple, i, value);
    }
    load->identity = tuple;
    return tuple == NULL ? -1 : 0;
}

/* -> 1 and *found, new ref; 0; -1 with an exception. */
static int
find(Load *load, Sac_Instance **found)
{
    const Sac_Mapping *mapping = load->plan->mapping;
    *found = NULL;
    if (load->identity == NULL && is_int_key(load)) {
        int64_t value = load->cells[load->plan->pk[0].cell].as.integer;
        load->hash = Sac_IdentityHashInt(mapping, value);
        if (load->map != NULL) {
            *found =
                Sac_IdentityMapFindInt(load->map, mapping, value, load->hash);
        }
        return *found != NULL;
    }
    if (load->identity == NULL &&
        (decode_identity(load) < 0 ||
         Sac_IdentityHash(mapping, load->identity, &load->hash) < 0)) {
        return -1;
    }
    return load->map == NULL
               ? 0
               : Sac_IdentityMapFind(load->map, mapping, load->identity,
                                     load->hash, found);
}

static bool
is_null(const Sac_EntityPlan *plan, const sac_cell *cells)
{
    for (int i = 0; i < plan->pk_count; i++) {
        if (cells[plan->pk[i].cell].type != SAC_NULL) {
            return false;
        }
    }
    return true;
}

/* ---- filling ----------------------------------------------------------- */

/* -> 0 or -1. */
static int
fill_new(Load *load, Sac_Instance *self)
{
    const Sac_EntityPlan *plan = load->plan;
    if (load->identity == NULL && decode_identity(load) < 0) {
        return -1;
    }
    self->identity = Py_NewRef(load->identity);
    self->hash = load->hash;
    /* The primary key first: it is decoded already. */
    for (int i = 0; i < plan->pk_count; i++) {
        PyObject *value = plan->pk_count == 1
                              ? load->identity
                              : PyTuple_GET_ITEM(load->identity, i);
        Py_ssize_t slot = plan->pk[i].slot;
        if (slot >= 0) {
            self->values[slot] = Py_NewRef(value);
        }
    }
    for (int i = 0; i < plan->count; i++) {
        const Sac_PlanColumn *column = &plan->columns[i];
        if (self->values[column->slot] != NULL) {
            continue;
        }
        PyObject *value = decode(load, column);
        if (value == NULL) {
            return -1;
        }
        /* Decoding may have run anything, which cannot have found it. */
        Py_XSETREF(self->values[column->slot], value);
    }
    return 0;
}

/* Whether the row's value is wanted. -> 1, 0, or -1 with an exception. */
static int
wants(Sac_Instance *self, const Sac_PlanColumn *column)
{
    if (Sac_InstancePeek(self, column->slot, column->key) != NULL) {
        return 0;
    }
    /* Deleted by the program, as against not loaded. */
    return self->changes == NULL
               ? 1
               : !PyDict_Contains(self->changes, column->key);
}

static bool
is_followed(const Sac_EntityPlan *plan, Py_ssize_t slot)
{
    for (int i = 0; i < plan->follower_count; i++) {
        if (plan->followers[i].slot == slot) {
            return true;
        }
    }
    return false;
}

static bool
is_column_of(const Sac_EntityPlan *plan, Py_ssize_t slot)
{
    for (int i = 0; i < plan->count; i++) {
        if (plan->columns[i].slot == slot) {
            return true;
        }
    }
    for (int i = 0; i < plan->pk_count; i++) {
        if (plan->pk[i].slot == slot) {
            return true;
        }
    }
    return false;
}

/* What the row does not have is to be read anew, too: relations, columns of a
 * derived class, those that are deferred. -> 0 or -1. */
static int
unset_others(const Sac_EntityPlan *plan, Sac_Instance *self)
{
    const Sac_Mapping *mapping = self->mapping;
    for (Py_ssize_t slot = 0; slot < Sac_MappingCount(mapping); slot++) {
        PyObject *key = PyList_GET_ITEM(mapping->keys, slot);
        if (key != Py_None && !is_followed(plan, slot) &&
            !is_column_of(plan, slot) &&
            Sac_InstanceStore(self, slot, key, NULL) < 0) {
            return -1;
        }
    }
    return 0;
}

/* What is not loaded, or all. -> 0 or -1. */
static int
fill_existing(Load *load, Sac_Instance *self, bool all)
{
    const Sac_EntityPlan *plan = load->plan;
    bool filled = false;
    for (int i = 0; i < plan->count; i++) {
        const Sac_PlanColumn *column = &plan->columns[i];
        int wanted = all ? 1 : wants(self, column);
        if (wanted == 0) {
            continue;
        }
        PyObject *value = wanted < 0 ? NULL : decode(load, column);
        if (value == NULL ||
            Sac_InstanceStore(self, column->slot, column->key, value) < 0) {
            return -1;
        }
        filled = true;
    }
    self->flags &= (uint16_t)~SAC_INSTANCE_EXPIRED;
    if (all) {
        if (unset_others(plan, self) < 0) {
            return -1;
        }
        Sac_InstanceCommit(self);
    }
    return filled ? Sac_MappingTell(plan->mapping->on_refresh,
                                    (PyObject *)self, NULL)
                  : 0;
}

/* ---- loading ----------------------------------------------------------- */

/* The plan for the class that the row says it is. -> borrowed, or NULL. */
static const Sac_EntityPlan *
plan_of_row(Sac_State *state, const Sac_EntityPlan *plan,
            const sac_cell *cells)
{
    const sac_cell *cell = &cells[plan->discriminator];
    if (cell->type == SAC_NULL) {
        return plan;
    }
    PyObject *value = Sac_CodecDecode(state, plan->codec, cell);
    if (value == NULL) {
        return NULL;
    }
    PyObject *found = PyDict_GetItemWithError(plan->plans, value);
    if (found == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_AssertionError,
                     "%R is no polymorphic identity of a class that is "
                     "mapped with %s",
                     value,
                     plan->mapping->cls == NULL
                         ? "it"
                         : ((PyTypeObject *)plan->mapping->cls)->tp_name);
    }
    Py_DECREF(value);
    return (const Sac_EntityPlan *)found;
}

/* Makes it known, unless decoding it has made another one known.
 * steals: self.  -> new ref, or NULL. */
static Sac_Instance *
join_map(Load *load, Sac_Instance *self, uint64_t version)
{
    if (load->map == NULL) {
        self->lifecycle = SAC_DETACHED;
        return self;
    }
    if (load->map->version != version) {
        Sac_Instance *other;
        int rc = find(load, &other);
        if (rc != 0) {
            Py_DECREF(self);
            return rc < 0 ? NULL : other;
        }
    }
    if (Sac_IdentityMapAdd(load->map, self) < 0) {
        Py_CLEAR(self);
    }
    return self;
}

/* What comes with it in the row. anew: it is loaded by this statement, whose
 * options it notes. -> 0 or -1. */
static int
follow(Load *load, Sac_Instance *self, bool fresh, bool anew)
{
    const Sac_EntityPlan *plan = load->plan;
    if (anew && (plan->memory != NULL || load->context->cohorts) &&
        Sac_FollowersRemember(plan, self, load->context) < 0) {
        return -1;
    }
    if (plan->notes != NULL &&
        Sac_NotesCollect(plan, self, load->context, fresh) < 0) {
        return -1;
    }
    return plan->follower_count == 0
               ? 0
               : Sac_FollowersLoad(load->state, plan, self, load->cells,
                                   load->context, fresh);
}

static Sac_Instance *
load_new(Load *load, bool *made)
{
    Sac_Mapping *mapping = load->plan->mapping;
    if (mapping->cls == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "the mapped class is gone");
        return NULL;
    }
    uint64_t version = load->map == NULL ? 0 : load->map->version;
    Sac_Instance *self =
        Sac_InstanceNew((PyTypeObject *)mapping->cls, mapping);
    if (self == NULL || fill_new(load, self) < 0) {
        Py_XDECREF(self);
        return NULL;
    }
    Sac_Instance *joined = join_map(load, self, version);
    if (joined == NULL) {
        return NULL;
    }
    bool fresh = joined == self;
    *made = fresh;
    if (follow(load, joined, fresh, fresh) < 0) {
        Py_DECREF(joined);
        return NULL;
    }
    if (!fresh || mapping->on_load == NULL || mapping->on_load == Py_None) {
        return joined;
    }
    PyObject *done = PyObject_CallOneArg(mapping->on_load, (PyObject *)joined);
    if (done == NULL) {
        Py_CLEAR(joined);
    }
    Py_XDECREF(done);
    return joined;
}

/* -> 0 or -1. */
static int
load_existing(Load *load, Sac_Instance *self)
{
    bool all = load->context->populate_existing;
    return fill_existing(load, self, all) < 0 ? -1
                                              : follow(load, self, false, all);
}

PyObject *
Sac_EntityLoad(Sac_State *state, PyObject *op, const sac_cell *cells,
               Sac_LoadContext *context)
{
    const Sac_EntityPlan *plan = (const Sac_EntityPlan *)op;
    if (is_null(plan, cells)) {
        Py_RETURN_NONE;
    }
    if (plan->discriminator >= 0) {
        plan = plan_of_row(state, plan, cells);
        if (plan == NULL) {
            return NULL;
        }
    }
    Load load = {.state = state,
                 .plan = plan,
                 .cells = cells,
                 .context = context,
                 .map = (Sac_IdentityMap *)context->identity_map};
    Sac_Instance *found;
    bool made = false;
    int rc = find(&load, &found);
    if (rc == 0) {
        found = load_new(&load, &made);
    }
    else if (rc == 1 && load_existing(&load, found) < 0) {
        Py_CLEAR(found);
    }
    Py_XDECREF(load.identity);
    context->made = made;
    return (PyObject *)found;
}
