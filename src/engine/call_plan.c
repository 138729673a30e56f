/* What a script needs before it runs: plans whose facts are known, a BEGIN,
 * the writer token.  On the thread that drives the lease, but for the job that
 * prepares when a lock is in the way. */
#include "engine/call_parts.h"

#include <sqlite3.h>
#include <string.h>

/* ---- control statements ---------------------------------------------- */

/* A script of one statement of ours. */
static sac_status
script_of(sac_call *call, const char *sql, sac_script *script, sac_step *step)
{
    sac_plan *plan =
        sac_plans_get(call->lease->engine->plans, sql, strlen(sql));
    if (plan == NULL) {
        return sac_error_set(&call->error, SAC_ERR_NOMEM, NULL);
    }
    *step = (sac_step){.plan = plan, .params = {.rows = 1}};
    *script = (sac_script){.steps = step, .count = 1};
    return SAC_OK;
}

/* Puts `sql` before the script. */
sac_status
sac_call_control(sac_call *call, const char *sql)
{
    return script_of(call, sql, &call->control, &call->control_step);
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
    sac_lease_take_token(call->lease);
    return sac_call_run(call);
}

sac_progress
sac_call_take_token(sac_call *call)
{
    sac_lease *lease = call->lease;
    if (lease->token || !call->write) {
        return sac_call_run(call);
    }
    sac_writer *writer = sac_engine_writer(lease->engine);
    uintptr_t owner = call->need_owner != NULL ? call->need_owner(call) : 0;
    sac_status status =
        sac_writer_acquire(writer, &call->ticket, call->port, owner);
    if (status == SAC_ERR_WOULD_WAIT && sac_call_have_port(call)) {
        status = sac_writer_acquire(writer, &call->ticket, call->port, owner);
    }
    if (status != SAC_OK) {
        return sac_call_end_with(call, status);
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
    sac_call_guard_worker(call, job);
    job->status = prepare(call);
    call->lease->handle->guard.cancel = NULL;
}

/* A COMMIT that a user wrote as SQL waits for the disk like one of ours. */
static bool
ends_slowly(const sac_call *call, unsigned facts)
{
    return (facts & (SAC_PLAN_CONTROL | SAC_PLAN_BEGIN)) == SAC_PLAN_CONTROL &&
           call->lease->in_tx && call->lease->engine->options.slow_commit;
}

/* Is the statement of these facts for a worker from the start? */
static bool
is_for_worker(const sac_call *call, unsigned facts)
{
    bool loops =
        !(facts & (SAC_PLAN_READONLY | SAC_PLAN_BOUNDED | SAC_PLAN_CONTROL));
    return loops || (facts & (SAC_PLAN_SLOW | SAC_PLAN_OFFLOAD)) ||
           ends_slowly(call, facts);
}

/* All facts are known: what does the script need? */
sac_progress
sac_call_weigh(sac_call *call)
{
    bool refuses_tx = false;
    for (int i = 0; i < call->script->count; i++) {
        unsigned facts = sac_plan_facts(call->script->steps[i].plan);
        bool writes = !(facts & SAC_PLAN_READONLY);
        if (call->script->steps[i].params.rows > 1 && !writes) {
            return sac_call_end_with(call, SAC_ERR_MANY_SETS);
        }
        if (writes) {
            /* All is written before the first row comes: a statement left
             * live would only keep the transaction from ending. */
            call->script->batch = 0;
        }
        call->write = call->write || writes || (facts & SAC_PLAN_BEGIN);
        call->offload = call->offload || is_for_worker(call, facts);
        refuses_tx =
            refuses_tx || (facts & (SAC_PLAN_NO_TX | SAC_PLAN_CONTROL));
    }
    const char *begin = begin_text(call, refuses_tx);
    if (begin != NULL) {
        call->write = call->write || call->immediate ||
                      call->lease->isolation == SAC_ISOLATION_IMMEDIATE;
        if (sac_call_control(call, begin) != SAC_OK) {
            return sac_call_end(call);
        }
    }
    if (call->commit && script_of(call, "COMMIT", &call->ending,
                                  &call->ending_step) != SAC_OK) {
        return sac_call_end(call);
    }
    return sac_call_take_token(call);
}

sac_progress
sac_call_know_plans(sac_call *call)
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
        return sac_call_submit(call, job_prepare, SAC_LANE_READ, false,
                               SAC_AT_PREPARE);
    }
    return status == SAC_OK ? sac_call_weigh(call) : sac_call_end(call);
}
