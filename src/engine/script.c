/* Running statements on a handle, here or there.
 *
 * The one place that binds and steps.  Called by the thread that owns the
 * handle: the loop's thread for an inline run (the guard has a budget), a
 * worker else.  A script keeps its place, so a run that was handed over goes
 * on where it stopped: from its current row, or, when a step was aborted
 * before it returned anything for good, from the beginning of that step. */
#include "engine/script.h"

#include <assert.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>

#include "base/memory.h"

enum {
    /* A result that grows beyond this is not for the loop's thread, however
     * few instructions it takes. */
    INLINE_BYTES = 256 * 1024,
    /* A batch is full at this size, however few rows it has. */
    BATCH_BYTES = 256 * 1024,
};

/* What a step has returned. */
static void
drop_results(sac_step *step)
{
    sac_rows_free(step->rows);
    sac_columns_release(step->columns);
    step->rows = NULL;
    step->columns = NULL;
}

void
sac_script_fini(sac_script *script)
{
    assert(script->live == NULL);
    for (int i = 0; i < script->count; i++) {
        drop_results(&script->steps[i]);
        sac_free(script->steps[i].rowids);
        script->steps[i].rowids = NULL;
        sac_plan_release(script->steps[i].plan);
        script->steps[i].plan = NULL;
    }
    script->count = 0;
}

void
sac_script_stop(sac_script *script, sac_handle *handle)
{
    if (script->live != NULL) {
        sac_cache_give(&handle->cache, script->live);
        script->live = NULL;
    }
    script->finished = true;
}

/* -> the rowid that a value refers to; 0 for what was not inserted yet. */
static int64_t
rowid_of(const sac_script *script, const sac_value *value)
{
    uint32_t at = value->as.row.step;
    uint32_t set = value->as.row.set;
    bool known = at < (uint32_t)script->count &&
                 script->steps[at].rowids != NULL &&
                 set < script->steps[at].params.rows &&
                 (at < (uint32_t)script->at ||
                  (at == (uint32_t)script->at && set < script->set));
    assert(known);
    return known ? script->steps[at].rowids[set] : 0;
}

static int
bind_one(const sac_script *script, sqlite3_stmt *stmt, int index,
         const sac_value *value)
{
    switch (value->type) {
    case SAC_NULL:
        return sqlite3_bind_null(stmt, index);
    case SAC_INT:
        return sqlite3_bind_int64(stmt, index, value->as.integer);
    case SAC_REAL:
        return sqlite3_bind_double(stmt, index, value->as.real);
    case SAC_TEXT:
        return sqlite3_bind_text64(stmt, index, value->as.bytes, value->size,
                                   SQLITE_STATIC, SQLITE_UTF8);
    case SAC_BLOB:
        return sqlite3_bind_blob64(stmt, index, value->as.bytes, value->size,
                                   SQLITE_STATIC);
    case SAC_ROWID:
        return sqlite3_bind_int64(stmt, index, rowid_of(script, value));
    }
    return SQLITE_MISUSE;
}

/* Binds the current set.  The bytes stay the caller's (SQLITE_STATIC) until
 * the next set is bound or the statement goes back to the cache. */
static sac_status
bind_set(sac_script *script, sac_handle *handle, sac_error *err)
{
    const sac_step *step = &script->steps[script->at];
    sac_statement *live = script->live;
    script->total = sqlite3_total_changes64(handle->db);
    if ((size_t)live->width != step->params.width) {
        sac_status status = sac_error_set(err, SAC_ERR_PARAM_COUNT, NULL);
        err->code = (int)step->params.width;
        err->xcode = live->width;
        return status;
    }
    const sac_value *values =
        step->params.values + script->set * step->params.width;
    for (int i = 0; i < live->width; i++) {
        int rc = bind_one(script, live->stmt, i + 1, &values[i]);
        if (rc != SQLITE_OK) {
            return sac_error_from_sqlite(err, handle->db, rc);
        }
    }
    return SAC_OK;
}

