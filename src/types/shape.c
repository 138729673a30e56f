/* Shape, the compiled form of a statement, as Python makes it.
 *
 * With the GIL.  An execution only reads it.  The SQL of an "IN (...)" depends
 * on how long the list is: lists are padded to a few lengths, and the last
 * texts for them are kept, each with its plan.  Knows nothing of nodes,
 * parameters and rows; shape_new.c reads what Python says. */
#include "types/shape.h"

#include <string.h>
#include <structmember.h>

#include "base/memory.h"
#include "bridge/errors.h"
#include "types/text.h"

/* SQLite takes so many parameters where it was not told otherwise. */
enum { MAX_PARAMETERS = 32766, LARGEST_POWER = 16384, LARGE_STEP = 1024 };

/* ---- lengths of lists ------------------------------------------------- */

static Py_ssize_t
padded(Py_ssize_t count)
{
    if (count <= 4) {
        return count;
    }
    if (count > LARGEST_POWER) {
        Py_ssize_t round = (count + LARGE_STEP - 1) / LARGE_STEP * LARGE_STEP;
        return count <= MAX_PARAMETERS && round > MAX_PARAMETERS
                   ? MAX_PARAMETERS
                   : round;
    }
    Py_ssize_t power = 8;
    while (power < count) {
        power *= 2;
    }
    return power;
}

/* Not beyond what SQLite takes, where the lists as they are would do. */
static void
pad_counts(const Sac_Shape *shape, Py_ssize_t *counts)
{
    Py_ssize_t total = shape->count - shape->expansion_count;
    for (Py_ssize_t i = 0; i < shape->expansion_count; i++) {
        const Sac_Expansion *expansion = &shape->expansions[i];
        Py_ssize_t width = expansion->width > 0 ? expansion->width : 1;
        Py_ssize_t count = expansion->padded ? padded(counts[i]) : counts[i];
        if (count > PY_SSIZE_T_MAX / 4 / width - total) {
            return;
        }
        total += count * width;
    }
    if (total > MAX_PARAMETERS) {
        return;
    }
    for (Py_ssize_t i = 0; i < shape->expansion_count; i++) {
        if (shape->expansions[i].padded) {
            counts[i] = padded(counts[i]);
        }
    }
}

/* ---- SQL -------------------------------------------------------------- */

/* -> new str. */
static PyObject *
expanded(const Sac_Expansion *expansion, Py_ssize_t count)
{
    if (count == 0) {
        return Py_NewRef(expansion->empty);
    }
    PyObject *begin = PyUnicode_Concat(expansion->open, expansion->first);
    PyObject *others = PySequence_Repeat(expansion->next, count - 1);
    PyObject *whole = NULL;
    if (begin != NULL && others != NULL) {
        whole = PyUnicode_Concat(begin, others);
    }
    Py_XDECREF(begin);
    Py_XDECREF(others);
    return whole;
}

/* Appends; steals: text, may be NULL with an exception. */
static int
put_piece(PyObject *list, PyObject *text)
{
    int rc = text == NULL ? -1 : PyList_Append(list, text);
    Py_XDECREF(text);
    return rc;
}

PyObject *
Sac_ShapeSQL(const Sac_Shape *shape, const Py_ssize_t *counts)
{
    PyObject *list = PyList_New(0);
    PyObject *nothing = PyUnicode_New(0, 0);
    PyObject *sql = NULL;
    if (list == NULL || nothing == NULL) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(shape->pieces); i++) {
        if (PyList_Append(list, PyTuple_GET_ITEM(shape->pieces, i)) < 0) {
            goto done;
        }
        if (i == shape->expansion_count) {
            break;
        }
        const Sac_Expansion *expansion = &shape->expansions[i];
        PyObject *text =
            counts != NULL
                ? expanded(expansion, counts[i])
                : PyUnicode_FromFormat("__[POSTCOMPILE_%U]",
                                       shape->binds[expansion->bind].name);
        if (put_piece(list, text) < 0) {
            goto done;
        }
    }
    sql = PyUnicode_Join(nothing, list);
done:
    Py_XDECREF(list);
    Py_XDECREF(nothing);
    return sql;
}

/* ---- variants --------------------------------------------------------- */

static void
drop_plan(Sac_Variant *variant)
{
    sac_plan_release(variant->plan);
    variant->plan = NULL;
    variant->plans = NULL;
}

