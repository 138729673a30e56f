/* engine/call.h: waiting for a handle, for its opening, for locks of others,
 * for the token; and every way out of these. */
#include "driver.h"

/* ---- the pool -------------------------------------------------------- */

typedef struct small_house {
    house h;
    sac_lease holder; /* has the only handle */
    sac_lease lease;
} small_house;

static void
small_init(small_house *s)
{
    sac_options options = options_of(NULL);
    options.pool_size = 1;
    options.max_overflow = 0;
    house_init(&s->h, options);
    lease_connect(&s->holder, &s->h);
    sac_lease_init(&s->lease, s->h.engine, false);
}

static void
small_fini(small_house *s)
{
    lease_close(&s->holder, &s->h);
    sac_lease_fini(&s->lease);
    check_open(&s->h, 1, 1);
    house_fini(&s->h);
}

static void
start_at_pool(small_house *s, operation *op)
{
    op_init_sql(op, &s->lease, s->h.port, "SELECT 8");
    CHECK_INT(op_start(op), SAC_PROGRESS_WAIT);
    CHECK_INT(op->call.state, SAC_AT_POOL);
}

static void
test_waiting_for_a_handle(void)
{
    small_house s;
    operation op;
    small_init(&s);
    CHECK_INT(do_sql(&s.lease, NULL, "SELECT 1"), SAC_ERR_WOULD_WAIT);
    start_at_pool(&s, &op);
    RUN_KIND(&s.holder, s.h.port, SAC_CALL_CLOSE);
    CHECK_INT(op_finish(&op), SAC_OK);
    CHECK_INT(op_cell(&op, 0, 0), 8);
    op_fini(&op);
    small_fini(&s);
}

static void
test_cancelled_at_the_pool(void)
{
    small_house s;
    operation op;
    small_init(&s);
    start_at_pool(&s, &op);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_DONE);
    check_cancelled(&op, &s.h);
    /* the grant was on its way: it goes back */
    start_at_pool(&s, &op);
    RUN_KIND(&s.holder, s.h.port, SAC_CALL_CLOSE);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
    check_cancelled(&op, &s.h);
    CHECK(s.lease.handle == NULL);
    check_open(&s.h, 1, 1);
    small_fini(&s);
}

static void
test_time_out_at_the_pool(void)
{
    small_house s;
    operation op;
    small_init(&s);
    start_at_pool(&s, &op);
    CHECK_INT(op_time_out(&op), SAC_PROGRESS_DONE);
    CHECK_INT(op_finish(&op), SAC_ERR_POOL_TIMEOUT);
    op_fini(&op);
    CHECK(!s.lease.busy);
    /* its turn had come: it is used */
    start_at_pool(&s, &op);
    RUN_KIND(&s.holder, s.h.port, SAC_CALL_CLOSE);
    CHECK_INT(op_time_out(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op_finish(&op), SAC_OK);
    op_fini(&op);
    small_fini(&s);
}

/* ---- opening --------------------------------------------------------- */

static void
test_open_fails(void)
{
    house h;
    sac_lease lease;
    operation op;
    house_init(&h, options_of("/nonexistent/folder/data.db"));
    for (int pinned = 0; pinned < 2; pinned++) {
        sac_lease_init(&lease, h.engine, pinned == 1);
        op_init(&op, &lease, SAC_CALL_CONNECT, h.port);
        CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
        CHECK_INT(op.call.state, SAC_AT_OPEN);
        CHECK_INT(op_finish(&op), SAC_ERR_SQLITE);
        CHECK_INT(op.call.error.code, SQLITE_CANTOPEN);
        CHECK(lease.handle == NULL && !lease.busy);
        op_fini(&op);
        CHECK_INT(do_sql(&lease, NULL, "SELECT 1"), SAC_ERR_WOULD_WAIT);
        RUN_KIND(&lease, h.port, SAC_CALL_CLOSE);
        sac_lease_fini(&lease);
    }
    check_open(&h, 0, 0);
    house_fini(&h);
}

static void
test_cancelled_while_opening(void)
{
    temp t;
    temp_init(&t);
    house h;
    sac_lease lease;
    operation op;
    blocker b;
    sac_options options = options_of(t.file);
    options.readers = 1;
    options_add_setup(&options, "CREATE TABLE IF NOT EXISTS here(a)");
    options_add_setup(&options, ENDLESS("", "count(*)"));
    house_init(&h, options);
    sac_lease_init(&lease, h.engine, true);
    /* in the queue */
    blocker_init(&b, h.engine, SAC_LANE_READ);
    op_init(&op, &lease, SAC_CALL_CONNECT, h.port);
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op.call.state, SAC_AT_OPEN);
    CHECK_INT(op_time_out(&op), SAC_PROGRESS_WAIT); /* it is no queue */
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
    check_cancelled(&op, &h);
    blocker_fini(&b);
    CHECK(access(t.file, F_OK) != 0);
    /* in the middle of it: the table tells */
    sqlite3 *stranger = temp_stranger(&t);
    op_init(&op, &lease, SAC_CALL_CONNECT, h.port);
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    while (db_int(stranger, "SELECT count(*) FROM here") != 0) {
        (void)sched_yield();
    }
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
    check_cancelled(&op, &h);
    CHECK(lease.handle == NULL);
    db_close(stranger);
    sac_lease_fini(&lease);
    check_open(&h, 0, 0);
    house_fini(&h);
    temp_fini(&t);
}

