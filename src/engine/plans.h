/* The plans of an engine, by text: bounded, least recently used goes first.
 * Any thread. */
#ifndef SAC_ENGINE_PLANS_H
#define SAC_ENGINE_PLANS_H

#include <stddef.h>

#include "engine/plan.h"

typedef struct sac_plans sac_plans;

typedef struct sac_plans_counts {
    size_t size;
    size_t capacity;
    unsigned long long hits;
    unsigned long long misses;
} sac_plans_counts;

/* capacity 0 keeps none.  -> new or NULL. */
sac_plans *sac_plans_new(size_t capacity);
void sac_plans_free(sac_plans *plans);
/* -> strong reference, made when the text is new, or NULL (no memory). */
sac_plan *sac_plans_get(sac_plans *plans, const char *sql, size_t length);
sac_plans_counts sac_plans_count(sac_plans *plans);

#endif
