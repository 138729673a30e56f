/* The in-memory VFS: its registration, the table of named files, and the
 * method tables that SQLite calls.  Content is memfile.c, locks and shared
 * memory are memlock.c, what no file is needed for is memhost.c; this file
 * knows which files exist and who has them open.  new and free belong to the
 * engine that owns the VFS; SQLite calls the rest on any thread.
 *
 * One mutex guards the table and the handle counts; no other lock is taken
 * while it is held. */
#include "engine/memvfs.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "engine/memfile.h"

#define MAX_PATH_LENGTH 512
#define SECTOR_SIZE 4096

static sac_memvfs *
memvfs_of(sqlite3_vfs *vfs)
{
    return vfs->pAppData;
}

static sac_memfile *
file_of(sqlite3_file *op)
{
    return ((sac_memhandle *)op)->file;
}

/* ---- the table of files ---- */

/* -> borrowed from the table, or NULL. */
static sac_memfile *
find_locked(sac_memvfs *self, const char *name)
{
    for (sac_list *node = self->files.next; node != &self->files;
         node = node->next) {
        sac_memfile *file = SAC_CONTAINER(node, sac_memfile, link);
        if (strcmp(file->name, name) == 0) {
            return file;
        }
    }
    return NULL;
}

/* Takes the name off the table.  -> the file if nobody has it open: to be
 * freed without the mutex; else NULL, and the last close frees it. */
static sac_memfile *
unlist_locked(sac_memfile *file)
{
    sac_list_remove(&file->link);
    return file->handles == 0 ? file : NULL;
}

/* Finds or makes the file and counts a handle on it.  -> SQLite code. */
static int
acquire_locked(sac_memvfs *self, const char *name, int flags,
               sac_memfile **out)
{
    sac_memfile *file = name != NULL ? find_locked(self, name) : NULL;
    if (file == NULL) {
        if (name != NULL && (flags & SQLITE_OPEN_CREATE) == 0) {
            return SQLITE_CANTOPEN;
        }
        file = sac_memfile_new(name, &self->quota);
        if (file == NULL) {
            return SQLITE_NOMEM;
        }
        if (name != NULL) {
            sac_list_push_back(&self->files, &file->link);
        }
    }
    else if ((flags & SQLITE_OPEN_EXCLUSIVE) != 0) {
        return SQLITE_CANTOPEN;
    }
    file->handles++;
    self->handles++;
    if ((flags & SQLITE_OPEN_DELETEONCLOSE) != 0) {
        (void)unlist_locked(file); /* we have it open: never ours to free */
    }
    *out = file;
    return SQLITE_OK;
}

/* ---- methods of an open file ---- */

static int
file_close(sqlite3_file *op)
{
    sac_memhandle *handle = (sac_memhandle *)op;
    sac_memvfs *self = handle->memvfs;
    sac_memfile *file = handle->file;
    (void)sac_memlock_shm_unmap(op, 0); /* these two cannot fail */
    (void)sac_memlock_unlock(op, SQLITE_LOCK_NONE);
    sac_mutex_lock(&self->mutex);
    self->handles--;
    file->handles--;
    /* In no list: it was deleted, or never had a name. */
    bool dead = file->handles == 0 && sac_list_empty(&file->link);
    sac_mutex_unlock(&self->mutex);
    if (dead) {
        sac_memfile_free(file);
    }
    handle->file = NULL;
    op->pMethods = NULL;
    return SQLITE_OK;
}

static int
file_read(sqlite3_file *op, void *buffer, int length, sqlite3_int64 offset)
{
    return sac_memfile_read(file_of(op), buffer, length, offset);
}

static int
file_write(sqlite3_file *op, const void *buffer, int length,
           sqlite3_int64 offset)
{
    return sac_memfile_write(file_of(op), buffer, length, offset);
}

static int
file_truncate(sqlite3_file *op, sqlite3_int64 size)
{
    return sac_memfile_truncate(file_of(op), size);
}

static int
file_sync(sqlite3_file *op, int flags)
{
    (void)op;
    (void)flags;
    return SQLITE_OK;
}

static int
file_size(sqlite3_file *op, sqlite3_int64 *out)
{
    *out = sac_memfile_size(file_of(op));
    return SQLITE_OK;
}

