/* TextClause, what text() makes, and Template, its compiled SQL.
 *
 * With the GIL.  ":name" becomes "?" once for each text, whatever object
 * carries it: templates are kept by text in a bounded dict.  Quoted text,
 * quoted names and comments are left alone; "\:" is a plain colon anywhere.
 * Knows parameters only by name; converting them is params.c's. */
#include "types/text.h"

#include <stddef.h>
#include <string.h>
#include <structmember.h>

#include "base/memory.h"
#include "bridge/compat.h"
#include "bridge/errors.h"
#include "bridge/params.h"
#include "bridge/scan.h"

enum { MAX_TEMPLATES = 500 };

typedef struct TemplateObject {
    PyObject_HEAD
    PyObject *sql;   /* strong: with "?" for parameters */
    PyObject *names; /* strong: tuple of str, one for each "?" */
    /* The plan that was used last.  `plans` is compared only, never followed:
     * a plan belongs to its text, and if the address comes back in another
     * engine, what the plan has learnt still describes the same text. */
    const void *plans;
    sac_plan *plan; /* strong, or NULL */
    sac_list link;  /* of the state's list; GIL */
} TemplateObject;

typedef struct TextObject {
    PyObject_HEAD
    PyObject *text;     /* strong: as it was given */
    PyObject *template; /* strong */
    PyObject *preset;   /* strong: dict of bindparams() values, or NULL */
    bool typed;         /* some of them are what bindparam() made */
    PyObject *node;     /* strong: what stands for it then, or NULL until it
                           is executed */
    PyObject *weakrefs;
} TextObject;

/* ---- compiling --------------------------------------------------------- */

typedef struct Writer {
    char *out; /* owned; never longer than the text */
    size_t length;
    PyObject *names; /* strong list; NULL: the names stay in the text */
} Writer;

static void
put(Writer *writer, const char *from, const char *to)
{
    memcpy(writer->out + writer->length, from, (size_t)(to - from));
    writer->length += (size_t)(to - from);
}

/* What is quoted, or a comment: as it stands, but for "\:". */
static void
put_literal(Writer *writer, const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == '\\' && at + 1 < end && at[1] == ':') {
            at++;
        }
        put(writer, at, at + 1);
    }
}

static int
put_parameter(Writer *writer, const char *colon, const char *end)
{
    if (writer->names == NULL) {
        put(writer, colon, end);
        return 0;
    }
    PyObject *name = PyUnicode_DecodeUTF8(colon + 1, end - colon - 1, NULL);
    if (name == NULL) {
        return -1;
    }
    Sac_InternName(&name);
    int rc = PyList_Append(writer->names, name);
    Py_DECREF(name);
    writer->out[writer->length++] = '?';
    return rc;
}

/* -> after the parameter that begins at the colon, or NULL: it is part of a
 * word, of "::", or of something like ":a:b". */
static const char *
parameter_end(const char *start, const char *colon, const char *end)
{
    if (colon > start &&
        (colon[-1] == ':' || colon[-1] == '\\' || sac_scan_word(colon[-1]))) {
        return NULL;
    }
    const char *at = colon + 1;
    while (at < end && sac_scan_word(*at)) {
        at++;
    }
    if (at == colon + 1 || (at < end && *at == ':')) {
        return NULL;
    }
    return at;
}

static int
compile_text(Writer *writer, const char *start, const char *end)
{
    const char *at = start;
    while (at < end) {
        const char *after = sac_scan_skip(at, end);
        if (after != NULL) {
            put_literal(writer, at, after);
        }
        else if (*at == '\\' && at + 1 < end && at[1] == ':') {
            after = at + 2;
            put(writer, at + 1, after);
        }
        else if (*at == ':' &&
                 (after = parameter_end(start, at, end)) != NULL) {
            if (put_parameter(writer, at, after) < 0) {
                return -1;
            }
        }
        else {
            after = at + 1;
            put(writer, at, after);
        }
        at = after;
    }
    return 0;
}

/* -> new str: the SQL.  With `names`, a new list, parameters are "?" there
 * and noted in it; else they keep their names. */
