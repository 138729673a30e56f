/* Saver: from instances to steps of a batch.
 *
 * With the GIL, by the unit of work.  Neighbours that write the same columns
 * become one step with many sets of values; one with a SQL expression among
 * its values is left to Python.  Which columns they are, saver_columns.c
 * says; saver_bind.c binds them. */
#include "types/saver.h"

#include "base/memory.h"
#include "types/attribute.h"

/* ---- rows -------------------------------------------------------------- */

typedef struct Todo {
    Sac_SaverRow *rows; /* owned */
    uint64_t *masks;    /* owned: saver->words for each */
    Py_ssize_t count;
} Todo;

static void
todo_fini(Todo *self)
{
    for (Py_ssize_t i = 0; i < self->count; i++) {
        Py_DECREF(self->rows[i].instance);
    }
    sac_free(self->rows);
    sac_free(self->masks);
}

/* -> 0, or -1 with TypeError. */
static int
check_instance(const Sac_Saver *self, PyObject *object)
{
    if (Sac_InstanceCheck(self->mapping->state, object)) {
        const Sac_Mapping *mapping = ((Sac_Instance *)object)->mapping;
        if (mapping != NULL && Sac_MappingIsA(mapping, self->mapping)) {
            return 0;
        }
    }
    PyErr_Format(PyExc_TypeError, "table '%U' has no rows of %s", self->table,
                 Py_TYPE(object)->tp_name);
    return -1;
}

/* Those that have something to write. -> 0 or -1. */
static int
todo_fill(Todo *todo, Sac_Saver *self, Sac_WriteKind kind, PyObject *tuple,
          bool force)
{
    Py_ssize_t space = PyTuple_GET_SIZE(tuple);
    todo->rows = sac_calloc((size_t)space + 1, sizeof(*todo->rows));
    todo->masks =
        sac_calloc(((size_t)space + 1) * self->words, sizeof(*todo->masks));
    if (todo->rows == NULL || todo->masks == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < space; i++) {
        PyObject *object = PyTuple_GET_ITEM(tuple, i);
        if (check_instance(self, object) < 0) {
            return -1;
        }
        uint64_t *mask = todo->masks + (size_t)todo->count * self->words;
        Sac_SaverRow *row = &todo->rows[todo->count];
        int wanted = Sac_SaverColumns(self, kind, (Sac_Instance *)object,
                                      force, mask, &row->special);
        if (wanted < 0) {
            return -1;
        }
        if (wanted > 0) {
            row->instance = (Sac_Instance *)Py_NewRef(object);
            todo->count++;
        }
    }
    return 0;
}

/* How many from `at` on go into one step. */
static Py_ssize_t
run_length(const Todo *todo, const Sac_Saver *self, Py_ssize_t at)
{
    const uint64_t *mask = todo->masks + (size_t)at * self->words;
    Py_ssize_t end = at + 1;
    while (end < todo->count && !todo->rows[end].special &&
           memcmp(todo->masks + (size_t)end * self->words, mask,
                  self->words * sizeof(*mask)) == 0) {
        end++;
    }
    return end - at;
}

