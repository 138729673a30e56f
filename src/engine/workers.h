/* The threads of one engine: up to N readers and one writer, started when
 * there is something to do. */
#ifndef SAC_ENGINE_WORKERS_H
#define SAC_ENGINE_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/job.h"

typedef struct sac_workers sac_workers;

/* -> new or NULL. */
sac_workers *sac_workers_new(int readers, int reader_nice);
/* Lets the threads end when their queues are empty and gives up the caller's
 * reference; the last thread frees the rest. Does not wait. */
void sac_workers_retire(sac_workers *workers);
/* Like it, and waits until the threads are gone or the monotonic instant
 * `deadline_ns` passed.  With `cancel`, running and queued jobs are cancelled
 * first.  -> true when no thread is left. */
bool sac_workers_close(sac_workers *workers, bool cancel, int64_t deadline_ns);
/* steals: job, until it is done.  -> SAC_OK, or SAC_ERR_SYSTEM when not one
 * thread can be started (the job stays NEW). */
SAC_MUST_USE sac_status sac_workers_submit(sac_workers *workers, sac_job *job,
                                           sac_lane lane);
/* Asks a job to end: a queued one does not start, a running one is told by
 * its token.  It completes by the usual road, perhaps before this returns.
 * Harmless on a job that is done, and on one that other workers have (it is
 * told by its token then, queued or running). */
void sac_workers_cancel(sac_workers *workers, sac_job *job);

/* From within a running job that was expected to be brief and is not: what
 * waits for its thread gets another one. */
void sac_workers_call_help(sac_job *job);

/* For statistics and tests. */
int sac_workers_threads(sac_workers *workers);

#endif
