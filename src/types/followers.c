/* Followers: instances that come with the row of their parent go into its
 * relations.
 *
 * With the GIL, for every row of a result with joined relations.  A relation
 * is filled if it was not loaded when this result met the instance first;
 * else what the row has is only made known.  Making collections is Python's
 * business; plain lists are filled without it. */
#include "types/followers.h"

#include "types/attribute.h"
#include "types/collection.h"
#include "types/related.h"

/* ---- reading ----------------------------------------------------------- */

static int
read_follower(Sac_State *state, Sac_EntityPlan *plan, PyObject *item,
              Sac_Follower *follower)
{
    PyObject *below, *attribute, *name;
    if (!PyTuple_Check(item) ||
        !PyArg_ParseTuple(item, "nOOO:follower", &follower->slot, &below,
                          &attribute, &name)) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError,
                            "a follower is (slot, plan, attribute, name)");
        }
        return -1;
    }
    if (follower->slot < 0 ||
        follower->slot >= Sac_MappingCount(plan->mapping)) {
        PyErr_Format(PyExc_ValueError, "no slot is number %zd",
                     follower->slot);
        return -1;
    }
    if (attribute != Py_None &&
        (!Sac_AttributeCheck(state, attribute) ||
         ((Sac_Attribute *)attribute)->mapping == NULL)) {
        PyErr_Format(PyExc_TypeError, "%R is no mapped attribute", attribute);
        return -1;
    }
    follower->key = PyList_GET_ITEM(plan->mapping->keys, follower->slot);
    follower->attribute = attribute == Py_None ? NULL : Py_NewRef(attribute);
    follower->name = name == Py_None ? NULL : Py_NewRef(name);
    if (below == Py_None) {
        return 0;
    }
    if (!Sac_EntityPlanCheck(state, below)) {
        PyErr_Format(PyExc_TypeError, "%R is no EntityPlan", below);
        return -1;
    }
    const Sac_EntityPlan *child = (Sac_EntityPlan *)below;
    follower->plan = Py_NewRef(below);
    plan->cells = child->cells > plan->cells ? child->cells : plan->cells;
    plan->collections |= child->collections || follower->attribute != NULL;
    plan->remembers |= child->remembers;
    plan->noted |= child->noted;
    return 0;
}

