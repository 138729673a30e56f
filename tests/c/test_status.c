/* engine/status.h: errors copied from SQLite and elsewhere. */
#include "test.h"

#include <errno.h>
#include <sqlite3.h>

#include "engine/status.h"

static void
test_set_and_move(void)
{
    sac_error err;
    sac_error other;
    sac_error_init(&err);
    sac_error_init(&other);
    CHECK_INT(err.status, SAC_OK);
    CHECK_INT(err.offset, -1);
    CHECK_INT(sac_error_set(&err, SAC_ERR_PARAM_NAME, "age"),
              SAC_ERR_PARAM_NAME);
    CHECK_STR(sac_error_text(&err), "age");
    /* its own message, which is freed by the setting */
    (void)sac_error_set(&err, SAC_ERR_CLOSED, err.message);
    CHECK_STR(sac_error_text(&err), "age");
    CHECK_INT(err.status, SAC_ERR_CLOSED);
    (void)sac_error_set(&other, SAC_ERR_LOST, "gone by the move");
    sac_error_move(&other, &err);
    CHECK_STR(other.message, "age");
    CHECK(err.message == NULL);
    CHECK_INT(err.status, SAC_OK);
    sac_error_move(&other, &other);
    CHECK_STR(other.message, "age");
    sac_error_fini(&other);
    CHECK(other.message == NULL);
    sac_error_fini(&err);
}

static void
test_set_without_memory(void)
{
    sac_error err;
    sac_error_init(&err);
    sac_memory_fail_after(0, true);
    CHECK_INT(sac_error_set(&err, SAC_ERR_PARAM_NAME, "age"),
              SAC_ERR_PARAM_NAME);
    sac_memory_fail_after(-1, false);
    CHECK(err.message == NULL);
    CHECK(strlen(sac_error_text(&err)) > 0);
    sac_error_fini(&err);
}

static void
test_from_sqlite(void)
{
    sac_error err;
    sqlite3 *db = NULL;
    sac_error_init(&err);
    CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
    int rc = sqlite3_exec(db, "select * fro t", NULL, NULL, NULL);
    CHECK_INT(sac_error_from_sqlite(&err, db, rc), SAC_ERR_SQLITE);
    CHECK_INT(err.code, SQLITE_ERROR);
    CHECK(strstr(sac_error_text(&err), "fro") != NULL);
#if SQLITE_VERSION_NUMBER >= 3038000
    CHECK_INT(err.offset, 9);
#endif
    rc = sqlite3_exec(db,
                      "create table t(a unique); insert into t values (1);"
                      "insert into t values (1)",
                      NULL, NULL, NULL);
    CHECK_INT(sac_error_from_sqlite(&err, db, rc), SAC_ERR_SQLITE);
    CHECK_INT(err.code, SQLITE_CONSTRAINT);
    CHECK_INT(err.xcode, SQLITE_CONSTRAINT_UNIQUE);
    CHECK_INT(err.offset, -1);
    /* a code that the handle has not recorded: its message is not borrowed */
    CHECK_INT(sac_error_from_sqlite(&err, db, SQLITE_MISUSE), SAC_ERR_SQLITE);
    CHECK(err.message == NULL);
    CHECK_STR(sac_error_text(&err), sqlite3_errstr(SQLITE_MISUSE));
    CHECK_INT(sac_error_from_sqlite(&err, NULL, SQLITE_TOOBIG),
              SAC_ERR_SQLITE);
    CHECK_INT(err.code, SQLITE_TOOBIG);
    CHECK_INT(sac_error_from_sqlite(&err, db, SQLITE_IOERR_NOMEM),
              SAC_ERR_SQLITE);
    CHECK_INT(sac_error_from_sqlite(&err, db, SQLITE_NOMEM), SAC_ERR_NOMEM);
    CHECK_INT(err.status, SAC_ERR_NOMEM);
    sac_error_fini(&err);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void
test_every_status_has_a_text(void)
{
    sac_error err;
    sac_error_init(&err);
    for (int i = SAC_OK; i <= (int)SAC_ERR_PARAM_NAME; i++) {
        (void)sac_error_set(&err, (sac_status)i, NULL);
        CHECK(strlen(sac_error_text(&err)) > 5);
        CHECK(strcmp(sac_error_text(&err), "unknown error") != 0 ||
              i == SAC_ERR_SQLITE);
    }
    (void)sac_error_set(&err, SAC_ERR_SYSTEM, NULL);
    err.code = ENOENT;
    CHECK_STR(sac_error_text(&err), strerror(ENOENT));
    sac_error_fini(&err);
}

TEST_MAIN({"set_and_move", test_set_and_move},
          {"set_without_memory", test_set_without_memory},
          {"from_sqlite", test_from_sqlite},
          {"every_status_has_a_text", test_every_status_has_a_text})
