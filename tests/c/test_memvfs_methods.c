/* The methods of the in-memory VFS, called as SQLite calls them: content at
 * odd places, names, locks and slots of shared memory. */
#include "database.h"

#include <stdlib.h>

#define CHUNK 65536
#define CREATE (SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)

static sqlite3_vfs *
vfs_of(const sac_memvfs *memvfs)
{
    return sqlite3_vfs_find(sac_memvfs_name(memvfs));
}

/* -> a handle, to be closed with close_file(); NULL with *rc set. */
static sqlite3_file *
try_open(const sac_memvfs *memvfs, const char *name, int flags, int *rc)
{
    sqlite3_vfs *vfs = vfs_of(memvfs);
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    *rc = vfs->xOpen(vfs, name, file, flags | SQLITE_OPEN_MAIN_DB, NULL);
    if (*rc != SQLITE_OK) {
        CHECK(file->pMethods == NULL);
        free(file);
        return NULL;
    }
    return file;
}

static sqlite3_file *
open_file(const sac_memvfs *memvfs, const char *name, int flags)
{
    int rc;
    sqlite3_file *file = try_open(memvfs, name, flags, &rc);
    CHECK_INT(rc, SQLITE_OK);
    return file;
}

static void
close_file(sqlite3_file *file)
{
    CHECK_INT(file->pMethods->xClose(file), SQLITE_OK);
    free(file);
}

static int64_t
size_of(sqlite3_file *file)
{
    sqlite3_int64 size = -1;
    CHECK_INT(file->pMethods->xFileSize(file, &size), SQLITE_OK);
    return size;
}

static bool
exists(const sac_memvfs *memvfs, const char *name, int flag)
{
    int there = -1;
    sqlite3_vfs *vfs = vfs_of(memvfs);
    CHECK_INT(vfs->xAccess(vfs, name, flag, &there), SQLITE_OK);
    return there != 0;
}

static void
test_content_across_chunks(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3_file *file = open_file(memvfs, "f", CREATE);
    enum { LENGTH = 3 * CHUNK };
    unsigned char *wrote = malloc(LENGTH);
    unsigned char *got = malloc(LENGTH);
    for (int i = 0; i < LENGTH; i++) {
        wrote[i] = (unsigned char)(i * 7 + i / 251);
    }
    const int offset = CHUNK - 5;
    CHECK_INT(file->pMethods->xWrite(file, wrote, LENGTH, offset), SQLITE_OK);
    CHECK_INT(size_of(file), LENGTH + offset);
    CHECK_INT(file->pMethods->xRead(file, got, LENGTH, offset), SQLITE_OK);
    CHECK(memcmp(wrote, got, LENGTH) == 0);
    CHECK_INT(file->pMethods->xRead(file, got, 100, 2 * CHUNK - 50),
              SQLITE_OK);
    CHECK(memcmp(wrote + CHUNK - 45, got, 100) == 0);
    /* What was never written is zero. */
    CHECK_INT(file->pMethods->xRead(file, got, 100, 1000), SQLITE_OK);
    for (int i = 0; i < 100; i++) {
        CHECK_INT(got[i], 0);
    }
    close_file(file);
    free(wrote);
    free(got);
    sac_memvfs_free(memvfs);
}

static void
test_short_reads_are_zeroed(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3_file *file = open_file(memvfs, "f", CREATE);
    char buffer[8];
    CHECK_INT(file->pMethods->xWrite(file, "abcdef", 6, 0), SQLITE_OK);
    memset(buffer, 'x', sizeof(buffer));
    CHECK_INT(file->pMethods->xRead(file, buffer, 8, 4),
              SQLITE_IOERR_SHORT_READ);
    CHECK(memcmp(buffer, "ef\0\0\0\0\0\0", 8) == 0);
    memset(buffer, 'x', sizeof(buffer));
    CHECK_INT(file->pMethods->xRead(file, buffer, 8, 1000000),
              SQLITE_IOERR_SHORT_READ);
    CHECK(memcmp(buffer, "\0\0\0\0\0\0\0\0", 8) == 0);
    CHECK_INT(file->pMethods->xRead(file, buffer, 6, 0), SQLITE_OK);
    close_file(file);
    sac_memvfs_free(memvfs);
}

