/* A call's way through the engine: see the states in call.h.
 *
 * Every function here runs on the thread that drives the lease, but for the
 * three job functions, which run on a worker and touch nothing but the job's
 * own call, its script and the lease's handle; the driver keeps its hands off
 * these until the job's message has been delivered. */
#include "engine/call.h"

#include <assert.h>
#include <sqlite3.h>
#include <string.h>

enum { SLOW_INLINE_NS = 1000000 }; /* shapes whose inline runs take longer
                                      than this go to a worker */

static void
ticket_delivered(sac_message *message)
{
    sac_ticket *ticket = SAC_CONTAINER(message, sac_ticket, message);
    sac_call *call = SAC_CONTAINER(ticket, sac_call, ticket);
    call->wake(call);
}

static void
job_delivered(sac_message *message)
{
    sac_job *job = SAC_CONTAINER(message, sac_job, message);
    sac_call *call = SAC_CONTAINER(job, sac_call, job);
    call->wake(call);
}

void
sac_call_init(sac_call *call, sac_lease *lease, sac_call_kind kind,
              sac_script *script)
{
    *call = (sac_call){ .lease = lease, .kind = kind, .script = script };
    sac_ticket_init(&call->ticket, ticket_delivered);
    sac_error_init(&call->error);
}

void
sac_call_fini(sac_call *call)
{
    sac_script_fini(&call->control);
    sac_port_release(call->port);
    call->port = NULL;
    sac_error_fini(&call->error);
}

/* ---- ending ---------------------------------------------------------- */

/* What the lease need not keep any longer goes back. */
static void
let_go(sac_lease *lease, bool pinned)
{
    if (!lease->in_tx && lease->token) {
        lease->token = false;
        sac_writer_release(sac_engine_writer(lease->engine));
    }
    if (lease->handle != NULL && !pinned && !lease->in_tx
        && sac_list_empty(&lease->streams)) {
        sac_handle *handle = lease->handle;
        lease->handle = NULL;
        sac_engine_checkin(lease->engine, handle);
    }
    if (!lease->in_tx) {
        lease->heavy = false;
    }
}

/* A stream is on its lease's list exactly while its statement is live.  Any
 * other statement that is still live was on its way to a worker when the call
 * ended. */
static void
settle_script(sac_call *call)
{
    sac_script *script = call->script;
    sac_stream *stream = call->stream;
    if (stream != NULL) {
        sac_list_remove(&stream->link);
    }
    if (script == NULL || script->live == NULL) {
        return;
    }
    if (stream == NULL || call->error.status != SAC_OK) {
        sac_script_stop(script, call->lease->handle);
        return;
    }
    sac_list_push_back(&call->lease->streams, &stream->link);
}

/* The end of every call that had begun. */
static sac_progress
end(sac_call *call)
{
    sac_lease *lease = call->lease;
    settle_script(call);
    if (lease->handle != NULL && lease->handle->db != NULL) {
        bool in_tx = sac_handle_in_transaction(lease->handle);
        bool runs = call->kind == SAC_CALL_EXECUTE
                    || call->kind == SAC_CALL_FETCH;
        if (lease->in_tx && !in_tx && runs && call->error.status != SAC_OK) {
            lease->lost = true;
        }
        lease->in_tx = in_tx;
    }
    lease->busy = false;
    lease->left = false;
    sac_lease_stop_streams(lease, true);
    if (lease->give_up) {
        sac_lease_give_up(lease);
    }
    /* Who could not connect has nothing to close. */
    let_go(lease, lease->pinned
                      && !(call->kind == SAC_CALL_CONNECT
                           && call->error.status != SAC_OK));
    call->state = SAC_AT_DONE;
    return SAC_PROGRESS_DONE;
}

static sac_progress
end_with(sac_call *call, sac_status status)
{
    (void)sac_error_set(&call->error, status, NULL);
    return end(call);
}

