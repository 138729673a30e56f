/* Codes below, exceptions above: the one place that turns a sac_error into a
 * Python exception. */
#ifndef SAC_BRIDGE_ERRORS_H
#define SAC_BRIDGE_ERRORS_H

#include <Python.h>
#include <stdbool.h>

#include "bridge/state.h"
#include "engine/status.h"

typedef struct Sac_ErrorContext {
    PyObject *statement;  /* borrowed str or NULL */
    PyObject *parameters; /* borrowed or NULL */
    bool hide_parameters;
    bool many;
    PyObject *holder; /* borrowed: of the lock that was in the way, or NULL:
                         it was no lock */
} Sac_ErrorContext;
/* -> whether it says that a lock was in the way. */
bool Sac_ErrorIsLock(const sac_error *err);


/* Sets the exception. Always -> NULL, so that callers can return it. */
PyObject *Sac_Raise(Sac_State *state, const sac_error *err,
                    const Sac_ErrorContext *context);
/* Sets ProgrammingError for what SQLite itself never sees. steals: message
 * (NULL: keeps the current exception).  Always -> NULL. */
PyObject *Sac_RaiseMisuse(Sac_State *state, PyObject *message,
                          const Sac_ErrorContext *context);
/* Sets StatementError caused by an InvalidRequestError with this message.
 * steals: message (NULL: keeps the current exception). Always -> NULL. */
PyObject *Sac_RaiseStatement(Sac_State *state, PyObject *message,
                             const Sac_ErrorContext *context);
/* Replaces the current exception, if it is an Exception other than a
 * MemoryError, by a StatementError that it is the cause of.  Always -> NULL. */
PyObject *Sac_RaiseWrapped(Sac_State *state, const Sac_ErrorContext *context);
/* Sets the exception that calling the class `name` with `argument` gives: for
 * classes that make their own message.  Always -> NULL. */
PyObject *Sac_RaiseAbout(Sac_State *state, const char *name,
                         PyObject *argument);
/* Makes an exception the cause of the one that is set. steals: cause (NULL:
 * nothing happens). */
void Sac_ErrCausedBy(PyObject *cause);
/* Sets the exception class `name` of sqlactive_c.exc with a formatted message
 * (PyUnicode_FromFormat).  Always -> NULL. */
PyObject *Sac_RaiseNamed(Sac_State *state, const char *name,
                         const char *format, ...);

#endif
