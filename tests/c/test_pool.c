/* engine/pool.h: idle connections, room for more, and who waits. */
#include "test.h"

#include <sched.h>

#include "base/platform.h"
#include "base/sync.h"
#include "engine/pool.h"
#include "gate.h"

static char in_memory[] = ":memory:";

static sac_options
options_of(int pool_size, int max_overflow)
{
    return (sac_options){
        .path = in_memory,
        .create = true,
        .pool_size = pool_size,
        .max_overflow = max_overflow,
        .recycle_ns = -1,
        .statement_cache = 4,
    };
}

static void
open_handle(sac_handle *handle)
{
    sac_error err;
    sac_error_init(&err);
    if (handle->db == NULL) {
        CHECK_INT(sac_handle_open(handle, NULL, &err), SAC_OK);
    }
    sac_error_fini(&err);
}

/* -> a handle, opened, that was there without waiting. */
static sac_handle *
checkout(sac_pool *pool)
{
    sac_ticket ticket;
    sac_ticket_init(&ticket, NULL);
    CHECK_INT(sac_pool_checkout(pool, &ticket, NULL), SAC_OK);
    CHECK(!ticket.waits);
    open_handle(ticket.grant);
    return ticket.grant;
}

static void
check_counts(sac_pool *pool, int open, int idle, int waiting)
{
    sac_pool_counts counts = sac_pool_count(pool);
    CHECK_INT(counts.open, open);
    CHECK_INT(counts.idle, idle);
    CHECK_INT(counts.waiting, waiting);
}

static void
check_kept(sac_pool *pool, sac_handle *handle)
{
    CHECK(sac_pool_checkin(pool, handle) == NULL);
}

static void
check_refused(sac_pool *pool, sac_handle *handle)
{
    CHECK(sac_pool_checkin(pool, handle) == handle);
    sac_handle_free(handle);
}

typedef struct waiter {
    sac_ticket ticket;
    int granted; /* position in the order of grants; 0: not yet */
    int *grants; /* the port's owner only */
} waiter;

static void
note_grant(sac_message *message)
{
    sac_ticket *ticket = SAC_CONTAINER(message, sac_ticket, message);
    waiter *w = SAC_CONTAINER(ticket, waiter, ticket);
    w->granted = ++*w->grants;
}

static void
queue_up(sac_pool *pool, waiter *w, sac_port *port, int *grants)
{
    sac_ticket_init(&w->ticket, note_grant);
    w->granted = 0;
    w->grants = grants;
    CHECK_INT(sac_pool_checkout(pool, &w->ticket, port), SAC_OK);
    CHECK(w->ticket.waits);
}

static void
test_used_last_comes_first(void)
{
    sac_options options = options_of(3, 0);
    sac_pool *pool = sac_pool_new(&options);
    sac_handle *a = checkout(pool);
    sac_handle *b = checkout(pool);
    CHECK(a != b);
    check_counts(pool, 2, 0, 0);
    check_kept(pool, a);
    check_kept(pool, b);
    check_counts(pool, 2, 2, 0);
    CHECK(checkout(pool) == b);
    CHECK(checkout(pool) == a);
    check_kept(pool, a);
    check_kept(pool, b);
    sac_pool_free(pool); /* closes the idle */
    sac_pool_free(NULL);
}

static void
test_room_and_overflow(void)
{
    sac_options options = options_of(1, 1);
    sac_pool *pool = sac_pool_new(&options);
    sac_ticket ticket;
    sac_handle *a = checkout(pool);
    sac_handle *b = checkout(pool);
    sac_ticket_init(&ticket, NULL);
    CHECK_INT(sac_pool_checkout(pool, &ticket, NULL), SAC_ERR_WOULD_WAIT);
    check_counts(pool, 2, 0, 0);
    check_kept(pool, b);
    check_refused(pool, a); /* one idle is all that is kept */
    check_counts(pool, 1, 1, 0);
    sac_pool_free(pool);
}

static void
test_unlimited(void)
{
    sac_options each[2] = {options_of(0, 0), options_of(1, -1)};
    for (int k = 0; k < 2; k++) {
        sac_pool *pool = sac_pool_new(&each[k]);
        sac_handle *handles[20];
        for (int i = 0; i < 20; i++) {
            handles[i] = checkout(pool);
        }
        check_counts(pool, 20, 0, 0);
        for (int i = 0; i < 20; i++) {
            if (k == 0 || i == 0) {
                check_kept(pool, handles[i]);
            }
            else {
                check_refused(pool, handles[i]);
            }
        }
        sac_pool_free(pool);
    }
}

