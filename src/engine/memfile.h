/* Inside of the in-memory VFS: one file, seen by all of its handles, and one
 * handle, which is what SQLite calls a file.  For memvfs.c, memfile.c,
 * memlock.c and memhost.c only. */
#ifndef SAC_ENGINE_MEMFILE_H
#define SAC_ENGINE_MEMFILE_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/sync.h"
#include "engine/memvfs.h"

/* Bytes of content in all files of a VFS.  Any thread. */
typedef struct sac_memquota {
    _Atomic int64_t limit; /* 0: none */
    _Atomic int64_t used;
} sac_memquota;

struct sac_memvfs {
    sqlite3_vfs vfs;   /* immutable once registered, but for SQLite's link */
    sqlite3_vfs *host; /* borrowed: SQLite requires that VFSs stay */
    char name[32];     /* immutable after init */
    sac_memquota quota;
    sac_mutex mutex; /* taken alone */
    sac_list files;  /* guarded by mutex: the files that have a name */
    int handles;     /* guarded by mutex: open handles of all files */
};

/* `content` and `lock_mutex` are never held together, nor with the mutex of
 * the VFS. */
typedef struct sac_memfile {
    /* Guarded by the VFS's mutex. */
    sac_list link;
    int handles;

    char *name;          /* immutable; NULL: a temporary file */
    sac_memquota *quota; /* borrowed: the VFS outlives its files */

    /* Read-write, so that readers of one file do not queue behind each
     * other: a reader thread of low priority may lose its CPU in here. */
    pthread_rwlock_t content;
    /* Guarded by content.  A missing chunk reads as zeros, and so do all
     * bytes at or after `size` in a chunk that is there. */
    unsigned char **chunks;
    size_t chunk_slots;
    _Atomic int64_t size; /* written under content, read anywhere */

    /* Guarded by lock_mutex, as are the `level` and the shm fields of all
     * handles of this file. */
    sac_mutex lock_mutex;
    int readers;                     /* handles at SHARED or above */
    struct sac_memhandle *writer;    /* the one above SHARED, or NULL */
    int shm_handles;                 /* handles that mapped a region */
    int shm_slots[SQLITE_SHM_NLOCK]; /* shared holders; -1: exclusive */
    void **shm_regions;              /* a region never moves once mapped */
    int shm_region_count;
} sac_memfile;

/* Allocated by SQLite.  Used by one thread at a time, except that other
 * handles read `level`. */
typedef struct sac_memhandle {
    sqlite3_file base;
    sac_memvfs *memvfs; /* borrowed: it outlives its connections */
    sac_memfile *file;  /* counted in file->handles */
    int level;          /* SQLITE_LOCK_NONE..SQLITE_LOCK_EXCLUSIVE */
    bool shm_mapped;
    unsigned shm_shared; /* slots held, as bits */
    unsigned shm_exclusive;
} sac_memhandle;

/* ---- memfile.c: content.  Results are SQLite codes.  Any thread. ---- */

/* copies: name (may be NULL).  -> new file without handles, or NULL. */
sac_memfile *sac_memfile_new(const char *name, sac_memquota *quota);
/* Precondition: no handles. */
void sac_memfile_free(sac_memfile *file);
/* -> SQLITE_IOERR_SHORT_READ, with the rest zeroed, past the end. */
int sac_memfile_read(sac_memfile *file, void *buffer, int length,
                     int64_t offset);
/* All or nothing.  -> SQLITE_FULL over quota, SQLITE_IOERR_NOMEM. */
int sac_memfile_write(sac_memfile *file, const void *buffer, int length,
                      int64_t offset);
/* Sets the size; grows with zeros.  -> SQLITE_FULL over quota. */
int sac_memfile_truncate(sac_memfile *file, int64_t size);
int64_t sac_memfile_size(const sac_memfile *file);

/* ---- memlock.c: locks and shared memory of a handle, io methods. ---- */

int sac_memlock_lock(sqlite3_file *op, int level);
int sac_memlock_unlock(sqlite3_file *op, int level);
int sac_memlock_check_reserved(sqlite3_file *op, int *out);
int sac_memlock_shm_map(sqlite3_file *op, int region, int size, int extend,
                        void volatile **out);
int sac_memlock_shm_lock(sqlite3_file *op, int slot, int count, int flags);
void sac_memlock_shm_barrier(sqlite3_file *op);
int sac_memlock_shm_unmap(sqlite3_file *op, int delete_flag);

/* ---- memhost.c ---- */

/* Sets the methods that delegate to the host. */
void sac_memhost_fill(sqlite3_vfs *vfs);

#endif
