/* base/platform.h: clock, wake-up, priority, CPUs, fork guard. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/platform.h"
#include "base/sync.h"

#define MS INT64_C(1000000)

static void
test_clock_goes_forward(void)
{
    int64_t before = sac_clock_ns();
    CHECK(before > 0);
    for (int i = 0; i < 1000; i++) {
        int64_t now = sac_clock_ns();
        CHECK(now >= before);
        before = now;
    }
}

static void
test_wakes_coalesce(void)
{
    sac_wake wake;
    CHECK_INT(sac_wake_init(&wake), 0);
    CHECK_INT(sac_wake_wait(&wake, 0), 0);
    sac_wake_signal(&wake);
    sac_wake_signal(&wake);
    sac_wake_signal(&wake);
    CHECK_INT(sac_wake_wait(&wake, 0), 1);
    CHECK_INT(sac_wake_wait(&wake, -1), 1); /* waiting does not consume */
    sac_wake_drain(&wake);
    CHECK_INT(sac_wake_wait(&wake, 0), 0);
    sac_wake_drain(&wake); /* nothing there: harmless */
    sac_wake_signal(&wake);
    CHECK_INT(sac_wake_wait(&wake, -1), 1);
    sac_wake_fini(&wake);
    CHECK_INT(wake.read_fd, -1);
    sac_wake_fini(&wake); /* twice: harmless */
}

static void
test_wake_takes_any_number(void)
{
    sac_wake wake;
    CHECK_INT(sac_wake_init(&wake), 0);
    for (int i = 0; i < 20000; i++) { /* more than a pipe holds */
        sac_wake_signal(&wake);
    }
    CHECK_INT(sac_wake_wait(&wake, 0), 1);
    sac_wake_drain(&wake);
    CHECK_INT(sac_wake_wait(&wake, 0), 0);
    sac_wake_fini(&wake);
}

static void
test_wake_descriptors(void)
{
    sac_wake wake;
    CHECK_INT(sac_wake_init(&wake), 0);
    CHECK(fcntl(wake.read_fd, F_GETFL) & O_NONBLOCK);
    CHECK(fcntl(wake.write_fd, F_GETFL) & O_NONBLOCK);
    CHECK(fcntl(wake.read_fd, F_GETFD) & FD_CLOEXEC);
    CHECK(fcntl(wake.write_fd, F_GETFD) & FD_CLOEXEC);
    sac_wake_fini(&wake);
}

static void
test_wake_reports_no_descriptors(void)
{
    struct rlimit before;
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = before;
    none.rlim_cur = 0;
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
    sac_wake wake;
    int rc = sac_wake_init(&wake);
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK_INT(rc, EMFILE);
    CHECK_INT(wake.read_fd, -1);
    CHECK_INT(wake.write_fd, -1);
}

static void
test_wait_times_out(void)
{
    sac_wake wake;
    CHECK_INT(sac_wake_init(&wake), 0);
    int64_t before = sac_clock_ns();
    CHECK_INT(sac_wake_wait(&wake, 2 * MS), 0);
    CHECK(sac_clock_ns() - before >= 2 * MS);
    CHECK_INT(sac_wake_wait(&wake, 1), 0);
    sac_wake_fini(&wake);
}

static void *
signal_wake(void *arg)
{
    sac_wake_signal(arg);
    return NULL;
}

static void
test_wake_from_another_thread(void)
{
    sac_wake wake;
    sac_thread thread;
    CHECK_INT(sac_wake_init(&wake), 0);
    for (int i = 0; i < 50; i++) {
        CHECK_INT(sac_thread_start(&thread, signal_wake, &wake), 0);
        CHECK_INT(sac_wake_wait(&wake, -1), 1);
        sac_wake_drain(&wake);
        sac_thread_join(&thread);
        CHECK_INT(sac_wake_wait(&wake, 0), 0);
    }
    sac_wake_fini(&wake);
}

static void
ignore_alarm(int number)
{
    (void)number;
}

