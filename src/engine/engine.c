/* An engine: one database's connections, threads, token and plans.
 *
 * Counted, any thread: whatever may outlive the caller (a lease, a detached
 * job) holds a reference.  Lock order: the engine's mutex before the pool's
 * and the workers'; nothing else is held together.  Knows nothing of calls. */
#include "engine/engine.h"

#include <assert.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "engine/store.h"

sac_engine *
sac_engine_new(sac_options *options, sac_registry *registry)
{
    sac_engine *engine = sac_calloc(1, sizeof(*engine));
    if (engine == NULL) {
        sac_options_fini(options);
        return NULL;
    }
    atomic_init(&engine->references, 1);
    engine->options = *options;
    *options = (sac_options){0};
    engine->registry = registry;
    if (sac_mutex_init(&engine->mutex) != 0) {
        sac_options_fini(&engine->options);
        sac_free(engine);
        return NULL;
    }
    if (sac_cond_init(&engine->home) != 0) {
        sac_mutex_fini(&engine->mutex);
        sac_options_fini(&engine->options);
        sac_free(engine);
        return NULL;
    }
    engine->fork_guard = sac_fork_guard_new();
    engine->pool = sac_pool_new(&engine->options);
    engine->plans = sac_plans_new((size_t)engine->options.plan_cache);
    if (engine->fork_guard == NULL || engine->pool == NULL ||
        engine->plans == NULL) {
        sac_engine_release(engine);
        return NULL;
    }
    return engine;
}

sac_engine *
sac_engine_retain(sac_engine *engine)
{
    atomic_fetch_add_explicit(&engine->references, 1, memory_order_relaxed);
    return engine;
}

void
sac_engine_release(sac_engine *engine)
{
    if (engine == NULL ||
        atomic_fetch_sub_explicit(&engine->references, 1,
                                  memory_order_acq_rel) != 1) {
        return;
    }
    if (engine->fork_guard != NULL && sac_engine_forked(engine)) {
        return; /* the parent's connections and locks are not ours to touch */
    }
    if (engine->workers != NULL) {
        sac_workers_retire(engine->workers);
    }
    if (engine->pool != NULL) {
        sac_pool_free(engine->pool);
    }
    if (engine->plans != NULL) {
        sac_plans_free(engine->plans);
    }
    sac_writer_release_reference(engine->writer);
    sac_store_release(engine->store);
    if (engine->fork_guard != NULL) {
        sac_fork_guard_free(engine->fork_guard);
    }
    sac_cond_fini(&engine->home);
    sac_mutex_fini(&engine->mutex);
    sac_options_fini(&engine->options);
    sac_free(engine);
}

/* -> strong reference to the store of an in-memory engine, made when it is
 * the first, or NULL for a file and when memory is short. */
static sac_store *
take_store(sac_engine *engine)
{
    sac_mutex_lock(&engine->mutex);
    if (engine->store == NULL) {
        engine->store = sac_store_new();
    }
    sac_store *store =
        engine->store == NULL ? NULL : sac_store_retain(engine->store);
    sac_mutex_unlock(&engine->mutex);
    return store;
}

/* The token is named by the file's identity, so it is known once a handle has
 * opened the file.  A database without a file has one of its own. */
static sac_status
find_writer(sac_engine *engine, sac_handle *handle)
{
    struct stat identity;
    const char *name = sqlite3_db_filename(handle->db, "main");
    bool is_file = !sac_engine_in_memory(engine) && name != NULL &&
                   name[0] != '\0' && stat(name, &identity) == 0;
    sac_mutex_lock(&engine->mutex);
    if (engine->writer == NULL) {
        engine->writer = is_file
                             ? sac_registry_writer(engine->registry,
                                                   (uint64_t)identity.st_dev,
                                                   (uint64_t)identity.st_ino)
                             : sac_writer_new();
    }
    bool found = engine->writer != NULL;
    sac_mutex_unlock(&engine->mutex);
    return found ? SAC_OK : SAC_ERR_NOMEM;
}

