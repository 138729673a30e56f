/* A call's way through the engine: see the states in call.h.
 *
 * Here: starting, having a handle, going on after a wait, cancellation.  On
 * the thread that drives the lease, but for the job that opens a handle. */
#include "engine/call_parts.h"

#include <assert.h>

static void
ticket_delivered(sac_message *message)
{
    sac_ticket *ticket = SAC_CONTAINER(message, sac_ticket, message);
    sac_call *call = SAC_CONTAINER(ticket, sac_call, ticket);
    call->wake(call);
}

void
sac_call_init(sac_call *call, sac_lease *lease, sac_call_kind kind,
              sac_script *script)
{
    *call = (sac_call){.lease = lease, .kind = kind, .script = script};
    sac_ticket_init(&call->ticket, ticket_delivered);
    sac_error_init(&call->error);
}

void
sac_call_fini(sac_call *call)
{
    sac_script_fini(&call->control);
    sac_script_fini(&call->ending);
    sac_port_release(call->port);
    call->port = NULL;
    sac_error_fini(&call->error);
}

void
sac_call_again(sac_call *call)
{
    assert(call->state == SAC_AT_DONE && call->error.status == SAC_OK);
    sac_script_fini(&call->control);
    sac_script_fini(&call->ending);
    call->control.at = 0;
    call->ending.at = 0;
    call->state = SAC_AT_START;
    call->write = false;
    call->offload = false;
    call->committing = false;
}

/* A refusal before anything was touched, the lease included. */
static sac_progress
refuse(sac_call *call, sac_status status)
{
    (void)sac_error_set(&call->error, status, NULL);
    call->state = SAC_AT_DONE;
    return SAC_PROGRESS_DONE;
}

/* ---- having a handle ------------------------------------------------- */

static void
job_open(sac_job *job)
{
    sac_call *call = SAC_CONTAINER(job, sac_call, job);
    sac_call_guard_worker(call, job);
    job->status = sac_engine_open(call->lease->engine, call->lease->handle,
                                  &call->error);
    call->lease->handle->guard.cancel = NULL;
}

static sac_progress open_failed(sac_call *call);

static sac_progress
opened(sac_call *call)
{
    sac_handle *handle = call->lease->handle;
    if (handle->fresh) {
        handle->fresh = false;
        if (call->greet != NULL && call->greet(call) != SAC_OK) {
            return open_failed(call);
        }
    }
    switch (call->kind) {
    case SAC_CALL_CONNECT:
        return sac_call_end(call);
    case SAC_CALL_EXECUTE:
        return sac_call_know_plans(call);
    case SAC_CALL_WORK:
        return sac_call_take_token(call);
    case SAC_CALL_FETCH:
    case SAC_CALL_COMMIT:
    case SAC_CALL_ROLLBACK:
    case SAC_CALL_CLOSE:
        return sac_call_run(call);
    }
    return sac_call_end(call);
}

/* A handle that could not be opened is of no use to anybody. */
static sac_progress
open_failed(sac_call *call)
{
    sac_lease *lease = call->lease;
    sac_handle *handle = lease->handle;
    lease->handle = NULL;
    handle->broken = true;
    sac_engine_checkin(lease->engine, handle);
    if (call->cancelled) {
        return sac_call_end_cancelled(call);
    }
    return sac_call_end(call);
}

static sac_progress
have_handle(sac_call *call)
{
    sac_lease *lease = call->lease;
    if (lease->handle->db != NULL) {
        return opened(call);
    }
    if (!sac_engine_in_memory(lease->engine)) {
        return sac_call_submit(call, job_open, SAC_LANE_READ, false,
                               SAC_AT_OPEN);
    }
    sac_status status =
        sac_engine_open(lease->engine, lease->handle, &call->error);
    return status == SAC_OK ? opened(call) : open_failed(call);
}

static sac_progress
take_handle(sac_call *call)
{
    sac_lease *lease = call->lease;
    if (lease->handle != NULL) {
        return have_handle(call);
    }
    sac_pool *pool = lease->engine->pool;
    sac_status status = sac_pool_checkout(pool, &call->ticket, call->port);
    if (status == SAC_ERR_WOULD_WAIT && sac_call_have_port(call)) {
        status = sac_pool_checkout(pool, &call->ticket, call->port);
    }
    if (status != SAC_OK) {
        return sac_call_end_with(call, status);
    }
    if (call->ticket.waits) {
        call->state = SAC_AT_POOL;
        return SAC_PROGRESS_WAIT;
    }
    lease->handle = call->ticket.grant;
    call->ticket.grant = NULL;
    return have_handle(call);
}

