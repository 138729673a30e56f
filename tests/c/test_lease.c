/* engine/lease.h: transactions and how they begin, end and get lost; streams;
 * leases that nobody closed. */
#include "driver.h"

/* ---- when a transaction begins --------------------------------------- */

static void
test_lazy(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a)");
    lease_connect(&lease, &h);
    CHECK_INT(do_int(&lease, h.port, "SELECT count(*) FROM t"), 0);
    CHECK(!lease.in_tx && !lease.token);
    RUN(&lease, h.port, "INSERT INTO t VALUES(1)");
    CHECK(lease.in_tx && lease.token);
    CHECK_INT(sqlite3_txn_state(lease.handle->db, "main"), SQLITE_TXN_WRITE);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 0); /* others' */
    CHECK_INT(do_int(&lease, h.port, "SELECT count(*) FROM t"), 1);
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    CHECK(!lease.in_tx && !lease.token && lease.handle != NULL);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 1);
    RUN(&lease, h.port, "INSERT INTO t VALUES(2)");
    RUN_KIND(&lease, h.port, SAC_CALL_ROLLBACK);
    CHECK(!lease.in_tx && !lease.token);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 1);
    /* nothing to end is fine */
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    RUN_KIND(&lease, h.port, SAC_CALL_ROLLBACK);
    /* closing rolls back */
    RUN(&lease, h.port, "INSERT INTO t VALUES(3)");
    lease_close(&lease, &h);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 1);
    house_fini(&h);
}

static void
test_immediate(void)
{
    house h;
    sac_lease lease;
    sac_lease other;
    house_init(&h, options_of(NULL));
    lease_connect(&lease, &h);
    lease_connect(&other, &h);
    lease.isolation = SAC_ISOLATION_IMMEDIATE;
    CHECK_INT(do_int(&lease, h.port, "SELECT 1"), 1);
    CHECK(lease.in_tx && lease.token);
    CHECK_INT(sqlite3_txn_state(lease.handle->db, "main"), SQLITE_TXN_WRITE);
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    /* what refuses a transaction gets none */
    RUN(&lease, h.port, "PRAGMA user_version");
    CHECK(!lease.in_tx && !lease.token);
    /* asked for by the call */
    operation op;
    op_init_sql(&op, &other, h.port, "SELECT 2");
    op.call.immediate = true;
    CHECK_INT(op_run(&op), SAC_OK);
    op_fini(&op);
    CHECK(other.in_tx && other.token);
    lease_close(&lease, &h);
    lease_close(&other, &h);
    house_fini(&h);
}

static void
test_snapshot(void)
{
    house h;
    sac_lease reader;
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a)");
    lease_connect(&reader, &h);
    reader.isolation = SAC_ISOLATION_SNAPSHOT;
    CHECK_INT(do_int(&reader, h.port, "SELECT count(*) FROM t"), 0);
    CHECK(reader.in_tx && !reader.token);
    house_create(&h, "INSERT INTO t VALUES(1)");
    CHECK_INT(do_int(&reader, h.port, "SELECT count(*) FROM t"), 0);
    RUN_KIND(&reader, h.port, SAC_CALL_COMMIT);
    CHECK_INT(do_int(&reader, h.port, "SELECT count(*) FROM t"), 1);
    RUN_KIND(&reader, h.port, SAC_CALL_ROLLBACK);
    RUN(&reader, h.port, "INSERT INTO t VALUES(2)"); /* begins to write */
    CHECK(reader.in_tx && reader.token);
    RUN_KIND(&reader, h.port, SAC_CALL_COMMIT);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 2);
    lease_close(&reader, &h);
    house_fini(&h);
}

/* What will write has the lock from its first statement on, so nobody can
 * come between its reads and its writes. */
