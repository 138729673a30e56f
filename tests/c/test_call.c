/* engine/call.h: what runs here and what there, refusals, cancelled runs,
 * checkpoints. */
#include "driver.h"

/* ---- here or there --------------------------------------------------- */

static void
test_inline_needs_no_port(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    sac_lease_init(&lease, h.engine, true);
    house_create(&h, "CREATE TABLE t(a, b UNIQUE)");
    unsigned long long there = worker_runs(&h);
    unsigned long long here = counted(&h.engine->counters.inline_runs);
    RUN(&lease, NULL, "INSERT INTO t VALUES(1, 2)");
    CHECK_INT(do_int(&lease, NULL, "SELECT a FROM t WHERE b = 2"), 1);
    RUN(&lease, NULL, "UPDATE t SET a = 3 WHERE b = 2");
    RUN_KIND(&lease, NULL, SAC_CALL_COMMIT);
    CHECK_INT(worker_runs(&h), there);
    CHECK_INT(counted(&h.engine->counters.inline_runs), here + 4);
    /* it would loop over the table: it is not begun here */
    CHECK_INT(do_sql(&lease, NULL, "UPDATE t SET a = 4"), SAC_ERR_WOULD_WAIT);
    CHECK_INT(do_int(&lease, NULL, "SELECT a FROM t WHERE 2 = b"), 3);
    RUN(&lease, h.port, "UPDATE t SET a = 4");
    CHECK_INT(worker_runs(&h), there + 1);
    RUN_KIND(&lease, h.port, SAC_CALL_ROLLBACK); /* as heavy as its work */
    CHECK_INT(worker_runs(&h), there + 2);
    sac_lease_fini(&lease);
    house_fini(&h);
}

static void
test_no_port_and_a_result_half_read(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    sac_lease_init(&lease, h.engine, false);
    /* rows were read when the budget ended: none is left behind */
    CHECK_INT(do_sql(&lease, NULL, NUMBERS(5000, "x")), SAC_ERR_WOULD_WAIT);
    check_open(&h, 1, 1);
    CHECK(lease.handle == NULL);
    sac_lease_fini(&lease);
    house_fini(&h);
}

static void
test_never_inline(void)
{
    house h;
    sac_lease lease;
    sac_options options = options_of(NULL);
    options.inline_budget = 0;
    house_init(&h, options);
    lease_connect(&lease, &h);
    CHECK_INT(do_int(&lease, h.port, "SELECT 1"), 1);
    CHECK_INT(worker_runs(&h), 1);
    CHECK_INT(counted(&h.engine->counters.inline_runs), 0);
    lease_close(&lease, &h);
    house_fini(&h);
}

static void
test_a_slow_commit_goes_to_a_worker(void)
{
    house h;
    sac_lease lease;
    sac_options options = options_of(NULL);
    options.slow_commit = true;
    house_init(&h, options);
    lease_connect(&lease, &h);
    house_create(&h, "CREATE TABLE t(a)");
    unsigned long long before = worker_runs(&h);
    RUN(&lease, h.port, "INSERT INTO t VALUES(1)");
    CHECK_INT(worker_runs(&h), before);
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    CHECK_INT(worker_runs(&h), before + 1);
    lease.isolation = SAC_ISOLATION_AUTOCOMMIT;
    RUN(&lease, h.port, "INSERT INTO t VALUES(2)");
    CHECK_INT(worker_runs(&h), before + 2);
    lease_close(&lease, &h);
    house_fini(&h);
}

static void
test_a_long_read_moves_over(void)
{
    house h;
    sac_lease lease;
    operation op;
    house_init(&h, options_of(NULL));
    lease_connect(&lease, &h);
    op_init_sql(&op, &lease, h.port, NUMBERS(100000, "sum(x)"));
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op.call.state, SAC_AT_RUN);
    CHECK(lease.busy);
    CHECK_INT(op_finish(&op), SAC_OK);
    CHECK_INT(op_cell(&op, 0, 0), INT64_C(100000) * 100001 / 2);
    CHECK_INT(counted(&h.engine->counters.handovers), 1);
    op_fini(&op);
    op_init_sql(&op, &lease, h.port, NUMBERS(20000, "x"));
    CHECK_INT(op_run(&op), SAC_OK);
    CHECK_INT(rows_count_up(op.steps[0].rows, 1), 20000);
    CHECK_INT(counted(&h.engine->counters.handovers), 2);
    op_fini(&op);
    /* a result of many bytes does, too */
    op_init_sql(&op, &lease, h.port, NUMBERS(8, "zeroblob(100000)"));
    CHECK_INT(op_run(&op), SAC_OK);
    CHECK_INT(sac_rows_count(op.steps[0].rows), 8);
    CHECK_INT(counted(&h.engine->counters.handovers), 3);
    CHECK_INT(counted(&h.engine->counters.busy_retries), 0);
    op_fini(&op);
    lease_close(&lease, &h);
    house_fini(&h);
}

