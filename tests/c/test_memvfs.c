/* engine/memvfs.h: databases in memory, WAL and rollback journal, one and
 * several connections.  Full disks, spent memory and threads are in
 * test_memvfs_faults.c; the methods one by one in test_memvfs_methods.c. */
#include "database.h"

#define MANY_ROWS                                                    \
    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c" \
    " WHERE i < 1000) INSERT INTO t(v) SELECT i FROM c"

static sqlite3 *
open_wal(const sac_memvfs *memvfs, const char *name)
{
    sqlite3 *db = db_open(memvfs, name);
    CHECK_SQL(db, "PRAGMA journal_mode=WAL", "wal");
    return db;
}

static void
test_registration(void)
{
    sqlite3_vfs *standard = sqlite3_vfs_find(NULL);
    sac_memvfs *one = db_vfs();
    sac_memvfs *two = db_vfs();
    CHECK(strcmp(sac_memvfs_name(one), sac_memvfs_name(two)) != 0);
    CHECK(sqlite3_vfs_find(sac_memvfs_name(one)) != NULL);
    CHECK(sqlite3_vfs_find(NULL) == standard);
    char name[64];
    (void)snprintf(name, sizeof(name), "%s", sac_memvfs_name(one));
    sac_memvfs_free(one);
    CHECK(sqlite3_vfs_find(name) == NULL);
    sac_memvfs_free(two);
    sac_memvfs_free(NULL);
    CHECK(sqlite3_vfs_find(NULL) == standard);
}

static void
test_two_vfs_share_nothing(void)
{
    sac_memvfs *one = db_vfs();
    sac_memvfs *two = db_vfs();
    sqlite3 *a = db_open(one, "same");
    sqlite3 *b = db_open(two, "same");
    db_run(a, "CREATE TABLE t(v)");
    CHECK_INT(db_int(b, "SELECT count(*) FROM sqlite_schema"), 0);
    db_close(a);
    db_close(b);
    sac_memvfs_free(one);
    sac_memvfs_free(two);
}

static void
test_database_outlives_its_connections(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3 *db = open_wal(memvfs, "db");
    db_run(db, "CREATE TABLE t(v)");
    db_run(db, MANY_ROWS);
    db_close(db);
    db = db_open(memvfs, "db");
    CHECK_SQL(db, "PRAGMA journal_mode", "wal");
    CHECK_INT(db_int(db, "SELECT count(*) FROM t"), 1000);
    CHECK_SQL(db, "PRAGMA integrity_check", "ok");
    db_close(db);
    sac_memvfs_free(memvfs);
}

static void
test_wal_is_recovered(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3 *db = open_wal(memvfs, "db");
    /* The last close leaves the WAL, but the index in shared memory goes. */
    CHECK_INT(sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL),
              SQLITE_OK);
    db_run(db, "PRAGMA wal_autocheckpoint=0");
    db_run(db, "CREATE TABLE t(v)");
    db_run(db, MANY_ROWS);
    db_close(db);
    db = db_open(memvfs, "db");
    CHECK_INT(db_int(db, "SELECT count(*) FROM t"), 1000);
    CHECK(db_int(db, "PRAGMA wal_checkpoint(TRUNCATE)") == 0);
    CHECK_SQL(db, "PRAGMA integrity_check", "ok");
    db_close(db);
    sac_memvfs_free(memvfs);
}

