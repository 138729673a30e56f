/* Form: how rows with certain columns are written.
 *
 * With the GIL.  Python compiles the statement and says what happens to the
 * instances after it; here that becomes arrays that a row is bound and written
 * back by.  Knows nothing of instances. */
#include "types/saver.h"

#include "bridge/codecs.h"

static const char *const kind_words[] = {"insert", "update", "delete"};

/* ---- where values come from -------------------------------------------- */

/* -> the place of the column, or -1. */
static Py_ssize_t
column_named(const Sac_Saver *saver, PyObject *name)
{
    for (Py_ssize_t i = 0; i < saver->count; i++) {
        if (PyUnicode_Compare(saver->columns[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

/* Of "old id". -> the place of the column, -1: none, -2: an error. */
static Py_ssize_t
old_column(const Sac_Saver *saver, PyObject *key)
{
    static const char prefix[] = "old ";
    const Py_ssize_t length = (Py_ssize_t)sizeof(prefix) - 1;
    for (Py_ssize_t i = 0; i < length; i++) {
        if (PyUnicode_GET_LENGTH(key) <= length ||
            PyUnicode_READ_CHAR(key, i) != (Py_UCS4)prefix[i]) {
            return -1;
        }
    }
    PyObject *name =
        PyUnicode_Substring(key, length, PyUnicode_GET_LENGTH(key));
    Py_ssize_t found = name == NULL ? -2 : column_named(saver, name);
    Py_XDECREF(name);
    return found;
}

/* The version counts, unless the program has set it. */
static bool
is_counted(const Sac_Saver *saver, const uint64_t *mask, Py_ssize_t column)
{
    return saver->version != NULL &&
           (saver->columns[column].flags & SAC_COLUMN_VERSION) &&
           Sac_MaskHas(mask, saver->count);
}

/* -> 0 or -1. */
static int
find_source(const Sac_Saver *saver, const uint64_t *mask, const Sac_Bind *bind,
            Sac_FormSource *source)
{
    *source =
        (Sac_FormSource){.kind = SAC_SOURCE_OWN, .column = -1, .late = -1};
    Py_ssize_t column = bind->key == NULL ? -1 : old_column(saver, bind->key);
    if (column == -2) {
        return -1;
    }
    if (column >= 0) {
        source->kind = SAC_SOURCE_OLD;
        source->column = column;
        return 0;
    }
    column = bind->key == NULL ? -1 : column_named(saver, bind->key);
    if (column >= 0 && Sac_MaskHas(mask, column)) {
        source->kind = is_counted(saver, mask, column) ? SAC_SOURCE_VERSION
                                                       : SAC_SOURCE_SLOT;
        source->column = column;
        return 0;
    }
    if (bind->source == SAC_BIND_GIVEN || bind->source == SAC_BIND_RIDER ||
        bind->source == SAC_BIND_CALLED) {
        PyErr_Format(PyExc_ValueError,
                     "parameter '%U' of the statement is no column that is "
                     "written to table '%U'",
                     bind->name, saver->table);
        return -1;
    }
    return 0;
}

static int
find_sources(Sac_Form *self, const Sac_Saver *saver, const uint64_t *mask)
{
    const Sac_Shape *shape = self->shape;
    self->sources =
        PyMem_Calloc((size_t)shape->count + 1, sizeof(*self->sources));
    if (self->sources == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (shape->expansion_count > 0) {
        PyErr_SetString(PyExc_ValueError, "a saver writes no lists");
        return -1;
    }
    for (Py_ssize_t i = 0; i < shape->count; i++) {
        if (find_source(saver, mask, &shape->binds[i], &self->sources[i]) <
            0) {
            return -1;
        }
    }
    return 0;
}

/* ---- what happens after it --------------------------------------------- */

static bool
is_primary(const Sac_Saver *saver, PyObject *key)
{
    PyObject *place = PyDict_GetItem(saver->by_key, key);
    return place != NULL && (saver->columns[PyLong_AsSsize_t(place)].flags &
                             SAC_COLUMN_PRIMARY);
}

/* The next free one. -> 0 or -1 */
static int
set_after(const Sac_Saver *saver, Sac_After *after, PyObject *key)
{
    Py_ssize_t slot = Sac_MappingFind(saver->mapping, key);
    if (slot < 0) {
        if (slot == -1) {
            PyErr_SetObject(PyExc_KeyError, key);
        }
        return -1;
    }
    *after = (Sac_After){
        .key = Py_NewRef(key),
        .slot = slot,
        .primary = is_primary(saver, key),
    };
    return 0;
}

/* The value of a bind goes into the slot of `key`. */
static int
add_late(Sac_Form *self, const Sac_Saver *saver, Py_ssize_t bind,
         PyObject *key)
{
    if (set_after(saver, &self->afters[self->late_count], key) < 0) {
        return -1;
    }
    self->sources[bind].late = self->late_count++;
    return 0;
}

static int
add_bind(Sac_Form *self, const Sac_Saver *saver, PyObject *key, PyObject *name)
{
    for (Py_ssize_t i = 0; i < self->shape->count && PyUnicode_Check(name);
         i++) {
        if (PyUnicode_Compare(self->shape->binds[i].name, name) == 0) {
            return self->sources[i].late >= 0 ? 0
                                              : add_late(self, saver, i, key);
        }
    }
    PyErr_Format(PyExc_ValueError, "the statement has no parameter %R", name);
    return -1;
}

static int
add_cell(Sac_State *state, Sac_Form *self, const Sac_Saver *saver,
         PyObject *key, PyObject *extra)
{
    PyObject *codec;
    int cell;
    if (!PyTuple_Check(extra) ||
        !PyArg_ParseTuple(extra, "iO:after", &cell, &codec) || cell < 0 ||
        (codec != Py_None && !Sac_CodecCheck(state, codec))) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_ValueError, "no cell: %R", extra);
        }
        return -1;
    }
    Sac_After *after = &self->afters[self->late_count + self->cell_count];
    if (set_after(saver, after, key) < 0) {
        return -1;
    }
    after->cell = cell;
    after->codec = codec == Py_None ? NULL : Py_NewRef(codec);
    self->cell_count++;
    return 0;
}

/* Those of one word, for they stand one kind after the other. */
static int
read_afters(Sac_State *state, Sac_Form *self, const Sac_Saver *saver,
            PyObject *afters, const char *wanted)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(afters); i++) {
        const char *word;
        PyObject *key, *extra;
        PyObject *item = PyTuple_GET_ITEM(afters, i);
        if (!PyTuple_Check(item) ||
            !PyArg_ParseTuple(item, "sUO:after", &word, &key, &extra)) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_TypeError, "after: tuples");
            }
            return -1;
        }
        int rc = 0;
        if (strcmp(word, "bind") != 0 && strcmp(word, "cell") != 0 &&
            strcmp(word, "expire") != 0) {
            PyErr_Format(PyExc_ValueError, "after: '%s'", word);
            return -1;
        }
        if (strcmp(word, wanted) != 0) {
            continue;
        }
        if (word[0] == 'b') {
            rc = add_bind(self, saver, key, extra);
        }
        else if (word[0] == 'c') {
            rc = add_cell(state, self, saver, key, extra);
        }
        else {
            Py_ssize_t at =
                self->late_count + self->cell_count + self->expire_count;
            rc = set_after(saver, &self->afters[at], key);
            self->expire_count += rc == 0;
        }
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}