static unsigned
facts_of(const house *h, const char *sql)
{
    sac_plan *plan = sac_plans_get(h->engine->plans, sql, strlen(sql));
    unsigned facts = sac_plan_facts(plan);
    sac_plan_release(plan);
    return facts;
}

static void
test_a_plan_learns_and_forgets(void)
{
    static const char sql[] = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL "
                              "SELECT x + 1 FROM n WHERE x < ?) "
                              "SELECT count(*) FROM n";
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    lease_connect(&lease, &h);
    sac_value last = {.type = SAC_INT, .as = {.integer = 100000}};
    const sac_params params = {.rows = 1, .width = 1, .values = &last};
    operation op;
    for (int i = 0; i < 2; i++) {
        op_init(&op, &lease, SAC_CALL_EXECUTE, h.port);
        (void)op_add_params(&op, sql, params);
        CHECK_INT(op_run(&op), SAC_OK);
        CHECK_INT(op_cell(&op, 0, 0), 100000);
        op_fini(&op);
        CHECK((facts_of(&h, sql) & SAC_PLAN_SLOW) != 0);
        CHECK_INT(sent_over(&h), 1); /* begun on a worker from then on */
        CHECK_INT(worker_runs(&h), i + 1);
    }
    last.as.integer = 2;
    int runs = 0;
    while ((facts_of(&h, sql) & SAC_PLAN_SLOW) != 0 && runs < 10000) {
        op_init(&op, &lease, SAC_CALL_EXECUTE, h.port);
        (void)op_add_params(&op, sql, params);
        CHECK_INT(op_run(&op), SAC_OK);
        CHECK_INT(op_cell(&op, 0, 0), 2);
        op_fini(&op);
        runs++;
    }
    CHECK(runs >= 2 && runs < 10000); /* more than once, not for ever */
    unsigned long long before = worker_runs(&h);
    op_init(&op, &lease, SAC_CALL_EXECUTE, h.port);
    (void)op_add_params(&op, sql, params);
    CHECK_INT(op_start(&op), SAC_PROGRESS_DONE);
    op_fini(&op);
    CHECK_INT(worker_runs(&h), before);
    lease_close(&lease, &h);
    house_fini(&h);
}

/* One that ended here, but late, is begun elsewhere the next time. */
static void
test_a_plan_learns_from_an_inline_run(void)
{
    static const char sql[] = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL "
                              "SELECT x + 1 FROM n WHERE x < ?) "
                              "SELECT x FROM n WHERE x < 0"; /* no row */
    house h;
    sac_lease lease;
    operation op;
    house_init(&h, options_of(NULL));
    lease_connect(&lease, &h);
    sac_value last = {.type = SAC_INT, .as = {.integer = 1}};
    const sac_params params = {.rows = 1, .width = 1, .values = &last};
    while ((facts_of(&h, sql) & SAC_PLAN_SLOW) == 0) {
        last.as.integer += 200; /* much less than the budget more */
        op_init(&op, &lease, SAC_CALL_EXECUTE, h.port);
        (void)op_add_params(&op, sql, params);
        bool here = CHECK_INT(op_start(&op), SAC_PROGRESS_DONE);
        CHECK_INT(op_finish(&op), SAC_OK);
        op_fini(&op);
        if (!here) {
            break;
        }
    }
    CHECK_INT(worker_runs(&h), 0);
    lease_close(&lease, &h);
    house_fini(&h);
}