/* A reader in the middle of a SELECT, a writer that commits: both go on. */
static void
test_snapshots(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3 *writer = open_wal(memvfs, "db");
    db_run(writer, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
    db_run(writer, MANY_ROWS);
    sqlite3 *reader = db_open(memvfs, "db");
    sqlite3_stmt *rows = NULL;
    CHECK_INT(sqlite3_prepare_v2(reader, "SELECT v FROM t ORDER BY id", -1,
                                 &rows, NULL),
              SQLITE_OK);
    CHECK_INT(sqlite3_step(rows), SQLITE_ROW);
    db_run(writer, "BEGIN IMMEDIATE");
    db_run(writer, "UPDATE t SET v = v + 5000");
    /* An open write transaction is no obstacle, nor is it seen. */
    CHECK_INT(db_int(reader, "SELECT max(v) FROM t"), 1000);
    db_run(writer, "COMMIT");
    db_run(writer, "DELETE FROM t WHERE id > 500");
    CHECK_INT(db_int(writer, "SELECT count(*) FROM t"), 500);
    int64_t seen = 1;
    int64_t sum = sqlite3_column_int64(rows, 0);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        sum += sqlite3_column_int64(rows, 0);
        seen++;
    }
    CHECK_INT(seen, 1000);
    CHECK_INT(sum, 500500);
    CHECK_INT(sqlite3_finalize(rows), SQLITE_OK);
    CHECK_INT(db_int(reader, "SELECT count(*) FROM t"), 500);
    CHECK_INT(db_int(reader, "SELECT min(v) FROM t"), 5001);
    db_close(reader);
    db_close(writer);
    sac_memvfs_free(memvfs);
}

static void
test_one_writer_at_a_time(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3 *a = open_wal(memvfs, "db");
    sqlite3 *b = db_open(memvfs, "db");
    db_run(a, "CREATE TABLE t(v)");
    db_run(b, "BEGIN");
    CHECK_INT(db_int(b, "SELECT count(*) FROM t"), 0);
    db_run(a, "BEGIN IMMEDIATE");
    db_run(a, "INSERT INTO t VALUES (1)");
    CHECK_INT(db_try(b, "INSERT INTO t VALUES (2)"), SQLITE_BUSY);
    db_run(a, "COMMIT");
    /* b still stands on its old snapshot and may not write over the new. */
    CHECK_INT(db_try(b, "INSERT INTO t VALUES (2)"), SQLITE_BUSY_SNAPSHOT);
    db_run(b, "ROLLBACK");
    db_run(b, "INSERT INTO t VALUES (2)");
    CHECK_INT(db_int(a, "SELECT sum(v) FROM t"), 3);
    db_close(a);
    db_close(b);
    sac_memvfs_free(memvfs);
}

static void
check_rollback(const char *journal_mode)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3 *db = db_open(memvfs, "db");
    char pragma[64];
    (void)snprintf(pragma, sizeof(pragma), "PRAGMA journal_mode=%s",
                   journal_mode);
    CHECK_SQL(db, pragma, journal_mode);
    db_run(db, "PRAGMA cache_size=10"); /* dirty pages spill to the file */
    db_run(db, "CREATE TABLE t(v)");
    db_run(db, MANY_ROWS);
    for (int i = 0; i < 3; i++) {
        db_run(db, "BEGIN");
        db_run(db, "UPDATE t SET v = hex(randomblob(400))");
        db_run(db, "SAVEPOINT s");
        db_run(db, "DELETE FROM t");
        db_run(db, "ROLLBACK TO s");
        CHECK_INT(db_int(db, "SELECT count(*) FROM t"), 1000);
        db_run(db, "ROLLBACK");
        CHECK_INT(db_int(db, "SELECT sum(v) FROM t"), 500500);
        CHECK_SQL(db, "PRAGMA integrity_check", "ok");
    }
    db_run(db, "UPDATE t SET v = v + 1");
    CHECK_INT(db_int(db, "SELECT sum(v) FROM t"), 501500);
    db_close(db);
    db = db_open(memvfs, "db");
    CHECK_INT(db_int(db, "SELECT sum(v) FROM t"), 501500);
    db_close(db);
    sac_memvfs_free(memvfs);
}

static void
test_rollback(void)
{
    check_rollback("wal");
    check_rollback("delete");
    check_rollback("truncate");
    check_rollback("persist");
    check_rollback("memory");
}