static void
test_first_come_first_served(void)
{
    enum { COUNT = 3 };
    sac_options options = options_of(1, 0);
    sac_pool *pool = sac_pool_new(&options);
    sac_port *port = NULL;
    waiter waiters[COUNT];
    int grants = 0;
    CHECK_INT(sac_port_new(&port), 0);
    sac_handle *handle = checkout(pool);
    for (int i = 0; i < COUNT; i++) {
        queue_up(pool, &waiters[i], port, &grants);
    }
    check_counts(pool, 1, 0, COUNT);
    for (int i = 0; i < COUNT; i++) {
        check_kept(pool, handle);
        sac_port_drain(port);
        CHECK_INT(grants, i + 1);
        CHECK_INT(waiters[i].granted, i + 1);
        CHECK(waiters[i].ticket.grant == handle);
    }
    check_kept(pool, handle);
    check_counts(pool, 1, 1, 0);
    sac_pool_free(pool);
    sac_port_release(port);
}

/* One that comes back unusable makes room: who waits gets a new one. */
static void
test_waiter_gets_the_place(void)
{
    sac_options options = options_of(1, 0);
    sac_pool *pool = sac_pool_new(&options);
    sac_port *port = NULL;
    waiter w;
    int grants = 0;
    CHECK_INT(sac_port_new(&port), 0);
    sac_handle *handle = checkout(pool);
    queue_up(pool, &w, port, &grants);
    handle->broken = true;
    check_refused(pool, handle);
    sac_port_drain(port);
    CHECK_INT(w.granted, 1);
    sac_handle *fresh = w.ticket.grant;
    CHECK(fresh->db == NULL);
    check_counts(pool, 1, 0, 0);
    check_refused(pool, fresh); /* never opened: nothing to keep */
    check_counts(pool, 0, 0, 0);
    sac_pool_free(pool);
    sac_port_release(port);
}

/* There is room and no memory: everybody who waits is told. */
static void
test_waiters_without_memory(void)
{
    sac_options options = options_of(1, 0);
    sac_pool *pool = sac_pool_new(&options);
    sac_port *port = NULL;
    waiter waiters[2];
    int grants = 0;
    CHECK_INT(sac_port_new(&port), 0);
    sac_handle *handle = checkout(pool);
    queue_up(pool, &waiters[0], port, &grants);
    queue_up(pool, &waiters[1], port, &grants);
    handle->broken = true;
    sac_memory_fail_after(0, true);
    check_refused(pool, handle);
    sac_memory_fail_after(-1, false);
    sac_port_drain(port);
    CHECK_INT(grants, 2);
    CHECK(waiters[0].ticket.grant == NULL);
    CHECK(waiters[1].ticket.grant == NULL);
    check_counts(pool, 0, 0, 0);
    sac_pool_free(pool);
    sac_port_release(port);
}

static void
test_withdraw(void)
{
    sac_options options = options_of(1, 0);
    sac_pool *pool = sac_pool_new(&options);
    sac_port *port = NULL;
    waiter a;
    waiter b;
    int grants = 0;
    CHECK_INT(sac_port_new(&port), 0);
    sac_handle *handle = checkout(pool);
    queue_up(pool, &a, port, &grants);
    queue_up(pool, &b, port, &grants);
    CHECK(sac_pool_withdraw(pool, &a.ticket));
    CHECK(!sac_pool_withdraw(pool, &a.ticket));
    check_counts(pool, 1, 0, 1);
    check_kept(pool, handle);
    CHECK(!sac_pool_withdraw(pool, &b.ticket)); /* on its way */
    sac_port_drain(port);
    CHECK_INT(a.granted, 0);
    CHECK(b.ticket.grant == handle);
    check_kept(pool, handle);
    sac_pool_free(pool);
    sac_port_release(port);
}

static void
test_keep_none(void)
{
    sac_options options = options_of(0, 0);
    options.keep_none = true;
    sac_pool *pool = sac_pool_new(&options);
    check_refused(pool, checkout(pool));
    check_counts(pool, 0, 0, 0);
    sac_pool_free(pool);
}

static void
test_too_old(void)
{
    sac_options options = options_of(2, 0);
    options.recycle_ns = INT64_C(3600) * 1000000000;
    sac_pool *pool = sac_pool_new(&options);
    int64_t long_ago = sac_clock_ns() - 2 * options.recycle_ns;
    /* it comes back too old */
    sac_handle *a = checkout(pool);
    a->opened_ns = long_ago;
    check_refused(pool, a);
    /* it grows old in the pool: another is checked out, and it is handed out
     * for its end at the next checkin */
    a = checkout(pool);
    check_kept(pool, a);
    a->opened_ns = long_ago;
    sac_handle *b = checkout(pool);
    CHECK(a != b);
    check_counts(pool, 1, 0, 0);
    CHECK(sac_pool_checkin(pool, b) == a);
    sac_handle_free(a);
    check_counts(pool, 1, 1, 0);
    CHECK(checkout(pool) == b);
    check_kept(pool, b);
    /* or by drain, or with the pool */
    b->opened_ns = long_ago;
    a = checkout(pool);
    sac_list out;
    sac_list_init(&out);
    sac_pool_drain(pool, &out);
    sac_list *node = sac_list_take_front(&out);
    CHECK(node == &b->link && sac_list_empty(&out));
    sac_handle_free(b);
    check_refused(pool, a);
    a = checkout(pool);
    check_kept(pool, a);
    a->opened_ns = long_ago;
    b = checkout(pool);
    b->broken = true;
    check_refused(pool, b);
    sac_pool_free(pool);
}

