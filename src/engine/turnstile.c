/* Tickets: the steps that the pool and the writer token have in common.
 *
 * DESIGN.  A ticket has one owner, the call that it is embedded in, and at
 * most one queue, whose mutex guards it while it is QUEUED.  Granting happens
 * under that mutex and sending after it, so between the two the ticket
 * belongs to the granting thread; withdrawing fails then, and the owner
 * waits for the message.  So a ticket is touched by two threads only with a
 * mutex or a delivery between them.
 *
 * It knows nothing of what is granted. */
#include "engine/turnstile.h"

#include <assert.h>
#include <stddef.h>

void
sac_ticket_init(sac_ticket *ticket, void (*deliver)(sac_message *message))
{
    sac_list_init(&ticket->message.link);
    ticket->message.deliver = deliver;
    sac_list_init(&ticket->link);
    ticket->state = SAC_TICKET_IDLE;
    sac_ticket_reset(ticket);
}

void
sac_ticket_reset(sac_ticket *ticket)
{
    assert(ticket->state != SAC_TICKET_QUEUED);
    ticket->state = SAC_TICKET_IDLE;
    ticket->waits = false;
    ticket->port = NULL;
    ticket->owner = 0;
    ticket->grant = NULL;
}

void
sac_ticket_enqueue_locked(sac_list *queue, sac_ticket *ticket, sac_port *port)
{
    assert(ticket->state == SAC_TICKET_IDLE);
    ticket->port = port;
    ticket->state = SAC_TICKET_QUEUED;
    ticket->waits = true;
    sac_list_push_back(queue, &ticket->link);
}

sac_ticket *
sac_ticket_grant_locked(sac_list *queue)
{
    sac_list *node = sac_list_take_front(queue);
    if (node == NULL) {
        return NULL;
    }
    sac_ticket *ticket = SAC_CONTAINER(node, sac_ticket, link);
    ticket->state = SAC_TICKET_GRANTED;
    return ticket;
}

bool
sac_ticket_withdraw_locked(sac_ticket *ticket)
{
    if (ticket->state != SAC_TICKET_QUEUED) {
        return false;
    }
    sac_list_remove(&ticket->link);
    ticket->state = SAC_TICKET_IDLE;
    ticket->waits = false;
    return true;
}

void
sac_ticket_send(sac_ticket *ticket)
{
    sac_port_post(ticket->port, &ticket->message);
}
