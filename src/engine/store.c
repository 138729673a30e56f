/* A counted sac_memvfs.  Any thread.
 *
 * After a dispose the engine makes a new store while connections that are
 * still out keep the old one, so "the data is gone" is true at once for new
 * connections and never pulls the floor from under the old. */
#include "engine/store.h"

#include <sqlite3.h>
#include <stdatomic.h>

#include "base/memory.h"
#include "engine/memvfs.h"

struct sac_store {
    atomic_uint references;
    sac_memvfs *vfs; /* immutable after init */
};

sac_store *
sac_store_new(void)
{
    sac_store *store = sac_calloc(1, sizeof(*store));
    if (store == NULL) {
        return NULL;
    }
    atomic_init(&store->references, 1);
    if (sac_memvfs_new(&store->vfs) != SQLITE_OK) {
        sac_free(store);
        return NULL;
    }
    return store;
}

sac_store *
sac_store_retain(sac_store *store)
{
    atomic_fetch_add_explicit(&store->references, 1, memory_order_relaxed);
    return store;
}

void
sac_store_release(sac_store *store)
{
    if (store == NULL) {
        return;
    }
    /* acq_rel: whoever frees has seen everything that the others did. */
    if (atomic_fetch_sub_explicit(&store->references, 1,
                                  memory_order_acq_rel) == 1) {
        sac_memvfs_free(store->vfs);
        sac_free(store);
    }
}

const char *
sac_store_vfs(const sac_store *store)
{
    return sac_memvfs_name(store->vfs);
}