static PyObject *
rendered(PyObject *text, PyObject *names)
{
    Py_ssize_t length;
    const char *start = PyUnicode_AsUTF8AndSize(text, &length);
    if (start == NULL) {
        return NULL;
    }
    Writer writer = {sac_malloc((size_t)length), 0, names};
    if (writer.out == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *sql = NULL;
    if (compile_text(&writer, start, start + length) == 0) {
        sql =
            PyUnicode_DecodeUTF8(writer.out, (Py_ssize_t)writer.length, NULL);
    }
    sac_free(writer.out);
    return sql;
}

/* -> new Template. */
static PyObject *
template_new(Sac_State *state, PyObject *text)
{
    TemplateObject *self = NULL;
    PyObject *list = PyList_New(0);
    if (list == NULL) {
        return NULL;
    }
    PyObject *sql = rendered(text, list);
    PyObject *names = PyList_AsTuple(list);
    if (sql != NULL && names != NULL) {
        self = PyObject_New(TemplateObject, state->template_type);
    }
    if (self == NULL) {
        Py_XDECREF(sql);
        Py_XDECREF(names);
    }
    else {
        self->sql = sql;
        self->names = names;
        self->plans = NULL;
        self->plan = NULL;
        sac_list_push_back(&state->live_templates, &self->link);
    }
    Py_DECREF(list);
    return (PyObject *)self;
}

/* The oldest goes when there are too many: texts that a program builds anew
 * each time would fill the memory. */
static int
drop_oldest(PyObject *templates)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    if (PyDict_GET_SIZE(templates) < MAX_TEMPLATES ||
        !PyDict_Next(templates, &at, &key, &value)) {
        return 0;
    }
    Py_INCREF(key);
    int rc = PyDict_DelItem(templates, key);
    Py_DECREF(key);
    return rc;
}

/* -> new ref. */
static PyObject *
template_of(Sac_State *state, PyObject *text)
{
    PyObject *known = PyDict_GetItemWithError(state->templates, text);
    if (known != NULL || PyErr_Occurred()) {
        return Py_XNewRef(known);
    }
    PyObject *template = template_new(state, text);
    if (template != NULL &&
        (drop_oldest(state->templates) < 0 ||
         PyDict_SetItem(state->templates, text, template) < 0)) {
        Py_CLEAR(template);
    }
    return template;
}

/* ---- preparing an execution -------------------------------------------- */

int
Sac_CheckSQL(Sac_State *state, PyObject *sql, const char *utf8,
             Py_ssize_t size)
{
    const Sac_ErrorContext context = {.statement = sql};
    if (memchr(utf8, '\0', (size_t)size) == NULL) {
        return 0;
    }
    (void)Sac_RaiseMisuse(
        state, PyUnicode_FromString("the SQL has a null character in it"),
        &context);
    return -1;
}

bool
Sac_TextCheck(Sac_State *state, PyObject *object)
{
    return PyObject_TypeCheck(object, state->text_type);
}

/* Makes `template->plan` one of that engine.  -> 0 or -1. */
static int
find_plan(Sac_State *state, TemplateObject *template, sac_engine *engine)
{
    Py_ssize_t size;
    const char *utf8 = PyUnicode_AsUTF8AndSize(template->sql, &size);
    if (utf8 == NULL || Sac_CheckSQL(state, template->sql, utf8, size) < 0) {
        return -1;
    }
    sac_plan *plan = sac_plans_get(engine->plans, utf8, (size_t)size);
    if (plan == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    sac_plan_release(template->plan);
    template->plan = plan;
    template->plans = engine->plans;
    return 0;
}

int
Sac_TextApply(Sac_State *state, PyObject *op, sac_engine *engine,
              Sac_Execution *execution)
{
    TextObject *text = (TextObject *)op;
    TemplateObject *template = (TemplateObject *)text->template;
    Py_XSETREF(execution->statement, Py_NewRef(template->sql));
    Py_XSETREF(execution->names, Py_NewRef(template->names));
    Py_XSETREF(execution->preset, Py_XNewRef(text->preset));
    if ((template->plan == NULL || template->plans != engine->plans) &&
        find_plan(state, template, engine) < 0) {
        return -1;
    }
    execution->step.plan = sac_plan_retain(template->plan);
    return 0;
}

void
Sac_TextForgetPlans(Sac_State *state)
{
    sac_list *head = &state->live_templates;
    for (sac_list *node = head->next; node != head; node = node->next) {
        TemplateObject *template = SAC_CONTAINER(node, TemplateObject, link);
        sac_plan_release(template->plan);
        template->plan = NULL;
    }
}

/* ---- Template ---------------------------------------------------------- */

static void
template_dealloc(PyObject *op)
{
    TemplateObject *self = (TemplateObject *)op;
    PyTypeObject *type = Py_TYPE(op);
    Py_DECREF(self->sql);
    Py_DECREF(self->names);
    sac_list_remove(&self->link);
    sac_plan_release(self->plan);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMemberDef template_members[] = {
    {"sql", T_OBJECT, offsetof(TemplateObject, sql), READONLY,
     "The SQL with \"?\" for each parameter."},
    {"names", T_OBJECT, offsetof(TemplateObject, names), READONLY,
     "The name of each parameter, in order; a name may come twice."},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(template_doc, "A compiled text, shared by equal texts.");

static PyType_Slot template_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)template_doc},
    {Py_tp_dealloc, template_dealloc},
    {Py_tp_members, template_members},
    {0, NULL},
};