/* ---- locks of others ------------------------------------------------- */

/* A file with a rollback journal and somebody else's lock on it. */
typedef struct locked_file {
    temp t;
    house h;
    sac_lease lease;
    sqlite3 *stranger;
} locked_file;

static void
locked_init(locked_file *f, int busy_timeout_ms, const char *lock)
{
    temp_init(&f->t);
    sac_options options = options_of(f->t.file);
    options.wal = false;
    options.readers = 1;
    options.busy_timeout_ms = busy_timeout_ms;
    f->stranger = temp_stranger(&f->t);
    /* Who tries for the lock is in the way of who gives it up. */
    CHECK_INT(sqlite3_busy_timeout(f->stranger, 60000), SQLITE_OK);
    db_run(f->stranger, "CREATE TABLE t(a); INSERT INTO t VALUES(6)");
    house_init(&f->h, options);
    lease_connect(&f->lease, &f->h);
    db_run(f->stranger, lock);
}

static void
locked_fini(locked_file *f)
{
    if (!sqlite3_get_autocommit(f->stranger)) {
        db_run(f->stranger, "COMMIT");
    }
    lease_close(&f->lease, &f->h);
    db_close(f->stranger);
    house_fini(&f->h);
    temp_fini(&f->t);
}

static void
test_a_lock_while_preparing(void)
{
    locked_file f;
    operation op;
    locked_init(&f, 60000, "BEGIN EXCLUSIVE");
    op_init_sql(&op, &f.lease, f.h.port, "SELECT a FROM t");
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op.call.state, SAC_AT_PREPARE);
    db_run(f.stranger, "COMMIT");
    CHECK_INT(op_finish(&op), SAC_OK);
    CHECK_INT(op_cell(&op, 0, 0), 6);
    op_fini(&op);
    locked_fini(&f);
    /* and one that stays */
    locked_init(&f, 20, "BEGIN EXCLUSIVE");
    op_init_sql(&op, &f.lease, f.h.port, "SELECT a FROM t");
    CHECK_INT(op_run(&op), SAC_ERR_SQLITE);
    CHECK_INT(op.call.error.code, SQLITE_BUSY);
    op_fini(&op);
    locked_fini(&f);
}

static void
test_cancelled_while_preparing(void)
{
    locked_file f;
    operation op;
    blocker b;
    locked_init(&f, 60000, "BEGIN EXCLUSIVE");
    for (int queued = 0; queued < 2; queued++) {
        if (queued) {
            blocker_init(&b, f.h.engine, SAC_LANE_READ);
        }
        op_init_sql(&op, &f.lease, f.h.port, "SELECT a FROM t");
        CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
        CHECK_INT(op.call.state, SAC_AT_PREPARE);
        CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
        check_cancelled(&op, &f.h);
        if (queued) {
            blocker_fini(&b);
        }
    }
    CHECK(!f.lease.in_tx && !f.lease.lost);
    locked_fini(&f);
}

