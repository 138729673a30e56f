/* engine/cache.h: prepared statements, and what preparing teaches. */
#include "test.h"

#include <sqlite3.h>

#include "engine/cache.h"

typedef struct bench {
    sqlite3 *db;
    sac_cache cache;
    sac_error err;
} bench;

static void
bench_init(bench *b, size_t capacity)
{
    CHECK_INT(sqlite3_open(":memory:", &b->db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(b->db,
                           "create table t(id integer primary key, a text);"
                           "create table log(x)",
                           NULL, NULL, NULL),
              SQLITE_OK);
    CHECK_INT(sac_cache_init(&b->cache, capacity), SAC_OK);
    sac_error_init(&b->err);
}

static void
bench_fini(bench *b)
{
    sac_cache_fini(&b->cache);
    sac_error_fini(&b->err);
    CHECK_INT(sqlite3_close(b->db), SQLITE_OK); /* nothing left prepared */
}

static void
run_sql(bench *b, const char *sql)
{
    CHECK_INT(sqlite3_exec(b->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static sac_plan *
plan_of(const char *sql)
{
    return sac_plan_new(sql, strlen(sql));
}

static sac_statement *
take(bench *b, sac_plan *plan)
{
    sac_statement *statement = NULL;
    CHECK_INT(sac_cache_take(&b->cache, b->db, plan, &statement, &b->err),
              SAC_OK);
    return statement;
}

static void
check_counts(const bench *b, size_t count, unsigned long hits,
             unsigned long misses)
{
    CHECK_INT(b->cache.count, count);
    CHECK_INT(b->cache.hits, hits);
    CHECK_INT(b->cache.misses, misses);
}

static void
test_hit_and_overlap(void)
{
    bench b;
    bench_init(&b, 4);
    sac_plan *plan = plan_of("select ?, ?2");
    sac_statement *one = take(&b, plan);
    CHECK_INT(one->width, 2);
    check_counts(&b, 0, 0, 1);
    sac_statement *two = take(&b, plan); /* while the first is in use */
    CHECK(one != two && one->stmt != two->stmt);
    sac_cache_give(&b.cache, one);
    sac_cache_give(&b.cache, two);
    check_counts(&b, 2, 0, 2);
    one = take(&b, plan);
    check_counts(&b, 1, 1, 2);
    sac_cache_give(&b.cache, one);
    sac_plan_release(plan);
    bench_fini(&b);
}

static void
test_given_back_is_as_new(void)
{
    bench b;
    bench_init(&b, 4);
    sac_plan *plan = plan_of("select ? union all select 2");
    sac_statement *s = take(&b, plan);
    CHECK_INT(sqlite3_bind_text(s->stmt, 1, "x", 1, SQLITE_STATIC), SQLITE_OK);
    CHECK_INT(sqlite3_step(s->stmt), SQLITE_ROW);
    CHECK_INT(sqlite3_column_type(s->stmt, 0), SQLITE_TEXT);
    sac_cache_give(&b.cache, s);
    CHECK(!sqlite3_stmt_busy(s->stmt));
    CHECK(take(&b, plan) == s);
    CHECK_INT(sqlite3_step(s->stmt), SQLITE_ROW);
    CHECK_INT(sqlite3_column_type(s->stmt, 0), SQLITE_NULL);
    sac_cache_give(&b.cache, s);
    sac_plan_release(plan);
    bench_fini(&b);
}

static void
test_least_recently_used_goes(void)
{
    bench b;
    bench_init(&b, 2);
    sac_plan *plans[3] = {plan_of("select 1"), plan_of("select 2"),
                          plan_of("select 3")};
    sac_cache_give(&b.cache, take(&b, plans[0]));
    sac_cache_give(&b.cache, take(&b, plans[1]));
    sac_cache_give(&b.cache, take(&b, plans[0]));
    check_counts(&b, 2, 1, 2);
    sac_cache_give(&b.cache, take(&b, plans[2])); /* 2 falls out */
    check_counts(&b, 2, 1, 3);
    sac_cache_give(&b.cache, take(&b, plans[0]));
    check_counts(&b, 2, 2, 3);
    sac_cache_give(&b.cache, take(&b, plans[1]));
    check_counts(&b, 2, 2, 4);
    for (int i = 0; i < 3; i++) {
        sac_plan_release(plans[i]);
    }
    bench_fini(&b);
}

static void
test_capacity_zero_keeps_none(void)
{
    bench b;
    bench_init(&b, 0);
    sac_plan *plan = plan_of("select 1");
    for (int i = 0; i < 3; i++) {
        sac_cache_give(&b.cache, take(&b, plan));
    }
    check_counts(&b, 0, 0, 3);
    sac_plan_release(plan);
    bench_fini(&b);
}

static const struct {
    const char *sql;
    sac_status status;
} refused[] = {
    {"", SAC_ERR_EMPTY_SQL},
    {" \n;; ; ", SAC_ERR_EMPTY_SQL},
    {"-- nothing", SAC_ERR_EMPTY_SQL},
    {"/* nothing", SAC_ERR_EMPTY_SQL},
    {"select 1; select 2", SAC_ERR_MANY_SQL},
    {"select 1; -- one\n x", SAC_ERR_MANY_SQL},
    {"select 1; /", SAC_ERR_MANY_SQL},
    {"selec 1", SAC_ERR_SQLITE},
    {"select * from nowhere", SAC_ERR_SQLITE},
    {"select 'open", SAC_ERR_SQLITE},
};

static const char *const accepted[] = {
    "select 1;",
    "select 1;;; ",
    "select 1; -- the end",
    " ;select 1; /* the end",
    "select ';'",
};

static void
test_one_statement_only(void)
{
    bench b;
    bench_init(&b, 4);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        sac_statement *statement;
        sac_plan *plan = plan_of(refused[i].sql);
        sac_status status =
            sac_cache_take(&b.cache, b.db, plan, &statement, &b.err);
        if (!CHECK_INT(status, refused[i].status) ||
            !CHECK_INT(b.err.status, status) || !CHECK(statement == NULL) ||
            !CHECK_INT(sac_plan_facts(plan) & SAC_PLAN_KNOWN, 0)) {
            (void)fprintf(stderr, "    of: %s\n", refused[i].sql);
        }
        sac_plan_release(plan);
    }
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        sac_plan *plan = plan_of(accepted[i]);
        sac_cache_give(&b.cache, take(&b, plan));
        sac_plan_release(plan);
    }
    bench_fini(&b);
}

enum {
    KNOWN = SAC_PLAN_KNOWN,
    READS = SAC_PLAN_KNOWN | SAC_PLAN_READONLY | SAC_PLAN_ROWS,
    INSERT = SAC_PLAN_INSERT | SAC_PLAN_DML,
};

static const struct {
    const char *sql;
    unsigned facts;
} learned[] = {
    {"select 1", READS},
    {"select * from t", READS},
    {"explain select 1", READS},
    {"explain delete from t", READS},
    {"explain query plan delete from t", READS},
    {"insert into t(a) values (?)", KNOWN | INSERT | SAC_PLAN_BOUNDED},
    {"insert into t(a) values (?) returning id",
     KNOWN | INSERT | SAC_PLAN_BOUNDED | SAC_PLAN_ROWS},
    {"insert into t(a) select x from log", KNOWN | INSERT},
    {"delete from t where id = ?", KNOWN | SAC_PLAN_DML | SAC_PLAN_BOUNDED},
    {"update t set a = 1", KNOWN | SAC_PLAN_DML},
    {"create table x(a)", KNOWN},
    {"begin", KNOWN | SAC_PLAN_READONLY | SAC_PLAN_CONTROL | SAC_PLAN_BEGIN},
    {"begin immediate", KNOWN | SAC_PLAN_CONTROL | SAC_PLAN_BEGIN},
    {"commit", KNOWN | SAC_PLAN_READONLY | SAC_PLAN_CONTROL},
    {"vacuum", KNOWN | SAC_PLAN_OFFLOAD | SAC_PLAN_NO_TX},
    {"pragma user_version", READS | SAC_PLAN_OFFLOAD | SAC_PLAN_NO_TX},
    {"analyze", KNOWN | SAC_PLAN_OFFLOAD},
};

static void
test_facts(void)
{
    bench b;
    bench_init(&b, 4);
    for (size_t i = 0; i < sizeof(learned) / sizeof(learned[0]); i++) {
        sac_plan *plan = plan_of(learned[i].sql);
        sac_cache_give(&b.cache, take(&b, plan));
        if (!CHECK_INT(sac_plan_facts(plan), learned[i].facts)) {
            (void)fprintf(stderr, "    of: %s\n", learned[i].sql);
        }
        sac_plan_release(plan);
    }
    bench_fini(&b);
}

/* The engine forgot the plan and made another of the same text. */
static void
test_another_plan_of_the_text(void)
{
    static const char sql[] = "insert into t(a) values (?)";
    bench b;
    bench_init(&b, 4);
    sac_plan *first = plan_of(sql);
    sac_plan *second = plan_of(sql);
    sac_cache_give(&b.cache, take(&b, first));
    sac_plan_learn(first, true);
    sac_statement *statement = take(&b, second);
    check_counts(&b, 0, 1, 1);
    CHECK(statement->plan == second);
    /* what preparing told goes over, what runs told does not */
    CHECK_INT(sac_plan_facts(second), KNOWN | INSERT | SAC_PLAN_BOUNDED);
    sac_cache_give(&b.cache, statement);
    sac_plan_release(first);
    sac_plan_release(second);
    bench_fini(&b);
}

static void
step(sac_statement *statement, int wanted)
{
    CHECK_INT(sqlite3_step(statement->stmt), wanted);
}

static void
test_names_follow_the_schema(void)
{
    bench b;
    bench_init(&b, 4);
    run_sql(&b, "insert into t values (1, 'x')");
    sac_plan *plan = plan_of("select * from t");
    sac_statement *statement = take(&b, plan);
    step(statement, SQLITE_ROW);
    sac_columns *columns = sac_statement_columns(statement);
    CHECK_INT(sac_columns_count(columns), 2);
    CHECK(sac_statement_columns(statement) == columns);
    sac_cache_give(&b.cache, statement);
    /* another schema, the same names: shared */
    run_sql(&b, "create table other(a)");
    CHECK(take(&b, plan) == statement);
    step(statement, SQLITE_ROW);
    CHECK(sac_statement_columns(statement) == columns);
    sac_cache_give(&b.cache, statement);
    /* other names; the old ones belong to a result that is still read */
    (void)sac_columns_retain(columns);
    run_sql(&b, "alter table t add column b");
    CHECK(take(&b, plan) == statement);
    step(statement, SQLITE_ROW);
    /* no memory: the old names stay where they are */
    sac_memory_fail_after(0, false);
    CHECK(sac_statement_columns(statement) == NULL);
    sac_memory_fail_after(-1, false);
    sac_columns *fresh = sac_statement_columns(statement);
    CHECK_INT(sac_columns_count(fresh), 3);
    CHECK_STR(sac_columns_name(fresh, 2), "b");
    CHECK_INT(sac_columns_count(columns), 2);
    sac_columns_release(columns);
    sac_cache_give(&b.cache, statement);
    sac_plan_release(plan);
    bench_fini(&b);
}

static void
run_insert(bench *b, sac_plan *plan)
{
    sac_statement *statement = take(b, plan);
    step(statement, SQLITE_DONE);
    sac_cache_give(&b->cache, statement);
}

/* A trigger makes an insert unbounded, and its end makes it bounded again. */
static void
test_bound_follows_the_schema(void)
{
    bench b;
    bench_init(&b, 4);
    sac_plan *plan = plan_of("insert into t(a) values (?)");
    run_insert(&b, plan);
    CHECK(sac_plan_facts(plan) & SAC_PLAN_BOUNDED);
    run_sql(&b, "create trigger tt after insert on t begin"
                " update log set x = new.a; end");
    run_insert(&b, plan); /* prepares again */
    run_insert(&b, plan);
    CHECK(!(sac_plan_facts(plan) & SAC_PLAN_BOUNDED));
    run_sql(&b, "drop trigger tt");
    run_insert(&b, plan);
    run_insert(&b, plan);
    CHECK(sac_plan_facts(plan) & SAC_PLAN_BOUNDED);
    sac_plan_release(plan);
    bench_fini(&b);
}

static void
test_every_allocation_fails_once(void)
{
    bench b;
    bench_init(&b, 4);
    sac_plan *plan = plan_of("insert into t(a) values (?)");
    sac_statement *statement = NULL;
    sac_memory_fail_after(0, false);
    CHECK_INT(sac_cache_take(&b.cache, b.db, plan, &statement, &b.err),
              SAC_ERR_NOMEM);
    CHECK(statement == NULL);
    CHECK_INT(sac_plan_facts(plan) & SAC_PLAN_KNOWN, 0);
    /* the two blocks that looking at the program needs: found out later */
    for (int64_t n = 1; n < 3; n++) {
        sac_plan_release(plan);
        plan = plan_of("insert into t(a) values (?)");
        sac_memory_fail_after(n, false);
        statement = take(&b, plan);
        sac_memory_fail_after(-1, false);
        CHECK_INT(sac_memory_failures(), 1);
        CHECK_INT(sac_plan_facts(plan), KNOWN | INSERT);
        sac_cache_give(&b.cache, statement);
        sac_cache_give(&b.cache, take(&b, plan));
        CHECK_INT(sac_plan_facts(plan), KNOWN | INSERT | SAC_PLAN_BOUNDED);
        sac_cache_fini(&b.cache);
        CHECK_INT(sac_cache_init(&b.cache, 4), SAC_OK);
    }
    sac_cache_fini(&b.cache);
    sac_memory_fail_after(0, false);
    CHECK_INT(sac_cache_init(&b.cache, 4), SAC_ERR_NOMEM);
    sac_plan_release(plan);
    bench_fini(&b); /* a cache that was never made is fine to end */
}

TEST_MAIN({"hit_and_overlap", test_hit_and_overlap},
          {"given_back_is_as_new", test_given_back_is_as_new},
          {"least_recently_used_goes", test_least_recently_used_goes},
          {"capacity_zero_keeps_none", test_capacity_zero_keeps_none},
          {"one_statement_only", test_one_statement_only},
          {"facts", test_facts},
          {"another_plan_of_the_text", test_another_plan_of_the_text},
          {"names_follow_the_schema", test_names_follow_the_schema},
          {"bound_follows_the_schema", test_bound_follows_the_schema},
          {"every_allocation_fails_once", test_every_allocation_fails_once})
