/* engine/plan.h and engine/plans.h: texts, their facts, their table. */
#include "test.h"

#include "base/sync.h"
#include "engine/plan.h"
#include "engine/plans.h"

enum {
    DML = SAC_PLAN_DML,
    INSERT = SAC_PLAN_INSERT | SAC_PLAN_DML,
    CONTROL = SAC_PLAN_CONTROL,
    BEGIN = SAC_PLAN_CONTROL | SAC_PLAN_BEGIN,
    OFFLOAD = SAC_PLAN_OFFLOAD,
    NO_TX = SAC_PLAN_OFFLOAD | SAC_PLAN_NO_TX,
};

static const struct {
    const char *sql;
    unsigned facts;
} classified[] = {
    {"", 0},
    {"   ", 0},
    {"-- only a comment", 0},
    {"/* not closed", 0},
    {"select 1", 0},
    {"values (1)", 0},
    {"create table t(a)", 0},
    {"drop table t", 0},
    {"explain insert into t values (1)", 0},
    {"insert into t values (1)", INSERT},
    {"InSeRt into t values (1)", INSERT},
    {" \t\r\n\finsert into t values (1)", INSERT},
    {"\xEF\xBB\xBFinsert into t values (1)", INSERT},
    {"insertion", 0},
    {"insert", INSERT},
    {"inser", 0},
    {"replace into t values (1)", INSERT},
    {"update t set a = 1", DML},
    {"delete from t", DML},
    {"-- select\n update t set a = 1", DML},
    {"--\r\n/* delete */-- x\n/**/update t set a = 1", DML},
    {"/* a * / b **/delete from t", DML},
    {"/*/ delete */update t set a = 1", DML},
    {";; ; begin", BEGIN},
    {"begin immediate", BEGIN},
    {"BEGIN;", BEGIN},
    {"savepoint a", BEGIN},
    {"commit", CONTROL},
    {"end transaction", CONTROL},
    {"rollback to a", CONTROL},
    {"release a", CONTROL},
    {"pragma user_version", NO_TX},
    {"vacuum", NO_TX},
    {"attach 'x' as y", NO_TX},
    {"detach y", NO_TX},
    {"analyze", OFFLOAD},
    {"reindex", OFFLOAD},
    {"with a as (select 1) select * from a", 0},
    {"with a as (select 1) insert into t select * from a", INSERT},
    {"with a as (select 1), b as (select 2) delete from t", DML},
    {"with recursive a(x, y) as (select 1) update t set a = 1", DML},
    {"with a as not materialized (select 1) replace into t values (1)",
     INSERT},
    {"with a as (select ')' as \")\", [)], `)`) update t set a = 1", DML},
    {"with a as (select 'it''s )') update t set a = 1", DML},
    {"with a as (select 1 -- )\n) update t set a = 1", DML},
    {"with a as (select 1 /* ) */) update t set a = 1", DML},
    {"with a as (select 1)/**/update t set a = 1", DML},
    {"with a as (select (1)) update t set a = 1", DML},
    /* words that are verbs elsewhere and names here */
    {"with replace as (select 1) select * from replace", 0},
    {"with a(x) as (select 1), replace(y) as (select 2) select 3", 0},
    {"with \"a)\" as (select 1) delete from t", DML},
    {"with a as (select 1) values (1)", 0},
    {"with", 0},
    {"with a as (select 1", 0},
    {"with a as (select 'open", 0},
    {"with a as (select 1))) update", 0},
    {"select a Regexp 'b' from t", SAC_PLAN_HOME},
    {"delete from t where regexp('b', a)", DML | SAC_PLAN_HOME},
};

static void
test_classify(void)
{
    for (size_t i = 0; i < sizeof(classified) / sizeof(classified[0]); i++) {
        if (!CHECK_INT(sac_plan_classify(classified[i].sql),
                       classified[i].facts)) {
            (void)fprintf(stderr, "    of: %s\n", classified[i].sql);
        }
    }
}

static void
test_skip_blank(void)
{
    CHECK_STR(sac_sql_skip_blank(" ; -- a\n ;/* b */ ;x;"), "x;");
    CHECK_STR(sac_sql_skip_blank("- x"), "- x");
    CHECK_STR(sac_sql_skip_blank("/x"), "/x");
    CHECK_STR(sac_sql_skip_blank(" -- a"), "");
    CHECK_STR(sac_sql_skip_blank("/* a"), "");
    CHECK_STR(sac_sql_skip_blank("\v"), "\v"); /* no blank to SQLite */
}

static void
test_plan_keeps_its_text(void)
{
    static const char sql[] = "delete from t -- and more";
    sac_plan *plan = sac_plan_new(sql, 13);
    CHECK_STR(plan->sql, "delete from t");
    CHECK_INT(plan->length, 13);
    CHECK_INT(sac_plan_facts(plan), SAC_PLAN_DML);
    CHECK(sac_plan_retain(plan) == plan);
    sac_plan_release(plan);
    CHECK_STR(plan->sql, "delete from t");
    sac_plan_release(plan);
    sac_plan_release(NULL);
    CHECK(sac_plan_new(sql, SIZE_MAX - 4) == NULL);
}

