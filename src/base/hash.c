/* Hashing of byte strings for the bounded tables of the engine (statement
 * cache, plans).  Pure functions, any thread.  Eight bytes a step, because
 * the keys are SQL texts; every step multiplies, so that texts that differ
 * in one character anywhere part ways.  The value depends on the machine's
 * byte order and must not leave the process. */
#include "base/hash.h"

#include <string.h>

/* Odd, with about half of the bits set: the golden ratio and a prime. */
#define HASH_STEP UINT64_C(0x9e3779b97f4a7c15)
#define HASH_FOLD UINT64_C(0xff51afd7ed558ccd)

static inline uint64_t
mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * HASH_STEP;
    return hash ^ (hash >> 32);
}

uint64_t
sac_hash_bytes(const void *bytes, size_t length)
{
    const unsigned char *next = bytes;
    /* The length tells "a" from "a\0": the last word is padded with zeros. */
    uint64_t hash = (uint64_t)length * HASH_FOLD + 1;
    size_t left = length;
    while (left >= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, next, sizeof(word));
        hash = mix(hash, word);
        next += sizeof(word);
        left -= sizeof(word);
    }
    if (left > 0) {
        uint64_t word = 0;
        memcpy(&word, next, left);
        hash = mix(hash, word);
    }
    hash *= HASH_FOLD;
    hash ^= hash >> 33;
    hash *= HASH_STEP;
    return hash ^ (hash >> 29);
}
