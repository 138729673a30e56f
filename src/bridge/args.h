/* Arguments of the functions that are called often: one table each. */
#ifndef SAC_BRIDGE_ARGS_H
#define SAC_BRIDGE_ARGS_H

#include <Python.h>

typedef struct Sac_ArgSpec {
    const char *function;     /* as messages name it, without "()" */
    const char *const *names; /* `count` ASCII names, in order */
    int count;
    int required;   /* of these, from the front */
    int positional; /* how many may be given without a name */
} Sac_ArgSpec;

/* For METH_FASTCALL | METH_KEYWORDS: sorts the arguments into out[count],
 * borrowed from the caller's array, NULL where none was given.
 * -> 0, or -1 with TypeError: too many, missing, unknown, given twice. */
int Sac_ParseArgs(const Sac_ArgSpec *spec, PyObject *const *args,
                  Py_ssize_t nargs, PyObject *kwnames, PyObject **out);

#endif