sac_status
sac_engine_open(sac_engine *engine, sac_handle *handle, sac_error *err)
{
    sac_store *store = NULL;
    if (sac_engine_in_memory(engine)) {
        store = take_store(engine);
        if (store == NULL) {
            return sac_error_set(err, SAC_ERR_NOMEM, NULL);
        }
    }
    sac_status status = sac_handle_open(handle, store, err);
    sac_store_release(store);
    if (status == SAC_OK) {
        status = find_writer(engine, handle);
        if (status != SAC_OK) {
            handle->broken = true;
            (void)sac_error_set(err, status, NULL);
        }
    }
    return status;
}

sac_writer *
sac_engine_peek_writer(sac_engine *engine)
{
    sac_mutex_lock(&engine->mutex);
    sac_writer *writer = engine->writer;
    sac_mutex_unlock(&engine->mutex);
    return writer;
}

sac_writer *
sac_engine_writer(sac_engine *engine)
{
    sac_writer *writer = sac_engine_peek_writer(engine);
    assert(writer != NULL);
    return writer;
}

sac_status
sac_engine_submit(sac_engine *engine, sac_job *job, sac_lane lane)
{
    sac_status status = SAC_ERR_NOMEM;
    sac_mutex_lock(&engine->mutex);
    if (engine->workers == NULL) {
        engine->workers = sac_workers_new(engine->options.readers,
                                          engine->options.reader_nice);
    }
    if (engine->workers != NULL) {
        status = sac_workers_submit(engine->workers, job, lane);
    }
    sac_mutex_unlock(&engine->mutex);
    if (status == SAC_OK) {
        atomic_fetch_add_explicit(&engine->counters.worker_runs, 1,
                                  memory_order_relaxed);
    }
    return status;
}

void
sac_engine_cancel(sac_engine *engine, sac_job *job)
{
    /* The workers are still those that have the job: dispose replaces them
     * only when no handle is out, and the job has one. */
    sac_mutex_lock(&engine->mutex);
    sac_workers *workers = engine->workers;
    if (workers != NULL) {
        sac_workers_cancel(workers, job);
    }
    else {
        /* shut down: the threads that still run look at the token */
        atomic_store_explicit(&job->cancel, true, memory_order_relaxed);
    }
    sac_mutex_unlock(&engine->mutex);
}

/* A handle on its way home without anybody who waits for it. */
typedef struct homing {
    sac_job job;
    sac_engine *engine; /* strong */
    sac_handle *handle; /* owned */
    bool close;         /* it does not go back to the pool */
    bool token;         /* the writer token goes with it */
} homing;

/* Rolls back and passes the token on.  In this order, and before the pool has
 * the handle: a dispose that finds every handle home lets the token go. */
static void
end_transaction(sac_engine *engine, sac_handle *handle, bool token)
{
    handle->broken = !sac_handle_reset(handle);
    if (token) {
        sac_writer_release(sac_engine_writer(engine));
    }
}

static void
bring_home(sac_engine *engine, sac_handle *handle, bool close, bool token)
{
    if (!close) {
        end_transaction(engine, handle, token);
        handle = sac_pool_checkin(engine->pool, handle);
    }
    sac_handle_free(handle);
}

static void
count_homing(sac_engine *engine, int change)
{
    sac_mutex_lock(&engine->mutex);
    engine->homing += change;
    sac_cond_broadcast(&engine->home);
    sac_mutex_unlock(&engine->mutex);
}

/* Waits for what workers are bringing home, up to the deadline. */
static void
await_homing(sac_engine *engine, int64_t deadline_ns)
{
    sac_mutex_lock(&engine->mutex);
    while (engine->homing > 0 &&
           sac_cond_wait_until(&engine->home, &engine->mutex, deadline_ns)) {
    }
    sac_mutex_unlock(&engine->mutex);
}

static void
homing_run(sac_job *job)
{
    homing *home = SAC_CONTAINER(job, homing, job);
    bring_home(home->engine, home->handle, home->close, home->token);
    home->handle = NULL;
}

