/* Column names: made once a result, shared by every row of it.
 *
 * Runs with the GIL.  The object doubles as what Result.keys() and
 * RowMapping.keys() give: an ordered, set-like, immutable view of names.  What
 * it refers to does not refer to results and rows, so the collector does not
 * see it.  It knows names, targets and positions, nothing of the values below
 * them. */
#include "bridge/keys.h"

#include <string.h>

#include "bridge/compat.h"
#include "bridge/errors.h"

static Sac_Keys *
keys_new(Sac_State *state, PyObject *names /* steals */)
{
    Sac_Keys *self = PyObject_New(Sac_Keys, state->keys_type);
    if (self == NULL) {
        Py_DECREF(names);
        return NULL;
    }
    self->names = names;
    self->index = NULL;
    self->targets = NULL;
    self->target_key = NULL;
    self->things = NULL;
    self->named = false;
    self->base = NULL;
    self->picks = NULL;
    self->columns = NULL;
    self->last_wins = false;
    self->objects = true;
    return self;
}

/* The names of the statements that ran last, each at a place that follows from
 * the address of its columns: the keys hold them, so an address that is the
 * same is the same object. */
enum { RECENT = 16 };

static size_t
recent_place(const sac_columns *columns)
{
    uintptr_t address = (uintptr_t)columns;
    return (address >> 5 ^ address >> 9) % RECENT;
}

/* -> borrowed, or NULL. */
static Sac_Keys *
find_recent(Sac_State *state, const sac_columns *columns)
{
    if (state->recent_keys == NULL) {
        return NULL;
    }
    PyObject *kept =
        PyList_GET_ITEM(state->recent_keys, (Py_ssize_t)recent_place(columns));
    if (kept == Py_None || ((Sac_Keys *)kept)->columns != columns) {
        return NULL;
    }
    return (Sac_Keys *)kept;
}

/* Without memory, they are not kept. */
static void
keep_recent(Sac_State *state, Sac_Keys *keys)
{
    if (state->recent_keys == NULL) {
        state->recent_keys = PyList_New(RECENT);
        if (state->recent_keys == NULL) {
            PyErr_Clear();
            return;
        }
        for (Py_ssize_t i = 0; i < RECENT; i++) {
            PyList_SET_ITEM(state->recent_keys, i, Py_NewRef(Py_None));
        }
    }
    PyList_SetItem(state->recent_keys, (Py_ssize_t)recent_place(keys->columns),
                   Py_NewRef((PyObject *)keys));
}

void
Sac_KeysForget(Sac_State *state)
{
    Py_CLEAR(state->recent_keys);
}

static Sac_Keys *
read_columns(Sac_State *state, sac_columns *columns)
{
    int count = sac_columns_count(columns);
    PyObject *names = PyTuple_New(count);
    if (names == NULL) {
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        const char *text = sac_columns_name(columns, i);
        /* A schema can be damaged; that must not hide the rows. */
        PyObject *name =
            PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
        if (name == NULL) {
            Py_DECREF(names);
            return NULL;
        }
        Sac_InternName(&name);
        PyTuple_SET_ITEM(names, i, name);
    }
    Sac_Keys *self = keys_new(state, names);
    if (self != NULL) {
        self->columns = sac_columns_retain(columns);
        self->last_wins = true;
        self->objects = false;
    }
    return self;
}

Sac_Keys *
Sac_KeysFromColumns(Sac_State *state, sac_columns *columns)
{
    Sac_Keys *keys = find_recent(state, columns);
    if (keys != NULL) {
        return (Sac_Keys *)Py_NewRef((PyObject *)keys);
    }
    keys = read_columns(state, columns);
    if (keys != NULL) {
        keep_recent(state, keys);
    }
    return keys;
}

Sac_Keys *
Sac_KeysFromNames(Sac_State *state, PyObject *names)
{
    return keys_new(state, Py_NewRef(names));
}

