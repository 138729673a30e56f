/* Running a call's scripts, on this thread or on a worker, and what follows.
 *
 * The job functions run on a worker and touch nothing but their call, its
 * script and the lease's handle; the driver keeps its hands off these until
 * the job's message has been delivered.  The rest runs on the thread that
 * drives the lease.  Knows nothing of how the call got its handle and its
 * token. */
#include "engine/call_parts.h"

#include <assert.h>
#include <sqlite3.h>

/* Shapes whose inline runs take longer than this go to a worker. */
enum { SLOW_INLINE_NS = 1000000 };

static void
job_delivered(sac_message *message)
{
    sac_job *job = SAC_CONTAINER(message, sac_job, message);
    sac_call *call = SAC_CONTAINER(job, sac_call, job);
    call->wake(call);
}

/* ---- ending ---------------------------------------------------------- */

/* What the lease need not keep any longer goes back. */
static void
let_go(sac_lease *lease, bool pinned)
{
    if (!lease->in_tx && lease->token) {
        sac_lease_drop_token(lease);
        sac_writer_release(sac_engine_writer(lease->engine));
    }
    if (lease->handle != NULL && !pinned && !lease->in_tx &&
        sac_list_empty(&lease->streams)) {
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

/* Who waited for a call that had been left behind goes on. */
static void
admit_waiters(sac_lease *lease)
{
    sac_ticket *ticket;
    while ((ticket = sac_ticket_grant_locked(&lease->waiters)) != NULL) {
        sac_ticket_send(ticket);
    }
}

/* The end of every call that had begun. */
sac_progress
sac_call_end(sac_call *call)
{
    sac_lease *lease = call->lease;
    settle_script(call);
    if (lease->handle != NULL) {
        call->raised = lease->handle->raised;
        lease->handle->raised = NULL;
    }
    if (lease->handle != NULL && lease->handle->db != NULL) {
        bool in_tx = sac_handle_in_transaction(lease->handle);
        bool runs = !call->committing && (call->kind == SAC_CALL_EXECUTE ||
                                          call->kind == SAC_CALL_FETCH);
        if (lease->in_tx && !in_tx && runs && call->error.status != SAC_OK) {
            lease->lost = true;
        }
        lease->in_tx = in_tx;
    }
    if (lease->in_tx &&
        (call->kind == SAC_CALL_ROLLBACK || call->kind == SAC_CALL_CLOSE)) {
        /* For want of memory, of a loop to wait in or of a disk: it is done
         * without us, or by closing the connection. */
        lease->give_up = true;
        sac_error_fini(&call->error);
    }
    lease->busy = false;
    lease->left = false;
    sac_lease_stop_streams(lease, true);
    if (lease->give_up) {
        sac_lease_give_up(lease);
    }
    /* Who could not connect has nothing to close. */
    let_go(lease, lease->pinned && !(call->kind == SAC_CALL_CONNECT &&
                                     call->error.status != SAC_OK));
    admit_waiters(lease);
    call->state = SAC_AT_DONE;
    return SAC_PROGRESS_DONE;
}

sac_progress
sac_call_end_with(sac_call *call, sac_status status)
{
    (void)sac_error_set(&call->error, status, NULL);
    return sac_call_end(call);
}

static void
count(atomic_ullong *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

sac_progress
sac_call_end_cancelled(sac_call *call)
{
    count(&call->lease->engine->counters.cancelled);
    return sac_call_end_with(call, SAC_ERR_CANCELLED);
}


/* ---- waiting --------------------------------------------------------- */

bool
sac_call_have_port(sac_call *call)
{
    if (call->port == NULL) {
        sac_port *port = call->need_port(call);
        if (port != NULL) {
            call->port = sac_port_retain(port);
        }
    }
    return call->port != NULL;
}

/* Does a statement of it call what belongs to this thread? */
static bool
belongs_home(const sac_call *call)
{
    const sac_script *script = call->script;
    for (int i = 0; script != NULL && i < script->count; i++) {
        if (sac_plan_facts(script->steps[i].plan) & SAC_PLAN_HOME) {
            return true;
        }
    }
    return false;
}

/* What a worker would do: the handle, or a statement, has callbacks that
 * belong to this thread. */
static sac_progress
run_here(sac_call *call, void (*run)(sac_job *), sac_call_state state)
{
    sac_job_init(&call->job, run);
    call->state = state;
    run(&call->job);
    return sac_call_advance(call);
}

sac_progress
sac_call_submit(sac_call *call, void (*run)(sac_job *), sac_lane lane,
                bool brief, sac_call_state state)
{
    if (call->lease->handle->stays ||
        (state == SAC_AT_RUN && belongs_home(call))) {
        return run_here(call, run, state);
    }
    if (!sac_call_have_port(call)) {
        return sac_call_end_with(call, SAC_ERR_WOULD_WAIT);
    }
    sac_job_init(&call->job, run);
    call->job.message.deliver = job_delivered;
    call->job.port = call->port;
    call->job.brief = brief;
    call->lease->heavy = true;
    call->lease->handle->elsewhere = true;
    call->state = state;
    sac_status status =
        sac_engine_submit(call->lease->engine, &call->job, lane);
    if (status == SAC_OK) {
        return SAC_PROGRESS_WAIT;
    }
    call->lease->handle->elsewhere = false;
    return sac_call_end_with(call, status);
}

static sac_lane
lane_of(const sac_call *call)
{
    return call->lease->token ? SAC_LANE_WRITE : SAC_LANE_READ;
}

/* ---- running --------------------------------------------------------- */

/* What the run of a user's script teaches about: a statement that was alone
 * and ran once. */
static sac_plan *
plan_at_work(const sac_call *call)
{
    if (call->kind != SAC_CALL_EXECUTE || call->script->count != 1 ||
        call->script->steps[0].params.rows > 1 || call->commit) {
        return NULL;
    }
    return call->script->steps[0].plan;
}

static void
learn(sac_call *call, bool spent)
{
    sac_plan *plan = plan_at_work(call);
    if (plan != NULL && (spent || (sac_plan_facts(plan) & SAC_PLAN_SLOW))) {
        sac_plan_learn(plan, spent);
    }
}

/* A run is over: did it prove long, by its instructions or by the clock? */
static bool
proved_long(sac_call *call, int64_t started)
{
    const sac_handle *handle = call->lease->handle;
    int64_t budget = handle->options->inline_budget;
    if (budget > 0 && handle->guard.used >= budget) {
        return true;
    }
    sac_plan *plan = plan_at_work(call);
    return plan != NULL &&
           sac_plan_strike(plan, sac_clock_ns() - started > SLOW_INLINE_NS);
}

/* The COMMIT after the script, which nobody stops any more. */
static sac_verdict
run_ending(sac_call *call)
{
    sac_handle *handle = call->lease->handle;
    const atomic_bool *cancel = handle->guard.cancel;
    if (!call->committing) {
        if (cancel != NULL &&
            atomic_load_explicit(cancel, memory_order_relaxed)) {
            (void)sac_error_set(&call->error, SAC_ERR_CANCELLED, NULL);
            return SAC_RUN_FAILED;
        }
        if (!sac_handle_in_transaction(handle)) {
            return SAC_RUN_DONE;
        }
        call->committing = true;
    }
    handle->guard.cancel = NULL;
    return sac_script_run(&call->ending, handle, &call->error);
}

static sac_verdict
run_scripts(sac_call *call)
{
    sac_handle *handle = call->lease->handle;
    if (call->kind == SAC_CALL_WORK) {
        return call->work(call) == SAC_OK ? SAC_RUN_DONE : SAC_RUN_FAILED;
    }
    if (call->control.at < call->control.count) {
        sac_verdict verdict =
            sac_script_run(&call->control, handle, &call->error);
        if (verdict != SAC_RUN_DONE) {
            return verdict;
        }
    }
    if (call->script == NULL) {
        return SAC_RUN_DONE;
    }
    sac_verdict verdict = sac_script_run(call->script, handle, &call->error);
    return verdict == SAC_RUN_DONE && call->ending.count > 0 ? run_ending(call)
                                                             : verdict;
}

static void
checkpoint_if_due(sac_call *call)
{
    sac_lease *lease = call->lease;
    int limit = lease->engine->options.checkpoint_frames;
    if (lease->token && limit > 0 && lease->handle->wal_frames >= limit &&
        !sac_handle_in_transaction(lease->handle)) {
        sac_handle_checkpoint(lease->handle);
        count(&lease->engine->counters.checkpoints);
    }
}

/* The end of a transaction or of a savepoint is not stopped half-way. */
bool
sac_call_can_be_stopped(const sac_call *call)
{
    switch (call->kind) {
    case SAC_CALL_CONNECT:
    case SAC_CALL_EXECUTE:
    case SAC_CALL_FETCH:
    case SAC_CALL_WORK:
        return !call->unstoppable;
    case SAC_CALL_COMMIT:
    case SAC_CALL_ROLLBACK:
    case SAC_CALL_CLOSE:
        break;
    }
    return false;
}

static void
call_help(void *arg)
{
    sac_workers_call_help(arg);
}

void
sac_call_guard_worker(sac_call *call, sac_job *job)
{
    sac_handle *handle = call->lease->handle;
    handle->guard = (sac_guard){
        .cancel = sac_call_can_be_stopped(call) ? &job->cancel : NULL,
        .busy_deadline = sac_clock_ns() +
                         (int64_t)handle->options->busy_timeout_ms * 1000000,
    };
    if (job->brief) {
        handle->guard.overrun = call_help;
        handle->guard.overrun_arg = job;
    }
}

static void
job_run(sac_job *job)
{
    sac_call *call = SAC_CONTAINER(job, sac_call, job);
    sac_handle *handle = call->lease->handle;
    sac_call_guard_worker(call, job);
    int64_t started = sac_clock_ns();
    call->verdict = run_scripts(call);
    learn(call, proved_long(call, started));
    handle->guard.cancel = NULL;
    handle->guard.overrun = NULL;
    checkpoint_if_due(call);
    job->status = call->verdict == SAC_RUN_DONE ? SAC_OK : call->error.status;
}

sac_progress
sac_call_ran(sac_call *call)
{
    sac_lease *lease = call->lease;
    if (call->cancelled && call->error.status != SAC_OK) {
        (void)sac_error_set(&call->error, SAC_ERR_CANCELLED, NULL);
        count(&lease->engine->counters.cancelled);
    }
    if (call->error.status != SAC_OK &&
        (call->kind == SAC_CALL_CLOSE || call->kind == SAC_CALL_ROLLBACK)) {
        lease->handle->broken = true;
    }
    return sac_call_end(call);
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
    bool spent = proved_long(call, started);
    if (spent) {
        learn(call, true);
    }
    handle->guard.inside = false;
    if (call->verdict != SAC_RUN_HANDOVER) {
        count(&engine->counters.inline_runs);
        return true;
    }
    /* One that keeps its row has too many bytes, no lock before it. */
    bool locked =
        !spent && (call->script == NULL || call->script->live == NULL);
    count(locked ? &engine->counters.busy_retries
                 : &engine->counters.handovers);
    return false;
}

static bool
belongs_on_worker(const sac_call *call)
{
    const sac_lease *lease = call->lease;
    const sac_options *options = &lease->engine->options;
    if (call->offload || options->inline_budget <= 0 ||
        call->kind == SAC_CALL_WORK || lease->handle->stays) {
        return true;
    }
    if (call->kind == SAC_CALL_FETCH) {
        /* A batch cannot be begun again, so nothing bounds it here. */
        return true;
    }
    bool commits =
        call->kind == SAC_CALL_COMMIT || call->commit ||
        (call->write && lease->isolation == SAC_ISOLATION_AUTOCOMMIT);
    if (commits || call->kind == SAC_CALL_ROLLBACK ||
        call->kind == SAC_CALL_CLOSE) {
        int limit = options->checkpoint_frames;
        return options->slow_commit || lease->heavy ||
               (limit > 0 && lease->handle->wal_frames >= limit);
    }
    return false;
}

/* As far as one knows: the shape only reads and was never slow. */
static bool
reads_briefly(const sac_call *call)
{
    const sac_plan *plan = plan_at_work(call);
    return plan != NULL && !call->lease->token && !call->offload &&
           (sac_plan_facts(plan) & (SAC_PLAN_READONLY | SAC_PLAN_SLOW |
                                    SAC_PLAN_OFFLOAD)) == SAC_PLAN_READONLY;
}

/* For those who wait for the token: what its holder does. */
static void
note_run(sac_call *call)
{
    const sac_script *script =
        call->script != NULL ? call->script : &call->control;
    if (script->count > 0) {
        sac_lease_note(call->lease, script->steps[script->count - 1].plan);
    }
}

sac_progress
sac_call_run(sac_call *call)
{
    if (call->cancelled) {
        return sac_call_end_cancelled(call);
    }
    if (call->lease->token) {
        note_run(call);
    }
    bool brief = reads_briefly(call);
    if (!belongs_on_worker(call)) {
        if (run_inline(call)) {
            return sac_call_ran(call);
        }
        brief = false;
    }
    return sac_call_submit(call, job_run, lane_of(call), brief, SAC_AT_RUN);
}
