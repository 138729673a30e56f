/* The way back to an event loop: an outbox and the descriptor that tells of
 * it.
 *
 * DESIGN.  Posting: any thread; the message goes to the end of the outbox
 * under the mutex, and the descriptor is signalled after the mutex is free,
 * only when the outbox was empty.  Whoever posts gives the message away with
 * that: its owner may be running on with it before sac_port_post() has
 * returned.  The owner may also let the port go then, which the poster was
 * borrowing from it; so posting takes a reference of its own until the signal
 * is out.
 *
 * Draining: the owner alone.  The descriptor is made quiet before the outbox
 * is taken; a message that slips in between is delivered now and causes one
 * empty wake-up later, and none is ever forgotten.
 *
 * It knows nothing of what a message carries. */
#include "engine/port.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/memory.h"
#include "base/platform.h"
#include "base/sync.h"

struct sac_port {
    atomic_uint references;
    sac_wake wake; /* immutable after init; signalled by any thread */
    sac_mutex mutex;
    sac_list outbox; /* guarded by mutex */
};

int
sac_port_new(sac_port **out)
{
    *out = NULL;
    sac_port *port = sac_malloc(sizeof(*port));
    if (port == NULL) {
        return ENOMEM;
    }
    int rc = sac_wake_init(&port->wake);
    if (rc != 0) {
        sac_free(port);
        return rc;
    }
    rc = sac_mutex_init(&port->mutex);
    if (rc != 0) {
        sac_wake_fini(&port->wake);
        sac_free(port);
        return rc;
    }
    sac_list_init(&port->outbox);
    atomic_init(&port->references, 1);
    *out = port;
    return 0;
}

sac_port *
sac_port_retain(sac_port *port)
{
    atomic_fetch_add_explicit(&port->references, 1, memory_order_relaxed);
    return port;
}

void
sac_port_release(sac_port *port)
{
    if (port == NULL || atomic_fetch_sub_explicit(&port->references, 1,
                                                  memory_order_acq_rel) != 1) {
        return;
    }
    /* It is kept until the last message is delivered. */
    assert(sac_list_empty(&port->outbox));
    sac_mutex_fini(&port->mutex);
    sac_wake_fini(&port->wake);
    sac_free(port);
}

int
sac_port_fd(const sac_port *port)
{
    return port->wake.read_fd;
}

void
sac_port_post(sac_port *port, sac_message *message)
{
    (void)sac_port_retain(port);
    sac_mutex_lock(&port->mutex);
    bool first = sac_list_empty(&port->outbox);
    sac_list_push_back(&port->outbox, &message->link);
    sac_mutex_unlock(&port->mutex);
    if (first) {
        sac_wake_signal(&port->wake);
    }
    sac_port_release(port);
}

void
sac_port_drain(sac_port *port)
{
    sac_list taken;
    sac_list_init(&taken);
    sac_wake_drain(&port->wake);
    sac_mutex_lock(&port->mutex);
    sac_list_move(&taken, &port->outbox);
    sac_mutex_unlock(&port->mutex);
    sac_list *node;
    while ((node = sac_list_take_front(&taken)) != NULL) {
        sac_message *message = SAC_CONTAINER(node, sac_message, link);
        message->deliver(message);
    }
}

int
sac_port_wait(sac_port *port, int64_t timeout_ns)
{
    return sac_wake_wait(&port->wake, timeout_ns);
}
