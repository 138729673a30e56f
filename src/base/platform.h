/* What differs between operating systems, in one file: the monotonic clock,
 * the descriptor that wakes an event loop, thread priority, fork detection. */
#ifndef SAC_BASE_PLATFORM_H
#define SAC_BASE_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds on the monotonic clock. */
int64_t sac_clock_ns(void);

/* A descriptor that becomes readable when signalled: an eventfd on Linux, a
 * non-blocking pipe elsewhere (then read_fd != write_fd). */
typedef struct sac_wake {
    int read_fd;
    int write_fd;
} sac_wake;

/* -> 0 or errno. */
int sac_wake_init(sac_wake *wake);
void sac_wake_fini(sac_wake *wake);
/* Any thread; retried on EINTR; a full pipe already means "readable". */
void sac_wake_signal(sac_wake *wake);
/* Makes it unreadable again. */
void sac_wake_drain(sac_wake *wake);
/* Blocks until readable; `timeout_ns` < 0 waits for ever.
 * -> 1 readable, 0 timed out, -1 interrupted by a signal. */
int sac_wake_wait(sac_wake *wake, int64_t timeout_ns);

/* Lowers the calling thread's priority by `nice` steps (0..19); ignored
 * where threads have none of their own. */
void sac_thread_lower_priority(int nice);

/* CPUs this process may run on, at least 1. */
int sac_cpu_count(void);

/* Tells whether this process is a fork of the one that made the guard.  On
 * Linux a page that the kernel wipes on fork: reading it costs a load. */
typedef struct sac_fork_guard sac_fork_guard;

/* -> new guard or NULL. */
sac_fork_guard *sac_fork_guard_new(void);
void sac_fork_guard_free(sac_fork_guard *guard);
bool sac_fork_guard_tripped(const sac_fork_guard *guard);

#endif