/* The engine's own end looks like success to nobody. */
static void
test_shutdown_while_preparing(void)
{
    locked_file f;
    operation op;
    blocker b;
    locked_init(&f, 60000, "BEGIN EXCLUSIVE");
    blocker_init(&b, f.h.engine, SAC_LANE_READ);
    op_init_sql(&op, &f.lease, f.h.port, "SELECT a FROM t");
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op.call.state, SAC_AT_PREPARE);
    sac_engine_shutdown(f.h.engine, 0);
    CHECK_INT(op_finish(&op), SAC_ERR_CANCELLED);
    CHECK(op.steps[0].rows == NULL);
    op_fini(&op);
    blocker_fini(&b);
    locked_fini(&f);
}

static void
test_a_lock_while_running(void)
{
    locked_file f;
    operation op;
    locked_init(&f, 60000, "SELECT 1");
    CHECK_INT(do_int(&f.lease, f.h.port, "SELECT a FROM t"), 6);
    db_run(f.stranger, "BEGIN IMMEDIATE");
    op_init_sql(&op, &f.lease, f.h.port, "INSERT INTO t VALUES(7)");
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op.call.state, SAC_AT_RUN);
    CHECK_INT(sent_over(&f.h), 1);
    db_run(f.stranger, "COMMIT");
    CHECK_INT(op_finish(&op), SAC_OK);
    CHECK(f.lease.in_tx && f.lease.token);
    op_fini(&op);
    RUN_KIND(&f.lease, f.h.port, SAC_CALL_COMMIT);
    CHECK_INT(db_int(f.stranger, "SELECT sum(a) FROM t"), 13);
    locked_fini(&f);
}

static void
test_a_lock_that_stays(void)
{
    locked_file f;
    operation op;
    locked_init(&f, 25, "SELECT 1");
    CHECK_INT(do_int(&f.lease, f.h.port, "SELECT a FROM t"), 6);
    db_run(f.stranger, "BEGIN IMMEDIATE");
    int64_t started = sac_clock_ns();
    op_init_sql(&op, &f.lease, f.h.port, "INSERT INTO t VALUES(7)");
    CHECK_INT(op_run(&op), SAC_ERR_SQLITE);
    CHECK_INT(op.call.error.code, SQLITE_BUSY);
    CHECK(sac_clock_ns() - started >= 25 * INT64_C(1000000));
    op_fini(&op);
    CHECK(!f.lease.in_tx && !f.lease.token && !f.lease.lost);
    db_run(f.stranger, "COMMIT");
    RUN(&f.lease, f.h.port, "INSERT INTO t VALUES(7)");
    /* A reader is in the way of the commit: it waits, and can be retried. */
    db_run(f.stranger, "BEGIN; SELECT a FROM t");
    CHECK_INT(do_kind(&f.lease, f.h.port, SAC_CALL_COMMIT), SAC_ERR_SQLITE);
    CHECK(f.lease.in_tx && f.lease.token && !f.lease.lost);
    db_run(f.stranger, "COMMIT");
    RUN_KIND(&f.lease, f.h.port, SAC_CALL_COMMIT);
    CHECK_INT(db_int(f.stranger, "SELECT sum(a) FROM t"), 13);
    locked_fini(&f);
}

static void
test_cancelled_while_it_waits_for_a_lock(void)
{
    locked_file f;
    operation op;
    locked_init(&f, 60000, "SELECT 1");
    CHECK_INT(do_int(&f.lease, f.h.port, "SELECT a FROM t"), 6);
    db_run(f.stranger, "BEGIN IMMEDIATE");
    op_init_sql(&op, &f.lease, f.h.port, "INSERT INTO t VALUES(7)");
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
    check_cancelled(&op, &f.h);
    CHECK(!f.lease.in_tx && !f.lease.token && !f.lease.lost);
    locked_fini(&f);
}

