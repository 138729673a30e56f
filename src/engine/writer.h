/* The writer token: one per database, FIFO.  Whoever writes holds it from its
 * BEGIN IMMEDIATE to its COMMIT or ROLLBACK, so writers of one process never
 * meet in SQLite's busy handler.  Checkpoints run under it as well: SQLite
 * before 3.51.3 can lose a commit when a write and a checkpoint of two
 * connections coincide. */
#ifndef SAC_ENGINE_WRITER_H
#define SAC_ENGINE_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/status.h"
#include "engine/turnstile.h"

typedef struct sac_writer sac_writer;

/* The tokens of all databases that one interpreter has open, by device and
 * inode: two engines on one file share a token. */
typedef struct sac_registry sac_registry;

/* -> new or NULL. */
sac_registry *sac_registry_new(void);
/* Its writers keep themselves alive through their references. */
void sac_registry_free(sac_registry *registry);

/* -> new reference to the token of the file, which exists, or NULL. */
sac_writer *sac_registry_writer(sac_registry *registry, uint64_t device,
                                uint64_t inode);
/* -> new token of a database that nobody else can name, or NULL. */
sac_writer *sac_writer_new(void);
void sac_writer_release_reference(sac_writer *writer); /* NULL is fine */

/* Takes the token now, or queues the ticket, with the port kept by the caller.
 * `owner` says who asks (any non-zero identity, 0 for nobody in particular).
 * -> SAC_OK: held, or queued if ticket->waits (a queued ticket may have been
 *    granted before this returns; the message tells, not its state);
 *    SAC_ERR_SELF_WAIT: the holder has the same owner;
 *    SAC_ERR_WOULD_WAIT: it is taken and `port` is NULL. */
SAC_MUST_USE sac_status sac_writer_acquire(sac_writer *writer,
                                           sac_ticket *ticket, sac_port *port,
                                           uintptr_t owner);
/* -> true: the ticket is out of the queue; false: it was granted, and the
 * caller holds the token as soon as the message, which is on its way, has
 * been delivered. */
bool sac_writer_withdraw(sac_writer *writer, sac_ticket *ticket);
/* Passes the token on. Any thread. */
void sac_writer_release(sac_writer *writer);
/* Its holder is on the way to pass it on, and waits for nobody: who asks for
 * it waits for that, whoever held it.  Any thread. */
void sac_writer_disown(sac_writer *writer);
/* Tickets in the queue, for statistics and tests. */
unsigned sac_writer_waiting(sac_writer *writer);

#endif