static void
test_checkpoints(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3 *db = open_wal(memvfs, "db");
    sqlite3 *reader = db_open(memvfs, "db");
    db_run(db, "PRAGMA wal_autocheckpoint=0");
    db_run(db, "CREATE TABLE t(v)");
    db_run(db, MANY_ROWS);
    int log = -1;
    int done = -1;
    CHECK_INT(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                        &log, &done),
              SQLITE_OK);
    CHECK(log > 0);
    CHECK_INT(done, log);
    db_run(reader, "BEGIN");
    CHECK_INT(db_int(reader, "SELECT count(*) FROM t"), 1000);
    db_run(db, "DELETE FROM t");
    /* The reader needs the old pages: nothing may be taken from it. */
    CHECK_INT(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
                                        &log, &done),
              SQLITE_BUSY);
    CHECK_INT(db_int(reader, "SELECT count(*) FROM t"), 1000);
    db_run(reader, "COMMIT");
    CHECK_INT(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
                                        &log, &done),
              SQLITE_OK);
    CHECK_INT(log, 0);
    CHECK_INT(db_int(reader, "SELECT count(*) FROM t"), 0);
    db_run(db, MANY_ROWS);
    CHECK_INT(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_RESTART,
                                        &log, &done),
              SQLITE_OK);
    CHECK_INT(db_int(reader, "SELECT count(*) FROM t"), 1000);
    CHECK_SQL(reader, "PRAGMA integrity_check", "ok");
    db_close(reader);
    db_close(db);
    sac_memvfs_free(memvfs);
}

/* Without WAL: readers beside a prepared writer, a commit that waits for
 * them, and no new readers while it does. */
static void
test_rollback_journal_locks(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3 *a = db_open(memvfs, "db");
    sqlite3 *b = db_open(memvfs, "db");
    sqlite3 *c = db_open(memvfs, "db");
    CHECK_SQL(a, "PRAGMA journal_mode", "delete");
    db_run(a, "CREATE TABLE t(v)");
    CHECK_INT(db_int(c, "SELECT count(*) FROM t"), 0);
    db_run(b, "BEGIN");
    CHECK_INT(db_int(b, "SELECT count(*) FROM t"), 0);
    db_run(a, "BEGIN IMMEDIATE");
    db_run(a, "INSERT INTO t VALUES (1)");
    CHECK_INT(db_try(c, "BEGIN IMMEDIATE"), SQLITE_BUSY);
    CHECK_INT(db_int(c, "SELECT count(*) FROM t"), 0);
    CHECK_INT(db_try(a, "COMMIT"), SQLITE_BUSY);
    CHECK_INT(db_int(c, "SELECT count(*) FROM t"), -SQLITE_BUSY - 1000);
    CHECK_INT(db_int(b, "SELECT count(*) FROM t"), 0);
    db_run(b, "COMMIT");
    db_run(a, "COMMIT");
    CHECK_INT(db_int(b, "SELECT count(*) FROM t"), 1);
    CHECK_INT(db_int(c, "SELECT count(*) FROM t"), 1);
    db_close(a);
    db_close(b);
    db_close(c);
    sac_memvfs_free(memvfs);
}

static void
test_change_of_journal_mode(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3 *db = open_wal(memvfs, "db");
    db_run(db, "CREATE TABLE t(v)");
    db_run(db, MANY_ROWS);
    CHECK_SQL(db, "PRAGMA journal_mode=DELETE", "delete");
    CHECK_INT(db_int(db, "SELECT count(*) FROM t"), 1000);
    CHECK_SQL(db, "PRAGMA journal_mode=WAL", "wal");
    sqlite3 *other = db_open(memvfs, "db");
    CHECK_INT(db_int(other, "SELECT count(*) FROM t"), 1000);
    /* Not while another connection has it. */
    CHECK_SQL(db, "PRAGMA journal_mode=DELETE", "");
    CHECK_SQL(db, "PRAGMA journal_mode", "wal");
    db_close(other);
    db_run(db, "PRAGMA locking_mode=EXCLUSIVE");
    db_run(db, MANY_ROWS);
    other = db_open(memvfs, "db");
    CHECK_INT(db_try(other, "INSERT INTO t VALUES (1)"), SQLITE_BUSY);
    db_close(other);
    CHECK_INT(db_int(db, "SELECT count(*) FROM t"), 2000);
    db_close(db);
    sac_memvfs_free(memvfs);
}