/* ---- starting and going on ------------------------------------------- */

/* Ends a transaction, when there is one. */
static sac_progress
start_ending(sac_call *call)
{
    sac_lease *lease = call->lease;
    if (call->kind != SAC_CALL_COMMIT) {
        lease->lost = false;
    }
    if (!lease->in_tx) {
        return sac_call_end(call);
    }
    const char *sql = call->kind == SAC_CALL_COMMIT ? "COMMIT" : "ROLLBACK";
    if (sac_call_control(call, sql) != SAC_OK) {
        return sac_call_end(call);
    }
    return sac_call_run(call);
}

/* A rollback or close while a call that was left behind still runs: that one
 * sees to it when it ends, because who is left with it may be unable to wait
 * (a coroutine that is being closed). */
static sac_progress
leave_it_to_the_other(sac_call *call)
{
    sac_lease *lease = call->lease;
    lease->give_up = true;
    lease->lost = false;
    if (call->kind == SAC_CALL_CLOSE) {
        lease->pinned = false;
    }
    call->state = SAC_AT_DONE;
    return SAC_PROGRESS_DONE;
}

/* Any other call waits for it: nobody is left who could have. */
static sac_progress
wait_for_the_other(sac_call *call)
{
    if (!sac_call_have_port(call)) {
        return refuse(call, SAC_ERR_BUSY_LEASE);
    }
    sac_ticket_reset(&call->ticket);
    sac_ticket_enqueue_locked(&call->lease->waiters, &call->ticket,
                              call->port);
    call->state = SAC_AT_LEASE;
    return SAC_PROGRESS_WAIT;
}

static sac_progress
start(sac_call *call)
{
    sac_lease *lease = call->lease;
    if (lease->engine == NULL || lease->closed) {
        return refuse(call, SAC_ERR_CLOSED);
    }
    bool ends =
        call->kind == SAC_CALL_ROLLBACK || call->kind == SAC_CALL_CLOSE;
    if (sac_engine_forked(lease->engine)) {
        /* Nothing here is ours to undo; a block that is left by an exception
         * is left by that one. */
        return refuse(call, ends ? SAC_OK : SAC_ERR_FORKED);
    }
    if (lease->busy) {
        if (!lease->left) {
            return refuse(call, SAC_ERR_BUSY_LEASE);
        }
        return ends ? leave_it_to_the_other(call) : wait_for_the_other(call);
    }
    if (lease->lost && !ends) {
        return refuse(call, SAC_ERR_LOST);
    }
    lease->busy = true;
    if (call->kind == SAC_CALL_COMMIT || call->kind == SAC_CALL_ROLLBACK ||
        call->kind == SAC_CALL_CLOSE) {
        if (call->kind == SAC_CALL_CLOSE) {
            lease->pinned = false;
            sac_lease_stop_streams(lease, false);
        }
        return start_ending(call);
    }
    return take_handle(call);
}

/* The ticket that we waited for was granted, whatever was asked meanwhile. */
static sac_progress
granted_handle(sac_call *call)
{
    call->lease->handle = call->ticket.grant;
    call->ticket.grant = NULL;
    if (call->cancelled) {
        return sac_call_end_cancelled(call);
    }
    if (call->lease->handle == NULL) {
        return sac_call_end_with(
            call, SAC_ERR_NOMEM); /* there was room, no memory */
    }
    return have_handle(call);
}

/* It has not begun yet, so there is nothing to end. */
static sac_progress
granted_lease(sac_call *call)
{
    return call->cancelled ? refuse(call, SAC_ERR_CANCELLED) : start(call);
}

static sac_progress
granted_token(sac_call *call)
{
    sac_lease_take_token(call->lease);
    if (call->cancelled) {
        return sac_call_end_cancelled(call);
    }
    return sac_call_run(call);
}

