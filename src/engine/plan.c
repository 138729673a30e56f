/* Plans: a SQL text with what is known about it, and as much reading of SQL
 * as that needs: skipping blanks, finding the verb.
 *
 * Any thread.  A plan knows its text and its facts; it does not know any
 * statement prepared from it, because every connection has its own. */
#include "engine/plan.h"

#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

/* Cheap runs on a worker before a slow shape is tried inline again. */
enum { FORGIVE_AFTER = 8 };
/* Inline runs in a row that take long by the clock before a shape is slow. */
enum { STRIKES = 2 };

sac_plan *
sac_plan_new(const char *sql, size_t length)
{
    if (length > SIZE_MAX - sizeof(sac_plan) - 1) {
        return NULL;
    }
    sac_plan *plan = sac_malloc(sizeof(sac_plan) + length + 1);
    if (plan == NULL) {
        return NULL;
    }
    memcpy(plan->sql, sql, length);
    plan->sql[length] = '\0';
    plan->length = length;
    plan->hash = sac_hash_bytes(sql, length);
    atomic_init(&plan->references, 1);
    atomic_init(&plan->strikes, 0);
    atomic_init(&plan->slow_runs, 0);
    atomic_init(&plan->facts, sac_plan_classify(plan->sql));
    return plan;
}

sac_plan *
sac_plan_retain(sac_plan *plan)
{
    atomic_fetch_add_explicit(&plan->references, 1, memory_order_relaxed);
    return plan;
}

void
sac_plan_release(sac_plan *plan)
{
    if (plan != NULL && atomic_fetch_sub_explicit(&plan->references, 1,
                                                  memory_order_acq_rel) == 1) {
        sac_free(plan);
    }
}

void
sac_plan_learn(sac_plan *plan, bool spent)
{
    /* Two threads may learn at once; the worst that comes of it is a run or
     * two more or less before a shape changes sides. */
    if (spent) {
        atomic_store_explicit(&plan->slow_runs, 0, memory_order_relaxed);
        atomic_fetch_or_explicit(&plan->facts, SAC_PLAN_SLOW,
                                 memory_order_relaxed);
        return;
    }
    if ((sac_plan_facts(plan) & SAC_PLAN_SLOW) == 0) {
        return;
    }
    unsigned runs =
        atomic_fetch_add_explicit(&plan->slow_runs, 1, memory_order_relaxed);
    if (runs + 1 >= FORGIVE_AFTER) {
        atomic_store_explicit(&plan->slow_runs, 0, memory_order_relaxed);
        atomic_fetch_and_explicit(&plan->facts, ~(unsigned)SAC_PLAN_SLOW,
                                  memory_order_relaxed);
    }
}

void
sac_plan_learn_home(sac_plan *plan)
{
    atomic_fetch_or_explicit(&plan->facts, SAC_PLAN_HOME,
                             memory_order_relaxed);
}

bool
sac_plan_strike(sac_plan *plan, bool long_by_clock)
{
    unsigned strikes =
        atomic_load_explicit(&plan->strikes, memory_order_relaxed);
    if (!long_by_clock) {
        if (strikes != 0) {
            atomic_store_explicit(&plan->strikes, 0, memory_order_relaxed);
        }
        return false;
    }
    atomic_store_explicit(&plan->strikes, strikes + 1, memory_order_relaxed);
    return strikes + 1 >= STRIKES;
}

/* -> behind the comment that starts at `sql`, or `sql` if none does.  A
 * comment that is not closed ends with the text, as it does for SQLite. */
static const char *
skip_comment(const char *sql)
{
    if (sql[0] == '-' && sql[1] == '-') {
        return sql + strcspn(sql, "\n");
    }
    if (sql[0] == '/' && sql[1] == '*') {
        const char *end = strstr(sql + 2, "*/");
        return end != NULL ? end + 2 : sql + strlen(sql);
    }
    return sql;
}

/* Blanks and comments, without semicolons. */
static const char *
skip_space(const char *sql)
{
    for (;;) {
        const char *from = sql;
        sql += strspn(sql, " \t\n\f\r");
        if (strncmp(sql, "\xEF\xBB\xBF", 3) == 0) {
            sql += 3; /* SQLite takes a byte order mark for a blank */
        }
        sql = skip_comment(sql);
        if (sql == from) {
            return sql;
        }
    }
}

