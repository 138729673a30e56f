/* From the checked keywords to an engine: engine/create.py gives a dict whose
 * values all fit; here they become C.  Once per engine. */
#include "types/engine.h"

#include <limits.h>

#include "base/memory.h"
#include "bridge/errors.h"

static PyObject *
item(PyObject *spec, const char *name)
{
    PyObject *value = PyDict_GetItemString(spec, name);
    if (value == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_KeyError, "engine specification lacks %s", name);
    }
    return value;
}

static int
take_int(PyObject *spec, const char *name, int *out)
{
    PyObject *value = item(spec, name);
    if (value == NULL) {
        return -1;
    }
    int overflow;
    long number = PyLong_AsLongAndOverflow(value, &overflow);
    if (number == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (overflow != 0 || number > INT_MAX || number < INT_MIN) {
        PyErr_Format(PyExc_OverflowError, "%s is out of range: %R", name,
                     value);
        return -1;
    }
    *out = (int)number;
    return 0;
}

static int
take_int64(PyObject *spec, const char *name, int64_t *out)
{
    PyObject *value = item(spec, name);
    if (value == NULL) {
        return -1;
    }
    *out = PyLong_AsLongLong(value);
    return *out == -1 && PyErr_Occurred() ? -1 : 0;
}

static int
take_bool(PyObject *spec, const char *name, bool *out)
{
    PyObject *value = item(spec, name);
    if (value == NULL) {
        return -1;
    }
    int truth = PyObject_IsTrue(value);
    *out = truth > 0;
    return truth < 0 ? -1 : 0;
}

static int
take_double(PyObject *spec, const char *name, double *out)
{
    PyObject *value = item(spec, name);
    if (value == NULL) {
        return -1;
    }
    *out = PyFloat_AsDouble(value);
    return *out == -1.0 && PyErr_Occurred() ? -1 : 0;
}

static int
take_object(PyObject *spec, const char *name, PyObject **out)
{
    PyObject *value = item(spec, name);
    if (value == NULL) {
        return -1;
    }
    *out = Py_NewRef(value);
    return 0;
}

/* -> owned copy, or NULL with an exception. */
static char *
copy_text(PyObject *text)
{
    Py_ssize_t size;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &size);
    if (utf8 == NULL) {
        return NULL;
    }
    char *copy = sac_strndup(utf8, (size_t)size);
    if (copy == NULL) {
        PyErr_NoMemory();
    }
    return copy;
}

static int
take_path(PyObject *spec, sac_options *options)
{
    PyObject *path = item(spec, "path");
    if (path == NULL) {
        return -1;
    }
    if (path == Py_None) {
        return 0;
    }
    options->path = copy_text(path);
    return options->path == NULL ? -1 : 0;
}

static int
take_setup(PyObject *spec, sac_options *options)
{
    PyObject *setup = item(spec, "setup");
    if (setup == NULL) {
        return -1;
    }
    Py_ssize_t count = PyList_Size(setup);
    if (count < 0) {
        return -1;
    }
    options->setup = sac_calloc((size_t)count + 1, sizeof(char *));
    if (options->setup == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        options->setup[i] = copy_text(PyList_GET_ITEM(setup, i));
        if (options->setup[i] == NULL) {
            return -1;
        }
        options->setup_count++;
    }
    return 0;
}

int
Sac_OptionsFromSpec(PyObject *spec, sac_options *options)
{
    if (take_path(spec, options) < 0 || take_setup(spec, options) < 0 ||
        take_bool(spec, "uri", &options->uri) < 0 ||
        take_bool(spec, "read_only", &options->read_only) < 0 ||
        take_bool(spec, "create", &options->create) < 0 ||
        take_bool(spec, "wal", &options->wal) < 0 ||
        take_bool(spec, "slow_commit", &options->slow_commit) < 0 ||
        take_bool(spec, "keep_none", &options->keep_none) < 0 ||
        take_bool(spec, "check_moved", &options->check_moved) < 0 ||
        take_int(spec, "busy_timeout_ms", &options->busy_timeout_ms) < 0 ||
        take_int(spec, "statement_cache", &options->statement_cache) < 0 ||
        take_int(spec, "plan_cache", &options->plan_cache) < 0 ||
        take_int(spec, "checkpoint_frames", &options->checkpoint_frames) < 0 ||
        take_int(spec, "pool_size", &options->pool_size) < 0 ||
        take_int(spec, "max_overflow", &options->max_overflow) < 0 ||
        take_int(spec, "readers", &options->readers) < 0 ||
        take_int(spec, "reader_nice", &options->reader_nice) < 0 ||
        take_int64(spec, "inline_budget", &options->inline_budget) < 0 ||
        take_int64(spec, "recycle_ns", &options->recycle_ns) < 0) {
        return -1;
    }
    return 0;
}

int
Sac_IsolationFromWord(Sac_State *state, PyObject *word,
                      sac_isolation *isolation)
{
    static const char *const words[] = {"lazy", "immediate", "snapshot",
                                        "autocommit"};
    for (int i = 0; i < 4; i++) {
        if (PyUnicode_Check(word) &&
            PyUnicode_CompareWithASCIIString(word, words[i]) == 0) {
            *isolation = (sac_isolation)i;
            return 0;
        }
    }
    (void)Sac_RaiseNamed(state, "ArgumentError",
                         "isolation: %R is not one of lazy, immediate, "
                         "snapshot, autocommit",
                         word);
    return -1;
}

int
Sac_EngineFill(Sac_State *state, Sac_Engine *self, PyObject *spec)
{
    PyObject *word = item(spec, "isolation");
    if (word == NULL ||
        Sac_IsolationFromWord(state, word, &self->isolation) < 0 ||
        take_object(spec, "url", &self->url) < 0 ||
        take_object(spec, "dialect", &self->dialect) < 0 ||
        take_object(spec, "log", &self->log) < 0 ||
        take_object(spec, "execution_options", &self->options) < 0 ||
        take_object(spec, "isolation_level", &self->isolation_name) < 0 ||
        take_object(spec, "poolclass", &self->poolclass) < 0 ||
        take_object(spec, "json", &self->json) < 0 ||
        take_double(spec, "pool_timeout", &self->pool_timeout) < 0 ||
        take_double(spec, "writer_timeout", &self->writer_timeout) < 0 ||
        take_bool(spec, "hide_parameters", &self->hide_parameters) < 0 ||
        take_bool(spec, "lazy_inline", &self->lazy_inline) < 0 ||
        take_bool(spec, "allow_extensions", &self->allow_extensions) < 0) {
        return -1;
    }
    /* Now: a finalizer may run when Python code cannot any more. */
    self->shown = PyObject_Str(self->url);
    return self->shown == NULL ? -1 : 0;
}