static void
test_a_writer_locks_before_it_reads(void)
{
    static const sac_isolation isolations[] = {SAC_ISOLATION_LAZY,
                                               SAC_ISOLATION_SNAPSHOT};
    temp t;
    temp_init(&t);
    house h;
    sac_options options = options_of(t.file);
    options.inline_budget = 0;
    house_init(&h, options);
    house_create(&h, "CREATE TABLE t(a)");
    house_create(&h, "INSERT INTO t VALUES(1)");
    sqlite3 *stranger = temp_stranger(&t);
    for (int i = 0; i < 2; i++) {
        meeting m;
        sac_lease lease;
        operation op;
        meeting_init(&m);
        lease_connect(&lease, &h);
        lease.isolation = isolations[i];
        meeting_register(&m, lease.handle->db);
        op_init(&op, &lease, SAC_CALL_EXECUTE, h.port);
        (void)op_add(&op, "SELECT pause() FROM t LIMIT 1");
        (void)op_add(&op, "INSERT INTO t VALUES(2)");
        CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
        gate_wait(&m.entered, 1);
        CHECK_INT(db_try(stranger, "INSERT INTO t VALUES(3)"), SQLITE_BUSY);
        gate_add(&m.leave, 1);
        CHECK_INT(op_finish(&op), SAC_OK);
        op_fini(&op);
        RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
        lease_close(&lease, &h);
        /* the functions of a connection go with it */
        CHECK(sac_engine_dispose(h.engine, PATIENCE_NS));
        meeting_fini(&m);
    }
    db_close(stranger);
    house_fini(&h);
    temp_fini(&t);
}

static void
test_autocommit(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    lease_connect(&lease, &h);
    lease.isolation = SAC_ISOLATION_AUTOCOMMIT;
    RUN(&lease, h.port, "CREATE TABLE t(a)");
    RUN(&lease, h.port, "INSERT INTO t VALUES(1)");
    CHECK(!lease.in_tx && !lease.token);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 1);
    /* a transaction of the user's own */
    RUN(&lease, h.port, "BEGIN");
    CHECK(lease.in_tx && lease.token);
    RUN(&lease, h.port, "INSERT INTO t VALUES(2)");
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 1);
    RUN(&lease, h.port, "COMMIT");
    CHECK(!lease.in_tx && !lease.token);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 2);
    lease_close(&lease, &h);
    house_fini(&h);
}

static void
test_savepoints(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a)");
    lease_connect(&lease, &h);
    RUN(&lease, h.port, "INSERT INTO t VALUES(1)");
    RUN(&lease, h.port, "SAVEPOINT s");
    RUN(&lease, h.port, "INSERT INTO t VALUES(2)");
    RUN(&lease, h.port, "ROLLBACK TO s");
    RUN(&lease, h.port, "RELEASE s");
    CHECK(lease.in_tx && lease.token);
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    CHECK_INT(house_int(&h, "SELECT sum(a) FROM t"), 1);
    /* one that opens the transaction itself has the token, too */
    RUN(&lease, h.port, "SAVEPOINT s");
    CHECK(lease.in_tx && lease.token);
    RUN(&lease, h.port, "RELEASE s");
    CHECK(!lease.in_tx && !lease.token);
    lease_close(&lease, &h);
    house_fini(&h);
}

static void
test_an_unpinned_lease_lets_go(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    sac_lease_init(&lease, h.engine, false);
    RUN_KIND(&lease, h.port, SAC_CALL_CONNECT);
    CHECK(lease.handle == NULL);
    CHECK_INT(do_int(&lease, h.port, "SELECT 5"), 5);
    CHECK(lease.handle == NULL);
    CHECK_INT(do_sql(&lease, h.port, "SELECT nothing"), SAC_ERR_SQLITE);
    CHECK(lease.handle == NULL);
    RUN(&lease, h.port, "CREATE TABLE t(a)");
    CHECK(lease.handle != NULL && lease.in_tx);
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    CHECK(lease.handle == NULL);
    sac_pool_counts counts = sac_pool_count(h.engine->pool);
    CHECK_INT(counts.open, 1);
    CHECK_INT(counts.idle, 1);
    sac_lease_fini(&lease);
    CHECK(lease.closed && lease.engine == NULL);
    sac_lease_fini(&lease); /* twice is fine */
    CHECK_INT(do_kind(&lease, h.port, SAC_CALL_CONNECT), SAC_ERR_CLOSED);
    house_fini(&h);
}

/* ---- how a transaction gets lost ------------------------------------- */

