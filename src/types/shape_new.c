/* How Python makes a Shape: its constructor.
 *
 * With the GIL.  Reads what the compiler of the SQL package says into C
 * arrays, once a shape, and checks that they fit each other: whoever executes
 * relies on it. */
#include "types/shape.h"

/* -> which of the words it is, or -1 with ValueError. */
static int
word(PyObject *text, const char *const *words, const char *what)
{
    for (int i = 0; words[i] != NULL && PyUnicode_Check(text); i++) {
        if (PyUnicode_CompareWithASCIIString(text, words[i]) == 0) {
            return i;
        }
    }
    PyErr_Format(PyExc_ValueError, "%s: %R", what, text);
    return -1;
}

/* (name, key, codec, source, object) */
static int
read_bind(Sac_Shape *shape, Sac_Bind *bind, PyObject *item)
{
    static const char *const words[] = {
        "rider", "called", "given", "constant", "call", "context", NULL};
    PyObject *name, *key, *codec, *source, *object;
    if (!PyTuple_Check(item)) {
        PyErr_SetString(PyExc_TypeError, "a bind is a tuple");
        return -1;
    }
    if (!PyArg_ParseTuple(item, "UOOOO:Shape", &name, &key, &codec, &source,
                          &object)) {
        return -1;
    }
    int which = word(source, words, "source of a bind");
    if (which < 0) {
        return -1;
    }
    bind->source = (Sac_BindSource)which;
    if (bind->source <= SAC_BIND_CALLED) {
        bind->rider = PyLong_AsSsize_t(object);
        if (bind->rider < 0) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_ValueError, "no such rider");
            }
            return -1;
        }
    }
    bind->name = Py_NewRef(name);
    bind->key = key == Py_None ? NULL : Py_NewRef(key);
    bind->codec = codec == Py_None ? NULL : Py_NewRef(codec);
    bind->object = Py_NewRef(object);
    shape->contextual |= bind->source == SAC_BIND_CONTEXT;
    return 0;
}

static int
read_binds(Sac_Shape *shape, PyObject *binds)
{
    Py_ssize_t count = PyTuple_GET_SIZE(binds);
    shape->binds = PyMem_Calloc((size_t)count + 1, sizeof(Sac_Bind));
    if (shape->binds == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    shape->count = count;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (read_bind(shape, &shape->binds[i], PyTuple_GET_ITEM(binds, i)) <
            0) {
            return -1;
        }
    }
    return 0;
}

/* (bind, width, padded, open, first, next, empty) */
static int
read_expansion(const Sac_Shape *shape, Sac_Expansion *expansion,
               PyObject *item, Py_ssize_t after)
{
    int is_padded;
    PyObject *open, *first, *next, *empty;
    if (!PyTuple_Check(item)) {
        PyErr_SetString(PyExc_TypeError, "an expansion is a tuple");
        return -1;
    }
    if (!PyArg_ParseTuple(item, "nnpUUUU:Shape", &expansion->bind,
                          &expansion->width, &is_padded, &open, &first, &next,
                          &empty)) {
        return -1;
    }
    if (expansion->bind <= after || expansion->bind >= shape->count ||
        expansion->width < 0) {
        PyErr_SetString(PyExc_ValueError, "no such bind");
        return -1;
    }
    PyObject *codec = shape->binds[expansion->bind].codec;
    if (expansion->width > 0 && codec != NULL &&
        (!PyTuple_Check(codec) ||
         PyTuple_GET_SIZE(codec) != expansion->width)) {
        PyErr_SetString(PyExc_ValueError, "a codec for each of the tuple");
        return -1;
    }
    expansion->padded = is_padded != 0;
    expansion->open = Py_NewRef(open);
    expansion->first = Py_NewRef(first);
    expansion->next = Py_NewRef(next);
    expansion->empty = Py_NewRef(empty);
    return 0;
}

