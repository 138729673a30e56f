/* engine/handle.h and engine/store.h: opening, the guard, going home. */
#include "driver.h"

#include <sys/stat.h>

#include "engine/store.h"

/* steals nothing: options are the caller's.  -> opened or, with `status`
 * checked, failed and freed. */
static sac_handle *
open_checked(const sac_options *options, sac_store *store, sac_error *err)
{
    sac_handle *handle = sac_handle_new(options);
    sac_error_init(err);
    if (sac_handle_open(handle, store, err) != SAC_OK) {
        CHECK(handle->db == NULL);
        sac_handle_free(handle);
        return NULL;
    }
    sac_error_fini(err);
    return handle;
}

static sac_handle *
open_handle(const sac_options *options, sac_store *store)
{
    sac_error err;
    sac_handle *handle = open_checked(options, store, &err);
    CHECK(handle != NULL);
    return handle;
}

/* ---- opening --------------------------------------------------------- */

static void
test_memory_is_shared_through_its_store(void)
{
    sac_options options = options_of(NULL);
    sac_store *store = sac_store_new();
    sac_store *other = sac_store_new();
    CHECK(strcmp(sac_store_vfs(store), sac_store_vfs(other)) != 0);
    sac_handle *a = open_handle(&options, store);
    sac_handle *b = open_handle(&options, store);
    sac_handle *c = open_handle(&options, other);
    CHECK_SQL(a->db, "PRAGMA journal_mode", "wal");
    db_run(a->db, "CREATE TABLE t(a); INSERT INTO t VALUES(7)");
    CHECK_INT(db_int(b->db, "SELECT a FROM t"), 7);
    CHECK_INT(db_int(c->db, "SELECT count(*) FROM sqlite_master"), 0);
    CHECK(a->opened_ns > 0);
    sac_handle_free(a);
    sac_store_release(store); /* b keeps the data */
    CHECK_INT(db_int(b->db, "SELECT a FROM t"), 7);
    sac_handle_free(b);
    sac_handle_free(c);
    sac_store_release(sac_store_retain(other));
    sac_store_release(other);
    sac_store_release(NULL);
    sac_handle_free(NULL);
}

static void
test_file_is_opened_as_the_options_say(void)
{
    temp t;
    temp_init(&t);
    sac_options options = options_of(t.file);
    options_add_setup(&options, "PRAGMA foreign_keys=ON");
    options_add_setup(&options, "PRAGMA cache_size=-77");
    sac_handle *handle = open_handle(&options, NULL);
    CHECK_SQL(handle->db, "PRAGMA journal_mode", "wal");
    CHECK_INT(db_int(handle->db, "PRAGMA foreign_keys"), 1);
    CHECK_INT(db_int(handle->db, "PRAGMA cache_size"), -77);
    db_run(handle->db, "CREATE TABLE t(a)");
    CHECK_INT(access(t.file, F_OK), 0);
    /* extended codes come back from every call */
    CHECK_INT(sqlite3_exec(handle->db,
                           "CREATE UNIQUE INDEX u ON t(a);"
                           "INSERT INTO t VALUES(1),(1)",
                           NULL, NULL, NULL),
              SQLITE_CONSTRAINT_UNIQUE);
    sac_handle_free(handle);
    options.wal = false;
    options.create = false;
    handle = open_handle(&options, NULL);
    CHECK_SQL(handle->db, "PRAGMA journal_mode", "wal"); /* it stays so */
    sac_handle_free(handle);
    sac_options_fini(&options);
    CHECK(options.path == NULL && options.setup_count == 0);
    temp_fini(&t);
}

static void
test_a_uri_is_one_only_when_asked(void)
{
    temp t;
    temp_init(&t);
    char uri[128];
    (void)snprintf(uri, sizeof(uri), "file:%s?mode=ro", t.file);
    sac_options options = options_of(uri);
    sac_error err;
    options.uri = true; /* read-only, and there is no file */
    CHECK(open_checked(&options, NULL, &err) == NULL);
    CHECK_INT(err.code, SQLITE_CANTOPEN);
    sac_error_fini(&err);
    options.uri = false; /* a strange file name: its folder is missing */
    CHECK(open_checked(&options, NULL, &err) == NULL);
    CHECK_INT(err.code, SQLITE_CANTOPEN);
    sac_error_fini(&err);
    sac_options_fini(&options);
    temp_fini(&t);
}

