/* Base models: which classes are some, and how they get and lose a session.
 *
 * Nothing here awaits, so whoever attaches several models sees all of them
 * attached or none.  GIL.  What a session is, it does not know. */
#include "types/db_models.h"

#include <stdbool.h>

#include "bridge/compat.h"

/* ---- which classes --------------------------------------------------- */

static int
check_model(PyObject *model, bool with_metadata)
{
    if (!PyType_Check(model)) {
        PyErr_Format(PyExc_TypeError,
                     "a base model must be a class, not %R (of type %s)",
                     model, Py_TYPE(model)->tp_name);
        return -1;
    }
    PyObject *method = PyObject_GetAttrString(model, "set_session");
    bool callable = method != NULL && PyCallable_Check(method);
    Py_XDECREF(method);
    if (!callable) {
        PyErr_Format(PyExc_TypeError,
                     "%R is no base model: it has no set_session(); derive "
                     "it from ActiveRecordMixin or SessionMixin",
                     model);
        return -1;
    }
    PyObject *metadata = NULL, *tables = NULL;
    if (with_metadata) {
        metadata = PyObject_GetAttrString(model, "metadata");
        tables = metadata == NULL ? NULL
                                  : PyObject_GetAttrString(metadata, "tables");
        Py_XDECREF(metadata);
        Py_XDECREF(tables);
        if (tables == NULL) {
            PyErr_Format(PyExc_TypeError,
                         "%R is no base model: it has no metadata with "
                         "tables; derive it from a declarative base",
                         model);
            return -1;
        }
    }
    return 0;
}

int
Sac_ModelsAdd(PyObject *models, PyObject *model, bool with_metadata)
{
    if (model == Py_None) {
        return 0;
    }
    if (check_model(model, with_metadata) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(models); i++) {
        if (PyList_GET_ITEM(models, i) == model) {
            return 0;
        }
    }
    return PyList_Append(models, model);
}

PyObject *
Sac_ModelsGiven(const char *function, PyObject *args, PyObject *kwargs,
                bool with_metadata)
{
    PyObject *models = PyList_New(0);
    if (models == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++) {
        if (Sac_ModelsAdd(models, PyTuple_GET_ITEM(args, i), with_metadata) <
            0) {
            goto error;
        }
    }
    PyObject *name, *value;
    Py_ssize_t at = 0;
    while (kwargs != NULL && PyDict_Next(kwargs, &at, &name, &value)) {
        if (PyUnicode_CompareWithASCIIString(name, "base_model") != 0) {
            PyErr_Format(PyExc_TypeError,
                         "%s() got an unexpected keyword argument '%S'",
                         function, name);
            goto error;
        }
        if (Sac_ModelsAdd(models, value, with_metadata) < 0) {
            goto error;
        }
    }
    return models;
error:
    Py_DECREF(models);
    return NULL;
}
PyObject *
Sac_ModelsMetadata(PyObject *models)
{
    PyObject *list = PyList_New(0);
    for (Py_ssize_t i = 0; list != NULL && i < PyList_GET_SIZE(models); i++) {
        PyObject *metadata =
            PyObject_GetAttrString(PyList_GET_ITEM(models, i), "metadata");
        bool known = false;
        for (Py_ssize_t j = 0; j < PyList_GET_SIZE(list); j++) {
            known = known || PyList_GET_ITEM(list, j) == metadata;
        }
        if (metadata == NULL ||
            (!known && PyList_Append(list, metadata) < 0)) {
            Py_CLEAR(list);
        }
        Py_XDECREF(metadata);
    }
    return list;
}

/* ---- attaching ------------------------------------------------------- */

/* *session: new ref to the session that the class itself has, not one that
 * it inherits.  -> 1, 0: it has none of its own, -1 */
static int
own_session(PyObject *model, PyObject **session)
{
    *session = NULL;
    PyObject *names = PyObject_GetAttrString(model, "__dict__");
    if (names == NULL) {
        return -1;
    }
    *session = PyMapping_GetItemString(names, "_session");
    Py_DECREF(names);
    if (*session == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_KeyError)) {
            return -1;
        }
        PyErr_Clear();
        return 0;
    }
    return 1;
}

static int
set_session(PyObject *model, PyObject *session)
{
    PyObject *none = PyObject_CallMethod(model, "set_session", "O", session);
    Py_XDECREF(none);
    return none == NULL ? -1 : 0;
}

/* Puts back what a class had before, as well as that goes: another error is
 * on its way already. */
static void
restore(PyObject *model, PyObject *before)
{
    int rc = set_session(model, before == NULL ? Py_None : before);
    if (rc == 0 && before == NULL) {
        PyObject *own;
        rc = own_session(model, &own);
        if (rc > 0) {
            rc = PyObject_DelAttrString(model, "_session");
        }
        Py_XDECREF(own);
    }
    if (rc < 0) {
        PyErr_WriteUnraisable(model);
    }
}

void
Sac_ModelsRestore(PyObject *models, PyObject *before)
{
    PyObject *error = Sac_ErrTake();
    for (Py_ssize_t i = PyList_GET_SIZE(before); i-- > 0;) {
        PyObject *had = PyList_GET_ITEM(before, i);
        restore(PyList_GET_ITEM(models, i),
                PyTuple_GET_SIZE(had) == 0 ? NULL : PyTuple_GET_ITEM(had, 0));
    }
    Sac_ErrGive(error);
}

PyObject *
Sac_ModelsAttach(PyObject *models, PyObject *session)
{
    PyObject *before = PyList_New(0);
    Py_ssize_t count = PyList_GET_SIZE(models);
    for (Py_ssize_t i = 0; before != NULL && i < count; i++) {
        PyObject *model = PyList_GET_ITEM(models, i);
        PyObject *own, *had = NULL;
        int rc = own_session(model, &own);
        if (rc >= 0) {
            had = rc == 0 ? PyTuple_New(0) : PyTuple_Pack(1, own);
        }
        if (had == NULL || PyList_Append(before, had) < 0 ||
            set_session(model, session) < 0) {
            Sac_ModelsRestore(models, before);
            Py_CLEAR(before);
        }
        Py_XDECREF(had);
        Py_XDECREF(own);
    }
    return before;
}

int
Sac_ModelDetach(PyObject *model, PyObject *attached)
{
    PyObject *session;
    int rc = own_session(model, &session);
    if (rc > 0 && session == attached) {
        PyObject *method = PyObject_GetAttrString(model, "close_session");
        if (method == NULL) {
            PyErr_Clear();
            rc = set_session(model, Py_None);
        }
        else {
            PyObject *none = PyObject_CallNoArgs(method);
            rc = none == NULL ? -1 : 0;
            Py_XDECREF(none);
            Py_DECREF(method);
        }
    }
    Py_XDECREF(session);
    return rc < 0 ? -1 : 0;
}
