/* A counter to wait for: how tests make threads meet without sleeping. */
#ifndef SAC_TESTS_GATE_H
#define SAC_TESTS_GATE_H

#include "test.h"

#include "base/sync.h"

typedef struct gate {
    sac_mutex mutex;
    sac_cond cond;
    int count; /* guarded by mutex */
} gate;

static inline void
gate_init(gate *g)
{
    CHECK_INT(sac_mutex_init(&g->mutex), 0);
    CHECK_INT(sac_cond_init(&g->cond), 0);
    g->count = 0;
}

static inline void
gate_fini(gate *g)
{
    sac_cond_fini(&g->cond);
    sac_mutex_fini(&g->mutex);
}

static inline void
gate_add(gate *g, int n)
{
    sac_mutex_lock(&g->mutex);
    g->count += n;
    sac_cond_broadcast(&g->cond);
    sac_mutex_unlock(&g->mutex);
}

/* Waits until the count has reached `wanted`. */
static inline void
gate_wait(gate *g, int wanted)
{
    sac_mutex_lock(&g->mutex);
    while (g->count < wanted) {
        sac_cond_wait(&g->cond, &g->mutex);
    }
    sac_mutex_unlock(&g->mutex);
}

#endif