static int
read_expansions(Sac_Shape *shape, PyObject *expansions)
{
    Py_ssize_t count = PyTuple_GET_SIZE(expansions);
    if (PyTuple_GET_SIZE(shape->pieces) != count + 1) {
        PyErr_SetString(PyExc_ValueError,
                        "the SQL has one piece more than expansions");
        return -1;
    }
    if (count > 0) {
        shape->expansions = PyMem_Calloc((size_t)count, sizeof(Sac_Expansion));
        if (shape->expansions == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t after = i > 0 ? shape->expansions[i - 1].bind : -1;
        shape->expansion_count = i + 1;
        if (read_expansion(shape, &shape->expansions[i],
                           PyTuple_GET_ITEM(expansions, i), after) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
make_variants(Sac_Shape *shape)
{
    Py_ssize_t space = Sac_ShapeSpace(shape);
    size_t counts = (size_t)shape->expansion_count;
    shape->variants = PyMem_Calloc((size_t)space, sizeof(Sac_Variant));
    if (shape->variants == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; counts > 0 && i < space; i++) {
        Sac_Variant *variant = &shape->variants[i];
        variant->counts = PyMem_Calloc(counts, sizeof(Py_ssize_t));
        if (variant->counts == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    return 0;
}

/* None, "rowid", ("bind", index) or ("cell", index) */
static int
read_primary_part(const Sac_Shape *shape, Sac_PrimaryPart *part,
                  PyObject *item)
{
    static const char *const words[] = {"none", "bind", "rowid", "cell", NULL};
    PyObject *source = item;
    if (item == Py_None) {
        return 0;
    }
    if (PyTuple_Check(item) &&
        !PyArg_ParseTuple(item, "Un:Shape", &source, &part->at)) {
        return -1;
    }
    int which = word(source, words, "source of a primary key");
    if (which < 0) {
        return -1;
    }
    part->source = (Sac_PrimarySource)which;
    Py_ssize_t limit = part->source == SAC_PRIMARY_BIND ? shape->count
                       : shape->decoder != NULL         ? shape->decoder->count
                                                        : 0;
    if (part->at < 0 ||
        (part->source != SAC_PRIMARY_ROWID && part->at >= limit)) {
        PyErr_SetString(PyExc_ValueError, "no such part of the primary key");
        return -1;
    }
    return 0;
}

/* (names, sources), or None */
static int
read_primary(Sac_State *state, Sac_Shape *shape, PyObject *primary)
{
    PyObject *names, *sources;
    if (primary == Py_None) {
        return 0;
    }
    if (!PyTuple_Check(primary) ||
        !PyArg_ParseTuple(primary, "O!O!:Shape", &PyTuple_Type, &names,
                          &PyTuple_Type, &sources)) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError, "a primary key is two tuples");
        }
        return -1;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(sources);
    if (PyTuple_GET_SIZE(names) != count) {
        PyErr_SetString(PyExc_ValueError, "a name for each of the sources");
        return -1;
    }
    shape->primary_keys = Sac_KeysFromNames(state, names);
    shape->primary = PyMem_Calloc((size_t)count + 1, sizeof(Sac_PrimaryPart));
    if (shape->primary_keys == NULL || shape->primary == NULL) {
        return PyErr_Occurred() ? -1 : (PyErr_NoMemory(), -1);
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (read_primary_part(shape, &shape->primary[i],
                              PyTuple_GET_ITEM(sources, i)) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
read_kind(Sac_Shape *shape, PyObject *kind)
{
    static const char *const words[] = {"other",  "select", "insert",
                                        "update", "delete", NULL};
    int which = word(kind, words, "kind of a statement");
    shape->kind = which < 0 ? SAC_STATEMENT_OTHER : (Sac_StatementKind)which;
    return which < 0 ? -1 : 0;
}

static int
check_pieces(PyObject *pieces)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(pieces); i++) {
        if (!PyUnicode_Check(PyTuple_GET_ITEM(pieces, i))) {
            PyErr_SetString(PyExc_TypeError, "a piece of SQL is a str");
            return -1;
        }
    }
    return 0;
}

PyObject *
Sac_ShapeNew(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {
        "sql",        "binds",       "kind",     "decoder",
        "expansions", "primary_key", "implicit", "returning",
        "textual",    "fit",         NULL};
    Sac_State *state = Sac_StateOfType(type);
    PyObject *pieces, *binds, *kind = NULL, *decoder = Py_None;
    PyObject *expansions = NULL, *primary = Py_None, *fit = Py_None;
    int implicit = 0, returning = 0, textual = 0;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!O!|UOO!OpppO:Shape", (char **)(uintptr_t)keywords,
            &PyTuple_Type, &pieces, &PyTuple_Type, &binds, &kind, &decoder,
            &PyTuple_Type, &expansions, &primary, &implicit, &returning,
            &textual, &fit)) {
        return NULL;
    }
    if (decoder != Py_None && !Py_IS_TYPE(decoder, state->decoder_type)) {
        PyErr_SetString(PyExc_TypeError, "decoder is a Decoder or None");
        return NULL;
    }
    PyObject *none = expansions == NULL ? PyTuple_New(0) : NULL;
    Sac_Shape *self = (Sac_Shape *)type->tp_alloc(type, 0);
    if (self != NULL) {
        sac_list_init(&self->live);
        sac_list_init(&self->used);
        self->pieces = Py_NewRef(pieces);
        self->implicit = implicit != 0;
        self->returning = returning != 0;
        self->textual = textual != 0 || fit != Py_None;
        self->fit = fit == Py_None ? NULL : Py_NewRef(fit);
        if (decoder != Py_None) {
            self->decoder = (Sac_Decoder *)Py_NewRef(decoder);
        }
        if ((expansions == NULL && none == NULL) || check_pieces(pieces) < 0 ||
            read_binds(self, binds) < 0 ||
            read_expansions(self, none != NULL ? none : expansions) < 0 ||
            make_variants(self) < 0 ||
            (kind != NULL && read_kind(self, kind) < 0) ||
            read_primary(state, self, primary) < 0 ||
            (self->sql = Sac_ShapeSQL(self, NULL)) == NULL) {
            Py_CLEAR(self);
        }
        else {
            sac_list_push_back(&state->live_shapes, &self->live);
        }
    }
    Py_XDECREF(none);
    return (PyObject *)self;
}