const char *
sac_sql_skip_blank(const char *sql)
{
    for (;;) {
        sql = skip_space(sql);
        if (*sql != ';') {
            return sql;
        }
        sql++;
    }
}

static bool
is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           (unsigned char)c >= 0x80;
}

static size_t
word_length(const char *sql)
{
    size_t length = 0;
    while (is_word_byte(sql[length])) {
        length++;
    }
    return length;
}

/* Keywords are ASCII: no locale may have a say in their case. */
static bool
word_is(const char *word, size_t length, const char *keyword)
{
    for (size_t i = 0; i < length; i++) {
        char c = word[i];
        if (c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        }
        if (c != keyword[i]) { /* its NUL ends a keyword that is shorter */
            return false;
        }
    }
    return keyword[length] == '\0';
}

typedef struct verb {
    const char *word;
    unsigned facts;
} verb;

static const verb verbs[] = {
    {"SELECT", 0},
    {"VALUES", 0},
    {"INSERT", SAC_PLAN_INSERT | SAC_PLAN_DML},
    {"REPLACE", SAC_PLAN_INSERT | SAC_PLAN_DML},
    {"UPDATE", SAC_PLAN_DML},
    {"DELETE", SAC_PLAN_DML},
    {"BEGIN", SAC_PLAN_CONTROL | SAC_PLAN_BEGIN},
    {"SAVEPOINT", SAC_PLAN_CONTROL | SAC_PLAN_BEGIN},
    {"COMMIT", SAC_PLAN_CONTROL},
    {"END", SAC_PLAN_CONTROL},
    {"ROLLBACK", SAC_PLAN_CONTROL},
    {"RELEASE", SAC_PLAN_CONTROL},
    {"PRAGMA", SAC_PLAN_OFFLOAD | SAC_PLAN_NO_TX},
    {"VACUUM", SAC_PLAN_OFFLOAD | SAC_PLAN_NO_TX},
    {"ATTACH", SAC_PLAN_OFFLOAD | SAC_PLAN_NO_TX},
    {"DETACH", SAC_PLAN_OFFLOAD | SAC_PLAN_NO_TX},
    {"ANALYZE", SAC_PLAN_OFFLOAD},
    {"REINDEX", SAC_PLAN_OFFLOAD},
};

static unsigned
facts_of_verb(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (word_is(word, length, verbs[i].word)) {
            return verbs[i].facts;
        }
    }
    return 0;
}

/* -> behind the string or quoted name that starts at `sql`.  A doubled quote
 * stands for itself; in brackets it does not. */
static const char *
skip_quoted(const char *sql)
{
    char close = *sql == '[' ? ']' : *sql;
    for (sql++; *sql != '\0'; sql++) {
        if (*sql != close) {
            continue;
        }
        if (close == ']' || sql[1] != close) {
            return sql + 1;
        }
        sql++;
    }
    return sql;
}

/* `sql` comes after WITH.  The verb is the first word that follows a closing
 * parenthesis and is outside of all of them: every common table expression
 * ends in one and is followed by a comma or by the verb, and the names of
 * columns by AS. */
static unsigned
classify_with(const char *sql)
{
    int depth = 0;
    bool closed = false; /* the token before was a ')' at depth 0 */
    for (;;) {
        sql = skip_space(sql);
        size_t length = word_length(sql);
        if (length > 0) {
            if (closed && !word_is(sql, length, "AS")) {
                return facts_of_verb(sql, length);
            }
            closed = false;
            sql += length;
            continue;
        }
        closed = false;
        switch (*sql) {
        case '\0':
            return 0;
        case '\'':
        case '"':
        case '`':
        case '[':
            sql = skip_quoted(sql);
            continue;
        case '(':
            depth++;
            break;
        case ')':
            depth--;
            closed = depth == 0;
            break;
        default:
            break;
        }
        sql++;
    }
}

unsigned
sac_plan_classify(const char *sql)
{
    unsigned facts = strcasestr(sql, "regexp") != NULL ? SAC_PLAN_HOME : 0;
    sql = sac_sql_skip_blank(sql);
    size_t length = word_length(sql);
    if (word_is(sql, length, "WITH")) {
        return facts | classify_with(sql + length);
    }
    return facts | facts_of_verb(sql, length);
}
