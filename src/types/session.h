/* AsyncSession, as its transactions, factories and registries see it. */
#ifndef SAC_TYPES_SESSION_H
#define SAC_TYPES_SESSION_H

#include <Python.h>
#include <stdbool.h>

#include "bridge/operation.h"
#include "bridge/state.h"
#include "types/channel.h"

/* How a transaction of a session that is bound to a connection relates to one
 * that the connection has begun by itself. */
typedef enum Sac_JoinMode {
    SAC_JOIN_CONDITIONAL, /* in a savepoint if the host is in one, else as a
                              guest */
    SAC_JOIN_GUEST,       /* rollback ends the host's; commit does nothing */
    SAC_JOIN_CONTROL,     /* both end the host's */
    SAC_JOIN_SAVEPOINT,   /* always in a savepoint of its own */
} Sac_JoinMode;

typedef enum Sac_Scope {
    SAC_SCOPE_UNUSED,    /* nothing was executed in it yet */
    SAC_SCOPE_WHOLE,     /* COMMIT and ROLLBACK of the channel are ours */
    SAC_SCOPE_GUEST,     /* only ROLLBACK is */
    SAC_SCOPE_SAVEPOINT, /* it is a savepoint */
} Sac_Scope;

/* A transaction of a session, or a savepoint in it: what is open, apart from
 * the Python object that names it, which exists only while somebody looks. */
typedef struct Sac_Frame {
    Py_ssize_t refs;
    struct Sac_Frame *parent; /* strong: the one around it, or NULL */
    struct Sac_Frame *outer;  /* strong: the `async with` around, or NULL */
    PyObject *face; /* borrowed: its AsyncSessionTransaction, which takes
                            itself out when it goes; or NULL */
    Sac_Scope scope;
    unsigned savepoint; /* its number, if it is one */
    bool nested;        /* begin_nested() */
    bool active;
    bool over;         /* SQLite has ended it; listeners are told so now */
    bool told_begin;   /* to listeners: after_begin */
    bool told_end;     /* after_transaction_end */
    uint32_t serial;   /* only grows: which one wrote an instance */
    PyObject *deleted; /* strong: list of the instances that were deleted in
                           it, or NULL */
    PyObject *renamed; /* strong: list of (instance, old identity) of those
                           whose primary key changed in it, or NULL */
    PyObject *failure; /* strong: the exception of a flush, for which it was
                           rolled back; only rollback() helps.  Or NULL */
} Sac_Frame;

typedef struct Sac_Session {
    PyObject_HEAD
    PyObject *dict; /* strong: attributes of users, or NULL */
    PyObject *weakrefs;
    /* How it was configured. */
    PyObject *bind; /* strong: AsyncEngine, AsyncConnection, or NULL */
    PyObject *info; /* strong: dict, or NULL until it is asked for */
    Sac_JoinMode join_mode;
    bool autoflush;
    bool expire_on_commit;
    bool autobegin;
    bool close_resets_only;
    /* What is open. */
    Sac_Channel *channel; /* strong: of its own (not pinned), or the bound
                             connection's; NULL until the first use */
    bool joined;          /* the channel is the bound connection's */
    bool closed;          /* for good */
    Sac_Frame *frame;     /* strong: the innermost, or NULL */
    Sac_Frame *context;   /* strong: the innermost that `async with` holds */
    PyObject *connection; /* strong: what connection() gave in this
                             transaction, or NULL */
    /* The ORM half keeps its identity map and its lists of changes from here
     * on, in one block. */
    struct Sac_IdentityMap *identity_map; /* strong; NULL until the first
                                             use */
    PyObject *fresh;   /* strong: list of pending instances in the order of
                         their add(), None where one was taken out; or NULL */
    PyObject *doomed;  /* strong: list of those to be deleted, likewise */
    uint32_t serials;  /* given to frames */
    bool side_effects; /* of the last batch: triggers or cascades changed
                          rows, too */
    bool flushing;
} Sac_Session;

/* ---- session.c ------------------------------------------------------- */

/* True for an AsyncSession or an instance of a subclass. */
bool Sac_SessionCheck(Sac_State *state, PyObject *object);
/* -> new AsyncSession (exactly), configured by a dict as its constructor is
 * by keywords. */
PyObject *Sac_SessionNew(Sac_State *state, PyObject *keywords);
/* -> new awaitable: rolls back what is open and lets go of everything. */
PyObject *Sac_SessionClose(Sac_Session *session);

/* -> borrowed: its IdentityMap, made at the first use, or NULL. */
struct Sac_IdentityMap *Sac_SessionIdentityMap(Sac_Session *session);