static void
test_several_statements_in_one_call(void)
{
    house h;
    sac_lease lease;
    operation op;
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a)");
    lease_connect(&lease, &h);
    op_init(&op, &lease, SAC_CALL_EXECUTE, h.port);
    (void)op_add(&op, "INSERT INTO t VALUES(1)");
    (void)op_add(&op, "INSERT INTO t " NUMBERS(3, "x + 1"));
    (void)op_add(&op, "SELECT a FROM t ORDER BY a");
    CHECK_INT(op_run(&op), SAC_OK);
    CHECK_INT(rows_count_up(op.steps[2].rows, 1), 4);
    CHECK_INT(op.steps[1].changes, 3);
    op_fini(&op);
    op_init(&op, &lease, SAC_CALL_EXECUTE, h.port);
    (void)op_add(&op, "SELECT 1");
    (void)op_add(&op, "SELECT nothing");
    CHECK_INT(op_run(&op), SAC_ERR_SQLITE);
    CHECK_INT(op.call.error.step, 1);
    op_fini(&op);
    op_init(&op, &lease, SAC_CALL_EXECUTE, h.port); /* none at all */
    CHECK_INT(op_run(&op), SAC_OK);
    op_fini(&op);
    lease_close(&lease, &h);
    house_fini(&h);
}

/* A call goes on with the next statement of its script when it is told to. */
static void
test_one_statement_after_the_other(void)
{
    house h;
    sac_lease lease;
    operation op;
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
    sac_lease_init(&lease, h.engine, true);
    sac_value from = {.type = SAC_ROWID, .as.row = {.step = 0, .set = 0}};
    op_init(&op, &lease, SAC_CALL_EXECUTE, h.port);
    (void)op_add(&op, "INSERT INTO t VALUES(41, 1)");
    (void)op_add_params(&op, "UPDATE t SET b = b + ?, a = a + 1",
                        (sac_params){.rows = 1, .width = 1, .values = &from});
    (void)op_add(&op, "SELECT a + b FROM t");
    op.steps[0].keeps_rowids = true;
    op.script.until = 1;
    CHECK_INT(op_run(&op), SAC_OK);
    CHECK(lease.in_tx);
    CHECK_INT(op.steps[0].changes, 1);
    CHECK(op.steps[2].rows == NULL);
    op.script.until = 2; /* a loop over the table: this one is for a worker */
    sac_call_again(&op.call);
    CHECK_INT(op_run(&op), SAC_OK);
    CHECK_INT(op.steps[1].changes, 1);
    CHECK(op.steps[2].rows == NULL);
    op.script.until = 3;
    op.call.commit = true;
    sac_call_again(&op.call);
    CHECK_INT(op_run(&op), SAC_OK);
    CHECK_INT(op_cell(&op, 2, 0), 42 + 42);
    CHECK(!lease.in_tx);
    op_fini(&op);
    lease_close(&lease, &h);
    house_fini(&h);
}

static void
test_many_sets(void)
{
    enum { SETS = 2000 };
    static sac_value values[SETS];
    for (int i = 0; i < SETS; i++) {
        values[i] = (sac_value){.type = SAC_INT, .as = {.integer = i}};
    }
    house h;
    sac_lease lease;
    operation op;
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a)");
    lease_connect(&lease, &h);
    op_init(&op, &lease, SAC_CALL_EXECUTE, h.port);
    (void)op_add_params(
        &op, "INSERT INTO t VALUES(?)",
        (sac_params){.rows = SETS, .width = 1, .values = values});
    CHECK_INT(op_run(&op), SAC_OK);
    CHECK_INT(op.steps[0].changes, SETS);
    op_fini(&op);
    CHECK_INT(do_int(&lease, h.port, "SELECT count(DISTINCT a) FROM t"), SETS);
    lease_close(&lease, &h);
    house_fini(&h);
}

/* ---- refusals -------------------------------------------------------- */

static void
test_one_call_at_a_time(void)
{
    house h;
    sac_lease lease;
    operation op;
    house_init(&h, options_of(NULL));
    lease_connect(&lease, &h);
    op_init_sql(&op, &lease, h.port, ENDLESS("", "count(*)"));
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(do_sql(&lease, h.port, "SELECT 1"), SAC_ERR_BUSY_LEASE);
    CHECK_INT(do_kind(&lease, h.port, SAC_CALL_CLOSE), SAC_ERR_BUSY_LEASE);
    CHECK(lease.busy);
    (void)op_cancel(&op);
    check_cancelled(&op, &h);
    CHECK_INT(sac_call_advance(&op.call), SAC_PROGRESS_DONE); /* stays so */
    lease_close(&lease, &h);
    house_fini(&h);
}

