/* engine/program.h: which statements are bounded. */
#include "test.h"

#include <sqlite3.h>

#include "engine/program.h"

static const char schema[] =
    "create table t(id integer primary key, a text, b int);"
    "create index t_a on t(a);"
    "create table u(k text primary key, v);"
    "create table w(k text primary key, v) without rowid;"
    "create table ai(id integer primary key autoincrement, v);"
    "create table p(id integer primary key);"
    "create table c(id integer primary key, p references p(id));"
    "create table checked(a int check (a > 0), b as (a * 2) stored);"
    "create table strict_one(id integer primary key, a text) strict;"
    "create table log(x);"
    /* fires a trigger that does a fixed amount of work */
    "create table small(id integer primary key, a);"
    "create trigger small_i after insert on small begin"
    " insert into log values (new.a);"
    " update small set a = 1 where id = new.id; end;"
    /* fires one that works through a table */
    "create table large(id integer primary key, a);"
    "create trigger large_i after insert on large begin"
    " update log set x = new.a; end;"
    /* fires one that fires another */
    "create table chain(id integer primary key);"
    "create trigger chain_i after insert on chain begin"
    " insert into small(a) values (1); end;"
    /* fires itself, when that is allowed */
    "create table self(id integer primary key);"
    "create trigger self_i after insert on self begin"
    " insert into self values (new.id + 1); end;"
    "create view v as select * from t;"
    "create trigger v_i instead of insert on v begin"
    " insert into log values (new.a); end;";

static const char *const bounded[] = {
    "insert into t(a, b) values (?, ?)",
    "insert into t default values",
    "insert or ignore into u values (?, ?)",
    "insert into u values (?, ?)",
    "insert into w values (?, ?)",
    "insert into c(p) values (?)",
    "insert into checked(a) values (?)",
    "insert into small(a) values (?)",
    "insert into v(a) values (?)",
    "insert into t(a) values (upper(?) || 'x') returning id",
    "insert into t(id, a) values (?, ?)"
    " on conflict(id) do update set a = excluded.a returning *",
    "insert into u values (?, ?) on conflict(k) do update set v = v + 1",
    "insert into u values (?, ?) on conflict do nothing",
    "update t set a = ? where id = ?",
    "update t set a = ?, b = case when b > 3 then 1 else 2 end"
    " where id = ? and b is not null",
    "update u set v = v + 1 where k = ? returning v",
    "update w set v = ? where k = ?",
    "update t set b = ? where id in (?, ?, ?)",
    "delete from t where id = ?",
    "delete from u where k = ?",
    "delete from w where k = ? returning *",
    "delete from c where id = ?",
    " ; /* first */ delete from t where id = ? -- last",
    "insert into t(a) values ((select a from t where id = ?))",
};

static const char *const unbounded[] = {
    "delete from t",
    "delete from t where b = ?",
    "delete from t where a = ?",
    "delete from p where id = ?", /* looks for children */
    "update t set b = 1",
    "update t set b = ? where a = ?",
    "update t set b = ? where id > ?",
    "update t set b = ? where id in (select id from t)",
    "update t set b = (select count(*) from t) where id = ?",
    "update t set b = (select max(b) from t) where id = ?",
    "insert into log select a from t",
    "insert into t(a) select a from t",
    "insert into u values (1, 2), (3, 4)",
    "insert into ai(v) values (?)",
    "insert into large(a) values (?)",
    "insert into chain values (?)",
    "insert into log with recursive n(i) as"
    " (select 1 union all select i + 1 from n) select i from n",
    "create table x(a)",
    "create index t_b on t(b)",
    "drop table u",
    "alter table u rename to z",
    "vacuum",
    "pragma journal_mode = delete",
    "analyze",
    "reindex",
};

static sqlite3 *
open_schema(void)
{
    sqlite3 *db = NULL;
    CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, schema, NULL, NULL, NULL), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, "pragma foreign_keys = on", NULL, NULL, NULL),
              SQLITE_OK);
    return db;
}

