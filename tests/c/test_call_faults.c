/* Whole scenarios without memory: the n-th allocation fails, for n = 0, 1,
 * 2 ... until none does; once alone, once with all that follow.  Whatever
 * happens, what was acknowledged is there, what was not is not, nothing is
 * leaked and the engine works afterwards. */
#include "driver.h"

typedef struct trial {
    house h;
    bool failed;       /* some operation failed */
    int64_t committed; /* rows whose commit was acknowledged */
} trial;

typedef void (*scenario)(trial *tr);

static sac_status
note(trial *tr, sac_status status)
{
    if (status == SAC_OK) {
        return status;
    }
    /* SQLite's own: the files of memory could not grow, say */
    CHECK(status == SAC_ERR_NOMEM || status == SAC_ERR_SQLITE ||
          status == SAC_ERR_LOST);
    tr->failed = true;
    return status;
}

/* Like do_sql(); `rows` counts what it returned. */
static sac_status
try_sql(trial *tr, sac_lease *lease, const char *sql, int64_t *rows)
{
    operation op;
    op_init(&op, lease, SAC_CALL_EXECUTE, tr->h.port);
    sac_status status = SAC_ERR_NOMEM;
    if (op_add(&op, sql)) {
        status = op_run(&op);
    }
    if (rows != NULL) {
        *rows = status == SAC_OK ? rows_count_up(op.steps[0].rows, 1) : -1;
    }
    op_fini(&op);
    return note(tr, status);
}

static sac_status
try_kind(trial *tr, sac_lease *lease, sac_call_kind kind)
{
    return note(tr, do_kind(lease, tr->h.port, kind));
}

/* Runs statements and commits, or rolls back after the first failure. */
static void
try_transaction(trial *tr, sac_lease *lease, const char *const *texts,
                int64_t rows)
{
    for (; *texts != NULL; texts++) {
        if (try_sql(tr, lease, *texts, NULL) != SAC_OK) {
            (void)try_kind(tr, lease, SAC_CALL_ROLLBACK);
            return;
        }
    }
    if (try_kind(tr, lease, SAC_CALL_COMMIT) == SAC_OK) {
        tr->committed += rows;
    }
    else {
        (void)try_kind(tr, lease, SAC_CALL_ROLLBACK);
    }
}

/* ---- the scenarios --------------------------------------------------- */

static void
writing(trial *tr)
{
    static const char *const texts[] = {
        "INSERT INTO t VALUES(1)",
        "INSERT INTO t " NUMBERS(20, "x"),
        "INSERT INTO t VALUES(2) RETURNING a",
        "UPDATE t SET a = a + 1",
        NULL,
    };
    sac_lease lease;
    sac_lease_init(&lease, tr->h.engine, false);
    try_transaction(tr, &lease, texts, 22);
    (void)try_kind(tr, &lease, SAC_CALL_CLOSE);
    sac_lease_fini(&lease);
}

static void
reading(trial *tr)
{
    sac_lease lease;
    int64_t rows;
    sac_lease_init(&lease, tr->h.engine, true);
    (void)try_kind(tr, &lease, SAC_CALL_CONNECT);
    if (try_sql(tr, &lease, NUMBERS(3, "x"), &rows) == SAC_OK) {
        CHECK_INT(rows, 3);
    }
    /* handed over in the middle, and begun again */
    if (try_sql(tr, &lease, NUMBERS(5000, "x"), &rows) == SAC_OK) {
        CHECK_INT(rows, 5000);
    }
    if (try_sql(tr, &lease, NUMBERS(20000, "min(x)"), &rows) == SAC_OK) {
        CHECK_INT(rows, 1);
    }
    (void)try_kind(tr, &lease, SAC_CALL_CLOSE);
    sac_lease_fini(&lease);
}

static void
fetch_all(trial *tr, sac_lease *lease, sac_stream *stream)
{
    int64_t next = 1;
    operation op;
    op_init(&op, lease, SAC_CALL_EXECUTE, tr->h.port);
    for (;;) {
        op.call.script = &stream->script;
        op.call.stream = stream;
        sac_status status = note(tr, op_run(&op));
        op_fini(&op);
        if (status != SAC_OK) {
            CHECK(stream->script.live == NULL);
            return;
        }
        next += rows_count_up(stream->step.rows, next);
        if (stream->script.live == NULL) {
            CHECK_INT(next, 301);
            return;
        }
        sac_rows_free(stream->step.rows);
        stream->step.rows = NULL;
        op_init(&op, lease, SAC_CALL_FETCH, tr->h.port);
    }
}

static void
streaming(trial *tr)
{
    static const char sql[] = NUMBERS(300, "x");
    sac_lease lease;
    sac_lease_init(&lease, tr->h.engine, false);
    sac_stream *stream = sac_stream_new();
    if (stream == NULL) {
        tr->failed = true;
        sac_lease_fini(&lease);
        return;
    }
    stream->script.batch = 100;
    stream->step.plan = sac_plans_get(tr->h.engine->plans, sql, strlen(sql));
    if (stream->step.plan != NULL) {
        fetch_all(tr, &lease, stream);
    }
    else {
        tr->failed = true;
    }
    sac_stream_drop(&lease, stream);
    CHECK(lease.handle == NULL || lease.handle->db == NULL);
    sac_lease_fini(&lease);
}