/* ---- session_frame.c ------------------------------------------------- */

Sac_Frame *Sac_FrameRetain(Sac_Frame *frame); /* NULL is fine */
void Sac_FrameRelease(Sac_Frame *frame);      /* NULL is fine */

/* Something is open: begun by the user, or by a statement. */
bool Sac_SessionInTransaction(const Sac_Session *session);
/* -> borrowed, or NULL. */
Sac_Frame *Sac_SessionRoot(const Sac_Session *session);
/* Refuses while an ended transaction's `async with` is still open. -> 0/-1 */
int Sac_SessionCheckContext(Sac_Session *session);
/* Something in its identity map is modified: that begins a transaction where
 * none has. */
void Sac_SessionNoteModified(PyObject *session);
/* The root transaction begins, unless there is one.  explicit: begin() asked,
 * not a statement.  -> 0, or -1: autobegin is off, closed for good, ... */
int Sac_SessionEnsureRoot(Sac_Session *session, bool is_explicit);
/* The channel to execute on; nothing begins. -> borrowed, or NULL. */
Sac_Channel *Sac_SessionChannel(Sac_Session *session);
/* The same, in the transaction that is begun by this if need
 * be.  *first: a new awaitable that must be awaited before (a savepoint in
 * the bound connection's transaction), or NULL.
 * -> borrowed, or NULL with an exception. */
Sac_Channel *Sac_SessionEnter(Sac_Session *session, PyObject **first);
/* What *first was failed: the next one to enter tries again. */
void Sac_SessionEnterFailed(Sac_Session *session);
/* Lets go of a list of instances (*list becomes NULL): what was pending or
 * deleted is in no session any more. */
void Sac_SessionForget(PyObject **list);
/* The same for all lists of a session that goes. */
void Sac_SessionForgetAll(Sac_Session *session);
/* Pushes a new innermost transaction. -> borrowed, or NULL. */
Sac_Frame *Sac_SessionPush(Sac_Session *session, bool nested,
                           unsigned savepoint);
/* Ends `frame` and all inside it in the eyes of Python. */
void Sac_SessionPop(Sac_Session *session, Sac_Frame *frame);
/* -> new awaitable for "SAVEPOINT n" and the like. */
PyObject *Sac_SessionSavepoint(Sac_Session *session, const char *verb,
                               unsigned savepoint, const Sac_OpKind *kind);
/* ---- session_end.c --------------------------------------------------- */

/* Another task is in the middle of something with the session. */
bool Sac_SessionInUse(const Sac_Session *session);
/* What undoes waits for that other task: awaits a moment if it has to.
 * -> RETURN: nobody is; NEXT: the step is to look again; or ERROR. */
PySendResult Sac_SessionPause(Sac_Op *op, const Sac_Session *session);

/* -> new awaitable: commits or rolls back the transaction that `face` (an
 * AsyncSessionTransaction) names, or, if NULL, the root. */
PyObject *Sac_SessionEnd(Sac_Session *session, PyObject *face, bool commit);

/* ---- session_transaction.c ------------------------------------------- */

typedef struct Sac_SessionTransaction {
    PyObject_HEAD
    Sac_Session *session; /* strong */
    Sac_Frame *frame;     /* strong; NULL: not begun */
    bool nested;
    bool maker; /* from async_sessionmaker.begin(): gives the
                             session, and closes it at the end */
    PyObject *weakrefs;
} Sac_SessionTransaction;

/* -> new, not begun. */
PyObject *Sac_SessionTransactionNew(Sac_Session *session, bool nested,
                                    bool maker);
/* -> new ref to the object that names the frame. */
PyObject *Sac_SessionTransactionOf(Sac_Session *session, Sac_Frame *frame);

/* ---- scoped_session.c, scoped_registry.c ----------------------------- */

/* -> new ScopedRegistry. */
PyObject *Sac_ScopedRegistryNew(Sac_State *state, PyObject *createfunc,
                                PyObject *scopefunc);
/* -> new ref to the entry of the current scope: 1, none: 0, error: -1. */
int Sac_ScopedRegistryGet(PyObject *registry, PyObject **entry);
/* -> 0 or -1. */
int Sac_ScopedRegistrySet(PyObject *registry, PyObject *entry);
/* Forgets the current scope's entry, or those of all scopes. -> 0 or -1. */
int Sac_ScopedRegistryClear(PyObject *registry);
int Sac_ScopedRegistryClearAll(PyObject *registry);
int Sac_RegisterScopedRegistry(PyObject *module);

/* -> new ref to the ScopedRegistry of an async_scoped_session. */
PyObject *Sac_ScopedSessionRegistry(PyObject *scoped);

#endif
