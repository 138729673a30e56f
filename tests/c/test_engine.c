/* engine/engine.h: the parts of an engine together; coming home, disposing,
 * shutting down. */
#include "driver.h"

#include <sys/wait.h>

/* ---- making and opening ---------------------------------------------- */

static void
test_new_takes_the_options(void)
{
    house h;
    sac_options options = options_of("somewhere");
    options_add_setup(&options, "SELECT 1");
    h.registry = sac_registry_new();
    h.engine = sac_engine_new(&options, h.registry);
    CHECK(options.path == NULL && options.setup == NULL);
    CHECK_STR(h.engine->options.path, "somewhere");
    CHECK(!sac_engine_in_memory(h.engine));
    CHECK(!sac_engine_forked(h.engine));
    CHECK(sac_engine_retain(h.engine) == h.engine);
    sac_engine_release(h.engine);
    sac_engine_release(h.engine);
    sac_engine_release(NULL);
    sac_registry_free(h.registry);
}

static void
test_new_without_memory(void)
{
    for (int64_t n = 0;; n++) {
        sac_options options = options_of("somewhere");
        sac_memory_fail_after(n, false);
        sac_engine *engine = sac_engine_new(&options, NULL);
        sac_memory_fail_after(-1, false);
        CHECK(options.path == NULL);
        CHECK((engine == NULL) == (sac_memory_failures() > 0));
        if (engine != NULL) {
            sac_engine_release(engine);
            CHECK(n > 2);
            return;
        }
    }
}

static sac_handle *
open_handle(sac_engine *engine)
{
    sac_error err;
    sac_ticket ticket;
    sac_error_init(&err);
    sac_ticket_init(&ticket, NULL);
    CHECK_INT(sac_pool_checkout(engine->pool, &ticket, NULL), SAC_OK);
    sac_handle *handle = ticket.grant;
    if (handle->db == NULL) {
        CHECK_INT(sac_engine_open(engine, handle, &err), SAC_OK);
    }
    sac_error_fini(&err);
    return handle;
}

static void
test_handles_of_an_engine_share_its_memory(void)
{
    house h;
    house other;
    house_init(&h, options_of(NULL));
    house_init(&other, options_of(NULL));
    sac_handle *a = open_handle(h.engine);
    sac_handle *b = open_handle(h.engine);
    sac_handle *c = open_handle(other.engine);
    db_run(a->db, "CREATE TABLE t(a)");
    CHECK_INT(db_int(b->db, "SELECT count(*) FROM t"), 0);
    CHECK_INT(db_int(c->db, "SELECT count(*) FROM sqlite_master"), 0);
    CHECK(sac_engine_writer(h.engine) != sac_engine_writer(other.engine));
    sac_engine_checkin(h.engine, a);
    sac_engine_checkin(h.engine, b);
    sac_engine_checkin(other.engine, c);
    CHECK_INT(sac_pool_count(h.engine->pool).idle, 2);
    house_fini(&h);
    house_fini(&other);
}

static void
test_engines_on_one_file_share_the_token(void)
{
    temp t;
    temp_init(&t);
    house h;
    sac_options options = options_of(t.file);
    house_init(&h, options_of(t.file));
    sac_engine *other = sac_engine_new(&options, h.registry);
    options = options_of(":memory:"); /* SQLite's own: no file */
    sac_engine *third = sac_engine_new(&options, h.registry);
    sac_handle *a = open_handle(h.engine);
    sac_handle *b = open_handle(other);
    sac_handle *c = open_handle(third);
    CHECK(sac_engine_writer(h.engine) == sac_engine_writer(other));
    CHECK(sac_engine_writer(h.engine) != sac_engine_writer(third));
    sac_engine_checkin(h.engine, a);
    sac_engine_checkin(other, b);
    sac_engine_checkin(third, c);
    sac_engine_release(other);
    sac_engine_release(third);
    house_fini(&h);
    temp_fini(&t);
}

