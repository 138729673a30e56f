/* The connection pool of an engine.
 *
 * DESIGN.  A stack of idle handles (the one used last has the warmest caches),
 * a FIFO of tickets, and a count, under one mutex.  Handles are only made and
 * passed on here, which is quick; opening and closing may block and are the
 * caller's.  So a handle that does not fit any more is handed out to be
 * freed: by the checkin that brings it.  One that turns out to be too old at
 * a checkout, whose caller wants to go on, is put on the `doomed` list, and a
 * later checkin hands it out.
 *
 * While a ticket waits there is no idle handle and no room for another: each
 * step that changes one of these serves the queue before it unlocks.
 *
 * Any thread.  Knows nothing of transactions or jobs. */
#include "engine/pool.h"

#include <assert.h>
#include <stddef.h>

#include "base/memory.h"
#include "base/platform.h"
#include "base/sync.h"

struct sac_pool {
    const sac_options *options; /* borrowed: outlives us; immutable */
    sac_mutex mutex;
    sac_list idle;       /* guarded by mutex, like all below; front: used
                            last */
    sac_list doomed;     /* to be freed by whoever comes by; not counted */
    sac_list queue;      /* of tickets */
    unsigned generation; /* handles of an older one are not kept */
    sac_pool_counts counts;
};

sac_pool *
sac_pool_new(const sac_options *options)
{
    sac_pool *pool = sac_calloc(1, sizeof(*pool));
    if (pool == NULL) {
        return NULL;
    }
    if (sac_mutex_init(&pool->mutex) != 0) {
        sac_free(pool);
        return NULL;
    }
    pool->options = options;
    sac_list_init(&pool->idle);
    sac_list_init(&pool->doomed);
    sac_list_init(&pool->queue);
    return pool;
}

static void
free_handles(sac_list *handles)
{
    sac_list *node;
    while ((node = sac_list_take_front(handles)) != NULL) {
        sac_handle_free(SAC_CONTAINER(node, sac_handle, link));
    }
}

void
sac_pool_free(sac_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    assert(pool->counts.open == pool->counts.idle);
    assert(pool->counts.waiting == 0);
    free_handles(&pool->idle);
    free_handles(&pool->doomed);
    sac_mutex_fini(&pool->mutex);
    sac_free(pool);
}

static bool
has_room_locked(const sac_pool *pool)
{
    int size = pool->options->pool_size;
    int overflow = pool->options->max_overflow;
    return size <= 0 || overflow < 0 ||
           pool->counts.open - size < overflow; /* no sum to overflow */
}

static sac_handle *
new_handle_locked(sac_pool *pool)
{
    sac_handle *handle = sac_handle_new(pool->options);
    if (handle != NULL) {
        handle->generation = pool->generation;
        pool->counts.open++;
    }
    return handle;
}

static bool
is_too_old(const sac_pool *pool, const sac_handle *handle)
{
    int64_t limit = pool->options->recycle_ns;
    return limit >= 0 && sac_clock_ns() - handle->opened_ns > limit;
}

/* Is the file that it has open another one than the name leads to? */
static bool
has_lost_its_file(const sac_pool *pool, sac_handle *handle)
{
    return pool->options->check_moved && sac_handle_moved(handle);
}

/* -> the handle used last, or NULL when none is idle or it is of no use. */
static sac_handle *
take_idle_locked(sac_pool *pool)
{
    sac_list *node = sac_list_take_front(&pool->idle);
    if (node == NULL) {
        return NULL;
    }
    pool->counts.idle--;
    sac_handle *handle = SAC_CONTAINER(node, sac_handle, link);
    if (!is_too_old(pool, handle) && !has_lost_its_file(pool, handle)) {
        return handle;
    }
    pool->counts.open--; /* its place is free for a new one */
    sac_list_push_back(&pool->doomed, node);
    return NULL;
}

static sac_status
checkout_locked(sac_pool *pool, sac_ticket *ticket, sac_port *port)
{
    sac_ticket_reset(ticket);
    sac_handle *handle = take_idle_locked(pool);
    if (handle == NULL && has_room_locked(pool)) {
        handle = new_handle_locked(pool);
        if (handle == NULL) {
            return SAC_ERR_NOMEM;
        }
    }
    if (handle != NULL) {
        ticket->grant = handle;
        return SAC_OK;
    }
    if (port == NULL) {
        return SAC_ERR_WOULD_WAIT;
    }
    sac_ticket_enqueue_locked(&pool->queue, ticket, port);
    pool->counts.waiting++;
    return SAC_OK;
}

