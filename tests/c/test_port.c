/* engine/port.h: posting and draining. */
#include "test.h"

#include "base/sync.h"
#include "engine/port.h"

#define POSTERS 4
#define EACH 500

typedef struct digit {
    sac_message message;
    int value;
    int *sum; /* of the test */
} digit;

static void
add_value(sac_message *message)
{
    digit *d = SAC_CONTAINER(message, digit, message);
    *d->sum = *d->sum * 10 + d->value;
}

static void
test_order_and_one_signal(void)
{
    sac_port *port = NULL;
    int sum = 0;
    digit digits[3];
    CHECK_INT(sac_port_new(&port), 0);
    CHECK(sac_port_fd(port) >= 0);
    CHECK_INT(sac_port_wait(port, 0), 0);
    for (int i = 0; i < 3; i++) {
        digits[i] = (digit){{.deliver = add_value}, i + 1, &sum};
        sac_port_post(port, &digits[i].message);
    }
    CHECK_INT(sac_port_wait(port, -1), 1);
    CHECK_INT(sum, 0); /* nothing is delivered but by draining */
    sac_port_drain(port);
    CHECK_INT(sum, 123);
    CHECK_INT(sac_port_wait(port, 0), 0);
    sac_port_drain(port);
    CHECK_INT(sum, 123);
    sac_port_post(port, &digits[1].message); /* it can travel again */
    CHECK_INT(sac_port_wait(port, -1), 1);
    sac_port_drain(port);
    CHECK_INT(sum, 1232);
    CHECK(sac_port_retain(port) == port);
    sac_port_release(port);
    sac_port_release(port);
    sac_port_release(NULL);
}

typedef struct chain {
    sac_message message;
    sac_port *port;
    int left;
} chain;

static void
post_again(sac_message *message)
{
    chain *c = SAC_CONTAINER(message, chain, message);
    if (--c->left > 0) {
        sac_port_post(c->port, message);
    }
}

/* What a delivery posts is for the next draining, and signals it. */
static void
test_post_while_draining(void)
{
    chain c = {.message = {.deliver = post_again}, .left = 3};
    CHECK_INT(sac_port_new(&c.port), 0);
    sac_port_post(c.port, &c.message);
    for (int left = 2; left >= 0; left--) {
        CHECK_INT(sac_port_wait(c.port, -1), 1);
        sac_port_drain(c.port);
        CHECK_INT(c.left, left);
    }
    CHECK_INT(sac_port_wait(c.port, 0), 0);
    sac_port_release(c.port);
}

static void
test_new_without_memory(void)
{
    sac_port *port = NULL;
    sac_memory_fail_after(0, false);
    CHECK(sac_port_new(&port) != 0);
    CHECK(port == NULL);
}

typedef struct poster {
    sac_thread thread;
    sac_port *port; /* borrowed until its last letter is delivered */
    int next;       /* owner of the port only */
    int *delivered; /* owner of the port only */
} poster;

typedef struct numbered {
    sac_message message;
    poster *from;
    int number;
} numbered;

static void
check_number(sac_message *message)
{
    numbered *letter = SAC_CONTAINER(message, numbered, message);
    poster *from = letter->from;
    CHECK_INT(letter->number, from->next);
    from->next++;
    (*from->delivered)++;
    sac_free(letter);
}

static void *
post_many(void *arg)
{
    poster *p = arg;
    sac_port *port = p->port;
    for (int i = 0; i < EACH; i++) {
        numbered *letter = sac_malloc(sizeof(*letter));
        *letter = (numbered){{.deliver = check_number}, p, i};
        sac_port_post(port, &letter->message);
    }
    return NULL;
}

/* Letters are freed by their delivery and the port by the last of them, while
 * the posters may still be inside sac_port_post(). */
static void
test_many_posters(void)
{
    poster posters[POSTERS];
    sac_port *port = NULL;
    int delivered = 0;
    CHECK_INT(sac_port_new(&port), 0);
    for (int i = 0; i < POSTERS; i++) {
        posters[i] = (poster){.port = port, .delivered = &delivered};
        CHECK_INT(sac_thread_start(&posters[i].thread, post_many, &posters[i]),
                  0);
    }
    while (delivered < POSTERS * EACH) {
        (void)sac_port_wait(port, -1); /* -1 is no reason to stop */
        sac_port_drain(port);
    }
    sac_port_release(port);
    for (int i = 0; i < POSTERS; i++) {
        sac_thread_join(&posters[i].thread);
        CHECK_INT(posters[i].next, EACH);
    }
}

TEST_MAIN({"order_and_one_signal", test_order_and_one_signal},
          {"post_while_draining", test_post_while_draining},
          {"new_without_memory", test_new_without_memory},
          {"many_posters", test_many_posters})
