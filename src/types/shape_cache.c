/* The cache of shapes: a hash table with chains and a list by last use, both
 * through the shapes themselves, so that keeping one allocates nothing.
 *
 * With the GIL.  Dropping a shape can run Python code, which may come back
 * in here: a shape is out of the table and of the list before it is let go. */
#include "types/shape_cache.h"

#include "base/memory.h"

void
Sac_ShapeCacheInit(Sac_ShapeCache *cache, size_t limit)
{
    *cache = (Sac_ShapeCache){.limit = limit};
    sac_list_init(&cache->used);
}

int
Sac_ShapeCacheTraverse(Sac_ShapeCache *cache, visitproc visit, void *arg)
{
    sac_list *head = &cache->used;
    if (cache->buckets == NULL) {
        return 0;
    }
    for (sac_list *node = head->next; node != head; node = node->next) {
        Sac_Shape *shape = SAC_CONTAINER(node, Sac_Shape, used);
        Py_VISIT(shape);
    }
    return 0;
}

static Sac_Shape **
bucket_of(Sac_ShapeCache *cache, const sac_fingerprint *key)
{
    return &cache->buckets[key->low & cache->mask];
}

/* steals nothing: gives the cache's reference to the caller. */
static void
take_out(Sac_ShapeCache *cache, Sac_Shape *shape)
{
    Sac_Shape **at = bucket_of(cache, &shape->key);
    while (*at != shape) {
        at = &(*at)->chain;
    }
    *at = shape->chain;
    sac_list_remove(&shape->used);
    shape->cache = NULL;
    shape->chain = NULL;
    cache->size--;
}

void
Sac_ShapeCacheClear(Sac_ShapeCache *cache)
{
    if (cache->buckets == NULL) {
        return;
    }
    while (!sac_list_empty(&cache->used)) {
        Sac_Shape *shape = SAC_CONTAINER(cache->used.next, Sac_Shape, used);
        take_out(cache, shape);
        Py_DECREF(shape);
    }
    sac_free(cache->buckets);
    cache->buckets = NULL;
}

static Sac_Shape *
find(Sac_ShapeCache *cache, const sac_fingerprint *key)
{
    if (cache->buckets == NULL) {
        return NULL;
    }
    Sac_Shape *shape = *bucket_of(cache, key);
    while (shape != NULL && !sac_fingerprint_equal(&shape->key, key)) {
        shape = shape->chain;
    }
    return shape;
}

Sac_Shape *
Sac_ShapeCacheFind(Sac_ShapeCache *cache, const sac_fingerprint *key)
{
    Sac_Shape *shape = find(cache, key);
    if (shape == NULL) {
        cache->misses++;
        return NULL;
    }
    cache->hits++;
    if (cache->used.next != &shape->used) {
        sac_list_remove(&shape->used);
        sac_list_push_front(&cache->used, &shape->used);
    }
    return shape;
}

/* As many as the limit asks for, in powers of two.  -> 0 or -1. */
static int
make_buckets(Sac_ShapeCache *cache)
{
    size_t count = 64;
    while (count < cache->limit && count < ((size_t)1 << 20)) {
        count *= 2;
    }
    cache->buckets = sac_calloc(count, sizeof(Sac_Shape *));
    if (cache->buckets == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    cache->mask = count - 1;
    return 0;
}

int
Sac_ShapeCacheAdd(Sac_ShapeCache *cache, Sac_Shape *shape,
                  const sac_fingerprint *key)
{
    if (cache->limit == 0 || shape->cache != NULL ||
        find(cache, key) != NULL) {
        return 0;
    }
    if (cache->buckets == NULL && make_buckets(cache) < 0) {
        return -1;
    }
    Sac_Shape **bucket = bucket_of(cache, key);
    Py_INCREF(shape);
    shape->cache = cache;
    shape->key = *key;
    shape->chain = *bucket;
    *bucket = shape;
    sac_list_push_front(&cache->used, &shape->used);
    cache->size++;
    if (cache->size > cache->limit) {
        Sac_Shape *last = SAC_CONTAINER(cache->used.prev, Sac_Shape, used);
        take_out(cache, last);
        Py_DECREF(last);
    }
    return 0;
}