Sac_Keys *
Sac_KeysPick(Sac_State *state, Sac_Keys *keys, const Py_ssize_t *picks,
             Py_ssize_t count)
{
    PyObject *names = PyTuple_New(count);
    if (names == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *name = PyTuple_GET_ITEM(keys->names, picks[i]);
        PyTuple_SET_ITEM(names, i, Py_NewRef(name));
    }
    Sac_Keys *self = keys_new(state, names);
    if (self == NULL) {
        return NULL;
    }
    self->last_wins = keys->last_wins;
    self->objects = keys->objects;
    if (keys->targets != NULL || keys->base != NULL) {
        self->picks = PyMem_New(Py_ssize_t, (size_t)count);
        if (self->picks == NULL) {
            Py_DECREF(self);
            PyErr_NoMemory();
            return NULL;
        }
        memcpy(self->picks, picks, (size_t)count * sizeof(*picks));
        self->base = (Sac_Keys *)Py_NewRef((PyObject *)keys);
    }
    return self;
}

int
Sac_KeysTarget(Sac_Keys *keys, PyObject *targets, Sac_TargetKey key)
{
    Py_XSETREF(keys->targets, targets);
    keys->target_key = key;
    return targets == NULL ? -1 : 0;
}

static int
make_index(Sac_Keys *self)
{
    PyObject *index = PyDict_New();
    if (index == NULL) {
        return -1;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(self->names);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *name = PyTuple_GET_ITEM(self->names, i);
        int known = self->last_wins ? 0 : PyDict_Contains(index, name);
        PyObject *at = known > 0    ? Py_NewRef(Py_None)
                       : known == 0 ? PyLong_FromSsize_t(i)
                                    : NULL;
        int failed = at == NULL || PyDict_SetItem(index, name, at) < 0;
        Py_XDECREF(at);
        if (failed) {
            Py_DECREF(index);
            return -1;
        }
    }
    self->index = index;
    return 0;
}

Sac_Keys *
Sac_KeysOf(Sac_State *state, Sac_Keys *keys, PyObject *things)
{
    if (keys->index == NULL && make_index(keys) < 0) {
        return NULL; /* made once for all of them */
    }
    Sac_Keys *self = keys_new(state, Py_NewRef(keys->names));
    if (self != NULL) {
        self->index = Py_NewRef(keys->index);
        self->targets = Py_XNewRef(keys->targets);
        self->target_key = keys->target_key;
        self->things = Py_NewRef(things);
        self->last_wins = keys->last_wins;
        self->named = keys->named;
        self->objects = keys->objects;
    }
    return self;
}

/* What cannot be hashed is no target. */
static PyObject *
get_target(PyObject *targets, PyObject *object)
{
    PyObject *found = PyDict_GetItemWithError(targets, object);
    if (found == NULL && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
    }
    return found;
}

/* -> borrowed from the targets, or NULL, with an exception or without. */
static PyObject *
look_up_target(Sac_Keys *self, PyObject *object)
{
    PyObject *found = get_target(self->targets, object);
    if ((found != NULL && found != Py_None) || PyErr_Occurred()) {
        return found;
    }
    PyObject *key = self->target_key(SAC_STATE(self), object, self->things);
    if (key != NULL) {
        PyObject *other = get_target(self->targets, key);
        found = other != NULL ? other : found;
        Py_DECREF(key);
    }
    return PyErr_Occurred() ? NULL : found;
}

/* -> borrowed, or NULL, with an exception or without. */
static PyObject *
look_up(Sac_Keys *self, PyObject *name)
{
    if (!PyUnicode_Check(name)) {
        return self->targets != NULL ? look_up_target(self, name) : NULL;
    }
    if (self->index == NULL && make_index(self) < 0) {
        return NULL;
    }
    PyObject *found = PyDict_GetItemWithError(self->index, name);
    if (found == NULL && self->targets != NULL && !PyErr_Occurred()) {
        found = get_target(self->targets, name); /* another name of it */
    }
    return found;
}

