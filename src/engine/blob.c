/* Incremental reading and writing of one value.
 *
 * By the thread that drives the lease; each piece is a few pages, so nothing
 * here goes to a worker.  Knows nothing of transactions: who writes has seen
 * to the writer token. */
#include "engine/blob.h"

#include <sqlite3.h>

#include "base/memory.h"

static void
stop(sac_handle_user *user)
{
    sac_blob *blob = SAC_CONTAINER(user, sac_blob, user);
    sac_blob_close(blob);
    if (blob->orphan) {
        sac_free(blob);
    }
}

sac_blob *
sac_blob_open(sac_handle *handle, const sac_blob_place *place, sac_error *err)
{
    sqlite3_blob *opened = NULL;
    sac_blob *blob = sac_calloc(1, sizeof(*blob));
    if (blob == NULL) {
        (void)sac_error_set(err, SAC_ERR_NOMEM, NULL);
        return NULL;
    }
    int rc =
        sqlite3_blob_open(handle->db, place->schema, place->table,
                          place->column, place->row, place->write, &opened);
    if (rc != SQLITE_OK) {
        (void)sac_error_from_sqlite(err, handle->db, rc);
        sac_free(blob);
        return NULL;
    }
    blob->blob = opened;
    blob->size = sqlite3_blob_bytes(opened);
    blob->handle = handle;
    blob->user.stop = stop;
    sac_handle_user_add(handle, &blob->user);
    return blob;
}

void
sac_blob_free(sac_blob *blob, bool busy)
{
    if (busy && blob->blob != NULL) {
        blob->orphan = true;
        return;
    }
    sac_blob_close(blob);
    sac_free(blob);
}

sac_status
sac_blob_read(sac_blob *blob, void *bytes, int count, int offset,
              sac_error *err)
{
    int rc = sqlite3_blob_read(blob->blob, bytes, count, offset);
    return rc == SQLITE_OK ? SAC_OK
                           : sac_error_from_sqlite(err, blob->handle->db, rc);
}

sac_status
sac_blob_write(sac_blob *blob, const void *bytes, int count, int offset,
               sac_error *err)
{
    int rc = sqlite3_blob_write(blob->blob, bytes, count, offset);
    return rc == SQLITE_OK ? SAC_OK
                           : sac_error_from_sqlite(err, blob->handle->db, rc);
}

void
sac_blob_close(sac_blob *blob)
{
    sqlite3_blob *opened = blob->blob;
    if (opened == NULL) {
        return;
    }
    blob->blob = NULL;
    blob->handle = NULL;
    sac_handle_user_remove(&blob->user);
    /* Its result repeats that of the last read or write. */
    (void)sqlite3_blob_close(opened);
}
