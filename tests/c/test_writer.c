/* engine/writer.h: the token is exclusive, first come first served. */
#include "test.h"

#include "base/sync.h"
#include "engine/writer.h"
#include "gate.h"

/* Somebody who waits: a ticket, and a note when it was granted. */
typedef struct waiter {
    sac_ticket ticket;
    int granted; /* position in the order of grants; 0: not yet */
    int *grants; /* counter of the test; the port's owner only */
} waiter;

static void
note_grant(sac_message *message)
{
    sac_ticket *ticket = SAC_CONTAINER(message, sac_ticket, message);
    waiter *w = SAC_CONTAINER(ticket, waiter, ticket);
    w->granted = ++*w->grants;
}

static void
waiter_init(waiter *w, int *grants)
{
    sac_ticket_init(&w->ticket, note_grant);
    w->granted = 0;
    w->grants = grants;
}

static void
acquire_now(sac_writer *writer, uintptr_t owner)
{
    sac_ticket ticket;
    sac_ticket_init(&ticket, NULL);
    CHECK_INT(sac_writer_acquire(writer, &ticket, NULL, owner), SAC_OK);
    CHECK(!ticket.waits);
}

static void
queue_up(sac_writer *writer, waiter *w, sac_port *port, uintptr_t owner)
{
    CHECK_INT(sac_writer_acquire(writer, &w->ticket, port, owner), SAC_OK);
    CHECK(w->ticket.waits);
}

static void
test_first_come_first_served(void)
{
    enum { COUNT = 5 };
    waiter waiters[COUNT];
    sac_port *port = NULL;
    int grants = 0;
    sac_writer *writer = sac_writer_new();
    CHECK_INT(sac_port_new(&port), 0);
    acquire_now(writer, 1);
    for (int i = 0; i < COUNT; i++) {
        waiter_init(&waiters[i], &grants);
        queue_up(writer, &waiters[i], port, (uintptr_t)i + 2);
    }
    CHECK_INT(sac_writer_waiting(writer), COUNT);
    for (int i = 0; i < COUNT; i++) {
        CHECK_INT(waiters[i].granted, 0);
        sac_writer_release(writer);
        CHECK_INT(sac_port_wait(port, -1), 1);
        sac_port_drain(port);
        CHECK_INT(waiters[i].granted, i + 1);
        CHECK_INT(waiters[i].ticket.state, SAC_TICKET_GRANTED);
        CHECK_INT(sac_writer_waiting(writer), COUNT - i - 1);
    }
    sac_writer_release(writer);
    acquire_now(writer, 1); /* free again, also for the first holder */
    sac_writer_release(writer);
    sac_writer_release_reference(writer);
    sac_writer_release_reference(NULL);
    sac_port_release(port);
}

static void
test_refusals(void)
{
    sac_port *port = NULL;
    waiter w;
    int grants = 0;
    sac_writer *writer = sac_writer_new();
    CHECK_INT(sac_port_new(&port), 0);
    waiter_init(&w, &grants);
    acquire_now(writer, 7);
    CHECK_INT(sac_writer_acquire(writer, &w.ticket, port, 7),
              SAC_ERR_SELF_WAIT);
    CHECK_INT(sac_writer_acquire(writer, &w.ticket, NULL, 8),
              SAC_ERR_WOULD_WAIT);
    CHECK(!w.ticket.waits);
    CHECK_INT(sac_writer_waiting(writer), 0);
    /* the owner goes with the token */
    queue_up(writer, &w, port, 8);
    sac_writer_release(writer);
    sac_port_drain(port);
    waiter other;
    waiter_init(&other, &grants);
    CHECK_INT(sac_writer_acquire(writer, &other.ticket, port, 8),
              SAC_ERR_SELF_WAIT);
    sac_writer_release(writer);
    /* nobody in particular never waits for itself */
    acquire_now(writer, 0);
    queue_up(writer, &w, port, 0); /* a ticket can be used again */
    sac_writer_release(writer);
    sac_port_drain(port);
    CHECK_INT(w.granted, 2);
    sac_writer_release(writer);
    sac_writer_release_reference(writer);
    sac_port_release(port);
}

static void
test_withdraw(void)
{
    sac_port *port = NULL;
    waiter a;
    waiter b;
    int grants = 0;
    sac_writer *writer = sac_writer_new();
    CHECK_INT(sac_port_new(&port), 0);
    waiter_init(&a, &grants);
    waiter_init(&b, &grants);
    acquire_now(writer, 1);
    CHECK(!sac_writer_withdraw(writer, &a.ticket)); /* was never queued */
    queue_up(writer, &a, port, 2);
    queue_up(writer, &b, port, 3);
    CHECK(sac_writer_withdraw(writer, &a.ticket));
    CHECK(!sac_writer_withdraw(writer, &a.ticket));
    CHECK_INT(sac_writer_waiting(writer), 1);
    sac_writer_release(writer);
    CHECK(!sac_writer_withdraw(writer, &b.ticket)); /* on its way */
    sac_port_drain(port);
    CHECK_INT(a.granted, 0);
    CHECK_INT(b.granted, 1);
    sac_writer_release(writer);
    sac_writer_release_reference(writer);
    sac_port_release(port);
}

/* ---- many threads ---------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 300 };

typedef struct hall {
    sac_writer *writer;
    int inside; /* guarded by the token, and by nothing else */
    int visits; /* the same */
    gate ready;
} hall;

