/* Connections and SQL for C tests that need a database of their own, most of
 * all for those of the in-memory VFS. */
#ifndef SAC_TESTS_DATABASE_H
#define SAC_TESTS_DATABASE_H

#include "test.h"

#include <sqlite3.h>

#include "engine/memvfs.h"

/* -> new VFS, checked. */
static inline sac_memvfs *
db_vfs(void)
{
    sac_memvfs *memvfs = NULL;
    CHECK_INT(sac_memvfs_new(&memvfs), SQLITE_OK);
    return memvfs;
}

/* -> SQLITE_OK and *out to be closed, or a code and *out NULL. */
static inline int
db_try_open(const sac_memvfs *memvfs, const char *name, sqlite3 **out)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI |
                SQLITE_OPEN_NOMUTEX;
    char uri[128];
    (void)snprintf(uri, sizeof(uri), "file:/%s?vfs=%s", name,
                   sac_memvfs_name(memvfs));
    int rc = sqlite3_open_v2(uri, out, flags, NULL);
    if (rc != SQLITE_OK) {
        (void)sqlite3_close(*out);
        *out = NULL;
    }
    return rc;
}

static inline sqlite3 *
db_open(const sac_memvfs *memvfs, const char *name)
{
    sqlite3 *db = NULL;
    CHECK_INT(db_try_open(memvfs, name, &db), SQLITE_OK);
    return db;
}

#define db_close(db) CHECK_INT(sqlite3_close(db), SQLITE_OK)

/* Runs statements, rows ignored.  -> extended code. */
static inline int
db_try(sqlite3 *db, const char *sql)
{
    (void)sqlite3_extended_result_codes(db, 1);
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

#define db_run(db, sql) CHECK_INT(db_try((db), (sql)), SQLITE_OK)

/* -> the first column of the first row; -rc - 1000 when there is none. */
static inline int64_t
db_int(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(statement);
    }
    int64_t value = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0)
                                     : -(int64_t)rc - 1000;
    (void)sqlite3_finalize(statement); /* repeats the code of the step */
    return value;
}

/* As text, into `out`.  -> out, empty when there is no row. */
static inline const char *
db_text(sqlite3 *db, const char *sql, char *out, size_t length)
{
    sqlite3_stmt *statement = NULL;
    out[0] = '\0';
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        const unsigned char *text = sqlite3_column_text(statement, 0);
        (void)snprintf(out, length, "%s",
                       text != NULL ? (const char *)text : "");
    }
    (void)sqlite3_finalize(statement);
    return out;
}

#define CHECK_SQL(db, sql, wanted)                                    \
    do {                                                              \
        char test_text[200];                                          \
        CHECK_STR(db_text((db), (sql), test_text, sizeof(test_text)), \
                  (wanted));                                          \
    } while (0)

#endif