static void
check_refused(const sac_options *options, int code)
{
    sac_error err;
    CHECK(open_checked(options, NULL, &err) == NULL);
    CHECK_INT(err.status, SAC_ERR_SQLITE);
    CHECK_INT(err.code, code);
    CHECK(err.message != NULL);
    sac_error_fini(&err);
}

static void
test_open_failures(void)
{
    temp t;
    temp_init(&t);
    sac_options options = options_of("/nonexistent/folder/data.db");
    check_refused(&options, SQLITE_CANTOPEN);
    sac_options_fini(&options);

    options = options_of(t.file);
    options.create = false;
    check_refused(&options, SQLITE_CANTOPEN);
    options.create = true;
    options.read_only = true;
    check_refused(&options, SQLITE_CANTOPEN);
    options.read_only = false;
    FILE *file = fopen(t.file, "w");
    for (int i = 0; i < 200; i++) {
        (void)fputs("no database, just words. ", file);
    }
    (void)fclose(file);
    check_refused(&options, SQLITE_NOTADB);
    (void)unlink(t.file);
    options_add_setup(&options, "CREATE TABLE t(a)");
    options_add_setup(&options, "SELECT nothing");
    check_refused(&options, SQLITE_ERROR);
    sac_options_fini(&options);
    temp_fini(&t);
}

static void
test_read_only(void)
{
    temp t;
    temp_init(&t);
    sqlite3 *db = temp_stranger(&t);
    db_run(db, "CREATE TABLE t(a); INSERT INTO t VALUES(3)");
    db_close(db);
    sac_options options = options_of(t.file);
    options.read_only = true;
    sac_handle *handle = open_handle(&options, NULL);
    CHECK_INT(db_int(handle->db, "SELECT a FROM t"), 3);
    CHECK_SQL(handle->db, "PRAGMA journal_mode", "delete"); /* untouched */
    CHECK_INT(db_try(handle->db, "DELETE FROM t") & 0xff, SQLITE_READONLY);
    sac_handle_free(handle);
    sac_options_fini(&options);
    /* asked for WAL on a file that it turns out it may not write */
    char uri[128];
    (void)snprintf(uri, sizeof(uri), "file:%s?mode=ro", t.file);
    options = options_of(uri);
    options.uri = true;
    handle = open_handle(&options, NULL);
    CHECK_INT(db_int(handle->db, "SELECT a FROM t"), 3);
    sac_handle_free(handle);
    sac_options_fini(&options);
    temp_fini(&t);
}

static void
test_open_respects_the_deadline(void)
{
    temp t;
    temp_init(&t);
    sqlite3 *stranger = temp_stranger(&t);
    db_run(stranger, "CREATE TABLE t(a); BEGIN EXCLUSIVE");
    sac_options options = options_of(t.file);
    options.busy_timeout_ms = 30;
    int64_t started = sac_clock_ns();
    check_refused(&options, SQLITE_BUSY);
    CHECK(sac_clock_ns() - started >= 30 * INT64_C(1000000));
    db_run(stranger, "COMMIT");
    sac_handle *handle = open_handle(&options, NULL);
    CHECK_SQL(handle->db, "PRAGMA journal_mode", "wal");
    sac_handle_free(handle);
    sac_options_fini(&options);
    db_close(stranger);
    temp_fini(&t);
}

/* ---- the guard ------------------------------------------------------- */

static const char count_many[] = NUMBERS(100000, "count(*)");

static void
test_progress_inline(void)
{
    sac_options options = options_of(NULL);
    sac_store *store = sac_store_new();
    sac_handle *handle = open_handle(&options, store);
    handle->guard =
        (sac_guard){.inside = true, .abortable = true, .budget = 20000};
    CHECK_INT(db_try(handle->db, count_many), SQLITE_INTERRUPT);
    CHECK_INT(handle->guard.used, 2 * 20000);
    handle->guard = (sac_guard){.inside = true, .budget = 20000};
    db_run(handle->db, count_many); /* not abortable: to its end */
    CHECK(handle->guard.used > 100000);
    handle->guard = (sac_guard){.abortable = true, .budget = 1};
    db_run(handle->db, count_many); /* the budget is for inline runs */
    sac_handle_free(handle);
    sac_store_release(store);
}