static void
test_wait_is_interrupted_by_a_signal(void)
{
    sac_wake wake;
    CHECK_INT(sac_wake_init(&wake), 0);
    struct sigaction action = {.sa_handler = ignore_alarm};
    struct sigaction before;
    CHECK_INT(sigaction(SIGALRM, &action, &before), 0);
    /* It repeats, so that an alarm before the wait began is no loss. */
    struct itimerval timer = {{0, 1000}, {0, 1000}};
    struct itimerval stop = {{0, 0}, {0, 0}};
    CHECK_INT(setitimer(ITIMER_REAL, &timer, NULL), 0);
    CHECK_INT(sac_wake_wait(&wake, -1), -1);
    CHECK_INT(setitimer(ITIMER_REAL, &stop, NULL), 0);
    CHECK_INT(sigaction(SIGALRM, &before, NULL), 0);
    sac_wake_fini(&wake);
}

static void *
lower_priority(void *arg)
{
    int *out = arg;
    sac_thread_lower_priority(0);
    out[0] = getpriority(PRIO_PROCESS, 0);
    sac_thread_lower_priority(5);
    out[1] = getpriority(PRIO_PROCESS, 0);
    sac_thread_lower_priority(19);
    out[2] = getpriority(PRIO_PROCESS, 0);
    return NULL;
}

static void
test_priority_is_of_one_thread(void)
{
    int before = getpriority(PRIO_PROCESS, 0);
    int seen[3] = {0, 0, 0};
    sac_thread thread;
    CHECK_INT(sac_thread_start(&thread, lower_priority, seen), 0);
    sac_thread_join(&thread);
    CHECK_INT(seen[0], before);
#if defined(__linux__) && !defined(SAC_PLATFORM_PORTABLE)
    CHECK_INT(seen[1], before + 5 < 19 ? before + 5 : 19);
    CHECK_INT(seen[2], 19);
#endif
    CHECK_INT(getpriority(PRIO_PROCESS, 0), before);
}

static void
test_cpu_count(void)
{
    CHECK(sac_cpu_count() >= 1);
    CHECK(sac_cpu_count() <= (int)sysconf(_SC_NPROCESSORS_CONF));
}

/* -> exit status of a child that returns what the guard says. */
static int
tripped_in_child(const sac_fork_guard *guard)
{
    (void)fflush(NULL); /* the child must not print it again */
    pid_t child = fork();
    if (child == 0) {
        _exit(sac_fork_guard_tripped(guard) ? 7 : 8);
    }
    int status = 0;
    CHECK(child > 0);
    CHECK_INT(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_fork_guard(void)
{
    sac_fork_guard *guard = sac_fork_guard_new();
    if (!CHECK(guard != NULL)) {
        return;
    }
    CHECK(!sac_fork_guard_tripped(guard));
    CHECK_INT(tripped_in_child(guard), 7);
    CHECK(!sac_fork_guard_tripped(guard));
    CHECK_INT(tripped_in_child(guard), 7);
    sac_fork_guard_free(guard);
    sac_fork_guard_free(NULL);
}

static void
test_fork_guard_made_in_the_child_is_its_own(void)
{
    sac_fork_guard *guard = sac_fork_guard_new();
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        sac_fork_guard *own = sac_fork_guard_new();
        bool ok = own != NULL && !sac_fork_guard_tripped(own) &&
                  sac_fork_guard_tripped(guard);
        sac_fork_guard_free(own);
        sac_fork_guard_free(guard);
        _exit(ok ? 0 : 1);
    }
    int status = -1;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    sac_fork_guard_free(guard);
}

static void
test_fork_guard_without_memory(void)
{
    sac_memory_fail_after(0, false);
    CHECK(sac_fork_guard_new() == NULL);
    CHECK_INT(sac_memory_failures(), 1);
}

TEST_MAIN({"clock_goes_forward", test_clock_goes_forward},
          {"wakes_coalesce", test_wakes_coalesce},
          {"wake_takes_any_number", test_wake_takes_any_number},
          {"wake_descriptors", test_wake_descriptors},
          {"wake_reports_no_descriptors", test_wake_reports_no_descriptors},
          {"wait_times_out", test_wait_times_out},
          {"wake_from_another_thread", test_wake_from_another_thread},
          {"wait_is_interrupted_by_a_signal",
           test_wait_is_interrupted_by_a_signal},
          {"priority_is_of_one_thread", test_priority_is_of_one_thread},
          {"cpu_count", test_cpu_count}, {"fork_guard", test_fork_guard},
          {"fork_guard_made_in_the_child_is_its_own",
           test_fork_guard_made_in_the_child_is_its_own},
          {"fork_guard_without_memory", test_fork_guard_without_memory})
