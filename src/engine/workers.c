/* The worker threads of an engine.
 *
 * DESIGN.  Two lanes, each a FIFO of jobs and the threads that serve it: up
 * to N readers, which run at a lower priority, and one writer.  One mutex
 * guards the queues, the list of running jobs, the state of every job that is
 * submitted and the counts.  Threads are started by a submit that finds more
 * jobs than idle threads, and stay until the workers are closed.
 *
 * A job is taken under the mutex, runs without it, is made DONE under it and
 * announced without it; announcing is the thread's last touch of the job,
 * because its owner may free it at once.  A cancel comes either before the
 * taking, then the job is unlinked and announced by the canceller, or after
 * it, then the token is all that is set.  So every job is announced once.
 *
 * The struct is kept by its maker and by every thread; whoever leaves last
 * frees it.  So closing never has to wait: threads that are busy are detached
 * and clean up when they are through.  A closer that saw all of them leave
 * joins them, so that no thread is left then, not even in its last lines.
 *
 * Waking a thread costs more than a brief job, so a job that is submitted
 * while a brief one runs waits for that one's thread.  Should the brief job
 * prove long after all, it calls for help, and so does the taking of one that
 * is not brief while others wait.
 *
 * Workers know jobs, not what they run, and nothing of SQLite.  Any thread may
 * call, also one that runs a job. */
#include "engine/workers.h"

#include <assert.h>
#include <stddef.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/platform.h"
#include "base/sync.h"

/* Jobs that may wait for the thread of one brief job. */
enum { RELIANCE = 16 };

typedef struct crew {
    sac_list queue; /* guarded by the workers' mutex, like all here */
    int queued;     /* jobs in the queue */
    int threads;    /* alive */
    int idle;       /* of these, waiting for work */
    int brief;      /* of these, running a job that ends soon */
    int limit;      /* immutable */
    int nice;       /* immutable */
    sac_cond work;
} crew;

struct sac_workers {
    sac_mutex mutex;
    crew lanes[2];    /* by sac_lane */
    sac_list running; /* guarded by mutex, like all below */
    bool closing;
    int threads;          /* alive, of both lanes */
    int references;       /* one per thread, one of the maker */
    sac_cond gone;        /* the last thread left */
    int started;          /* handles in use */
    sac_thread handles[]; /* joined or detached when closing */
};

/* -> 0 or errno; nothing is left half made. */
static int
init_sync(sac_workers *workers)
{
    int rc = sac_mutex_init(&workers->mutex);
    if (rc != 0) {
        return rc;
    }
    sac_cond *conds[] = {&workers->lanes[SAC_LANE_READ].work,
                         &workers->lanes[SAC_LANE_WRITE].work, &workers->gone};
    for (int i = 0; i < 3; i++) {
        rc = sac_cond_init(conds[i]);
        if (rc != 0) {
            while (i-- > 0) {
                sac_cond_fini(conds[i]);
            }
            sac_mutex_fini(&workers->mutex);
            return rc;
        }
    }
    return 0;
}

sac_workers *
sac_workers_new(int readers, int reader_nice)
{
    if (readers < 1) {
        readers = 1;
    }
    size_t threads = (size_t)readers + 1; /* and the writer */
    sac_workers *workers =
        sac_calloc(1, sizeof(*workers) + threads * sizeof(sac_thread));
    if (workers == NULL) {
        return NULL;
    }
    if (init_sync(workers) != 0) {
        sac_free(workers);
        return NULL;
    }
    workers->lanes[SAC_LANE_READ].limit = readers;
    workers->lanes[SAC_LANE_READ].nice = reader_nice;
    workers->lanes[SAC_LANE_WRITE].limit = 1;
    sac_list_init(&workers->lanes[SAC_LANE_READ].queue);
    sac_list_init(&workers->lanes[SAC_LANE_WRITE].queue);
    sac_list_init(&workers->running);
    workers->references = 1;
    return workers;
}

/* Gives one reference up; unlocks, and frees if it was the last. */
static void
drop_and_unlock(sac_workers *workers)
{
    bool last = --workers->references == 0;
    sac_mutex_unlock(&workers->mutex);
    if (!last) {
        return;
    }
    assert(sac_list_empty(&workers->running));
    sac_cond_fini(&workers->gone);
    sac_cond_fini(&workers->lanes[SAC_LANE_READ].work);
    sac_cond_fini(&workers->lanes[SAC_LANE_WRITE].work);
    sac_mutex_fini(&workers->mutex);
    sac_free(workers);
}