static bool
same_counts(const Sac_Shape *shape, const Sac_Variant *variant,
            const Py_ssize_t *counts)
{
    return variant->sql != NULL &&
           (shape->expansion_count == 0 ||
            memcmp(variant->counts, counts,
                   (size_t)shape->expansion_count * sizeof(*counts)) == 0);
}

/* -> borrowed: one for these counts, which replaces the oldest if need be. */
static Sac_Variant *
find_variant(Sac_Shape *shape, const Py_ssize_t *counts)
{
    Py_ssize_t space = Sac_ShapeSpace(shape);
    for (Py_ssize_t i = 0; i < space; i++) {
        Py_ssize_t at = (shape->last_variant + i) % space;
        if (same_counts(shape, &shape->variants[at], counts)) {
            shape->last_variant = at;
            return &shape->variants[at];
        }
    }
    PyObject *sql = Sac_ShapeSQL(shape, counts);
    if (sql == NULL) {
        return NULL;
    }
    /* They are filled from the end, so that the oldest comes round. */
    shape->last_variant = (shape->last_variant + space - 1) % space;
    Sac_Variant *variant = &shape->variants[shape->last_variant];
    drop_plan(variant);
    Py_XSETREF(variant->sql, sql);
    if (variant->counts != NULL) {
        memcpy(variant->counts, counts,
               (size_t)shape->expansion_count * sizeof(*counts));
    }
    return variant;
}

Sac_Variant *
Sac_ShapeVariant(Sac_State *state, Sac_Shape *shape, sac_engine *engine,
                 Py_ssize_t *counts)
{
    if (shape->expansion_count > 0) {
        pad_counts(shape, counts);
    }
    Sac_Variant *variant = find_variant(shape, counts);
    if (variant == NULL ||
        (variant->plan != NULL && variant->plans == engine->plans)) {
        return variant;
    }
    Py_ssize_t size;
    const char *utf8 = PyUnicode_AsUTF8AndSize(variant->sql, &size);
    if (utf8 == NULL || Sac_CheckSQL(state, variant->sql, utf8, size) < 0) {
        return NULL;
    }
    sac_plan *plan = sac_plans_get(engine->plans, utf8, (size_t)size);
    if (plan == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    drop_plan(variant);
    variant->plan = plan;
    variant->plans = engine->plans;
    return variant;
}

void
Sac_ShapesForgetPlans(Sac_State *state)
{
    sac_list *head = &state->live_shapes;
    for (sac_list *node = head->next; node != head; node = node->next) {
        Sac_Shape *shape = SAC_CONTAINER(node, Sac_Shape, live);
        for (Py_ssize_t i = 0; i < Sac_ShapeSpace(shape); i++) {
            drop_plan(&shape->variants[i]);
        }
    }
}

Sac_Decoder *
Sac_ShapeFit(Sac_Shape *shape, PyObject *names)
{
    if (shape->fitted_names != NULL) {
        int same = PyObject_RichCompareBool(shape->fitted_names, names, Py_EQ);
        if (same != 0) {
            return same < 0 ? NULL : shape->fitted;
        }
    }
    PyTypeObject *type = SAC_STATE(shape)->decoder_type;
    PyObject *decoder = PyObject_CallOneArg(shape->fit, names);
    if (decoder == NULL || !Py_IS_TYPE(decoder, type)) {
        if (decoder != NULL) {
            PyErr_Format(PyExc_TypeError, "fit gave no Decoder but %R",
                         decoder);
            Py_DECREF(decoder);
        }
        return NULL;
    }
    Py_XSETREF(shape->fitted, (Sac_Decoder *)decoder);
    Py_XSETREF(shape->fitted_names, Py_NewRef(names));
    return shape->fitted;
}

bool
Sac_ShapeCheck(Sac_State *state, PyObject *object)
{
    return Py_IS_TYPE(object, state->shape_type);
}

/* ---- the type --------------------------------------------------------- */

static int
shape_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Shape *self = (Sac_Shape *)op;
    Py_VISIT(Py_TYPE(op));
    for (Py_ssize_t i = 0; self->binds != NULL && i < self->count; i++) {
        Py_VISIT(self->binds[i].codec);
        Py_VISIT(self->binds[i].object);
    }
    Py_VISIT(self->decoder);
    Py_VISIT(self->fit);
    Py_VISIT(self->fitted);
    return 0;
}