/* Takes the statement of the current step and readies its results. */
static sac_status
begin_step(sac_script *script, sac_handle *handle, sac_error *err)
{
    sac_step *step = &script->steps[script->at];
    sac_status status = sac_cache_take(&handle->cache, handle->db, step->plan,
                                       &script->live, err);
    if (status != SAC_OK) {
        return status;
    }
    int columns = sqlite3_column_count(script->live->stmt);
    if (columns > 0 && step->rows == NULL) {
        step->rows = sac_rows_new(columns);
        if (step->rows == NULL) {
            return sac_error_set(err, SAC_ERR_NOMEM, NULL);
        }
    }
    if (step->keeps_rowids && step->rowids == NULL) {
        step->rowids = sac_calloc(step->params.rows, sizeof(*step->rowids));
        if (step->rowids == NULL) {
            return sac_error_set(err, SAC_ERR_NOMEM, NULL);
        }
    }
    step->changes = 0;
    step->side_effects = false;
    return bind_set(script, handle, err);
}

/* The names are read after the first step: a statement whose schema changed
 * is prepared anew inside sqlite3_step(). */
static sac_status
read_columns(sac_script *script, sac_error *err)
{
    sac_step *step = &script->steps[script->at];
    if (step->rows == NULL || step->columns != NULL) {
        return SAC_OK;
    }
    sac_columns *columns = sac_statement_columns(script->live);
    if (columns == NULL) {
        return sac_error_set(err, SAC_ERR_NOMEM, NULL);
    }
    if (sac_columns_count(columns) != sac_rows_columns(step->rows)) {
        sac_rows *rows = sac_rows_new(sac_columns_count(columns));
        if (rows == NULL) {
            return sac_error_set(err, SAC_ERR_NOMEM, NULL);
        }
        sac_rows_free(step->rows);
        step->rows = rows;
    }
    step->columns = sac_columns_retain(columns);
    return SAC_OK;
}

/* The current set is through: counts, then the next set, step or the end. */
static sac_status
end_set(sac_script *script, sac_handle *handle, sac_error *err)
{
    sac_step *step = &script->steps[script->at];
    if (sac_plan_facts(step->plan) & SAC_PLAN_DML) {
        int64_t changes = sqlite3_changes64(handle->db);
        step->changes += changes;
        if (sqlite3_total_changes64(handle->db) - script->total != changes) {
            step->side_effects = true;
        }
    }
    else {
        step->changes = -1;
    }
    step->last_rowid = sqlite3_last_insert_rowid(handle->db);
    if (step->rowids != NULL) {
        step->rowids[script->set] = step->last_rowid;
    }
    script->set++;
    if (script->set < step->params.rows) {
        (void)sqlite3_reset(script->live->stmt); /* it ended well */
        return bind_set(script, handle, err);
    }
    if (step->expects && step->changes != step->expect) {
        return sac_error_set(err, SAC_ERR_ROW_COUNT, NULL);
    }
    sac_cache_give(&handle->cache, script->live);
    script->live = NULL;
    script->set = 0;
    script->at++;
    return SAC_OK;
}

static bool
time_to_hand_over(const sac_script *script, const sac_handle *handle)
{
    const sac_guard *guard = &handle->guard;
    const sac_rows *rows = script->steps[script->at].rows;
    return guard->inside &&
           (guard->used >= guard->budget ||
            (rows != NULL && sac_rows_bytes(rows) > INLINE_BYTES));
}

/* Can the step that failed be begun again elsewhere, as if nothing was? Only
 * when the guard aborted it, or a lock of somebody else stopped it at its
 * start, and only what changes nothing. */
static bool
may_restart(const sac_script *script, const sac_handle *handle, int rc)
{
    const sac_guard *guard = &handle->guard;
    if (!guard->inside) {
        return false;
    }
    if (rc == SQLITE_BUSY) {
        return script->set == 0;
    }
    return rc == SQLITE_INTERRUPT && guard->abortable &&
           guard->used >= 2 * guard->budget;
}