static void
test_truncation_zeroes(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3_file *file = open_file(memvfs, "f", CREATE);
    static unsigned char bytes[2 * CHUNK];
    memset(bytes, 0xee, sizeof(bytes));
    CHECK_INT(file->pMethods->xWrite(file, bytes, 2 * CHUNK, 0), SQLITE_OK);
    int64_t blocks = sac_memory_blocks();
    CHECK_INT(file->pMethods->xTruncate(file, 10), SQLITE_OK);
    CHECK_INT(size_of(file), 10);
    CHECK_INT(sac_memory_blocks(), blocks - 1);
    CHECK_INT(file->pMethods->xTruncate(file, 2 * CHUNK), SQLITE_OK);
    CHECK_INT(size_of(file), 2 * CHUNK);
    CHECK_INT(file->pMethods->xRead(file, bytes, 2 * CHUNK, 0), SQLITE_OK);
    int others = 0;
    for (int i = 0; i < 2 * CHUNK; i++) {
        others += bytes[i] != (i < 10 ? 0xee : 0);
    }
    CHECK_INT(others, 0);
    CHECK_INT(file->pMethods->xTruncate(file, 0), SQLITE_OK);
    CHECK_INT(sac_memory_blocks(), blocks - 2);
    close_file(file);
    sac_memvfs_free(memvfs);
}

/* A write that is refused changes nothing and uses up nothing. */
static void
test_refused_writes(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3_file *file = open_file(memvfs, "f", CREATE);
    static const unsigned char bytes[2 * CHUNK];
    sac_memvfs_set_limit(memvfs, 2 * CHUNK);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(file->pMethods->xWrite(file, bytes, 2 * CHUNK, 1),
                  SQLITE_FULL);
        CHECK_INT(file->pMethods->xTruncate(file, 2 * CHUNK + 1), SQLITE_FULL);
        sac_memory_fail_after(i, false); /* table, first, second chunk */
        CHECK_INT(file->pMethods->xWrite(file, bytes, 2 * CHUNK, 0),
                  i < 2 ? SQLITE_IOERR_NOMEM : SQLITE_OK);
        CHECK_INT(size_of(file), i < 2 ? 0 : 2 * CHUNK);
        sac_memory_fail_after(-1, false);
    }
    /* Writing over what is there needs no room. */
    CHECK_INT(file->pMethods->xWrite(file, bytes, CHUNK, 77), SQLITE_OK);
    CHECK_INT(file->pMethods->xWrite(file, bytes, 1, 2 * CHUNK), SQLITE_FULL);
    close_file(file);
    sac_memvfs_free(memvfs);
}

static void
test_names(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3_vfs *vfs = vfs_of(memvfs);
    int rc;
    CHECK(try_open(memvfs, "f", SQLITE_OPEN_READWRITE, &rc) == NULL);
    CHECK_INT(rc, SQLITE_CANTOPEN);
    CHECK(!exists(memvfs, "f", SQLITE_ACCESS_READWRITE));
    CHECK_INT(vfs->xDelete(vfs, "f", 0), SQLITE_IOERR_DELETE_NOENT);
    sqlite3_file *file = open_file(memvfs, "f", CREATE);
    CHECK(!exists(memvfs, "f", SQLITE_ACCESS_EXISTS)); /* empty */
    CHECK(exists(memvfs, "f", SQLITE_ACCESS_READWRITE));
    CHECK_INT(file->pMethods->xWrite(file, "x", 1, 0), SQLITE_OK);
    CHECK(exists(memvfs, "f", SQLITE_ACCESS_EXISTS));
    CHECK(try_open(memvfs, "f", CREATE | SQLITE_OPEN_EXCLUSIVE, &rc) == NULL);
    CHECK_INT(rc, SQLITE_CANTOPEN);
    sqlite3_file *again = open_file(memvfs, "f", SQLITE_OPEN_READWRITE);
    CHECK_INT(size_of(again), 1);
    close_file(again);
    close_file(file);
    char path[32];
    CHECK_INT(vfs->xFullPathname(vfs, "/a/b", sizeof(path), path), SQLITE_OK);
    CHECK_STR(path, "/a/b");
    CHECK_INT(vfs->xFullPathname(vfs, "/a/b", 4, path), SQLITE_CANTOPEN);
    sac_memvfs_free(memvfs);
}

