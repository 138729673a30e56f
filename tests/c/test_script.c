/* engine/script.h: binding, stepping, stopping between two rows and going on
 * under another guard. */
#include "driver.h"

#include "engine/store.h"

/* A handle in memory, and a script on it. */
typedef struct bench {
    sac_options options;
    sac_store *store;
    sac_handle *handle;
    sac_script script;
    sac_step steps[4];
    sac_error err;
} bench;

/* `path` NULL: in memory. */
static void
bench_open(bench *b, const char *path)
{
    *b = (bench){.options = options_of(path)};
    b->store = path == NULL ? sac_store_new() : NULL;
    b->handle = sac_handle_new(&b->options);
    sac_error_init(&b->err);
    CHECK_INT(sac_handle_open(b->handle, b->store, &b->err), SAC_OK);
    b->script.steps = b->steps;
}

static void
bench_init(bench *b)
{
    bench_open(b, NULL);
}

static void
bench_fini(bench *b)
{
    sac_script_stop(&b->script, b->handle);
    sac_script_fini(&b->script);
    sac_error_fini(&b->err);
    sac_handle_free(b->handle);
    sac_store_release(b->store);
    sac_options_fini(&b->options);
}

static void
bench_add(bench *b, const char *sql, sac_params params)
{
    b->steps[b->script.count++] = (sac_step){
        .plan = sac_plan_new(sql, strlen(sql)),
        .params = params,
    };
}

/* Makes it ready for another script. */
static void
bench_clear(bench *b)
{
    sac_script_stop(&b->script, b->handle);
    sac_script_fini(&b->script);
    sac_error_fini(&b->err);
    b->script = (sac_script){.steps = b->steps};
}

static sac_verdict
run_here(bench *b, int64_t budget)
{
    b->handle->guard = (sac_guard){.inside = true, .budget = budget};
    sac_verdict verdict = sac_script_run(&b->script, b->handle, &b->err);
    b->handle->guard.inside = false;
    return verdict;
}

static sac_verdict
run_there(bench *b)
{
    b->handle->guard = (sac_guard){.inside = false};
    return sac_script_run(&b->script, b->handle, &b->err);
}

static const sac_params none = {.rows = 1};

static void
count_tick(sqlite3_context *context, int count, sqlite3_value **values)
{
    int *ticks = sqlite3_user_data(context);
    (void)count;
    ++*ticks;
    sqlite3_result_value(context, values[0]);
}

static void
register_tick(bench *b, int *ticks)
{
    *ticks = 0;
    CHECK_INT(sqlite3_create_function(b->handle->db, "tick", 1, SQLITE_UTF8,
                                      ticks, count_tick, NULL, NULL),
              SQLITE_OK);
}

/* ---- values and results ---------------------------------------------- */

static void
test_every_type_is_bound(void)
{
    bench b;
    bench_init(&b);
    const sac_value values[] = {
        {.type = SAC_NULL},
        {.type = SAC_INT, .as = {.integer = INT64_MIN}},
        {.type = SAC_REAL, .as = {.real = 2.5}},
        {.type = SAC_TEXT, .size = 4, .as = {.bytes = "a\0bc, not this"}},
        {.type = SAC_BLOB, .size = 3, .as = {.bytes = "\0\1\2"}},
    };
    bench_add(&b, "SELECT ?, ?, ?, ?, ?, typeof(?4), typeof(?5)",
              (sac_params){.rows = 1, .width = 5, .values = values});
    CHECK_INT(run_here(&b, 100000), SAC_RUN_DONE);
    CHECK(b.script.finished && b.script.live == NULL);
    sac_cursor cursor;
    sac_cell cell;
    sac_cursor_init(&cursor, b.steps[0].rows);
    CHECK(sac_cursor_row(&cursor));
    sac_cursor_cell(&cursor, &cell);
    CHECK_INT(cell.type, SAC_NULL);
    sac_cursor_cell(&cursor, &cell);
    CHECK(cell.type == SAC_INT && cell.as.integer == INT64_MIN);
    sac_cursor_cell(&cursor, &cell);
    CHECK(cell.type == SAC_REAL && cell.as.real == 2.5);
    sac_cursor_cell(&cursor, &cell);
    CHECK(cell.type == SAC_TEXT && cell.size == 4);
    CHECK(memcmp(cell.as.bytes, "a\0bc", 4) == 0);
    sac_cursor_cell(&cursor, &cell);
    CHECK(cell.type == SAC_BLOB && cell.size == 3);
    CHECK(memcmp(cell.as.bytes, "\0\1\2", 3) == 0);
    sac_cursor_cell(&cursor, &cell);
    CHECK(memcmp(cell.as.bytes, "text", 4) == 0);
    sac_cursor_cell(&cursor, &cell);
    CHECK(memcmp(cell.as.bytes, "blob", 4) == 0);
    CHECK(!sac_cursor_row(&cursor));
    CHECK_INT(sac_columns_count(b.steps[0].columns), 7);
    CHECK_INT(b.steps[0].changes, -1);
    bench_fini(&b);
}

