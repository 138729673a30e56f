/* Every heap block below the bridge comes from here: live blocks are counted,
 * and a test can make the n-th allocation fail.  Any thread. */
#ifndef SAC_BASE_MEMORY_H
#define SAC_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* -> new block, or NULL when memory (or the injected budget) is spent.  A
 * size of 0 gives a block too, so NULL always means failure. */
void *sac_malloc(size_t size);
void *sac_calloc(size_t count, size_t size);
/* -> the block, perhaps moved; NULL on failure, the old one stays valid. */
void *sac_realloc(void *block, size_t size);
/* copies: text, exactly `length` bytes of it (a NUL inside does not end it);
 * adds a NUL.  -> new block or NULL. */
char *sac_strndup(const char *text, size_t length);
/* NULL is allowed. */
void sac_free(void *block);

/* Blocks handed out and not yet freed, process-wide. */
int64_t sac_memory_blocks(void);

/* Failure injection, for tests: the allocation that comes after `countdown`
 * successful ones fails; with `forever`, all later ones do too.  A negative
 * countdown disarms.  Arming zeroes the number of injected failures, which
 * sac_memory_failures() reads; disarming leaves it to be read. */
void sac_memory_fail_after(int64_t countdown, bool forever);
int64_t sac_memory_failures(void);

#endif
