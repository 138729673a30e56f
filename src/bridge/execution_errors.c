/* The exception of an execution whose call failed.
 *
 * With the GIL, on the thread that drives the call.  What the error is comes
 * from the engine, what was executed from the execution, who has the lock that
 * was in the way from the owner of the lease. */
#include "bridge/compat.h"
#include "bridge/errors.h"
#include "bridge/execution.h"
#include "bridge/params.h"

void
Sac_ExecutionTellFailed(Sac_Execution *self)
{
    if (self->observed == NULL || !PyErr_Occurred()) {
        return;
    }
    PyObject *exception = Sac_ErrTake();
    PyObject *other =
        PyObject_CallMethod(self->observed, "failed", "O", exception);
    if (other == NULL || other == Py_None) {
        if (other == NULL) {
            Py_DECREF(exception); /* a listener raised its own */
        }
        else {
            Py_DECREF(other);
            Sac_ErrGive(exception);
        }
        return;
    }
    PyException_SetContext(other, Py_NewRef(exception));
    PyException_SetCause(other, exception);
    Sac_ErrGive(other);
}

static void
raise_error(Sac_Execution *self, const struct Sac_ErrorContext *context)
{
    const sac_error *error = &self->call.error;
    Sac_ErrorContext more = *context;
    if (self->holder != NULL && Sac_ErrorIsLock(error)) {
        more.holder = self->holder(self);
        if (more.holder == NULL) {
            return;
        }
    }
    (void)Sac_Raise(SAC_STATE(self), error, &more);
    Py_XDECREF(more.holder);
}

void
Sac_ExecutionRaiseIn(Sac_Execution *self,
                     const struct Sac_ErrorContext *context)
{
    PyObject *raised = self->call.raised;
    self->call.raised = NULL;
    if (self->call.error.status == SAC_ERR_CALLBACK && raised != NULL) {
        Sac_ErrGive(raised);
        raised = NULL;
    }
    else {
        raise_error(self, context);
    }
    Sac_ErrCausedBy(raised);
}

PyObject *
Sac_ExecutionRaise(Sac_Execution *self)
{
    PyObject *shown = NULL;
    if (self->statement != NULL) {
        shown = Sac_ShownParameters(self);
        if (shown == NULL) {
            return NULL;
        }
    }
    const Sac_ErrorContext context = {
        .statement = self->statement,
        .parameters = shown,
        .hide_parameters = self->hide_parameters,
        .many = self->many,
    };
    Sac_ExecutionRaiseIn(self, &context);
    Py_XDECREF(shown);
    Sac_ExecutionTellFailed(self);
    return NULL;
}
