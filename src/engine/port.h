/* How finished work comes back to an event loop.
 *
 * DESIGN.  A port belongs to one loop (or to one thread that waits for its
 * own call).  Any thread posts messages; the port's wake descriptor is
 * signalled once per empty -> non-empty outbox; the owner takes the whole
 * outbox at once and delivers outside the lock.  A message is posted exactly
 * once per trip, cancelled or not. */
#ifndef SAC_ENGINE_PORT_H
#define SAC_ENGINE_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

typedef struct sac_port sac_port;

/* Embedded in whatever travels: a job, a ticket. */
typedef struct sac_message {
    sac_list link;
    /* Called by the owner of the port, with no lock held. */
    void (*deliver)(struct sac_message *message);
} sac_message;

/* -> 0 or errno; *out has one reference. */
int sac_port_new(sac_port **out);
sac_port *sac_port_retain(sac_port *port);
void sac_port_release(sac_port *port); /* NULL is fine */
/* The descriptor to watch for reading. */
int sac_port_fd(const sac_port *port);
/* Any thread.  Somebody keeps the port until the message is delivered; after
 * that neither the port nor the message is touched any more, although this
 * may not have returned yet. */
void sac_port_post(sac_port *port, sac_message *message);
/* Owner only: makes the descriptor quiet and delivers everything posted.  The
 * caller keeps a reference of its own over the call. */
void sac_port_drain(sac_port *port);
/* Owner only: blocks for a message or until the timeout (ns, < 0: for ever).
 * -> 1 something is there, 0 timed out, -1 a signal came. */
int sac_port_wait(sac_port *port, int64_t timeout_ns);

#endif
