/* The instances of a session: how they come in, leave, are flushed, and what
 * a commit or a rollback makes of them. */
#ifndef SAC_TYPES_SESSION_ORM_H
#define SAC_TYPES_SESSION_ORM_H

#include <Python.h>
#include <stdbool.h>

#include "types/identity_map.h"
#include "types/instance.h"
#include "types/session.h"

/* ---- session_tell.c -------------------------------------------------- */

/* Tells who listens to sessions. argument: an instance, a transaction, or NULL
 * for nothing. -> 0, or -1 with what a listener raised. */
int Sac_SessionTell(Sac_Session *session, const char *event,
                    PyObject *argument);
/* The same where something has to go on: what is raised is set, unless an
 * exception was set before. */
void Sac_SessionTellKeeping(Sac_Session *session, const char *event,
                            PyObject *argument);
/* Of the transaction that a frame is. -> 0 or -1. */
int Sac_SessionTellOf(Sac_Session *session, const char *event,
                      Sac_Frame *frame);
/* after_transaction_end, once; as Sac_SessionTellKeeping(). */
void Sac_SessionTellEnd(Sac_Session *session, Sac_Frame *frame);
/* after_begin of all that are open, once for each. -> 0 or -1. */
int Sac_SessionTellBegin(Sac_Session *session, Sac_Frame *frame);

/* ---- session_objects.c ----------------------------------------------- */

/* -> borrowed as an instance of a mapped class, or NULL:
 * UnmappedInstanceError. */
Sac_Instance *Sac_SessionInstance(Sac_State *state, PyObject *object);
/* "<User at 0x...>", whatever repr() says. -> new str */
PyObject *Sac_InstanceName(Sac_Instance *instance);
/* -> whether it is pending, persistent or deleted in the session. */
bool Sac_SessionHolds(const Sac_Session *session,
                      const Sac_Instance *instance);
/* Lets the identity map have it that has an identity. -> 1: it was not in the
 * session; 0; -1 with an exception. */
int Sac_SessionAttach(Sac_Session *session, Sac_Instance *instance);
/* Instances in a list that may have gaps but at its end. -> 0 or -1. */
int Sac_SessionListPut(PyObject **list, Sac_Instance *instance);
void Sac_SessionListDrop(PyObject **list, Sac_Instance *instance);
/* -> new list of the instances in the identity map. */
PyObject *Sac_SessionMapped(const Sac_Session *session);

PyObject *Sac_Session_add(PyObject *op, PyObject *instance);
PyObject *Sac_Session_add_all(PyObject *op, PyObject *instances);
int Sac_Session_contains(PyObject *op, PyObject *instance);
PyObject *Sac_Session_iter(PyObject *op);
PyObject *Sac_Session_new(PyObject *op, void *closure);
PyObject *Sac_Session_dirty(PyObject *op, void *closure);
PyObject *Sac_Session_deleted(PyObject *op, void *closure);

/* ---- session_leave.c ------------------------------------------------- */

/* All leave: pending ones are transient again, the others detached. */
void Sac_SessionExpungeAll(Sac_Session *session);