/* The work before it is gone, so nothing may run until it is rolled back. */
static void
check_lost(sac_lease *lease, const house *h)
{
    CHECK(lease->lost && !lease->in_tx && !lease->token);
    CHECK_INT(do_sql(lease, h->port, "INSERT INTO t VALUES(9)"), SAC_ERR_LOST);
    CHECK_INT(do_sql(lease, h->port, "SELECT 1"), SAC_ERR_LOST);
    CHECK_INT(do_kind(lease, h->port, SAC_CALL_COMMIT), SAC_ERR_LOST);
    RUN_KIND(lease, h->port, SAC_CALL_ROLLBACK);
    CHECK(!lease->lost);
    CHECK_INT(do_int(lease, h->port, "SELECT count(*) FROM t"), 0);
    RUN(lease, h->port, "INSERT INTO t VALUES(1)");
    RUN_KIND(lease, h->port, SAC_CALL_ROLLBACK);
}

static void
test_lost_by_interruption(void)
{
    house h;
    meeting m;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    meeting_init(&m);
    house_create(&h, "CREATE TABLE t(a)");
    lease_connect(&lease, &h);
    meeting_register(&m, lease.handle->db);
    RUN(&lease, h.port, "INSERT INTO t VALUES(1)");
    operation op;
    op_init_sql(&op, &lease, h.port, ENDLESS("INSERT INTO t ", "x * enter()"));
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    gate_wait(&m.entered, 1);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op_finish(&op), SAC_ERR_CANCELLED);
    op_fini(&op);
    check_lost(&lease, &h);
    lease_close(&lease, &h);
    house_fini(&h);
    meeting_fini(&m);
}

static void
test_lost_by_a_full_database(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a)");
    lease_connect(&lease, &h);
    db_run(lease.handle->db, "PRAGMA max_page_count=20");
    RUN(&lease, h.port, "INSERT INTO t VALUES(1)");
    operation op;
    op_init_sql(&op, &lease, h.port, "INSERT INTO t VALUES(zeroblob(900000))");
    CHECK_INT(op_run(&op), SAC_ERR_SQLITE);
    CHECK_INT(op.call.error.code, SQLITE_FULL);
    op_fini(&op);
    check_lost(&lease, &h);
    lease_close(&lease, &h);
    house_fini(&h);
}

static void
test_lost_by_a_conflict_clause(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a UNIQUE)");
    lease_connect(&lease, &h);
    RUN(&lease, h.port, "INSERT INTO t VALUES(1)");
    CHECK_INT(do_sql(&lease, h.port, "INSERT INTO t VALUES(1)"),
              SAC_ERR_SQLITE);
    CHECK(!lease.lost && lease.in_tx && lease.token); /* it goes on */
    CHECK_INT(do_sql(&lease, h.port, "INSERT OR ROLLBACK INTO t VALUES(1)"),
              SAC_ERR_SQLITE);
    check_lost(&lease, &h);
    lease_close(&lease, &h);
    house_fini(&h);
}

static void
test_closing_a_lost_lease(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a UNIQUE)");
    lease_connect(&lease, &h);
    RUN(&lease, h.port, "INSERT INTO t VALUES(1)");
    CHECK_INT(do_sql(&lease, h.port, "INSERT OR ROLLBACK INTO t VALUES(1)"),
              SAC_ERR_SQLITE);
    CHECK(lease.lost);
    lease_close(&lease, &h);
    house_fini(&h);
}

/* A transaction that begins and ends in one failing call took nothing of an
 * earlier one with it. */
static void
test_the_first_statement_fails(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a UNIQUE)");
    house_create(&h, "INSERT INTO t VALUES(1)");
    lease_connect(&lease, &h);
    CHECK_INT(do_sql(&lease, h.port, "INSERT OR ROLLBACK INTO t VALUES(1)"),
              SAC_ERR_SQLITE);
    CHECK(!lease.lost && !lease.in_tx && !lease.token);
    RUN(&lease, h.port, "INSERT INTO t VALUES(2)");
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 2);
    lease_close(&lease, &h);
    house_fini(&h);
}

/* A deferred foreign key refuses the commit and keeps the transaction. */
static void
test_a_commit_that_fails(void)
{
    house h;
    sac_lease lease;
    sac_options options = options_of(NULL);
    options_add_setup(&options, "PRAGMA foreign_keys=ON");
    house_init(&h, options);
    house_create(&h, "CREATE TABLE t(a INTEGER PRIMARY KEY, "
                     "b REFERENCES t DEFERRABLE INITIALLY DEFERRED)");
    lease_connect(&lease, &h);
    RUN(&lease, h.port, "INSERT INTO t VALUES(1, 99)");
    CHECK_INT(do_kind(&lease, h.port, SAC_CALL_COMMIT), SAC_ERR_SQLITE);
    CHECK(lease.in_tx && lease.token && !lease.lost);
    RUN(&lease, h.port, "INSERT INTO t VALUES(99, NULL)");
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 2);
    lease_close(&lease, &h);
    house_fini(&h);
}

