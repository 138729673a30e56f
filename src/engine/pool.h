/* The connections of an engine: idle ones, most recently used first, and the
 * calls that wait for one, first come first served.  Any thread.
 *
 * The pool makes handles and counts them; it never opens or closes one but in
 * sac_pool_free(), because both may block. */
#ifndef SAC_ENGINE_POOL_H
#define SAC_ENGINE_POOL_H

#include <stdbool.h>

#include "engine/handle.h"
#include "engine/turnstile.h"

typedef struct sac_pool sac_pool;

typedef struct sac_pool_counts {
    int open;    /* handles that exist */
    int idle;    /* of these, in the pool */
    int waiting; /* tickets in the queue */
} sac_pool_counts;

/* borrows: options, which outlive it. -> new or NULL. */
sac_pool *sac_pool_new(const sac_options *options);
/* Precondition: nothing checked out, nobody waits.  Closes the idle. */
void sac_pool_free(sac_pool *pool);

/* -> SAC_OK: ticket->grant is a handle (perhaps not opened yet), or the
 * ticket was queued if ticket->waits; SAC_ERR_NOMEM; SAC_ERR_WOULD_WAIT when
 * it would have to queue and `port` is NULL.  A queued ticket may have been
 * granted before this returns; the message tells, not its state. */
SAC_MUST_USE sac_status sac_pool_checkout(sac_pool *pool, sac_ticket *ticket,
                                          sac_port *port);
/* -> true: out of the queue; false: it was granted, and the caller has it as
 * soon as the message, which is on its way, has been delivered.
 *
 * A grant that was waited for is NULL when there was room for a new handle
 * and no memory: SAC_ERR_NOMEM, nothing to give back. */
bool sac_pool_withdraw(sac_pool *pool, sac_ticket *ticket);
/* steals: handle, which has no transaction and no live statement.
 * -> NULL, or a handle that the caller must free: this one, if it does not
 * fit any more, or one that a checkout found to be too old. */
SAC_MUST_USE sac_handle *sac_pool_checkin(sac_pool *pool, sac_handle *handle);
/* Takes every idle handle out and makes those checked out close when they
 * come back.  The caller frees the handles in `out`. */
void sac_pool_drain(sac_pool *pool, sac_list *out);
sac_pool_counts sac_pool_count(sac_pool *pool);

#endif
