/* Drives calls of the engine to their end, as an event loop would: advance,
 * wait on a port of our own, drain it, advance ...
 *
 * Everything belongs to the thread that uses it but the engine, which threads
 * may share. */
#ifndef SAC_TESTS_DRIVER_H
#define SAC_TESTS_DRIVER_H

#include "test.h"

#include <sched.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/platform.h"
#include "database.h"
#include "engine/call.h"
#include "engine/port.h"
#include "gate.h"

/* Longer than anything here takes; a wait that needs it has failed. */
#define PATIENCE_NS (INT64_C(120) * 1000000000)

#define ENDLESS(head, column)                                               \
    head "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) " \
         "SELECT " column " FROM n"
#define NUMBERS(last, columns)                                        \
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n " \
    "WHERE x < " #last ") SELECT " columns " FROM n"

/* ---- a directory for files ------------------------------------------- */

typedef struct temp {
    char dir[64];
    char file[96]; /* a database in it, not made yet */
} temp;

static inline void
temp_init(temp *t)
{
    (void)snprintf(t->dir, sizeof(t->dir), "/tmp/sac-test-XXXXXX");
    CHECK(mkdtemp(t->dir) != NULL);
    (void)snprintf(t->file, sizeof(t->file), "%s/data.db", t->dir);
}

static inline void
temp_fini(const temp *t)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal",
                                        ".moved"};
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        char name[128];
        (void)snprintf(name, sizeof(name), "%s%s", t->file, tails[i]);
        (void)unlink(name);
    }
    CHECK_INT(rmdir(t->dir), 0);
}

/* A connection of "another process": it knows nothing of our token. */
static inline sqlite3 *
temp_stranger(const temp *t)
{
    sqlite3 *db = NULL;
    CHECK_INT(sqlite3_open(t->file, &db), SQLITE_OK);
    return db;
}

/* ---- options and engines --------------------------------------------- */

/* `path` NULL: in memory. */
static inline sac_options
options_of(const char *path)
{
    return (sac_options){
        .path = path != NULL ? sac_strndup(path, strlen(path)) : NULL,
        .create = true,
        .wal = true,
        .busy_timeout_ms = 60000,
        .statement_cache = 16,
        .plan_cache = 64,
        .inline_budget = 20000,
        .checkpoint_frames = 1000,
        .pool_size = 5,
        .max_overflow = 10,
        .recycle_ns = -1,
        .readers = 2,
    };
}

static inline void
options_add_setup(sac_options *options, const char *sql)
{
    size_t count = (size_t)options->setup_count + 1;
    options->setup = sac_realloc(options->setup, count * sizeof(char *));
    options->setup[count - 1] = sac_strndup(sql, strlen(sql));
    options->setup_count++;
}

typedef struct house {
    sac_registry *registry;
    sac_engine *engine;
    sac_port *port; /* of the main thread */
} house;

/* steals: the contents of options. */
static inline void
house_init(house *h, sac_options options)
{
    h->registry = sac_registry_new();
    h->engine = sac_engine_new(&options, h->registry);
    CHECK(h->engine != NULL);
    CHECK_INT(sac_port_new(&h->port), 0);
}

/* Waits for what is on its way home, so that every block can be counted. */
static inline void
house_fini(house *h)
{
    sac_engine_shutdown(h->engine, PATIENCE_NS);
    CHECK_INT(atomic_load(&h->engine->references), 1);
    sac_engine_release(h->engine);
    sac_port_release(h->port);
    sac_registry_free(h->registry);
}

/* Disposes until every handle that was forgotten is home.  -> it worked. */
static inline bool
house_is_empty(const house *h)
{
    int64_t deadline = sac_clock_ns() + PATIENCE_NS;
    while (!sac_engine_dispose(h->engine, PATIENCE_NS)) {
        if (sac_clock_ns() > deadline) {
            return false;
        }
        (void)sched_yield();
    }
    return true;
}