static void
test_progress_on_a_worker(void)
{
    sac_options options = options_of(NULL);
    sac_store *store = sac_store_new();
    sac_handle *handle = open_handle(&options, store);
    atomic_bool cancel;
    atomic_init(&cancel, false);
    handle->guard = (sac_guard){.cancel = &cancel};
    db_run(handle->db, count_many);
    atomic_store(&cancel, true);
    CHECK_INT(db_try(handle->db, ENDLESS("", "count(*)")), SQLITE_INTERRUPT);
    /* inline nobody looks at the token: it ends between two statements */
    handle->guard = (sac_guard){.inside = true, .cancel = &cancel};
    db_run(handle->db, count_many);
    sac_handle_free(handle);
    sac_store_release(store);
}

static void
test_busy_handler(void)
{
    temp t;
    temp_init(&t);
    sac_options options = options_of(t.file);
    sac_handle *handle = open_handle(&options, NULL);
    db_run(handle->db, "CREATE TABLE t(a)");
    sqlite3 *stranger = temp_stranger(&t);
    db_run(stranger, "BEGIN IMMEDIATE");
    atomic_bool cancel;
    atomic_init(&cancel, true);
    int64_t never = INT64_MAX;
    handle->guard = (sac_guard){.inside = true, .busy_deadline = never};
    CHECK_INT(db_try(handle->db, "INSERT INTO t VALUES(1)"), SQLITE_BUSY);
    handle->guard = (sac_guard){.cancel = &cancel, .busy_deadline = never};
    CHECK_INT(db_try(handle->db, "INSERT INTO t VALUES(1)"), SQLITE_BUSY);
    int64_t deadline = sac_clock_ns() + 20 * INT64_C(1000000);
    handle->guard = (sac_guard){.busy_deadline = deadline};
    CHECK_INT(db_try(handle->db, "INSERT INTO t VALUES(1)"), SQLITE_BUSY);
    CHECK(sac_clock_ns() >= deadline);
    db_run(stranger, "COMMIT");
    db_run(handle->db, "INSERT INTO t VALUES(1)");
    db_close(stranger);
    sac_handle_free(handle);
    sac_options_fini(&options);
    temp_fini(&t);
}

/* ---- going home ------------------------------------------------------ */

static void
test_reset(void)
{
    sac_options options = options_of(NULL);
    sac_store *store = sac_store_new();
    sac_handle *handle = sac_handle_new(&options);
    CHECK(!sac_handle_in_transaction(handle));
    CHECK(sac_handle_reset(handle)); /* not opened */
    sac_handle_free(handle);
    handle = open_handle(&options, store);
    db_run(handle->db, "CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES(1)");
    CHECK(sac_handle_in_transaction(handle));
    /* left-overs of a call that ended badly must not stop the rollback */
    atomic_bool cancel;
    atomic_init(&cancel, true);
    handle->guard.cancel = &cancel;
    handle->guard.inside = true;
    CHECK(sac_handle_reset(handle));
    CHECK(handle->guard.cancel == NULL && !handle->guard.inside);
    CHECK(!sac_handle_in_transaction(handle));
    CHECK_INT(db_int(handle->db, "SELECT count(*) FROM t"), 0);
    CHECK(sac_handle_reset(handle));
    handle->broken = true;
    CHECK(!sac_handle_reset(handle));
    sac_handle_free(handle);
    sac_store_release(store);
}

static void
test_a_live_statement_does_not_leak_the_connection(void)
{
    sac_options options = options_of(NULL);
    sac_store *store = sac_store_new();
    sac_handle *handle = open_handle(&options, store);
    sqlite3_stmt *stmt = NULL;
    CHECK_INT(sqlite3_prepare_v2(handle->db, "VALUES(1)", -1, &stmt, NULL),
              SQLITE_OK);
    CHECK_INT(sqlite3_step(stmt), SQLITE_ROW);
    (void)sac_store_retain(store); /* the zombie's VFS */
    sac_handle_free(handle);
    CHECK_INT(sqlite3_finalize(stmt), SQLITE_OK);
    sac_store_release(store);
    sac_store_release(store);
}

