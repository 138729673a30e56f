/* Who waits for what, in order: the one FIFO behind the connection pool, the
 * writer token and a lease whose call was left behind (whose queue has no
 * mutex: it is its driver's).
 *
 * A ticket is embedded in the call that waits.  It is QUEUED under the mutex
 * of what it waits for, becomes GRANTED under the same mutex when its turn
 * comes, and is then posted to its port.
 *
 * Withdrawing succeeds only for a queued ticket.  A granted one has a message
 * on its way: its owner waits for the delivery, and only then has what was
 * granted (to use it or to give it back), may read the other fields and let
 * the ticket go or use it again. */
#ifndef SAC_ENGINE_TURNSTILE_H
#define SAC_ENGINE_TURNSTILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "engine/port.h"

typedef enum sac_ticket_state {
    SAC_TICKET_IDLE,
    SAC_TICKET_QUEUED,
    SAC_TICKET_GRANTED,
} sac_ticket_state;

typedef struct sac_ticket {
    sac_message message;    /* posted when granted */
    sac_list link;          /* guarded by the mutex of what it waits for */
    sac_ticket_state state; /* guarded by the same mutex while QUEUED */
    bool waits;             /* it went into the queue, so a message will come;
                               the owner's, who can read it at any time */
    sac_port *port;         /* borrowed: the owner keeps it until the delivery
                               or the withdrawal */
    uintptr_t owner;        /* who waits for the token; immutable if QUEUED */
    void *grant;            /* what was granted: a sac_handle for a pool */
} sac_ticket;

void sac_ticket_init(sac_ticket *ticket,
                     void (*deliver)(sac_message *message));

/* Makes a ticket that was delivered or withdrawn ready to be used again. */
void sac_ticket_reset(sac_ticket *ticket);

/* What follows is for the pool and the token.  _locked: the caller holds the
 * mutex that guards the queue. */

/* QUEUED, at the end. */
void sac_ticket_enqueue_locked(sac_list *queue, sac_ticket *ticket,
                               sac_port *port);
/* -> the first, unlinked and GRANTED, to be sent when the mutex is free; or
 * NULL. */
sac_ticket *sac_ticket_grant_locked(sac_list *queue);
/* -> true: unlinked and IDLE. */
bool sac_ticket_withdraw_locked(sac_ticket *ticket);
/* Posts a granted ticket; it is its owner's from then on. */
void sac_ticket_send(sac_ticket *ticket);

#endif