static void
test_slow_is_learned_and_forgiven(void)
{
    sac_plan *plan = sac_plan_new("select 1", 8);
    sac_plan_learn(plan, false);
    CHECK_INT(sac_plan_facts(plan), 0);
    sac_plan_learn(plan, true);
    for (int i = 0; i < 7; i++) {
        sac_plan_learn(plan, false);
        CHECK_INT(sac_plan_facts(plan), SAC_PLAN_SLOW);
    }
    sac_plan_learn(plan, true); /* counting starts again */
    for (int i = 0; i < 7; i++) {
        sac_plan_learn(plan, false);
        CHECK_INT(sac_plan_facts(plan), SAC_PLAN_SLOW);
    }
    sac_plan_learn(plan, false);
    CHECK_INT(sac_plan_facts(plan), 0);
    sac_plan_release(plan);
}

/* -> the table's plan of the text, borrowed from the table. */
static sac_plan *
get(sac_plans *plans, const char *sql)
{
    sac_plan *plan = sac_plans_get(plans, sql, strlen(sql));
    CHECK_STR(plan->sql, sql);
    sac_plan_release(plan);
    return plan;
}

static void
check_counts(sac_plans *plans, size_t size, unsigned long long hits,
             unsigned long long misses)
{
    sac_plans_counts counts = sac_plans_count(plans);
    CHECK_INT(counts.size, size);
    CHECK_INT(counts.hits, hits);
    CHECK_INT(counts.misses, misses);
}

static void
test_least_recently_used_goes(void)
{
    sac_plans *plans = sac_plans_new(2);
    CHECK_INT(sac_plans_count(plans).capacity, 2);
    sac_plan *a = get(plans, "a");
    sac_plan *b = sac_plans_get(plans, "b", 1); /* held */
    CHECK(get(plans, "a") == a);
    check_counts(plans, 2, 1, 2);
    (void)get(plans, "c"); /* b falls out, and lives on here */
    CHECK(get(plans, "a") == a);
    check_counts(plans, 2, 2, 3);
    CHECK(get(plans, "b") != b);
    CHECK_STR(b->sql, "b");
    check_counts(plans, 2, 2, 4);
    sac_plan_release(b);
    sac_plans_free(plans);
    sac_plans_free(NULL);
}

static void
test_capacity_zero_keeps_none(void)
{
    sac_plans *plans = sac_plans_new(0);
    sac_plan *a = sac_plans_get(plans, "a", 1);
    sac_plan *b = sac_plans_get(plans, "a", 1);
    CHECK(a != b);
    check_counts(plans, 0, 0, 2);
    sac_plan_release(a);
    sac_plan_release(b);
    sac_plans_free(plans);
}

static void
test_plans_without_memory(void)
{
    for (int64_t n = 0; n < 2; n++) {
        sac_memory_fail_after(n, false);
        CHECK(sac_plans_new(8) == NULL);
    }
    sac_memory_fail_after(-1, false);
    sac_plans *plans = sac_plans_new(1);
    sac_plan *a = get(plans, "a");
    for (int64_t n = 0; n < 2; n++) {
        sac_memory_fail_after(n, false);
        CHECK(sac_plans_get(plans, "b", 1) == NULL);
        sac_memory_fail_after(-1, false);
        CHECK(get(plans, "a") == a);
    }
    (void)get(plans, "b");
    sac_plans_free(plans);
}

static void *
use_plans(void *arg)
{
    sac_plans *plans = arg;
    char sql[20];
    for (int i = 0; i < 3000; i++) {
        (void)snprintf(sql, sizeof(sql), "select %d", i % 23);
        sac_plan *plan = sac_plans_get(plans, sql, strlen(sql));
        CHECK_STR(plan->sql, sql);
        sac_plan_learn(plan, i % 3 == 0);
        (void)sac_plan_facts(plan);
        sac_plan_release(plan);
    }
    return NULL;
}

static void
test_plans_from_many_threads(void)
{
    sac_plans *plans = sac_plans_new(16);
    sac_thread threads[4];
    for (int i = 0; i < 4; i++) {
        CHECK_INT(sac_thread_start(&threads[i], use_plans, plans), 0);
    }
    for (int i = 0; i < 4; i++) {
        sac_thread_join(&threads[i]);
    }
    sac_plans_counts counts = sac_plans_count(plans);
    CHECK_INT(counts.hits + counts.misses, 4 * 3000);
    CHECK_INT(counts.size, 16);
    sac_plans_free(plans);
}

TEST_MAIN({"classify", test_classify}, {"skip_blank", test_skip_blank},
          {"plan_keeps_its_text", test_plan_keeps_its_text},
          {"slow_is_learned_and_forgiven", test_slow_is_learned_and_forgiven},
          {"least_recently_used_goes", test_least_recently_used_goes},
          {"capacity_zero_keeps_none", test_capacity_zero_keeps_none},
          {"plans_without_memory", test_plans_without_memory},
          {"plans_from_many_threads", test_plans_from_many_threads})