/* A commit is seen through, whatever is asked meanwhile. */
static void
test_a_commit_is_not_cancelled(void)
{
    locked_file f;
    operation op;
    locked_init(&f, 60000, "SELECT 1");
    RUN(&f.lease, f.h.port, "INSERT INTO t VALUES(7)");
    db_run(f.stranger, "BEGIN; SELECT a FROM t");
    op_init(&op, &f.lease, SAC_CALL_COMMIT, f.h.port);
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op_time_out(&op), SAC_PROGRESS_WAIT);
    db_run(f.stranger, "COMMIT");
    CHECK_INT(op_finish(&op), SAC_OK);
    op_fini(&op);
    CHECK_INT(db_int(f.stranger, "SELECT sum(a) FROM t"), 13);
    CHECK_INT(counted(&f.h.engine->counters.cancelled), 0);
    locked_fini(&f);
}

/* ---- the writer token ------------------------------------------------ */

static void
test_writers_take_turns(void)
{
    enum { COUNT = 5 };
    house h;
    sac_lease leases[COUNT];
    operation ops[COUNT];
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a)");
    for (int i = 0; i < COUNT; i++) {
        sac_lease_init(&leases[i], h.engine, i % 2 == 0);
        op_init_sql(&ops[i], &leases[i], h.port,
                    "INSERT INTO t "
                    "SELECT ifnull(max(a), 0) + 1 FROM t");
        CHECK_INT(op_start(&ops[i]), SAC_PROGRESS_WAIT);
        CHECK_INT(ops[i].call.state, i == 0 ? SAC_AT_RUN : SAC_AT_WRITER);
    }
    for (int i = 0; i < COUNT; i++) {
        CHECK_INT(op_finish(&ops[i]), SAC_OK);
        for (int j = i + 1; j < COUNT; j++) {
            CHECK_INT(ops[j].call.state, SAC_AT_WRITER);
            CHECK(!ops[j].woken);
        }
        CHECK(leases[i].token);
        CHECK_INT(do_int(&leases[i], h.port, "SELECT count(*) FROM t"), i + 1);
        RUN_KIND(&leases[i], h.port, SAC_CALL_COMMIT);
        op_fini(&ops[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        sac_lease_fini(&leases[i]);
    }
    CHECK_INT(house_int(&h, "SELECT max(a) FROM t"), COUNT);
    house_fini(&h);
}

/* Two leases; the first has the token. */
typedef struct writers {
    house h;
    sac_lease holder;
    sac_lease lease;
} writers;

static void
writers_init(writers *w)
{
    house_init(&w->h, options_of(NULL));
    house_create(&w->h, "CREATE TABLE t(a)");
    lease_connect(&w->holder, &w->h);
    lease_connect(&w->lease, &w->h);
    operation op;
    op_init_sql(&op, &w->holder, w->h.port, "INSERT INTO t VALUES(1)");
    op.owner = 1;
    CHECK_INT(op_run(&op), SAC_OK);
    op_fini(&op);
}

static void
writers_fini(writers *w)
{
    CHECK_INT(sac_engine_loaded(w->h.engine).writers_waiting, 0);
    lease_close(&w->holder, &w->h);
    lease_close(&w->lease, &w->h);
    house_create(&w->h, "INSERT INTO t VALUES(3)"); /* it is free again */
    house_fini(&w->h);
}

static void
start_at_writer(writers *w, operation *op)
{
    op_init_sql(op, &w->lease, w->h.port, "INSERT INTO t VALUES(2)");
    op->owner = 2;
    CHECK_INT(op_start(op), SAC_PROGRESS_WAIT);
    CHECK_INT(op->call.state, SAC_AT_WRITER);
}

static void
test_waiting_for_oneself(void)
{
    writers w;
    operation op;
    writers_init(&w);
    op_init_sql(&op, &w.lease, w.h.port, "INSERT INTO t VALUES(2)");
    op.owner = 1;
    CHECK_INT(op_run(&op), SAC_ERR_SELF_WAIT);
    op_fini(&op);
    CHECK(!w.lease.busy && !w.lease.in_tx);
    CHECK_INT(do_sql(&w.lease, NULL, "INSERT INTO t VALUES(2)"),
              SAC_ERR_WOULD_WAIT);
    CHECK_INT(do_int(&w.lease, NULL, "SELECT count(*) FROM t"), 0);
    writers_fini(&w);
}

static void
test_cancelled_at_the_token(void)
{
    writers w;
    operation op;
    writers_init(&w);
    start_at_writer(&w, &op);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_DONE);
    check_cancelled(&op, &w.h);
    start_at_writer(&w, &op);
    RUN_KIND(&w.holder, w.h.port, SAC_CALL_COMMIT);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT); /* granted already */
    check_cancelled(&op, &w.h);
    CHECK(!w.lease.token && !w.lease.in_tx);
    writers_fini(&w);
}