/* Holds str and a tuple of str only: no part of any cycle. */
static PyType_Spec template_spec = {
    .name = "sqlactive_c._core.Template",
    .basicsize = sizeof(TemplateObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = template_slots,
};

/* ---- TextClause -------------------------------------------------------- */

/* -> new TextClause of that type. steals: preset (may be NULL). */
static PyObject *
text_make(PyTypeObject *type, PyObject *text, PyObject *template,
          PyObject *preset)
{
    TextObject *self = (TextObject *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_XDECREF(preset);
        return NULL;
    }
    self->text = Py_NewRef(text);
    self->template = Py_NewRef(template);
    self->preset = preset;
    return (PyObject *)self;
}

static PyObject *
text_from(Sac_State *state, PyTypeObject *type, PyObject *text)
{
    if (!PyUnicode_Check(text)) {
        return Sac_RaiseNamed(state, "ArgumentError",
                              "text() takes SQL as a str, not %s",
                              Py_TYPE(text)->tp_name);
    }
    PyObject *template = template_of(state, text);
    if (template == NULL) {
        return NULL;
    }
    PyObject *self = text_make(type, text, template, NULL);
    Py_DECREF(template);
    return self;
}

PyObject *
Sac_TextNew(PyObject *module, PyObject *sql)
{
    Sac_State *state = Sac_StateOfModule(module);
    return text_from(state, state->text_type, sql);
}

static PyObject *
text_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"text", NULL};
    PyObject *text;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:TextClause",
                                     (char **)(uintptr_t)keywords, &text)) {
        return NULL;
    }
    return text_from(Sac_StateOfType(type), type, text);
}

static int
check_names(Sac_State *state, PyObject *names, PyObject *values)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(values, &at, &name, &value)) {
        int known = PySequence_Contains(names, name);
        if (known < 0) {
            return -1;
        }
        if (known == 0) {
            (void)Sac_RaiseNamed(state, "ArgumentError",
                                 "this text() has no parameter '%U'", name);
            return -1;
        }
    }
    return 0;
}

PyDoc_STRVAR(
    bindparams_doc,
    "bindparams($self, /, *binds, **values)\n--\n\n"
    "Return a new TextClause with values for some parameters.\n\n"
    "Args:\n    *binds: Parameters with a type or a value, made by\n"
    "        bindparam().\n"
    "    **values: Value by parameter name. What is passed to execute()\n"
    "        goes before them.\n\n"
    "Returns:\n    A new TextClause; this one stays as it is.\n\n"
    "Raises:\n    ArgumentError: The text has no parameter of that name.");

/* What a text does as an element of statements is said in Python. */
static PyObject *
in_python(PyObject *op, const char *name, PyObject *args, PyObject *kwargs)
{
    PyObject *hook = SAC_STATE(op)->text_method;
    if (hook == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "sqlactive_c is not imported yet");
        return NULL;
    }
    return PyObject_CallFunction(hook, "sOOO", name, op,
                                 args == NULL ? Py_None : args,
                                 kwargs == NULL ? Py_None : kwargs);
}

static PyObject *
text_bindparams(PyObject *op, PyObject *args, PyObject *kwargs)
{
    TextObject *self = (TextObject *)op;
    const TemplateObject *template = (TemplateObject *)self->template;
    if (PyTuple_GET_SIZE(args) > 0 || self->typed) {
        return in_python(op, "bindparams", args, kwargs);
    }
    PyObject *preset =
        self->preset != NULL ? PyDict_Copy(self->preset) : PyDict_New();
    if (preset == NULL) {
        return NULL;
    }
    if (kwargs != NULL &&
        (check_names(SAC_STATE(op), template->names, kwargs) < 0 ||
         PyDict_Update(preset, kwargs) < 0)) {
        Py_DECREF(preset);
        return NULL;
    }
    return text_make(Py_TYPE(op), self->text, self->template, preset);
}

static PyObject *
text_with(PyObject *op, PyObject *preset)
{
    TextObject *self = (TextObject *)op;
    if (!PyDict_Check(preset)) {
        PyErr_SetString(PyExc_TypeError, "_with(preset): a dict");
        return NULL;
    }
    TextObject *made = (TextObject *)text_make(
        Py_TYPE(op), self->text, self->template, Py_NewRef(preset));
    if (made != NULL) {
        made->typed = true;
    }
    return (PyObject *)made;
}

