/* engine/rows.h and engine/columns.h: packed results. */
#include "test.h"

#include <sqlite3.h>

#include "engine/columns.h"
#include "engine/rows.h"

static sqlite3 *
open_memory(void)
{
    sqlite3 *db = NULL;
    CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
    return db;
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    return stmt;
}

static void
finish(sqlite3_stmt *stmt, sqlite3 *db)
{
    (void)sqlite3_finalize(stmt); /* repeats the code of the last step */
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void
check_int(sac_cursor *cursor, int64_t wanted)
{
    sac_cell cell;
    sac_cursor_cell(cursor, &cell);
    CHECK_INT(cell.type, SAC_INT);
    CHECK_INT(cell.as.integer, wanted);
}

static void
check_bytes(sac_cursor *cursor, sac_type type, const char *bytes, size_t size)
{
    sac_cell cell;
    sac_cursor_cell(cursor, &cell);
    CHECK_INT(cell.type, type);
    CHECK_INT(cell.size, size);
    CHECK(cell.size == size && memcmp(cell.as.bytes, bytes, size) == 0);
}

static void
test_every_type(void)
{
    sqlite3 *db = open_memory();
    sqlite3_stmt *stmt = prepare(
        db, "select 9223372036854775807, -1, 1.5, null, 'h\xC3\xA9', '',"
            " x'00ff', x'', cast(x'610062' as text), zeroblob(3)");
    sac_rows *rows = sac_rows_new(10);
    CHECK_INT(sac_rows_columns(rows), 10);
    CHECK_INT(sqlite3_step(stmt), SQLITE_ROW);
    CHECK_INT(sac_rows_append(rows, stmt), SAC_OK);
    CHECK_INT(sac_rows_count(rows), 1);
    sac_cursor cursor;
    sac_cell cell;
    sac_cursor_init(&cursor, rows);
    CHECK(sac_cursor_row(&cursor));
    check_int(&cursor, INT64_MAX);
    check_int(&cursor, -1);
    sac_cursor_cell(&cursor, &cell);
    CHECK(cell.type == SAC_REAL && cell.as.real > 1.4 && cell.as.real < 1.6);
    sac_cursor_cell(&cursor, &cell);
    CHECK_INT(cell.type, SAC_NULL);
    check_bytes(&cursor, SAC_TEXT, "h\xC3\xA9", 3);
    check_bytes(&cursor, SAC_TEXT, "", 0);
    check_bytes(&cursor, SAC_BLOB, "\x00\xff", 2);
    check_bytes(&cursor, SAC_BLOB, "", 0);
    check_bytes(&cursor, SAC_TEXT, "a\0b", 3);
    check_bytes(&cursor, SAC_BLOB, "\0\0\0", 3);
    CHECK(!sac_cursor_row(&cursor));
    sac_rows_free(rows);
    finish(stmt, db);
}

static void
test_no_rows(void)
{
    sac_rows *rows = sac_rows_new(3);
    sac_cursor cursor;
    sac_cursor_init(&cursor, rows);
    CHECK(!sac_cursor_row(&cursor));
    CHECK_INT(sac_rows_count(rows), 0);
    sac_rows_free(rows);
    sac_rows_free(NULL);
}

#define COUNTING                                                     \
    "with recursive n(i) as (select 0 union all select i + 1 from n" \
    " where i + 1 < %d) select i, 'row ' || i, i * 0.5, null,"       \
    " cast(i as blob), -i from n"

static void
fill(sac_rows *rows, sqlite3 *db, int count)
{
    char sql[300];
    (void)snprintf(sql, sizeof(sql), COUNTING, count);
    sqlite3_stmt *stmt = prepare(db, sql);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        if (!CHECK_INT(sac_rows_append(rows, stmt), SAC_OK)) {
            break;
        }
    }
    (void)sqlite3_finalize(stmt); /* repeats the code of the last step */
}

