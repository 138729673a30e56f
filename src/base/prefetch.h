/* Asking for memory before it is read: where thousands of objects that were
 * made a while ago are visited in a row, waiting for each costs more than what
 * is done with it.
 *
 * A hint: any address will do, NULL too. */
#ifndef SAC_BASE_PREFETCH_H
#define SAC_BASE_PREFETCH_H

static inline void
sac_prefetch(const void *address)
{
    __builtin_prefetch(address);
}

#endif