PyDoc_STRVAR(
    columns_doc,
    "columns($self, /, *columns, **types)\n--\n\n"
    "Return the text as a SELECT whose columns are known.\n\n"
    "Args:\n    *columns: The columns, in the order of the text.\n"
    "    **types: Types by the names of columns.\n\n"
    "Returns:\n    A TextualSelect, which can be a subquery or a CTE.");

static PyObject *
text_columns(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return in_python(op, "columns", args, kwargs);
}

PyDoc_STRVAR(compile_doc,
             "compile($self, /, *args, **kwargs)\n--\n\n"
             "Return the compiled form.\n\n"
             "Args:\n    *args: As for other statements.\n"
             "    **kwargs: As for other statements.\n\n"
             "Returns:\n    The Compiled, with string and params.");

static PyObject *
text_compile(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return in_python(op, "compile", args, kwargs);
}

int
Sac_TextNode(PyObject *op, PyObject **node)
{
    TextObject *self = (TextObject *)op;
    if (self->typed && self->node == NULL) {
        self->node = in_python(op, "fragment", NULL, NULL);
        if (self->node == NULL) {
            return -1;
        }
    }
    *node = self->node;
    return self->node != NULL;
}

static PyObject *
text_str(PyObject *op)
{
    PyObject *node;
    int rc = Sac_TextNode(op, &node);
    if (rc != 0) {
        return rc < 0 ? NULL : PyObject_Str(node);
    }
    return rendered(((TextObject *)op)->text, NULL);
}

static PyObject *
text_repr(PyObject *op)
{
    return PyUnicode_FromFormat("<TextClause %R>", ((TextObject *)op)->text);
}

static int
text_traverse(PyObject *op, visitproc visit, void *arg)
{
    TextObject *self = (TextObject *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->template);
    Py_VISIT(self->preset);
    Py_VISIT(self->node);
    return 0;
}

static int
text_clear(PyObject *op)
{
    Py_CLEAR(((TextObject *)op)->preset);
    Py_CLEAR(((TextObject *)op)->node);
    return 0;
}

static void
text_dealloc(PyObject *op)
{
    TextObject *self = (TextObject *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (self->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    (void)text_clear(op);
    Py_XDECREF(self->text);
    Py_XDECREF(self->template);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMethodDef text_methods[] = {
    {"bindparams", (PyCFunction)(void (*)(void))text_bindparams,
     METH_VARARGS | METH_KEYWORDS, bindparams_doc},
    {"_with", text_with, METH_O,
     "_with($self, preset, /)\n--\n\nReturn it with these parameters, of "
     "which some are what bindparam()\nmade."},
    {"columns", (PyCFunction)(void (*)(void))text_columns,
     METH_VARARGS | METH_KEYWORDS, columns_doc},
    {"compile", (PyCFunction)(void (*)(void))text_compile,
     METH_VARARGS | METH_KEYWORDS, compile_doc},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef text_members[] = {
    {"text", T_OBJECT, offsetof(TextObject, text), READONLY,
     "The text as it was given."},
    {"_template", T_OBJECT, offsetof(TextObject, template), READONLY,
     "The compiled SQL and the names of its parameters."},
    {"_preset", T_OBJECT, offsetof(TextObject, preset), READONLY,
     "What bindparams() was given, by name; None if nothing."},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(TextObject, weakrefs),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(
    text_doc,
    "TextClause(text)\n--\n\n"
    "SQL text with :name parameters; text() makes it.\n\n"
    "A colon inside quotes and comments, after a letter or a digit, or doubled\n"
    "is no parameter, and \"\\:\" is a plain colon. The object is immutable;\n"
    "str() gives the SQL with the names of its parameters.\n\n"
    "Args:\n    text: SQL, a str.\n\n"
    "Raises:\n    ArgumentError: It is no str.");

static PyType_Slot text_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)text_doc},
    {Py_tp_new, text_new},
    {Py_tp_str, text_str},
    {Py_tp_repr, text_repr},
    {Py_tp_traverse, text_traverse},
    {Py_tp_clear, text_clear},
    {Py_tp_dealloc, text_dealloc},
    {Py_tp_methods, text_methods},
    {Py_tp_members, text_members},
    {0, NULL},
};

static PyType_Spec text_spec = {
    .name = "sqlactive_c._core.TextClause",
    .basicsize = sizeof(TextObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .slots = text_slots,
};

int
Sac_RegisterText(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (Sac_AddType(module, &template_spec, &state->template_type, 0) < 0) {
        return -1;
    }
    return Sac_AddType(module, &text_spec, &state->text_type, 1);
}
