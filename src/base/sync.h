/* Mutex, condition variable and thread: pthreads with our return convention.
 * Embedded structs with init/fini pairs; lock and unlock cannot fail (a
 * failure is a bug and is asserted). */
#ifndef SAC_BASE_SYNC_H
#define SAC_BASE_SYNC_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct sac_mutex {
    pthread_mutex_t native;
} sac_mutex;

typedef struct sac_cond {
    pthread_cond_t native; /* on the monotonic clock */
} sac_cond;

typedef struct sac_thread {
    pthread_t native;
} sac_thread;

/* -> 0, or an errno value. */
int sac_mutex_init(sac_mutex *mutex);
void sac_mutex_fini(sac_mutex *mutex);
void sac_mutex_lock(sac_mutex *mutex);
void sac_mutex_unlock(sac_mutex *mutex);

int sac_cond_init(sac_cond *cond);
void sac_cond_fini(sac_cond *cond);
/* The caller holds `mutex`. */
void sac_cond_wait(sac_cond *cond, sac_mutex *mutex);
/* Waits until the monotonic instant `deadline_ns` (sac_clock_ns).
 * -> false when it passed. */
bool sac_cond_wait_until(sac_cond *cond, sac_mutex *mutex,
                         int64_t deadline_ns);
void sac_cond_signal(sac_cond *cond);
void sac_cond_broadcast(sac_cond *cond);

/* Starts a thread with every signal blocked: Python's handlers belong to
 * the main thread.  -> 0 or errno. */
int sac_thread_start(sac_thread *thread, void *(*run)(void *), void *arg);
void sac_thread_join(sac_thread *thread);
void sac_thread_detach(sac_thread *thread);

#endif