static int
find_afters(Sac_State *state, Sac_Form *self, const Sac_Saver *saver,
            PyObject *afters)
{
    static const char *const words[] = {"bind", "cell", "expire", NULL};
    size_t space = (size_t)(PyTuple_GET_SIZE(afters) + self->shape->count) + 1;
    self->afters = PyMem_Calloc(space, sizeof(*self->afters));
    if (self->afters == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < self->shape->count; i++) {
        const Sac_FormSource *source = &self->sources[i];
        if (source->kind == SAC_SOURCE_VERSION &&
            add_late(self, saver, i, saver->columns[source->column].key) < 0) {
            return -1;
        }
    }
    for (int i = 0; words[i] != NULL; i++) {
        if (read_afters(state, self, saver, afters, words[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* How the primary key becomes known. */
static void
find_key(Sac_Form *self, const Sac_Saver *saver, const uint64_t *mask)
{
    self->rowid = -1;
    for (Py_ssize_t i = 0; self->kind == SAC_WRITE_INSERT && i < saver->count;
         i++) {
        const Sac_SaverColumn *column = &saver->columns[i];
        if (!(column->flags & SAC_COLUMN_PRIMARY) || Sac_MaskHas(mask, i)) {
            continue;
        }
        if (column->flags & SAC_COLUMN_ROWID) {
            self->rowid = i;
            self->rowid_key = Py_NewRef(column->key);
            self->rowid_slot = column->slot;
            continue;
        }
        bool known = false;
        for (Py_ssize_t j = 0; j < self->late_count; j++) {
            known |= self->afters[j].slot == column->slot;
        }
        self->blind |= !known;
    }
}

/* ---- making it --------------------------------------------------------- */

/* -> new tuple of the names of the columns. */
static PyObject *
names_of(const Sac_Saver *saver, const uint64_t *mask)
{
    PyObject *list = PyList_New(0);
    for (Py_ssize_t i = 0; list != NULL && i < saver->count; i++) {
        if (Sac_MaskHas(mask, i) &&
            PyList_Append(list, saver->columns[i].name) < 0) {
            Py_CLEAR(list);
        }
    }
    PyObject *tuple = list == NULL ? NULL : PyList_AsTuple(list);
    Py_XDECREF(list);
    return tuple;
}

/* -> new tuple (shape, after), checked. */
static PyObject *
compile(Sac_State *state, Sac_Saver *saver, Sac_WriteKind kind,
        const uint64_t *mask, bool many)
{
    PyObject *names = names_of(saver, mask);
    PyObject *made =
        names == NULL
            ? NULL
            : PyObject_CallFunction(saver->compile, "sOO", kind_words[kind],
                                    names, many ? Py_True : Py_False);
    Py_XDECREF(names);
    if (made != NULL && (!PyTuple_Check(made) || PyTuple_GET_SIZE(made) != 2 ||
                         !Sac_ShapeCheck(state, PyTuple_GET_ITEM(made, 0)) ||
                         !PyTuple_Check(PyTuple_GET_ITEM(made, 1)))) {
        PyErr_Format(PyExc_TypeError, "compile() gave %R", made);
        Py_CLEAR(made);
    }
    return made;
}

static Sac_Form *
make_form(Sac_Saver *saver, Sac_WriteKind kind, const uint64_t *mask,
          bool many)
{
    Sac_State *state = SAC_STATE(saver);
    PyTypeObject *type = state->form_type;
    PyObject *made = compile(state, saver, kind, mask, many);
    Sac_Form *self = made == NULL ? NULL : (Sac_Form *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->kind = kind;
        self->shape = (Sac_Shape *)Py_NewRef(PyTuple_GET_ITEM(made, 0));
        if (find_sources(self, saver, mask) < 0 ||
            find_afters(state, self, saver, PyTuple_GET_ITEM(made, 1)) < 0) {
            Py_CLEAR(self);
        }
        else {
            find_key(self, saver, mask);
        }
    }
    Py_XDECREF(made);
    return self;
}

/* Programs write a few sets of columns; a table of very many columns that
 * change at random does not fill the memory. */
enum { FORMS_KEPT = 512 };

Sac_Form *
Sac_SaverForm(Sac_Saver *self, Sac_WriteKind kind, const uint64_t *mask,
              bool many)
{
    const Py_ssize_t size = (Py_ssize_t)(self->words * sizeof(*mask));
    PyObject *key = PyBytes_FromStringAndSize(NULL, size + 1);
    if (key == NULL) {
        return NULL;
    }
    char *bytes = PyBytes_AS_STRING(key);
    bytes[0] = (char)((int)kind * 2 + many);
    memcpy(bytes + 1, mask, (size_t)size);
    PyObject *found = PyDict_GetItemWithError(self->forms, key);
    if (found == NULL && !PyErr_Occurred()) {
        if (PyDict_GET_SIZE(self->forms) >= FORMS_KEPT) {
            PyDict_Clear(self->forms);
        }
        found = (PyObject *)make_form(self, kind, mask, many);
        if (found != NULL && PyDict_SetItem(self->forms, key, found) < 0) {
            Py_CLEAR(found);
        }
        Py_XDECREF(found); /* the dict has it */
    }
    Py_DECREF(key);
    return (Sac_Form *)found;
}

/* ---- the type ---------------------------------------------------------- */

static int
form_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_Form *self = (Sac_Form *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->shape);
    Py_ssize_t count =
        self->late_count + self->cell_count + self->expire_count;
    for (Py_ssize_t i = 0; self->afters != NULL && i < count; i++) {
        Py_VISIT(self->afters[i].codec);
    }
    return 0;
}

/* Nothing to clear: a form is in a cycle only through others. */
static void
form_dealloc(PyObject *op)
{
    Sac_Form *self = (Sac_Form *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_ssize_t count =
        self->late_count + self->cell_count + self->expire_count;
    for (Py_ssize_t i = 0; self->afters != NULL && i < count; i++) {
        Py_XDECREF(self->afters[i].key);
        Py_XDECREF(self->afters[i].codec);
    }
    PyMem_Free(self->afters);
    PyMem_Free(self->sources);
    Py_XDECREF(self->rowid_key);
    Py_XDECREF(self->shape);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyType_Slot form_slots[] = {
    {Py_tp_traverse, form_traverse},
    {Py_tp_dealloc, form_dealloc},
    {0, NULL},
};

static PyType_Spec form_spec = {
    .name = "sqlactive_c._core.Form",
    .basicsize = sizeof(Sac_Form),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = form_slots,
};

int
Sac_RegisterForm(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &form_spec, &state->form_type, 0);
}