/* Python writes it. */
static int
write_special(Sac_Saver *self, Sac_Batch *batch, Sac_WriteKind kind,
              Sac_Instance *instance)
{
    static const char *const words[] = {"insert", "update", "delete"};
    if (self->special == NULL) {
        PyErr_Format(PyExc_TypeError,
                     "a SQL expression cannot be written to table '%U'",
                     self->table);
        return -1;
    }
    batch->busy = false;
    PyObject *done = PyObject_CallFunction(self->special, "OsO", batch,
                                           words[kind], instance);
    batch->busy = true;
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static int
write_rows(Sac_Saver *self, Sac_Batch *batch, Sac_WriteKind kind,
           const Todo *todo)
{
    Py_ssize_t at = 0;
    while (at < todo->count) {
        const Sac_SaverRow *row = &todo->rows[at];
        if (row->special) {
            if (write_special(self, batch, kind, row->instance) < 0) {
                return -1;
            }
            at++;
            continue;
        }
        Py_ssize_t count = run_length(todo, self, at);
        if (Sac_SaverAppend(self, batch, kind, row, count,
                            todo->masks + (size_t)at * self->words) < 0) {
            return -1;
        }
        at += count;
    }
    return 0;
}

/* -> new list of those that are written, or None unless it is an UPDATE. */
static PyObject *
written(const Todo *todo, Sac_WriteKind kind)
{
    if (kind != SAC_WRITE_UPDATE) {
        Py_RETURN_NONE;
    }
    PyObject *list = PyList_New(todo->count);
    for (Py_ssize_t i = 0; list != NULL && i < todo->count; i++) {
        PyList_SET_ITEM(list, i,
                        Py_NewRef((PyObject *)todo->rows[i].instance));
    }
    return list;
}

static PyObject *
save(PyObject *op, PyObject *args, Sac_WriteKind kind)
{
    Sac_Saver *self = (Sac_Saver *)op;
    Sac_Batch *batch;
    PyObject *instances;
    int force = 0;
    if (!PyArg_ParseTuple(args, kind == SAC_WRITE_UPDATE ? "O!O|p" : "O!O",
                          SAC_STATE(op)->batch_type, &batch, &instances,
                          &force)) {
        return NULL;
    }
    PyObject *tuple = PySequence_Tuple(instances);
    if (tuple == NULL || Sac_BatchEnter(batch) < 0) {
        Py_XDECREF(tuple);
        return NULL;
    }
    Todo todo = {.count = 0};
    PyObject *result = NULL;
    if (todo_fill(&todo, self, kind, tuple, force != 0) == 0 &&
        write_rows(self, batch, kind, &todo) == 0) {
        result = written(&todo, kind);
    }
    batch->busy = false;
    if (result == NULL) {
        Sac_BatchClear(batch);
    }
    todo_fini(&todo);
    Py_DECREF(tuple);
    return result;
}

PyDoc_STRVAR(insert_doc, "insert($self, batch, instances, /)\n--\n\n"
                         "Append INSERTs.");

static PyObject *
saver_insert(PyObject *op, PyObject *args)
{
    return save(op, args, SAC_WRITE_INSERT);
}

PyDoc_STRVAR(update_doc,
             "update($self, batch, instances, force=False, /)\n--\n\n"
             "Append UPDATEs of what has changed.");

static PyObject *
saver_update(PyObject *op, PyObject *args)
{
    return save(op, args, SAC_WRITE_UPDATE);
}

PyDoc_STRVAR(delete_doc, "delete($self, batch, instances, /)\n--\n\n"
                         "Append DELETEs.");

static PyObject *
saver_delete(PyObject *op, PyObject *args)
{
    return save(op, args, SAC_WRITE_DELETE);
}

/* ---- making it --------------------------------------------------------- */

static Py_ssize_t
place_in_identity(const Sac_Mapping *mapping, Py_ssize_t slot)
{
    for (Py_ssize_t i = 0; i < mapping->pk_count; i++) {
        if (mapping->pk[i] == slot) {
            return i;
        }
    }
    return -1;
}

/* (attribute key, column key, codec, flags); the shapes know the codecs. */
static int
read_column(Sac_State *state, Sac_Saver *self, Sac_SaverColumn *column,
            PyObject *item)
{
    PyObject *key, *name, *codec;
    if (!PyTuple_Check(item) ||
        !PyArg_ParseTuple(item, "UUOI:Saver", &key, &name, &codec,
                          &column->flags)) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError, "a column is a tuple");
        }
        return -1;
    }
    column->slot = Sac_MappingFind(self->mapping, key);
    if (column->slot < 0) {
        if (column->slot == -1) {
            PyErr_SetObject(PyExc_KeyError, key);
        }
        return -1;
    }
    column->key = Py_NewRef(key);
    column->name = Py_NewRef(name);
    column->identity = place_in_identity(self->mapping, column->slot);
    PyObject *attribute = self->mapping->cls == NULL
                              ? NULL
                              : PyObject_GetAttr(self->mapping->cls, key);
    if (attribute == NULL) {
        PyErr_Clear();
    }
    else if (Sac_AttributeCheck(state, attribute)) {
        column->attribute = attribute;
    }
    else {
        Py_DECREF(attribute);
    }
    PyObject *place = PyLong_FromSsize_t(column - self->columns);
    int rc =
        place == NULL ? -1 : PyDict_SetItem(self->by_key, column->key, place);
    Py_XDECREF(place);
    return rc;
}

