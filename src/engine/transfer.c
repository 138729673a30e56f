/* Copies of whole databases: sqlite3_backup, sqlite3_serialize.
 *
 * A copy into a database of ours goes through a connection of its own, opened
 * like all of that engine and closed at the end, so no other lease is
 * involved; SQLite's locks keep its writers apart, and a step that meets one
 * is tried again.  Knows nothing of who waits. */
#include "engine/transfer.h"

#include <sqlite3.h>
#include <string.h>

#include "base/memory.h"

enum {
    STEP_PAGES = 256, /* between two looks at the cancel token */
    /* Bytes of a database's header that say whether it is in WAL mode. */
    WRITE_VERSION = 18,
    READ_VERSION = 19,
    HEADER_SIZE = 100,
};

static void
close_backup(sac_transfer *transfer)
{
    if (transfer->backup != NULL) {
        /* Its result repeats that of the last step. */
        (void)sqlite3_backup_finish(transfer->backup);
        transfer->backup = NULL;
    }
    if (transfer->file != NULL) {
        (void)sqlite3_close(transfer->file); /* nothing is prepared on it */
        transfer->file = NULL;
    }
    sac_handle_free(transfer->target);
    transfer->target = NULL;
    sac_handle_user_remove(&transfer->user);
}

static void
stop(sac_handle_user *user)
{
    sac_transfer *transfer = SAC_CONTAINER(user, sac_transfer, user);
    close_backup(transfer);
    if (transfer->orphan) {
        sac_transfer_free(transfer, false);
    }
}

sac_transfer *
sac_transfer_new(const char *schema)
{
    sac_transfer *transfer = sac_calloc(1, sizeof(*transfer));
    if (transfer == NULL) {
        return NULL;
    }
    sac_list_init(&transfer->user.link);
    transfer->schema = sac_strndup(schema, strlen(schema));
    if (transfer->schema == NULL) {
        sac_free(transfer);
        return NULL;
    }
    return transfer;
}

void
sac_transfer_free(sac_transfer *transfer, bool busy)
{
    if (busy && transfer->backup != NULL) {
        transfer->orphan = true;
        return;
    }
    close_backup(transfer);
    sac_engine_release(transfer->engine);
    sac_free(transfer->schema);
    sac_free(transfer->path);
    if (transfer->owns_bytes) {
        sqlite3_free(transfer->bytes);
    }
    sac_free(transfer);
}

/* ---- into a file, into another database ------------------------------- */

static sac_status
open_target(sac_transfer *transfer, sqlite3 **db, sac_error *err)
{
    if (transfer->engine != NULL) {
        transfer->target = sac_handle_new(&transfer->engine->options);
        if (transfer->target == NULL) {
            return sac_error_set(err, SAC_ERR_NOMEM, NULL);
        }
        sac_status status =
            sac_engine_open(transfer->engine, transfer->target, err);
        *db = transfer->target->db;
        return status;
    }
    int rc = sqlite3_open_v2(transfer->path, &transfer->file,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                                 SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                             NULL);
    *db = transfer->file;
    return rc == SQLITE_OK ? SAC_OK
                           : sac_error_from_sqlite(err, transfer->file, rc);
}

static sac_status
begin(sac_transfer *transfer, sac_handle *source, sac_error *err)
{
    sqlite3 *db = NULL;
    sac_status status = open_target(transfer, &db, err);
    if (status != SAC_OK) {
        return status;
    }
    transfer->backup =
        sqlite3_backup_init(db, "main", source->db, transfer->schema);
    if (transfer->backup == NULL) {
        return sac_error_from_sqlite(err, db, sqlite3_errcode(db));
    }
    transfer->user.stop = stop;
    sac_handle_user_add(source, &transfer->user);
    return SAC_OK;
}

