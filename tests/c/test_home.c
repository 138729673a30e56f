/* What only the thread may call that drives a lease: REGEXP. */
#include "driver.h"

static pthread_t home;
static int calls;
static void *seen;

static void
on_regexp(sqlite3_context *context, int count, sqlite3_value **values)
{
    sac_handle *handle = sqlite3_user_data(context);
    CHECK_INT(count, 2);
    CHECK(pthread_equal(pthread_self(), home));
    calls++;
    seen = handle->options->regexp_arg;
    sqlite3_result_int(context, sqlite3_value_int(values[0]) ==
                                    sqlite3_value_int(values[1]));
}

static sac_options
options_with_regexp(int64_t budget)
{
    sac_options options = options_of(NULL);
    options.inline_budget = budget;
    options.regexp = on_regexp;
    options.regexp_arg = &calls;
    home = pthread_self();
    calls = 0;
    return options;
}

static void
test_a_text_that_has_it(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_with_regexp(0));
    lease_connect(&lease, &h);
    CHECK_INT(do_int(&lease, h.port, "SELECT 3 ReGexp 3"), 1);
    CHECK_INT(worker_runs(&h), 0);
    CHECK_INT(calls, 1);
    CHECK(seen == &calls);
    CHECK_INT(do_int(&lease, h.port, "SELECT 4"), 4);
    CHECK_INT(worker_runs(&h), 1);
    lease_close(&lease, &h);
    house_fini(&h);
}

/* A read goes on here when its budget ends, too. */
static void
test_a_long_run_stays(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_with_regexp(2000));
    house_create(&h, "CREATE TABLE t(a)");
    house_create(&h, "CREATE VIEW v AS SELECT a FROM t WHERE 7 REGEXP a");
    house_create(&h, "INSERT INTO t " NUMBERS(9000, "x"));
    lease_connect(&lease, &h);
    unsigned long long there = worker_runs(&h);
    CHECK_INT(do_int(&lease, h.port, "SELECT count(*) FROM v"), 1);
    CHECK(calls >= 9000);
    CHECK_INT(worker_runs(&h), there);
    lease_close(&lease, &h);
    house_fini(&h);
}

/* A write that loops is known by its program before it is begun. */
static void
test_a_constraint_that_has_it(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_with_regexp(20000));
    house_create(&h, "CREATE TABLE t(a CHECK (1 REGEXP a))");
    lease_connect(&lease, &h);
    RUN(&lease, h.port, "INSERT INTO t VALUES (1), (1)");
    unsigned long long there = worker_runs(&h);
    RUN(&lease, h.port, "UPDATE t SET a = a + 0");
    CHECK_INT(calls, 4);
    CHECK_INT(do_sql(&lease, h.port, "UPDATE t SET a = 2"), SAC_ERR_SQLITE);
    CHECK_INT(worker_runs(&h), there);
    RUN_KIND(&lease, h.port, SAC_CALL_ROLLBACK);
    lease_close(&lease, &h);
    house_fini(&h);
}

static void
test_it_is_refused_elsewhere_once(void)
{
    static const char sql[] = "SELECT a FROM v";
    house h;
    sac_lease lease;
    operation op;
    house_init(&h, options_with_regexp(0));
    house_create(&h, "CREATE VIEW v AS SELECT 5 REGEXP 5 AS a");
    lease_connect(&lease, &h);
    op_init_sql(&op, &lease, h.port, sql);
    CHECK_INT(op_run(&op), SAC_ERR_SQLITE);
    CHECK(strstr(op.call.error.message, "execute the statement again") !=
          NULL);
    op_fini(&op);
    CHECK_INT(calls, 0);
    CHECK_INT(do_int(&lease, h.port, sql), 1);
    CHECK_INT(calls, 1);
    lease_close(&lease, &h);
    house_fini(&h);
}

static void
test_there_is_none_without_options(void)
{
    house h;
    sac_lease lease;
    house_init(&h, options_of(NULL));
    lease_connect(&lease, &h);
    CHECK_INT(do_sql(&lease, h.port, "SELECT 1 REGEXP 1"), SAC_ERR_SQLITE);
    lease_close(&lease, &h);
    house_fini(&h);
}

TEST_MAIN({"a_text_that_has_it", test_a_text_that_has_it},
          {"a_long_run_stays", test_a_long_run_stays},
          {"a_constraint_that_has_it", test_a_constraint_that_has_it},
          {"it_is_refused_elsewhere_once", test_it_is_refused_elsewhere_once},
          {"there_is_none_without_options",
           test_there_is_none_without_options})