static void
test_open_without_memory(void)
{
    bool failed = true;
    for (int64_t n = 0; failed; n++) {
        house h;
        sac_error err;
        sac_error_init(&err);
        house_init(&h, options_of(NULL));
        sac_ticket ticket;
        sac_ticket_init(&ticket, NULL);
        CHECK_INT(sac_pool_checkout(h.engine->pool, &ticket, NULL), SAC_OK);
        sac_handle *handle = ticket.grant;
        sac_memory_fail_after(n, false);
        sac_status status = sac_engine_open(h.engine, handle, &err);
        sac_memory_fail_after(-1, false);
        failed = sac_memory_failures() > 0;
        CHECK(failed || status == SAC_OK);
        CHECK_INT(err.status, status);
        if (status == SAC_OK) {
            CHECK(sac_engine_writer(h.engine) != NULL);
        }
        else { /* and the pool will not keep it */
            CHECK(handle->db == NULL || handle->broken);
        }
        sac_engine_checkin(h.engine, handle);
        CHECK_INT(sac_pool_count(h.engine->pool).open, status == SAC_OK);
        sac_error_fini(&err);
        house_fini(&h);
    }
}

/* ---- coming home ----------------------------------------------------- */

static void
test_checkin_closes_what_does_not_fit(void)
{
    temp t;
    temp_init(&t);
    for (int in_memory = 0; in_memory < 2; in_memory++) {
        house h;
        house_init(&h, options_of(in_memory ? NULL : t.file));
        sac_handle *handle = open_handle(h.engine);
        handle->broken = true;
        sac_engine_checkin(h.engine, handle);
        CHECK_INT(sac_pool_count(h.engine->pool).open, 0);
        /* a file is closed on a worker, which may take its time */
        CHECK_INT(sac_engine_loaded(h.engine).threads, in_memory ? 0 : 1);
        house_fini(&h);
    }
    temp_fini(&t);
}

static void
hold_token(sac_engine *engine)
{
    sac_ticket ticket;
    sac_ticket_init(&ticket, NULL);
    CHECK_INT(sac_writer_acquire(sac_engine_writer(engine), &ticket, NULL, 0),
              SAC_OK);
}

static bool
token_is_free(sac_engine *engine)
{
    sac_ticket ticket;
    sac_ticket_init(&ticket, NULL);
    sac_writer *writer = sac_engine_writer(engine);
    if (sac_writer_acquire(writer, &ticket, NULL, 0) != SAC_OK) {
        return false;
    }
    sac_writer_release(writer);
    return true;
}

static void
test_abandon_in_memory(void)
{
    house h;
    house_init(&h, options_of(NULL));
    sac_handle *handle = open_handle(h.engine);
    db_run(handle->db, "CREATE TABLE t(a)");
    hold_token(h.engine);
    db_run(handle->db, "BEGIN IMMEDIATE; INSERT INTO t VALUES(1)");
    sac_engine_abandon(h.engine, handle, true);
    CHECK(token_is_free(h.engine));
    CHECK_INT(sac_pool_count(h.engine->pool).idle, 1);
    CHECK_INT(sac_engine_loaded(h.engine).threads, 0);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 0);
    house_fini(&h);
}

/* The rollback of a file is a worker's, and nobody waits for it. */
static void
test_abandon_on_a_file(void)
{
    temp t;
    temp_init(&t);
    house h;
    blocker b;
    house_init(&h, options_of(t.file));
    sac_handle *handle = open_handle(h.engine);
    db_run(handle->db, "CREATE TABLE t(a)");
    hold_token(h.engine);
    db_run(handle->db, "BEGIN IMMEDIATE; INSERT INTO t VALUES(1)");
    blocker_init(&b, h.engine, SAC_LANE_WRITE);
    sac_engine_abandon(h.engine, handle, true);
    CHECK(!token_is_free(h.engine));
    CHECK_INT(sac_pool_count(h.engine->pool).idle, 0);
    CHECK_INT(atomic_load(&h.engine->references), 2); /* its own */
    blocker_fini(&b);
    /* the next write comes after it, through the token */
    house_create(&h, "INSERT INTO t VALUES(2)");
    CHECK_INT(house_int(&h, "SELECT sum(a) FROM t"), 2);
    handle = open_handle(h.engine);
    sac_engine_abandon(h.engine, handle, false); /* nothing open: at once */
    CHECK(sac_pool_count(h.engine->pool).idle >= 1);
    house_fini(&h);
    temp_fini(&t);
}

