/* A job: something that runs on a worker thread.
 *
 *            submit             a worker takes it          run() returns
 *   NEW ------------> QUEUED ------------------> RUNNING ----------------+
 *                       |                                                |
 *                       | cancel: unlinked, status CANCELLED             v
 *                       +---------------------------------------------> DONE
 *
 * NEW: the owner's.  QUEUED and RUNNING: the workers'; the owner may only
 * set the cancel token.  DONE: the owner's again, once the message has been
 * delivered (or `finish` called for a job without a port).  Every job
 * completes exactly once by this road. */
#ifndef SAC_ENGINE_JOB_H
#define SAC_ENGINE_JOB_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/list.h"
#include "engine/port.h"
#include "engine/status.h"

typedef enum sac_job_state {
    SAC_JOB_NEW,
    SAC_JOB_QUEUED,
    SAC_JOB_RUNNING,
    SAC_JOB_DONE,
} sac_job_state;

typedef enum sac_lane {
    SAC_LANE_READ,  /* any reader thread */
    SAC_LANE_WRITE, /* the one writer thread, at normal priority */
} sac_lane;

typedef struct sac_job sac_job;

struct sac_job {
    sac_message message; /* posted to `port` when done */
    sac_list link;       /* guarded by the workers' mutex */
    sac_job_state state; /* guarded by the workers' mutex */
    sac_lane lane;       /* immutable once submitted */
    bool brief; /* ends soon, as far as one knows: the next job may wait
                        for its thread; the owner's until submitted, then
                        guarded by the workers' mutex */
    atomic_bool cancel; /* any thread sets it, the guard reads it */
    sac_port *port;     /* borrowed: the owner keeps it until the delivery;
                             NULL: `finish` instead */
    void (*run)(sac_job *job);    /* on the worker; not called if cancelled
                                     while queued: status tells */
    void (*finish)(sac_job *job); /* on the worker (or on the thread that
                                     cancels it in the queue), for a job
                                     without a port; may free it */
    struct sac_workers *workers;  /* who has it; immutable once submitted */
    sac_status status; /* written before DONE, by run() or a cancel */
};

/* NEW, with nothing else set. */
void sac_job_init(sac_job *job, void (*run)(sac_job *job));
/* Tells the owner of a job that is DONE; the job is not ours after it. */
void sac_job_announce(sac_job *job);

#endif