static void
test_deleted_file_lives_until_closed(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3_vfs *vfs = vfs_of(memvfs);
    int64_t blocks = sac_memory_blocks();
    sqlite3_file *old = open_file(memvfs, "f", CREATE);
    sqlite3_file *old_too = open_file(memvfs, "f", CREATE);
    CHECK_INT(old->pMethods->xWrite(old, "old", 3, 0), SQLITE_OK);
    CHECK_INT(vfs->xDelete(vfs, "f", 0), SQLITE_OK);
    CHECK(!exists(memvfs, "f", SQLITE_ACCESS_EXISTS));
    sqlite3_file *fresh = open_file(memvfs, "f", CREATE);
    CHECK_INT(size_of(fresh), 0);
    char buffer[3];
    CHECK_INT(old_too->pMethods->xRead(old_too, buffer, 3, 0), SQLITE_OK);
    CHECK(memcmp(buffer, "old", 3) == 0);
    close_file(old);
    close_file(old_too);
    close_file(fresh);
    CHECK_INT(vfs->xDelete(vfs, "f", 0), SQLITE_OK); /* nobody has it open */
    CHECK_INT(sac_memory_blocks(), blocks);
    sqlite3_file *passing =
        open_file(memvfs, "g", CREATE | SQLITE_OPEN_DELETEONCLOSE);
    CHECK_INT(passing->pMethods->xWrite(passing, "x", 1, 0), SQLITE_OK);
    close_file(passing);
    CHECK(!exists(memvfs, "g", SQLITE_ACCESS_EXISTS));
    sqlite3_file *nameless = open_file(memvfs, NULL, CREATE);
    CHECK_INT(nameless->pMethods->xWrite(nameless, "x", 1, 0), SQLITE_OK);
    close_file(nameless);
    CHECK_INT(sac_memory_blocks(), blocks);
    sac_memvfs_free(memvfs);
}

static int
lock(sqlite3_file *file, int level)
{
    return file->pMethods->xLock(file, level);
}

static int
unlock(sqlite3_file *file, int level)
{
    return file->pMethods->xUnlock(file, level);
}

static int
reserved(sqlite3_file *file)
{
    int out = -1;
    CHECK_INT(file->pMethods->xCheckReservedLock(file, &out), SQLITE_OK);
    return out;
}

static void
test_locks(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3_file *a = open_file(memvfs, "f", CREATE);
    sqlite3_file *b = open_file(memvfs, "f", CREATE);
    sqlite3_file *c = open_file(memvfs, "f", CREATE);
    CHECK_INT(lock(a, SQLITE_LOCK_SHARED), SQLITE_OK);
    CHECK_INT(lock(b, SQLITE_LOCK_SHARED), SQLITE_OK);
    CHECK_INT(reserved(a), 0);
    CHECK_INT(lock(a, SQLITE_LOCK_RESERVED), SQLITE_OK);
    CHECK_INT(reserved(a), 1);
    CHECK_INT(reserved(b), 1);
    CHECK_INT(lock(b, SQLITE_LOCK_RESERVED), SQLITE_BUSY);
    CHECK_INT(lock(b, SQLITE_LOCK_EXCLUSIVE), SQLITE_BUSY);
    /* RESERVED lets readers in, PENDING does not. */
    CHECK_INT(lock(c, SQLITE_LOCK_SHARED), SQLITE_OK);
    CHECK_INT(unlock(c, SQLITE_LOCK_NONE), SQLITE_OK);
    CHECK_INT(lock(a, SQLITE_LOCK_EXCLUSIVE), SQLITE_BUSY);
    CHECK_INT(lock(c, SQLITE_LOCK_SHARED), SQLITE_BUSY);
    CHECK_INT(unlock(b, SQLITE_LOCK_NONE), SQLITE_OK);
    CHECK_INT(lock(a, SQLITE_LOCK_EXCLUSIVE), SQLITE_OK);
    CHECK_INT(lock(c, SQLITE_LOCK_SHARED), SQLITE_BUSY);
    CHECK_INT(unlock(a, SQLITE_LOCK_SHARED), SQLITE_OK);
    CHECK_INT(reserved(c), 0);
    CHECK_INT(lock(c, SQLITE_LOCK_SHARED), SQLITE_OK);
    /* A hot journal is rolled back straight from SHARED. */
    CHECK_INT(lock(c, SQLITE_LOCK_EXCLUSIVE), SQLITE_BUSY);
    CHECK_INT(unlock(a, SQLITE_LOCK_NONE), SQLITE_OK);
    CHECK_INT(lock(c, SQLITE_LOCK_EXCLUSIVE), SQLITE_OK);
    CHECK_INT(lock(c, SQLITE_LOCK_SHARED), SQLITE_OK); /* has more already */
    CHECK_INT(lock(a, SQLITE_LOCK_SHARED), SQLITE_BUSY);
    close_file(c); /* gives up what it held */
    CHECK_INT(lock(a, SQLITE_LOCK_SHARED), SQLITE_OK);
    CHECK_INT(lock(a, SQLITE_LOCK_EXCLUSIVE), SQLITE_OK);
    close_file(a);
    close_file(b);
    sac_memvfs_free(memvfs);
}