/* ---- a thread -------------------------------------------------------- */

static bool start_thread_locked(sac_workers *workers, crew *lane);

/* Brings one more thread to the queue, if there is one to be had. */
static void
bring_help_locked(sac_workers *workers, crew *lane)
{
    if (lane->idle > 0) {
        sac_cond_signal(&lane->work);
    }
    else if (lane->threads < lane->limit && !workers->closing) {
        (void)start_thread_locked(workers, lane); /* those there will do */
    }
}

/* Waits for a job.  -> it, RUNNING; or NULL: closed and nothing left. */
static sac_job *
take_job_locked(sac_workers *workers, crew *lane)
{
    while (sac_list_empty(&lane->queue) && !workers->closing) {
        lane->idle++;
        sac_cond_wait(&lane->work, &workers->mutex);
        lane->idle--;
    }
    sac_list *node = sac_list_take_front(&lane->queue);
    if (node == NULL) {
        return NULL;
    }
    lane->queued--;
    sac_job *job = SAC_CONTAINER(node, sac_job, link);
    job->state = SAC_JOB_RUNNING;
    sac_list_push_back(&workers->running, &job->link);
    if (job->brief) {
        lane->brief++;
    }
    else if (lane->queued > 0) {
        bring_help_locked(workers, lane);
    }
    return job;
}

static void
no_longer_brief_locked(crew *lane, sac_job *job)
{
    if (job->brief) {
        job->brief = false;
        lane->brief--;
    }
}

void
sac_workers_call_help(sac_job *job)
{
    sac_workers *workers = job->workers;
    crew *lane = &workers->lanes[job->lane];
    sac_mutex_lock(&workers->mutex);
    no_longer_brief_locked(lane, job);
    if (lane->queued > 0) {
        bring_help_locked(workers, lane);
    }
    sac_mutex_unlock(&workers->mutex);
}

static bool
is_cancelled(const sac_job *job)
{
    return atomic_load_explicit(&job->cancel, memory_order_relaxed);
}

static void
serve(sac_workers *workers, crew *lane)
{
    sac_thread_lower_priority(lane->nice);
    sac_mutex_lock(&workers->mutex);
    sac_job *job;
    while ((job = take_job_locked(workers, lane)) != NULL) {
        sac_mutex_unlock(&workers->mutex);
        if (is_cancelled(job)) {
            job->status = SAC_ERR_CANCELLED;
        }
        else {
            job->run(job);
        }
        sac_mutex_lock(&workers->mutex);
        sac_list_remove(&job->link);
        no_longer_brief_locked(lane, job);
        job->state = SAC_JOB_DONE;
        sac_mutex_unlock(&workers->mutex);
        sac_job_announce(job);
        sac_mutex_lock(&workers->mutex);
    }
    lane->threads--;
    workers->threads--;
    if (workers->threads == 0) {
        sac_cond_broadcast(&workers->gone);
    }
    drop_and_unlock(workers);
}

static void *
run_reader(void *arg)
{
    sac_workers *workers = arg;
    serve(workers, &workers->lanes[SAC_LANE_READ]);
    return NULL;
}

static void *
run_writer(void *arg)
{
    sac_workers *workers = arg;
    serve(workers, &workers->lanes[SAC_LANE_WRITE]);
    return NULL;
}

/* ---- submitting ------------------------------------------------------ */

static bool
start_thread_locked(sac_workers *workers, crew *lane)
{
    bool writes = lane == &workers->lanes[SAC_LANE_WRITE];
    /* Started under the mutex: the thread waits for it, and nobody sees a
     * handle that is not filled in yet. */
    if (sac_thread_start(&workers->handles[workers->started],
                         writes ? run_writer : run_reader, workers) != 0) {
        return false;
    }
    workers->started++;
    workers->references++;
    workers->threads++;
    lane->threads++;
    return true;
}