static int
read_columns(Sac_State *state, Sac_Saver *self, PyObject *columns)
{
    Py_ssize_t count = PyTuple_GET_SIZE(columns);
    self->columns = PyMem_Calloc((size_t)count + 1, sizeof(*self->columns));
    if (self->columns == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->words = (size_t)(count + 1 + 63) / 64;
    for (Py_ssize_t i = 0; i < count; i++) {
        self->count = i + 1;
        if (read_column(state, self, &self->columns[i],
                        PyTuple_GET_ITEM(columns, i)) < 0) {
            return -1;
        }
    }
    return 0;
}

/* None is NULL. -> new ref or NULL. */
static PyObject *
optional(PyObject *object)
{
    return object == Py_None ? NULL : Py_NewRef(object);
}

static PyObject *
saver_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"mapping",  "table_name", "columns",
                                        "compile",  "special",    "version",
                                        "mismatch", NULL};
    Sac_State *state = Sac_StateOfType(type);
    PyObject *mapping, *table, *columns, *compile;
    PyObject *special = Py_None, *version = Py_None, *mismatch = Py_None;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!UO!O|OOO:Saver", (char **)(uintptr_t)names,
            state->mapping_type, &mapping, &table, &PyTuple_Type, &columns,
            &compile, &special, &version, &mismatch)) {
        return NULL;
    }
    Sac_Saver *self = (Sac_Saver *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->mapping = (Sac_Mapping *)Py_NewRef(mapping);
    self->table = Py_NewRef(table);
    self->compile = Py_NewRef(compile);
    self->special = optional(special);
    self->version = optional(version);
    self->mismatch = optional(mismatch);
    self->by_key = PyDict_New();
    self->forms = PyDict_New();
    if (self->by_key == NULL || self->forms == NULL ||
        read_columns(state, self, columns) < 0) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

/* ---- the type ---------------------------------------------------------- */

static int
saver_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Saver *self = (Sac_Saver *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->mapping);
    Py_VISIT(self->compile);
    Py_VISIT(self->special);
    Py_VISIT(self->version);
    Py_VISIT(self->mismatch);
    Py_VISIT(self->forms);
    for (Py_ssize_t i = 0; i < self->count; i++) {
        Py_VISIT(self->columns[i].attribute);
    }
    return 0;
}

/* What a call may still be in the middle of stays: the functions break every
 * cycle. */
static int
saver_clear(PyObject *op)
{
    Sac_Saver *self = (Sac_Saver *)op;
    if (self->forms != NULL) {
        PyDict_Clear(self->forms);
    }
    Py_CLEAR(self->special);
    Py_CLEAR(self->version);
    Py_CLEAR(self->mismatch);
    return 0;
}

static void
saver_dealloc(PyObject *op)
{
    Sac_Saver *self = (Sac_Saver *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    (void)saver_clear(op);
    for (Py_ssize_t i = 0; i < self->count; i++) {
        Py_XDECREF(self->columns[i].key);
        Py_XDECREF(self->columns[i].name);
        Py_XDECREF(self->columns[i].attribute);
    }
    PyMem_Free(self->columns);
    Py_XDECREF(self->compile);
    Py_XDECREF(self->by_key);
    Py_XDECREF(self->forms);
    Py_XDECREF(self->table);
    Py_XDECREF(self->mapping);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMethodDef saver_methods[] = {
    {"insert", saver_insert, METH_VARARGS, insert_doc},
    {"update", saver_update, METH_VARARGS, update_doc},
    {"delete", saver_delete, METH_VARARGS, delete_doc},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(saver_doc,
             "Saver(mapping, table_name, columns, compile, special=None,\n"
             "      version=None, mismatch=None)\n--\n\n"
             "Writes rows of one table from the slots of instances. Private.");

static PyType_Slot saver_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)saver_doc},
    {Py_tp_new, saver_new},
    {Py_tp_traverse, saver_traverse},
    {Py_tp_clear, saver_clear},
    {Py_tp_dealloc, saver_dealloc},
    {Py_tp_methods, saver_methods},
    {0, NULL},
};

static PyType_Spec saver_spec = {
    .name = "sqlactive_c._core.Saver",
    .basicsize = sizeof(Sac_Saver),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = saver_slots,
};

int
Sac_RegisterSaver(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &saver_spec, &state->saver_type, 1);
}
