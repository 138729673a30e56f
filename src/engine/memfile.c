/* Content of the files of the in-memory VFS: chunks of 64 KiB, so that a
 * growing file never moves what it has.  Owns the chunks and their locking;
 * any thread.  Knows nothing of names, SQLite's locks or transactions.
 *
 * Copies happen under the file's read-write lock.  SQLite's own locks keep
 * most readers and writers apart already, but not all: a connection looks at
 * the head of a database before it has a lock, and truncation frees memory. */
#include "engine/memfile.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

#define CHUNK_SIZE ((int64_t)65536)

/* ---- the quota ---- */

static bool
quota_take(sac_memquota *quota, int64_t bytes)
{
    int64_t limit = atomic_load_explicit(&quota->limit, memory_order_relaxed);
    int64_t before =
        atomic_fetch_add_explicit(&quota->used, bytes, memory_order_relaxed);
    if (limit > 0 && bytes > 0 && before + bytes > limit) {
        atomic_fetch_sub_explicit(&quota->used, bytes, memory_order_relaxed);
        return false;
    }
    return true;
}

static void
quota_give(sac_memquota *quota, int64_t bytes)
{
    atomic_fetch_sub_explicit(&quota->used, bytes, memory_order_relaxed);
}

/* ---- locking ---- */

static void
lock_read(sac_memfile *file)
{
    int rc = pthread_rwlock_rdlock(&file->content);
    assert(rc == 0);
    (void)rc;
}

static void
lock_write(sac_memfile *file)
{
    int rc = pthread_rwlock_wrlock(&file->content);
    assert(rc == 0);
    (void)rc;
}

static void
unlock(sac_memfile *file)
{
    int rc = pthread_rwlock_unlock(&file->content);
    assert(rc == 0);
    (void)rc;
}

/* ---- life ---- */

sac_memfile *
sac_memfile_new(const char *name, sac_memquota *quota)
{
    sac_memfile *file = sac_calloc(1, sizeof(*file));
    if (file == NULL) {
        return NULL;
    }
    sac_list_init(&file->link);
    file->quota = quota;
    if (name != NULL) {
        file->name = sac_strndup(name, strlen(name));
        if (file->name == NULL) {
            goto error_name;
        }
    }
    if (pthread_rwlock_init(&file->content, NULL) != 0) {
        goto error_content;
    }
    if (sac_mutex_init(&file->lock_mutex) != 0) {
        goto error_mutex;
    }
    return file;

error_mutex:
    (void)pthread_rwlock_destroy(&file->content); /* nobody saw it */
error_content:
    sac_free(file->name);
error_name:
    sac_free(file);
    return NULL;
}

/* Frees the chunks from slot `first` on. */
static void
free_chunks_locked(sac_memfile *file, size_t first)
{
    for (size_t i = first; i < file->chunk_slots; i++) {
        sac_free(file->chunks[i]);
        file->chunks[i] = NULL;
    }
}

void
sac_memfile_free(sac_memfile *file)
{
    assert(file->handles == 0);
    assert(file->readers == 0 && file->shm_handles == 0);
    free_chunks_locked(file, 0);
    sac_free(file->chunks);
    quota_give(file->quota, file->size);
    sac_mutex_fini(&file->lock_mutex);
    int rc = pthread_rwlock_destroy(&file->content);
    assert(rc == 0);
    (void)rc;
    sac_free(file->name);
    sac_free(file);
}

/* ---- content ---- */

/* -> how many of `length` bytes at `offset` lie in the chunk of `offset`. */
static size_t
span_in_chunk(int64_t offset, int64_t length)
{
    int64_t room = CHUNK_SIZE - offset % CHUNK_SIZE;
    return (size_t)(length < room ? length : room);
}

static void
copy_out_locked(const sac_memfile *file, unsigned char *buffer, int64_t length,
                int64_t offset)
{
    while (length > 0) {
        size_t slot = (size_t)(offset / CHUNK_SIZE);
        size_t span = span_in_chunk(offset, length);
        const unsigned char *chunk =
            slot < file->chunk_slots ? file->chunks[slot] : NULL;
        if (chunk != NULL) {
            memcpy(buffer, chunk + offset % CHUNK_SIZE, span);
        }
        else {
            memset(buffer, 0, span);
        }
        buffer += span;
        offset += (int64_t)span;
        length -= (int64_t)span;
    }
}

