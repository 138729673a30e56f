/* What differs between CPython 3.11 and 3.13, in one place. */
#ifndef SAC_BRIDGE_COMPAT_H
#define SAC_BRIDGE_COMPAT_H

#include <Python.h>

/* Takes the current exception. -> new ref: an instance with its traceback,
 * or NULL when there is none. */
static inline PyObject *
Sac_ErrTake(void)
{
#if PY_VERSION_HEX >= 0x030C0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (type == NULL) {
        return NULL;
    }
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) {
        (void)PyException_SetTraceback(value, traceback);
    }
    Py_DECREF(type);
    Py_XDECREF(traceback);
    return value;
#endif
}

/* steals: exception (NULL: clears the current one). */
static inline void
Sac_ErrGive(PyObject *exception)
{
#if PY_VERSION_HEX >= 0x030C0000
    PyErr_SetRaisedException(exception);
#else
    if (exception == NULL) {
        PyErr_Clear();
        return;
    }
    PyObject *type = (PyObject *)Py_TYPE(exception);
    Py_INCREF(type);
    PyErr_Restore(type, exception, PyException_GetTraceback(exception));
#endif
}

/* Of an error and what went wrong while it was dealt with (the current
 * exception, if any): the error is raised, unless the other one is to stop
 * the task. steals: error. */
static inline void
Sac_ErrPrefer(PyObject *error)
{
    PyObject *later = Sac_ErrTake();
    if (later != NULL &&
        !PyErr_GivenExceptionMatches(later, PyExc_Exception)) {
        PyException_SetContext(later, error);
        error = later;
    }
    else {
        Py_XDECREF(later);
    }
    Sac_ErrGive(error);
}

/* -> new ref to what a weak reference points to, or NULL (no exception). */
static inline PyObject *
Sac_WeakrefGet(PyObject *reference)
{
#if PY_VERSION_HEX >= 0x030D0000
    PyObject *object;
    if (PyWeakref_GetRef(reference, &object) < 0) {
        PyErr_Clear(); /* not a weak reference: cannot be */
        return NULL;
    }
    return object;
#else
    PyObject *object = PyWeakref_GetObject(reference);
    return object == NULL || object == Py_None ? NULL : Py_NewRef(object);
#endif
}

/* -> a number that changes whenever the class, or one above it, does; 0: not
 * known. */
static inline unsigned
Sac_TypeVersion(PyTypeObject *type)
{
#if PY_VERSION_HEX < 0x030C0000
    if (!PyType_HasFeature(type, Py_TPFLAGS_VALID_VERSION_TAG)) {
        return 0;
    }
#endif
    return type->tp_version_tag;
}

/* Interns a name that comes from SQL, of which there may be any number: not
 * where interned strings live for ever. */
static inline void
Sac_InternName(PyObject **name)
{
#if PY_VERSION_HEX < 0x030C0000 || PY_VERSION_HEX >= 0x030D0000
    PyUnicode_InternInPlace(name);
#else
    (void)name;
#endif
}

#endif
