/* Whole databases copied: into a file, into another engine's database, to and
 * from bytes.
 *
 * The functions that take a transfer run where a job of the source's lease
 * runs, on a worker as a rule; a transfer is one thread's at a time, like its
 * handle.  Giving the handle back ends its transfers. */
#ifndef SAC_ENGINE_TRANSFER_H
#define SAC_ENGINE_TRANSFER_H

#include <stdatomic.h>

#include "engine/engine.h"

struct sqlite3;
struct sqlite3_backup;

typedef struct sac_transfer {
    sac_handle_user user; /* of the source while `backup` is open */
    char *schema;         /* owned: "main", "temp" or an attached one */
    char *path;           /* owned: the file to copy to, or NULL */
    sac_engine *engine;   /* strong: whose database to copy to, or NULL */
    struct sqlite3 *file; /* owned: `path`, opened */
    sac_handle *target;   /* owned: a connection of `engine` */
    struct sqlite3_backup *backup; /* owned; NULL: not begun, or ended */
    int pages;                     /* a step copies so many; <= 0: all */
    int remaining;                 /* out: pages, after a step */
    int total;
    bool locked;          /* out: the step could copy nothing, try again */
    bool done;            /* out */
    unsigned char *bytes; /* serialize: out, owned by sac_transfer_free();
                             deserialize: in, borrowed */
    int64_t size;
    bool owns_bytes;
    bool orphan; /* freed when the handle stops it */
} sac_transfer;

/* -> new, or NULL. copies: schema. */
sac_transfer *sac_transfer_new(const char *schema);
/* Ends what is open and frees it; by the thread that drives the lease.  `busy`:
 * a call of the lease is under way; it is left to the handle, then. */
void sac_transfer_free(sac_transfer *transfer, bool busy);
/* Copies the next pages; begins when it has not. */
SAC_MUST_USE sac_status sac_transfer_step(sac_transfer *transfer,
                                          sac_handle *source, sac_error *err);
SAC_MUST_USE sac_status sac_transfer_serialize(sac_transfer *transfer,
                                               sac_handle *source,
                                               sac_error *err);
/* The caller has the writer token, and no transaction is open. */
SAC_MUST_USE sac_status sac_transfer_deserialize(sac_transfer *transfer,
                                                 sac_handle *target,
                                                 sac_error *err);

#endif
