/* Fingerprints of nodes, and the riders beside them.
 *
 * With the GIL.  A fingerprint is computed when it is first asked for and
 * kept by the node; parts never change, so it never gets stale.  What is
 * neither a node nor a plain value of Python counts as the thing it is: it
 * gets a number when it is first met and keeps it (state->static_ids), or,
 * where it has a `static_key` like the column types, as that key; a key of
 * None means that nothing with it can be cached.  A walk runs no Python. */
#include "base/memory.h"
#include "types/node.h"

/* What a part is, so that no two kinds of parts run together. */
enum {
    TAG_NONE = 1,
    TAG_FALSE,
    TAG_TRUE,
    TAG_INT,
    TAG_FLOAT,
    TAG_STR,
    TAG_NODE,
    TAG_TUPLE,
    TAG_STATIC,
    TAG_VALUE,
    TAG_REPEATED,
};

typedef struct Digest {
    Sac_State *state;
    sac_fingerprint print;
    uint64_t riders;
    bool cached;
} Digest;

static int add_part(Digest *digest, PyObject *part);

/* ---- things with a number ---------------------------------------------- */

static int
add_static(Digest *digest, PyObject *object)
{
    Sac_State *state = digest->state;
    PyObject *known = PyDict_GetItemWithError(state->static_ids, object);
    if (known == NULL) {
        if (PyErr_Occurred()) {
            if (!PyErr_ExceptionMatches(PyExc_TypeError)) {
                return -1;
            }
            PyErr_Clear(); /* not hashable: a thing without a number */
            digest->cached = false;
            return 0;
        }
        known = PyLong_FromUnsignedLongLong(++state->last_identity);
        if (known == NULL ||
            PyDict_SetItem(state->static_ids, object, known) < 0) {
            Py_XDECREF(known);
            return -1;
        }
        Py_DECREF(known); /* the dict keeps it */
    }
    sac_fingerprint_add(&digest->print, TAG_STATIC);
    sac_fingerprint_add(&digest->print, PyLong_AsUnsignedLongLong(known));
    return 0;
}

static int
add_object(Digest *digest, PyObject *object)
{
    if (PyType_Check(object) || PyCallable_Check(object)) {
        return add_static(digest, object);
    }
    PyObject *key = PyObject_GetAttr(object, digest->state->str_static_key);
    if (key == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
            return -1;
        }
        PyErr_Clear();
        return add_static(digest, object);
    }
    int rc = 0;
    if (key == Py_None) {
        digest->cached = false;
    }
    else {
        rc = add_static(digest, key);
    }
    Py_DECREF(key);
    return rc;
}

/* ---- plain parts ------------------------------------------------------- */

static int
add_int(Digest *digest, PyObject *object)
{
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow != 0) {
        return add_static(digest, object);
    }
    if (value == -1 && PyErr_Occurred()) {
        return -1;
    }
    sac_fingerprint_add(&digest->print, TAG_INT);
    sac_fingerprint_add(&digest->print, (uint64_t)value);
    return 0;
}

static int
add_str(Digest *digest, PyObject *object)
{
    sac_fingerprint_add(&digest->print, TAG_STR);
    sac_fingerprint_add(&digest->print, (uint64_t)PyUnicode_KIND(object));
    sac_fingerprint_add_bytes(&digest->print, PyUnicode_DATA(object),
                              (size_t)PyUnicode_GET_LENGTH(object) *
                                  (size_t)PyUnicode_KIND(object));
    return 0;
}

static int
add_float(Digest *digest, PyObject *object)
{
    double value = PyFloat_AS_DOUBLE(object);
    uint64_t word;
    memcpy(&word, &value, sizeof(word));
    sac_fingerprint_add(&digest->print, TAG_FLOAT);
    sac_fingerprint_add(&digest->print, word);
    return 0;
}