static int
slot(sqlite3_file *file, int first, int count, int flags)
{
    return file->pMethods->xShmLock(file, first, count, flags);
}

#define TAKE_SHARED (SQLITE_SHM_LOCK | SQLITE_SHM_SHARED)
#define TAKE (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE)
#define DROP_SHARED (SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED)
#define DROP (SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE)

static void volatile *
region(sqlite3_file *file, int number, int extend)
{
    void volatile *out = NULL;
    CHECK_INT(file->pMethods->xShmMap(file, number, 32768, extend, &out),
              SQLITE_OK);
    return out;
}

static void
test_shm_slots(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3_file *a = open_file(memvfs, "f", CREATE);
    sqlite3_file *b = open_file(memvfs, "f", CREATE);
    CHECK(region(a, 0, 1) != NULL);
    CHECK(region(b, 0, 1) != NULL);
    CHECK_INT(slot(a, 3, 1, TAKE_SHARED), SQLITE_OK);
    CHECK_INT(slot(a, 3, 1, TAKE_SHARED), SQLITE_OK); /* counts once */
    CHECK_INT(slot(b, 3, 1, TAKE_SHARED), SQLITE_OK);
    CHECK_INT(slot(a, 3, 1, DROP_SHARED), SQLITE_OK);
    CHECK_INT(slot(a, 3, 1, TAKE), SQLITE_BUSY);
    CHECK_INT(slot(b, 3, 1, DROP_SHARED), SQLITE_OK);
    CHECK_INT(slot(a, 3, 1, TAKE), SQLITE_OK);
    CHECK_INT(slot(b, 3, 1, TAKE_SHARED), SQLITE_BUSY);
    /* All of a range or nothing of it. */
    CHECK_INT(slot(b, 1, 7, TAKE), SQLITE_BUSY);
    CHECK_INT(slot(a, 1, 1, TAKE_SHARED), SQLITE_OK);
    CHECK_INT(slot(a, 1, 1, DROP_SHARED), SQLITE_OK);
    CHECK_INT(slot(a, 3, 1, DROP), SQLITE_OK);
    CHECK_INT(slot(b, 1, 7, TAKE), SQLITE_OK);
    CHECK_INT(slot(a, 7, 1, TAKE_SHARED), SQLITE_BUSY);
    CHECK_INT(slot(a, 0, 1, TAKE), SQLITE_OK);
    CHECK_INT(slot(b, 1, 7, DROP), SQLITE_OK);
    CHECK_INT(slot(a, 7, 1, TAKE_SHARED), SQLITE_OK);
    /* Dropping what one does not hold takes nothing from others. */
    CHECK_INT(slot(b, 7, 1, DROP_SHARED), SQLITE_OK);
    CHECK_INT(slot(b, 0, 1, DROP), SQLITE_OK);
    CHECK_INT(slot(b, 7, 1, TAKE), SQLITE_BUSY);
    CHECK_INT(slot(b, 0, 1, TAKE_SHARED), SQLITE_BUSY);
    close_file(a); /* gives up what it held */
    CHECK_INT(slot(b, 0, 8, TAKE), SQLITE_OK);
    close_file(b);
    sac_memvfs_free(memvfs);
}