static void
test_counts(void)
{
    bench b;
    bench_init(&b);
    bench_add(&b, "CREATE TABLE t(a INTEGER PRIMARY KEY, b)", none);
    bench_add(&b, "INSERT INTO t(b) VALUES(1), (2), (3)", none);
    bench_add(&b, "UPDATE t SET b = b WHERE a > 1", none);
    bench_add(&b, "INSERT INTO t(b) VALUES(4) RETURNING a", none);
    CHECK_INT(run_there(&b), SAC_RUN_DONE);
    CHECK_INT(b.script.at, 4);
    CHECK_INT(b.steps[0].changes, -1);
    CHECK_INT(b.steps[1].changes, 3);
    CHECK_INT(b.steps[1].last_rowid, 3);
    CHECK_INT(b.steps[2].changes, 2);
    CHECK_INT(b.steps[3].changes, 1);
    CHECK_INT(b.steps[3].last_rowid, 4);
    CHECK(b.steps[2].rows == NULL && b.steps[2].columns == NULL);
    CHECK_INT(rows_count_up(b.steps[3].rows, 4), 1);
    CHECK_STR(sac_columns_name(b.steps[3].columns, 0), "a");
    bench_fini(&b);
}

static void
test_many_sets(void)
{
    enum { SETS = 300 };
    sac_value values[2 * SETS];
    for (int i = 0; i < SETS; i++) {
        values[2 * i] = (sac_value){.type = SAC_INT, .as = {.integer = i}};
        values[2 * i + 1] =
            (sac_value){.type = SAC_TEXT, .size = 1, .as = {.bytes = "x"}};
    }
    bench b;
    bench_init(&b);
    db_run(b.handle->db, "CREATE TABLE t(a, b)");
    bench_add(&b, "INSERT INTO t VALUES(?, ?) RETURNING a",
              (sac_params){.rows = SETS, .width = 2, .values = values});
    bench_add(&b, "DELETE FROM t WHERE a = ? AND b = ?",
              (sac_params){.rows = 0, .width = 2});
    /* a tiny budget: it hops over, and goes on with the next set */
    int runs = 1;
    sac_verdict verdict = run_here(&b, 1);
    while (verdict == SAC_RUN_HANDOVER) {
        runs++;
        verdict = run_here(&b, 1);
    }
    CHECK_INT(verdict, SAC_RUN_DONE);
    CHECK(runs > 1);
    CHECK_INT(b.steps[0].changes, SETS);
    CHECK_INT(rows_count_up(b.steps[0].rows, 0), SETS);
    CHECK_INT(db_int(b.handle->db, "SELECT count(DISTINCT a) FROM t"), SETS);
    CHECK_INT(db_int(b.handle->db, "SELECT sum(b = 'x') FROM t"), SETS);
    bench_fini(&b);
}

/* ---- errors ---------------------------------------------------------- */

static void
test_the_failing_step_is_named(void)
{
    bench b;
    bench_init(&b);
    bench_add(&b, "CREATE TABLE t(a UNIQUE)", none);
    bench_add(&b, "INSERT INTO t VALUES(1)", none);
    bench_add(&b, "INSERT INTO t VALUES(1)", none);
    CHECK_INT(run_here(&b, 100000), SAC_RUN_FAILED);
    CHECK_INT(b.err.status, SAC_ERR_SQLITE);
    CHECK_INT(b.err.xcode, SQLITE_CONSTRAINT_UNIQUE);
    CHECK_INT(b.err.step, 2);
    CHECK_INT(b.script.at, 2);
    CHECK(b.script.live == NULL);
    bench_clear(&b);
    bench_add(&b, "SELECT 1", none);
    bench_add(&b, "SELECT nothing", none);
    CHECK_INT(run_here(&b, 100000), SAC_RUN_FAILED);
    CHECK_INT(b.err.step, 1);
    CHECK_INT(b.err.offset, 7);
    CHECK_INT(rows_count_up(b.steps[0].rows, 1), 1);
    bench_fini(&b);
}