static void
homing_finish(sac_job *job)
{
    homing *home = SAC_CONTAINER(job, homing, job);
    if (home->handle != NULL) {
        homing_run(job); /* cancelled while queued: no reason to leak it */
    }
    sac_engine *engine = home->engine;
    sac_free(home);
    count_homing(engine, -1);
    sac_engine_release(engine);
}

/* Sends the handle home on a worker, or does it here when there is none. */
static void
send_home(sac_engine *engine, sac_handle *handle, bool close, bool token)
{
    homing *home = sac_calloc(1, sizeof(*home));
    if (home != NULL) {
        sac_job_init(&home->job, homing_run);
        home->job.finish = homing_finish;
        home->engine = sac_engine_retain(engine);
        home->handle = handle;
        home->close = close;
        home->token = token;
        count_homing(engine, 1);
        if (sac_engine_submit(engine, &home->job, SAC_LANE_WRITE) == SAC_OK) {
            return;
        }
        count_homing(engine, -1);
        sac_free(home);
        sac_engine_release(engine);
    }
    bring_home(engine, handle, close, token);
}

void
sac_engine_checkin(sac_engine *engine, sac_handle *handle)
{
    sac_handle_stop_users(handle);
    sac_handle *misfit = sac_pool_checkin(engine->pool, handle);
    if (misfit == NULL) {
        return;
    }
    if (misfit->db == NULL || sac_engine_in_memory(engine)) {
        sac_handle_free(misfit);
    }
    else {
        send_home(engine, misfit, true, false);
    }
}

void
sac_engine_abandon(sac_engine *engine, sac_handle *handle, bool token)
{
    sac_handle_stop_users(handle);
    if (!sac_handle_in_transaction(handle) || sac_engine_in_memory(engine)) {
        end_transaction(engine, handle, token);
        sac_engine_checkin(engine, handle);
        return;
    }
    if (token) {
        sac_writer_disown(sac_engine_writer(engine));
    }
    send_home(engine, handle, false, token);
}

bool
sac_engine_dispose(sac_engine *engine, int64_t wait_ns)
{
    sac_list idle;
    sac_list *node;
    sac_list_init(&idle);
    await_homing(engine, sac_clock_ns() + wait_ns);
    sac_pool_drain(engine->pool, &idle);
    while ((node = sac_list_take_front(&idle)) != NULL) {
        sac_handle_free(SAC_CONTAINER(node, sac_handle, link));
    }
    /* Counted under the mutex: whoever opens a handle after it finds no token
     * and makes one. */
    sac_mutex_lock(&engine->mutex);
    bool all_home = sac_pool_count(engine->pool).open == 0;
    sac_workers *workers = NULL;
    sac_writer *writer = NULL;
    sac_store *store = engine->store;
    engine->store = NULL;
    if (all_home) {
        workers = engine->workers;
        writer = engine->writer;
        engine->workers = NULL;
        engine->writer = NULL;
    }
    sac_mutex_unlock(&engine->mutex);
    sac_store_release(store);
    sac_writer_release_reference(writer);
    if (workers != NULL) {
        all_home = sac_workers_close(workers, false, sac_clock_ns() + wait_ns);
    }
    return all_home;
}

void
sac_engine_shutdown(sac_engine *engine, int64_t wait_ns)
{
    sac_mutex_lock(&engine->mutex);
    sac_workers *workers = engine->workers;
    engine->workers = NULL;
    sac_mutex_unlock(&engine->mutex);
    if (workers != NULL) {
        (void)sac_workers_close(workers, true, sac_clock_ns() + wait_ns);
    }
}

sac_engine_load
sac_engine_loaded(sac_engine *engine)
{
    sac_engine_load load = {0};
    sac_mutex_lock(&engine->mutex);
    if (engine->workers != NULL) {
        load.threads = sac_workers_threads(engine->workers);
    }
    if (engine->writer != NULL) {
        load.writers_waiting = sac_writer_waiting(engine->writer);
    }
    sac_mutex_unlock(&engine->mutex);
    return load;
}
