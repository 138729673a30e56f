/* The one file that knows operating systems apart: clock, wake-up
 * descriptor, thread priority, CPU count, fork detection.  Any thread, except
 * that init/fini and new/free belong to the owner.
 *
 * What Linux alone has is used where USE_LINUX is set; the rest is POSIX.
 * -DSAC_PLATFORM_PORTABLE takes the POSIX road on Linux too, so that tests
 * can walk it. */
#include "base/platform.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__) && !defined(SAC_PLATFORM_PORTABLE)
#define USE_LINUX 1
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#else
#define USE_LINUX 0
#endif

#include "base/memory.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define LOWEST_NICE 19

int64_t
sac_clock_ns(void)
{
    struct timespec now;
    int rc = clock_gettime(CLOCK_MONOTONIC, &now);
    assert(rc == 0);
    (void)rc;
    return (int64_t)now.tv_sec * NS_PER_S + (int64_t)now.tv_nsec;
}

#if !USE_LINUX
/* Neither end may block, nor live on in a program that is exec'ed. */
static int
prepare_end(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        return errno;
    }
    return 0;
}
#endif

int
sac_wake_init(sac_wake *wake)
{
    wake->read_fd = wake->write_fd = -1;
#if USE_LINUX
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    wake->read_fd = wake->write_fd = fd;
    return 0;
#else
    int ends[2];
    if (pipe(ends) < 0) {
        return errno;
    }
    int rc = prepare_end(ends[0]);
    if (rc == 0) {
        rc = prepare_end(ends[1]);
    }
    if (rc != 0) {
        (void)close(ends[0]); /* nothing was written to them */
        (void)close(ends[1]);
        return rc;
    }
    wake->read_fd = ends[0];
    wake->write_fd = ends[1];
    return 0;
#endif
}

void
sac_wake_fini(sac_wake *wake)
{
    /* Closing is not retried: the descriptor is gone even on EINTR. */
    if (wake->write_fd >= 0 && wake->write_fd != wake->read_fd) {
        (void)close(wake->write_fd);
    }
    if (wake->read_fd >= 0) {
        (void)close(wake->read_fd);
    }
    wake->read_fd = wake->write_fd = -1;
}

void
sac_wake_signal(sac_wake *wake)
{
    const uint64_t one = 1;
    ssize_t written;
    do {
        written = write(wake->write_fd, &one, sizeof(one));
    } while (written < 0 && errno == EINTR);
    /* EAGAIN: a full pipe, or an eventfd at its maximum, is readable. */
    assert(written > 0 || errno == EAGAIN);
}

void
sac_wake_drain(sac_wake *wake)
{
    /* A pipe may hold more than one buffer; an eventfd is empty after one
     * read. */
    char buffer[512];
    for (;;) {
        ssize_t got = read(wake->read_fd, buffer, sizeof(buffer));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        assert(got > 0 || errno == EAGAIN);
        if (got < (ssize_t)sizeof(buffer)) {
            return;
        }
    }
}

int
sac_wake_wait(sac_wake *wake, int64_t timeout_ns)
{
    struct pollfd poller = {.fd = wake->read_fd, .events = POLLIN};
#if USE_LINUX
    struct timespec timeout = {0};
    if (timeout_ns > 0) {
        timeout.tv_sec = (time_t)(timeout_ns / NS_PER_S);
        timeout.tv_nsec = (long)(timeout_ns % NS_PER_S);
    }
    int rc = ppoll(&poller, 1, timeout_ns < 0 ? NULL : &timeout, NULL);
#else
    int timeout = -1;
    if (timeout_ns >= 0) {
        /* Rounded up: a short wait must not become a busy one. */
        int64_t ms = timeout_ns / NS_PER_MS + (timeout_ns % NS_PER_MS != 0);
        timeout = ms > INT_MAX ? INT_MAX : (int)ms;
    }
    int rc = poll(&poller, 1, timeout);
#endif
    assert(rc >= 0 || errno == EINTR);
    return rc > 0 ? 1 : rc;
}

void
sac_thread_lower_priority(int nice)
{
    assert(nice >= 0 && nice <= LOWEST_NICE);
#if USE_LINUX
    /* On Linux the "process" of setpriority is a thread.  Only raising the
     * priority can be refused; a failure leaves a thread that is as urgent
     * as before, which is correct, only less polite. */
    id_t self = (id_t)syscall(SYS_gettid);
    errno = 0;
    int current = getpriority(PRIO_PROCESS, self);
    if (current == -1 && errno != 0) {
        return;
    }
    int wanted = current + nice;
    if (wanted > LOWEST_NICE) {
        wanted = LOWEST_NICE;
    }
    (void)setpriority(PRIO_PROCESS, self, wanted);
#else
    (void)nice; /* it would lower the whole process, the event loop too */
#endif
}

int
sac_cpu_count(void)
{
#if USE_LINUX
    /* Fails on machines with more CPUs than the set has room for: then all
     * that are online are counted. */
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
        int count = CPU_COUNT(&allowed);
        return count > 0 ? count : 1;
    }
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 && online < INT_MAX ? (int)online : 1;
}

struct sac_fork_guard {
    /* A page of its own that reads as 0 in a forked child, or NULL where the
     * kernel cannot wipe; then the process numbers are compared.  Volatile:
     * the kernel changes it behind the compiler's back. */
    const volatile unsigned char *alive;
    size_t page_size;
    pid_t owner; /* immutable after init, like the rest */
};

#if USE_LINUX && defined(MADV_WIPEONFORK)
static const volatile unsigned char *
map_wiped_page(size_t size)
{
    unsigned char *page = mmap(NULL, size, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return NULL;
    }
    if (madvise(page, size, MADV_WIPEONFORK) != 0) {
        (void)munmap(page, size); /* a kernel before 4.14 */
        return NULL;
    }
    *page = 1;
    return page;
}
#endif

sac_fork_guard *
sac_fork_guard_new(void)
{
    sac_fork_guard *guard = sac_calloc(1, sizeof(*guard));
    if (guard == NULL) {
        return NULL;
    }
    guard->owner = getpid();
#if USE_LINUX && defined(MADV_WIPEONFORK)
    guard->page_size = (size_t)sysconf(_SC_PAGESIZE);
    guard->alive = map_wiped_page(guard->page_size);
#endif
    return guard;
}

void
sac_fork_guard_free(sac_fork_guard *guard)
{
    if (guard == NULL) {
        return;
    }
#if USE_LINUX && defined(MADV_WIPEONFORK)
    if (guard->alive != NULL) {
        (void)munmap((void *)(uintptr_t)guard->alive, guard->page_size);
    }
#endif
    sac_free(guard);
}

bool
sac_fork_guard_tripped(const sac_fork_guard *guard)
{
    if (guard->alive != NULL) {
        return *guard->alive == 0;
    }
    return guard->owner != getpid();
}