/* ---- abandoned ------------------------------------------------------- */

static void
test_abandoned_with_a_transaction(void)
{
    temp t;
    temp_init(&t);
    for (int in_memory = 0; in_memory < 2; in_memory++) {
        house h;
        sac_lease lease;
        sac_lease next;
        house_init(&h, options_of(in_memory ? NULL : t.file));
        house_create(&h, "CREATE TABLE t(a)");
        sac_lease_init(&lease, h.engine, false);
        sac_lease_init(&next, h.engine, false);
        RUN(&lease, h.port, "INSERT INTO t VALUES(1)");
        operation op;
        op_init_sql(&op, &next, h.port, "INSERT INTO t VALUES(2)");
        CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
        if (op.call.state != SAC_AT_WRITER) {
            op_next(&op); /* opened */
        }
        CHECK_INT(op.call.state, SAC_AT_WRITER);
        sac_lease_fini(&lease);
        CHECK_INT(op_finish(&op), SAC_OK);
        op_fini(&op);
        RUN_KIND(&next, h.port, SAC_CALL_COMMIT);
        sac_lease_fini(&next);
        CHECK_INT(house_int(&h, "SELECT sum(a) FROM t"), 2);
        house_fini(&h);
    }
    temp_fini(&t);
}

static void
test_abandoned_without_one(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    lease_connect(&lease, &h);
    sac_lease_fini(&lease);
    CHECK_INT(sac_pool_count(h.engine->pool).idle, 1);
    sac_lease_init(&lease, h.engine, true);
    sac_lease_fini(&lease); /* never used */
    house_fini(&h);
}

/* ---- streams --------------------------------------------------------- */

/* -> the stream, after its first batch. */
static sac_stream *
open_stream(sac_lease *lease, const house *h, const char *sql, size_t batch)
{
    sac_stream *stream = sac_stream_new();
    stream->step.plan = sac_plans_get(h->engine->plans, sql, strlen(sql));
    stream->script.batch = batch;
    operation op;
    op_init(&op, lease, SAC_CALL_EXECUTE, h->port);
    op.call.script = &stream->script;
    op.call.stream = stream;
    CHECK_INT(op_run(&op), SAC_OK);
    op_fini(&op);
    return stream;
}

static void
init_fetch(operation *op, sac_lease *lease, const house *h, sac_stream *stream)
{
    op_init(op, lease, SAC_CALL_FETCH, h->port);
    op->call.script = &stream->script;
    op->call.stream = stream;
}

static sac_status
fetch(sac_lease *lease, const house *h, sac_stream *stream)
{
    operation op;
    sac_rows_clear(stream->step.rows);
    init_fetch(&op, lease, h, stream);
    sac_status status = op_run(&op);
    op_fini(&op);
    return status;
}

static void
test_a_stream_to_its_end(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    sac_lease_init(&lease, h.engine, false);
    sac_stream *stream = open_stream(&lease, &h, NUMBERS(10, "x"), 4);
    CHECK_INT(rows_count_up(stream->step.rows, 1), 4);
    CHECK(lease.handle != NULL); /* something is open on it */
    CHECK(!sac_list_empty(&lease.streams));
    CHECK_INT(do_int(&lease, h.port, "SELECT 3"), 3); /* in between */
    CHECK(lease.handle != NULL);
    CHECK_INT(fetch(&lease, &h, stream), SAC_OK);
    CHECK_INT(rows_count_up(stream->step.rows, 5), 4);
    CHECK_INT(fetch(&lease, &h, stream), SAC_OK);
    CHECK_INT(rows_count_up(stream->step.rows, 9), 2);
    CHECK(stream->script.finished && sac_list_empty(&lease.streams));
    CHECK(lease.handle == NULL);
    sac_stream_drop(&lease, stream);
    sac_lease_fini(&lease);
    house_fini(&h);
}