/* One has the token and forgets it, the other waits. */
static void
waiting(trial *tr)
{
    sac_lease leases[2];
    operation op;
    for (int i = 0; i < 2; i++) {
        sac_lease_init(&leases[i], tr->h.engine, i == 1);
    }
    (void)try_kind(tr, &leases[1], SAC_CALL_CONNECT);
    (void)try_sql(tr, &leases[0], "INSERT INTO t VALUES(8)", NULL);
    op_init(&op, &leases[1], SAC_CALL_EXECUTE, tr->h.port);
    if (op_add(&op, "INSERT INTO t VALUES(9)")) {
        (void)op_start(&op);
        sac_lease_fini(&leases[0]);
        if (note(tr, op_finish(&op)) == SAC_OK &&
            try_kind(tr, &leases[1], SAC_CALL_COMMIT) == SAC_OK) {
            tr->committed++;
        }
    }
    else {
        tr->failed = true;
    }
    op_fini(&op);
    sac_lease_fini(&leases[0]);
    sac_lease_fini(&leases[1]); /* with whatever is open on it */
}

/* Rows that refer to rows before them, and their commit, in one call. */
static void
unit(trial *tr)
{
    static const sac_value values[] = {
        {.type = SAC_INT, .as.integer = 1},
        {.type = SAC_ROWID, .as.row = {.step = 0, .set = 0}},
    };
    sac_lease lease;
    operation op;
    sac_lease_init(&lease, tr->h.engine, false);
    op_init(&op, &lease, SAC_CALL_EXECUTE, tr->h.port);
    op.call.commit = true;
    sac_status status = SAC_ERR_NOMEM;
    if (op_add_params(&op, "INSERT INTO t VALUES(?)",
                      (sac_params){2, 1, values}) &&
        op_add_params(&op, "INSERT INTO t SELECT ?",
                      (sac_params){1, 1, values + 1})) {
        op.steps[0].keeps_rowids = true;
        status = op_run(&op);
    }
    if (note(tr, status) == SAC_OK) {
        tr->committed += 3;
    }
    else {
        (void)try_kind(tr, &lease, SAC_CALL_ROLLBACK);
    }
    op_fini(&op);
    (void)try_kind(tr, &lease, SAC_CALL_CLOSE);
    sac_lease_fini(&lease);
}

/* There is one handle, and somebody has it. */
static void
queueing(trial *tr)
{
    sac_lease leases[2];
    operation op;
    tr->h.engine->options.pool_size = 1; /* nobody looks yet */
    tr->h.engine->options.max_overflow = 0;
    for (int i = 0; i < 2; i++) {
        sac_lease_init(&leases[i], tr->h.engine, i == 0);
    }
    (void)try_kind(tr, &leases[0], SAC_CALL_CONNECT);
    op_init(&op, &leases[1], SAC_CALL_EXECUTE, tr->h.port);
    if (op_add(&op, "SELECT 1")) {
        (void)op_start(&op);
        if (leases[0].handle != NULL) {
            leases[0].handle->broken = true; /* the next needs a new one */
        }
        (void)try_kind(tr, &leases[0], SAC_CALL_CLOSE);
        (void)note(tr, op_finish(&op));
    }
    else {
        tr->failed = true;
    }
    op_fini(&op);
    sac_lease_fini(&leases[0]);
    sac_lease_fini(&leases[1]);
}

/* ---- the sweep ------------------------------------------------------- */

static void
check_engine_works(const trial *tr)
{
    const house *h = &tr->h;
    CHECK_INT(house_int(h, "SELECT count(*) FROM t"), tr->committed);
    house_create(h, "INSERT INTO t VALUES(0)");
    CHECK_INT(house_int(h, "SELECT count(a) FROM t"), tr->committed + 1);
    sac_pool_counts counts = sac_pool_count(h->engine->pool);
    CHECK_INT(counts.waiting, 0);
    CHECK_INT(sac_engine_loaded(h->engine).writers_waiting, 0);
    CHECK(house_is_empty(h));
}

/* -> true: some allocation failed, so there is a next n to try. */
static bool
try_with(scenario run, const char *path, int64_t n, bool forever)
{
    trial tr = {0};
    int64_t blocks = sac_memory_blocks();
    sac_options options = options_of(path);
    options_add_setup(&options, "PRAGMA synchronous=OFF");
    house_init(&tr.h, options);
    house_create(&tr.h, "CREATE TABLE IF NOT EXISTS t(a)");
    house_create(&tr.h, "DELETE FROM t");
    if (path != NULL) { /* opening is part of it; memory would be gone */
        CHECK(sac_engine_dispose(tr.h.engine, PATIENCE_NS));
    }
    sac_memory_fail_after(n, forever);
    run(&tr);
    sac_memory_fail_after(-1, false);
    bool failing = sac_memory_failures() > 0;
    CHECK(failing || !tr.failed);
    check_engine_works(&tr);
    house_fini(&tr.h);
    if (!CHECK_INT(sac_memory_blocks(), blocks)) {
        (void)fprintf(stderr, "    with n = %d, forever %d\n", (int)n,
                      forever);
        return false;
    }
    return failing;
}

static void
sweep(scenario run)
{
    temp t;
    temp_init(&t);
    for (int i = 0; i < 4; i++) {
        const char *path = i < 2 ? NULL : t.file;
        int64_t n = 0;
        while (try_with(run, path, n, i % 2 == 1)) {
            n++;
        }
        CHECK(n > 5);
    }
    temp_fini(&t);
}

static void
test_writing(void)
{
    sweep(writing);
}

static void
test_reading(void)
{
    sweep(reading);
}

static void
test_streaming(void)
{
    sweep(streaming);
}

static void
test_waiting(void)
{
    sweep(waiting);
}

static void
test_unit(void)
{
    sweep(unit);
}

static void
test_queueing(void)
{
    sweep(queueing);
}

TEST_MAIN({"writing", test_writing}, {"reading", test_reading},
          {"streaming", test_streaming}, {"waiting", test_waiting},
          {"unit", test_unit}, {"queueing", test_queueing})
