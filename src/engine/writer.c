/* The writer token of a database, and the registry by which two engines on
 * one file find the same one.
 *
 * DESIGN.  A token is a flag, the identity of its holder and a FIFO of
 * tickets, under one mutex.  Releasing passes it straight to the first
 * ticket without ever being free in between: nobody who comes later can take
 * it first.  Any thread may release, not only the one that acquired.
 *
 * The registry is a list under a mutex of its own, never held together with
 * the mutex of a token.  It does not keep its tokens alive: the last
 * reference takes a token out, under the registry's mutex, so that a look-up
 * cannot find one that is dying.  Every token keeps the registry alive, so
 * either may be let go first.
 *
 * It knows nothing of handles or transactions. */
#include "engine/writer.h"

#include <assert.h>
#include <stddef.h>

#include "base/list.h"
#include "base/memory.h"
#include "base/sync.h"

struct sac_registry {
    sac_mutex mutex;
    unsigned references; /* guarded by mutex: its maker's and its tokens' */
    sac_list writers;    /* guarded by mutex; borrowed: they unlink
                            themselves with their last reference */
};

struct sac_writer {
    sac_registry *registry; /* strong; NULL: private; immutable */
    sac_list link;          /* guarded by the registry's mutex */
    unsigned references;    /* guarded by the registry's mutex; a private
                               token has one */
    uint64_t device;        /* immutable */
    uint64_t inode;         /* immutable */
    sac_mutex mutex;
    bool held;       /* guarded by mutex, like all below */
    uintptr_t owner; /* of the holder */
    sac_list queue;
    unsigned waiting;
};

sac_registry *
sac_registry_new(void)
{
    sac_registry *registry = sac_malloc(sizeof(*registry));
    if (registry == NULL) {
        return NULL;
    }
    if (sac_mutex_init(&registry->mutex) != 0) {
        sac_free(registry);
        return NULL;
    }
    registry->references = 1;
    sac_list_init(&registry->writers);
    return registry;
}

/* Gives one reference up; unlocks the registry, and frees it if that was the
 * last. */
static void
registry_drop_and_unlock(sac_registry *registry)
{
    bool last = --registry->references == 0;
    sac_mutex_unlock(&registry->mutex);
    if (last) {
        assert(sac_list_empty(&registry->writers));
        sac_mutex_fini(&registry->mutex);
        sac_free(registry);
    }
}

void
sac_registry_free(sac_registry *registry)
{
    if (registry == NULL) {
        return;
    }
    sac_mutex_lock(&registry->mutex);
    registry_drop_and_unlock(registry);
}

sac_writer *
sac_writer_new(void)
{
    sac_writer *writer = sac_calloc(1, sizeof(*writer));
    if (writer == NULL) {
        return NULL;
    }
    if (sac_mutex_init(&writer->mutex) != 0) {
        sac_free(writer);
        return NULL;
    }
    writer->references = 1;
    sac_list_init(&writer->link);
    sac_list_init(&writer->queue);
    return writer;
}

static sac_writer *
find_locked(sac_registry *registry, uint64_t device, uint64_t inode)
{
    for (sac_list *node = registry->writers.next; node != &registry->writers;
         node = node->next) {
        sac_writer *writer = SAC_CONTAINER(node, sac_writer, link);
        if (writer->device == device && writer->inode == inode) {
            return writer;
        }
    }
    return NULL;
}

sac_writer *
sac_registry_writer(sac_registry *registry, uint64_t device, uint64_t inode)
{
    sac_mutex_lock(&registry->mutex);
    sac_writer *writer = find_locked(registry, device, inode);
    if (writer != NULL) {
        writer->references++;
    }
    else if ((writer = sac_writer_new()) != NULL) {
        writer->device = device;
        writer->inode = inode;
        writer->registry = registry;
        registry->references++;
        sac_list_push_back(&registry->writers, &writer->link);
    }
    sac_mutex_unlock(&registry->mutex);
    return writer;
}

static void
writer_free(sac_writer *writer)
{
    assert(!writer->held && sac_list_empty(&writer->queue));
    sac_mutex_fini(&writer->mutex);
    sac_free(writer);
}

void
sac_writer_release_reference(sac_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    sac_registry *registry = writer->registry;
    if (registry == NULL) {
        writer_free(writer);
        return;
    }
    sac_mutex_lock(&registry->mutex);
    if (--writer->references > 0) {
        sac_mutex_unlock(&registry->mutex);
        return;
    }
    sac_list_remove(&writer->link);
    registry_drop_and_unlock(registry);
    writer_free(writer);
}

static sac_status
acquire_locked(sac_writer *writer, sac_ticket *ticket, sac_port *port,
               uintptr_t owner)
{
    sac_ticket_reset(ticket);
    if (!writer->held) {
        writer->held = true;
        writer->owner = owner;
        return SAC_OK;
    }
    if (owner != 0 && writer->owner == owner) {
        return SAC_ERR_SELF_WAIT;
    }
    if (port == NULL) {
        return SAC_ERR_WOULD_WAIT;
    }
    ticket->owner = owner;
    sac_ticket_enqueue_locked(&writer->queue, ticket, port);
    writer->waiting++;
    return SAC_OK;
}

sac_status
sac_writer_acquire(sac_writer *writer, sac_ticket *ticket, sac_port *port,
                   uintptr_t owner)
{
    sac_mutex_lock(&writer->mutex);
    sac_status status = acquire_locked(writer, ticket, port, owner);
    sac_mutex_unlock(&writer->mutex);
    return status;
}

bool
sac_writer_withdraw(sac_writer *writer, sac_ticket *ticket)
{
    sac_mutex_lock(&writer->mutex);
    bool withdrawn = sac_ticket_withdraw_locked(ticket);
    if (withdrawn) {
        writer->waiting--;
    }
    sac_mutex_unlock(&writer->mutex);
    return withdrawn;
}

void
sac_writer_release(sac_writer *writer)
{
    sac_mutex_lock(&writer->mutex);
    assert(writer->held);
    sac_ticket *next = sac_ticket_grant_locked(&writer->queue);
    if (next != NULL) {
        writer->owner = next->owner;
        writer->waiting--;
    }
    else {
        writer->held = false;
        writer->owner = 0;
    }
    sac_mutex_unlock(&writer->mutex);
    if (next != NULL) {
        sac_ticket_send(next);
    }
}

void
sac_writer_disown(sac_writer *writer)
{
    sac_mutex_lock(&writer->mutex);
    writer->owner = 0;
    sac_mutex_unlock(&writer->mutex);
}

unsigned
sac_writer_waiting(sac_writer *writer)
{
    sac_mutex_lock(&writer->mutex);
    unsigned waiting = writer->waiting;
    sac_mutex_unlock(&writer->mutex);
    return waiting;
}