static void
test_a_stream_dropped_between_calls(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    lease_connect(&lease, &h);
    sac_stream *stream = open_stream(&lease, &h, NUMBERS(10, "x"), 4);
    sac_stream *fresh = sac_stream_new();
    sac_stream_drop(&lease, stream);
    CHECK(sac_list_empty(&lease.streams));
    CHECK(sqlite3_next_stmt(lease.handle->db, NULL) != NULL); /* cached */
    CHECK_INT(sqlite3_stmt_busy(sqlite3_next_stmt(lease.handle->db, NULL)), 0);
    sac_stream_drop(&lease, fresh); /* never run */
    lease_close(&lease, &h);
    house_fini(&h);
}

/* The handle is on a worker just then: it is not touched. */
static void
test_a_stream_dropped_while_the_lease_is_busy(void)
{
    house h;
    meeting m;
    sac_lease lease;
    sac_options options = options_of(NULL);
    options.inline_budget = 0;
    house_init(&h, options);
    meeting_init(&m);
    lease_connect(&lease, &h);
    meeting_register(&m, lease.handle->db);
    sac_stream *dropped = open_stream(&lease, &h, NUMBERS(10, "x"), 4);
    sac_stream *kept = open_stream(&lease, &h, NUMBERS(11, "x"), 4);
    operation op;
    op_init_sql(&op, &lease, h.port, "SELECT pause()");
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    gate_wait(&m.entered, 1);
    sac_stream_drop(&lease, dropped);
    CHECK(lease.streams.next == &dropped->link); /* still there */
    gate_add(&m.leave, 1);
    CHECK_INT(op_finish(&op), SAC_OK);
    op_fini(&op);
    CHECK(lease.streams.next == &kept->link);
    CHECK(lease.streams.prev == &kept->link);
    CHECK_INT(fetch(&lease, &h, kept), SAC_OK);
    CHECK_INT(rows_count_up(kept->step.rows, 5), 4);
    sac_stream_drop(&lease, kept);
    lease_close(&lease, &h);
    house_fini(&h);
    meeting_fini(&m);
}

static void
test_closing_stops_streams(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    lease_connect(&lease, &h);
    sac_stream *stream = open_stream(&lease, &h, NUMBERS(10, "x"), 4);
    RUN_KIND(&lease, h.port, SAC_CALL_CLOSE);
    CHECK(lease.handle == NULL);
    CHECK(stream->script.live == NULL && stream->script.finished);
    CHECK_INT(rows_count_up(stream->step.rows, 1), 4); /* given is given */
    sac_stream_drop(&lease, stream);
    /* fini does the same for a lease that nobody closed */
    sac_lease_fini(&lease);
    lease_connect(&lease, &h);
    stream = open_stream(&lease, &h, NUMBERS(10, "x"), 4);
    sac_lease_fini(&lease);
    CHECK(stream->script.live == NULL);
    sac_stream_drop(&lease, stream);
    CHECK_INT(sac_pool_count(h.engine->pool).idle, 1);
    house_fini(&h);
}

static void
test_a_stream_over_a_commit(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a)");
    sac_lease_init(&lease, h.engine, false);
    RUN(&lease, h.port, "INSERT INTO t " NUMBERS(10, "x"));
    sac_stream *stream = open_stream(&lease, &h, "SELECT a FROM t", 4);
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    CHECK(!lease.token && lease.handle != NULL);
    CHECK_INT(fetch(&lease, &h, stream), SAC_OK);
    CHECK_INT(rows_count_up(stream->step.rows, 5), 4);
    CHECK_INT(fetch(&lease, &h, stream), SAC_OK);
    CHECK(lease.handle == NULL);
    sac_stream_drop(&lease, stream);
    sac_lease_fini(&lease);
    house_fini(&h);
}

static void
test_a_stream_that_fails_is_over(void)
{
    house h;
    meeting m;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    meeting_init(&m);
    lease_connect(&lease, &h);
    meeting_register(&m, lease.handle->db);
    sac_stream *stream = open_stream(&lease, &h,
                                     "SELECT 1 UNION ALL SELECT "
                                     "abs(-9223372036854775808)",
                                     1);
    CHECK_INT(fetch(&lease, &h, stream), SAC_ERR_SQLITE);
    CHECK(stream->script.live == NULL && sac_list_empty(&lease.streams));
    sac_stream_drop(&lease, stream);
    /* cancelled while it runs */
    stream = open_stream(
        &lease, &h,
        "SELECT 1 UNION ALL " ENDLESS("SELECT * FROM (", "sum(enter())") ")",
        1);
    operation op;
    init_fetch(&op, &lease, &h, stream);
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    gate_wait(&m.entered, 1);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
    CHECK_INT(op_finish(&op), SAC_ERR_CANCELLED);
    op_fini(&op);
    CHECK(stream->script.live == NULL && sac_list_empty(&lease.streams));
    sac_stream_drop(&lease, stream);
    lease_close(&lease, &h);
    house_fini(&h);
    meeting_fini(&m);
}

