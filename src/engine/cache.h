/* The prepared statements of one connection.
 *
 * A statement leaves the cache while it is in use, so two overlapping uses of
 * one text just have a statement each; what comes back is reset and becomes
 * the most recently used.  Owned by the thread that owns the handle. */
#ifndef SAC_ENGINE_CACHE_H
#define SAC_ENGINE_CACHE_H

#include <stddef.h>

#include "base/list.h"
#include "engine/columns.h"
#include "engine/plan.h"
#include "engine/status.h"

struct sqlite3;
struct sqlite3_stmt;

typedef struct sac_statement {
    sac_list chain;  /* in its bucket */
    sac_list recent; /* in the order of use */
    sac_plan *plan;  /* strong */
    struct sqlite3_stmt *stmt;
    sac_columns *columns; /* strong; NULL until asked for */
    int reprepared;       /* SQLite's count when `columns` was read */
    int learned;          /* SQLite's count when the plan was told; -1: try
                             again */
    int width;            /* number of parameters */
} sac_statement;

typedef struct sac_cache {
    sac_list *buckets;
    size_t bucket_count; /* a power of two */
    size_t capacity;
    size_t count;
    sac_list recent; /* front: least recently used */
    unsigned long hits;
    unsigned long misses;
    bool learning; /* a program is being read: not a run */
} sac_cache;

SAC_MUST_USE sac_status sac_cache_init(sac_cache *cache, size_t capacity);
/* Finalises what is in it. */
void sac_cache_fini(sac_cache *cache);
/* -> SAC_OK and a statement that the caller owns until it is given back;
 *    learns the plan's facts when it has to prepare. */
SAC_MUST_USE sac_status sac_cache_take(sac_cache *cache, struct sqlite3 *db,
                                       sac_plan *plan, sac_statement **out,
                                       sac_error *err);
/* steals: statement; resets it and forgets what was bound. */
void sac_cache_give(sac_cache *cache, sac_statement *statement);
/* -> borrowed names, current for the statement as it is prepared now, or
 *    NULL when memory is short.  Ask after the first step: it is there that
 *    SQLite notices a changed schema and prepares again. */
sac_columns *sac_statement_columns(sac_statement *statement);

#endif