int
sac_memfile_read(sac_memfile *file, void *buffer, int length, int64_t offset)
{
    lock_read(file);
    int64_t there = file->size - offset;
    if (there > length) {
        there = length;
    }
    if (there > 0) {
        copy_out_locked(file, buffer, there, offset);
    }
    unlock(file);
    if (there == length) {
        return SQLITE_OK;
    }
    if (there < 0) {
        there = 0;
    }
    /* SQLite relies on the zeros. */
    memset((unsigned char *)buffer + there, 0, (size_t)(length - there));
    return SQLITE_IOERR_SHORT_READ;
}

/* Makes room in the table for slots 0..last. */
static bool
reserve_slots_locked(sac_memfile *file, size_t last)
{
    if (last < file->chunk_slots) {
        return true;
    }
    size_t slots = file->chunk_slots > 0 ? file->chunk_slots : 4;
    while (slots <= last) {
        slots *= 2;
    }
    unsigned char **chunks =
        sac_realloc(file->chunks, slots * sizeof(*chunks));
    if (chunks == NULL) {
        return false;
    }
    for (size_t i = file->chunk_slots; i < slots; i++) {
        chunks[i] = NULL;
    }
    file->chunks = chunks;
    file->chunk_slots = slots;
    return true;
}

/* Makes the chunks that hold `length` > 0 bytes at `offset`.  What it made
 * before it failed stays: zeros beyond or inside the file, as before. */
static bool
reserve_chunks_locked(sac_memfile *file, int64_t length, int64_t offset)
{
    size_t first = (size_t)(offset / CHUNK_SIZE);
    size_t last = (size_t)((offset + length - 1) / CHUNK_SIZE);
    if (!reserve_slots_locked(file, last)) {
        return false;
    }
    for (size_t i = first; i <= last; i++) {
        if (file->chunks[i] == NULL) {
            file->chunks[i] = sac_calloc(1, (size_t)CHUNK_SIZE);
            if (file->chunks[i] == NULL) {
                return false;
            }
        }
    }
    return true;
}

static int
write_locked(sac_memfile *file, const unsigned char *buffer, int64_t length,
             int64_t offset)
{
    int64_t end = offset + length;
    int64_t growth = end > file->size ? end - file->size : 0;
    if (!quota_take(file->quota, growth)) {
        return SQLITE_FULL;
    }
    if (!reserve_chunks_locked(file, length, offset)) {
        quota_give(file->quota, growth);
        return SQLITE_IOERR_NOMEM;
    }
    while (length > 0) {
        size_t span = span_in_chunk(offset, length);
        unsigned char *chunk = file->chunks[offset / CHUNK_SIZE];
        memcpy(chunk + offset % CHUNK_SIZE, buffer, span);
        buffer += span;
        offset += (int64_t)span;
        length -= (int64_t)span;
    }
    file->size += growth;
    return SQLITE_OK;
}

int
sac_memfile_write(sac_memfile *file, const void *buffer, int length,
                  int64_t offset)
{
    if (length <= 0) {
        return SQLITE_OK;
    }
    lock_write(file);
    int rc = write_locked(file, buffer, length, offset);
    unlock(file);
    return rc;
}

/* Frees and zeroes what lies at or after `size`. */
static void
cut_locked(sac_memfile *file, int64_t size)
{
    size_t slot = (size_t)(size / CHUNK_SIZE);
    size_t kept = (size_t)(size % CHUNK_SIZE);
    if (kept > 0) {
        if (slot < file->chunk_slots && file->chunks[slot] != NULL) {
            memset(file->chunks[slot] + kept, 0, (size_t)CHUNK_SIZE - kept);
        }
        slot++;
    }
    free_chunks_locked(file, slot);
    quota_give(file->quota, file->size - size);
    file->size = size;
}

int
sac_memfile_truncate(sac_memfile *file, int64_t size)
{
    int rc = SQLITE_OK;
    lock_write(file);
    if (size < file->size) {
        cut_locked(file, size);
    }
    else if (quota_take(file->quota, size - file->size)) {
        file->size = size;
    }
    else {
        rc = SQLITE_FULL;
    }
    unlock(file);
    return rc;
}

int64_t
sac_memfile_size(const sac_memfile *file)
{
    return atomic_load_explicit(&file->size, memory_order_acquire);
}