static void
test_abandon_without_memory(void)
{
    temp t;
    temp_init(&t);
    house h;
    house_init(&h, options_of(t.file));
    sac_handle *handle = open_handle(h.engine);
    hold_token(h.engine);
    db_run(handle->db, "BEGIN IMMEDIATE");
    sac_memory_fail_after(0, true);
    sac_engine_abandon(h.engine, handle, true); /* here, then */
    sac_memory_fail_after(-1, false);
    CHECK(token_is_free(h.engine));
    CHECK_INT(sac_pool_count(h.engine->pool).idle, 1);
    house_fini(&h);
    temp_fini(&t);
}

/* For threads that nobody can wait for: they free what they had last. */
static void
wait_for_blocks(int64_t wanted)
{
    int64_t deadline = sac_clock_ns() + PATIENCE_NS;
    while (sac_memory_blocks() > wanted && sac_clock_ns() < deadline) {
        (void)sched_yield();
    }
    CHECK_INT(sac_memory_blocks(), wanted);
}

/* An engine that is let go while a handle is on its way lives until then. */
static void
test_released_while_a_handle_comes_home(void)
{
    temp t;
    temp_init(&t);
    house h;
    blocker b;
    int64_t before = sac_memory_blocks();
    house_init(&h, options_of(t.file));
    sac_handle *handle = open_handle(h.engine);
    hold_token(h.engine);
    db_run(handle->db, "CREATE TABLE t(a)");
    db_run(handle->db, "BEGIN IMMEDIATE; INSERT INTO t VALUES(1)");
    blocker_init(&b, h.engine, SAC_LANE_WRITE);
    sac_engine_abandon(h.engine, handle, true);
    int64_t blocks = sac_memory_blocks();
    sac_engine_release(h.engine);
    CHECK_INT(sac_memory_blocks(), blocks);
    blocker_fini(&b);
    wait_for_blocks(before + 2); /* registry and port */
    sqlite3 *db = temp_stranger(&t);
    CHECK_INT(db_int(db, "SELECT count(*) FROM t"), 0);
    db_close(db);
    sac_port_release(h.port);
    sac_registry_free(h.registry);
    temp_fini(&t);
}

/* ---- disposing ------------------------------------------------------- */

static void
test_dispose(void)
{
    house h;
    house_init(&h, options_of(NULL));
    CHECK(sac_engine_dispose(h.engine, PATIENCE_NS)); /* nothing there */
    house_create(&h, "CREATE TABLE t(a)");
    sac_lease lease;
    lease_connect(&lease, &h);
    RUN(&lease, h.port, "INSERT INTO t VALUES(1)");
    CHECK(!sac_engine_dispose(h.engine, PATIENCE_NS));
    /* who is out goes on with the old data ... */
    CHECK_INT(do_int(&lease, h.port, "SELECT count(*) FROM t"), 1);
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    /* ... and who comes now has none */
    CHECK_INT(house_int(&h, "SELECT count(*) FROM sqlite_master"), 0);
    lease_close(&lease, &h);
    CHECK(sac_engine_dispose(h.engine, PATIENCE_NS));
    CHECK_INT(sac_pool_count(h.engine->pool).open, 0);
    CHECK_INT(sac_engine_loaded(h.engine).threads, 0);
    /* it stays usable */
    house_create(&h, "CREATE TABLE u(a)");
    CHECK_INT(house_int(&h, "SELECT count(*) FROM u"), 0);
    house_fini(&h);
}

static void
test_dispose_ends_the_threads(void)
{
    temp t;
    temp_init(&t);
    house h;
    house_init(&h, options_of(t.file));
    house_create(&h, "CREATE TABLE t(a)");
    CHECK(sac_engine_loaded(h.engine).threads > 0);
    CHECK(sac_engine_dispose(h.engine, PATIENCE_NS));
    CHECK_INT(sac_engine_loaded(h.engine).threads, 0);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 0);
    house_fini(&h);
    temp_fini(&t);
}