static void
test_shm_regions(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3_file *a = open_file(memvfs, "f", CREATE);
    sqlite3_file *b = open_file(memvfs, "f", CREATE);
    int64_t blocks = sac_memory_blocks();
    CHECK(region(a, 0, 0) == NULL);
    volatile unsigned char *first = region(a, 0, 1);
    first[32767] = 9;
    /* Asking for a far one makes those before it. */
    volatile unsigned char *fourth = region(b, 3, 1);
    fourth[0] = 4;
    CHECK(region(b, 0, 0) == first);
    CHECK(region(a, 3, 0) == fourth);
    CHECK(region(a, 2, 0) != NULL);
    CHECK(region(a, 4, 0) == NULL);
    CHECK_INT(first[32767], 9);
    CHECK_INT(a->pMethods->xShmUnmap(a, 1), SQLITE_OK);
    CHECK_INT(fourth[0], 4); /* b still has it */
    CHECK_INT(b->pMethods->xShmUnmap(b, 0), SQLITE_OK);
    CHECK_INT(sac_memory_blocks(), blocks);
    /* A new index starts as zeros. */
    CHECK(region(a, 0, 0) == NULL);
    first = region(a, 0, 1);
    CHECK_INT(first[32767], 0);
    close_file(a);
    close_file(b);
    sac_memvfs_free(memvfs);
}

static void
test_host_methods(void)
{
    sac_memvfs *memvfs = db_vfs();
    sqlite3_vfs *vfs = vfs_of(memvfs);
    sqlite3_vfs *host = sqlite3_vfs_find(NULL);
    sqlite3_int64 ours = 0;
    sqlite3_int64 theirs = 0;
    double days = 0.0;
    CHECK_INT(vfs->xCurrentTimeInt64(vfs, &ours), SQLITE_OK);
    CHECK_INT(host->xCurrentTimeInt64(host, &theirs), SQLITE_OK);
    CHECK(theirs - ours < 60000);
    CHECK(ours - theirs < 60000);
    CHECK_INT(vfs->xCurrentTime(vfs, &days), SQLITE_OK);
    CHECK(days > 2460000.0); /* in Julian days: the year 2023 */
    char noise[16] = {0};
    CHECK_INT(vfs->xRandomness(vfs, 16, noise), 16);
    CHECK(memcmp(noise, (char[16]){0}, 16) != 0);
    CHECK(vfs->xSleep(vfs, 1) >= 0);
    void *library = vfs->xDlOpen(vfs, "/no/such/library");
    CHECK(library == NULL);
    char message[200] = "";
    vfs->xDlError(vfs, sizeof(message), message);
    CHECK(strstr(message, "/no/such/library") != NULL);
    (void)vfs->xGetLastError(vfs, 0, NULL);
    sqlite3 *db = db_open(memvfs, "db");
    CHECK_INT(db_int(db, "SELECT strftime('%Y', 'now') >= '2023'"), 1);
    CHECK(db_int(db, "SELECT julianday('now')") > 2460000);
    db_close(db);
    sac_memvfs_free(memvfs);
}

TEST_MAIN({"content_across_chunks", test_content_across_chunks},
          {"short_reads_are_zeroed", test_short_reads_are_zeroed},
          {"truncation_zeroes", test_truncation_zeroes},
          {"refused_writes", test_refused_writes}, {"names", test_names},
          {"deleted_file_lives_until_closed",
           test_deleted_file_lives_until_closed},
          {"locks", test_locks}, {"shm_slots", test_shm_slots},
          {"shm_regions", test_shm_regions},
          {"host_methods", test_host_methods})