static void
no_memory(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    (void)values;
    sqlite3_result_error_nomem(context);
}

/* A read that fails badly enough takes the transaction with it, too. */
static void
test_lost_by_a_stream(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a)");
    lease_connect(&lease, &h);
    CHECK_INT(sqlite3_create_function(lease.handle->db, "nomem", 0,
                                      SQLITE_UTF8, NULL, no_memory, NULL,
                                      NULL),
              SQLITE_OK);
    RUN(&lease, h.port, "INSERT INTO t VALUES(1), (2)");
    sac_stream *stream = open_stream(&lease, &h,
                                     "SELECT CASE WHEN a > 1 "
                                     "THEN nomem() ELSE a END FROM t",
                                     1);
    CHECK_INT(fetch(&lease, &h, stream), SAC_ERR_NOMEM);
    sac_stream_drop(&lease, stream);
    check_lost(&lease, &h);
    lease_close(&lease, &h);
    house_fini(&h);
}

/* It has written everything before its first row; no part of it may stay
 * open, or the commit would be refused and the token let go too early. */
static void
test_a_stream_that_writes(void)
{
    static const char insert[] =
        "INSERT INTO t " NUMBERS(50, "x") " WHERE 1 RETURNING a";
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    house_create(&h, "CREATE TABLE t(a)");
    lease_connect(&lease, &h);
    sac_stream *stream = open_stream(&lease, &h, insert, 4);
    CHECK_INT(rows_count_up(stream->step.rows, 1), 50);
    CHECK(stream->script.finished && sac_list_empty(&lease.streams));
    RUN_KIND(&lease, h.port, SAC_CALL_COMMIT);
    sac_stream_drop(&lease, stream);
    lease.isolation = SAC_ISOLATION_AUTOCOMMIT;
    stream = open_stream(&lease, &h, insert, 4);
    CHECK(!lease.token);
    CHECK_INT(sqlite3_txn_state(lease.handle->db, "main"), SQLITE_TXN_NONE);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), 100);
    sac_stream_drop(&lease, stream);
    lease_close(&lease, &h);
    house_fini(&h);
}

TEST_MAIN({"lazy", test_lazy}, {"immediate", test_immediate},
          {"snapshot", test_snapshot},
          {"a_writer_locks_before_it_reads",
           test_a_writer_locks_before_it_reads},
          {"autocommit", test_autocommit}, {"savepoints", test_savepoints},
          {"an_unpinned_lease_lets_go", test_an_unpinned_lease_lets_go},
          {"lost_by_interruption", test_lost_by_interruption},
          {"lost_by_a_full_database", test_lost_by_a_full_database},
          {"lost_by_a_conflict_clause", test_lost_by_a_conflict_clause},
          {"closing_a_lost_lease", test_closing_a_lost_lease},
          {"the_first_statement_fails", test_the_first_statement_fails},
          {"a_commit_that_fails", test_a_commit_that_fails},
          {"abandoned_with_a_transaction", test_abandoned_with_a_transaction},
          {"abandoned_without_one", test_abandoned_without_one},
          {"a_stream_to_its_end", test_a_stream_to_its_end},
          {"a_stream_dropped_between_calls",
           test_a_stream_dropped_between_calls},
          {"a_stream_dropped_while_the_lease_is_busy",
           test_a_stream_dropped_while_the_lease_is_busy},
          {"closing_stops_streams", test_closing_stops_streams},
          {"a_stream_over_a_commit", test_a_stream_over_a_commit},
          {"a_stream_that_fails_is_over", test_a_stream_that_fails_is_over},
          {"lost_by_a_stream", test_lost_by_a_stream},
          {"a_stream_that_writes", test_a_stream_that_writes})
