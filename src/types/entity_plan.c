/* EntityPlan, the type: how Python writes down a plan, and how a test loads a
 * row by it.  With the GIL.  What executes it is hydrate.c. */
#include "types/hydrate.h"

#include <structmember.h>

#include "bridge/codecs.h"
#include "bridge/values.h"
#include "types/decoder.h"
#include "types/followers.h"
#include "types/identity_map.h"
#include "types/notes.h"

/* ---- making ------------------------------------------------------------ */

/* A codec that gives the value as it is counts as none. -> 0 and *codec, new
 * ref or NULL; or -1. */
static int
read_codec(Sac_State *state, PyObject *object, PyObject **codec)
{
    *codec = NULL;
    if (object == Py_None) {
        return 0;
    }
    if (!Sac_CodecCheck(state, object)) {
        PyErr_Format(PyExc_TypeError, "%R is no codec", object);
        return -1;
    }
    PyObject *kind = PyObject_GetAttrString(object, "kind");
    if (kind == NULL) {
        return -1;
    }
    bool raw = PyUnicode_Check(kind) &&
               PyUnicode_CompareWithASCIIString(kind, "raw") == 0;
    Py_DECREF(kind);
    *codec = raw ? NULL : Py_NewRef(object);
    return 0;
}

/* -> 0 or -1 with ValueError. */
static int
read_cell(Sac_EntityPlan *self, PyObject *number, int *cell)
{
    long at = PyLong_AsLong(number);
    if (at == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (at < 0 || at > 1000000) {
        PyErr_Format(PyExc_ValueError, "no cell is number %ld", at);
        return -1;
    }
    *cell = (int)at;
    self->cells = *cell >= self->cells ? *cell + 1 : self->cells;
    return 0;
}

static int
read_column(Sac_State *state, Sac_EntityPlan *self, PyObject *item,
            Sac_PlanColumn *column)
{
    PyObject *number, *codec;
    if (!PyTuple_Check(item) ||
        !PyArg_ParseTuple(item, "nOO:column", &column->slot, &number,
                          &codec)) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError,
                            "a column is a tuple (slot, cell, codec)");
        }
        return -1;
    }
    if (column->slot < 0 || column->slot >= Sac_MappingCount(self->mapping)) {
        PyErr_Format(PyExc_ValueError, "no slot is number %zd", column->slot);
        return -1;
    }
    column->key = PyList_GET_ITEM(self->mapping->keys, column->slot);
    return read_cell(self, number, &column->cell) < 0 ||
                   read_codec(state, codec, &column->codec) < 0
               ? -1
               : 0;
}