static sac_progress
after_open(sac_call *call)
{
    if (call->job.status != SAC_OK) {
        if (call->error.status == SAC_OK) {
            (void)sac_error_set(&call->error, call->job.status, NULL);
        }
        return open_failed(call);
    }
    return call->cancelled ? sac_call_end_cancelled(call) : opened(call);
}

static sac_progress
after_prepare(sac_call *call)
{
    if (call->cancelled) {
        return sac_call_end_cancelled(call);
    }
    if (call->job.status != SAC_OK) {
        if (call->error.status == SAC_OK) {
            (void)sac_error_set(&call->error, call->job.status, NULL);
        }
        return sac_call_end(call);
    }
    return sac_call_weigh(call);
}

static sac_progress
after_run(sac_call *call)
{
    if (call->job.status != SAC_OK && call->error.status == SAC_OK) {
        /* unlinked from the queue: it never ran */
        (void)sac_error_set(&call->error, call->job.status, NULL);
    }
    return sac_call_ran(call);
}

/* The job's message was delivered: the handle is ours again. */
static void
take_back(sac_call *call)
{
    if (call->lease->handle != NULL) {
        call->lease->handle->elsewhere = false;
    }
}

sac_progress
sac_call_advance(sac_call *call)
{
    switch (call->state) {
    case SAC_AT_START:
        return start(call);
    case SAC_AT_LEASE:
        return granted_lease(call);
    case SAC_AT_POOL:
        return granted_handle(call);
    case SAC_AT_OPEN:
        take_back(call);
        return after_open(call);
    case SAC_AT_PREPARE:
        take_back(call);
        return after_prepare(call);
    case SAC_AT_WRITER:
        return granted_token(call);
    case SAC_AT_RUN:
        take_back(call);
        return after_run(call);
    case SAC_AT_DONE:
        break;
    }
    return SAC_PROGRESS_DONE;
}

/* Takes a waiting ticket out of its queue. -> false: it was granted, and the
 * message is on its way. */
static bool
withdraw(sac_call *call)
{
    sac_engine *engine = call->lease->engine;
    if (call->state == SAC_AT_POOL) {
        return sac_pool_withdraw(engine->pool, &call->ticket);
    }
    return sac_writer_withdraw(sac_engine_writer(engine), &call->ticket);
}

sac_progress
sac_call_cancel(sac_call *call)
{
    if (call->state != SAC_AT_DONE && sac_engine_forked(call->lease->engine)) {
        /* Its worker stayed in the parent, and so may have a mutex. */
        call->lease->busy = false;
        if (call->state == SAC_AT_LEASE) {
            sac_list_remove(&call->ticket.link);
        }
        return refuse(call, SAC_ERR_FORKED);
    }
    if (call->state == SAC_AT_START) {
        call->cancelled = true;
        return refuse(call, SAC_ERR_CANCELLED);
    }
    bool begun = call->state != SAC_AT_LEASE && call->state != SAC_AT_DONE;
    if (begun && !sac_call_can_be_stopped(call)) {
        return SAC_PROGRESS_WAIT;
    }
    call->cancelled = true;
    switch (call->state) {
    case SAC_AT_LEASE:
        return sac_ticket_withdraw_locked(&call->ticket)
                   ? refuse(call, SAC_ERR_CANCELLED)
                   : SAC_PROGRESS_WAIT;
    case SAC_AT_POOL:
    case SAC_AT_WRITER:
        return withdraw(call) ? sac_call_end_cancelled(call)
                              : SAC_PROGRESS_WAIT;
    case SAC_AT_OPEN:
    case SAC_AT_PREPARE:
    case SAC_AT_RUN:
        sac_engine_cancel(call->lease->engine, &call->job);
        return SAC_PROGRESS_WAIT;
    case SAC_AT_START:
    case SAC_AT_DONE:
        break;
    }
    return SAC_PROGRESS_DONE;
}

sac_progress
sac_call_time_out(sac_call *call)
{
    if (call->state != SAC_AT_POOL && call->state != SAC_AT_WRITER) {
        return SAC_PROGRESS_WAIT;
    }
    sac_status status = call->state == SAC_AT_POOL ? SAC_ERR_POOL_TIMEOUT
                                                   : SAC_ERR_WRITER_TIMEOUT;
    if (!withdraw(call)) {
        return SAC_PROGRESS_WAIT; /* its turn has just come */
    }
    return sac_call_end_with(call, status);
}