/* Of those that were picked, the one that `name` stands for in the whole.
 * -> as Sac_KeysFind(). */
static int
find_picked(Sac_Keys *keys, PyObject *name, Py_ssize_t *at)
{
    Py_ssize_t whole;
    int found = Sac_KeysFind(keys->base, name, &whole);
    if (found <= 0) {
        return found;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keys->names); i++) {
        if (keys->picks[i] == whole) {
            *at = i;
            return 1;
        }
    }
    return 0;
}

int
Sac_KeysFind(Sac_Keys *keys, PyObject *name, Py_ssize_t *at)
{
    PyObject *found = look_up(keys, name);
    if (found == NULL && keys->base != NULL && !PyErr_Occurred()) {
        return find_picked(keys, name, at);
    }
    if (found == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (found == Py_None) {
        Sac_RaiseNamed(SAC_STATE(keys), "InvalidRequestError",
                       "The column name %R is ambiguous: several columns "
                       "of the result have it",
                       name);
        return -1;
    }
    *at = PyLong_AsSsize_t(found);
    return 1;
}

int
Sac_KeysHas(Sac_Keys *keys, PyObject *name)
{
    Py_ssize_t at;
    if (look_up(keys, name) != NULL) {
        return 1;
    }
    if (PyErr_Occurred()) {
        return -1;
    }
    return keys->base != NULL ? find_picked(keys, name, &at) : 0;
}

/* The view that Python sees. */

static void
keys_dealloc(PyObject *op)
{
    Sac_Keys *self = (Sac_Keys *)op;
    PyTypeObject *type = Py_TYPE(op);
    Py_XDECREF(self->names);
    Py_XDECREF(self->index);
    Py_XDECREF(self->targets);
    Py_XDECREF(self->things);
    Py_XDECREF(self->base);
    PyMem_Free(self->picks);
    sac_columns_release(self->columns);
    PyObject_Free(self);
    Py_DECREF(type);
}

static Py_ssize_t
keys_length(PyObject *op)
{
    return PyTuple_GET_SIZE(((Sac_Keys *)op)->names);
}

static int
keys_contains(PyObject *op, PyObject *name)
{
    return Sac_KeysHas((Sac_Keys *)op, name);
}

static PyObject *
keys_iter(PyObject *op)
{
    return PyObject_GetIter(((Sac_Keys *)op)->names);
}

static PyObject *
keys_repr(PyObject *op)
{
    PyObject *list = PySequence_List(((Sac_Keys *)op)->names);
    if (list == NULL) {
        return NULL;
    }
    PyObject *repr = PyUnicode_FromFormat("ResultKeys(%R)", list);
    Py_DECREF(list);
    return repr;
}

/* Equal to a list or tuple of the same names in the same order; compared
 * with sets and other views of keys it is a set. */
static PyObject *
keys_richcompare(PyObject *op, PyObject *other, int compare)
{
    bool equality = compare == Py_EQ || compare == Py_NE;
    PyObject *(*convert)(PyObject *) = PySet_New;
    if (equality && (PyList_Check(other) || PyTuple_Check(other) ||
                     Py_IS_TYPE(other, Py_TYPE(op)))) {
        convert = PySequence_Tuple;
    }
    else if (!PyAnySet_Check(other) && !PyDictKeys_Check(other) &&
             !Py_IS_TYPE(other, Py_TYPE(op))) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    PyObject *mine = convert(op);
    PyObject *theirs = convert(other);
    PyObject *result = NULL;
    if (mine != NULL && theirs != NULL) {
        result = PyObject_RichCompare(mine, theirs, compare);
    }
    Py_XDECREF(mine);
    Py_XDECREF(theirs);
    return result;
}

static PyObject *
as_sets(PyObject *left, PyObject *right, binaryfunc operation)
{
    PyObject *a = PySet_New(left);
    PyObject *b = PySet_New(right);
    PyObject *result = NULL;
    if (a != NULL && b != NULL) {
        result = operation(a, b);
    }
    Py_XDECREF(a);
    Py_XDECREF(b);
    return result;
}

static PyObject *
keys_and(PyObject *left, PyObject *right)
{
    return as_sets(left, right, PyNumber_And);
}

static PyObject *
keys_or(PyObject *left, PyObject *right)
{
    return as_sets(left, right, PyNumber_Or);
}

static PyObject *
keys_xor(PyObject *left, PyObject *right)
{
    return as_sets(left, right, PyNumber_Xor);
}

static PyObject *
keys_subtract(PyObject *left, PyObject *right)
{
    return as_sets(left, right, PyNumber_Subtract);
}

static PyObject *
keys_isdisjoint(PyObject *op, PyObject *other)
{
    PyObject *common = keys_and(op, other);
    if (common == NULL) {
        return NULL;
    }
    PyObject *result = PyBool_FromLong(PySet_GET_SIZE(common) == 0);
    Py_DECREF(common);
    return result;
}

static PyObject *
keys_reduce(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    Sac_Keys *self = (Sac_Keys *)op;
    PyObject *module = PyType_GetModule(Py_TYPE(op));
    PyObject *restore = PyObject_GetAttrString(module, "_restore_keys");
    if (restore == NULL) {
        return NULL;
    }
    return Py_BuildValue("N(OO)", restore, self->names,
                         self->last_wins ? Py_True : Py_False);
}

/* What was pickled may hold anything: the rows are seen by the collector. */
static PyObject *
restore_keys(PyObject *module, PyObject *args)
{
    PyObject *names;
    int last_wins;
    if (!PyArg_ParseTuple(args, "O!p:_restore_keys", &PyTuple_Type, &names,
                          &last_wins)) {
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(names);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!PyUnicode_Check(PyTuple_GET_ITEM(names, i))) {
            PyErr_SetString(PyExc_TypeError, "column names must be str");
            return NULL;
        }
    }
    Sac_Keys *self = Sac_KeysFromNames(Sac_StateOfModule(module), names);
    if (self != NULL) {
        self->last_wins = last_wins != 0;
    }
    return (PyObject *)self;
}

