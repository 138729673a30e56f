/* The prepared statements of one connection, by their text.
 *
 * Used by the thread that owns the handle, so nothing is locked.  This is
 * where SQL meets SQLite's compiler: a text is prepared once, and what that
 * shows is written into its plan, which all connections share.  Knows
 * nothing of parameters, rows or budgets. */
#include "engine/cache.h"

#include <limits.h>
#include <sqlite3.h>
#include <string.h>

#include "base/memory.h"
#include "engine/program.h"

enum { MAX_BUCKETS = 1 << 14, NOT_LEARNED = -1 };

/* What preparing tells, and a later look may correct. */
static const unsigned learned_facts =
    SAC_PLAN_KNOWN | SAC_PLAN_READONLY | SAC_PLAN_BOUNDED | SAC_PLAN_ROWS;

sac_status
sac_cache_init(sac_cache *cache, size_t capacity)
{
    *cache = (sac_cache){.capacity = capacity, .bucket_count = 8};
    sac_list_init(&cache->recent);
    while (cache->bucket_count < capacity &&
           cache->bucket_count < MAX_BUCKETS) {
        cache->bucket_count *= 2;
    }
    cache->buckets = sac_calloc(cache->bucket_count, sizeof(sac_list));
    if (cache->buckets == NULL) {
        cache->bucket_count = 0;
        return SAC_ERR_NOMEM;
    }
    for (size_t i = 0; i < cache->bucket_count; i++) {
        sac_list_init(&cache->buckets[i]);
    }
    return SAC_OK;
}

static void
statement_free(sac_statement *statement)
{
    /* Its result repeats the failure of the last run, which was reported. */
    (void)sqlite3_finalize(statement->stmt);
    sac_columns_release(statement->columns);
    sac_plan_release(statement->plan);
    sac_free(statement);
}

static void
unlink_statement(sac_cache *cache, sac_statement *statement)
{
    sac_list_remove(&statement->chain);
    sac_list_remove(&statement->recent);
    cache->count--;
}

static void
evict_oldest(sac_cache *cache)
{
    sac_statement *oldest =
        SAC_CONTAINER(cache->recent.next, sac_statement, recent);
    unlink_statement(cache, oldest);
    statement_free(oldest);
}

void
sac_cache_fini(sac_cache *cache)
{
    while (cache->count > 0) {
        evict_oldest(cache);
    }
    sac_free(cache->buckets);
    cache->buckets = NULL;
    cache->bucket_count = 0;
}

static sac_list *
bucket_of(sac_cache *cache, const sac_plan *plan)
{
    return &cache->buckets[plan->hash & (cache->bucket_count - 1)];
}

/* -> the statement of that text, or NULL.  By text and not by plan: a plan
 * may have fallen out of the engine's table and come back as another. */
static sac_statement *
find(sac_cache *cache, const sac_plan *plan)
{
    sac_list *bucket = bucket_of(cache, plan);
    for (sac_list *node = bucket->next; node != bucket; node = node->next) {
        sac_statement *statement = SAC_CONTAINER(node, sac_statement, chain);
        const sac_plan *other = statement->plan;
        if (other == plan ||
            (other->hash == plan->hash && other->length == plan->length &&
             memcmp(other->sql, plan->sql, plan->length) == 0)) {
            return statement;
        }
    }
    return NULL;
}

static void
set_learned(sac_plan *plan, unsigned learned)
{
    unsigned old = sac_plan_facts(plan);
    while (!atomic_compare_exchange_weak_explicit(
        &plan->facts, &old, (old & ~learned_facts) | learned,
        memory_order_relaxed, memory_order_relaxed)) {
    }
}

/* -> SAC_PLAN_BOUNDED or 0.  What another connection has found is believed
 * for a statement that is new; one that SQLite has prepared again since may
 * have got a trigger or an index. */
static unsigned
learn_bound(sac_statement *statement, bool is_new, bool *certain)
{
    unsigned facts = sac_plan_facts(statement->plan);
    *certain = true;
    if ((facts & (SAC_PLAN_CONTROL | SAC_PLAN_OFFLOAD)) != 0) {
        return 0;
    }
    if (is_new && (facts & SAC_PLAN_KNOWN) != 0) {
        return facts & SAC_PLAN_BOUNDED;
    }
    bool home;
    sac_bound bound = sac_program_bound(sqlite3_db_handle(statement->stmt),
                                        statement->plan->sql, &home);
    if (home) {
        sac_plan_learn_home(statement->plan);
    }
    *certain = bound != SAC_BOUND_UNKNOWN;
    return bound == SAC_BOUND_FIXED ? SAC_PLAN_BOUNDED : 0;
}

static int
times_reprepared(const sac_statement *statement)
{
    return sqlite3_stmt_status(statement->stmt, SQLITE_STMTSTATUS_REPREPARE,
                               0);
}

