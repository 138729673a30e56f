/* base/sync.h: mutex, condition variable, thread. */
#include "test.h"

#include <signal.h>

#include "base/platform.h"
#include "base/sync.h"

#define ROUNDS 2000
#define MS INT64_C(1000000)

typedef struct table {
    sac_mutex mutex;
    sac_cond cond;
    int ball; /* guarded by mutex, like the rest */
    int total;
    bool open;
    bool masked;
} table;

static void
table_init(table *t)
{
    memset(t, 0, sizeof(*t));
    CHECK_INT(sac_mutex_init(&t->mutex), 0);
    CHECK_INT(sac_cond_init(&t->cond), 0);
}

static void
table_fini(table *t)
{
    sac_cond_fini(&t->cond);
    sac_mutex_fini(&t->mutex);
}

static void *
add_many(void *arg)
{
    table *t = arg;
    for (int i = 0; i < ROUNDS; i++) {
        sac_mutex_lock(&t->mutex);
        t->total++;
        sac_mutex_unlock(&t->mutex);
    }
    return NULL;
}

static void
test_mutex_excludes(void)
{
    table t;
    table_init(&t);
    sac_thread threads[4];
    for (int i = 0; i < 4; i++) {
        CHECK_INT(sac_thread_start(&threads[i], add_many, &t), 0);
    }
    for (int i = 0; i < 4; i++) {
        sac_thread_join(&threads[i]);
    }
    CHECK_INT(t.total, 4 * ROUNDS);
    table_fini(&t);
}

/* Waits for an odd ball and makes it even. */
static void *
return_ball(void *arg)
{
    table *t = arg;
    sac_mutex_lock(&t->mutex);
    for (int i = 0; i < ROUNDS; i++) {
        while (t->ball % 2 == 0) {
            sac_cond_wait(&t->cond, &t->mutex);
        }
        t->ball++;
        sac_cond_signal(&t->cond);
    }
    sac_mutex_unlock(&t->mutex);
    return NULL;
}

static void
test_signal_wakes(void)
{
    table t;
    table_init(&t);
    sac_thread thread;
    CHECK_INT(sac_thread_start(&thread, return_ball, &t), 0);
    sac_mutex_lock(&t.mutex);
    for (int i = 0; i < ROUNDS; i++) {
        t.ball++;
        sac_cond_signal(&t.cond);
        while (t.ball % 2 != 0) {
            sac_cond_wait(&t.cond, &t.mutex);
        }
    }
    sac_mutex_unlock(&t.mutex);
    sac_thread_join(&thread);
    CHECK_INT(t.ball, 2 * ROUNDS);
    table_fini(&t);
}

static void *
wait_for_opening(void *arg)
{
    table *t = arg;
    sac_mutex_lock(&t->mutex);
    t->total++;
    sac_cond_broadcast(&t->cond);
    while (!t->open) {
        sac_cond_wait(&t->cond, &t->mutex);
    }
    t->total--;
    sac_mutex_unlock(&t->mutex);
    return NULL;
}

static void
test_broadcast_wakes_all(void)
{
    table t;
    table_init(&t);
    sac_thread threads[3];
    for (int i = 0; i < 3; i++) {
        CHECK_INT(sac_thread_start(&threads[i], wait_for_opening, &t), 0);
    }
    sac_mutex_lock(&t.mutex);
    while (t.total < 3) {
        sac_cond_wait(&t.cond, &t.mutex);
    }
    t.open = true;
    sac_cond_broadcast(&t.cond);
    sac_mutex_unlock(&t.mutex);
    for (int i = 0; i < 3; i++) {
        sac_thread_join(&threads[i]);
    }
    CHECK_INT(t.total, 0);
    table_fini(&t);
}

static void
test_wait_until_times_out(void)
{
    table t;
    table_init(&t);
    sac_mutex_lock(&t.mutex);
    CHECK(!sac_cond_wait_until(&t.cond, &t.mutex, 0));
    CHECK(!sac_cond_wait_until(&t.cond, &t.mutex, -1));
    int64_t deadline = sac_clock_ns() + 2 * MS;
    while (sac_cond_wait_until(&t.cond, &t.mutex, deadline)) {
    }
    CHECK(sac_clock_ns() >= deadline);
    sac_mutex_unlock(&t.mutex);
    table_fini(&t);
}

static void *
open_table(void *arg)
{
    table *t = arg;
    sac_mutex_lock(&t->mutex);
    t->open = true;
    sac_cond_signal(&t->cond);
    sac_mutex_unlock(&t->mutex);
    return NULL;
}

static void
test_wait_until_is_woken(void)
{
    table t;
    table_init(&t);
    sac_thread thread;
    int64_t deadline = sac_clock_ns() + 60000 * MS;
    bool in_time = true;
    sac_mutex_lock(&t.mutex);
    CHECK_INT(sac_thread_start(&thread, open_table, &t), 0);
    while (!t.open && in_time) {
        in_time = sac_cond_wait_until(&t.cond, &t.mutex, deadline);
    }
    sac_mutex_unlock(&t.mutex);
    CHECK(in_time);
    sac_thread_join(&thread);
    table_fini(&t);
}

static void *
read_mask(void *arg)
{
    table *t = arg;
    sigset_t mask;
    CHECK_INT(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
    bool masked =
        sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGTERM) == 1 &&
        sigismember(&mask, SIGUSR1) == 1 && sigismember(&mask, SIGALRM) == 1;
    sac_mutex_lock(&t->mutex);
    t->masked = masked;
    t->open = true;
    sac_cond_signal(&t->cond);
    sac_mutex_unlock(&t->mutex);
    return NULL;
}

static void
test_threads_take_no_signals(void)
{
    table t;
    table_init(&t);
    sac_thread thread;
    CHECK_INT(sac_thread_start(&thread, read_mask, &t), 0);
    sac_thread_join(&thread);
    CHECK(t.masked);
    /* The maker's own mask is as it was. */
    sigset_t mask;
    CHECK_INT(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
    CHECK_INT(sigismember(&mask, SIGINT), 0);
    table_fini(&t);
}

static table detached_table;

static void
test_detached_thread_runs(void)
{
    /* Static: the thread may still be inside unlock when the test ends. */
    table *t = &detached_table;
    table_init(t);
    sac_thread thread;
    CHECK_INT(sac_thread_start(&thread, open_table, t), 0);
    sac_thread_detach(&thread);
    sac_mutex_lock(&t->mutex);
    while (!t->open) {
        sac_cond_wait(&t->cond, &t->mutex);
    }
    sac_mutex_unlock(&t->mutex);
}

TEST_MAIN({"mutex_excludes", test_mutex_excludes},
          {"signal_wakes", test_signal_wakes},
          {"broadcast_wakes_all", test_broadcast_wakes_all},
          {"wait_until_times_out", test_wait_until_times_out},
          {"wait_until_is_woken", test_wait_until_is_woken},
          {"threads_take_no_signals", test_threads_take_no_signals},
          {"detached_thread_runs", test_detached_thread_runs})
