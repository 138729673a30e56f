/* Telling Python's listeners what an engine does.
 *
 * With the GIL, on the thread that drives the channel's lease; only for events
 * that somebody listens to, on whatever engine: Python knows on which. */
#include "types/listeners.h"

#include "bridge/compat.h"
#include "bridge/errors.h"
#include "bridge/params.h"
#include "types/engine.h"

/* -> new ref: what listeners get as the connection. */
static PyObject *
face_of(Sac_Channel *channel, PyObject *owner)
{
    Sac_State *state = SAC_STATE(channel);
    if (owner != NULL && Py_IS_TYPE(owner, state->connection_type)) {
        return Py_NewRef(owner);
    }
    return Sac_ConnectionFace(state, channel);
}

int
Sac_ListenersTell(Sac_Channel *channel, const char *name)
{
    PyObject *face = face_of(channel, NULL);
    PyObject *done =
        face == NULL ? NULL
                     : PyObject_CallFunction(SAC_STATE(channel)->engine_event,
                                             "sO", name, face);
    Py_XDECREF(face);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* ---- statements -------------------------------------------------------- */

int
Sac_ListenersPartEnded(Sac_Execution *part, const sac_step *step)
{
    if (part->observed == NULL) {
        return 0;
    }
    PyObject *done = PyObject_CallMethod(
        part->observed, "finished", "LL",
        (long long)(step->rows == NULL ? step->changes : -1),
        (long long)step->last_rowid);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static PyObject *
finish_observed(Sac_Execution *execution)
{
    execution->finish = execution->observed_finish;
    if (Sac_ListenersPartEnded(execution, execution->call.script->steps) < 0) {
        return NULL;
    }
    return execution->finish == NULL ? Py_NewRef(Py_None)
                                     : execution->finish(execution);
}

/* -> what Python answers: None, or (observed, sql or None, parameters). */
static PyObject *
ask(Sac_Execution *execution, Sac_Channel *channel)
{
    PyObject *shown = Sac_ShownParameters(execution);
    PyObject *face =
        shown == NULL ? NULL : face_of(channel, execution->op.slots[0]);
    PyObject *answer = NULL;
    if (face != NULL) {
        answer = PyObject_CallFunctionObjArgs(
            SAC_STATE(channel)->observe, face, execution->statement, shown,
            execution->many ? Py_True : Py_False, NULL);
    }
    Py_XDECREF(face);
    Py_XDECREF(shown);
    return answer;
}

int
Sac_ListenersObserve(Sac_Execution *execution, Sac_Channel *channel,
                     PyObject **sql, PyObject **parameters)
{
    PyObject *answer = ask(execution, channel);
    if (answer == NULL) {
        return -1;
    }
    int rc = 0;
    if (answer != Py_None) {
        PyObject *observed, *text, *values;
        if (!PyArg_ParseTuple(answer, "OOO", &observed, &text, &values)) {
            Py_DECREF(answer);
            return -1;
        }
        Py_XSETREF(execution->observed, Py_NewRef(observed));
        execution->observed_finish = execution->finish;
        execution->finish = finish_observed;
        if (text != Py_None) {
            *sql = Py_NewRef(text);
            *parameters = Py_NewRef(values);
            rc = 1;
        }
    }
    Py_DECREF(answer);
    return rc;
}

int
Sac_ListenersObservePart(Sac_Execution *part, Sac_Channel *channel)
{
    PyObject *sql, *parameters;
    int rc = Sac_ListenersObserve(part, channel, &sql, &parameters);
    if (rc <= 0) {
        return rc;
    }
    Py_DECREF(sql);
    Py_DECREF(parameters);
    (void)Sac_RaiseNamed(SAC_STATE(channel), "InvalidRequestError",
                         "the statements of a unit of work cannot be "
                         "replaced by listeners (retval=True)");
    return -1;
}

/* ---- connections ------------------------------------------------------- */

sac_status
Sac_ListenersGreet(sac_call *call)
{
    Sac_Channel *channel = SAC_CONTAINER(call->lease, Sac_Channel, lease);
    PyObject *driver = Sac_DriverNew(channel, call->lease->handle);
    PyObject *done = NULL;
    if (driver != NULL) {
        done = PyObject_CallFunctionObjArgs(SAC_STATE(channel)->driver_opened,
                                            channel->engine, driver, NULL);
        Sac_DriverGreeted(driver);
        Py_DECREF(driver);
    }
    if (done != NULL) {
        Py_DECREF(done);
        return SAC_OK;
    }
    call->raised = Sac_ErrTake();
    return sac_error_set(&call->error, SAC_ERR_CALLBACK, NULL);
}