/* Nobody is left who could wait for the one that runs. */
static void
test_waiting_for_one_that_was_left_behind(void)
{
    house h;
    sac_lease lease;
    operation op, next, third;
    house_init(&h, options_of(NULL));
    lease_connect(&lease, &h);
    op_init_sql(&op, &lease, h.port, ENDLESS("", "count(*)"));
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    lease.left = true;
    CHECK_INT(do_sql(&lease, NULL, "SELECT 1"), SAC_ERR_BUSY_LEASE);
    op_init_sql(&next, &lease, h.port, "SELECT 2");
    CHECK_INT(op_start(&next), SAC_PROGRESS_WAIT);
    CHECK_INT(next.call.state, SAC_AT_LEASE);
    op_init_sql(&third, &lease, h.port, "SELECT 3");
    CHECK_INT(op_start(&third), SAC_PROGRESS_WAIT);
    CHECK_INT(op_cancel(&third), SAC_PROGRESS_DONE);
    CHECK_INT(third.call.error.status, SAC_ERR_CANCELLED);
    op_fini(&third);
    (void)op_cancel(&op);
    check_cancelled(&op, &h);
    CHECK(!lease.left && !lease.busy);
    CHECK_INT(op_finish(&next), SAC_OK);
    CHECK_INT(op_cell(&next, 0, 0), 2);
    op_fini(&next);
    lease_close(&lease, &h);
    house_fini(&h);
}

static void
test_cancelled_before_it_began(void)
{
    house h;
    sac_lease lease;
    operation op;
    house_init(&h, options_of(NULL));
    sac_lease_init(&lease, h.engine, false);
    op_init_sql(&op, &lease, h.port, "SELECT 1");
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_DONE);
    CHECK_INT(op.call.error.status, SAC_ERR_CANCELLED);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_DONE);
    op_fini(&op);
    check_open(&h, 0, 0);
    sac_lease_fini(&lease);
    house_fini(&h);
}

/* ---- cancelling a run ------------------------------------------------ */

static void
test_cancelled_in_the_queue(void)
{
    house h;
    sac_lease lease;
    operation op;
    blocker b;
    sac_options options = options_of(NULL);
    options.readers = 1;
    house_init(&h, options);
    lease_connect(&lease, &h);
    blocker_init(&b, h.engine, SAC_LANE_READ);
    op_init_sql(&op, &lease, h.port, NUMBERS(100000, "count(*)"));
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
    check_cancelled(&op, &h);
    /* rows were read inline already: their statement is given back */
    op_init_sql(&op, &lease, h.port, NUMBERS(20000, "x"));
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    CHECK(op.script.live != NULL);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op_finish(&op), SAC_ERR_CANCELLED);
    CHECK(op.script.live == NULL);
    op_fini(&op);
    blocker_fini(&b);
    lease_close(&lease, &h);
    check_open(&h, 1, 1);
    house_fini(&h);
}

static void
test_a_write_cancelled_in_the_queue(void)
{
    house h;
    sac_lease lease;
    operation op;
    blocker b;
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a)");
    lease_connect(&lease, &h);
    RUN(&lease, h.port, "INSERT INTO t VALUES(1)");
    blocker_init(&b, h.engine, SAC_LANE_WRITE);
    op_init_sql(&op, &lease, h.port, "UPDATE t SET a = 2");
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
    check_cancelled(&op, &h);
    blocker_fini(&b);
    CHECK(lease.in_tx && !lease.lost); /* it did not begin: all is whole */
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    CHECK_INT(house_int(&h, "SELECT a FROM t"), 1);
    lease_close(&lease, &h);
    house_fini(&h);
}