sac_status
sac_workers_submit(sac_workers *workers, sac_job *job, sac_lane which)
{
    crew *lane = &workers->lanes[which];
    sac_status status = SAC_OK;
    sac_mutex_lock(&workers->mutex);
    assert(job->state == SAC_JOB_NEW && !workers->closing);
    job->lane = which;
    job->workers = workers;
    job->state = SAC_JOB_QUEUED;
    sac_list_push_back(&lane->queue, &job->link);
    lane->queued++;
    if (lane->brief > 0 && lane->queued <= lane->brief * RELIANCE) {
        sac_mutex_unlock(&workers->mutex);
        return SAC_OK;
    }
    /* An idle thread that was signalled counts as idle until it has woken,
     * and the job it was woken for as queued. */
    if (lane->queued <= lane->idle) {
        sac_cond_signal(&lane->work);
    }
    else if (lane->threads < lane->limit &&
             !start_thread_locked(workers, lane) && lane->threads == 0) {
        sac_list_remove(&job->link);
        lane->queued--;
        job->state = SAC_JOB_NEW;
        status = SAC_ERR_SYSTEM;
    }
    sac_mutex_unlock(&workers->mutex);
    return status;
}

/* ---- cancelling and closing ------------------------------------------ */

static void
set_token(sac_job *job)
{
    atomic_store_explicit(&job->cancel, true, memory_order_relaxed);
}

/* Out of the queue, DONE, and to be announced when the mutex is free. */
static void
unlink_queued_locked(sac_workers *workers, sac_job *job)
{
    sac_list_remove(&job->link);
    workers->lanes[job->lane].queued--;
    job->status = SAC_ERR_CANCELLED;
    job->state = SAC_JOB_DONE;
}

void
sac_workers_cancel(sac_workers *workers, sac_job *job)
{
    set_token(job);
    if (job->workers != workers) {
        return; /* another mutex guards it; the token is seen there */
    }
    sac_mutex_lock(&workers->mutex);
    bool queued = job->state == SAC_JOB_QUEUED;
    if (queued) {
        unlink_queued_locked(workers, job);
    }
    sac_mutex_unlock(&workers->mutex);
    if (queued) {
        sac_job_announce(job);
    }
}

/* Moves every queued job to `unlinked`, tells every running one. */
static void
cancel_all_locked(sac_workers *workers, sac_list *unlinked)
{
    for (int i = 0; i < 2; i++) {
        sac_list *queue = &workers->lanes[i].queue;
        while (!sac_list_empty(queue)) {
            sac_job *job = SAC_CONTAINER(queue->next, sac_job, link);
            set_token(job);
            unlink_queued_locked(workers, job);
            sac_list_push_back(unlinked, &job->link);
        }
    }
    for (sac_list *node = workers->running.next; node != &workers->running;
         node = node->next) {
        set_token(SAC_CONTAINER(node, sac_job, link));
    }
}

static void
begin_closing_locked(sac_workers *workers)
{
    workers->closing = true;
    sac_cond_broadcast(&workers->lanes[SAC_LANE_READ].work);
    sac_cond_broadcast(&workers->lanes[SAC_LANE_WRITE].work);
}

static void
detach_threads_locked(sac_workers *workers)
{
    for (int i = 0; i < workers->started; i++) {
        sac_thread_detach(&workers->handles[i]);
    }
}

void
sac_workers_retire(sac_workers *workers)
{
    sac_mutex_lock(&workers->mutex);
    begin_closing_locked(workers);
    detach_threads_locked(workers);
    drop_and_unlock(workers);
}

bool
sac_workers_close(sac_workers *workers, bool cancel, int64_t deadline_ns)
{
    sac_list unlinked;
    sac_list_init(&unlinked);
    sac_mutex_lock(&workers->mutex);
    begin_closing_locked(workers);
    if (cancel) {
        cancel_all_locked(workers, &unlinked);
    }
    sac_mutex_unlock(&workers->mutex);
    sac_list *node;
    while ((node = sac_list_take_front(&unlinked)) != NULL) {
        sac_job_announce(SAC_CONTAINER(node, sac_job, link));
    }
    sac_mutex_lock(&workers->mutex);
    while (workers->threads > 0 &&
           sac_cond_wait_until(&workers->gone, &workers->mutex, deadline_ns)) {
    }
    bool gone = workers->threads == 0;
    if (!gone) {
        detach_threads_locked(workers);
        drop_and_unlock(workers);
        return false;
    }
    sac_mutex_unlock(&workers->mutex);
    for (int i = 0; i < workers->started; i++) {
        sac_thread_join(&workers->handles[i]);
    }
    sac_mutex_lock(&workers->mutex);
    drop_and_unlock(workers);
    return true;
}

int
sac_workers_threads(sac_workers *workers)
{
    sac_mutex_lock(&workers->mutex);
    int threads = workers->threads;
    sac_mutex_unlock(&workers->mutex);
    return threads;
}