static void
test_vacuum_attach_and_temporary_files(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3 *db = open_wal(memvfs, "db");
    db_run(db, "PRAGMA temp_store=FILE");
    db_run(db, "PRAGMA cache_size=10");
    db_run(db, "CREATE TABLE t(v)");
    db_run(db, "ATTACH 'file:/other' AS other");
    db_run(db, "CREATE TABLE other.u(v)");
    db_run(db, "BEGIN; INSERT INTO t VALUES (1);"
               "INSERT INTO u VALUES (2); COMMIT");
    db_run(db, MANY_ROWS);
    db_run(db, "CREATE TEMP TABLE big AS SELECT hex(randomblob(500)) AS x"
               " FROM t");
    CHECK_INT(db_int(db, "SELECT count(DISTINCT x) FROM big"), 1001);
    CHECK_INT(db_int(db, "SELECT length(x) FROM big ORDER BY x"), 1000);
    int64_t pages = db_int(db, "PRAGMA page_count");
    db_run(db, "DELETE FROM t WHERE v > 10");
    db_run(db, "VACUUM");
    CHECK(db_int(db, "PRAGMA page_count") < pages);
    CHECK_INT(db_int(db, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
    CHECK_SQL(db, "PRAGMA integrity_check", "ok");
    CHECK_INT(db_int(db, "SELECT v FROM u"), 2);
    db_close(db);
    sac_memvfs_free(memvfs);
}

static void
test_every_page_size(void)
{
    sac_memvfs *memvfs = db_vfs();
    for (int size = 512; size <= 65536; size *= 2) {
        char text[64];
        (void)snprintf(text, sizeof(text), "db%d", size);
        sqlite3 *db = db_open(memvfs, text);
        (void)snprintf(text, sizeof(text), "PRAGMA page_size=%d", size);
        db_run(db, text);
        CHECK_SQL(db, "PRAGMA journal_mode=WAL", "wal");
        CHECK_INT(db_int(db, "PRAGMA page_size"), size);
        db_run(db, "CREATE TABLE t(v)");
        db_run(db, "INSERT INTO t VALUES (zeroblob(300000))");
        db_run(db, MANY_ROWS);
        CHECK_INT(db_int(db, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
        db_run(db, "UPDATE t SET v = v + 1 WHERE v = 1000");
        db_close(db);
        (void)snprintf(text, sizeof(text), "db%d", size);
        db = db_open(memvfs, text);
        CHECK_SQL(db, "PRAGMA integrity_check", "ok");
        CHECK_INT(db_int(db, "SELECT count(*) FROM t"), 1001);
        db_close(db);
    }
    sac_memvfs_free(memvfs);
}

TEST_MAIN({"registration", test_registration},
          {"two_vfs_share_nothing", test_two_vfs_share_nothing},
          {"database_outlives_its_connections",
           test_database_outlives_its_connections},
          {"wal_is_recovered", test_wal_is_recovered},
          {"snapshots", test_snapshots},
          {"one_writer_at_a_time", test_one_writer_at_a_time},
          {"rollback", test_rollback}, {"checkpoints", test_checkpoints},
          {"rollback_journal_locks", test_rollback_journal_locks},
          {"change_of_journal_mode", test_change_of_journal_mode},
          {"vacuum_attach_and_temporary_files",
           test_vacuum_attach_and_temporary_files},
          {"every_page_size", test_every_page_size})
