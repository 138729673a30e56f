/* engine/call.h: several threads, each with a port of its own, on one engine
 * at once. */
#include "driver.h"

enum { THREADS = 4 };

typedef struct party {
    sac_engine *engine; /* shared */
    gate start;
    int rounds;
} party;

typedef struct member {
    sac_thread thread;
    party *party;
    int number;
    int64_t committed; /* rows whose commit was acknowledged */
    int64_t cancelled;
} member;

static void
spin_until_told(party *p)
{
    gate_add(&p->start, 1);
    gate_wait(&p->start, THREADS);
}

/* Runs `sql`, cancelled half-way if it has to wait and `cancel` says so.
 * -> how it went. */
static sac_status
run_one(member *self, sac_lease *lease, sac_port *port, const char *sql,
        bool cancel)
{
    operation op;
    op_init_sql(&op, lease, port, sql);
    if (op_start(&op) == SAC_PROGRESS_WAIT && cancel) {
        (void)op_cancel(&op);
    }
    sac_status status = op_finish(&op);
    if (status == SAC_ERR_CANCELLED) {
        CHECK(cancel);
        self->cancelled++;
    }
    op_fini(&op);
    return status;
}

/* Two rows that belong together, or none. */
static void
write_a_pair(member *self, sac_lease *lease, sac_port *port, int round)
{
    static const char *const texts[] = {
        "INSERT INTO t VALUES(1)",
        "INSERT INTO t SELECT 1 FROM (VALUES(1))", /* loops: a worker's */
    };
    for (int i = 0; i < 2; i++) {
        bool cancel = round % 5 == 3 && i == (round / 5) % 2;
        sac_status status = run_one(self, lease, port, texts[i], cancel);
        if (status != SAC_OK) {
            CHECK_INT(status, SAC_ERR_CANCELLED);
            RUN_KIND(lease, port, SAC_CALL_ROLLBACK);
            return;
        }
    }
    if (round % 7 == 6) {
        RUN_KIND(lease, port, SAC_CALL_ROLLBACK);
        return;
    }
    RUN_KIND(lease, port, SAC_CALL_COMMIT);
    self->committed += 2;
}

static void
read_pairs(member *self, sac_lease *lease, sac_port *port, int round)
{
    int64_t count = do_int(lease, port, "SELECT count(*) FROM t");
    CHECK(count >= self->committed && count % 2 == 0);
    if (round % 3 == 0) {
        sac_status status = run_one(self, lease, port,
                                    NUMBERS(30000, "sum(x)"), round % 2 == 0);
        CHECK(status == SAC_OK || status == SAC_ERR_CANCELLED);
    }
}

static void *
take_part(void *arg)
{
    member *self = arg;
    party *p = self->party;
    sac_port *port = NULL;
    CHECK_INT(sac_port_new(&port), 0);
    spin_until_told(p);
    for (int i = 0; i < p->rounds; i++) {
        sac_lease lease;
        sac_lease_init(&lease, p->engine, (i + self->number) % 2 == 0);
        write_a_pair(self, &lease, port, i + self->number);
        read_pairs(self, &lease, port, i + self->number);
        if (i % 4 == 1) { /* forgotten in the middle of a transaction */
            RUN(&lease, port, "INSERT INTO t VALUES(1)");
        }
        else {
            RUN_KIND(&lease, port, SAC_CALL_CLOSE);
        }
        sac_lease_fini(&lease);
    }
    sac_port_release(port);
    return NULL;
}

static void
hold_party(sac_options options, int rounds)
{
    house h;
    party p = {.rounds = rounds};
    member members[THREADS];
    house_init(&h, options);
    house_create(&h, "CREATE TABLE t(a)");
    p.engine = h.engine;
    gate_init(&p.start);
    for (int i = 0; i < THREADS; i++) {
        members[i] = (member){.party = &p, .number = i};
        CHECK_INT(sac_thread_start(&members[i].thread, take_part, &members[i]),
                  0);
    }
    int64_t committed = 0;
    for (int i = 0; i < THREADS; i++) {
        sac_thread_join(&members[i].thread);
        committed += members[i].committed;
    }
    CHECK(committed > 0);
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), committed);
    house_create(&h, "INSERT INTO t VALUES(1)"); /* the token is free */
    CHECK_INT(sac_pool_count(h.engine->pool).waiting, 0);
    CHECK_INT(sac_engine_loaded(h.engine).writers_waiting, 0);
    gate_fini(&p.start);
    house_fini(&h);
}