/* A job that is under way: the handle is out, so nothing is torn down. */
static void
test_dispose_with_work_in_flight(void)
{
    house h;
    meeting m;
    sac_lease lease;
    sac_options options = options_of(NULL);
    options.inline_budget = 0;
    meeting_init(&m);
    house_init(&h, options);
    lease_connect(&lease, &h);
    meeting_register(&m, lease.handle->db);
    operation op;
    op_init_sql(&op, &lease, h.port, "SELECT pause()");
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    gate_wait(&m.entered, 1);
    CHECK(!sac_engine_dispose(h.engine, PATIENCE_NS));
    gate_add(&m.leave, 1);
    CHECK_INT(op_finish(&op), SAC_OK);
    CHECK_INT(op_cell(&op, 0, 0), 1);
    op_fini(&op);
    lease_close(&lease, &h);
    CHECK_INT(sac_pool_count(h.engine->pool).open, 0);
    CHECK(sac_engine_dispose(h.engine, PATIENCE_NS));
    house_fini(&h);
    meeting_fini(&m);
}

/* A handle comes home with the token on a worker while the engine is
 * disposed of: the token must outlive its release. */
static void
test_dispose_while_a_handle_comes_home(void)
{
    temp t;
    temp_init(&t);
    house h;
    house_init(&h, options_of(t.file));
    house_create(&h, "CREATE TABLE t(a)");
    for (int i = 0; i < 200; i++) {
        sac_lease lease;
        sac_lease_init(&lease, h.engine, false);
        RUN(&lease, h.port, "INSERT INTO t VALUES(1)");
        sac_lease_fini(&lease);
        CHECK(house_is_empty(&h));
    }
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 0);
    house_fini(&h);
    temp_fini(&t);
}

/* ---- shutting down --------------------------------------------------- */

static void
test_shutdown(void)
{
    house h;
    meeting m;
    sac_lease leases[2];
    operation ops[2];
    sac_options options = options_of(NULL);
    options.inline_budget = 0;
    options.readers = 1;
    meeting_init(&m);
    house_init(&h, options);
    for (int i = 0; i < 2; i++) {
        lease_connect(&leases[i], &h);
        meeting_register(&m, leases[i].handle->db);
        op_init_sql(&ops[i], &leases[i], h.port, ENDLESS("", "sum(enter())"));
    }
    CHECK_INT(op_start(&ops[0]), SAC_PROGRESS_WAIT);
    gate_wait(&m.entered, 1);
    CHECK_INT(op_start(&ops[1]), SAC_PROGRESS_WAIT);
    sac_engine_shutdown(h.engine, PATIENCE_NS);
    CHECK_INT(op_finish(&ops[0]), SAC_ERR_SQLITE);
    CHECK_INT(ops[0].call.error.code, SQLITE_INTERRUPT);
    CHECK_INT(op_finish(&ops[1]), SAC_ERR_CANCELLED); /* it never ran */
    for (int i = 0; i < 2; i++) {
        op_fini(&ops[i]);
    }
    sac_engine_shutdown(h.engine, PATIENCE_NS); /* twice is fine */
    /* no new threads were needed to close */
    for (int i = 0; i < 2; i++) {
        lease_close(&leases[i], &h);
    }
    CHECK_INT(sac_engine_loaded(h.engine).threads, 0);
    house_fini(&h);
    meeting_fini(&m);
}

static void
test_submit_after_shutdown(void)
{
    house h;
    int64_t before = sac_memory_blocks();
    house_init(&h, options_of(NULL));
    blocker b;
    blocker_init(&b, h.engine, SAC_LANE_READ);
    sac_engine_shutdown(h.engine, 0);    /* does not wait */
    sac_engine_cancel(h.engine, &b.job); /* no workers: by its token */
    CHECK(atomic_load(&b.job.cancel));
    blocker_fini(&b);
    blocker_init(&b, h.engine, SAC_LANE_READ);
    blocker_fini(&b);
    CHECK_INT(counted(&h.engine->counters.worker_runs), 2);
    house_fini(&h);
    wait_for_blocks(before);
}

