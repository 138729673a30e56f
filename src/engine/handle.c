/* One SQLite connection: opening it as the engine's options say, guarding a
 * statement that runs on it, closing it.
 *
 * Whoever owns the handle calls; a thread at a time.  Opening, closing and
 * checkpoints may wait for the disk: files are opened on a worker.  Knows
 * nothing of pools, tokens or jobs. */
#include "engine/handle.h"

#include <limits.h>
#include <sqlite3.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/platform.h"
#include "engine/functions.h"
#include "engine/store.h"

enum {
    BUSY_PAUSE_NS = 1000000,        /* between two tries for a foreign lock */
    OVERRUN = 3 * SAC_GUARD_PERIOD, /* instructions of a run that is long */
};

void
sac_options_fini(sac_options *options)
{
    sac_free(options->path);
    for (int i = 0; i < options->setup_count; i++) {
        sac_free(options->setup[i]);
    }
    sac_free(options->setup);
    *options = (sac_options){0};
}

/* On a worker: others may count on this thread being free soon. */
static void
tell_overrun(sac_guard *guard)
{
    void (*overrun)(void *) = guard->overrun;
    guard->overrun = NULL;
    if (overrun != NULL) {
        overrun(guard->overrun_arg);
    }
}

/* Runs every SAC_GUARD_PERIOD instructions of a statement.  Non-zero aborts
 * the statement: on a worker because its call was cancelled, inline because
 * the budget is spent and the statement can be begun again elsewhere.  Twice
 * the budget is allowed: one that returns rows is handed over between two of
 * them, which loses nothing. */
static int
on_progress(void *arg)
{
    sac_handle *handle = arg;
    sac_guard *guard = &handle->guard;
    guard->used += handle->period;
    if (handle->tick != NULL && sac_handle_may_call(handle) &&
        handle->tick(handle->tick_arg)) {
        return 1;
    }
    if (guard->inside) {
        return guard->abortable && guard->used >= 2 * guard->budget;
    }
    if (guard->used >= OVERRUN) {
        tell_overrun(guard);
    }
    return guard->cancel != NULL &&
           atomic_load_explicit(guard->cancel, memory_order_relaxed);
}

/* A lock is held by another process (writers of this one queue for the token
 * and never meet here).  SQLite has no way to wait for a lock but to try
 * again; the pause is flat, because growing ones starve under contention.
 * Inline nobody waits: the call moves to a worker. */
static int
on_busy(void *arg, int tries)
{
    sac_guard *guard = arg;
    (void)tries;
    if (!guard->inside) {
        tell_overrun(guard);
    }
    if (guard->inside ||
        (guard->cancel != NULL &&
         atomic_load_explicit(guard->cancel, memory_order_relaxed)) ||
        sac_clock_ns() >= guard->busy_deadline) {
        return 0;
    }
    struct timespec pause = {.tv_sec = 0, .tv_nsec = BUSY_PAUSE_NS};
    (void)nanosleep(&pause, NULL); /* cut short by a signal: tries earlier */
    return 1;
}

static int
on_wal(void *arg, sqlite3 *db, const char *name, int frames)
{
    sac_handle *handle = arg;
    (void)db;
    if (strcmp(name, "main") == 0) {
        handle->wal_frames = frames;
    }
    return SQLITE_OK;
}

void
sac_handle_watch(sac_handle *handle, int period, int (*tick)(void *),
                 void *arg)
{
    handle->tick = tick;
    handle->tick_arg = arg;
    handle->period = tick != NULL && period > 0 && period < SAC_GUARD_PERIOD
                         ? period
                         : SAC_GUARD_PERIOD;
    sqlite3_progress_handler(handle->db, handle->period, on_progress, handle);
}

void
sac_handle_user_add(sac_handle *handle, sac_handle_user *user)
{
    sac_list_init(&user->link);
    sac_list_push_back(&handle->users, &user->link);
}

void
sac_handle_user_remove(sac_handle_user *user)
{
    sac_list_remove(&user->link);
}

void
sac_handle_stop_users(sac_handle *handle)
{
    while (!sac_list_empty(&handle->users)) {
        sac_handle_user *user =
            SAC_CONTAINER(handle->users.next, sac_handle_user, link);
        user->stop(user);
    }
}

void
sac_handle_keep(sac_handle *handle, int place, sac_kept *kept)
{
    sac_kept *old = handle->kept[place];
    handle->kept[place] = kept;
    if (old != NULL) {
        old->drop(old);
    }
}

bool
sac_handle_may_call(const sac_handle *handle)
{
    return !handle->muted && !handle->cache.learning;
}

sac_handle *
sac_handle_new(const sac_options *options)
{
    sac_handle *handle = sac_calloc(1, sizeof(*handle));
    if (handle == NULL) {
        return NULL;
    }
    sac_list_init(&handle->link);
    sac_list_init(&handle->users);
    handle->options = options;
    return handle;
}

