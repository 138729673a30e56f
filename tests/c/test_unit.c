/* Units: several statements, which may use the rowids of those before, and
 * their COMMIT, in one call. */
#include "driver.h"

#define ROWID(step_at, set_at)                                 \
    {                                                          \
        .type = SAC_ROWID, .as.row.step = (uint32_t)(step_at), \
        .as.row.set = (uint32_t)(set_at),                      \
    }

#define INTEGER(value)                         \
    {                                          \
        .type = SAC_INT, .as.integer = (value) \
    }

static void
unit_init(house *h, sac_options options)
{
    house_init(h, options);
    house_create(h, "CREATE TABLE p(id INTEGER PRIMARY KEY, a)");
    house_create(h, "CREATE TABLE c(id INTEGER PRIMARY KEY, p "
                    "REFERENCES p DEFERRABLE INITIALLY DEFERRED)");
}

/* An operation on a lease that is not pinned, which commits. */
static void
unit_op(operation *op, sac_lease *lease, const house *h, sac_port *port)
{
    sac_lease_init(lease, h->engine, false);
    op_init(op, lease, SAC_CALL_EXECUTE, port);
    op->call.commit = true;
}

/* Nothing is held any more. */
static void
check_free(const sac_lease *lease)
{
    CHECK(!lease->in_tx && !lease->token && !lease->lost && !lease->busy);
    CHECK(lease->handle == NULL && !lease->heavy);
}

/* ---- rowids ---------------------------------------------------------- */

enum { ROWS = 300 };

static void
refer(house *h, sac_port *port)
{
    static const sac_value parents[] = {INTEGER(7), INTEGER(8), INTEGER(9)};
    static const sac_value children[] = {ROWID(0, 2), ROWID(0, 0)};
    sac_value chain[ROWS];
    sac_lease lease;
    operation op;
    unit_op(&op, &lease, h, port);
    for (int i = 0; i < ROWS; i++) {
        chain[i] = (sac_value)ROWID(2, i - 1);
    }
    chain[0] = (sac_value){.type = SAC_NULL};
    CHECK(op_add_params(&op, "INSERT INTO p(a) VALUES(?)",
                        (sac_params){3, 1, parents}));
    CHECK(op_add_params(&op, "INSERT INTO c(p) VALUES(?)",
                        (sac_params){2, 1, children}));
    CHECK(op_add_params(&op, "INSERT INTO p(a) VALUES(?)",
                        (sac_params){ROWS, 1, chain}));
    op.steps[0].keeps_rowids = true;
    op.steps[2].keeps_rowids = true;
    CHECK_INT(op_run(&op), SAC_OK);
    CHECK(op.call.committing);
    CHECK(op.steps[1].rowids == NULL);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(op.steps[0].rowids[i], i + 1);
    }
    CHECK_INT(op.steps[2].rowids[ROWS - 1], ROWS + 3);
    CHECK_INT(op.steps[2].changes, ROWS);
    op_fini(&op);
    check_free(&lease);
    CHECK_INT(house_int(h, "SELECT p FROM c WHERE id = 1"), 3);
    CHECK_INT(house_int(h, "SELECT p FROM c WHERE id = 2"), 1);
    CHECK_INT(
        house_int(h, "SELECT count(*) FROM p WHERE id > 3 AND a = id - 1"),
        ROWS - 1);
    sac_lease_fini(&lease);
}

static void
test_rowids(void)
{
    house h;
    unit_init(&h, options_of(NULL));
    refer(&h, NULL); /* without a port nothing can leave this thread */
    house_fini(&h);
}

/* Half of the rows are inserted here, half on a worker. */
static void
test_rowids_and_a_hand_over(void)
{
    house h;
    sac_options options = options_of(NULL);
    options.inline_budget = 2000;
    unit_init(&h, options);
    unsigned long long before = sent_over(&h);
    refer(&h, h.port);
    CHECK_INT(sent_over(&h), before + 1);
    house_fini(&h);
}

/* ---- the commit ------------------------------------------------------ */

static void
test_a_slow_commit_takes_all_to_a_worker(void)
{
    house h;
    sac_lease lease;
    operation op;
    sac_options options = options_of(NULL);
    options.slow_commit = true;
    unit_init(&h, options);
    unsigned long long before = worker_runs(&h);
    unit_op(&op, &lease, &h, h.port);
    CHECK(op_add(&op, "INSERT INTO p DEFAULT VALUES"));
    CHECK(op_add(&op, "UPDATE p SET a = 3"));
    CHECK_INT(op_run(&op), SAC_OK);
    CHECK_INT(worker_runs(&h), before + 1);
    CHECK(op.call.committing);
    op_fini(&op);
    check_free(&lease);
    CHECK_INT(house_int(&h, "SELECT a FROM p"), 3);
    sac_lease_fini(&lease);
    house_fini(&h);
}