static void
count(atomic_ullong *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static sac_progress
end_cancelled(sac_call *call)
{
    count(&call->lease->engine->counters.cancelled);
    return end_with(call, SAC_ERR_CANCELLED);
}

/* A refusal before anything was touched, the lease included. */
static sac_progress
refuse(sac_call *call, sac_status status)
{
    (void)sac_error_set(&call->error, status, NULL);
    call->state = SAC_AT_DONE;
    return SAC_PROGRESS_DONE;
}

/* ---- waiting --------------------------------------------------------- */

static bool
have_port(sac_call *call)
{
    if (call->port == NULL) {
        sac_port *port = call->need_port(call);
        if (port != NULL) {
            call->port = sac_port_retain(port);
        }
    }
    return call->port != NULL;
}

static sac_progress
submit(sac_call *call, void (*run)(sac_job *), sac_lane lane,
       sac_call_state state)
{
    if (!have_port(call)) {
        return end_with(call, SAC_ERR_WOULD_WAIT);
    }
    sac_job_init(&call->job, run);
    call->job.message.deliver = job_delivered;
    call->job.port = call->port;
    call->lease->heavy = true;
    call->state = state;
    sac_status status = sac_engine_submit(call->lease->engine, &call->job,
                                          lane);
    return status == SAC_OK ? SAC_PROGRESS_WAIT : end_with(call, status);
}

static sac_lane
lane_of(const sac_call *call)
{
    return call->lease->token ? SAC_LANE_WRITE : SAC_LANE_READ;
}

/* ---- running --------------------------------------------------------- */

/* What the run of a user's script teaches about its last statement begun. */
static sac_plan *
plan_at_work(const sac_call *call)
{
    if (call->kind != SAC_CALL_EXECUTE || call->script->count == 0) {
        return NULL;
    }
    int at = call->script->at;
    if (at >= call->script->count) {
        at = call->script->count - 1;
    }
    return call->script->steps[at].plan;
}

static void
learn(sac_call *call, bool spent)
{
    sac_plan *plan = plan_at_work(call);
    if (plan != NULL && (spent || (sac_plan_facts(plan) & SAC_PLAN_SLOW))) {
        sac_plan_learn(plan, spent);
    }
}

/* An inline run is over: did it prove long? */
static bool
prove(sac_call *call, int64_t started)
{
    const sac_guard *guard = &call->lease->handle->guard;
    sac_plan *plan = plan_at_work(call);
    bool spent = guard->used >= guard->budget;
    if (!spent && plan != NULL) {
        bool long_by_clock = sac_clock_ns() - started > SLOW_INLINE_NS;
        spent = sac_plan_strike(plan, long_by_clock);
    }
    if (spent) {
        learn(call, true);
    }
    return spent;
}

static sac_verdict
run_scripts(sac_call *call)
{
    sac_handle *handle = call->lease->handle;
    if (call->control.at < call->control.count) {
        sac_verdict verdict = sac_script_run(&call->control, handle,
                                             &call->error);
        if (verdict != SAC_RUN_DONE) {
            return verdict;
        }
    }
    if (call->script == NULL) {
        return SAC_RUN_DONE;
    }
    return sac_script_run(call->script, handle, &call->error);
}

static void
checkpoint_if_due(sac_call *call)
{
    sac_lease *lease = call->lease;
    int limit = lease->engine->options.checkpoint_frames;
    if (lease->token && limit > 0 && lease->handle->wal_frames >= limit
        && !sac_handle_in_transaction(lease->handle)) {
        sac_handle_checkpoint(lease->handle);
        count(&lease->engine->counters.checkpoints);
    }
}

/* The end of a transaction or of a savepoint is not stopped half-way. */
static bool
can_be_stopped(const sac_call *call)
{
    switch (call->kind) {
        case SAC_CALL_CONNECT:
        case SAC_CALL_EXECUTE:
        case SAC_CALL_FETCH:
            return !call->unstoppable;
        case SAC_CALL_COMMIT:
        case SAC_CALL_ROLLBACK:
        case SAC_CALL_CLOSE:
            break;
    }
    return false;
}

static void
guard_worker(sac_call *call, sac_job *job)
{
    sac_handle *handle = call->lease->handle;
    handle->guard = (sac_guard){
        .cancel = can_be_stopped(call) ? &job->cancel : NULL,
        .busy_deadline = sac_clock_ns()
                         + (int64_t)handle->options->busy_timeout_ms * 1000000,
    };
}

static void
job_open(sac_job *job)
{
    sac_call *call = SAC_CONTAINER(job, sac_call, job);
    guard_worker(call, job);
    job->status = sac_engine_open(call->lease->engine, call->lease->handle,
                                  &call->error);
    call->lease->handle->guard.cancel = NULL;
}

static void
job_run(sac_job *job)
{
    sac_call *call = SAC_CONTAINER(job, sac_call, job);
    sac_handle *handle = call->lease->handle;
    int64_t budget = handle->options->inline_budget;
    guard_worker(call, job);
    int64_t started = sac_clock_ns();
    call->verdict = run_scripts(call);
    learn(call, handle->guard.used >= budget
                    || sac_clock_ns() - started > SLOW_INLINE_NS);
    handle->guard.cancel = NULL;
    checkpoint_if_due(call);
    job->status = call->verdict == SAC_RUN_DONE ? SAC_OK
                                                : call->error.status;
}

static sac_progress
ran(sac_call *call)
{
    sac_lease *lease = call->lease;
    if (call->cancelled && call->error.status != SAC_OK) {
        (void)sac_error_set(&call->error, SAC_ERR_CANCELLED, NULL);
        count(&lease->engine->counters.cancelled);
    }
    if (call->error.status != SAC_OK
        && (call->kind == SAC_CALL_CLOSE || call->kind == SAC_CALL_ROLLBACK)) {
        lease->handle->broken = true;
    }
    return end(call);
}

/* A run on this thread, under the budget. -> true when it ended here. */
static bool
run_inline(sac_call *call)
{
    sac_engine *engine = call->lease->engine;
    sac_handle *handle = call->lease->handle;
    handle->guard = (sac_guard){
        .inside = true,
        .budget = engine->options.inline_budget,
    };
    int64_t started = sac_clock_ns();
    call->verdict = run_scripts(call);
    bool spent = prove(call, started);
    handle->guard.inside = false;
    if (call->verdict != SAC_RUN_HANDOVER) {
        count(&engine->counters.inline_runs);
        return true;
    }
    /* One that keeps its row has too many bytes, no lock before it. */
    bool locked = !spent
                  && (call->script == NULL || call->script->live == NULL);
    count(locked ? &engine->counters.busy_retries
                 : &engine->counters.handovers);
    return false;
}

static bool
belongs_on_worker(const sac_call *call)
{
    const sac_lease *lease = call->lease;
    const sac_options *options = &lease->engine->options;
    if (call->offload || options->inline_budget <= 0) {
        return true;
    }
    if (call->kind == SAC_CALL_FETCH) {
        /* A batch cannot be begun again, so nothing bounds it here. */
        return true;
    }
    bool commits = call->kind == SAC_CALL_COMMIT
                   || (call->write
                       && lease->isolation == SAC_ISOLATION_AUTOCOMMIT);
    if (commits || call->kind == SAC_CALL_ROLLBACK
        || call->kind == SAC_CALL_CLOSE) {
        int limit = options->checkpoint_frames;
        return options->slow_commit || lease->heavy
               || (limit > 0 && lease->handle->wal_frames >= limit);
    }
    return false;
}

static sac_progress
run(sac_call *call)
{
    if (call->cancelled) {
        return end_cancelled(call);
    }
    if (!belongs_on_worker(call)) {
        if (run_inline(call)) {
            return ran(call);
        }
    }
    return submit(call, job_run, lane_of(call), SAC_AT_RUN);
}

/* ---- control statements ---------------------------------------------- */

/* Puts `sql` before the script. */
static sac_status
control(sac_call *call, const char *sql)
{
    sac_plan *plan = sac_plans_get(call->lease->engine->plans, sql,
                                   strlen(sql));
    if (plan == NULL) {
        return sac_error_set(&call->error, SAC_ERR_NOMEM, NULL);
    }
    call->control_step = (sac_step){ .plan = plan, .params = { .rows = 1 } };
    call->control = (sac_script){ .steps = &call->control_step, .count = 1 };
    return SAC_OK;
}

/* The BEGIN that the isolation asks for, if any. */
static const char *
begin_text(const sac_call *call, bool refuses_tx)
{
    const sac_lease *lease = call->lease;
    if (call->kind != SAC_CALL_EXECUTE || lease->in_tx) {
        return NULL;
    }
    if (call->immediate) {
        return "BEGIN IMMEDIATE";
    }
    if (refuses_tx) {
        return NULL;
    }
    switch (lease->isolation) {
        case SAC_ISOLATION_LAZY:
            return call->write ? "BEGIN IMMEDIATE" : NULL;
        case SAC_ISOLATION_IMMEDIATE:
            return "BEGIN IMMEDIATE";
        case SAC_ISOLATION_SNAPSHOT:
            return call->write ? "BEGIN IMMEDIATE" : "BEGIN";
        case SAC_ISOLATION_AUTOCOMMIT:
            return NULL;
    }
    return NULL;
}

/* ---- the writer token ------------------------------------------------ */

static sac_progress
with_token(sac_call *call)
{
    call->lease->token = true;
    return run(call);
}

static sac_progress
take_token(sac_call *call)
{
    sac_lease *lease = call->lease;
    if (lease->token || !call->write) {
        return run(call);
    }
    sac_writer *writer = sac_engine_writer(lease->engine);
    uintptr_t owner = call->need_owner != NULL ? call->need_owner(call) : 0;
    sac_status status = sac_writer_acquire(writer, &call->ticket, call->port,
                                           owner);
    if (status == SAC_ERR_WOULD_WAIT && have_port(call)) {
        status = sac_writer_acquire(writer, &call->ticket, call->port, owner);
    }
    if (status != SAC_OK) {
        return end_with(call, status);
    }
    if (call->ticket.waits) {
        call->state = SAC_AT_WRITER;
        return SAC_PROGRESS_WAIT;
    }
    return with_token(call);
}

/* ---- knowing the plans ----------------------------------------------- */

static sac_status
prepare(sac_call *call)
{
    sac_handle *handle = call->lease->handle;
    for (int i = 0; i < call->script->count; i++) {
        sac_plan *plan = call->script->steps[i].plan;
        sac_statement *statement;
        if (sac_plan_facts(plan) & SAC_PLAN_KNOWN) {
            continue;
        }
        sac_status status = sac_cache_take(&handle->cache, handle->db, plan,
                                           &statement, &call->error);
        if (status != SAC_OK) {
            call->error.step = i;
            return status;
        }
        sac_cache_give(&handle->cache, statement);
    }
    return SAC_OK;
}

static void
job_prepare(sac_job *job)
{
    sac_call *call = SAC_CONTAINER(job, sac_call, job);
    guard_worker(call, job);
    job->status = prepare(call);
    call->lease->handle->guard.cancel = NULL;
}

/* All facts are known: what does the script need? */
static sac_progress
weigh(sac_call *call)
{
    bool refuses_tx = false;
    for (int i = 0; i < call->script->count; i++) {
        unsigned facts = sac_plan_facts(call->script->steps[i].plan);
        bool writes = !(facts & SAC_PLAN_READONLY);
        if (call->script->steps[i].params.rows > 1 && !writes) {
            return end_with(call, SAC_ERR_MANY_SETS);
        }
        call->write = call->write || writes || (facts & SAC_PLAN_BEGIN);
        if (writes) {
            /* All is written before the first row comes: a statement left
             * live would only keep the transaction from ending. */
            call->script->batch = 0;
        }
        refuses_tx = refuses_tx
                     || (facts & (SAC_PLAN_NO_TX | SAC_PLAN_CONTROL));
        call->offload = call->offload
                        || (facts & (SAC_PLAN_SLOW | SAC_PLAN_OFFLOAD))
                        || (writes && !(facts & SAC_PLAN_BOUNDED)
                            && !(facts & SAC_PLAN_CONTROL));
    }
    const char *begin = begin_text(call, refuses_tx);
    if (begin != NULL) {
        call->write = call->write
                      || call->immediate
                      || call->lease->isolation == SAC_ISOLATION_IMMEDIATE;
        if (control(call, begin) != SAC_OK) {
            return end(call);
        }
    }
    return take_token(call);
}

static sac_progress
know_plans(sac_call *call)
{
    sac_handle *handle = call->lease->handle;
    handle->guard = (sac_guard){
        .inside = true,
        .budget = call->lease->engine->options.inline_budget,
    };
    sac_status status = prepare(call);
    handle->guard.inside = false;
    if (status == SAC_ERR_SQLITE && call->error.code == SQLITE_BUSY) {
        sac_error_fini(&call->error);
        return submit(call, job_prepare, SAC_LANE_READ, SAC_AT_PREPARE);
    }
    return status == SAC_OK ? weigh(call) : end(call);
}

/* ---- having a handle ------------------------------------------------- */

static sac_progress
opened(sac_call *call)
{
    switch (call->kind) {
        case SAC_CALL_CONNECT:
            return end(call);
        case SAC_CALL_EXECUTE:
            return know_plans(call);
        case SAC_CALL_FETCH:
        case SAC_CALL_COMMIT:
        case SAC_CALL_ROLLBACK:
        case SAC_CALL_CLOSE:
            return run(call);
    }
    return end(call);
}

/* A handle that could not be opened goes back unopened: the pool may try it
 * again for the next call. */
static sac_progress
open_failed(sac_call *call)
{
    sac_lease *lease = call->lease;
    sac_handle *handle = lease->handle;
    lease->handle = NULL;
    handle->broken = true;
    sac_engine_checkin(lease->engine, handle);
    if (call->cancelled) {
        return end_cancelled(call);
    }
    return end(call);
}

static sac_progress
have_handle(sac_call *call)
{
    sac_lease *lease = call->lease;
    if (lease->handle->db != NULL) {
        return opened(call);
    }
    if (!sac_engine_in_memory(lease->engine)) {
        return submit(call, job_open, SAC_LANE_READ, SAC_AT_OPEN);
    }
    sac_status status = sac_engine_open(lease->engine, lease->handle,
                                        &call->error);
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
    if (status == SAC_ERR_WOULD_WAIT && have_port(call)) {
        status = sac_pool_checkout(pool, &call->ticket, call->port);
    }
    if (status != SAC_OK) {
        return end_with(call, status);
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
        return end(call);
    }
    const char *sql = call->kind == SAC_CALL_COMMIT ? "COMMIT" : "ROLLBACK";
    if (control(call, sql) != SAC_OK) {
        return end(call);
    }
    return run(call);
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

static sac_progress
start(sac_call *call)
{
    sac_lease *lease = call->lease;
    if (lease->engine == NULL || lease->closed) {
        return refuse(call, SAC_ERR_CLOSED);
    }
    if (sac_engine_forked(lease->engine)) {
        return refuse(call, SAC_ERR_FORKED);
    }
    bool ends = call->kind == SAC_CALL_ROLLBACK
                || call->kind == SAC_CALL_CLOSE;
    if (lease->busy) {
        return lease->left && ends ? leave_it_to_the_other(call)
                                   : refuse(call, SAC_ERR_BUSY_LEASE);
    }
    if (lease->lost && !ends) {
        return refuse(call, SAC_ERR_LOST);
    }
    lease->busy = true;
    if (call->kind == SAC_CALL_COMMIT || call->kind == SAC_CALL_ROLLBACK
        || call->kind == SAC_CALL_CLOSE) {
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
        return end_cancelled(call);
    }
    if (call->lease->handle == NULL) {
        return end_with(call, SAC_ERR_NOMEM); /* there was room, no memory */
    }
    return have_handle(call);
}

static sac_progress
granted_token(sac_call *call)
{
    call->lease->token = true;
    if (call->cancelled) {
        return end_cancelled(call);
    }
    return run(call);
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
    return call->cancelled ? end_cancelled(call) : opened(call);
}

static sac_progress
after_prepare(sac_call *call)
{
    if (call->cancelled) {
        return end_cancelled(call);
    }
    if (call->job.status != SAC_OK) {
        if (call->error.status == SAC_OK) {
            (void)sac_error_set(&call->error, call->job.status, NULL);
        }
        return end(call);
    }
    return weigh(call);
}

static sac_progress
after_run(sac_call *call)
{
    if (call->job.status != SAC_OK && call->error.status == SAC_OK) {
        /* unlinked from the queue: it never ran */
        (void)sac_error_set(&call->error, call->job.status, NULL);
    }
    return ran(call);
}

sac_progress
sac_call_advance(sac_call *call)
{
    switch (call->state) {
        case SAC_AT_START:
            return start(call);
        case SAC_AT_POOL:
            return granted_handle(call);
        case SAC_AT_OPEN:
            return after_open(call);
        case SAC_AT_PREPARE:
            return after_prepare(call);
        case SAC_AT_WRITER:
            return granted_token(call);
        case SAC_AT_RUN:
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
    if (call->state == SAC_AT_START) {
        call->cancelled = true;
        return refuse(call, SAC_ERR_CANCELLED);
    }
    if (call->state != SAC_AT_DONE && !can_be_stopped(call)) {
        return SAC_PROGRESS_WAIT;
    }
    call->cancelled = true;
    switch (call->state) {
        case SAC_AT_POOL:
        case SAC_AT_WRITER:
            return withdraw(call) ? end_cancelled(call) : SAC_PROGRESS_WAIT;
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
    return end_with(call, status);
}
