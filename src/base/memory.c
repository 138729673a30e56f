/* The one door to the heap below the bridge: counts live blocks and injects
 * failures for tests.
 *
 * Any thread, no locks.  It knows nothing of what the blocks hold, and keeps
 * no header in front of them: a block may be looked at by any heap tool.
 *
 * The counters are the only mutable statics below the bridge.  They describe
 * the heap, which is one per process whatever number of interpreters and
 * engines use it, and no decision of the library but the injected failure
 * rests on them; relaxed order is enough, since nothing is published through
 * them.  In a program that never arms it, injection costs one load. */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic int64_t live_blocks;
static _Atomic int64_t fail_countdown = -1; /* negative: disarmed */
static atomic_bool fail_forever;
static _Atomic int64_t fail_count;

static bool
failure_is_due(void)
{
    int64_t left = atomic_load_explicit(&fail_countdown, memory_order_relaxed);
    while (left >= 0) {
        bool forever =
            atomic_load_explicit(&fail_forever, memory_order_relaxed);
        int64_t next = left == 0 && forever ? 0 : left - 1;
        /* The exchange makes each countdown step belong to one thread, so
         * "once" means once. */
        if (atomic_compare_exchange_weak_explicit(&fail_countdown, &left, next,
                                                  memory_order_relaxed,
                                                  memory_order_relaxed)) {
            if (left > 0) {
                return false;
            }
            atomic_fetch_add_explicit(&fail_count, 1, memory_order_relaxed);
            return true;
        }
    }
    return false;
}

/* -> `block`, counted when it is one. */
static void *
count_block(void *block)
{
    if (block != NULL) {
        atomic_fetch_add_explicit(&live_blocks, 1, memory_order_relaxed);
    }
    return block;
}

void *
sac_malloc(size_t size)
{
    if (failure_is_due()) {
        return NULL;
    }
    return count_block(malloc(size > 0 ? size : 1));
}

void *
sac_calloc(size_t count, size_t size)
{
    if (failure_is_due()) {
        return NULL;
    }
    if (count == 0 || size == 0) {
        count = size = 1;
    }
    return count_block(calloc(count, size));
}

void *
sac_realloc(void *block, size_t size)
{
    if (block == NULL) {
        return sac_malloc(size);
    }
    if (failure_is_due()) {
        return NULL;
    }
    return realloc(block, size > 0 ? size : 1);
}

char *
sac_strndup(const char *text, size_t length)
{
    if (length == SIZE_MAX) {
        return NULL;
    }
    char *copy = sac_malloc(length + 1);
    if (copy == NULL) {
        return NULL;
    }
    if (length > 0) {
        memcpy(copy, text, length);
    }
    copy[length] = '\0';
    return copy;
}

void
sac_free(void *block)
{
    if (block == NULL) {
        return;
    }
    atomic_fetch_sub_explicit(&live_blocks, 1, memory_order_relaxed);
    free(block);
}

int64_t
sac_memory_blocks(void)
{
    return atomic_load_explicit(&live_blocks, memory_order_relaxed);
}

void
sac_memory_fail_after(int64_t countdown, bool forever)
{
    /* Disarmed while the rest changes: other threads may be allocating. */
    atomic_store_explicit(&fail_countdown, -1, memory_order_relaxed);
    if (countdown < 0) {
        return;
    }
    atomic_store_explicit(&fail_count, 0, memory_order_relaxed);
    atomic_store_explicit(&fail_forever, forever, memory_order_relaxed);
    atomic_store_explicit(&fail_countdown, countdown, memory_order_relaxed);
}

int64_t
sac_memory_failures(void)
{
    return atomic_load_explicit(&fail_count, memory_order_relaxed);
}