int
Sac_FollowersRead(Sac_State *state, Sac_EntityPlan *plan, PyObject *followers)
{
    Py_ssize_t count = PyTuple_GET_SIZE(followers);
    plan->followers = PyMem_Calloc((size_t)count + 1, sizeof(Sac_Follower));
    if (plan->followers == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        plan->follower_count++; /* also a half read one is cleared */
        if (read_follower(state, plan, PyTuple_GET_ITEM(followers, i),
                          &plan->followers[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

int
Sac_FollowersTraverse(const Sac_EntityPlan *plan, visitproc visit, void *arg)
{
    for (int i = 0; i < plan->follower_count; i++) {
        Py_VISIT(plan->followers[i].plan);
        Py_VISIT(plan->followers[i].attribute);
    }
    return 0;
}

void
Sac_FollowersFree(Sac_EntityPlan *plan)
{
    for (int i = 0; i < plan->follower_count; i++) {
        Py_CLEAR(plan->followers[i].plan);
        Py_CLEAR(plan->followers[i].attribute);
        Py_CLEAR(plan->followers[i].name);
    }
    PyMem_Free(plan->followers);
    plan->followers = NULL;
    plan->follower_count = 0;
}

/* ---- loading ----------------------------------------------------------- */

typedef struct Follow {
    Sac_State *state;
    Sac_Instance *parent;
    Sac_LoadContext *context;
    bool fresh; /* the parent was made of this row */
} Follow;

/* Whether this result, which has not filled it yet, is to fill the relation.
 * -> 1, 0, or -1 with an exception. */
static int
wants(const Follow *self, const Sac_Follower *follower)
{
    Sac_Instance *parent = self->parent;
    if (self->context->populate_existing) {
        return 1;
    }
    if (Sac_InstancePeek(parent, follower->slot, follower->key) != NULL) {
        return 0;
    }
    return parent->changes == NULL
               ? 1
               : !PyDict_Contains(parent->changes, follower->key);
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

/* -> borrowed from the table: the collection that this result fills; NULL
 * without an exception: it is none of its business. */
static PyObject *
begin_collection(Follow *self, const Sac_Follower *follower)
{
    int wanted = wants(self, follower);
    if (wanted <= 0) {
        return NULL;
    }
    PyObject *parent = (PyObject *)self->parent;
    PyObject *made =
        Sac_CollectionNew((Sac_Attribute *)follower->attribute, parent);
    if (made == NULL) {
        return NULL;
    }
    if (Sac_RelatedBegin(&self->context->related, parent, follower, made) <
            0 ||
        Sac_InstanceStore(self->parent, follower->slot, follower->key,
                          Py_NewRef(made)) < 0) {
        Py_DECREF(made);
        return NULL;
    }
    Py_DECREF(made);
    return Sac_RelatedFind(self->context->related, parent, follower);
}

/* child: None for an empty collection. */
static int
follow_collection(Follow *self, const Sac_Follower *follower, PyObject *child)
{
    PyObject *parent = (PyObject *)self->parent;
    bool made = self->context->made;
    PyObject *collection =
        self->fresh
            ? NULL
            : Sac_RelatedFind(self->context->related, parent, follower);
    if (collection == NULL) {
        collection = begin_collection(self, follower);
        if (collection == NULL) {
            return PyErr_Occurred() ? -1 : 0;
        }
    }
    if (child == Py_None) {
        return 0;
    }
    int fresh =
        Sac_RelatedAdd(self->context->related, parent, follower, child, made);
    if (fresh <= 0) {
        return fresh;
    }
    Py_INCREF(collection);
    int rc = append(collection, child);
    Py_DECREF(collection);
    return rc;
}

static int
warn_repeated(const Follow *self, const Sac_Follower *follower)
{
    PyObject *category = PyDict_GetItemString(self->state->exc, "SAWarning");
    return PyErr_WarnFormat(
        category, 1,
        "Multiple rows returned with uselist=False for eagerly-loaded "
        "attribute '%U'",
        follower->name);
}

static int
follow_scalar(Follow *self, const Sac_Follower *follower, PyObject *child)
{
    PyObject *parent = (PyObject *)self->parent;
    Sac_LoadContext *context = self->context;
    bool noted = follower->name != NULL || context->populate_existing;
    if (!self->fresh) {
        PyObject *filled =
            noted ? Sac_RelatedFind(context->related, parent, follower) : NULL;
        if (filled != NULL) {
            return filled == child || follower->name == NULL
                       ? 0
                       : warn_repeated(self, follower);
        }
        int wanted = wants(self, follower);
        if (wanted <= 0) {
            return wanted;
        }
    }
    if (noted &&
        Sac_RelatedBegin(&context->related, parent, follower, child) < 0) {
        return -1;
    }
    return Sac_InstanceStore(self->parent, follower->slot, follower->key,
                             Py_NewRef(child));
}

int
Sac_FollowersLoad(Sac_State *state, const Sac_EntityPlan *plan,
                  Sac_Instance *parent, const sac_cell *cells,
                  Sac_LoadContext *context, bool fresh)
{
    Follow self = {state, parent, context, fresh};
    for (int i = 0; i < plan->follower_count; i++) {
        const Sac_Follower *follower = &plan->followers[i];
        PyObject *child =
            follower->plan == NULL
                ? Py_NewRef(Py_None)
                : Sac_EntityLoad(state, follower->plan, cells, context);
        if (child == NULL) {
            return -1;
        }
        int rc = follower->attribute != NULL
                     ? follow_collection(&self, follower, child)
                     : follow_scalar(&self, follower, child);
        Py_DECREF(child);
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}

/* -> new (memory, options) or, where instances know their cohort, (memory,
 * options, list of weak references to them). */
static PyObject *
new_memory(const Sac_EntityPlan *plan, const Sac_LoadContext *context)
{
    PyObject *memory = plan->memory == NULL ? Py_None : plan->memory;
    PyObject *options = context->options == NULL ? Py_None : context->options;
    if (!context->cohorts) {
        return PyTuple_Pack(2, memory, options);
    }
    PyObject *cohort = PyList_New(0);
    PyObject *made =
        cohort == NULL ? NULL : PyTuple_Pack(3, memory, options, cohort);
    Py_XDECREF(cohort);
    return made;
}

static int
join_cohort(PyObject *memory, Sac_Instance *instance)
{
    PyObject *reference = PyWeakref_NewRef((PyObject *)instance, NULL);
    int rc = reference == NULL
                 ? -1
                 : PyList_Append(PyTuple_GET_ITEM(memory, 2), reference);
    Py_XDECREF(reference);
    return rc;
}

/* -> borrowed: what instances of the plan note, or NULL. */
static PyObject *
memory_of(const Sac_EntityPlan *plan, Sac_LoadContext *context)
{
    if (context->remembered_by == plan) {
        return context->remembered;
    }
    if (context->memories == NULL) {
        context->memories = PyDict_New();
        if (context->memories == NULL) {
            return NULL;
        }
    }
    PyObject *key = (PyObject *)(uintptr_t)plan;
    PyObject *known = PyDict_GetItemWithError(context->memories, key);
    if (known == NULL && !PyErr_Occurred()) {
        PyObject *made = new_memory(plan, context);
        known = made == NULL ? NULL
                             : PyDict_SetDefault(context->memories, key, made);
        Py_XDECREF(made);
    }
    if (known != NULL) {
        context->remembered_by = plan;
        context->remembered = known;
    }
    return known;
}

int
Sac_FollowersRemember(const Sac_EntityPlan *plan, Sac_Instance *instance,
                      Sac_LoadContext *context)
{
    PyObject *known = memory_of(plan, context);
    if (known == NULL ||
        (context->cohorts && join_cohort(known, instance) < 0)) {
        return -1;
    }
    Py_XSETREF(instance->options, Py_NewRef(known));
    return 0;
}
