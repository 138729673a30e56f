/* The argument parser of hot calls.
 *
 * Driven by a constant table, so a function costs no parsing of a format and
 * no interned names of its own.  With the GIL, any thread.  Knows nothing
 * about what the arguments mean. */
#include "bridge/args.h"

static int
find_name(const Sac_ArgSpec *spec, PyObject *name)
{
    for (int i = 0; i < spec->count; i++) {
        if (PyUnicode_CompareWithASCIIString(name, spec->names[i]) == 0) {
            return i;
        }
    }
    PyErr_Format(PyExc_TypeError,
                 "%s() got an unexpected keyword argument '%U'",
                 spec->function, name);
    return -1;
}

static int
too_many(const Sac_ArgSpec *spec, Py_ssize_t nargs)
{
    PyErr_Format(PyExc_TypeError,
                 "%s() takes at most %d positional argument%s, %zd given",
                 spec->function, spec->positional,
                 spec->positional == 1 ? "" : "s", nargs);
    return -1;
}

static int
take_keywords(const Sac_ArgSpec *spec, PyObject *const *values,
              PyObject *kwnames, PyObject **out)
{
    Py_ssize_t count = PyTuple_GET_SIZE(kwnames);
    for (Py_ssize_t i = 0; i < count; i++) {
        int at = find_name(spec, PyTuple_GET_ITEM(kwnames, i));
        if (at < 0) {
            return -1;
        }
        if (out[at] != NULL) {
            PyErr_Format(PyExc_TypeError,
                         "%s() got more than one value for argument '%s'",
                         spec->function, spec->names[at]);
            return -1;
        }
        out[at] = values[i];
    }
    return 0;
}

int
Sac_ParseArgs(const Sac_ArgSpec *spec, PyObject *const *args, Py_ssize_t nargs,
              PyObject *kwnames, PyObject **out)
{
    if (nargs > spec->positional) {
        return too_many(spec, nargs);
    }
    for (int i = 0; i < spec->count; i++) {
        out[i] = i < nargs ? args[i] : NULL;
    }
    if (kwnames != NULL &&
        take_keywords(spec, args + nargs, kwnames, out) < 0) {
        return -1;
    }
    for (int i = 0; i < spec->required; i++) {
        if (out[i] == NULL) {
            PyErr_Format(PyExc_TypeError,
                         "%s() is missing the required argument '%s'",
                         spec->function, spec->names[i]);
            return -1;
        }
    }
    return 0;
}