static void
test_time_out_at_the_token(void)
{
    writers w;
    operation op;
    writers_init(&w);
    start_at_writer(&w, &op);
    CHECK_INT(op_time_out(&op), SAC_PROGRESS_DONE);
    CHECK_INT(op_finish(&op), SAC_ERR_WRITER_TIMEOUT);
    op_fini(&op);
    CHECK(!w.lease.busy && !w.lease.lost);
    start_at_writer(&w, &op);
    RUN_KIND(&w.holder, w.h.port, SAC_CALL_COMMIT);
    CHECK_INT(op_time_out(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op_finish(&op), SAC_OK);
    op_fini(&op);
    CHECK(w.lease.token);
    writers_fini(&w);
}

static void
test_two_engines_on_one_file(void)
{
    temp t;
    temp_init(&t);
    house a;
    house b;
    sac_lease first;
    sac_lease second;
    operation op;
    house_init(&a, options_of(t.file));
    sac_options options = options_of(t.file);
    b = a;
    b.engine = sac_engine_new(&options, a.registry);
    house_create(&a, "CREATE TABLE t(a)");
    lease_connect(&first, &a);
    lease_connect(&second, &b);
    RUN(&first, a.port, "INSERT INTO t VALUES(1)");
    op_init_sql(&op, &second, a.port, "INSERT INTO t VALUES(2)");
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op.call.state, SAC_AT_WRITER);
    RUN_KIND(&first, a.port, SAC_CALL_COMMIT);
    CHECK_INT(op_finish(&op), SAC_OK);
    op_fini(&op);
    RUN_KIND(&second, a.port, SAC_CALL_COMMIT);
    CHECK_INT(house_int(&a, "SELECT sum(a) FROM t"), 3);
    lease_close(&first, &a);
    lease_close(&second, &b);
    sac_engine_shutdown(b.engine, PATIENCE_NS);
    sac_engine_release(b.engine);
    house_fini(&a);
    temp_fini(&t);
}

TEST_MAIN({"waiting_for_a_handle", test_waiting_for_a_handle},
          {"cancelled_at_the_pool", test_cancelled_at_the_pool},
          {"time_out_at_the_pool", test_time_out_at_the_pool},
          {"open_fails", test_open_fails},
          {"cancelled_while_opening", test_cancelled_while_opening},
          {"a_lock_while_preparing", test_a_lock_while_preparing},
          {"cancelled_while_preparing", test_cancelled_while_preparing},
          {"shutdown_while_preparing", test_shutdown_while_preparing},
          {"a_lock_while_running", test_a_lock_while_running},
          {"a_lock_that_stays", test_a_lock_that_stays},
          {"cancelled_while_it_waits_for_a_lock",
           test_cancelled_while_it_waits_for_a_lock},
          {"a_commit_is_not_cancelled", test_a_commit_is_not_cancelled},
          {"writers_take_turns", test_writers_take_turns},
          {"waiting_for_oneself", test_waiting_for_oneself},
          {"cancelled_at_the_token", test_cancelled_at_the_token},
          {"time_out_at_the_token", test_time_out_at_the_token},
          {"two_engines_on_one_file", test_two_engines_on_one_file})
