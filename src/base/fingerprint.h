/* A 128-bit fingerprint of a structure, fed word by word.
 *
 * Wide enough that two structures of one process never share it in practice;
 * not a defence against somebody who looks for collisions, whose statements
 * would have to be written by the program itself. */
#ifndef SAC_BASE_FINGERPRINT_H
#define SAC_BASE_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct sac_fingerprint {
    uint64_t low;
    uint64_t high;
} sac_fingerprint;

static inline uint64_t
sac_fingerprint_fold(uint64_t word)
{
    word ^= word >> 33;
    word *= UINT64_C(0xff51afd7ed558ccd);
    return word ^ (word >> 29);
}

/* The two halves see every word with other constants, and each other. */
static inline void
sac_fingerprint_add(sac_fingerprint *print, uint64_t word)
{
    uint64_t low = (print->low ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    uint64_t high = (print->high + word) * UINT64_C(0xc2b2ae3d27d4eb4f);
    low ^= low >> 32;
    high ^= high >> 29;
    print->low = low + ((high << 17) | (high >> 47));
    print->high = high ^ sac_fingerprint_fold(low);
}

/* The length first, so that neighbouring strings do not run together. */
static inline void
sac_fingerprint_add_bytes(sac_fingerprint *print, const void *bytes,
                          size_t length)
{
    const unsigned char *next = (const unsigned char *)bytes;
    sac_fingerprint_add(print, (uint64_t)length);
    while (length > 0) {
        uint64_t word = 0;
        size_t step = length < sizeof(word) ? length : sizeof(word);
        memcpy(&word, next, step);
        sac_fingerprint_add(print, word);
        next += step;
        length -= step;
    }
}

static inline int
sac_fingerprint_equal(const sac_fingerprint *a, const sac_fingerprint *b)
{
    return a->low == b->low && a->high == b->high;
}

#endif