sac_status
sac_pool_checkout(sac_pool *pool, sac_ticket *ticket, sac_port *port)
{
    sac_mutex_lock(&pool->mutex);
    sac_status status = checkout_locked(pool, ticket, port);
    sac_mutex_unlock(&pool->mutex);
    return status;
}

bool
sac_pool_withdraw(sac_pool *pool, sac_ticket *ticket)
{
    sac_mutex_lock(&pool->mutex);
    bool withdrawn = sac_ticket_withdraw_locked(ticket);
    if (withdrawn) {
        pool->counts.waiting--;
    }
    sac_mutex_unlock(&pool->mutex);
    return withdrawn;
}

/* Is it worth keeping? */
static bool
fits_locked(const sac_pool *pool, const sac_handle *handle)
{
    return handle->db != NULL && !handle->broken &&
           handle->generation == pool->generation &&
           !pool->options->keep_none && !is_too_old(pool, handle);
}

/* Grants the first ticket a handle.  -> it, to be sent, or NULL. */
static sac_ticket *
grant_locked(sac_pool *pool, sac_handle *handle)
{
    sac_ticket *ticket = sac_ticket_grant_locked(&pool->queue);
    if (ticket != NULL) {
        pool->counts.waiting--;
        ticket->grant = handle;
    }
    return ticket;
}

/* A place came free: grants new handles to those who wait, as far as there is
 * room.  One that cannot be made is granted as NULL, so that the call fails
 * instead of waiting for somebody who may never come.  The tickets are linked
 * into `granted`. */
static void
fill_room_locked(sac_pool *pool, sac_list *granted)
{
    while (!sac_list_empty(&pool->queue) && has_room_locked(pool)) {
        sac_handle *handle = new_handle_locked(pool);
        sac_ticket *ticket = grant_locked(pool, handle);
        sac_list_push_back(granted, &ticket->link);
    }
}

/* -> NULL when the pool or a ticket has it now, else the handle. */
static sac_handle *
keep_locked(sac_pool *pool, sac_handle *handle, sac_list *granted)
{
    if (fits_locked(pool, handle)) {
        sac_ticket *ticket = grant_locked(pool, handle);
        if (ticket != NULL) {
            sac_list_push_back(granted, &ticket->link);
            return NULL;
        }
        int size = pool->options->pool_size;
        if (size <= 0 || pool->counts.idle < size) {
            sac_list_push_front(&pool->idle, &handle->link);
            pool->counts.idle++;
            return NULL;
        }
    }
    pool->counts.open--;
    fill_room_locked(pool, granted);
    return handle;
}

sac_handle *
sac_pool_checkin(sac_pool *pool, sac_handle *handle)
{
    sac_list granted;
    sac_list_init(&granted);
    sac_mutex_lock(&pool->mutex);
    sac_handle *misfit = keep_locked(pool, handle, &granted);
    if (misfit == NULL) {
        sac_list *node = sac_list_take_front(&pool->doomed);
        misfit = node != NULL ? SAC_CONTAINER(node, sac_handle, link) : NULL;
    }
    sac_mutex_unlock(&pool->mutex);
    sac_list *node;
    while ((node = sac_list_take_front(&granted)) != NULL) {
        sac_ticket_send(SAC_CONTAINER(node, sac_ticket, link));
    }
    return misfit;
}

void
sac_pool_drain(sac_pool *pool, sac_list *out)
{
    sac_mutex_lock(&pool->mutex);
    pool->generation++;
    sac_list_move(out, &pool->idle);
    sac_list_move(out, &pool->doomed);
    pool->counts.open -= pool->counts.idle;
    pool->counts.idle = 0;
    sac_mutex_unlock(&pool->mutex);
}

sac_pool_counts
sac_pool_count(sac_pool *pool)
{
    sac_mutex_lock(&pool->mutex);
    sac_pool_counts counts = pool->counts;
    sac_mutex_unlock(&pool->mutex);
    return counts;
}
