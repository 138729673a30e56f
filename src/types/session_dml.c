/* UPDATE and DELETE of a session: the instances follow what is executed.
 *
 * Loop thread, GIL.  Python decides whether there is anything to follow, and
 * executes the statement then (the hook follow_dml); it is asked only where
 * the session has instances, or somebody says how they are to follow. */
#include "types/session_orm.h"

#include "types/result.h"
#include "types/shape.h"

/* -> whether Python is to be asked. */
static bool
concerns(Sac_Session *session, PyObject *statement, PyObject *parameters,
         PyObject *options)
{
    if ((session->identity_map != NULL && session->identity_map->used > 0) ||
        (options != NULL && options != Py_None) ||
        (parameters != NULL &&
         (PyList_Check(parameters) || PyTuple_Check(parameters)))) {
        return true;
    }
    PyObject *own =
        PyObject_GetAttr(statement, SAC_STATE(session)->str_execution_options);
    bool given = own != NULL && own != Py_None;
    PyErr_Clear();
    Py_XDECREF(own);
    return given;
}

/* Whether dicts do not all have the keys of the first. -> 1, 0, or -1. */
static int
is_uneven(PyObject *list)
{
    PyObject *first = PyList_GET_ITEM(list, 0);
    for (Py_ssize_t i = 1; i < PyList_GET_SIZE(list); i++) {
        PyObject *each = PyList_GET_ITEM(list, i);
        if (!PyDict_Check(first) || !PyDict_Check(each)) {
            return 0;
        }
        if (PyDict_GET_SIZE(each) != PyDict_GET_SIZE(first)) {
            return 1;
        }
        PyObject *key, *value;
        Py_ssize_t at = 0;
        while (PyDict_Next(first, &at, &key, &value)) {
            int known = PyDict_Contains(each, key);
            if (known <= 0) {
                return known < 0 ? -1 : 1;
            }
        }
    }
    return 0;
}

/* slots[1]: what Python gave; number: Sac_Want. */
static PySendResult
follow_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    if (op->stage == 0) {
        op->stage = 1;
        PyObject *run = PyObject_CallMethod(op->slots[1], "run", NULL);
        return Sac_OpAwait(op, run) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    *result = value == NULL ? NULL : Sac_ResultAs(value, (Sac_Want)op->number);
    return *result == NULL ? PYGEN_ERROR : PYGEN_RETURN;
}

static PyObject *
following(Sac_Session *session, PyObject *found, Sac_Want want)
{
    static const Sac_OpKind kind = {"AsyncSession.execute", follow_step};
    Sac_Op *op = Sac_OpNew(SAC_STATE(session)->operation_type, &kind,
                           (PyObject *)session);
    if (op == NULL) {
        Py_DECREF(found);
        return NULL;
    }
    op->number = want;
    op->slots[1] = found;
    return (PyObject *)op;
}

int
Sac_SessionSplit(Sac_Session *session, PyObject *statement,
                 PyObject *parameters, PyObject *options, Sac_Want want,
                 PyObject **made)
{
    Sac_State *state = SAC_STATE(session);
    *made = NULL;
    if (parameters == NULL || !PyList_Check(parameters) ||
        PyList_GET_SIZE(parameters) < 2 || state->follow_dml == NULL ||
        want == SAC_WANT_STREAM || want == SAC_WANT_STREAM_SCALARS) {
        return 0;
    }
    int uneven = is_uneven(parameters);
    if (uneven <= 0) {
        return uneven;
    }
    PyObject *found = PyObject_CallFunctionObjArgs(
        state->follow_dml, (PyObject *)session, statement, parameters,
        options == NULL ? Py_None : options, NULL);
    if (found == NULL) {
        return -1;
    }
    if (PyObject_HasAttrString(found, "splits")) {
        *made = following(session, found, want);
        return *made == NULL ? -1 : 1;
    }
    Py_DECREF(found);
    return 0;
}

PyObject *
Sac_SessionFollow(Sac_Session *session, Sac_Execution *execution,
                  PyObject *statement, PyObject *parameters, PyObject *options,
                  Sac_Want want)
{
    Sac_State *state = SAC_STATE(session);
    if (state->follow_dml == NULL || want == SAC_WANT_STREAM ||
        want == SAC_WANT_STREAM_SCALARS ||
        !concerns(session, statement, parameters, options)) {
        return Sac_SessionLoading(session, execution, want);
    }
    PyObject *found = PyObject_CallFunctionObjArgs(
        state->follow_dml, (PyObject *)session, statement,
        parameters == NULL ? Py_None : parameters,
        options == NULL ? Py_None : options, NULL);
    if (found == Py_None) {
        Py_DECREF(found);
        return Sac_SessionLoading(session, execution, want);
    }
    Sac_OpDiscard((PyObject *)execution);
    return found == NULL ? NULL : following(session, found, want);
}