/* -> SQLite's code. */
static int
copy(sac_transfer *transfer, const sac_guard *guard)
{
    if (transfer->pages > 0) {
        return sqlite3_backup_step(transfer->backup, transfer->pages);
    }
    int rc;
    do {
        if (guard->cancel != NULL &&
            atomic_load_explicit(guard->cancel, memory_order_relaxed)) {
            return SQLITE_INTERRUPT;
        }
        rc = sqlite3_backup_step(transfer->backup, STEP_PAGES);
    } while (rc == SQLITE_OK);
    return rc;
}

sac_status
sac_transfer_step(sac_transfer *transfer, sac_handle *source, sac_error *err)
{
    sac_status status = SAC_OK;
    if (transfer->backup == NULL) {
        status = begin(transfer, source, err);
    }
    if (status != SAC_OK) {
        close_backup(transfer);
        return status;
    }
    int rc = copy(transfer, &source->guard);
    transfer->remaining = sqlite3_backup_remaining(transfer->backup);
    transfer->total = sqlite3_backup_pagecount(transfer->backup);
    transfer->locked =
        (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED;
    transfer->done = rc == SQLITE_DONE;
    if (rc == SQLITE_OK || transfer->locked) {
        return SAC_OK;
    }
    if (!transfer->done) {
        sqlite3 *db =
            transfer->file != NULL ? transfer->file : transfer->target->db;
        status = sac_error_from_sqlite(
            err, rc == sqlite3_errcode(db) ? db : NULL, rc);
    }
    close_backup(transfer);
    return status;
}

/* ---- bytes ------------------------------------------------------------ */

sac_status
sac_transfer_serialize(sac_transfer *transfer, sac_handle *source,
                       sac_error *err)
{
    sqlite3_int64 size = 0;
    transfer->bytes =
        sqlite3_serialize(source->db, transfer->schema, &size, 0);
    transfer->owns_bytes = true;
    transfer->size = size;
    if (transfer->bytes == NULL && size > 0) {
        return sac_error_set(err, SAC_ERR_NOMEM, NULL);
    }
    if (transfer->bytes == NULL && sqlite3_errcode(source->db) != SQLITE_OK) {
        return sac_error_from_sqlite(err, source->db,
                                     sqlite3_errcode(source->db));
    }
    return SAC_OK;
}

/* A database in memory that has the bytes. -> SQLite's code. */
static int
open_bytes(const sac_transfer *transfer, sqlite3 **db)
{
    int rc = sqlite3_open_v2(":memory:", db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                                 SQLITE_OPEN_EXRESCODE,
                             NULL);
    if (rc != SQLITE_OK || transfer->size == 0) {
        return rc;
    }
    unsigned char *copy_of = sqlite3_malloc64((uint64_t)transfer->size);
    if (copy_of == NULL) {
        return SQLITE_NOMEM;
    }
    memcpy(copy_of, transfer->bytes, (size_t)transfer->size);
    if (transfer->size >= HEADER_SIZE) {
        /* It has no WAL beside it: what was in one was serialised. */
        copy_of[WRITE_VERSION] = copy_of[READ_VERSION] = 1;
    }
    return sqlite3_deserialize(
        *db, "main", copy_of, transfer->size, transfer->size,
        SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
}

sac_status
sac_transfer_deserialize(sac_transfer *transfer, sac_handle *target,
                         sac_error *err)
{
    sqlite3 *db = NULL;
    sac_status status = SAC_OK;
    int rc = open_bytes(transfer, &db);
    if (rc != SQLITE_OK) {
        status = sac_error_from_sqlite(err, db, rc);
        (void)sqlite3_close(db);
        return status;
    }
    sqlite3_backup *backup =
        sqlite3_backup_init(target->db, transfer->schema, db, "main");
    if (backup == NULL) {
        status = sac_error_from_sqlite(err, target->db,
                                       sqlite3_errcode(target->db));
    }
    else {
        rc = sqlite3_backup_step(backup, -1);
        (void)sqlite3_backup_finish(backup); /* repeats it */
        if (rc != SQLITE_DONE) {
            status = sac_error_from_sqlite(err, NULL, rc);
        }
    }
    (void)sqlite3_close(db); /* nothing is prepared on it */
    return status;
}
