/* Locks and shared memory of the in-memory VFS: what SQLite calls xLock and
 * xShm*, between handles of one file in one process.  Any thread, one at a
 * time per handle; every lock state is guarded by the file's lock_mutex, held
 * for a few instructions and never while anything is copied.  Nothing waits
 * here: a conflict is SQLITE_BUSY, and who waits is decided above.
 *
 * The rules are those that SQLite documents for its unix VFS.  The levels of
 * a database file: any number at SHARED; one above it, which from PENDING on
 * keeps new readers out.  The slots of the wal index: many shared or one
 * exclusive holder each.  All memory that SQLite publishes through the slots
 * is ordered by the mutex. */
#include "engine/memfile.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"

/* ---- levels of a database file ---- */

static int
lock_locked(sac_memhandle *self, int level)
{
    sac_memfile *file = self->file;
    sac_memhandle *writer = file->writer;
    if (level == SQLITE_LOCK_SHARED) {
        if (writer != NULL && writer->level >= SQLITE_LOCK_PENDING) {
            return SQLITE_BUSY;
        }
        file->readers++;
        self->level = SQLITE_LOCK_SHARED;
        return SQLITE_OK;
    }
    assert(self->level >= SQLITE_LOCK_SHARED);
    if (writer != NULL && writer != self) {
        return SQLITE_BUSY;
    }
    file->writer = self;
    if (level == SQLITE_LOCK_EXCLUSIVE && file->readers > 1) {
        /* No new readers come; those inside leave in their own time. */
        self->level = SQLITE_LOCK_PENDING;
        return SQLITE_BUSY;
    }
    self->level = level;
    return SQLITE_OK;
}

int
sac_memlock_lock(sqlite3_file *op, int level)
{
    sac_memhandle *self = (sac_memhandle *)op;
    /* Only this handle's own thread changes its level. */
    if (self->level >= level) {
        return SQLITE_OK;
    }
    sac_mutex_lock(&self->file->lock_mutex);
    int rc = lock_locked(self, level);
    sac_mutex_unlock(&self->file->lock_mutex);
    return rc;
}

int
sac_memlock_unlock(sqlite3_file *op, int level)
{
    sac_memhandle *self = (sac_memhandle *)op;
    sac_memfile *file = self->file;
    assert(level <= SQLITE_LOCK_SHARED);
    if (self->level <= level) {
        return SQLITE_OK;
    }
    sac_mutex_lock(&file->lock_mutex);
    if (file->writer == self) {
        file->writer = NULL;
    }
    if (level == SQLITE_LOCK_NONE) {
        file->readers--;
    }
    self->level = level;
    sac_mutex_unlock(&file->lock_mutex);
    return SQLITE_OK;
}

int
sac_memlock_check_reserved(sqlite3_file *op, int *out)
{
    sac_memfile *file = ((sac_memhandle *)op)->file;
    sac_mutex_lock(&file->lock_mutex);
    *out = file->writer != NULL;
    sac_mutex_unlock(&file->lock_mutex);
    return SQLITE_OK;
}

/* ---- regions of the wal index ---- */

/* -> false when memory is spent; regions made before stay. */
static bool
make_regions_locked(sac_memfile *file, int count, int size)
{
    if (file->shm_region_count >= count) {
        return true;
    }
    void **regions =
        sac_realloc(file->shm_regions, (size_t)count * sizeof(*regions));
    if (regions == NULL) {
        return false;
    }
    file->shm_regions = regions;
    while (file->shm_region_count < count) {
        void *region = sac_calloc(1, (size_t)size);
        if (region == NULL) {
            return false;
        }
        regions[file->shm_region_count++] = region;
    }
    return true;
}

static int
shm_map_locked(sac_memhandle *self, int region, int size, int extend,
               void volatile **out)
{
    sac_memfile *file = self->file;
    if (!self->shm_mapped) {
        self->shm_mapped = true;
        file->shm_handles++;
    }
    if (region >= file->shm_region_count) {
        if (!extend) {
            return SQLITE_OK;
        }
        if (!make_regions_locked(file, region + 1, size)) {
            return SQLITE_IOERR_NOMEM;
        }
    }
    *out = file->shm_regions[region];
    return SQLITE_OK;
}