static void
test_drain(void)
{
    sac_options options = options_of(3, 0);
    sac_pool *pool = sac_pool_new(&options);
    sac_list out;
    sac_list_init(&out);
    sac_handle *a = checkout(pool);
    sac_handle *b = checkout(pool);
    sac_handle *c = checkout(pool);
    check_kept(pool, a);
    check_kept(pool, b);
    sac_pool_drain(pool, &out);
    check_counts(pool, 1, 0, 0);
    int drained = 0;
    sac_list *node;
    while ((node = sac_list_take_front(&out)) != NULL) {
        sac_handle_free(SAC_CONTAINER(node, sac_handle, link));
        drained++;
    }
    CHECK_INT(drained, 2);
    sac_handle *young = checkout(pool); /* the pool goes on */
    check_refused(pool, c);             /* of the time before */
    check_kept(pool, young);
    check_counts(pool, 1, 1, 0);
    sac_pool_free(pool);
}

static void
test_without_memory(void)
{
    sac_options options = options_of(1, 0);
    sac_ticket ticket;
    sac_memory_fail_after(0, false);
    CHECK(sac_pool_new(&options) == NULL);
    sac_pool *pool = sac_pool_new(&options);
    sac_ticket_init(&ticket, NULL);
    sac_memory_fail_after(0, false);
    CHECK_INT(sac_pool_checkout(pool, &ticket, NULL), SAC_ERR_NOMEM);
    check_counts(pool, 0, 0, 0);
    check_kept(pool, checkout(pool));
    sac_pool_free(pool);
}

/* ---- many threads ---------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 250 };

typedef struct guests {
    sac_pool *pool;
    atomic_int out; /* handles in somebody's hands */
    gate ready;
} guests;

/* -> a handle, after waiting for it if need be; NULL: gave up. */
static sac_handle *
check_in_line(guests *g, sac_port *port, int round)
{
    waiter w;
    int grants = 0;
    sac_ticket_init(&w.ticket, note_grant);
    w.granted = 0;
    w.grants = &grants;
    CHECK_INT(sac_pool_checkout(g->pool, &w.ticket, port), SAC_OK);
    if (w.ticket.waits) {
        if (round % 4 == 0 && sac_pool_withdraw(g->pool, &w.ticket)) {
            return NULL;
        }
        while (w.granted == 0) {
            (void)sac_port_wait(port, -1); /* -1 is no reason to stop */
            sac_port_drain(port);
        }
    }
    return w.ticket.grant;
}

static void *
come_and_go(void *arg)
{
    guests *g = arg;
    sac_port *port = NULL;
    CHECK_INT(sac_port_new(&port), 0);
    gate_add(&g->ready, 1);
    gate_wait(&g->ready, THREADS);
    for (int i = 0; i < ROUNDS; i++) {
        sac_handle *handle = check_in_line(g, port, i);
        if (handle == NULL) {
            continue;
        }
        CHECK(atomic_fetch_add(&g->out, 1) < 2);
        open_handle(handle);
        handle->wal_frames++; /* ours alone: no other guard */
        handle->broken = i % 10 == 3;
        (void)sched_yield();
        atomic_fetch_sub(&g->out, 1);
        sac_handle_free(sac_pool_checkin(g->pool, handle));
    }
    sac_port_release(port);
    return NULL;
}

static void
test_limit_among_threads(void)
{
    sac_options options = options_of(1, 1);
    guests g = {.pool = sac_pool_new(&options)};
    sac_thread threads[THREADS];
    gate_init(&g.ready);
    for (int i = 0; i < THREADS; i++) {
        CHECK_INT(sac_thread_start(&threads[i], come_and_go, &g), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        sac_thread_join(&threads[i]);
    }
    sac_pool_counts counts = sac_pool_count(g.pool);
    CHECK_INT(counts.open, counts.idle);
    CHECK_INT(counts.waiting, 0);
    sac_pool_free(g.pool);
    gate_fini(&g.ready);
}

TEST_MAIN({"used_last_comes_first", test_used_last_comes_first},
          {"room_and_overflow", test_room_and_overflow},
          {"unlimited", test_unlimited},
          {"first_come_first_served", test_first_come_first_served},
          {"waiter_gets_the_place", test_waiter_gets_the_place},
          {"waiters_without_memory", test_waiters_without_memory},
          {"withdraw", test_withdraw}, {"keep_none", test_keep_none},
          {"too_old", test_too_old}, {"drain", test_drain},
          {"without_memory", test_without_memory},
          {"limit_among_threads", test_limit_among_threads})