static inline unsigned long long
counted(atomic_ullong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* ---- one operation --------------------------------------------------- */

enum { OPERATION_STEPS = 4 };

typedef struct operation {
    sac_call call; /* first: the callbacks find us through it */
    sac_script script;
    sac_step steps[OPERATION_STEPS];
    sac_port *port;  /* borrowed; NULL: it cannot wait */
    uintptr_t owner; /* for the self-wait check */
    sac_progress progress;
    bool woken;
} operation;

static inline operation *
operation_of(sac_call *call)
{
    return SAC_CONTAINER(call, operation, call);
}

static inline sac_port *
operation_port(sac_call *call)
{
    return operation_of(call)->port;
}

static inline uintptr_t
operation_owner(sac_call *call)
{
    return operation_of(call)->owner;
}

static inline void
operation_wake(sac_call *call)
{
    CHECK(!operation_of(call)->woken);
    operation_of(call)->woken = true;
}

static inline void
op_init(operation *op, sac_lease *lease, sac_call_kind kind, sac_port *port)
{
    *op = (operation){.port = port, .progress = SAC_PROGRESS_WAIT};
    op->script.steps = op->steps;
    sac_call_init(&op->call, lease, kind,
                  kind == SAC_CALL_EXECUTE ? &op->script : NULL);
    op->call.need_port = operation_port;
    op->call.need_owner = operation_owner;
    op->call.wake = operation_wake;
}

/* Adds a statement.  -> false: no memory. */
static inline bool
op_add_params(operation *op, const char *sql, sac_params params)
{
    sac_plan *plan =
        sac_plans_get(op->call.lease->engine->plans, sql, strlen(sql));
    if (plan == NULL) {
        return false;
    }
    op->steps[op->script.count++] = (sac_step){.plan = plan, .params = params};
    return true;
}

static inline bool
op_add(operation *op, const char *sql)
{
    return op_add_params(op, sql, (sac_params){.rows = 1});
}

/* An execution of one statement, to be started. */
static inline void
op_init_sql(operation *op, sac_lease *lease, sac_port *port, const char *sql)
{
    op_init(op, lease, SAC_CALL_EXECUTE, port);
    CHECK(op_add(op, sql));
}

static inline sac_progress
op_start(operation *op)
{
    return op->progress = sac_call_advance(&op->call);
}

static inline sac_progress
op_cancel(operation *op)
{
    return op->progress = sac_call_cancel(&op->call);
}

static inline sac_progress
op_time_out(operation *op)
{
    return op->progress = sac_call_time_out(&op->call);
}

/* Waits for the next wake-up and goes on. */
static inline void
op_next(operation *op)
{
    while (!op->woken) {
        if (!CHECK(sac_port_wait(op->port, PATIENCE_NS) == 1)) {
            abort(); /* nobody will ever wake it */
        }
        sac_port_drain(op->port);
    }
    op->woken = false;
    op->progress = sac_call_advance(&op->call);
}

/* Goes on to the end.  -> how it went. */
static inline sac_status
op_finish(operation *op)
{
    while (op->progress == SAC_PROGRESS_WAIT) {
        op_next(op);
    }
    return op->call.error.status;
}

static inline sac_status
op_run(operation *op)
{
    (void)op_start(op);
    return op_finish(op);
}

static inline void
op_fini(operation *op)
{
    sac_script_fini(&op->script);
    sac_call_fini(&op->call);
}

/* -> a cell of the first row of a step; -1 when there is none. */
static inline int64_t
op_cell(const operation *op, int step, int column)
{
    const sac_rows *rows = op->steps[step].rows;
    sac_cursor cursor;
    sac_cell cell = {.as = {.integer = -1}};
    if (rows == NULL) {
        return -1;
    }
    sac_cursor_init(&cursor, rows);
    if (!sac_cursor_row(&cursor)) {
        return -1;
    }
    for (int i = 0; i <= column; i++) {
        sac_cursor_cell(&cursor, &cell);
    }
    return cell.as.integer;
}

/* Checks that rows of one integer count from `first`.  -> their number. */
static inline int64_t
rows_count_up(const sac_rows *rows, int64_t first)
{
    int64_t count = 0;
    int64_t wrong = 0;
    sac_cursor cursor;
    sac_cell cell;
    if (rows == NULL) {
        return 0;
    }
    sac_cursor_init(&cursor, rows);
    while (sac_cursor_row(&cursor)) {
        sac_cursor_cell(&cursor, &cell);
        wrong += cell.as.integer != first + count;
        count++;
    }
    CHECK_INT(wrong, 0);
    return count;
}

/* ---- whole operations ------------------------------------------------ */

/* Statements are executed, other kinds need no text. */
static inline sac_status
do_sql(sac_lease *lease, sac_port *port, const char *sql)
{
    operation op;
    op_init_sql(&op, lease, port, sql);
    sac_status status = op_run(&op);
    op_fini(&op);
    return status;
}

static inline sac_status
do_kind(sac_lease *lease, sac_port *port, sac_call_kind kind)
{
    operation op;
    op_init(&op, lease, kind, port);
    sac_status status = op_run(&op);
    op_fini(&op);
    return status;
}

/* -> the first cell; -1 when it failed or returned nothing. */
static inline int64_t
do_int(sac_lease *lease, sac_port *port, const char *sql)
{
    operation op;
    op_init_sql(&op, lease, port, sql);
    int64_t value = op_run(&op) == SAC_OK ? op_cell(&op, 0, 0) : -1;
    op_fini(&op);
    return value;
}

#define RUN(lease, port, sql) CHECK_INT(do_sql((lease), (port), (sql)), SAC_OK)
#define RUN_KIND(lease, port, kind) \
    CHECK_INT(do_kind((lease), (port), (kind)), SAC_OK)

/* A pinned lease with an opened handle. */
static inline void
lease_connect(sac_lease *lease, const house *h)
{
    sac_lease_init(lease, h->engine, true);
    RUN_KIND(lease, h->port, SAC_CALL_CONNECT);
    CHECK(lease->handle != NULL && lease->handle->db != NULL);
}

static inline void
lease_close(sac_lease *lease, const house *h)
{
    RUN_KIND(lease, h->port, SAC_CALL_CLOSE);
    CHECK(lease->handle == NULL && !lease->token && !lease->in_tx);
    sac_lease_fini(lease);
}

/* Makes a table on a lease that is not pinned. */
static inline void
house_create(const house *h, const char *sql)
{
    sac_lease lease;
    sac_lease_init(&lease, h->engine, false);
    RUN(&lease, h->port, sql);
    RUN_KIND(&lease, h->port, SAC_CALL_COMMIT);
    sac_lease_fini(&lease);
}

static inline int64_t
house_int(const house *h, const char *sql)
{
    sac_lease lease;
    sac_lease_init(&lease, h->engine, false);
    int64_t value = do_int(&lease, h->port, sql);
    sac_lease_fini(&lease);
    return value;
}

/* ---- what happened ---------------------------------------------------- */

static inline unsigned long long
worker_runs(const house *h)
{
    return counted(&h->engine->counters.worker_runs);
}

static inline unsigned long long
sent_over(const house *h)
{
    return counted(&h->engine->counters.handovers) +
           counted(&h->engine->counters.busy_retries);
}

static inline void
check_open(const house *h, int open, int idle)
{
    sac_pool_counts counts = sac_pool_count(h->engine->pool);
    CHECK_INT(counts.open, open);
    CHECK_INT(counts.idle, idle);
    CHECK_INT(counts.waiting, 0);
}

/* Ends an operation that must have been cancelled. */
static inline void
check_cancelled(operation *op, const house *h)
{
    unsigned long long before = counted(&h->engine->counters.cancelled);
    bool ended = op->progress == SAC_PROGRESS_DONE; /* then it is counted */
    CHECK_INT(op_finish(op), SAC_ERR_CANCELLED);
    CHECK_INT(op->call.state, SAC_AT_DONE);
    CHECK_INT(counted(&h->engine->counters.cancelled), before + !ended);
    CHECK(!op->woken && !op->call.lease->busy);
    op_fini(op);
}

/* ---- meeting inside SQLite ------------------------------------------- */

/* Two SQL functions of a connection: enter() counts and returns 1; pause()
 * does, too, and then waits until it is let go. */
typedef struct meeting {
    gate entered;
    gate leave;
} meeting;

static inline void
meeting_init(meeting *m)
{
    gate_init(&m->entered);
    gate_init(&m->leave);
}

static inline void
meeting_fini(meeting *m)
{
    gate_fini(&m->entered);
    gate_fini(&m->leave);
}

static inline void
meeting_enter(sqlite3_context *context, int count, sqlite3_value **values)
{
    meeting *m = sqlite3_user_data(context);
    (void)count;
    (void)values;
    gate_add(&m->entered, 1);
    sqlite3_result_int(context, 1);
}

static inline void
meeting_pause(sqlite3_context *context, int count, sqlite3_value **values)
{
    meeting *m = sqlite3_user_data(context);
    meeting_enter(context, count, values);
    gate_wait(&m->leave, 1);
}

static inline void
meeting_register(meeting *m, sqlite3 *db)
{
    CHECK_INT(sqlite3_create_function(db, "enter", -1, SQLITE_UTF8, m,
                                      meeting_enter, NULL, NULL),
              SQLITE_OK);
    CHECK_INT(sqlite3_create_function(db, "pause", -1, SQLITE_UTF8, m,
                                      meeting_pause, NULL, NULL),
              SQLITE_OK);
}

static inline int
meeting_count(meeting *m)
{
    sac_mutex_lock(&m->entered.mutex);
    int count = m->entered.count;
    sac_mutex_unlock(&m->entered.mutex);
    return count;
}

/* Keeps one thread of the engine busy until it is let go. */
typedef struct blocker {
    sac_job job;
    gate entered;
    gate leave;
    gate finished;
} blocker;

static inline void
blocker_run(sac_job *job)
{
    blocker *b = SAC_CONTAINER(job, blocker, job);
    gate_add(&b->entered, 1);
    gate_wait(&b->leave, 1);
}

static inline void
blocker_finish(sac_job *job)
{
    blocker *b = SAC_CONTAINER(job, blocker, job);
    gate_add(&b->finished, 1);
}

static inline void
blocker_init(blocker *b, sac_engine *engine, sac_lane lane)
{
    gate_init(&b->entered);
    gate_init(&b->leave);
    gate_init(&b->finished);
    sac_job_init(&b->job, blocker_run);
    b->job.finish = blocker_finish;
    CHECK_INT(sac_engine_submit(engine, &b->job, lane), SAC_OK);
    gate_wait(&b->entered, 1);
}

static inline void
blocker_fini(blocker *b)
{
    gate_add(&b->leave, 1);
    gate_wait(&b->finished, 1);
    gate_fini(&b->entered);
    gate_fini(&b->leave);
    gate_fini(&b->finished);
}

#endif
