/* The plans of an engine by their text: a hash table of bounded size and the
 * order of use.
 *
 * Any thread; one mutex guards all of it, held for a look-up and, for a new
 * text, while its bytes are copied.  A plan that falls out lives on while
 * somebody uses it.  Knows texts only: nothing is prepared here. */
#include "engine/plans.h"

#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/sync.h"

typedef struct entry {
    sac_list chain;  /* in its bucket */
    sac_list recent; /* in the order of use */
    sac_plan *plan;  /* strong */
} entry;

struct sac_plans {
    sac_mutex mutex;
    size_t capacity;     /* immutable */
    size_t bucket_count; /* immutable; a power of two */
    sac_list *buckets;   /* guarded by mutex, like all below */
    sac_list recent;     /* front: least recently used */
    size_t size;
    unsigned long long hits;
    unsigned long long misses;
};

enum { MAX_BUCKETS = 1 << 16 };

sac_plans *
sac_plans_new(size_t capacity)
{
    sac_plans *plans = sac_calloc(1, sizeof(*plans));
    if (plans == NULL) {
        return NULL;
    }
    plans->capacity = capacity;
    plans->bucket_count = 8;
    while (plans->bucket_count < capacity &&
           plans->bucket_count < MAX_BUCKETS) {
        plans->bucket_count *= 2;
    }
    plans->buckets = sac_calloc(plans->bucket_count, sizeof(sac_list));
    if (plans->buckets == NULL) {
        sac_free(plans);
        return NULL;
    }
    if (sac_mutex_init(&plans->mutex) != 0) {
        sac_free(plans->buckets);
        sac_free(plans);
        return NULL;
    }
    for (size_t i = 0; i < plans->bucket_count; i++) {
        sac_list_init(&plans->buckets[i]);
    }
    sac_list_init(&plans->recent);
    return plans;
}

static void
evict_oldest_locked(sac_plans *plans)
{
    sac_list *node = sac_list_take_front(&plans->recent);
    entry *oldest = SAC_CONTAINER(node, entry, recent);
    sac_list_remove(&oldest->chain);
    sac_plan_release(oldest->plan);
    sac_free(oldest);
    plans->size--;
}

void
sac_plans_free(sac_plans *plans)
{
    if (plans == NULL) {
        return;
    }
    while (plans->size > 0) {
        evict_oldest_locked(plans);
    }
    sac_mutex_fini(&plans->mutex);
    sac_free(plans->buckets);
    sac_free(plans);
}

static entry *
find_locked(sac_list *bucket, uint64_t hash, const char *sql, size_t length)
{
    for (sac_list *node = bucket->next; node != bucket; node = node->next) {
        entry *found = SAC_CONTAINER(node, entry, chain);
        const sac_plan *plan = found->plan;
        if (plan->hash == hash && plan->length == length &&
            memcmp(plan->sql, sql, length) == 0) {
            return found;
        }
    }
    return NULL;
}

/* -> a new reference to a new plan, which the table has too; or NULL, and
 * the table is as it was. */
static sac_plan *
add_locked(sac_plans *plans, sac_list *bucket, const char *sql, size_t length)
{
    sac_plan *plan = sac_plan_new(sql, length);
    if (plan == NULL || plans->capacity == 0) {
        return plan;
    }
    entry *added = sac_malloc(sizeof(*added));
    if (added == NULL) {
        sac_plan_release(plan);
        return NULL;
    }
    if (plans->size == plans->capacity) {
        evict_oldest_locked(plans);
    }
    added->plan = sac_plan_retain(plan);
    sac_list_push_front(bucket, &added->chain);
    sac_list_push_back(&plans->recent, &added->recent);
    plans->size++;
    return plan;
}

sac_plan *
sac_plans_get(sac_plans *plans, const char *sql, size_t length)
{
    uint64_t hash = sac_hash_bytes(sql, length);
    sac_list *bucket = &plans->buckets[hash & (plans->bucket_count - 1)];
    sac_plan *plan;
    sac_mutex_lock(&plans->mutex);
    entry *found = find_locked(bucket, hash, sql, length);
    if (found != NULL) {
        plans->hits++;
        sac_list_remove(&found->recent);
        sac_list_push_back(&plans->recent, &found->recent);
        plan = sac_plan_retain(found->plan);
    }
    else {
        plans->misses++;
        plan = add_locked(plans, bucket, sql, length);
    }
    sac_mutex_unlock(&plans->mutex);
    return plan;
}

sac_plans_counts
sac_plans_count(sac_plans *plans)
{
    sac_mutex_lock(&plans->mutex);
    sac_plans_counts counts = {
        .size = plans->size,
        .capacity = plans->capacity,
        .hits = plans->hits,
        .misses = plans->misses,
    };
    sac_mutex_unlock(&plans->mutex);
    return counts;
}
