/* A lease: what a connection or a session has of the engine right now, and
 * its transaction.
 *
 * Used by whoever drives its calls (in the extension: under the GIL); one
 * call at a time.  A transaction starts lazily: the first statement that
 * writes takes the writer token and is preceded by BEGIN IMMEDIATE; reads
 * before it run outside any transaction.  A lease that is not pinned lets its
 * handle go whenever nothing is open on it. */
#ifndef SAC_ENGINE_LEASE_H
#define SAC_ENGINE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "engine/engine.h"
#include "engine/script.h"

typedef enum sac_isolation {
    SAC_ISOLATION_LAZY,       /* BEGIN IMMEDIATE at the first write */
    SAC_ISOLATION_IMMEDIATE,  /* BEGIN IMMEDIATE at the first statement */
    SAC_ISOLATION_SNAPSHOT,   /* BEGIN at the first statement */
    SAC_ISOLATION_AUTOCOMMIT, /* never BEGIN */
} sac_isolation;

typedef struct sac_lease {
    sac_engine *engine; /* strong */
    sac_handle *handle; /* owned while not NULL */
    sac_isolation isolation;
    bool pinned;  /* keeps its handle between calls */
    bool token;   /* holds the writer token */
    bool in_tx;   /* SQLite has a transaction open for us */
    bool lost;    /* SQLite rolled it back by itself */
    bool heavy;   /* work of this transaction went to a worker */
    bool busy;    /* a call is under way */
    bool left;    /* of that call: nobody waits for it any more */
    bool give_up; /* when that call ends, all is undone and the handle
                            goes back */
    bool closed;
    int64_t token_ns; /* since when it holds the token */
    unsigned uses;    /* runs with the token: it changes while it is used */
    sac_plan *last;   /* strong: what such a run had last, or NULL */
    sac_list streams; /* of sac_stream: live between two calls */
    sac_list waiters; /* of sac_ticket: calls that wait for the one that was
                            left behind to end */
} sac_lease;

/* retains: engine. */
void sac_lease_init(sac_lease *lease, sac_engine *engine, bool pinned);
/* Gives everything back without waiting for it; not while a call is under
 * way. */
void sac_lease_fini(sac_lease *lease);

/* It holds the writer token from now on. */
void sac_lease_take_token(sac_lease *lease);
/* Holds no token any more, whoever has it. */
void sac_lease_drop_token(sac_lease *lease);
/* A run with the token begins. */
void sac_lease_note(sac_lease *lease, sac_plan *plan);

/* Undoes what is open and gives the handle back, without waiting for it.  No
 * call is under way. */
void sac_lease_give_up(sac_lease *lease);
/* A rollback to a savepoint cannot run while a call that was left behind does:
 * all of the transaction is given up, and the lease says so until it is rolled
 * back.  -> false: there is no such call. */
bool sac_lease_lose(sac_lease *lease);

/* A statement whose rows are fetched in batches: live between two calls of
 * its lease.  (One that writes gives all its rows at once.)  Freed by its owner through sac_stream_drop() only. */
typedef struct sac_stream {
    sac_list link;     /* in lease->streams while live */
    sac_script script; /* one step, with a batch size */
    sac_step step;
    bool dropped; /* the owner is gone; a call of the lease runs */
} sac_stream;

/* -> new, its script without a plan yet, or NULL. */
sac_stream *sac_stream_new(void);
/* steals: stream. Gives its statement back: now, or, while a call of the
 * lease is under way, when that call ends.  Not while the stream's own call
 * runs. */
void sac_stream_drop(sac_lease *lease, sac_stream *stream);
/* Stops every live stream; those dropped are freed.  No call is under way. */
void sac_lease_stop_streams(sac_lease *lease, bool only_dropped);

#endif