static void
test_wal_frames_and_checkpoint(void)
{
    temp t;
    temp_init(&t);
    sac_options options = options_of(t.file);
    sac_handle *handle = open_handle(&options, NULL);
    CHECK_INT(handle->wal_frames, 0);
    db_run(handle->db, "CREATE TABLE t(a)");
    int before = handle->wal_frames;
    CHECK(before > 0);
    db_run(handle->db, "INSERT INTO t VALUES(zeroblob(20000))");
    CHECK(handle->wal_frames > before);
    /* A reader of the old snapshot leaves the rest for the next time. */
    sqlite3 *stranger = temp_stranger(&t);
    db_run(stranger, "BEGIN; SELECT * FROM t");
    db_run(handle->db, "INSERT INTO t VALUES(zeroblob(40000))");
    sac_handle_checkpoint(handle);
    CHECK(handle->wal_frames > 0);
    db_run(stranger, "COMMIT");
    sac_handle_checkpoint(handle);
    CHECK_INT(handle->wal_frames, 0);
    db_close(stranger);
    /* nothing checkpoints by itself: the file stays as long as it was */
    struct stat old;
    struct stat now;
    CHECK_INT(stat(t.file, &old), 0);
    db_run(handle->db, "INSERT INTO t SELECT zeroblob(8000000)");
    CHECK_INT(stat(t.file, &now), 0);
    CHECK_INT(now.st_size, old.st_size);
    CHECK(handle->wal_frames > 1000);
    /* another database's frames are not ours */
    before = handle->wal_frames;
    db_run(handle->db, "ATTACH ':memory:' AS aux; CREATE TABLE aux.u(a)");
    CHECK_INT(handle->wal_frames, before);
    sac_handle_free(handle);
    sac_options_fini(&options);
    temp_fini(&t);
}

static void
test_moved(void)
{
    temp t;
    temp_init(&t);
    char elsewhere[128];
    (void)snprintf(elsewhere, sizeof(elsewhere), "%s.moved", t.file);
    sac_options options = options_of(t.file);
    options.wal = false;
    sac_handle *handle = sac_handle_new(&options);
    CHECK(!sac_handle_moved(handle));
    sac_handle_free(handle);
    handle = open_handle(&options, NULL);
    db_run(handle->db, "CREATE TABLE t(a)");
    CHECK(!sac_handle_moved(handle));
    CHECK_INT(rename(t.file, elsewhere), 0);
    CHECK(sac_handle_moved(handle));
    sac_handle_free(handle);
    sac_options_fini(&options);
    temp_fini(&t);
}

/* ---- no memory ------------------------------------------------------- */

static void
test_open_without_memory(void)
{
    for (int forever = 0; forever < 2; forever++) {
        bool failed = true;
        for (int64_t n = 0; failed; n++) {
            sac_options options = options_of(NULL);
            sac_error err;
            sac_error_init(&err);
            sac_memory_fail_after(n, forever == 1);
            sac_store *store = sac_store_new();
            sac_handle *handle =
                store != NULL ? sac_handle_new(&options) : NULL;
            sac_status status = handle != NULL
                                    ? sac_handle_open(handle, store, &err)
                                    : SAC_ERR_NOMEM;
            sac_memory_fail_after(-1, false);
            failed = sac_memory_failures() > 0;
            /* SQLite forgives some: a file that it can do without */
            CHECK(failed || status == SAC_OK);
            CHECK(status == err.status || handle == NULL);
            CHECK(handle == NULL ||
                  (handle->db != NULL) == (status == SAC_OK));
            sac_handle_free(handle);
            sac_store_release(store);
            sac_error_fini(&err);
            if (!CHECK(n < 2000)) {
                return;
            }
        }
    }
}

TEST_MAIN({"memory_is_shared_through_its_store",
           test_memory_is_shared_through_its_store},
          {"file_is_opened_as_the_options_say",
           test_file_is_opened_as_the_options_say},
          {"a_uri_is_one_only_when_asked", test_a_uri_is_one_only_when_asked},
          {"open_failures", test_open_failures}, {"read_only", test_read_only},
          {"open_respects_the_deadline", test_open_respects_the_deadline},
          {"progress_inline", test_progress_inline},
          {"progress_on_a_worker", test_progress_on_a_worker},
          {"busy_handler", test_busy_handler}, {"reset", test_reset},
          {"a_live_statement_does_not_leak_the_connection",
           test_a_live_statement_does_not_leak_the_connection},
          {"wal_frames_and_checkpoint", test_wal_frames_and_checkpoint},
          {"moved", test_moved},
          {"open_without_memory", test_open_without_memory})