static void
test_in_memory(void)
{
    hold_party(options_of(NULL), 60);
}

static void
test_with_few_handles(void)
{
    sac_options options = options_of(NULL);
    options.pool_size = 2;
    options.max_overflow = 0;
    options.readers = 1;
    options.statement_cache = 2;
    options.plan_cache = 2;
    hold_party(options, 60);
}

static void
test_never_inline(void)
{
    sac_options options = options_of(NULL);
    options.inline_budget = 0;
    hold_party(options, 40);
}

static void
test_on_a_file(void)
{
    temp t;
    temp_init(&t);
    sac_options options = options_of(t.file);
    options.checkpoint_frames = 10;
    options_add_setup(&options, "PRAGMA synchronous=OFF");
    hold_party(options, 40);
    temp_fini(&t);
}

static void
test_every_connection_new(void)
{
    temp t;
    temp_init(&t);
    sac_options options = options_of(t.file);
    options.keep_none = true;
    options_add_setup(&options, "PRAGMA synchronous=OFF");
    hold_party(options, 15);
    temp_fini(&t);
}

/* ---- disposing under way --------------------------------------------- */

static void *
write_and_forget(void *arg)
{
    member *self = arg;
    sac_port *port = NULL;
    CHECK_INT(sac_port_new(&port), 0);
    spin_until_told(self->party);
    for (int i = 0; i < self->party->rounds; i++) {
        sac_lease lease;
        sac_lease_init(&lease, self->party->engine, false);
        RUN(&lease, port, "INSERT INTO t VALUES(1)");
        if (i % 2 == 0) {
            RUN_KIND(&lease, port, SAC_CALL_COMMIT);
            self->committed++;
        }
        sac_lease_fini(&lease);
    }
    sac_port_release(port);
    return NULL;
}

static void *
dispose_often(void *arg)
{
    member *self = arg;
    spin_until_told(self->party);
    for (int i = 0; i < self->party->rounds; i++) {
        (void)sac_engine_dispose(self->party->engine, PATIENCE_NS);
    }
    return NULL;
}

/* Whoever writes meanwhile keeps the token that it has. */
static void
test_disposed_of_all_the_time(void)
{
    temp t;
    temp_init(&t);
    house h;
    party p = {.rounds = 60};
    member members[THREADS];
    sac_options options = options_of(t.file);
    options_add_setup(&options, "PRAGMA synchronous=OFF");
    house_init(&h, options);
    house_create(&h, "CREATE TABLE t(a)");
    p.engine = h.engine;
    gate_init(&p.start);
    for (int i = 0; i < THREADS; i++) {
        members[i] = (member){.party = &p, .number = i};
        CHECK_INT(sac_thread_start(&members[i].thread,
                                   i == 0 ? dispose_often : write_and_forget,
                                   &members[i]),
                  0);
    }
    int64_t committed = 0;
    for (int i = 0; i < THREADS; i++) {
        sac_thread_join(&members[i].thread);
        committed += members[i].committed;
    }
    CHECK_INT(house_int(&h, "SELECT count(*) FROM t"), committed);
    gate_fini(&p.start);
    house_fini(&h);
    temp_fini(&t);
}

TEST_MAIN({"in_memory", test_in_memory},
          {"with_few_handles", test_with_few_handles},
          {"never_inline", test_never_inline}, {"on_a_file", test_on_a_file},
          {"every_connection_new", test_every_connection_new},
          {"disposed_of_all_the_time", test_disposed_of_all_the_time})
