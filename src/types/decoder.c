/* Decoder: from the cells of a row to its items, for one shape.
 *
 * With the GIL.  Made by Python once a shape; results share it.  Decoding can
 * run Python code (types of the user's, events of instances): whoever calls
 * keeps the cells alive and in place meanwhile.  Knows nothing of results. */
#include "types/decoder.h"

#include <structmember.h>

#include "bridge/codecs.h"
#include "bridge/errors.h"
#include "bridge/values.h"
#include "types/hydrate.h"
#include "types/node.h"
#include "types/notes.h"
#include "types/related.h"
#include "types/targets.h"

/* ---- decoding --------------------------------------------------------- */

static PyObject *
decode_bundle(Sac_State *state, const Sac_Item *item, const sac_cell *cells,
              Sac_LoadContext *context)
{
    PyObject *items = PyTuple_New(item->count);
    for (int i = 0; items != NULL && i < item->count; i++) {
        PyObject *made =
            Sac_DecodeItem(state, &item->items[i], cells, context);
        if (made == NULL) {
            Py_CLEAR(items);
            break;
        }
        PyTuple_SET_ITEM(items, i, made);
    }
    if (items == NULL) {
        return NULL;
    }
    PyObject *bundle = PyObject_CallObject(item->object, items);
    Py_DECREF(items);
    return bundle;
}

PyObject *
Sac_DecodeItem(Sac_State *state, const Sac_Item *item, const sac_cell *cells,
               Sac_LoadContext *context)
{
    switch (item->kind) {
    case SAC_ITEM_CELL:
        return item->object == NULL
                   ? Sac_ObjectFromCell(state, &cells[item->at])
                   : Sac_CodecDecode(state, item->object, &cells[item->at]);
    case SAC_ITEM_ENTITY:
        return Sac_EntityLoad(state, item->object, cells, context);
    case SAC_ITEM_BUNDLE:
        return decode_bundle(state, item, cells, context);
    }
    PyErr_SetString(PyExc_SystemError, "an item of no known kind");
    return NULL;
}

void
Sac_LoadContextClear(Sac_LoadContext *context)
{
    struct Sac_Related *related = context->related;
    context->related = NULL;
    Sac_RelatedFree(related);
    struct Sac_Work *work = context->work;
    context->work = NULL;
    Sac_WorkFree(work);
    context->remembered_by = NULL;
    Py_CLEAR(context->memories);
}

/* ---- making ----------------------------------------------------------- */

static int read_items(Sac_Decoder *self, PyObject *given, Sac_Item **items,
                      int *count);

/* A Codec or None. */
static int
read_cell(Sac_Decoder *self, Sac_Item *item, PyObject *codec, Py_ssize_t at)
{
    if (at < 0 || at > INT_MAX - 1) {
        PyErr_SetString(PyExc_ValueError, "no such cell");
        return -1;
    }
    item->kind = SAC_ITEM_CELL;
    item->at = (int)at;
    item->object = codec == Py_None ? NULL : Py_NewRef(codec);
    if (item->at >= self->cells) {
        self->cells = item->at + 1;
    }
    return 0;
}

/* (place, Codec or None), or (function, items) */
static int
read_pair(Sac_State *state, Sac_Decoder *self, Sac_Item *item, PyObject *first,
          PyObject *second)
{
    if (PyLong_Check(first)) {
        if (second != Py_None && !Sac_CodecCheck(state, second)) {
            PyErr_SetString(PyExc_TypeError, "a cell has a Codec or None");
            return -1;
        }
        Py_ssize_t at = PyLong_AsSsize_t(first);
        return at == -1 && PyErr_Occurred()
                   ? -1
                   : read_cell(self, item, second, at);
    }
    if (!PyCallable_Check(first) || !PyTuple_Check(second)) {
        PyErr_SetString(PyExc_TypeError, "a bundle is (function, items)");
        return -1;
    }
    item->kind = SAC_ITEM_BUNDLE;
    item->object = Py_NewRef(first);
    return read_items(self, second, &item->items, &item->count);
}

static int
read_item(Sac_Decoder *self, Sac_Item *item, PyObject *given, Py_ssize_t at)
{
    Sac_State *state = SAC_STATE(self);
    if (given == Py_None || Sac_CodecCheck(state, given)) {
        return read_cell(self, item, given, at);
    }
    if (PyTuple_Check(given) && PyTuple_GET_SIZE(given) == 2) {
        return read_pair(state, self, item, PyTuple_GET_ITEM(given, 0),
                         PyTuple_GET_ITEM(given, 1));
    }
    if (!Sac_EntityPlanCheck(state, given)) {
        PyErr_Format(PyExc_TypeError, "an item cannot be %R", given);
        return -1;
    }
    const Sac_EntityPlan *plan = (Sac_EntityPlan *)given;
    item->kind = SAC_ITEM_ENTITY;
    item->object = Py_NewRef(given);
    self->entities = true;
    self->collections |= plan->collections;
    self->remembers |= plan->remembers;
    self->noted |= plan->noted;
    if (plan->cells > self->cells) {
        self->cells = plan->cells;
    }
    return 0;
}

