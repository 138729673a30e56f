/* Where an in-memory database lives: one VFS of ours, shared and kept alive
 * by the engine and by every handle opened on it. */
#ifndef SAC_ENGINE_STORE_H
#define SAC_ENGINE_STORE_H

typedef struct sac_store sac_store;

/* -> new with one reference, or NULL. */
sac_store *sac_store_new(void);
sac_store *sac_store_retain(sac_store *store);
/* The last one frees the data.  NULL is fine. */
void sac_store_release(sac_store *store);
/* -> borrowed name of the VFS. */
const char *sac_store_vfs(const sac_store *store);

#endif
