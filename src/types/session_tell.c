/* What sessions tell of themselves: their transactions, their instances.
 *
 * With the GIL, on the loop's thread.  Who listens is Python's to know (the
 * hook session_event); nobody pays for it while nobody does
 * (state->session_events). */
#include "types/session_orm.h"

#include "bridge/compat.h"

int
Sac_SessionTell(Sac_Session *self, const char *event, PyObject *argument)
{
    Sac_State *state = SAC_STATE(self);
    if (!state->session_events || state->session_event == NULL) {
        return 0;
    }
    PyObject *done =
        argument == NULL
            ? PyObject_CallFunction(state->session_event, "Os", self, event)
            : PyObject_CallFunction(state->session_event, "OsO", self, event,
                                    argument);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

void
Sac_SessionTellKeeping(Sac_Session *self, const char *event,
                       PyObject *argument)
{
    if (!SAC_STATE(self)->session_events) {
        return;
    }
    PyObject *error = Sac_ErrTake();
    if (Sac_SessionTell(self, event, argument) == 0) {
        Sac_ErrGive(error);
    }
    else if (error != NULL) { /* the first one counts */
        PyErr_WriteUnraisable((PyObject *)self);
        Sac_ErrGive(error);
    }
}

int
Sac_SessionTellOf(Sac_Session *self, const char *event, Sac_Frame *frame)
{
    if (!SAC_STATE(self)->session_events) {
        return 0;
    }
    PyObject *face = Sac_SessionTransactionOf(self, frame);
    int rc = face == NULL ? -1 : Sac_SessionTell(self, event, face);
    Py_XDECREF(face);
    return rc;
}

void
Sac_SessionTellEnd(Sac_Session *self, Sac_Frame *frame)
{
    if (!SAC_STATE(self)->session_events || frame->told_end) {
        return;
    }
    frame->told_end = true;
    PyObject *error = Sac_ErrTake();
    PyObject *face = Sac_SessionTransactionOf(self, frame);
    Sac_ErrGive(error);
    if (face != NULL) {
        Sac_SessionTellKeeping(self, "after_transaction_end", face);
        Py_DECREF(face);
    }
}

int
Sac_SessionTellBegin(Sac_Session *self, Sac_Frame *frame)
{
    if (frame == NULL || frame->told_begin) {
        return 0;
    }
    frame->told_begin = true; /* the listener may use it */
    return Sac_SessionTellBegin(self, frame->parent) < 0
               ? -1
               : Sac_SessionTellOf(self, "after_begin", frame);
}