static void
test_what_was_begun_before_is_committed_too(void)
{
    house h;
    sac_lease lease;
    operation op;
    unit_init(&h, options_of(NULL));
    unit_op(&op, &lease, &h, NULL);
    RUN(&lease, NULL, "INSERT INTO p VALUES(5, 5)");
    CHECK(lease.in_tx && lease.token);
    CHECK(op_add(&op, "INSERT INTO p VALUES(6, 6)"));
    CHECK_INT(op_run(&op), SAC_OK);
    op_fini(&op);
    check_free(&lease);
    CHECK_INT(house_int(&h, "SELECT sum(a) FROM p"), 11);
    sac_lease_fini(&lease);
    house_fini(&h);
}

static void
test_nothing_to_commit(void)
{
    house h;
    sac_lease lease;
    operation op;
    unit_init(&h, options_of(NULL));
    unit_op(&op, &lease, &h, NULL);
    CHECK(op_add(&op, "SELECT 1"));
    CHECK_INT(op_run(&op), SAC_OK);
    CHECK(!op.call.committing);
    op_fini(&op);
    check_free(&lease);
    sac_lease_fini(&lease);
    unit_op(&op, &lease, &h, NULL);
    lease.isolation = SAC_ISOLATION_AUTOCOMMIT;
    CHECK(op_add(&op, "INSERT INTO p VALUES(1, 1)"));
    CHECK_INT(op_run(&op), SAC_OK);
    CHECK(!op.call.committing);
    op_fini(&op);
    check_free(&lease);
    sac_lease_fini(&lease);
    house_fini(&h);
}

/* ---- failures -------------------------------------------------------- */

static void
test_a_failed_statement_is_not_committed(void)
{
    static const sac_value ids[] = {INTEGER(1), INTEGER(2), INTEGER(1)};
    house h;
    sac_lease lease;
    operation op;
    unit_init(&h, options_of(NULL));
    unit_op(&op, &lease, &h, h.port);
    CHECK(op_add(&op, "INSERT INTO c VALUES(1, NULL)"));
    CHECK(op_add_params(&op, "INSERT INTO p(id) VALUES(?)",
                        (sac_params){3, 1, ids}));
    CHECK(op_add(&op, "INSERT INTO c VALUES(2, NULL)"));
    CHECK_INT(op_run(&op), SAC_ERR_SQLITE);
    CHECK_INT(op.call.error.code, SQLITE_CONSTRAINT);
    CHECK_INT(op.call.error.step, 1);
    CHECK_INT(op.script.at, 1);
    CHECK_INT(op.script.set, 2);
    CHECK(!op.call.committing);
    op_fini(&op);
    CHECK(lease.in_tx && lease.token && !lease.lost);
    RUN_KIND(&lease, h.port, SAC_CALL_ROLLBACK);
    check_free(&lease);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM c"), 0);
    sac_lease_fini(&lease);
    house_fini(&h);
}

static void
test_a_failed_commit(void)
{
    house h;
    sac_lease lease;
    operation op;
    sac_options options = options_of(NULL);
    options_add_setup(&options, "PRAGMA foreign_keys=ON");
    unit_init(&h, options);
    unit_op(&op, &lease, &h, h.port);
    CHECK(op_add(&op, "INSERT INTO c VALUES(1, 77)"));
    CHECK_INT(op_run(&op), SAC_ERR_SQLITE);
    CHECK_INT(op.call.error.code, SQLITE_CONSTRAINT);
    CHECK(op.call.committing);
    CHECK_INT(op.script.at, 1);
    op_fini(&op);
    CHECK(lease.in_tx && lease.token && !lease.lost);
    RUN_KIND(&lease, h.port, SAC_CALL_ROLLBACK);
    check_free(&lease);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM c"), 0);
    sac_lease_fini(&lease);
    house_fini(&h);
}