static sac_verdict
step_failed(sac_script *script, sac_handle *handle, int rc, sac_error *err)
{
    sac_step *step = &script->steps[script->at];
    int primary = sqlite3_extended_errcode(handle->db) & 0xff;
    if (primary == SQLITE_OK) {
        primary = rc & 0xff;
    }
    bool restart = may_restart(script, handle, primary);
    if (!restart) {
        (void)sac_error_from_sqlite(err, handle->db, rc);
        err->step = script->at;
    }
    sac_cache_give(&handle->cache, script->live);
    script->live = NULL;
    drop_results(step);
    if (restart) {
        script->set = 0; /* the rows of the sets before went with the rest */
        return SAC_RUN_HANDOVER;
    }
    return SAC_RUN_FAILED;
}

static sac_verdict
fail(sac_script *script, sac_handle *handle, sac_error *err)
{
    err->step = script->at;
    if (script->live != NULL) {
        sac_cache_give(&handle->cache, script->live);
        script->live = NULL;
    }
    return SAC_RUN_FAILED;
}

/* A statement whose abort costs nothing: it only reads, and none of its rows
 * was given out. */
static bool
abortable(const sac_script *script)
{
    return !script->given &&
           (sac_plan_facts(script->steps[script->at].plan) &
            (SAC_PLAN_READONLY | SAC_PLAN_CONTROL)) == SAC_PLAN_READONLY;
}

/* The rows of the batch before may have been taken out. */
static sac_status
append(sac_step *step, sac_statement *live)
{
    if (step->rows == NULL) {
        step->rows = sac_rows_new(sqlite3_column_count(live->stmt));
        if (step->rows == NULL) {
            return SAC_ERR_NOMEM;
        }
    }
    return sac_rows_append(step->rows, live->stmt);
}

static bool
batch_full(const sac_script *script)
{
    const sac_rows *rows = script->steps[script->at].rows;
    return script->batch > 0 && (sac_rows_count(rows) >= script->batch ||
                                 sac_rows_bytes(rows) >= BATCH_BYTES);
}

/* Steps the live statement until its set is through.
 * -> true: go on with the next; false: stop with *verdict. */
static bool
run_set(sac_script *script, sac_handle *handle, sac_verdict *verdict,
        sac_error *err)
{
    sac_step *step = &script->steps[script->at];
    for (;;) {
        handle->guard.abortable = abortable(script);
        int rc = sqlite3_step(script->live->stmt);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
            *verdict = step_failed(script, handle, rc, err);
            return false;
        }
        if (read_columns(script, err) != SAC_OK) {
            *verdict = fail(script, handle, err);
            return false;
        }
        if (rc == SQLITE_DONE) {
            if (end_set(script, handle, err) != SAC_OK) {
                *verdict = fail(script, handle, err);
                return false;
            }
            return true;
        }
        if (append(step, script->live) != SAC_OK) {
            (void)sac_error_set(err, SAC_ERR_NOMEM, NULL);
            *verdict = fail(script, handle, err);
            return false;
        }
        if (batch_full(script)) {
            script->given = true;
            *verdict = SAC_RUN_DONE;
            return false;
        }
        if (time_to_hand_over(script, handle)) {
            *verdict = SAC_RUN_HANDOVER;
            return false;
        }
    }
}

sac_verdict
sac_script_run(sac_script *script, sac_handle *handle, sac_error *err)
{
    sac_verdict verdict = SAC_RUN_DONE;
    const int end = script->until > 0 ? script->until : script->count;
    while (script->at < end) {
        if (script->live == NULL) {
            if (script->steps[script->at].params.rows == 0) {
                script->at++;
                continue;
            }
            if (begin_step(script, handle, err) != SAC_OK) {
                return fail(script, handle, err);
            }
        }
        sac_plan *plan = script->steps[script->at].plan;
        bool through = run_set(script, handle, &verdict, err);
        if (handle->went_home) {
            handle->went_home = false;
            sac_plan_learn_home(plan);
        }
        if (!through) {
            return verdict;
        }
        if (script->at < end && time_to_hand_over(script, handle)) {
            return SAC_RUN_HANDOVER;
        }
    }
    script->finished = true;
    return SAC_RUN_DONE;
}