static int
read_columns(Sac_State *state, Sac_EntityPlan *self, PyObject *columns)
{
    Py_ssize_t count = PyTuple_GET_SIZE(columns);
    self->columns = PyMem_Calloc((size_t)count + 1, sizeof(Sac_PlanColumn));
    if (self->columns == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        self->count++; /* also a half read one is cleared */
        if (read_column(state, self, PyTuple_GET_ITEM(columns, i),
                        &self->columns[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Each cell of the primary key is decoded as its column is. */
static int
read_pk(Sac_EntityPlan *self, PyObject *pk)
{
    Py_ssize_t count = PyTuple_GET_SIZE(pk);
    if (count == 0 || count != self->mapping->pk_count) {
        PyErr_Format(PyExc_ValueError,
                     "%zd cells for a primary key of %zd columns", count,
                     self->mapping->pk_count);
        return -1;
    }
    self->pk = PyMem_Calloc((size_t)count, sizeof(Sac_PlanColumn));
    if (self->pk == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Sac_PlanColumn *at = &self->pk[self->pk_count++];
        at->slot = -1;
        if (read_cell(self, PyTuple_GET_ITEM(pk, i), &at->cell) < 0) {
            return -1;
        }
        for (int k = 0; k < self->count; k++) {
            const Sac_PlanColumn *column = &self->columns[k];
            if (column->slot == self->mapping->pk[i] &&
                column->cell == at->cell) {
                at->slot = column->slot;
                at->key = column->key;
                at->codec = Py_XNewRef(column->codec);
                break;
            }
        }
    }
    return 0;
}

static int
read_polymorphic(Sac_State *state, Sac_EntityPlan *self, PyObject *polymorphic)
{
    PyObject *number, *codec, *plans, *name, *plan;
    self->discriminator = -1;
    if (polymorphic == Py_None) {
        return 0;
    }
    if (!PyTuple_Check(polymorphic) ||
        !PyArg_ParseTuple(polymorphic, "OOO!:polymorphic", &number, &codec,
                          &PyDict_Type, &plans)) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError,
                            "polymorphic is (cell, codec, plans)");
        }
        return -1;
    }
    Py_ssize_t at = 0;
    while (PyDict_Next(plans, &at, &name, &plan)) {
        if (!Sac_EntityPlanCheck(state, plan)) {
            PyErr_Format(PyExc_TypeError, "%R is no EntityPlan", plan);
            return -1;
        }
        const Sac_EntityPlan *of_class = (Sac_EntityPlan *)plan;
        self->cells =
            of_class->cells > self->cells ? of_class->cells : self->cells;
        self->collections |= of_class->collections;
        self->remembers |= of_class->remembers;
        self->noted |= of_class->noted;
    }
    if (read_cell(self, number, &self->discriminator) < 0 ||
        read_codec(state, codec, &self->codec) < 0) {
        return -1;
    }
    self->plans = PyDict_Copy(plans);
    return self->plans == NULL ? -1 : 0;
}

/* None counts as nothing. */
static PyObject *
given(PyObject *object)
{
    return object == Py_None ? NULL : Py_NewRef(object);
}

static PyObject *
plan_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"mapping",     "pk",        "columns",
                                        "polymorphic", "followers", "notes",
                                        "memory",      NULL};
    Sac_State *state = Sac_StateOfType(type);
    PyObject *mapping, *pk, *columns, *polymorphic = Py_None;
    PyObject *followers = NULL, *notes = Py_None, *memory = Py_None;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!O!O!|OO!OO:EntityPlan", (char **)(uintptr_t)names,
            state->mapping_type, &mapping, &PyTuple_Type, &pk, &PyTuple_Type,
            &columns, &polymorphic, &PyTuple_Type, &followers, &notes,
            &memory)) {
        return NULL;
    }
    Sac_EntityPlan *self = (Sac_EntityPlan *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->mapping = (Sac_Mapping *)Py_NewRef(mapping);
    self->notes = given(notes);
    self->memory = given(memory);
    self->noted = self->notes != NULL;
    self->remembers = self->memory != NULL || self->noted;
    if ((self->noted && Sac_NotesCheck(self->notes) < 0) ||
        read_columns(state, self, columns) < 0 || read_pk(self, pk) < 0 ||
        read_polymorphic(state, self, polymorphic) < 0 ||
        (followers != NULL && Sac_FollowersRead(state, self, followers) < 0)) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* ---- life -------------------------------------------------------------- */

static int
plan_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_EntityPlan *self = (Sac_EntityPlan *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->mapping);
    Py_VISIT(self->codec);
    Py_VISIT(self->plans);
    for (int i = 0; i < self->count; i++) {
        Py_VISIT(self->columns[i].codec);
    }
    for (int i = 0; i < self->pk_count; i++) {
        Py_VISIT(self->pk[i].codec);
    }
    Py_VISIT(self->notes);
    Py_VISIT(self->memory);
    return Sac_FollowersTraverse(self, visit, arg);
}

/* A plan that knows itself, by its dict, is the only cycle that does not go
 * through something else that clears itself. */
static int
plan_clear(PyObject *op)
{
    Sac_EntityPlan *self = (Sac_EntityPlan *)op;
    if (self->plans != NULL) {
        PyDict_Clear(self->plans);
    }
    Py_CLEAR(self->notes);
    return 0;
}