static void
test_another_number_of_rows(void)
{
    house h;
    sac_lease lease;
    operation op;
    unit_init(&h, options_of(NULL));
    house_create(&h, "INSERT INTO p VALUES(1, 1)");
    for (int64_t expect = 0; expect < 3; expect++) {
        unit_op(&op, &lease, &h, h.port);
        CHECK(op_add(&op, "UPDATE p SET a = a + 1"));
        CHECK(op_add(&op, "SELECT 1"));
        op.steps[0].expects = true;
        op.steps[0].expect = expect;
        CHECK_INT(op_run(&op), expect == 1 ? SAC_OK : SAC_ERR_ROW_COUNT);
        CHECK_INT(op.call.error.step, 0);
        CHECK_INT(op.steps[0].changes, 1);
        CHECK(op.call.committing == (expect == 1));
        CHECK(lease.in_tx == (expect != 1));
        op_fini(&op);
        RUN_KIND(&lease, h.port, SAC_CALL_ROLLBACK);
        check_free(&lease);
        sac_lease_fini(&lease);
    }
    CHECK_INT(house_int(&h, "SELECT a FROM p"), 2);
    house_fini(&h);
}

/* ---- cancellation ---------------------------------------------------- */

/* Asked to end while its last statement runs, which does not look: it is not
 * committed. */
static void
test_cancelled_before_the_commit(void)
{
    house h;
    meeting m;
    sac_lease lease;
    operation op;
    sac_options options = options_of(NULL);
    options.inline_budget = 0;
    unit_init(&h, options);
    meeting_init(&m);
    lease_connect(&lease, &h);
    meeting_register(&m, lease.handle->db);
    op_init(&op, &lease, SAC_CALL_EXECUTE, h.port);
    op.call.commit = true;
    CHECK(op_add(&op, "INSERT INTO p VALUES(1, pause())"));
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    gate_wait(&m.entered, 1);
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
    gate_add(&m.leave, 1);
    check_cancelled(&op, &h);
    CHECK(lease.in_tx && lease.token && !lease.lost);
    RUN_KIND(&lease, h.port, SAC_CALL_ROLLBACK);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM p"), 0);
    lease_close(&lease, &h);
    house_fini(&h);
    meeting_fini(&m);
}

/* -> whether somebody who commits waits for the readers of the file. */
static bool
is_pending(const char *file)
{
    sqlite3 *probe = NULL;
    CHECK_INT(sqlite3_open(file, &probe), SQLITE_OK);
    int rc = db_try(probe, "SELECT count(*) FROM p");
    CHECK_INT(sqlite3_close(probe), SQLITE_OK);
    return (rc & 0xff) == SQLITE_BUSY;
}

/* Asked to end while it commits, which waits for another process. */
static void
test_cancelled_in_the_commit(void)
{
    house h;
    temp t;
    sac_lease lease;
    operation op;
    temp_init(&t);
    sac_options options = options_of(t.file);
    options.wal = false;
    options.slow_commit = true;
    unit_init(&h, options);
    sqlite3 *stranger = NULL;
    CHECK_INT(sqlite3_open(t.file, &stranger), SQLITE_OK);
    db_run(stranger, "BEGIN; SELECT * FROM p");
    unit_op(&op, &lease, &h, h.port);
    CHECK(op_add(&op, "INSERT INTO p VALUES(1, 1)"));
    CHECK_INT(op_start(&op), SAC_PROGRESS_WAIT);
    while (op.call.state != SAC_AT_RUN) {
        op_next(&op);
    }
    while (!is_pending(t.file)) {
        (void)sched_yield();
    }
    CHECK_INT(op_cancel(&op), SAC_PROGRESS_WAIT);
    db_run(stranger, "COMMIT");
    CHECK_INT(op_finish(&op), SAC_OK);
    CHECK(op.call.committing && op.call.cancelled);
    op_fini(&op);
    check_free(&lease);
    CHECK_INT(db_int(stranger, "SELECT count(*) FROM p"), 1);
    CHECK_INT(sqlite3_close(stranger), SQLITE_OK);
    sac_lease_fini(&lease);
    house_fini(&h);
    temp_fini(&t);
}

TEST_MAIN({"rowids", test_rowids},
          {"rowids_and_a_hand_over", test_rowids_and_a_hand_over},
          {"a_slow_commit_takes_all_to_a_worker",
           test_a_slow_commit_takes_all_to_a_worker},
          {"what_was_begun_before_is_committed_too",
           test_what_was_begun_before_is_committed_too},
          {"nothing_to_commit", test_nothing_to_commit},
          {"a_failed_statement_is_not_committed",
           test_a_failed_statement_is_not_committed},
          {"a_failed_commit", test_a_failed_commit},
          {"another_number_of_rows", test_another_number_of_rows},
          {"cancelled_before_the_commit", test_cancelled_before_the_commit},
          {"cancelled_in_the_commit", test_cancelled_in_the_commit})
