/* A plan: one SQL text and what executing it has taught us.
 *
 * The text never changes; the facts are one atomic word, because the loop
 * thread reads them while a worker may be learning them.  A fact that is not
 * known yet costs a slower road, never a wrong result. */
#ifndef SAC_ENGINE_PLAN_H
#define SAC_ENGINE_PLAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SAC_PLAN_KNOWN = 1u << 0,    /* prepared once: the facts below hold */
    SAC_PLAN_READONLY = 1u << 1, /* sqlite3_stmt_readonly */
    SAC_PLAN_BOUNDED = 1u << 2,  /* its program has no loop */
    SAC_PLAN_ROWS = 1u << 3,     /* returns rows */
    SAC_PLAN_SLOW = 1u << 4,     /* spent an inline budget last time */
    SAC_PLAN_CONTROL = 1u << 5,  /* BEGIN, COMMIT, ROLLBACK, SAVEPOINT... */
    SAC_PLAN_BEGIN = 1u << 6,    /* BEGIN or SAVEPOINT: opens a transaction */
    SAC_PLAN_OFFLOAD = 1u << 7,  /* PRAGMA, VACUUM, ...: never inline */
    SAC_PLAN_NO_TX = 1u << 8,    /* refuses to run inside a transaction:
                                    VACUUM, DETACH, PRAGMA */
    SAC_PLAN_INSERT = 1u << 9,   /* INSERT or REPLACE: has a last rowid */
    SAC_PLAN_DML = 1u << 10,     /* INSERT, UPDATE, DELETE, REPLACE: changes
                                    are counted */
    SAC_PLAN_HOME = 1u << 11,    /* calls what the thread alone may call that
                                    drives the lease: REGEXP */
};

typedef struct sac_plan {
    atomic_uint references;
    atomic_uint facts;
    atomic_uint strikes; /* inline runs in a row that took long by the clock */
    atomic_uint slow_runs; /* runs on a worker since it was found slow */
    uint64_t hash;         /* of the text; immutable */
    size_t length;         /* immutable */
    char sql[];            /* immutable, NUL-terminated */
} sac_plan;

/* copies: sql.  -> new with one reference and the facts that the text itself
 * tells, or NULL. */
sac_plan *sac_plan_new(const char *sql, size_t length);
sac_plan *sac_plan_retain(sac_plan *plan);
void sac_plan_release(sac_plan *plan); /* NULL is fine */

static inline unsigned
sac_plan_facts(const sac_plan *plan)
{
    return atomic_load_explicit(&plan->facts, memory_order_relaxed);
}

/* Called after a run: `spent` tells that an inline run used its budget up or
 * that a worker needed longer than it; cheap runs on a worker bring a shape
 * back inline after a while. */
void sac_plan_learn(sac_plan *plan, bool spent);
/* It was seen to call what belongs to one thread: SAC_PLAN_HOME from now on.
 */
void sac_plan_learn_home(sac_plan *plan);
/* Called after an inline run within its budget: `long_by_clock` tells that it
 * took long all the same.  Once may be a thread that lost its processor; in a
 * row it is the shape.  -> true when the shape is to be learnt as slow. */
bool sac_plan_strike(sac_plan *plan, bool long_by_clock);

/* Facts that the text itself tells: from its first keyword (for WITH: from
 * the verb that comes after the common table expressions), and from a REGEXP
 * anywhere in it, were it in a string. */
unsigned sac_plan_classify(const char *sql);

/* -> borrowed from sql: the first byte that SQLite does not skip before or
 * after a statement: blanks, comments, semicolons. */
const char *sac_sql_skip_blank(const char *sql);

#endif
