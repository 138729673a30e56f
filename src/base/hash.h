/* Hashing of byte strings for our own tables (not for untrusted keys in
 * unbounded tables: every table that uses it is bounded). */
#ifndef SAC_BASE_HASH_H
#define SAC_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t sac_hash_bytes(const void *bytes, size_t length);

#endif