/* Writes what the statement shows into its plan. */
static void
learn(sac_cache *cache, sac_statement *statement, bool is_new)
{
    sqlite3_stmt *stmt = statement->stmt;
    unsigned learned = SAC_PLAN_KNOWN;
    bool certain = true;
    if (sqlite3_column_count(stmt) > 0) {
        learned |= SAC_PLAN_ROWS;
    }
    /* SQLite calls the EXPLAIN of a write a write; it changes nothing. */
    if (sqlite3_stmt_readonly(stmt) || sqlite3_stmt_isexplain(stmt)) {
        learned |= SAC_PLAN_READONLY;
    }
    else {
        cache->learning = true;
        learned |= learn_bound(statement, is_new, &certain);
        cache->learning = false;
    }
    set_learned(statement->plan, learned);
    /* Without memory, say, nothing was found out: the next use tries again. */
    statement->learned = certain ? times_reprepared(statement) : NOT_LEARNED;
}

/* Compiles the plan's text.  -> SAC_OK and *out, finalised by the caller. */
static sac_status
compile(sqlite3 *db, const sac_plan *plan, sqlite3_stmt **out, sac_error *err)
{
    sqlite3_stmt *stmt = NULL;
    const char *tail = NULL;
    *out = NULL;
    if (plan->length >= INT_MAX) {
        return sac_error_from_sqlite(err, NULL, SQLITE_TOOBIG);
    }
    /* The length with the NUL: SQLite then reads our bytes in place. */
    int rc = sqlite3_prepare_v3(db, plan->sql, (int)plan->length + 1,
                                SQLITE_PREPARE_PERSISTENT, &stmt, &tail);
    if (rc != SQLITE_OK) {
        return sac_error_from_sqlite(err, db, rc);
    }
    if (stmt == NULL) {
        return sac_error_set(err, SAC_ERR_EMPTY_SQL, NULL);
    }
    if (*sac_sql_skip_blank(tail) != '\0') {
        (void)sqlite3_finalize(stmt); /* it never ran */
        return sac_error_set(err, SAC_ERR_MANY_SQL, NULL);
    }
    *out = stmt;
    return SAC_OK;
}

static sac_status
prepare(sac_cache *cache, sqlite3 *db, sac_plan *plan, sac_statement **out,
        sac_error *err)
{
    sac_statement *statement = sac_calloc(1, sizeof(*statement));
    if (statement == NULL) {
        return sac_error_set(err, SAC_ERR_NOMEM, NULL);
    }
    sac_status status = compile(db, plan, &statement->stmt, err);
    if (status != SAC_OK) {
        sac_free(statement);
        return status;
    }
    sac_list_init(&statement->chain);
    sac_list_init(&statement->recent);
    statement->plan = sac_plan_retain(plan);
    statement->width = sqlite3_bind_parameter_count(statement->stmt);
    learn(cache, statement, true);
    *out = statement;
    return SAC_OK;
}

/* Makes `plan` the one that this statement teaches. */
static void
adopt(sac_statement *statement, sac_plan *plan)
{
    sac_plan *old = statement->plan;
    if (old == plan) {
        return;
    }
    if ((sac_plan_facts(plan) & SAC_PLAN_KNOWN) == 0) {
        set_learned(plan, sac_plan_facts(old) & learned_facts);
    }
    statement->plan = sac_plan_retain(plan);
    sac_plan_release(old);
}

sac_status
sac_cache_take(sac_cache *cache, sqlite3 *db, sac_plan *plan,
               sac_statement **out, sac_error *err)
{
    *out = NULL;
    sac_statement *statement = find(cache, plan);
    if (statement == NULL) {
        cache->misses++;
        return prepare(cache, db, plan, out, err);
    }
    cache->hits++;
    unlink_statement(cache, statement);
    adopt(statement, plan);
    if (statement->learned != times_reprepared(statement)) {
        learn(cache, statement, false);
    }
    *out = statement;
    return SAC_OK;
}

void
sac_cache_give(sac_cache *cache, sac_statement *statement)
{
    /* Its result repeats the failure of the last run, which was reported. */
    (void)sqlite3_reset(statement->stmt);
    if (cache->capacity == 0) {
        statement_free(statement);
        return;
    }
    if (statement->width > 0) {
        /* Bound text is borrowed and may be gone by the next use. */
        (void)sqlite3_clear_bindings(statement->stmt); /* cannot fail */
    }
    if (cache->count == cache->capacity) {
        evict_oldest(cache);
    }
    sac_list_push_front(bucket_of(cache, statement->plan), &statement->chain);
    sac_list_push_back(&cache->recent, &statement->recent);
    cache->count++;
}

sac_columns *
sac_statement_columns(sac_statement *statement)
{
    int now = times_reprepared(statement);
    if (statement->columns != NULL && statement->reprepared == now) {
        return statement->columns;
    }
    sac_columns *fresh = sac_columns_of(statement->stmt);
    if (fresh == NULL) {
        return NULL;
    }
    statement->reprepared = now;
    if (statement->columns != NULL &&
        sac_columns_equal(statement->columns, fresh)) {
        sac_columns_release(fresh); /* results keep sharing the old one */
        return statement->columns;
    }
    sac_columns_release(statement->columns);
    statement->columns = fresh;
    return fresh;
}
