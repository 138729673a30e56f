/* engine/memvfs.h under adversity: full, out of memory, many threads. */
#include "database.h"

#include "base/sync.h"

#define BIG_ROW "INSERT INTO t(v) VALUES (randomblob(100000))"

/* ---- a full disk ---- */

static void
check_full(const char *journal_mode)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3 *db = db_open(memvfs, "db");
    char pragma[64];
    (void)snprintf(pragma, sizeof(pragma), "PRAGMA journal_mode=%s",
                   journal_mode);
    CHECK_SQL(db, pragma, journal_mode);
    db_run(db, "CREATE TABLE t(v)");
    sac_memvfs_set_limit(memvfs, 1000000);
    int rows = 0;
    int rc = SQLITE_OK;
    while (rows < 100 && rc == SQLITE_OK) {
        rc = db_try(db, BIG_ROW);
        rows += rc == SQLITE_OK;
    }
    CHECK_INT(rc, SQLITE_FULL);
    CHECK(rows > 0);
    CHECK(sqlite3_get_autocommit(db));
    CHECK_INT(db_int(db, "SELECT count(*) FROM t"), rows);
    CHECK_SQL(db, "PRAGMA integrity_check", "ok");
    /* In a transaction, too, it is the whole that is rolled back. */
    db_run(db, "BEGIN");
    for (rc = SQLITE_OK; rc == SQLITE_OK;) {
        rc = db_try(db, "PRAGMA cache_size=5;" BIG_ROW);
    }
    CHECK_INT(rc, SQLITE_FULL);
    if (!sqlite3_get_autocommit(db)) {
        db_run(db, "ROLLBACK");
    }
    CHECK_INT(db_int(db, "SELECT count(*) FROM t"), rows);
    /* Others see the same, and room makes it work again. */
    sqlite3 *other = db_open(memvfs, "db");
    CHECK_INT(db_int(other, "SELECT count(*) FROM t"), rows);
    sac_memvfs_set_limit(memvfs, 0);
    db_run(other, BIG_ROW);
    CHECK_INT(db_int(db, "SELECT count(*) FROM t"), rows + 1);
    /* A limit below what is there takes nothing away. */
    sac_memvfs_set_limit(memvfs, 1);
    CHECK_INT(db_try(db, BIG_ROW), SQLITE_FULL);
    CHECK_INT(db_int(db, "SELECT count(*) FROM t"), rows + 1);
    CHECK_SQL(db, "PRAGMA integrity_check", "ok");
    db_close(other);
    db_close(db);
    sac_memvfs_free(memvfs);
}

static void
test_full(void)
{
    check_full("wal");
    check_full("delete");
}