static PyMethodDef keys_methods[] = {
    {"isdisjoint", keys_isdisjoint, METH_O,
     PyDoc_STR("isdisjoint($self, other, /)\n--\n\n"
               "Tell whether no name is in the iterable `other`.")},
    {"__reduce__", keys_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static char keys_doc[] = "The column names of a result, in order: a set-like "
                         "view, equal to a list of\nthe same names.";

static PyType_Slot keys_slots[] = {
    {Py_tp_dealloc, keys_dealloc},
    {Py_tp_doc, keys_doc},
    {Py_tp_repr, keys_repr},
    {Py_tp_iter, keys_iter},
    {Py_tp_richcompare, keys_richcompare},
    {Py_tp_hash, PyObject_HashNotImplemented},
    {Py_tp_methods, keys_methods},
    {Py_sq_length, keys_length},
    {Py_sq_contains, keys_contains},
    {Py_nb_and, keys_and},
    {Py_nb_or, keys_or},
    {Py_nb_xor, keys_xor},
    {Py_nb_subtract, keys_subtract},
    {0, NULL},
};

static PyType_Spec keys_spec = {
    .name = "sqlactive_c._core.ResultKeys",
    .basicsize = sizeof(Sac_Keys),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = keys_slots,
};

static PyMethodDef module_functions[] = {
    {"_restore_keys", restore_keys, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

int
Sac_RegisterKeys(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (PyModule_AddFunctions(module, module_functions) < 0) {
        return -1;
    }
    return Sac_AddType(module, &keys_spec, &state->keys_type, 1);
}
