/* An engine: the options, the pool, the workers and the writer token of one
 * database, and the plans of the texts it has seen.  Counted; any thread. */
#ifndef SAC_ENGINE_ENGINE_H
#define SAC_ENGINE_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/platform.h"
#include "base/sync.h"
#include "engine/handle.h"
#include "engine/plans.h"
#include "engine/pool.h"
#include "engine/workers.h"
#include "engine/writer.h"

/* What `stats()` shows; relaxed counters. */
typedef struct sac_counters {
    atomic_ullong inline_runs;  /* calls that ended on the loop thread */
    atomic_ullong worker_runs;  /* jobs that ran on a worker */
    atomic_ullong handovers;    /* of these, begun inline */
    atomic_ullong busy_retries; /* of these, because of a lock */
    atomic_ullong cancelled;    /* calls ended by cancellation */
    atomic_ullong checkpoints;
} sac_counters;

struct sac_store;

typedef struct sac_engine {
    atomic_uint references;
    sac_options options; /* immutable after init */
    sac_fork_guard *fork_guard;
    sac_pool *pool;
    sac_plans *plans;
    sac_registry *registry; /* borrowed: outlives us; see the bridge's state */
    sac_counters counters;
    sac_mutex mutex;
    sac_workers *workers;    /* guarded by mutex; NULL until needed */
    sac_writer *writer;      /* guarded by mutex; strong; NULL until opened */
    struct sac_store *store; /* guarded by mutex; strong; NULL for a file and
                               until opened */
    int homing;              /* guarded by mutex: handles that workers bring
                                home */
    sac_cond home;           /* one of them arrived */
} sac_engine;

/* steals: the contents of options.  borrows: registry.
 * -> new with one reference, or NULL (options are then released). */
sac_engine *sac_engine_new(sac_options *options, sac_registry *registry);
sac_engine *sac_engine_retain(sac_engine *engine);
void sac_engine_release(sac_engine *engine); /* NULL is fine */

static inline bool
sac_engine_forked(const sac_engine *engine)
{
    return sac_fork_guard_tripped(engine->fork_guard);
}
static inline bool
sac_engine_in_memory(const sac_engine *engine)
{
    return engine->options.path == NULL;
}

/* Opens a handle of this engine; may block for a file. */
SAC_MUST_USE sac_status sac_engine_open(sac_engine *engine, sac_handle *handle,
                                        sac_error *err);
/* -> borrowed token; some handle of the engine is open. */
sac_writer *sac_engine_writer(sac_engine *engine);
/* -> the same, or NULL: none is open, and none was. */
sac_writer *sac_engine_peek_writer(sac_engine *engine);
SAC_MUST_USE sac_status sac_engine_submit(sac_engine *engine, sac_job *job,
                                          sac_lane lane);
void sac_engine_cancel(sac_engine *engine, sac_job *job);
/* steals: handle, reset.  Gives it to the pool, closes it on a worker when
 * it does not fit. */
void sac_engine_checkin(sac_engine *engine, sac_handle *handle);
/* steals: handle, in whatever state.  Rolls back and checks in, on a worker
 * when that may block; then passes the writer token on if `token`.  Needs no
 * port: for connections that nobody waits for any more. */
void sac_engine_abandon(sac_engine *engine, sac_handle *handle, bool token);
/* Closes what is idle (blocking: call without the GIL) and ends the threads;
 * what is on its way home is waited for, what is checked out closes when it
 * comes back.  The engine stays usable:
 * it opens new connections when asked.  -> true when nothing was left. */
bool sac_engine_dispose(sac_engine *engine, int64_t wait_ns);
typedef struct sac_engine_load {
    int threads;              /* workers alive */
    unsigned writers_waiting; /* tickets in the token's queue */
} sac_engine_load;

sac_engine_load sac_engine_loaded(sac_engine *engine);
/* For the end of the interpreter: cancels everything, waits a moment. */
void sac_engine_shutdown(sac_engine *engine, int64_t wait_ns);

#endif