static void
test_space_is_given_back(void)
{
    sac_memvfs *memvfs = db_vfs();
    sac_memvfs_set_limit(memvfs, 1500000);
    sqlite3 *db = db_open(memvfs, "db");
    CHECK_SQL(db, "PRAGMA journal_mode=WAL", "wal");
    db_run(db, "CREATE TABLE t(v)");
    /* Each round needs most of the limit. */
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 5; i++) {
            db_run(db, BIG_ROW);
        }
        CHECK_INT(db_int(db, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
        db_run(db, "DELETE FROM t");
        CHECK_INT(db_int(db, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
        db_run(db, "VACUUM");
        CHECK_INT(db_int(db, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
    }
    db_close(db);
    sqlite3_vfs *vfs = sqlite3_vfs_find(sac_memvfs_name(memvfs));
    for (int round = 0; round < 10; round++) {
        db = db_open(memvfs, "other");
        db_run(db, "CREATE TABLE t(v)");
        for (int i = 0; i < 8; i++) {
            db_run(db, BIG_ROW);
        }
        db_close(db);
        CHECK_INT(vfs->xDelete(vfs, "/other", 0), SQLITE_OK);
    }
    sac_memvfs_free(memvfs);
}

/* ---- allocations that fail ---- */

/* Runs sql.  -> false, once the code was checked to be one that a failed
 * allocation may cause. */
static bool
step(sqlite3 *db, const char *sql)
{
    int rc = db_try(db, sql);
    if (rc != SQLITE_OK) {
        int primary = rc & 0xff;
        CHECK(primary == SQLITE_NOMEM || primary == SQLITE_IOERR ||
              primary == SQLITE_CANTOPEN);
    }
    return rc == SQLITE_OK;
}

static bool
insert(sqlite3 *db, int *rows)
{
    bool ok = step(db, BIG_ROW);
    *rows += ok;
    return ok;
}

/* Goes as far as it gets; `rows` counts what SQLite acknowledged. */
static void
scenario_on(sac_memvfs *memvfs, sqlite3 *a, int *rows)
{
    sqlite3 *b = NULL;
    if (step(a, "PRAGMA journal_mode=WAL") && step(a, "CREATE TABLE t(v)") &&
        insert(a, rows) && insert(a, rows) &&
        db_try_open(memvfs, "db", &b) == SQLITE_OK &&
        step(b, "SELECT count(*) FROM t") && insert(b, rows) &&
        step(b, "BEGIN; DELETE FROM t; ROLLBACK") && insert(a, rows) &&
        step(b, "PRAGMA wal_checkpoint(TRUNCATE)") && insert(a, rows)) {
        db_close(b);
        b = NULL;
        (void)(step(a, "PRAGMA journal_mode=DELETE") && insert(a, rows) &&
               step(a, "BEGIN; UPDATE t SET v = 1; ROLLBACK") &&
               insert(a, rows));
    }
    (void)sqlite3_close(b); /* NULL is allowed */
}

/* -> whether it came to its end with no failure injected. */
static bool
sweep_step(int64_t countdown, bool forever)
{
    int rows = 0;
    sac_memvfs *memvfs = NULL;
    sqlite3 *db = NULL;
    sac_memory_fail_after(countdown, forever);
    int rc = sac_memvfs_new(&memvfs);
    if (rc == SQLITE_OK) {
        if (db_try_open(memvfs, "db", &db) == SQLITE_OK) {
            scenario_on(memvfs, db, &rows);
            db_close(db);
        }
    }
    else {
        CHECK_INT(rc, SQLITE_NOMEM);
        CHECK(memvfs == NULL);
    }
    bool clean = sac_memory_failures() == 0;
    sac_memory_fail_after(-1, false);
    if (memvfs != NULL) {
        db = db_open(memvfs, "db");
        CHECK_SQL(db, "PRAGMA integrity_check", "ok");
        if (rows > 0) {
            CHECK_INT(db_int(db, "SELECT count(*) FROM t"), rows);
            CHECK_INT(db_int(db, "SELECT min(length(v)) FROM t"), 100000);
        }
        db_run(db, "CREATE TABLE IF NOT EXISTS t(v);" BIG_ROW);
        db_close(db);
        sac_memvfs_free(memvfs);
    }
    CHECK_INT(rows, clean ? 7 : rows);
    return clean;
}

static void
check_sweep(bool forever)
{
    int64_t blocks = sac_memory_blocks();
    int64_t countdown = 0;
    while (countdown < 1000 && !sweep_step(countdown, forever)) {
        if (!CHECK_INT(sac_memory_blocks(), blocks)) {
            (void)fprintf(stderr, "    at allocation %" PRId64 "\n",
                          countdown);
            break;
        }
        countdown++;
    }
    CHECK(countdown > 20); /* or nothing was tried */
    CHECK(countdown < 1000);
}

static void
test_allocation_fails_once(void)
{
    check_sweep(false);
}

static void
test_allocations_fail_from_then_on(void)
{
    check_sweep(true);
}

/* ---- threads ---- */

#define ACCOUNTS 20
#define MONEY 1000

/* What the threads of a test share. */
typedef struct bank {
    sac_memvfs *memvfs; /* immutable, as are the next three */
    const char *journal_mode;
    bool token; /* writers and checkpoints queue on `mutex` */
    int rounds;
    sac_mutex mutex;
    atomic_int next_seed;
    atomic_int transfers;
} bank;

/* -> whether the transfer was committed. */
static bool
transfer(sqlite3 *db, int from, int to)
{
    char sql[160];
    (void)snprintf(sql, sizeof(sql),
                   "UPDATE account SET money = money - 1 WHERE id = %d;"
                   "UPDATE account SET money = money + 1 WHERE id = %d;"
                   "INSERT INTO journal(note) VALUES (hex(randomblob(300)))",
                   from, to);
    int rc = db_try(db, "BEGIN IMMEDIATE");
    if (rc == SQLITE_OK) {
        rc = db_try(db, sql);
        if (rc == SQLITE_OK) {
            rc = db_try(db, "COMMIT");
        }
        if (rc != SQLITE_OK) {
            (void)db_try(db, "ROLLBACK"); /* perhaps SQLite did it already */
        }
    }
    CHECK(rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY);
    return rc == SQLITE_OK;
}

static void
write_once(bank *shared, sqlite3 *db, int round, int seed)
{
    int from = (round * 7 + seed) % ACCOUNTS;
    int to = (round * 3 + seed + 1) % ACCOUNTS;
    if (shared->token) {
        sac_mutex_lock(&shared->mutex);
    }
    if (transfer(db, from, to)) {
        atomic_fetch_add(&shared->transfers, 1);
    }
    if (shared->token) {
        if (round % 10 == 0) {
            int rc =
                db_try(db, round % 20 == 0 ? "PRAGMA wal_checkpoint(TRUNCATE)"
                                           : "PRAGMA wal_checkpoint(PASSIVE)");
            CHECK(rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY);
        }
        sac_mutex_unlock(&shared->mutex);
    }
}

static void *
work_at_bank(void *arg)
{
    bank *shared = arg;
    int seed = atomic_fetch_add(&shared->next_seed, 1);
    sqlite3 *db = db_open(shared->memvfs, "db");
    if (db == NULL) {
        return NULL;
    }
    (void)sqlite3_busy_timeout(db, 60000);
    db_run(db, "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=20");
    for (int round = 0; round < shared->rounds; round++) {
        /* Two statements, one snapshot: money is neither made nor lost. */
        db_run(db, "BEGIN");
        int64_t sum = db_int(db, "SELECT sum(money) FROM account");
        CHECK_INT(sum, ACCOUNTS * MONEY);
        int64_t seen = db_int(db, "SELECT count(*) FROM journal");
        CHECK_INT(db_int(db, "SELECT count(id) FROM journal"), seen);
        db_run(db, "COMMIT");
        write_once(shared, db, round, seed);
    }
    db_close(db);
    return NULL;
}

static void
check_bank(const char *journal_mode, bool token, int rounds)
{
    bank shared = {
        .journal_mode = journal_mode, .token = token, .rounds = rounds};
    char sql[300];
    shared.memvfs = db_vfs();
    CHECK_INT(sac_mutex_init(&shared.mutex), 0);
    sqlite3 *db = db_open(shared.memvfs, "db");
    (void)snprintf(sql, sizeof(sql), "PRAGMA journal_mode=%s", journal_mode);
    CHECK_SQL(db, sql, journal_mode);
    (void)snprintf(sql, sizeof(sql),
                   "CREATE TABLE journal(id INTEGER PRIMARY KEY, note);"
                   "CREATE TABLE account(id INTEGER PRIMARY KEY, money);"
                   "WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1"
                   " FROM c WHERE i < %d) INSERT INTO account SELECT i, %d"
                   " FROM c",
                   ACCOUNTS - 1, MONEY);
    db_run(db, sql);
    sac_thread threads[4];
    for (int i = 0; i < 4; i++) {
        CHECK_INT(sac_thread_start(&threads[i], work_at_bank, &shared), 0);
    }
    for (int i = 0; i < 4; i++) {
        sac_thread_join(&threads[i]);
    }
    /* Every acknowledged commit is there, and no other. */
    CHECK(atomic_load(&shared.transfers) > 0);
    CHECK_INT(db_int(db, "SELECT count(*) FROM journal"),
              atomic_load(&shared.transfers));
    CHECK_INT(db_int(db, "SELECT sum(money) FROM account"), ACCOUNTS * MONEY);
    CHECK_SQL(db, "PRAGMA integrity_check", "ok");
    db_close(db);
    sac_mutex_fini(&shared.mutex);
    sac_memvfs_free(shared.memvfs);
}

static void
test_threads_with_checkpoints(void)
{
    check_bank("wal", true, 150);
}

/* Writers meet inside SQLite.  No checkpoints: until 3.51.3 a checkpoint and
 * a commit at the same instant could lose the commit. */
static void
test_threads_contend_for_the_writer(void)
{
    check_bank("wal", false, 60);
}

static void
test_threads_on_a_rollback_journal(void)
{
    check_bank("delete", false, 20);
}

/* Connections come and go: the last one out checkpoints and deletes the WAL,
 * the next one in makes both anew. */
static void *
come_and_go(void *arg)
{
    bank *shared = arg;
    for (int i = 0; i < shared->rounds; i++) {
        sqlite3 *db = NULL;
        sac_mutex_lock(&shared->mutex);
        if (CHECK_INT(db_try_open(shared->memvfs, "db", &db), SQLITE_OK)) {
            (void)sqlite3_busy_timeout(db, 60000);
            db_run(db, "INSERT INTO t VALUES (1)");
            atomic_fetch_add(&shared->transfers, 1);
        }
        sac_mutex_unlock(&shared->mutex);
        CHECK(db_int(db, "SELECT count(*) FROM t") > 0);
        db_close(db);
    }
    return NULL;
}

static void
test_connections_come_and_go(void)
{
    bank shared = {.rounds = 40};
    shared.memvfs = db_vfs();
    CHECK_INT(sac_mutex_init(&shared.mutex), 0);
    sqlite3 *db = db_open(shared.memvfs, "db");
    CHECK_SQL(db, "PRAGMA journal_mode=WAL", "wal");
    db_run(db, "CREATE TABLE t(v)");
    db_close(db);
    sac_thread threads[4];
    for (int i = 0; i < 4; i++) {
        CHECK_INT(sac_thread_start(&threads[i], come_and_go, &shared), 0);
    }
    for (int i = 0; i < 4; i++) {
        sac_thread_join(&threads[i]);
    }
    db = db_open(shared.memvfs, "db");
    CHECK_INT(db_int(db, "SELECT count(*) FROM t"),
              atomic_load(&shared.transfers));
    CHECK_SQL(db, "PRAGMA integrity_check", "ok");
    db_close(db);
    sac_mutex_fini(&shared.mutex);
    sac_memvfs_free(shared.memvfs);
}

TEST_MAIN(
    {"full", test_full}, {"space_is_given_back", test_space_is_given_back},
    {"allocation_fails_once", test_allocation_fails_once},
    {"allocations_fail_from_then_on", test_allocations_fail_from_then_on},
    {"threads_with_checkpoints", test_threads_with_checkpoints},
    {"threads_contend_for_the_writer", test_threads_contend_for_the_writer},
    {"threads_on_a_rollback_journal", test_threads_on_a_rollback_journal},
    {"connections_come_and_go", test_connections_come_and_go})