static void
check_bound(sqlite3 *db, const char *sql, sac_bound wanted)
{
    bool home = true;
    if (!CHECK_INT(sac_program_bound(db, sql, &home), wanted)) {
        (void)fprintf(stderr, "    of: %s (%s)\n", sql, sqlite3_errmsg(db));
    }
    CHECK(!home);
}

static void
no_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    (void)values;
    sqlite3_result_null(context);
}

static void
test_what_belongs_home(void)
{
    static const struct {
        const char *sql;
        sac_bound bound;
        bool home;
    } programs[] = {
        {"insert into named values (?)", SAC_BOUND_FIXED, true},
        {"update named set a = upper(a)", SAC_BOUND_NONE, true},
        {"insert into noted values (?)", SAC_BOUND_FIXED, true},
        {"update noted set a = 1", SAC_BOUND_NONE, false},
        {"delete from named where a in matching", SAC_BOUND_NONE, true},
        {"insert into t(a) values (upper(?))", SAC_BOUND_FIXED, false},
        {"insert into nowhere values (1)", SAC_BOUND_UNKNOWN, false},
    };
    sqlite3 *db = open_schema();
    CHECK_INT(sqlite3_create_function_v2(db, "RegExp", 2, SQLITE_UTF8, NULL,
                                         no_function, NULL, NULL, NULL),
              SQLITE_OK);
    CHECK_INT(sqlite3_exec(db,
                           "create table named(a check (a regexp '^v'));"
                           "create view matching as select a from t"
                           " where a regexp 'x';"
                           "create table noted(a);"
                           "create trigger noted_i after insert on noted begin"
                           " insert into log values (new.a regexp 'x'); end;",
                           NULL, NULL, NULL),
              SQLITE_OK);
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        bool home = !programs[i].home;
        bool fine = CHECK_INT(sac_program_bound(db, programs[i].sql, &home),
                              programs[i].bound) &&
                    CHECK_INT(home, programs[i].home);
        if (!fine) {
            (void)fprintf(stderr, "    of: %s\n", programs[i].sql);
        }
    }
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void
test_bounded(void)
{
    sqlite3 *db = open_schema();
    for (size_t i = 0; i < sizeof(bounded) / sizeof(bounded[0]); i++) {
        check_bound(db, bounded[i], SAC_BOUND_FIXED);
    }
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void
test_unbounded(void)
{
    sqlite3 *db = open_schema();
    for (size_t i = 0; i < sizeof(unbounded) / sizeof(unbounded[0]); i++) {
        check_bound(db, unbounded[i], SAC_BOUND_NONE);
    }
    CHECK_INT(
        sqlite3_exec(db, "pragma recursive_triggers = on", NULL, NULL, NULL),
        SQLITE_OK);
    check_bound(db, "insert into self values (1)", SAC_BOUND_NONE);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void
test_long_programs(void)
{
    sqlite3 *db = open_schema();
    char sql[8192] = "insert into u values (?1";
    size_t length = strlen(sql);
    for (int i = 0; i < 900; i++) {
        length += (size_t)snprintf(sql + length, sizeof(sql) - length, "+?%d",
                                   i % 30 + 1);
    }
    (void)snprintf(sql + length, sizeof(sql) - length, ", 1)");
    check_bound(db, sql, SAC_BOUND_NONE);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void
test_unreadable(void)
{
    sqlite3 *db = open_schema();
    check_bound(db, "insert into nowhere values (1)", SAC_BOUND_UNKNOWN);
    for (int64_t n = 0; n < 2; n++) {
        sac_memory_fail_after(n, false);
        check_bound(db, "delete from t where id = 1", SAC_BOUND_UNKNOWN);
        sac_memory_fail_after(-1, false);
    }
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

TEST_MAIN({"bounded", test_bounded}, {"unbounded", test_unbounded},
          {"what_belongs_home", test_what_belongs_home},
          {"long_programs", test_long_programs},
          {"unreadable", test_unreadable})