static void
test_wrong_number_of_parameters(void)
{
    const sac_value value = {.type = SAC_INT};
    bench b;
    bench_init(&b);
    bench_add(&b, "SELECT ?, ?",
              (sac_params){.rows = 1, .width = 1, .values = &value});
    CHECK_INT(run_here(&b, 100000), SAC_RUN_FAILED);
    CHECK_INT(b.err.status, SAC_ERR_PARAM_COUNT);
    CHECK_INT(b.err.code, 1);
    CHECK_INT(b.err.xcode, 2);
    CHECK(b.script.live == NULL);
    bench_clear(&b);
    bench_add(&b, "SELECT 1; SELECT 2", none);
    CHECK_INT(run_here(&b, 100000), SAC_RUN_FAILED);
    CHECK_INT(b.err.status, SAC_ERR_MANY_SQL);
    bench_fini(&b);
}

static void
test_a_set_fails_in_the_middle(void)
{
    const sac_value values[] = {
        {.type = SAC_INT, .as = {.integer = 1}},
        {.type = SAC_INT, .as = {.integer = 1}},
        {.type = SAC_INT, .as = {.integer = 2}},
    };
    bench b;
    bench_init(&b);
    db_run(b.handle->db, "CREATE TABLE t(a UNIQUE)");
    bench_add(&b, "INSERT INTO t VALUES(?)",
              (sac_params){.rows = 3, .width = 1, .values = values});
    CHECK_INT(run_there(&b), SAC_RUN_FAILED);
    CHECK_INT(b.err.xcode, SQLITE_CONSTRAINT_UNIQUE);
    CHECK_INT(db_int(b.handle->db, "SELECT count(*) FROM t"), 1);
    bench_fini(&b);
}