static int
read_items(Sac_Decoder *self, PyObject *given, Sac_Item **items, int *count)
{
    Py_ssize_t size = PyTuple_GET_SIZE(given);
    if (size > INT_MAX - 1) {
        PyErr_SetString(PyExc_OverflowError, "too many items");
        return -1;
    }
    *items = PyMem_Calloc((size_t)size + 1, sizeof(Sac_Item));
    if (*items == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *count = (int)size;
    for (int i = 0; i < *count; i++) {
        if (read_item(self, &(*items)[i], PyTuple_GET_ITEM(given, i), i) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Python has no other kinds of values than these in plain cells: rows of them
 * are in no reference cycle. */
static bool
is_plain(const Sac_Decoder *self)
{
    for (int i = 0; i < self->count; i++) {
        const Sac_Item *item = &self->items[i];
        if (item->kind != SAC_ITEM_CELL || item->object != NULL) {
            return false;
        }
    }
    return true;
}

/* ---- the type --------------------------------------------------------- */

static int
fill(Sac_State *state, Sac_Decoder *self, PyObject *names, PyObject *items,
     PyObject *targets, PyObject *things)
{
    if (PyTuple_GET_SIZE(names) != PyTuple_GET_SIZE(items)) {
        PyErr_SetString(PyExc_ValueError, "a name for each of the items");
        return -1;
    }
    if (read_items(self, items, &self->items, &self->count) < 0) {
        return -1;
    }
    self->keys = Sac_KeysFromNames(state, names);
    if (self->keys == NULL) {
        return -1;
    }
    self->keys->objects = !is_plain(self);
    if (targets == Py_None) {
        return 0;
    }
    if (!PyTuple_Check(targets)) {
        PyErr_SetString(PyExc_TypeError, "targets are a tuple or None");
        return -1;
    }
    return Sac_TargetsAdd(state, self->keys, targets,
                          things == Py_None ? NULL : things);
}

static PyObject *
decoder_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"names",   "items",  "cells",
                                           "targets", "things", NULL};
    PyObject *names, *items, *cells = Py_None, *targets = Py_None;
    PyObject *things = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!|OOO:Decoder",
                                     (char **)(uintptr_t)keywords,
                                     &PyTuple_Type, &names, &PyTuple_Type,
                                     &items, &cells, &targets, &things)) {
        return NULL;
    }
    if (things != Py_None && !PyTuple_Check(things)) {
        PyErr_SetString(PyExc_TypeError, "things are a tuple or None");
        return NULL;
    }
    Py_ssize_t wanted = 0;
    if (cells != Py_None) {
        wanted = PyLong_AsSsize_t(cells);
        if (wanted == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    Sac_Decoder *self = (Sac_Decoder *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    if (fill(Sac_StateOfType(type), self, names, items, targets, things) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    if (wanted > self->cells && wanted < INT_MAX) {
        self->cells = (int)wanted;
    }
    return (PyObject *)self;
}

static int
visit_items(const Sac_Item *items, int count, visitproc visit, void *arg)
{
    for (int i = 0; items != NULL && i < count; i++) {
        Py_VISIT(items[i].object);
        int rc = visit_items(items[i].items, items[i].count, visit, arg);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int
decoder_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Decoder *self = (Sac_Decoder *)op;
    Py_VISIT(Py_TYPE(op));
    return visit_items(self->items, self->count, visit, arg);
}

static void
free_items(Sac_Item *items, int count)
{
    for (int i = 0; items != NULL && i < count; i++) {
        Py_XDECREF(items[i].object);
        free_items(items[i].items, items[i].count);
    }
    PyMem_Free(items);
}

static void
decoder_dealloc(PyObject *op)
{
    Sac_Decoder *self = (Sac_Decoder *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    free_items(self->items, self->count);
    Py_XDECREF(self->keys);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMemberDef decoder_members[] = {
    {"keys", T_OBJECT, offsetof(Sac_Decoder, keys), READONLY,
     "The names of the items."},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(
    decoder_doc,
    "Decoder(names, items, cells=None, targets=None, things=None)\n--\n\n"
    "How the cells of a row become its items. Private.\n\n"
    "Args:\n    names: Tuple of str, one for each item.\n"
    "    items: Tuple of: a Codec or None, for the cell at the same place;\n"
    "        (place, Codec or None); an EntityPlan; (function, items), where\n"
    "        the function makes one item of several.\n"
    "    cells: How many a row has; None: as many as the items say.\n"
    "    targets: For each item a tuple of the columns and expressions that\n"
    "        it can be asked for by, or None.\n"
    "    things: The riders of the statement: its aliases and subqueries are\n"
    "        known by their places among them.");

static PyType_Slot decoder_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)decoder_doc},
    {Py_tp_new, decoder_new},
    {Py_tp_traverse, decoder_traverse},
    {Py_tp_dealloc, decoder_dealloc},
    {Py_tp_members, decoder_members},
    {0, NULL},
};

static PyType_Spec decoder_spec = {
    .name = "sqlactive_c._core.Decoder",
    .basicsize = sizeof(Sac_Decoder),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = decoder_slots,
};

int
Sac_RegisterDecoder(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &decoder_spec, &state->decoder_type, 1);
}