static int
open_flags(const sac_options *options)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (options->uri) {
        flags |= SQLITE_OPEN_URI;
    }
    if (options->read_only) {
        return flags | SQLITE_OPEN_READONLY;
    }
    flags |= SQLITE_OPEN_READWRITE;
    return options->create ? flags | SQLITE_OPEN_CREATE : flags;
}

/* Asks for WAL.  Another process may hold the lock that the switch needs, and
 * SQLite does not call the busy handler for every step of it. */
static int
switch_to_wal(sac_handle *handle)
{
    int rc;
    do {
        rc = sqlite3_exec(handle->db, "PRAGMA journal_mode=WAL", NULL, NULL,
                          NULL);
    } while ((rc & 0xff) == SQLITE_BUSY && on_busy(&handle->guard, 0));
    if ((rc & 0xff) == SQLITE_READONLY) {
        return SQLITE_OK; /* it is read in whatever mode it has */
    }
    return rc;
}

static int
set_up(sac_handle *handle)
{
    const sac_options *options = handle->options;
    sqlite3 *db = handle->db;
    sac_handle_watch(handle, 0, NULL, NULL);
    int rc = sqlite3_busy_handler(db, on_busy, &handle->guard);
    if (rc == SQLITE_OK && options->wal && !options->read_only) {
        rc = switch_to_wal(handle);
    }
    /* Checkpoints are ours to run, under the writer token. The hook replaces
     * SQLite's own automatic checkpoint. */
    (void)sqlite3_wal_hook(db, on_wal, handle);
    if (rc == SQLITE_OK) {
        rc = sac_functions_add(handle);
    }
    for (int i = 0; rc == SQLITE_OK && i < options->setup_count; i++) {
        rc = sqlite3_exec(db, options->setup[i], NULL, NULL, NULL);
    }
    return rc;
}

sac_status
sac_handle_open(sac_handle *handle, sac_store *store, sac_error *err)
{
    const sac_options *options = handle->options;
    sac_status status =
        sac_cache_init(&handle->cache, (size_t)options->statement_cache);
    if (status != SAC_OK) {
        return sac_error_set(err, status, NULL);
    }
    handle->guard.busy_deadline =
        sac_clock_ns() + (int64_t)options->busy_timeout_ms * 1000000;
    const char *path = options->path != NULL ? options->path : "/main";
    const char *vfs = store != NULL ? sac_store_vfs(store) : NULL;
    int rc = sqlite3_open_v2(path, &handle->db, open_flags(options), vfs);
    if (rc == SQLITE_OK) {
        rc = set_up(handle);
    }
    if (rc != SQLITE_OK) {
        status = sac_error_from_sqlite(err, handle->db, rc);
        sac_cache_fini(&handle->cache);
        (void)sqlite3_close(handle->db); /* nothing is prepared on it */
        handle->db = NULL;
        return status;
    }
    handle->store = store != NULL ? sac_store_retain(store) : NULL;
    handle->opened_ns = sac_clock_ns();
    handle->fresh = true;
    return SAC_OK;
}

void
sac_handle_free(sac_handle *handle)
{
    if (handle == NULL) {
        return;
    }
    if (handle->db != NULL) {
        handle->muted = true;
        handle->guard = (sac_guard){0};
        sac_handle_stop_users(handle);
        sac_cache_fini(&handle->cache);
        /* _v2: should a statement be live against the rules, the connection
         * lingers until it is finalised instead of leaking for ever. */
        (void)sqlite3_close_v2(handle->db);
    }
    for (int i = 0; i < SAC_KEPT_COUNT; i++) {
        sac_handle_keep(handle, i, NULL);
    }
    sac_store_release(handle->store);
    sac_free(handle);
}

bool
sac_handle_in_transaction(const sac_handle *handle)
{
    return handle->db != NULL && !sqlite3_get_autocommit(handle->db);
}

bool
sac_handle_reset(sac_handle *handle)
{
    if (handle->db == NULL) {
        return true;
    }
    handle->guard.inside = false;
    handle->guard.cancel = NULL;
    handle->muted = true;
    if (!sqlite3_get_autocommit(handle->db)) {
        (void)sqlite3_exec(handle->db, "ROLLBACK", NULL, NULL, NULL);
    }
    handle->muted = false;
    return !handle->broken && sqlite3_get_autocommit(handle->db);
}

void
sac_handle_checkpoint(sac_handle *handle)
{
    int log_frames = 0;
    int done_frames = 0;
    /* PASSIVE: a reader that is in the way just leaves work for the next
     * time, so the outcome needs no handling. */
    (void)sqlite3_wal_checkpoint_v2(handle->db, NULL,
                                    SQLITE_CHECKPOINT_PASSIVE, &log_frames,
                                    &done_frames);
    handle->wal_frames =
        log_frames > done_frames ? log_frames - done_frames : 0;
}

bool
sac_handle_moved(sac_handle *handle)
{
    int moved = 0;
    if (handle->db == NULL) {
        return false;
    }
    int rc = sqlite3_file_control(handle->db, "main", SQLITE_FCNTL_HAS_MOVED,
                                  &moved);
    return rc == SQLITE_OK && moved;
}