PyObject *Sac_Session_expunge(PyObject *op, PyObject *instance);
PyObject *Sac_Session_expunge_all(PyObject *op, PyObject *ignored);
PyObject *Sac_Session_expire(PyObject *op, PyObject *const *args,
                             Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_Session_expire_all(PyObject *op, PyObject *ignored);
PyObject *Sac_Session_delete(PyObject *op, PyObject *instance);

/* Functions of the module: METH_O. */
PyObject *Sac_MakeTransient(PyObject *module, PyObject *instance);
PyObject *Sac_MakeTransientToDetached(PyObject *module, PyObject *instance);
PyObject *Sac_ObjectSession(PyObject *module, PyObject *instance);
extern const char Sac_MakeTransientDoc[];
extern const char Sac_MakeTransientToDetachedDoc[];
extern const char Sac_ObjectSessionDoc[];

/* ---- session_flush.c ------------------------------------------------- */

/* -> whether a flush has anything to do. */
bool Sac_SessionIsDirty(const Sac_Session *session);
/* -> whether a query flushes first. */
bool Sac_SessionWantsFlush(const Sac_Session *session);
/* -> new awaitable: flushes, and commits if `commit` and it can: True then,
 * else False. */
PyObject *Sac_SessionFlush(Sac_Session *session, bool commit);
/* -> new awaitable: flushes because a query is about to be executed. */
PyObject *Sac_SessionAutoflush(Sac_Session *session);
PyObject *Sac_Session_autoflush(PyObject *op, PyObject *ignored);
/* The innermost frame was rolled back because of a flush. -> 0, or -1 with
 * PendingRollbackError. */
int Sac_SessionCheckFailure(Sac_Session *session);
PyObject *Sac_Session_flush(PyObject *op, PyObject *const *args,
                            Py_ssize_t nargs, PyObject *kwnames);

/* ---- session_end.c --------------------------------------------------- */

/* -> new awaitable: rolls the innermost frame back, which stays. */
PyObject *Sac_SessionUndo(Sac_Session *session);

/* ---- session_restore.c ----------------------------------------------- */

/* The frame was committed, with those inside it: before it is popped. */
void Sac_SessionCommitted(Sac_Session *session, Sac_Frame *frame);
/* It was rolled back. */
void Sac_SessionRestore(Sac_Session *session, const Sac_Frame *frame);

/* ---- session_get.c --------------------------------------------------- */

PyObject *Sac_Session_get(PyObject *op, PyObject *const *args,
                          Py_ssize_t nargs, PyObject *kwnames);
PyObject *Sac_Session_get_one(PyObject *op, PyObject *const *args,
                              Py_ssize_t nargs, PyObject *kwnames);

/* ---- session_load.c -------------------------------------------------- */

/* steals: execution. -> new awaitable: what it gives, with all that is loaded
 * by further queries; the execution itself if there is nothing of the kind. */
PyObject *Sac_SessionLoading(Sac_Session *session, Sac_Execution *execution,
                             Sac_Want want);

/* ---- session_dml.c --------------------------------------------------- */

/* steals: execution, of an UPDATE or DELETE or of something else. -> new
 * awaitable: what it gives, after the instances have followed; the execution
 * itself if none has to.  NULL with an exception. */
/* -> 1 and *made, a new awaitable that inserts in several goes, as the keys of
 * the parameters do not agree; 0: it is executed as it is; -1. */
int Sac_SessionSplit(Sac_Session *session, PyObject *statement,
                     PyObject *parameters, PyObject *options, Sac_Want want,
                     PyObject **made);
PyObject *Sac_SessionFollow(Sac_Session *session, Sac_Execution *execution,
                            PyObject *statement, PyObject *parameters,
                            PyObject *options, Sac_Want want);
/* A Result as it is wanted. -> new ref, or NULL. */
PyObject *Sac_ResultAs(PyObject *result, Sac_Want want);

/* ---- session_python.c ------------------------------------------------ */

/* Methods that Python does: name, docstring.  What the first ones give is
 * awaited. */
#define SAC_SESSION_AWAITABLE(X)                                             \
    X(merge, "merge($self, /, instance, *, load=True, options=None)\n--\n\n" \
             "Copy the state of an instance onto the one of this session "   \
             "that has its primary key. Awaitable; returns that one.")       \
    X(refresh,                                                               \
      "refresh($self, /, instance, attribute_names=None,\n"                  \
      "        with_for_update=None)\n--\n\n"                                \
      "Read the values of an instance again. Awaitable; returns None.")      \
    X(run_sync, "run_sync($self, /, fn, *args, **kwargs)\n--\n\n"            \
                "Call fn(session, *args, **kwargs) with a synchronous "      \
                "session. Awaitable; returns what it returns.")              \
    X(invalidate, "invalidate($self, /)\n--\n\n"                             \
                  "Close the session and give its connection up. "           \
                  "Awaitable; returns None.")

#define SAC_SESSION_IMMEDIATE(X)                                           \
    X(is_modified,                                                         \
      "is_modified($self, /, instance, include_collections=True)\n--\n\n"  \
      "Say whether an instance differs from its row, as far as is known.") \
    X(identity_key, "identity_key($self, /, *args, **kwargs)\n--\n\n"      \
                    "Make the key of an instance, or of a class and a "    \
                    "primary key, in the identity map.")

#define X(name, doc)                                                  \
    PyObject *Sac_Session_##name(PyObject *op, PyObject *const *args, \
                                 Py_ssize_t nargs, PyObject *kwnames);
SAC_SESSION_AWAITABLE(X)
SAC_SESSION_IMMEDIATE(X)
#undef X
/* A property that Python does. name: its name, const char * */
PyObject *Sac_Session_attribute(PyObject *op, void *name);

/* -> new context manager: no autoflush meanwhile. */
PyObject *Sac_Session_no_autoflush(PyObject *op, void *closure);
int Sac_RegisterNoAutoflush(PyObject *module);

#endif
