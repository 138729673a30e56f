/* Mutex, condition variable and thread on pthreads.  Owns nothing but what
 * the caller embeds; any thread may call any function, within the rules of
 * pthreads.  Knows nothing of what is guarded.
 *
 * In builds with assertions mutexes check for errors, so that a second lock
 * by the holder or an unlock by a stranger is an assertion instead of a hang
 * or a silent breach; without assertions they are the plain, fastest kind.
 *
 * Condition variables use the monotonic clock: a step of the wall clock must
 * not make a time-out come early or never. */
#include "base/sync.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/platform.h"

#define NS_PER_S INT64_C(1000000000)

int
sac_mutex_init(sac_mutex *mutex)
{
#ifdef NDEBUG
    return pthread_mutex_init(&mutex->native, NULL);
#else
    pthread_mutexattr_t attr;
    int rc = pthread_mutexattr_init(&attr);
    if (rc != 0) {
        return rc;
    }
    rc = pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    if (rc == 0) {
        rc = pthread_mutex_init(&mutex->native, &attr);
    }
    (void)pthread_mutexattr_destroy(&attr); /* cannot fail once made */
    return rc;
#endif
}

void
sac_mutex_fini(sac_mutex *mutex)
{
    int rc = pthread_mutex_destroy(&mutex->native);
    assert(rc == 0);
    (void)rc;
}

void
sac_mutex_lock(sac_mutex *mutex)
{
    int rc = pthread_mutex_lock(&mutex->native);
    assert(rc == 0);
    (void)rc;
}

void
sac_mutex_unlock(sac_mutex *mutex)
{
    int rc = pthread_mutex_unlock(&mutex->native);
    assert(rc == 0);
    (void)rc;
}

int
sac_cond_init(sac_cond *cond)
{
#ifdef __APPLE__
    return pthread_cond_init(&cond->native, NULL); /* waits are relative */
#else
    pthread_condattr_t attr;
    int rc = pthread_condattr_init(&attr);
    if (rc != 0) {
        return rc;
    }
    rc = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (rc == 0) {
        rc = pthread_cond_init(&cond->native, &attr);
    }
    (void)pthread_condattr_destroy(&attr); /* cannot fail once made */
    return rc;
#endif
}

void
sac_cond_fini(sac_cond *cond)
{
    int rc = pthread_cond_destroy(&cond->native);
    assert(rc == 0);
    (void)rc;
}

void
sac_cond_wait(sac_cond *cond, sac_mutex *mutex)
{
    int rc = pthread_cond_wait(&cond->native, &mutex->native);
    assert(rc == 0);
    (void)rc;
}

static struct timespec
timespec_from_ns(int64_t ns)
{
    struct timespec spec;
    if (ns < 0) {
        ns = 0;
    }
    spec.tv_sec = (time_t)(ns / NS_PER_S);
    spec.tv_nsec = (long)(ns % NS_PER_S);
    return spec;
}

bool
sac_cond_wait_until(sac_cond *cond, sac_mutex *mutex, int64_t deadline_ns)
{
#ifdef __APPLE__
    struct timespec left = timespec_from_ns(deadline_ns - sac_clock_ns());
    int rc = pthread_cond_timedwait_relative_np(&cond->native, &mutex->native,
                                                &left);
#else
    struct timespec deadline = timespec_from_ns(deadline_ns);
    int rc = pthread_cond_timedwait(&cond->native, &mutex->native, &deadline);
#endif
    assert(rc == 0 || rc == ETIMEDOUT);
    return rc != ETIMEDOUT;
}

void
sac_cond_signal(sac_cond *cond)
{
    int rc = pthread_cond_signal(&cond->native);
    assert(rc == 0);
    (void)rc;
}

void
sac_cond_broadcast(sac_cond *cond)
{
    int rc = pthread_cond_broadcast(&cond->native);
    assert(rc == 0);
    (void)rc;
}

int
sac_thread_start(sac_thread *thread, void *(*run)(void *), void *arg)
{
    /* A thread inherits the mask of its maker: blocking here and restoring
     * after leaves no instant in which a signal could reach the new one. */
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all); /* cannot fail on a valid pointer */
    int rc = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (rc != 0) {
        return rc;
    }
    rc = pthread_create(&thread->native, NULL, run, arg);
    int restored = pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert(restored == 0);
    (void)restored;
    return rc;
}

void
sac_thread_join(sac_thread *thread)
{
    int rc = pthread_join(thread->native, NULL);
    assert(rc == 0);
    (void)rc;
}

void
sac_thread_detach(sac_thread *thread)
{
    int rc = pthread_detach(thread->native);
    assert(rc == 0);
    (void)rc;
}