int
sac_memlock_shm_map(sqlite3_file *op, int region, int size, int extend,
                    void volatile **out)
{
    sac_memhandle *self = (sac_memhandle *)op;
    *out = NULL;
    sac_mutex_lock(&self->file->lock_mutex);
    int rc = shm_map_locked(self, region, size, extend, out);
    sac_mutex_unlock(&self->file->lock_mutex);
    return rc;
}

/* ---- slots of the wal index ---- */

static void
shm_release_locked(sac_memhandle *self, unsigned mask)
{
    int *slots = self->file->shm_slots;
    for (int i = 0; i < SQLITE_SHM_NLOCK; i++) {
        unsigned bit = 1U << i;
        if ((mask & bit) == 0) {
            continue;
        }
        if ((self->shm_exclusive & bit) != 0) {
            slots[i] = 0;
        }
        else if ((self->shm_shared & bit) != 0) {
            slots[i]--;
        }
    }
    self->shm_exclusive &= ~mask;
    self->shm_shared &= ~mask;
}

static int
shm_share_locked(sac_memhandle *self, int slot)
{
    int *holders = &self->file->shm_slots[slot];
    unsigned bit = 1U << slot;
    if ((self->shm_shared & bit) != 0) {
        return SQLITE_OK;
    }
    if (*holders < 0) {
        return SQLITE_BUSY;
    }
    ++*holders;
    self->shm_shared |= bit;
    return SQLITE_OK;
}

static int
shm_exclude_locked(sac_memhandle *self, int slot, int count)
{
    int *slots = self->file->shm_slots;
    for (int i = slot; i < slot + count; i++) {
        assert((self->shm_shared & (1U << i)) == 0);
        if (slots[i] != 0 && (self->shm_exclusive & (1U << i)) == 0) {
            return SQLITE_BUSY;
        }
    }
    for (int i = slot; i < slot + count; i++) {
        slots[i] = -1;
        self->shm_exclusive |= 1U << i;
    }
    return SQLITE_OK;
}

int
sac_memlock_shm_lock(sqlite3_file *op, int slot, int count, int flags)
{
    sac_memhandle *self = (sac_memhandle *)op;
    int rc = SQLITE_OK;
    assert(slot >= 0 && count >= 1 && slot + count <= SQLITE_SHM_NLOCK);
    assert(count == 1 || (flags & SQLITE_SHM_EXCLUSIVE) != 0);
    sac_mutex_lock(&self->file->lock_mutex);
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        shm_release_locked(self, ((1U << count) - 1) << slot);
    }
    else if ((flags & SQLITE_SHM_SHARED) != 0) {
        rc = shm_share_locked(self, slot);
    }
    else {
        rc = shm_exclude_locked(self, slot, count);
    }
    sac_mutex_unlock(&self->file->lock_mutex);
    return rc;
}

void
sac_memlock_shm_barrier(sqlite3_file *op)
{
    (void)op;
    atomic_thread_fence(memory_order_seq_cst);
}

int
sac_memlock_shm_unmap(sqlite3_file *op, int delete_flag)
{
    sac_memhandle *self = (sac_memhandle *)op;
    sac_memfile *file = self->file;
    void **regions = NULL;
    int count = 0;
    /* With or without the flag the last one out frees the index: it holds
     * nothing that the next connection could not rebuild from the WAL. */
    (void)delete_flag;
    if (!self->shm_mapped) {
        return SQLITE_OK;
    }
    sac_mutex_lock(&file->lock_mutex);
    shm_release_locked(self, (1U << SQLITE_SHM_NLOCK) - 1);
    self->shm_mapped = false;
    if (--file->shm_handles == 0) {
        regions = file->shm_regions;
        count = file->shm_region_count;
        file->shm_regions = NULL;
        file->shm_region_count = 0;
    }
    sac_mutex_unlock(&file->lock_mutex);
    for (int i = 0; i < count; i++) {
        sac_free(regions[i]);
    }
    sac_free(regions);
    return SQLITE_OK;
}