static void
plan_dealloc(PyObject *op)
{
    Sac_EntityPlan *self = (Sac_EntityPlan *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    for (int i = 0; i < self->count; i++) {
        Py_CLEAR(self->columns[i].codec);
    }
    for (int i = 0; i < self->pk_count; i++) {
        Py_CLEAR(self->pk[i].codec);
    }
    PyMem_Free(self->columns);
    PyMem_Free(self->pk);
    Sac_FollowersFree(self);
    Py_CLEAR(self->notes);
    Py_CLEAR(self->memory);
    Py_CLEAR(self->codec);
    Py_CLEAR(self->plans);
    Py_CLEAR(self->mapping);
    type->tp_free(op);
    Py_DECREF(type);
}

/* ---- a row of Python's ------------------------------------------------- */

typedef struct TestRow {
    sac_cell *cells;
    PyObject **pins;
    Py_ssize_t count;
} TestRow;

static void
free_row(TestRow *row)
{
    for (Py_ssize_t i = 0; row->pins != NULL && i < row->count; i++) {
        Py_XDECREF(row->pins[i]);
    }
    PyMem_Free(row->pins);
    PyMem_Free(row->cells);
}

static int
read_row(Sac_State *state, PyObject *tuple, TestRow *row)
{
    row->count = PyTuple_GET_SIZE(tuple);
    row->cells = PyMem_Calloc((size_t)row->count + 1, sizeof(sac_cell));
    row->pins = PyMem_Calloc((size_t)row->count + 1, sizeof(PyObject *));
    if (row->cells == NULL || row->pins == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < row->count; i++) {
        sac_value value;
        int rc = Sac_ValueFromObject(state, PyTuple_GET_ITEM(tuple, i), &value,
                                     &row->pins[i]);
        if (rc != 0) {
            if (rc > 0) {
                PyErr_Format(PyExc_TypeError, "cell %zd: no such type", i);
            }
            return -1;
        }
        row->cells[i].type = value.type;
        if (value.type == SAC_TEXT || value.type == SAC_BLOB) {
            row->cells[i].size = (uint32_t)value.size;
            row->cells[i].as.bytes = value.as.bytes;
        }
        else if (value.type == SAC_REAL) {
            row->cells[i].as.real = value.as.real;
        }
        else {
            row->cells[i].as.integer =
                value.type == SAC_INT ? value.as.integer : 0;
        }
    }
    return 0;
}

PyDoc_STRVAR(
    load_doc,
    "load($self, row, identity_map=None, populate_existing=False)\n--\n\n"
    "Return the instance for a row. Private, for tests.\n\n"
    "Args:\n    row: What SQLite has, a tuple.\n"
    "    identity_map: Where it is looked for and put.\n"
    "    populate_existing: Whether one that is there is overwritten.");

static PyObject *
plan_load(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"row", "identity_map",
                                        "populate_existing", NULL};
    Sac_State *state = SAC_STATE(op);
    PyObject *tuple, *map = Py_None;
    int populate = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|Op:load",
                                     (char **)(uintptr_t)names, &PyTuple_Type,
                                     &tuple, &map, &populate)) {
        return NULL;
    }
    if (map != Py_None && !Py_IS_TYPE(map, state->identity_map_type)) {
        PyErr_Format(PyExc_TypeError, "%R is no IdentityMap", map);
        return NULL;
    }
    if (PyTuple_GET_SIZE(tuple) < ((Sac_EntityPlan *)op)->cells) {
        PyErr_SetString(PyExc_ValueError, "the row is too short");
        return NULL;
    }
    Sac_LoadContext context = {.identity_map = map == Py_None ? NULL : map,
                               .populate_existing = populate != 0};
    TestRow row = {0};
    PyObject *made = NULL;
    if (read_row(state, tuple, &row) == 0) {
        made = Sac_EntityLoad(state, op, row.cells, &context);
    }
    Sac_LoadContextClear(&context);
    free_row(&row);
    return made;
}

/* ---- the type ---------------------------------------------------------- */

static PyMethodDef plan_methods[] = {
    {"load", (PyCFunction)(void (*)(void))plan_load,
     METH_VARARGS | METH_KEYWORDS, load_doc},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(
    plan_doc,
    "EntityPlan(mapping, pk, columns, polymorphic=None, followers=(),\n"
    "           notes=None, memory=None)\n--\n\n"
    "How instances of a mapped class are made of rows. Private.\n\n"
    "Args:\n    mapping: The Mapping of the class.\n"
    "    pk: Cells of the primary key, a tuple of int.\n"
    "    columns: A tuple of (slot, cell, codec); codec None: as it is.\n"
    "    polymorphic: (cell, codec, dict from what that cell says to the\n"
    "        EntityPlan of a class), or None.\n"
    "    followers: A tuple of relations in the same row: (slot, EntityPlan\n"
    "        or None for nothing, the attribute of a collection or None,\n"
    "        name for a warning about several instances or None).\n"
    "    notes: What is to be loaded by further queries, a tuple of (slot,\n"
    "        key, note).\n"
    "    memory: What instances note besides the options of the statement.");

static PyMemberDef plan_members[] = {
    {"notes", T_OBJECT, offsetof(Sac_EntityPlan, notes), READONLY,
     "What is to be loaded by further queries, or None."},
    {"memory", T_OBJECT, offsetof(Sac_EntityPlan, memory), READONLY,
     "What instances note besides the options of the statement, or None."},
    {"has_collections", T_BOOL, offsetof(Sac_EntityPlan, collections),
     READONLY, "Whether rows repeat because a collection is joined."},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot plan_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)plan_doc},
    {Py_tp_new, plan_new},
    {Py_tp_traverse, plan_traverse},
    {Py_tp_clear, plan_clear},
    {Py_tp_dealloc, plan_dealloc},
    {Py_tp_methods, plan_methods},
    {Py_tp_members, plan_members},
    {0, NULL},
};

static PyType_Spec plan_spec = {
    .name = "sqlactive_c._core.EntityPlan",
    .basicsize = sizeof(Sac_EntityPlan),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = plan_slots,
};

int
Sac_RegisterEntityPlan(PyObject *module)
{
    return Sac_AddType(module, &plan_spec,
                       &Sac_StateOfModule(module)->entity_plan_type, 1);
}