static void
test_a_changed_schema_is_read_again(void)
{
    bench b;
    bench_init(&b);
    db_run(b.handle->db, "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
    bench_add(&b, "SELECT * FROM t", none);
    CHECK_INT(run_here(&b, 100000), SAC_RUN_DONE);
    CHECK_INT(sac_columns_count(b.steps[0].columns), 1);
    bench_clear(&b);
    db_run(b.handle->db, "ALTER TABLE t ADD COLUMN b DEFAULT 5");
    bench_add(&b, "SELECT * FROM t", none);
    CHECK_INT(run_here(&b, 100000), SAC_RUN_DONE);
    CHECK_INT(sac_columns_count(b.steps[0].columns), 2);
    CHECK_INT(sac_rows_columns(b.steps[0].rows), 2);
    CHECK_INT(rows_count_up(b.steps[0].rows, 1) > 0, 1);
    bench_fini(&b);
}

/* ---- handing over ---------------------------------------------------- */

static void
test_rows_go_on_where_they_stopped(void)
{
    int ticks;
    bench b;
    bench_init(&b);
    register_tick(&b, &ticks);
    bench_add(&b, NUMBERS(5000, "tick(x)"), none);
    CHECK_INT(run_here(&b, 10000), SAC_RUN_HANDOVER);
    CHECK(b.script.live != NULL);
    int64_t here = (int64_t)sac_rows_count(b.steps[0].rows);
    CHECK(here > 0 && here < 5000);
    CHECK_INT(here, ticks);
    CHECK_INT(run_there(&b), SAC_RUN_DONE);
    CHECK_INT(rows_count_up(b.steps[0].rows, 1), 5000);
    CHECK_INT(ticks, 5000); /* nothing was computed twice */
    bench_fini(&b);
}

static void
test_an_aborted_read_begins_again(void)
{
    int ticks;
    bench b;
    bench_init(&b);
    register_tick(&b, &ticks);
    /* two rows come at once, the third after much work */
    bench_add(&b,
              "SELECT tick(1) UNION ALL SELECT tick(2) UNION ALL "
              "SELECT 3 FROM (" NUMBERS(50000, "count(*)") ")",
              none);
    CHECK_INT(run_here(&b, 10000), SAC_RUN_HANDOVER);
    CHECK_INT(ticks, 2);
    CHECK(b.script.live == NULL && b.steps[0].rows == NULL);
    CHECK_INT(b.err.status, SAC_OK);
    CHECK_INT(run_there(&b), SAC_RUN_DONE);
    CHECK_INT(rows_count_up(b.steps[0].rows, 1), 3);
    CHECK_INT(ticks, 4);
    bench_fini(&b);
}

static void
test_only_the_aborted_step_begins_again(void)
{
    int ticks;
    bench b;
    bench_init(&b);
    register_tick(&b, &ticks);
    db_run(b.handle->db, "CREATE TABLE t(a)");
    bench_add(&b, "INSERT INTO t VALUES(tick(1))", none);
    bench_add(&b, NUMBERS(50000, "count(*)"), none);
    CHECK_INT(run_here(&b, 10000), SAC_RUN_HANDOVER);
    CHECK_INT(b.script.at, 1);
    CHECK_INT(run_there(&b), SAC_RUN_DONE);
    CHECK_INT(ticks, 1);
    CHECK_INT(b.steps[0].changes, 1);
    CHECK_INT(db_int(b.handle->db, "SELECT count(*) FROM t"), 1);
    bench_fini(&b);
}

/* Each set gives rows; the abort of the last must not lose the others'. */
static void
test_a_read_of_many_sets_begins_again(void)
{
    const sac_value values[] = {
        {.type = SAC_INT, .as = {.integer = 1}},
        {.type = SAC_INT, .as = {.integer = 2}},
        {.type = SAC_INT, .as = {.integer = 50000}},
    };
    bench b;
    bench_init(&b);
    bench_add(&b,
              "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 "
              "FROM n WHERE x < ?) SELECT min(count(*), 3) FROM n",
              (sac_params){.rows = 3, .width = 1, .values = values});
    CHECK_INT(run_here(&b, 10000), SAC_RUN_HANDOVER);
    CHECK_INT(run_there(&b), SAC_RUN_DONE);
    CHECK_INT(rows_count_up(b.steps[0].rows, 1), 3);
    bench_fini(&b);
}

static void
test_a_write_is_never_aborted_inline(void)
{
    bench b;
    bench_init(&b);
    db_run(b.handle->db, "CREATE TABLE t(a)");
    bench_add(&b, "INSERT INTO t " NUMBERS(20000, "x"), none);
    bench_add(&b, "SELECT count(*) FROM t", none);
    CHECK_INT(run_here(&b, 1000), SAC_RUN_HANDOVER);
    CHECK_INT(b.script.at, 1); /* through, then handed over */
    CHECK_INT(b.steps[0].changes, 20000);
    CHECK_INT(run_there(&b), SAC_RUN_DONE);
    bench_fini(&b);
}

static void
test_many_bytes_go_elsewhere(void)
{
    bench b;
    bench_init(&b);
    bench_add(&b, NUMBERS(20, "randomblob(50000)"), none);
    CHECK_INT(run_here(&b, 1000000), SAC_RUN_HANDOVER);
    CHECK(sac_rows_count(b.steps[0].rows) < 20);
    CHECK_INT(run_there(&b), SAC_RUN_DONE);
    CHECK_INT(sac_rows_count(b.steps[0].rows), 20);
    bench_fini(&b);
}

static void
test_a_lock_sends_it_elsewhere(void)
{
    temp t;
    temp_init(&t);
    bench b;
    bench_open(&b, t.file);
    db_run(b.handle->db, "CREATE TABLE t(a)");
    sqlite3 *stranger = temp_stranger(&t);
    db_run(stranger, "BEGIN IMMEDIATE");
    bench_add(&b, "INSERT INTO t VALUES(1)", none);
    CHECK_INT(run_here(&b, 100000), SAC_RUN_HANDOVER);
    CHECK_INT(b.err.status, SAC_OK);
    CHECK_INT(run_there(&b), SAC_RUN_FAILED); /* no deadline: at once */
    CHECK_INT(b.err.code, SQLITE_BUSY);
    db_run(stranger, "COMMIT");
    db_close(stranger);
    bench_fini(&b);
    temp_fini(&t);
}

static void
test_a_cancelled_run(void)
{
    bench b;
    atomic_bool cancel;
    atomic_init(&cancel, true);
    bench_init(&b);
    bench_add(&b, ENDLESS("", "count(*)"), none);
    b.handle->guard = (sac_guard){.cancel = &cancel};
    CHECK_INT(sac_script_run(&b.script, b.handle, &b.err), SAC_RUN_FAILED);
    CHECK_INT(b.err.code, SQLITE_INTERRUPT);
    CHECK(b.script.live == NULL);
    bench_fini(&b);
}

/* ---- batches --------------------------------------------------------- */

static void
test_batches(void)
{
    bench b;
    bench_init(&b);
    bench_add(&b, NUMBERS(10, "x"), none);
    b.script.batch = 4;
    int64_t first = 1;
    for (int i = 0; i < 2; i++) {
        CHECK_INT(run_here(&b, 100000), SAC_RUN_DONE);
        CHECK(b.script.live != NULL && !b.script.finished && b.script.given);
        CHECK_INT(rows_count_up(b.steps[0].rows, first), 4);
        first += 4;
        if (i == 0) {
            sac_rows_free(b.steps[0].rows); /* taken out */
            b.steps[0].rows = NULL;
        }
        else {
            sac_rows_clear(b.steps[0].rows);
        }
    }
    CHECK_INT(run_here(&b, 100000), SAC_RUN_DONE);
    CHECK_INT(rows_count_up(b.steps[0].rows, first), 2);
    CHECK(b.script.live == NULL && b.script.finished);
    bench_fini(&b);
}

static void
test_a_batch_is_full_by_bytes(void)
{
    bench b;
    bench_init(&b);
    bench_add(&b, NUMBERS(20, "randomblob(50000)"), none);
    b.script.batch = 1000;
    CHECK_INT(run_there(&b), SAC_RUN_DONE);
    CHECK(b.script.live != NULL);
    CHECK(sac_rows_count(b.steps[0].rows) < 20);
    bench_fini(&b);
}

/* Rows that were given out cannot be taken back by an abort. */
static void
test_a_given_batch_is_not_begun_again(void)
{
    bench b;
    bench_init(&b);
    bench_add(
        &b,
        "SELECT 1 UNION ALL SELECT 2 FROM (" NUMBERS(50000, "count(*)") ")",
        none);
    b.script.batch = 1;
    CHECK_INT(run_here(&b, 100000), SAC_RUN_DONE);
    sac_rows_clear(b.steps[0].rows);
    CHECK_INT(run_here(&b, 1000), SAC_RUN_DONE);
    CHECK_INT(rows_count_up(b.steps[0].rows, 2), 1);
    bench_fini(&b);
}

static void
test_stop(void)
{
    bench b;
    bench_init(&b);
    bench_add(&b, NUMBERS(10, "x"), none);
    b.script.batch = 1;
    CHECK_INT(run_here(&b, 100000), SAC_RUN_DONE);
    CHECK(b.script.live != NULL);
    sac_script_stop(&b.script, b.handle);
    CHECK(b.script.live == NULL && b.script.finished);
    CHECK_INT(b.handle->cache.count, 1); /* kept for the next use */
    sac_script_stop(&b.script, b.handle);
    bench_fini(&b);
}

/* ---- no memory ------------------------------------------------------- */

static void
test_without_memory(void)
{
    for (int forever = 0; forever < 2; forever++) {
        bool failed = true;
        for (int64_t n = 0; failed; n++) {
            bench b;
            bench_init(&b);
            bench_add(&b, "CREATE TABLE t(a)", none);
            bench_add(&b, "INSERT INTO t " NUMBERS(3, "x"), none);
            bench_add(&b, "SELECT a FROM t", none);
            sac_memory_fail_after(n, forever == 1);
            sac_verdict verdict = run_there(&b);
            sac_memory_fail_after(-1, false);
            failed = sac_memory_failures() > 0;
            if (verdict == SAC_RUN_DONE) {
                CHECK_INT(rows_count_up(b.steps[2].rows, 1), 3);
                CHECK(b.steps[2].columns != NULL);
            }
            else {
                CHECK(failed && verdict == SAC_RUN_FAILED);
                CHECK(b.err.status == SAC_ERR_NOMEM ||
                      b.err.status == SAC_ERR_SQLITE);
                CHECK_INT(b.err.step, b.script.at);
            }
            CHECK(b.script.live == NULL);
            bench_fini(&b);
        }
    }
}

TEST_MAIN(
    {"every_type_is_bound", test_every_type_is_bound}, {"counts", test_counts},
    {"many_sets", test_many_sets},
    {"the_failing_step_is_named", test_the_failing_step_is_named},
    {"wrong_number_of_parameters", test_wrong_number_of_parameters},
    {"a_set_fails_in_the_middle", test_a_set_fails_in_the_middle},
    {"a_changed_schema_is_read_again", test_a_changed_schema_is_read_again},
    {"rows_go_on_where_they_stopped", test_rows_go_on_where_they_stopped},
    {"an_aborted_read_begins_again", test_an_aborted_read_begins_again},
    {"only_the_aborted_step_begins_again",
     test_only_the_aborted_step_begins_again},
    {"a_read_of_many_sets_begins_again",
     test_a_read_of_many_sets_begins_again},
    {"a_write_is_never_aborted_inline", test_a_write_is_never_aborted_inline},
    {"many_bytes_go_elsewhere", test_many_bytes_go_elsewhere},
    {"a_lock_sends_it_elsewhere", test_a_lock_sends_it_elsewhere},
    {"a_cancelled_run", test_a_cancelled_run}, {"batches", test_batches},
    {"a_batch_is_full_by_bytes", test_a_batch_is_full_by_bytes},
    {"a_given_batch_is_not_begun_again",
     test_a_given_batch_is_not_begun_again},
    {"stop", test_stop}, {"without_memory", test_without_memory})