static void
check_filled(const sac_rows *rows, int count)
{
    sac_cursor cursor;
    sac_cell cell;
    char text[40];
    int i = 0;
    sac_cursor_init(&cursor, rows);
    while (sac_cursor_row(&cursor)) {
        check_int(&cursor, i);
        int length = snprintf(text, sizeof(text), "row %d", i);
        check_bytes(&cursor, SAC_TEXT, text, (size_t)length);
        sac_cursor_cell(&cursor, &cell);
        CHECK(cell.type == SAC_REAL && (int)(cell.as.real * 2) == i);
        sac_cursor_cell(&cursor, &cell);
        CHECK_INT(cell.type, SAC_NULL);
        check_bytes(&cursor, SAC_BLOB, text + 4, (size_t)length - 4);
        check_int(&cursor, -(int64_t)i);
        i++;
    }
    CHECK_INT(i, count);
}

static void
test_many_pages_and_clear(void)
{
    sqlite3 *db = open_memory();
    sac_rows *rows = sac_rows_new(6);
    int64_t blocks = sac_memory_blocks();
    size_t empty = sac_rows_bytes(rows);
    fill(rows, db, 30000);
    check_filled(rows, 30000);
    CHECK(sac_rows_bytes(rows) > 30000 * 40);
    /* pages grow, so there are few of them */
    CHECK(sac_memory_blocks() - blocks < 20);
    sac_rows_clear(rows);
    CHECK_INT(sac_memory_blocks(), blocks);
    CHECK_INT(sac_rows_bytes(rows), empty);
    CHECK_INT(sac_rows_count(rows), 0);
    fill(rows, db, 500);
    check_filled(rows, 500);
    sac_rows_free(rows);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void
test_cells_larger_than_pages(void)
{
    sqlite3 *db = open_memory();
    sqlite3_stmt *stmt = prepare(db, "select 7, zeroblob(?1), 8");
    static const int sizes[] = {4000, 1000000, 1, 5000, 262144, 3};
    enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
    sac_rows *rows = sac_rows_new(3);
    for (int i = 0; i < COUNT; i++) {
        CHECK_INT(sqlite3_bind_int(stmt, 1, sizes[i]), SQLITE_OK);
        CHECK_INT(sqlite3_step(stmt), SQLITE_ROW);
        CHECK_INT(sac_rows_append(rows, stmt), SAC_OK);
        CHECK_INT(sqlite3_reset(stmt), SQLITE_OK);
    }
    sac_cursor cursor;
    sac_cursor_init(&cursor, rows);
    for (int i = 0; i < COUNT; i++) {
        sac_cell cell;
        CHECK(sac_cursor_row(&cursor));
        check_int(&cursor, 7);
        sac_cursor_cell(&cursor, &cell);
        CHECK_INT(cell.type, SAC_BLOB);
        CHECK_INT(cell.size, sizes[i]);
        CHECK_INT(cell.as.bytes[cell.size - 1], 0);
        check_int(&cursor, 8);
    }
    CHECK(!sac_cursor_row(&cursor));
    sac_rows_free(rows);
    finish(stmt, db);
}

/* Page by page runs out of memory: the half row goes, the rest stays. */
static void
test_half_row_is_dropped(void)
{
    sqlite3 *db = open_memory();
    sqlite3_stmt *stmt =
        prepare(db, "select 7, zeroblob(3000), zeroblob(300000), 8");
    sac_rows *rows = sac_rows_new(4);
    CHECK_INT(sqlite3_step(stmt), SQLITE_ROW);
    CHECK_INT(sac_rows_append(rows, stmt), SAC_OK);
    size_t bytes = sac_rows_bytes(rows);
    int64_t blocks = sac_memory_blocks();
    for (int64_t n = 0; n < 2; n++) {
        sac_memory_fail_after(n, false);
        CHECK_INT(sac_rows_append(rows, stmt), SAC_ERR_NOMEM);
        sac_memory_fail_after(-1, false);
        CHECK_INT(sac_memory_failures(), 1);
        CHECK_INT(sac_rows_count(rows), 1);
        CHECK_INT(sac_rows_bytes(rows), bytes);
        CHECK_INT(sac_memory_blocks(), blocks);
    }
    CHECK_INT(sac_rows_append(rows, stmt), SAC_OK);
    sac_cursor cursor;
    sac_cell cell;
    sac_cursor_init(&cursor, rows);
    for (int i = 0; i < 2; i++) {
        CHECK(sac_cursor_row(&cursor));
        check_int(&cursor, 7);
        sac_cursor_cell(&cursor, &cell);
        CHECK_INT(cell.size, 3000);
        sac_cursor_cell(&cursor, &cell);
        CHECK_INT(cell.size, 300000);
        check_int(&cursor, 8);
    }
    CHECK(!sac_cursor_row(&cursor));
    sac_rows_free(rows);
    finish(stmt, db);
}

/* SQLite has no memory to turn UTF-16 into UTF-8. */
static void
test_text_that_cannot_be_converted(void)
{
    sqlite3 *db = open_memory();
    CHECK_INT(sqlite3_exec(db,
                           "pragma encoding='UTF-16'; create table t(a);"
                           "insert into t values(1);"
                           "insert into t values(hex(zeroblob(300000)))",
                           NULL, NULL, NULL),
              SQLITE_OK);
    sqlite3_stmt *stmt = prepare(db, "select a from t order by rowid");
    sac_rows *rows = sac_rows_new(1);
    CHECK_INT(sqlite3_step(stmt), SQLITE_ROW);
    CHECK_INT(sac_rows_append(rows, stmt), SAC_OK);
    CHECK_INT(sqlite3_step(stmt), SQLITE_ROW);
    int64_t limit = sqlite3_hard_heap_limit64(sqlite3_memory_used() + 1000);
    CHECK_INT(sac_rows_append(rows, stmt), SAC_ERR_NOMEM);
    (void)sqlite3_hard_heap_limit64(limit);
    CHECK_INT(sac_rows_count(rows), 1);
    sac_rows_free(rows);
    finish(stmt, db);
}

static void
test_new_without_memory(void)
{
    sac_memory_fail_after(0, false);
    CHECK(sac_rows_new(1) == NULL);
}

static void
test_columns(void)
{
    sqlite3 *db = open_memory();
    sqlite3_stmt *one = prepare(db, "select 1 as id, 2 as \"a b\", 3 as ''");
    sqlite3_stmt *two = prepare(db, "select 4 as id, 5 as \"a b\", 6 as ''");
    sqlite3_stmt *three = prepare(db, "select 1 as id, 2 as b, 3 as ''");
    sqlite3_stmt *none = prepare(db, "create table t(a)");
    sac_columns *a = sac_columns_of(one);
    sac_columns *b = sac_columns_of(two);
    sac_columns *c = sac_columns_of(three);
    sac_columns *d = sac_columns_of(none);
    CHECK(sac_columns_retain(a) == a);
    sac_columns_release(a);
    (void)sqlite3_finalize(one); /* the names outlive the statement */
    CHECK_INT(sac_columns_count(a), 3);
    CHECK_STR(sac_columns_name(a, 0), "id");
    CHECK_STR(sac_columns_name(a, 1), "a b");
    CHECK_STR(sac_columns_name(a, 2), "");
    CHECK_INT(sac_columns_count(d), 0);
    CHECK(sac_columns_equal(a, a));
    CHECK(sac_columns_equal(a, b));
    CHECK(!sac_columns_equal(a, c));
    CHECK(!sac_columns_equal(a, d));
    sac_memory_fail_after(0, false);
    CHECK(sac_columns_of(two) == NULL);
    sac_columns_release(a);
    sac_columns_release(b);
    sac_columns_release(c);
    sac_columns_release(d);
    sac_columns_release(NULL);
    (void)sqlite3_finalize(two);
    (void)sqlite3_finalize(three);
    finish(none, db);
}

TEST_MAIN({"every_type", test_every_type}, {"no_rows", test_no_rows},
          {"many_pages_and_clear", test_many_pages_and_clear},
          {"cells_larger_than_pages", test_cells_larger_than_pages},
          {"half_row_is_dropped", test_half_row_is_dropped},
          {"text_that_cannot_be_converted",
           test_text_that_cannot_be_converted},
          {"new_without_memory", test_new_without_memory},
          {"columns", test_columns})