static int
add_tuple(Digest *digest, PyObject *tuple)
{
    Py_ssize_t count = PyTuple_GET_SIZE(tuple);
    sac_fingerprint_add(&digest->print, TAG_TUPLE);
    sac_fingerprint_add(&digest->print, (uint64_t)count);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (add_part(digest, PyTuple_GET_ITEM(tuple, i)) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
add_node(Digest *digest, Sac_Node *node)
{
    if (Sac_NodeDigest(digest->state, node) < 0) {
        return -1;
    }
    sac_fingerprint_add(&digest->print, TAG_NODE);
    sac_fingerprint_add(&digest->print, node->print.low);
    sac_fingerprint_add(&digest->print, node->print.high);
    digest->riders += node->riders;
    if (node->flags & SAC_NODE_UNCACHED) {
        digest->cached = false;
    }
    return 0;
}

static int
add_part(Digest *digest, PyObject *part)
{
    if (part == Py_None) {
        sac_fingerprint_add(&digest->print, TAG_NONE);
        return 0;
    }
    if (PyUnicode_CheckExact(part)) {
        return add_str(digest, part);
    }
    if (PyTuple_CheckExact(part)) {
        return add_tuple(digest, part);
    }
    if (PyBool_Check(part)) {
        sac_fingerprint_add(&digest->print,
                            part == Py_True ? TAG_TRUE : TAG_FALSE);
        return 0;
    }
    if (PyLong_CheckExact(part)) {
        return add_int(digest, part);
    }
    if (PyFloat_CheckExact(part)) {
        return add_float(digest, part);
    }
    if (Sac_NodeCheck(digest->state, part)) {
        return add_node(digest, (Sac_Node *)part);
    }
    return add_object(digest, part);
}

/* ---- a node ------------------------------------------------------------ */

static int
digest_parts(Sac_State *state, Sac_Node *node)
{
    const Sac_Kind *kind = node->kind;
    Digest digest = {.state = state, .cached = true};
    sac_fingerprint_add(&digest.print, kind->id);
    Py_ssize_t count = PyTuple_GET_SIZE(node->parts);
    for (Py_ssize_t i = 0; i < count; i++) {
        if ((kind->skipped >> i & 1) == 0 &&
            add_part(&digest, PyTuple_GET_ITEM(node->parts, i)) < 0) {
            return -1;
        }
    }
    digest.riders += kind->ride != SAC_RIDE_NONE;
    if (digest.riders > UINT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "the statement is too large");
        return -1;
    }
    node->print = digest.print;
    node->riders = (uint32_t)digest.riders;
    node->flags |= SAC_NODE_DIGESTED;
    if (!digest.cached) {
        node->flags |= SAC_NODE_UNCACHED;
    }
    return 0;
}

int
Sac_NodeDigest(Sac_State *state, Sac_Node *node)
{
    if (node->flags & SAC_NODE_DIGESTED) {
        return 0;
    }
    if (Py_EnterRecursiveCall(" in an SQL expression")) {
        return -1;
    }
    int rc = digest_parts(state, node);
    Py_LeaveRecursiveCall();
    return rc;
}

/* ---- a walk ------------------------------------------------------------ */

static int walk_part(Sac_State *state, Sac_Walk *walk, PyObject *part);

static int
grow(Sac_Walk *walk)
{
    size_t space = walk->space * 2;
    bool first = walk->riders == walk->inline_riders;
    PyObject **riders =
        sac_realloc(first ? NULL : walk->riders, space * sizeof(*riders));
    if (riders == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (first) {
        memcpy(riders, walk->inline_riders, sizeof(walk->inline_riders));
    }
    walk->riders = riders;
    walk->space = space;
    return 0;
}

/* -> 1 met for the first time, 0 met before, -1 without memory. */
static int
meet(Sac_Walk *walk, Sac_Node *node)
{
    if (walk->count == walk->space && grow(walk) < 0) {
        return -1;
    }
    bool known = node->walk == walk->serial;
    if (known) {
        sac_fingerprint_add(&walk->print, TAG_REPEATED);
        sac_fingerprint_add(&walk->print, walk->count);
        sac_fingerprint_add(&walk->print, node->place);
    }
    else {
        node->walk = walk->serial;
        node->place = (uint32_t)walk->count;
    }
    walk->riders[walk->count++] = (PyObject *)node;
    return !known;
}

static int
walk_node(Sac_State *state, Sac_Walk *walk, Sac_Node *node)
{
    if (node->riders == 0) {
        return 0;
    }
    if (node->kind->ride != SAC_RIDE_NONE) {
        int first = meet(walk, node);
        if (first <= 0 || node->kind->ride == SAC_RIDE_VALUE) {
            return first < 0 ? -1 : 0;
        }
    }
    if (Py_EnterRecursiveCall(" in an SQL expression")) {
        return -1;
    }
    int rc = 0;
    Py_ssize_t count = PyTuple_GET_SIZE(node->parts);
    for (Py_ssize_t i = 0; i < count && rc == 0; i++) {
        if ((node->kind->skipped >> i & 1) == 0) {
            rc = walk_part(state, walk, PyTuple_GET_ITEM(node->parts, i));
        }
    }
    Py_LeaveRecursiveCall();
    return rc;
}

static int
walk_part(Sac_State *state, Sac_Walk *walk, PyObject *part)
{
    if (part == Py_None || PyUnicode_CheckExact(part)) {
        return 0; /* most parts: they need no look at their type's bases */
    }
    if (PyTuple_CheckExact(part)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(part); i++) {
            if (walk_part(state, walk, PyTuple_GET_ITEM(part, i)) < 0) {
                return -1;
            }
        }
        return 0;
    }
    if (Sac_NodeCheck(state, part)) {
        return walk_node(state, walk, (Sac_Node *)part);
    }
    return 0;
}

int
Sac_WalkInit(Sac_State *state, Sac_Walk *walk, Sac_Node *root)
{
    if (Sac_NodeDigest(state, root) < 0) {
        return -1;
    }
    walk->print = root->print;
    walk->cached = (root->flags & SAC_NODE_UNCACHED) == 0;
    walk->riders = walk->inline_riders;
    walk->count = 0;
    walk->space = sizeof(walk->inline_riders) / sizeof(PyObject *);
    walk->serial = ++state->last_walk;
    if (walk_node(state, walk, root) < 0) {
        Sac_WalkFini(walk);
        return -1;
    }
    return 0;
}

void
Sac_WalkFini(Sac_Walk *walk)
{
    if (walk->riders != walk->inline_riders) {
        sac_free(walk->riders);
    }
    walk->riders = walk->inline_riders;
}

PyObject *
Sac_WalkThings(const Sac_Walk *walk)
{
    PyObject *things = PyTuple_New((Py_ssize_t)walk->count);
    for (size_t i = 0; things != NULL && i < walk->count; i++) {
        PyObject *rider = walk->riders[i];
        bool named = ((Sac_Node *)rider)->kind->ride == SAC_RIDE_NAME;
        PyTuple_SET_ITEM(things, (Py_ssize_t)i,
                         Py_NewRef(named ? rider : Py_None));
    }
    return things;
}
