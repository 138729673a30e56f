/* A call: one operation of a lease, from asking for a connection to the
 * result.  A state machine that never blocks its thread:
 *
 *   START -> POOL -> OPEN -> PREPARE -> WRITER -> RUN -> DONE
 *
 * Each arrow is taken at once when nothing stands in the way; else the call
 * waits for one message (a ticket granted, a job done), its `wake` is called
 * on the port's thread, and sac_call_advance() goes on from there.
 *
 * Used by the thread that drives the lease; only the embedded job and ticket
 * are seen by others, each under its own mutex. */
#ifndef SAC_ENGINE_CALL_H
#define SAC_ENGINE_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/lease.h"
#include "engine/script.h"

typedef enum sac_call_kind {
    SAC_CALL_CONNECT, /* have an opened handle */
    SAC_CALL_EXECUTE, /* run the script, in a transaction if it writes */
    SAC_CALL_FETCH,   /* run a live stream on; no BEGIN, no token */
    SAC_CALL_WORK,    /* what the owner does with the handle; the token if
                         `write` */
    SAC_CALL_COMMIT,
    SAC_CALL_ROLLBACK,
    SAC_CALL_CLOSE, /* roll back and give the handle back */
} sac_call_kind;

typedef enum sac_call_state {
    SAC_AT_START,
    SAC_AT_LEASE,   /* waits for a call that was left behind */
    SAC_AT_POOL,    /* waits for a handle */
    SAC_AT_OPEN,    /* a job opens the handle */
    SAC_AT_PREPARE, /* a job prepares: a lock was in the way */
    SAC_AT_WRITER,  /* waits for the token */
    SAC_AT_RUN,     /* a job runs the script */
    SAC_AT_DONE,
} sac_call_state;

typedef enum sac_progress {
    SAC_PROGRESS_DONE, /* call->error.status tells how it went */
    SAC_PROGRESS_WAIT, /* wake will be called */
} sac_progress;

typedef struct sac_call sac_call;

struct sac_call {
    sac_lease *lease; /* borrowed: the owner keeps it alive */
    sac_call_kind kind;
    sac_call_state state;
    sac_script *script; /* borrowed; EXECUTE, FETCH */
    sac_stream *stream; /* borrowed: whose script it is, or NULL */
    sac_port *port;     /* strong once it had to wait */
    sac_port *(*need_port)(sac_call *call);  /* -> borrowed port of the driver,
                                               or NULL: cannot wait here */
    void (*wake)(sac_call *call);            /* on the port's thread */
    uintptr_t (*need_owner)(sac_call *call); /* -> identity for the self-wait
                                               check; may be NULL */
    /* WORK: on a worker.  Fills call->error in when it fails. */
    sac_status (*work)(sac_call *call);
    void *work_arg;
    /* A handle was opened for this call: on the driver's thread, before it is
     * used; may be NULL.  Failing closes the handle again. */
    sac_status (*greet)(sac_call *call);
    void *raised;       /* out: what a callback of the handle left; the
                           owner's to release */
    bool write;         /* some statement needs the token */
    bool immediate;     /* BEGIN IMMEDIATE first, whatever it is */
    bool commit;        /* EXECUTE: COMMIT follows in the same run */
    bool committing;    /* out: that COMMIT had begun: an error is its own */
    bool unstoppable;   /* seen through although it was cancelled */
    bool cancelled;     /* asked to end */
    bool timed_out;     /* waited too long in a queue */
    bool offload;       /* a lock or the budget sent it to a worker */
    sac_script control; /* BEGIN before the script; COMMIT or ROLLBACK */
    sac_step control_step;
    sac_script ending; /* the COMMIT after it */
    sac_step ending_step;
    sac_ticket ticket;
    sac_job job;
    sac_verdict verdict; /* of the last run; written by who ran */
    sac_error error;     /* likewise */
};

/* Sets everything up; nothing runs yet. */
void sac_call_init(sac_call *call, sac_lease *lease, sac_call_kind kind,
                   sac_script *script);
/* Not while it waits. */
void sac_call_fini(sac_call *call);
/* Starts, or goes on after `wake`. */
SAC_MUST_USE sac_progress sac_call_advance(sac_call *call);
/* Makes a call that ended well one to be started: its script has got more
 * steps. */
void sac_call_again(sac_call *call);
/* Asks a waiting call to end.  -> DONE at once when it was in a queue, else
 * WAIT: `wake` comes when the job has left SQLite. */
SAC_MUST_USE sac_progress sac_call_cancel(sac_call *call);
/* The wait for a connection or for the token took too long. */
SAC_MUST_USE sac_progress sac_call_time_out(sac_call *call);

#endif
