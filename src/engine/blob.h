/* A value of one row, read and written in pieces.
 *
 * Used by the thread that drives the lease of the handle, while no call of
 * the lease is under way.  Giving the handle back closes its blobs. */
#ifndef SAC_ENGINE_BLOB_H
#define SAC_ENGINE_BLOB_H

#include <stdint.h>

#include "engine/handle.h"

struct sqlite3_blob;

typedef struct sac_blob {
    sac_handle_user user;      /* while it is open */
    sac_handle *handle;        /* borrowed while it is open */
    struct sqlite3_blob *blob; /* owned; NULL: closed */
    int size;                  /* bytes; fixed */
    bool orphan;               /* freed when the handle stops it */
} sac_blob;

typedef struct sac_blob_place {
    const char *schema;
    const char *table;
    const char *column;
    int64_t row;
    bool write;
} sac_blob_place;

/* -> new, or NULL: err tells. */
sac_blob *sac_blob_open(sac_handle *handle, const sac_blob_place *place,
                        sac_error *err);
/* The bytes are within it. */
SAC_MUST_USE sac_status sac_blob_read(sac_blob *blob, void *bytes, int count,
                                      int offset, sac_error *err);
SAC_MUST_USE sac_status sac_blob_write(sac_blob *blob, const void *bytes,
                                       int count, int offset, sac_error *err);
/* A closed one is left alone. */
void sac_blob_close(sac_blob *blob);
/* Closes and frees it.  `busy`: a call of the lease is under way; it is left
 * to the handle, then. */
void sac_blob_free(sac_blob *blob, bool busy);

#endif