static int
shape_clear(PyObject *op)
{
    Sac_Shape *self = (Sac_Shape *)op;
    for (Py_ssize_t i = 0; self->binds != NULL && i < self->count; i++) {
        Py_CLEAR(self->binds[i].codec);
        Py_CLEAR(self->binds[i].object);
    }
    return 0;
}

static void
free_variants(Sac_Shape *self)
{
    for (Py_ssize_t i = 0; self->variants != NULL && i < Sac_ShapeSpace(self);
         i++) {
        drop_plan(&self->variants[i]);
        Py_XDECREF(self->variants[i].sql);
        PyMem_Free(self->variants[i].counts);
    }
    PyMem_Free(self->variants);
}

static void
free_arrays(Sac_Shape *self)
{
    for (Py_ssize_t i = 0; self->binds != NULL && i < self->count; i++) {
        Py_XDECREF(self->binds[i].name);
        Py_XDECREF(self->binds[i].key);
    }
    PyMem_Free(self->binds);
    for (Py_ssize_t i = 0; i < self->expansion_count; i++) {
        Py_XDECREF(self->expansions[i].open);
        Py_XDECREF(self->expansions[i].first);
        Py_XDECREF(self->expansions[i].next);
        Py_XDECREF(self->expansions[i].empty);
    }
    PyMem_Free(self->expansions);
    PyMem_Free(self->primary);
}

static void
shape_dealloc(PyObject *op)
{
    Sac_Shape *self = (Sac_Shape *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    sac_list_remove(&self->live);
    (void)shape_clear(op);
    free_variants(self);
    free_arrays(self);
    Py_XDECREF(self->pieces);
    Py_XDECREF(self->sql);
    Py_XDECREF(self->decoder);
    Py_XDECREF(self->fit);
    Py_XDECREF(self->fitted_names);
    Py_XDECREF(self->fitted);
    Py_XDECREF(self->primary_keys);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMemberDef shape_members[] = {
    {"sql", T_OBJECT, offsetof(Sac_Shape, sql), READONLY,
     "The SQL, with the names of lists where they stand."},
    {"decoder", T_OBJECT, offsetof(Sac_Shape, decoder), READONLY,
     "The Decoder of its rows, or None."},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(
    shape_doc,
    "Shape(sql, binds, kind='other', decoder=None, expansions=(),\n"
    "      primary_key=None, implicit=False, returning=False, textual=False,\n"
    "      fit=None)\n--\n\n"
    "What statements with one fingerprint need to run. Private.\n\n"
    "Args:\n"
    "    sql: Tuple of str: the SQL in pieces, around the expansions.\n"
    "    binds: Tuple of (name, key, codec, source, object), one for each\n"
    "        parameter or list in the order of the SQL. key: its name in the\n"
    "        parameters of execute(), or None. source and object: 'rider' and\n"
    "        'called' (index of the rider with the value, or with a function\n"
    "        of no argument), 'given' (None), 'constant' (the value), 'call'\n"
    "        (a function), 'context' (a function of the dict of the other\n"
    "        values).\n"
    "    kind: 'select', 'insert', 'update', 'delete' or 'other'.\n"
    "    decoder: A Decoder, or None for plain values.\n"
    "    expansions: Tuple of (bind, width, padded, open, first, next, empty):\n"
    "        which bind is a list, of tuples of that width if not 0, whether\n"
    "        its last value may be repeated, and the SQL that is written.\n"
    "    primary_key: (names, sources) of an INSERT, a source being None,\n"
    "        'rowid', ('bind', index) or ('cell', index of the item).\n"
    "    implicit: The row that it returns is not for the user.\n"
    "    returning: It is an INSERT, UPDATE or DELETE that returns rows.\n"
    "    textual: Some columns are text: their names are what SQLite says, and\n"
    "        the decoder counts only if there are as many as it expects.\n"
    "    fit: Function from the tuple of the names of the columns, as SQLite\n"
    "        says them, to the Decoder, which counts instead of the other.");

static PyType_Slot shape_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)shape_doc},
    {Py_tp_new, Sac_ShapeNew},
    {Py_tp_traverse, shape_traverse},
    {Py_tp_clear, shape_clear},
    {Py_tp_dealloc, shape_dealloc},
    {Py_tp_members, shape_members},
    {0, NULL},
};

static PyType_Spec shape_spec = {
    .name = "sqlactive_c._core.Shape",
    .basicsize = sizeof(Sac_Shape),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = shape_slots,
};

int
Sac_RegisterShape(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &shape_spec, &state->shape_type, 1);
}