static void
test_a_cancelled_read_leaves_the_transaction(void)
{
    house h;
    meeting m;
    sac_lease lease;
    operation op;
    house_init(&h, options_of(NULL));
    meeting_init(&m);
    house_create(&h, "CREATE TABLE t(a)");
    lease_connect(&lease, &h);
    meeting_register(&m, lease.handle->db);
    RUN(&lease, h.port, "INSERT INTO t VALUES(1)");
    /* inline it is aborted and begun again: enter() counts both */
    op_init_sql(&op, &lease, h.port, ENDLESS("", "sum(enter())"));
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    gate_wait(&m.entered, meeting_count(&m) + 1);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
    check_cancelled(&op, &h);
    CHECK(lease.in_tx && lease.token && !lease.lost);
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 1);
    lease_close(&lease, &h);
    house_fini(&h);
    meeting_fini(&m);
}

/* Asked to end, and through before anybody looked. */
static void
test_cancelled_too_late(void)
{
    house h;
    meeting m;
    sac_lease lease;
    operation op;
    sac_options options = options_of(NULL);
    options.inline_budget = 0;
    house_init(&h, options);
    meeting_init(&m);
    lease_connect(&lease, &h);
    meeting_register(&m, lease.handle->db);
    op_init_sql(&op, &lease, h.port, "SELECT pause()");
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    gate_wait(&m.entered, 1);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
    gate_add(&m.leave, 1);
    CHECK_INT(op_finish(&op), SAC_OK);
    CHECK_INT(op_cell(&op, 0, 0), 1);
    op_fini(&op);
    CHECK_INT(counted(&h.engine->counters.cancelled), 0);
    lease_close(&lease, &h);
    house_fini(&h);
    meeting_fini(&m);
}

/* ---- checkpoints ----------------------------------------------------- */

static void
test_a_checkpoint_when_it_is_due(void)
{
    temp t;
    temp_init(&t);
    house h;
    sac_lease lease;
    sac_options options = options_of(t.file);
    options.checkpoint_frames = 8;
    house_init(&h, options);
    house_create(&h, "CREATE TABLE t(a)");
    lease_connect(&lease, &h);
    CHECK_INT(counted(&h.engine->counters.checkpoints), 0);
    RUN(&lease, h.port, "INSERT INTO t VALUES(zeroblob(100000))");
    CHECK_INT(counted(&h.engine->counters.checkpoints), 0);
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    /* it is due now; the next commit is sent to a worker for it */
    unsigned long long before = worker_runs(&h);
    RUN(&lease, h.port, "INSERT INTO t VALUES(1)");
    CHECK_INT(counted(&h.engine->counters.checkpoints), 0);
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    CHECK_INT(counted(&h.engine->counters.checkpoints), 1);
    CHECK_INT(worker_runs(&h), before + 1);
    CHECK_INT(lease.handle->wal_frames, 0);
    RUN(&lease, h.port, "INSERT INTO t VALUES(2)");
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    CHECK_INT(counted(&h.engine->counters.checkpoints), 1);
    lease_close(&lease, &h);
    house_fini(&h);
    temp_fini(&t);
}

TEST_MAIN(
    {"inline_needs_no_port", test_inline_needs_no_port},
    {"no_port_and_a_result_half_read", test_no_port_and_a_result_half_read},
    {"never_inline", test_never_inline},
    {"a_slow_commit_goes_to_a_worker", test_a_slow_commit_goes_to_a_worker},
    {"a_long_read_moves_over", test_a_long_read_moves_over},
    {"a_plan_learns_and_forgets", test_a_plan_learns_and_forgets},
    {"a_plan_learns_from_an_inline_run",
     test_a_plan_learns_from_an_inline_run},
    {"several_statements_in_one_call", test_several_statements_in_one_call},
    {"one_statement_after_the_other", test_one_statement_after_the_other},
    {"many_sets", test_many_sets},
    {"one_call_at_a_time", test_one_call_at_a_time},
    {"waiting_for_one_that_was_left_behind",
     test_waiting_for_one_that_was_left_behind},
    {"cancelled_before_it_began", test_cancelled_before_it_began},
    {"cancelled_in_the_queue", test_cancelled_in_the_queue},
    {"a_write_cancelled_in_the_queue", test_a_write_cancelled_in_the_queue},
    {"a_cancelled_read_leaves_the_transaction",
     test_a_cancelled_read_leaves_the_transaction},
    {"cancelled_too_late", test_cancelled_too_late},
    {"a_checkpoint_when_it_is_due", test_a_checkpoint_when_it_is_due})
