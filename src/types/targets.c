/* Targets: the columns and expressions that an item of a row is found by.
 *
 * With the GIL.  An item is found by the object that was selected and by what
 * looks like it: by its fingerprint.  Two aliases of one table look alike, and
 * each call makes new ones; so what has things of its own in it (an alias, a
 * subquery) is found by the fingerprint with their places in the statement,
 * which are the same in each statement of a shape.  Knows nothing of rows. */
#include "types/targets.h"

#include "types/node.h"

/* The node behind an object, which may be a mapped class.  -> new ref, or NULL, with an exception or
 * without. */
static PyObject *
node_of(Sac_State *state, PyObject *object)
{
    if (Sac_NodeCheck(state, object)) {
        return Py_NewRef(object);
    }
    PyObject *node = PyObject_GetAttr(object, state->str_entity_node);
    if (node == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
    }
    else if (node != NULL && !Sac_NodeCheck(state, node)) {
        Py_CLEAR(node);
    }
    return node;
}

/* -> the place of a thing, or -1. */
static Py_ssize_t
place_of(PyObject *things, const PyObject *thing)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(things); i++) {
        if (PyTuple_GET_ITEM(things, i) == thing) {
            return i;
        }
    }
    return -1;
}

/* The fingerprint with the places of the things in the node: they have the
 * same places in each statement of the shape.  -> new bytes; NULL: some thing
 * is not there, or with an exception. */
static PyObject *
placed_key(Sac_State *state, Sac_Node *node, PyObject *things)
{
    Sac_Walk walk;
    if (Sac_WalkInit(state, &walk, node) < 0) {
        return NULL;
    }
    sac_fingerprint print = node->print;
    bool known = true;
    for (size_t i = 0; i < walk.count && known; i++) {
        if (((Sac_Node *)walk.riders[i])->kind->ride == SAC_RIDE_NAME) {
            Py_ssize_t place = place_of(things, walk.riders[i]);
            known = place >= 0;
            sac_fingerprint_add(&print, (uint64_t)place + 1);
        }
    }
    Sac_WalkFini(&walk);
    return known
               ? PyBytes_FromStringAndSize((const char *)&print, sizeof(print))
               : NULL;
}

/* Expressions that look alike are found by one another: their fingerprint. */
static PyObject *
target_key(Sac_State *state, PyObject *object, PyObject *things)
{
    Sac_Node *node = (Sac_Node *)node_of(state, object);
    PyObject *key = NULL;
    if (node != NULL && Sac_NodeDigest(state, node) == 0 &&
        (node->flags & SAC_NODE_UNCACHED) == 0) {
        key = node->riders > 0 && things != NULL
                  ? placed_key(state, node, things)
                  : PyBytes_FromStringAndSize((const char *)&node->print,
                                              sizeof(node->print));
    }
    Py_XDECREF((PyObject *)node);
    return key;
}

typedef struct Targets {
    PyObject *targets; /* strong: what is made */
    PyObject *things;  /* borrowed: tuple of the riders of the statement, or
                          NULL */
    bool named;        /* some target is found by the places of things */
} Targets;

/* `number` of the item, or None where another item has the same key. */
static int
put_target(PyObject *targets, PyObject *key, PyObject *number)
{
    PyObject *known = PyDict_SetDefault(targets, key, number);
    if (known == NULL || known == number) {
        return known == NULL ? -1 : 0;
    }
    int same = PyObject_RichCompareBool(known, number, Py_EQ);
    return same != 0 ? (same < 0 ? -1 : 0)
                     : PyDict_SetItem(targets, key, Py_None);
}

/* Whether an object is found by the places of its things alone: it belongs to
 * the statement that the shape was made of, another one has others.
 * -> 1, 0 or -1. */
static int
is_placed(Sac_State *state, PyObject *object, PyObject *key)
{
    if (key == NULL) {
        return 0;
    }
    PyObject *plain = target_key(state, object, NULL);
    int same =
        plain == NULL ? -1 : PyObject_RichCompareBool(key, plain, Py_EQ);
    Py_XDECREF(plain);
    return same < 0 ? -1 : !same;
}

static int
add_target(Sac_State *state, Targets *all, PyObject *object, PyObject *number)
{
    PyObject *key = target_key(state, object, all->things);
    int placed = PyErr_Occurred() ? -1 : is_placed(state, object, key);
    int rc = placed < 0 ? -1 : 0;
    if (rc == 0 && key != NULL) {
        rc = put_target(all->targets, key, number);
    }
    if (rc == 0 && !placed) {
        rc = put_target(all->targets, object, number);
    }
    all->named |= placed > 0;
    Py_XDECREF(key);
    return rc;
}

static int
add_targets(Sac_State *state, Targets *all, PyObject *objects,
            PyObject *number)
{
    if (objects != Py_None && !PyTuple_Check(objects)) {
        PyErr_SetString(PyExc_TypeError, "targets of an item are a tuple");
        return -1;
    }
    Py_ssize_t count = objects == Py_None ? 0 : PyTuple_GET_SIZE(objects);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (add_target(state, all, PyTuple_GET_ITEM(objects, i), number) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Fills all->targets, a new dict, and all->named in.  -> 0 or -1. */
static int
make_targets(Sac_State *state, Targets *all, PyObject *given)
{
    all->targets = PyDict_New();
    int rc = all->targets == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(given); i++) {
        PyObject *number = PyLong_FromSsize_t(i);
        rc = number == NULL
                 ? -1
                 : add_targets(state, all, PyTuple_GET_ITEM(given, i), number);
        Py_XDECREF(number);
    }
    if (rc < 0) {
        Py_CLEAR(all->targets);
    }
    return rc;
}

int
Sac_TargetsAdd(Sac_State *state, Sac_Keys *keys, PyObject *given,
               PyObject *things)
{
    Targets all = {.things = things};
    if (make_targets(state, &all, given) < 0) {
        return -1;
    }
    keys->named = all.named;
    return Sac_KeysTarget(keys, all.targets, target_key);
}