static int
file_control(sqlite3_file *op, int code, void *arg)
{
    (void)op;
    (void)code;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int
file_sector_size(sqlite3_file *op)
{
    (void)op;
    return SECTOR_SIZE;
}

static int
file_characteristics(sqlite3_file *op)
{
    (void)op;
    int flags = SQLITE_IOCAP_ATOMIC | SQLITE_IOCAP_SAFE_APPEND |
                SQLITE_IOCAP_SEQUENTIAL | SQLITE_IOCAP_POWERSAFE_OVERWRITE;
#ifdef SQLITE_IOCAP_SUBPAGE_READ
    flags |= SQLITE_IOCAP_SUBPAGE_READ;
#endif
    return flags;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 2, /* shared memory, so WAL; no xFetch */
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = sac_memlock_lock,
    .xUnlock = sac_memlock_unlock,
    .xCheckReservedLock = sac_memlock_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = sac_memlock_shm_map,
    .xShmLock = sac_memlock_shm_lock,
    .xShmBarrier = sac_memlock_shm_barrier,
    .xShmUnmap = sac_memlock_shm_unmap,
};

/* ---- methods of the VFS ---- */

static int
vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *op, int flags,
         int *out_flags)
{
    sac_memvfs *self = memvfs_of(vfs);
    sac_memhandle *handle = (sac_memhandle *)op;
    memset(handle, 0, sizeof(*handle)); /* no methods: nothing to close */
    sac_mutex_lock(&self->mutex);
    int rc = acquire_locked(self, name, flags, &handle->file);
    sac_mutex_unlock(&self->mutex);
    if (rc != SQLITE_OK) {
        return rc;
    }
    handle->memvfs = self;
    op->pMethods = &file_methods;
    if (out_flags != NULL) {
        *out_flags = flags;
    }
    return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    sac_memvfs *self = memvfs_of(vfs);
    sac_memfile *dead = NULL;
    (void)sync_directory;
    sac_mutex_lock(&self->mutex);
    sac_memfile *file = find_locked(self, name);
    if (file != NULL) {
        dead = unlist_locked(file);
    }
    sac_mutex_unlock(&self->mutex);
    if (dead != NULL) {
        sac_memfile_free(dead);
    }
    return file != NULL ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

static int
vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    sac_memvfs *self = memvfs_of(vfs);
    sac_mutex_lock(&self->mutex);
    sac_memfile *file = find_locked(self, name);
    /* An empty file does not exist to SQLite: an empty journal is not hot. */
    *out = file != NULL &&
           (flags != SQLITE_ACCESS_EXISTS || sac_memfile_size(file) > 0);
    sac_mutex_unlock(&self->mutex);
    return SQLITE_OK;
}

static int
vfs_full_pathname(sqlite3_vfs *vfs, const char *name, int length, char *out)
{
    (void)vfs;
    size_t needed = strlen(name) + 1;
    if (needed > (size_t)length) {
        return SQLITE_CANTOPEN;
    }
    memcpy(out, name, needed);
    return SQLITE_OK;
}

static const sqlite3_vfs vfs_template = {
    .iVersion = 2, /* a clock in milliseconds */
    .szOsFile = (int)sizeof(sac_memhandle),
    .mxPathname = MAX_PATH_LENGTH,
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_pathname,
};

/* ---- life ---- */

int
sac_memvfs_new(sac_memvfs **out)
{
    *out = NULL;
    sqlite3_vfs *host = sqlite3_vfs_find(NULL);
    if (host == NULL) {
        return SQLITE_ERROR;
    }
    sac_memvfs *self = sac_calloc(1, sizeof(*self));
    if (self == NULL) {
        return SQLITE_NOMEM;
    }
    int rc = SQLITE_NOMEM;
    if (sac_mutex_init(&self->mutex) != 0) {
        goto error_mutex;
    }
    sac_list_init(&self->files);
    self->host = host;
    /* The address makes it unique among those that live. */
    (void)snprintf(self->name, sizeof(self->name), "sac-mem-%" PRIxPTR,
                   (uintptr_t)self);
    self->vfs = vfs_template;
    sac_memhost_fill(&self->vfs);
    self->vfs.zName = self->name;
    self->vfs.pAppData = self;
    rc = sqlite3_vfs_register(&self->vfs, 0);
    if (rc != SQLITE_OK) {
        goto error_register;
    }
    *out = self;
    return SQLITE_OK;

error_register:
    sac_mutex_fini(&self->mutex);
error_mutex:
    sac_free(self);
    return rc;
}

void
sac_memvfs_free(sac_memvfs *memvfs)
{
    if (memvfs == NULL) {
        return;
    }
    /* Unregistering fails only if SQLite could not be initialised, and it
     * was when this was registered. */
    (void)sqlite3_vfs_unregister(&memvfs->vfs);
    assert(memvfs->handles == 0);
    sac_list *node;
    while ((node = sac_list_take_front(&memvfs->files)) != NULL) {
        sac_memfile_free(SAC_CONTAINER(node, sac_memfile, link));
    }
    sac_mutex_fini(&memvfs->mutex);
    sac_free(memvfs);
}

const char *
sac_memvfs_name(const sac_memvfs *memvfs)
{
    return memvfs->name;
}

void
sac_memvfs_set_limit(sac_memvfs *memvfs, int64_t max_bytes)
{
    atomic_store_explicit(&memvfs->quota.limit, max_bytes,
                          memory_order_relaxed);
}
