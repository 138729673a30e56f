/* What the in-memory VFS leaves to the default VFS of the process: time,
 * randomness, sleeping, loading of extensions.  Any thread, no state.  The
 * host is called with itself as the first argument, since it may be a
 * wrapper of the user's; of its methods SQLite demands some and allows others
 * to be missing. */
#include "engine/memfile.h"

static sqlite3_vfs *
host_of(sqlite3_vfs *vfs)
{
    return ((sac_memvfs *)vfs->pAppData)->host;
}

static void *
host_dl_open(sqlite3_vfs *vfs, const char *path)
{
    sqlite3_vfs *host = host_of(vfs);
    return host->xDlOpen != NULL ? host->xDlOpen(host, path) : NULL;
}

static void
host_dl_error(sqlite3_vfs *vfs, int length, char *out)
{
    sqlite3_vfs *host = host_of(vfs);
    if (host->xDlError != NULL) {
        host->xDlError(host, length, out);
    }
}

static void (*host_dl_sym(sqlite3_vfs *vfs, void *library,
                          const char *symbol))(void)
{
    sqlite3_vfs *host = host_of(vfs);
    return host->xDlSym != NULL ? host->xDlSym(host, library, symbol) : NULL;
}

static void
host_dl_close(sqlite3_vfs *vfs, void *library)
{
    sqlite3_vfs *host = host_of(vfs);
    if (host->xDlClose != NULL) {
        host->xDlClose(host, library);
    }
}

static int
host_randomness(sqlite3_vfs *vfs, int length, char *out)
{
    sqlite3_vfs *host = host_of(vfs);
    return host->xRandomness(host, length, out);
}

static int
host_sleep(sqlite3_vfs *vfs, int microseconds)
{
    sqlite3_vfs *host = host_of(vfs);
    return host->xSleep(host, microseconds);
}

static int
host_current_time(sqlite3_vfs *vfs, double *out)
{
    sqlite3_vfs *host = host_of(vfs);
    return host->xCurrentTime(host, out);
}

static int
host_current_time_int64(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    sqlite3_vfs *host = host_of(vfs);
    if (host->iVersion >= 2 && host->xCurrentTimeInt64 != NULL) {
        return host->xCurrentTimeInt64(host, out);
    }
    double days = 0.0;
    int rc = host->xCurrentTime(host, &days);
    *out = (sqlite3_int64)(days * 86400000.0); /* milliseconds in a day */
    return rc;
}

static int
host_last_error(sqlite3_vfs *vfs, int length, char *out)
{
    sqlite3_vfs *host = host_of(vfs);
    return host->xGetLastError != NULL ? host->xGetLastError(host, length, out)
                                       : 0;
}

void
sac_memhost_fill(sqlite3_vfs *vfs)
{
    vfs->xDlOpen = host_dl_open;
    vfs->xDlError = host_dl_error;
    vfs->xDlSym = host_dl_sym;
    vfs->xDlClose = host_dl_close;
    vfs->xRandomness = host_randomness;
    vfs->xSleep = host_sleep;
    vfs->xCurrentTime = host_current_time;
    vfs->xGetLastError = host_last_error;
    vfs->xCurrentTimeInt64 = host_current_time_int64;
}