static void
test_submit_without_memory(void)
{
    house h;
    sac_job job;
    house_init(&h, options_of(NULL));
    sac_job_init(&job, blocker_run);
    sac_memory_fail_after(0, true);
    CHECK_INT(sac_engine_submit(h.engine, &job, SAC_LANE_READ), SAC_ERR_NOMEM);
    sac_memory_fail_after(-1, false);
    CHECK_INT(job.state, SAC_JOB_NEW);
    CHECK_INT(counted(&h.engine->counters.worker_runs), 0);
    house_fini(&h);
}

static void
test_load(void)
{
    house h;
    house_init(&h, options_of(NULL));
    sac_lease leases[3];
    operation ops[2];
    CHECK_INT(sac_engine_loaded(h.engine).threads, 0);
    CHECK_INT(sac_engine_loaded(h.engine).writers_waiting, 0);
    for (int i = 0; i < 3; i++) {
        lease_connect(&leases[i], &h);
    }
    RUN(&leases[0], h.port, "CREATE TABLE t(a)");
    for (int i = 0; i < 2; i++) {
        op_init_sql(&ops[i], &leases[i + 1], h.port, "CREATE TABLE u(a)");
        CHECK_INT(op_start(&ops[i]), SAC_PROGRESS_WAIT);
    }
    CHECK_INT(sac_engine_loaded(h.engine).writers_waiting, 2);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(op_cancel(&ops[i]), SAC_PROGRESS_DONE);
        op_fini(&ops[i]);
    }
    CHECK_INT(sac_engine_loaded(h.engine).writers_waiting, 0);
    for (int i = 0; i < 3; i++) {
        lease_close(&leases[i], &h);
    }
    house_fini(&h);
}

/* ---- after a fork ---------------------------------------------------- */

static int
in_child(house *h, sac_lease *lease, sac_handle *handle)
{
    operation op;
    op_init(&op, lease, SAC_CALL_COMMIT, h->port);
    if (!sac_engine_forked(h->engine) || op_run(&op) != SAC_ERR_FORKED ||
        lease->handle != handle) {
        return 1;
    }
    op_fini(&op);
    sac_lease_fini(lease);
    sac_engine_release(h->engine);
    return 0;
}

static void
test_fork(void)
{
    temp t;
    temp_init(&t);
    house h;
    sac_lease lease;
    house_init(&h, options_of(t.file));
    lease_connect(&lease, &h);
    RUN(&lease, h.port, "CREATE TABLE t(a)");
    pid_t child = fork();
    if (child == 0) {
        _exit(in_child(&h, &lease, lease.handle));
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT); /* the parent's is whole */
    lease_close(&lease, &h);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 0);
    house_fini(&h);
    temp_fini(&t);
}

TEST_MAIN({"new_takes_the_options", test_new_takes_the_options},
          {"new_without_memory", test_new_without_memory},
          {"handles_of_an_engine_share_its_memory",
           test_handles_of_an_engine_share_its_memory},
          {"engines_on_one_file_share_the_token",
           test_engines_on_one_file_share_the_token},
          {"open_without_memory", test_open_without_memory},
          {"checkin_closes_what_does_not_fit",
           test_checkin_closes_what_does_not_fit},
          {"abandon_in_memory", test_abandon_in_memory},
          {"abandon_on_a_file", test_abandon_on_a_file},
          {"abandon_without_memory", test_abandon_without_memory},
          {"released_while_a_handle_comes_home",
           test_released_while_a_handle_comes_home},
          {"dispose", test_dispose},
          {"dispose_ends_the_threads", test_dispose_ends_the_threads},
          {"dispose_with_work_in_flight", test_dispose_with_work_in_flight},
          {"dispose_while_a_handle_comes_home",
           test_dispose_while_a_handle_comes_home},
          {"shutdown", test_shutdown},
          {"submit_after_shutdown", test_submit_after_shutdown},
          {"submit_without_memory", test_submit_without_memory},
          {"load", test_load}, {"fork", test_fork})