/* Acquires, waiting on a port of its own; withdraws every third wait. */
static void
visit(hall *h, sac_port *port, waiter *w, int round, uintptr_t me)
{
    CHECK_INT(sac_writer_acquire(h->writer, &w->ticket, port, me), SAC_OK);
    if (w->ticket.waits) {
        if (round % 3 == 0 && sac_writer_withdraw(h->writer, &w->ticket)) {
            return;
        }
        while (w->granted == 0) {
            (void)sac_port_wait(port, -1); /* -1 is no reason to stop */
            sac_port_drain(port);
        }
    }
    CHECK_INT(h->inside, 0);
    h->inside++;
    h->visits++;
    h->inside--;
    sac_writer_release(h->writer);
}

static void *
visit_often(void *arg)
{
    hall *h = arg;
    sac_port *port = NULL;
    CHECK_INT(sac_port_new(&port), 0);
    gate_add(&h->ready, 1);
    gate_wait(&h->ready, THREADS);
    for (int i = 0; i < ROUNDS; i++) {
        waiter w;
        int grants = 0;
        waiter_init(&w, &grants);
        visit(h, port, &w, i, (uintptr_t)port);
    }
    sac_port_release(port);
    return NULL;
}

static void
test_exclusive_among_threads(void)
{
    hall h = {.writer = sac_writer_new()};
    sac_thread threads[THREADS];
    gate_init(&h.ready);
    for (int i = 0; i < THREADS; i++) {
        CHECK_INT(sac_thread_start(&threads[i], visit_often, &h), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        sac_thread_join(&threads[i]);
    }
    CHECK(h.visits >= THREADS * ROUNDS * 2 / 3);
    CHECK_INT(sac_writer_waiting(h.writer), 0);
    acquire_now(h.writer, 1);
    sac_writer_release(h.writer);
    sac_writer_release_reference(h.writer);
    gate_fini(&h.ready);
}

typedef struct releaser {
    sac_writer *writer;
    gate go;
    gate done;
} releaser;

static void *
release_each_round(void *arg)
{
    releaser *r = arg;
    for (int i = 1; i <= ROUNDS; i++) {
        gate_wait(&r->go, i);
        sac_writer_release(r->writer);
        gate_add(&r->done, 1);
    }
    return NULL;
}

/* Withdrawing and granting at the same instant: one of them wins, and the
 * token is never lost. */
static void
test_withdraw_races_with_release(void)
{
    releaser r = {.writer = sac_writer_new()};
    sac_thread thread;
    sac_port *port = NULL;
    gate_init(&r.go);
    gate_init(&r.done);
    CHECK_INT(sac_port_new(&port), 0);
    CHECK_INT(sac_thread_start(&thread, release_each_round, &r), 0);
    for (int i = 1; i <= ROUNDS; i++) {
        waiter w;
        int grants = 0;
        waiter_init(&w, &grants);
        acquire_now(r.writer, 1);
        queue_up(r.writer, &w, port, 2);
        gate_add(&r.go, 1);
        if (!sac_writer_withdraw(r.writer, &w.ticket)) {
            while (w.granted == 0) {
                (void)sac_port_wait(port, -1);
                sac_port_drain(port);
            }
            gate_wait(&r.done, i);
            sac_writer_release(r.writer);
        }
        gate_wait(&r.done, i);
    }
    sac_thread_join(&thread);
    acquire_now(r.writer, 1);
    sac_writer_release(r.writer);
    sac_writer_release_reference(r.writer);
    sac_port_release(port);
    gate_fini(&r.go);
    gate_fini(&r.done);
}

/* ---- the registry ---------------------------------------------------- */

static void
test_registry(void)
{
    sac_registry *registry = sac_registry_new();
    sac_writer *a = sac_registry_writer(registry, 1, 10);
    sac_writer *b = sac_registry_writer(registry, 1, 11);
    sac_writer *c = sac_registry_writer(registry, 2, 10);
    CHECK(a != b && a != c && b != c);
    CHECK(sac_registry_writer(registry, 1, 10) == a);
    sac_writer_release_reference(a);
    acquire_now(a, 1); /* one reference left */
    sac_writer_release(a);
    sac_writer_release_reference(a);
    a = sac_registry_writer(registry, 1, 10); /* gone, and made anew */
    acquire_now(a, 1);
    sac_writer_release(a);
    sac_registry_free(registry);
    sac_registry_free(NULL);
    acquire_now(b, 1); /* tokens outlive the registry */
    sac_writer_release(b);
    sac_writer_release_reference(b);
    sac_writer_release_reference(c);
    sac_writer_release_reference(a);
}

static void
test_without_memory(void)
{
    sac_memory_fail_after(0, false);
    CHECK(sac_registry_new() == NULL);
    sac_registry *registry = sac_registry_new();
    sac_memory_fail_after(0, false);
    CHECK(sac_registry_writer(registry, 1, 1) == NULL);
    sac_writer *writer = sac_registry_writer(registry, 1, 1);
    CHECK(writer != NULL);
    sac_writer_release_reference(writer);
    sac_registry_free(registry);
}

static void *
look_up_often(void *arg)
{
    sac_registry *registry = arg;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t inode = (uint64_t)(i % 3);
        sac_writer *writer = sac_registry_writer(registry, 1, inode);
        CHECK(writer != NULL);
        (void)sac_writer_waiting(writer);
        sac_writer_release_reference(writer);
    }
    return NULL;
}

static void
test_registry_among_threads(void)
{
    sac_registry *registry = sac_registry_new();
    sac_thread threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        CHECK_INT(sac_thread_start(&threads[i], look_up_often, registry), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        sac_thread_join(&threads[i]);
    }
    sac_registry_free(registry);
}

TEST_MAIN({"first_come_first_served", test_first_come_first_served},
          {"refusals", test_refusals}, {"withdraw", test_withdraw},
          {"exclusive_among_threads", test_exclusive_among_threads},
          {"withdraw_races_with_release", test_withdraw_races_with_release},
          {"registry", test_registry}, {"without_memory", test_without_memory},
          {"registry_among_threads", test_registry_among_threads})
