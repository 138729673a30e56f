/* The shapes of an engine by fingerprint: bounded, least recently used goes
 * first.  One for each engine, shared by its copies with other options, so
 * that what an engine keeps goes with it and its counters are its own.  With
 * the GIL. */
#ifndef SAC_TYPES_SHAPE_CACHE_H
#define SAC_TYPES_SHAPE_CACHE_H

#include <Python.h>

#include "types/shape.h"

typedef struct Sac_ShapeCache {
    size_t limit; /* 0: keeps none */
    size_t size;
    unsigned long long hits;
    unsigned long long misses;
    size_t mask;         /* buckets - 1 */
    Sac_Shape **buckets; /* owned; NULL until there is a shape */
    sac_list used;       /* the most recent first */
} Sac_ShapeCache;

void Sac_ShapeCacheInit(Sac_ShapeCache *cache, size_t limit);
int Sac_ShapeCacheTraverse(Sac_ShapeCache *cache, visitproc visit, void *arg);
/* Drops all shapes. */
void Sac_ShapeCacheClear(Sac_ShapeCache *cache);

/* -> borrowed, or NULL; counts. */
Sac_Shape *Sac_ShapeCacheFind(Sac_ShapeCache *cache,
                              const sac_fingerprint *key);
/* Keeps the shape, unless it or another one for the key is kept already.
 * -> 0, or -1 with MemoryError. */
int Sac_ShapeCacheAdd(Sac_ShapeCache *cache, Sac_Shape *shape,
                      const sac_fingerprint *key);

#endif
