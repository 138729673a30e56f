/* A SQLite VFS whose files live in this process's memory, WAL and its shared
 * memory included: connections of one engine share an in-memory database
 * with snapshots, readers beside the writer, as they would a WAL file.  (The
 * `memdb` that SQLite ships has one lock for all of it.)
 *
 * Open a database as "file:/name?vfs=<sac_memvfs_name>"; any number of
 * connections on any threads.  A file lives until it is deleted, and after
 * that until its last handle closes; what was not deleted goes with the
 * VFS. */
#ifndef SAC_ENGINE_MEMVFS_H
#define SAC_ENGINE_MEMVFS_H

#include <stdint.h>

typedef struct sac_memvfs sac_memvfs;

/* Makes a VFS and registers it, not as the default.  Initialises SQLite, so
 * sqlite3_config() calls come before.
 * -> SQLITE_OK and *out to be freed, or a SQLite code and *out NULL. */
int sac_memvfs_new(sac_memvfs **out);

/* Unregisters it and frees every file.  Precondition, asserted: all
 * connections that used it are closed. */
void sac_memvfs_free(sac_memvfs *memvfs);

/* -> borrowed from memvfs; unique in the process while it lives. */
const char *sac_memvfs_name(const sac_memvfs *memvfs);

/* Limits the sum of all file sizes to `max_bytes`; 0 lifts the limit.  What
 * would grow beyond gets SQLITE_FULL; what is there already stays.  The wal
 * index does not count.  Any thread. */
void sac_memvfs_set_limit(sac_memvfs *memvfs, int64_t max_bytes);

#endif
