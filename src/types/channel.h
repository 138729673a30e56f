/* A channel: what a connection and a session have in common, a lease and the
 * transaction that Python sees on it.
 *
 * Python objects hold channels; AsyncConnection and AsyncSession are faces of
 * one.  Everything here runs on the loop's thread with the GIL; a channel
 * serves one call at a time. */
#ifndef SAC_TYPES_CHANNEL_H
#define SAC_TYPES_CHANNEL_H

#include <Python.h>
#include <stdbool.h>

#include "bridge/execution.h"
#include "bridge/state.h"
#include "engine/lease.h"

typedef struct Sac_Channel {
    PyObject_HEAD
    sac_lease lease;
    PyObject *engine;    /* strong: AsyncEngine */
    PyObject *root;      /* strong: AsyncTransaction begun explicitly, NULL */
    PyObject *nested;    /* strong: innermost savepoint's transaction, NULL */
    PyObject *task;      /* strong: a weak reference to the task that holds
                              the writer token, or NULL */
    sac_list link;       /* in state->writers since it asked for the token */
    PyObject *code;      /* strong: where it asked, and at which of its */
    int instruction;     /* instructions; or NULL */
    unsigned seen;       /* lease.uses when somebody found it forgotten */
    bool suspect;        /* somebody did */
    bool begun;          /* a transaction in the eyes of Python */
    bool settled;        /* the last control statement was executed, also
                              when its caller was cancelled meanwhile */
    PyObject *info;      /* strong: dict, the user's own notes, made when
                              asked for, or NULL */
    unsigned savepoints; /* names given out in this transaction */
    unsigned serial;     /* transactions begun on this channel */
    PyObject *weakrefs;
} Sac_Channel;

/* -> new channel of the engine.  pinned: keeps its SQLite connection between
 * calls (a connection); else it has one only while something is open. */
Sac_Channel *Sac_ChannelNew(Sac_State *state, PyObject *engine, bool pinned);

/* For a face that fills an execution by itself: a new one on the channel
 * (slots from 2 on are the face's), its `before`, its lines in the log, and
 * what follows its end. */
Sac_Execution *Sac_ChannelExecution(Sac_Channel *channel, PyObject *owner,
                                    const Sac_OpKind *kind,
                                    sac_call_kind call_kind,
                                    Sac_ExecutionFinish finish);
int Sac_ChannelBeforeExecute(Sac_Execution *execution);
int Sac_ChannelLogExecution(Sac_Execution *execution);
int Sac_ChannelLogEvent(Sac_Channel *channel, const char *event);
/* The writer token may have been given back. */
void Sac_ChannelDropTask(Sac_Channel *channel);

/* ---- holder.c: who has the writer token ---- */

/* The channel asks for the token: notes the task and the line that do.
 * -> the identity of the task, or 0. */
uintptr_t Sac_HolderAsks(Sac_Channel *channel);
/* It has no token any more. */
void Sac_HolderForget(Sac_Channel *channel);
/* The `holder` and the `look` of executions on a channel. */
PyObject *Sac_HolderTell(Sac_Channel *channel);
void Sac_HolderLook(Sac_Channel *channel);
/* ResourceWarning: a connection (or NULL: a session, which is going) goes away
 * open, and what is open on the channel is rolled back.  Keeps the current
 * exception. */
void Sac_HolderWarn(const Sac_Channel *channel, PyObject *connection);

typedef enum Sac_Want {
    SAC_WANT_RESULT,         /* Result */
    SAC_WANT_SCALAR,         /* first column of the first row, or None */
    SAC_WANT_SCALARS,        /* ScalarResult */
    SAC_WANT_STREAM,         /* AsyncResult */
    SAC_WANT_STREAM_SCALARS, /* AsyncScalarResult */
    SAC_WANT_NOTHING,        /* None */
} Sac_Want;

/* All return a new awaitable, or NULL with an exception when the arguments
 * are wrong.  `owner` (strong in the awaitable) is the face that was called;
 * `statement` is a TextClause or a node, or a str when `driver_sql`. */
PyObject *Sac_ChannelExecute(Sac_Channel *channel, PyObject *owner,
                             PyObject *statement, PyObject *parameters,
                             bool driver_sql, Sac_Want want,
                             const Sac_OpKind *kind);
/* An execution that it made gives a Result, whatever was wanted. */
void Sac_ChannelGiveResult(Sac_Execution *execution);
/* A transaction in the eyes of Python begins now, unless one has: logged as
 * the implicit BEGIN that users know.  -> 0, or -1 when logging fails or the
 * channel is closed. */
int Sac_ChannelBegin(Sac_Channel *channel);
/* A control statement of ours, no transaction check: SAVEPOINT, which begins
 * (immediate), or RELEASE and ROLLBACK TO, which cancelling does not stop. */
PyObject *Sac_ChannelControl(Sac_Channel *channel, PyObject *owner,
                             const char *sql, bool immediate,
                             const Sac_OpKind *kind);
/* COMMIT, ROLLBACK or CLOSE of the whole transaction: also ends the Python
 * view of it (root and nested become inactive). None. */
PyObject *Sac_ChannelEnd(Sac_Channel *channel, PyObject *owner,
                         sac_call_kind what, const Sac_OpKind *kind);
/* The parts of it, for a face that adds to them: what runs before a rollback or
 * a close is asked for, and what makes the result of an end. */
int Sac_ChannelBeforeRollback(Sac_Execution *execution);
PyObject *Sac_ChannelFinishEnd(Sac_Execution *execution);
/* Has a SQLite connection when it is done: None. */
PyObject *Sac_ChannelConnect(Sac_Channel *channel, PyObject *owner,
                             const Sac_OpKind *kind);

/* AsyncTransaction (types/transaction.c): not begun yet; awaiting it or
 * entering it begins. `owner` is what `async with` gives... the transaction
 * itself for connections.  -> new ref or NULL (InvalidRequestError when the
 * channel has begun already, unless nested). */
PyObject *Sac_TransactionNew(Sac_State *state, Sac_Channel *channel,
                             PyObject *owner, bool nested);
/* Tells a transaction object that it is over. */
void Sac_TransactionEnded(PyObject *transaction);
/* Takes the transaction around a savepoint out of it. -> its reference. */
PyObject *Sac_TransactionOuter(PyObject *transaction);

/* AsyncConnection over a channel (types/connection.c); entering one that
 * `begins` begins a transaction, leaving it commits.  -> new ref. */
PyObject *Sac_ConnectionNew(Sac_State *state, Sac_Channel *channel,
                            bool begins);

/* Another face of a channel, for a listener: it warns of nothing. */
PyObject *Sac_ConnectionFace(Sac_State *state, Sac_Channel *channel);
/* -> borrowed channel of an AsyncConnection, or NULL: ResourceClosedError. */
Sac_Channel *Sac_ConnectionChannel(PyObject *connection);

/* True for an AsyncEngine (types/engine.c). */
bool Sac_EngineCheck(Sac_State *state, PyObject *object);

int Sac_RegisterChannel(PyObject *module);
int Sac_RegisterTransaction(PyObject *module);
int Sac_RegisterConnection(PyObject *module);
int Sac_RegisterEngine(PyObject *module);
int Sac_RegisterSession(PyObject *module);
int Sac_RegisterSessionTransaction(PyObject *module);
int Sac_RegisterSessionmaker(PyObject *module);
int Sac_RegisterScopedSession(PyObject *module);
int Sac_RegisterDBConnection(PyObject *module);

#endif
