/* engine/workers.h and engine/job.h: lanes, cancelling, closing. */
#include "test.h"

#include <sched.h>
#include <sys/resource.h>

#include "base/platform.h"
#include "base/sync.h"
#include "engine/workers.h"
#include "gate.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define FOREVER INT64_MAX

/* A job that parks until it is let go, or until it is told to end. */
typedef struct task {
    sac_job job;
    gate *entered; /* counts up when run() begins; may be NULL */
    gate *leave;   /* run() waits for it to reach `fare`; may be NULL */
    int fare;
    bool calls_help; /* run() says that it is not brief after all */
    bool until_told; /* run() waits for its token instead */
    int *runs;       /* order of the runs; the lane is a single thread */
    int ran;         /* position in it */
    int *delivered;  /* the port's owner only */
    int arrived;     /* position in the order of deliveries */
} task;

static void
run_task(sac_job *job)
{
    task *t = SAC_CONTAINER(job, task, job);
    if (t->runs != NULL) {
        t->ran = ++*t->runs;
    }
    if (t->entered != NULL) {
        gate_add(t->entered, 1);
    }
    if (t->calls_help) {
        sac_workers_call_help(job);
    }
    if (t->leave != NULL) {
        gate_wait(t->leave, t->fare);
    }
    while (t->until_told && !atomic_load(&job->cancel)) {
        (void)sched_yield(); /* as a statement would look at it */
    }
    job->status = t->until_told ? SAC_ERR_CANCELLED : SAC_OK;
}

static void
deliver_task(sac_message *message)
{
    sac_job *job = SAC_CONTAINER(message, sac_job, message);
    task *t = SAC_CONTAINER(job, task, job);
    t->arrived = ++*t->delivered;
}

typedef struct office {
    sac_port *port;
    int delivered;
    gate entered;
    gate leave;
} office;

static void
office_init(office *o)
{
    o->delivered = 0;
    CHECK_INT(sac_port_new(&o->port), 0);
    gate_init(&o->entered);
    gate_init(&o->leave);
}

static void
office_fini(office *o)
{
    sac_port_release(o->port);
    gate_fini(&o->entered);
    gate_fini(&o->leave);
}

/* A task that leaves at once. */
static void
task_init(task *t, office *o)
{
    *t = (task){.delivered = &o->delivered};
    sac_job_init(&t->job, run_task);
    t->job.message.deliver = deliver_task;
    t->job.port = o->port;
}

/* A task that parks until `leave` has reached `fare`. */
static void
task_init_parked(task *t, office *o, int fare)
{
    task_init(t, o);
    t->entered = &o->entered;
    t->leave = &o->leave;
    t->fare = fare;
}

static void
submit(sac_workers *workers, task *t, sac_lane lane)
{
    CHECK_INT(sac_workers_submit(workers, &t->job, lane), SAC_OK);
}

static void
wait_delivered(office *o, int count)
{
    while (o->delivered < count) {
        (void)sac_port_wait(o->port, -1); /* -1 is no reason to stop */
        sac_port_drain(o->port);
    }
    CHECK_INT(o->delivered, count);
}

static void
test_runs_and_delivers(void)
{
    office o;
    task t;
    office_init(&o);
    sac_workers *workers = sac_workers_new(2, 0);
    CHECK_INT(sac_workers_threads(workers), 0); /* nothing to do yet */
    for (int i = 1; i <= 50; i++) {
        task_init(&t, &o);
        t.job.status = SAC_ERR_LOST;
        submit(workers, &t, i % 2 ? SAC_LANE_READ : SAC_LANE_WRITE);
        wait_delivered(&o, i);
        CHECK_INT(t.job.status, SAC_OK);
        CHECK_INT(t.job.state, SAC_JOB_DONE);
    }
    CHECK(sac_workers_threads(workers) <= 3);
    CHECK(sac_workers_close(workers, false, FOREVER));
    office_fini(&o);
}

/* As many readers as allowed run at once, then jobs queue; the writer is not
 * in their way. */
static void
test_lanes(void)
{
    enum { READERS = 3, JOBS = 8 };
    office o;
    task tasks[JOBS];
    task writer;
    office_init(&o);
    sac_workers *workers = sac_workers_new(READERS, 5);
    for (int i = 0; i < JOBS; i++) {
        task_init_parked(&tasks[i], &o, 1);
        submit(workers, &tasks[i], SAC_LANE_READ);
    }
    gate_wait(&o.entered, READERS);
    CHECK_INT(sac_workers_threads(workers), READERS);
    task_init(&writer, &o);
    submit(workers, &writer, SAC_LANE_WRITE);
    wait_delivered(&o, 1);
    CHECK_INT(writer.arrived, 1);
    CHECK_INT(sac_workers_threads(workers), READERS + 1);
    gate_add(&o.leave, 1);
    wait_delivered(&o, JOBS + 1);
    CHECK_INT(sac_workers_threads(workers), READERS + 1);
    CHECK(sac_workers_close(workers, false, FOREVER));
    office_fini(&o);
}

static void
test_writer_keeps_order(void)
{
    enum { JOBS = 20 };
    office o;
    task tasks[JOBS];
    int runs = 0;
    office_init(&o);
    sac_workers *workers = sac_workers_new(4, 0);
    for (int i = 0; i < JOBS; i++) {
        task_init(&tasks[i], &o);
        tasks[i].runs = &runs;
        submit(workers, &tasks[i], SAC_LANE_WRITE);
    }
    wait_delivered(&o, JOBS);
    CHECK_INT(sac_workers_threads(workers), 1);
    for (int i = 0; i < JOBS; i++) {
        CHECK_INT(tasks[i].ran, i + 1);
        CHECK_INT(tasks[i].arrived, i + 1);
    }
    CHECK(sac_workers_close(workers, false, FOREVER));
    office_fini(&o);
}

static void
test_cancel_queued(void)
{
    office o;
    task parked;
    task queued;
    task last;
    office_init(&o);
    sac_workers *workers = sac_workers_new(1, 0);
    task_init_parked(&parked, &o, 1);
    task_init_parked(&queued, &o, 1);
    task_init(&last, &o);
    submit(workers, &parked, SAC_LANE_READ);
    gate_wait(&o.entered, 1);
    submit(workers, &queued, SAC_LANE_READ);
    submit(workers, &last, SAC_LANE_READ);
    sac_workers_cancel(workers, &queued.job);
    sac_workers_cancel(workers, &queued.job); /* twice is once */
    wait_delivered(&o, 1);
    CHECK_INT(queued.arrived, 1);
    CHECK_INT(queued.job.status, SAC_ERR_CANCELLED);
    sac_workers_cancel(workers, &queued.job); /* harmless */
    gate_add(&o.leave, 1);
    wait_delivered(&o, 3);
    CHECK_INT(last.job.status, SAC_OK);
    CHECK_INT(o.entered.count, 1); /* it never ran */
    CHECK(sac_workers_close(workers, false, FOREVER));
    office_fini(&o);
}

static void
test_cancel_running(void)
{
    office o;
    task t;
    office_init(&o);
    sac_workers *workers = sac_workers_new(1, 0);
    task_init(&t, &o);
    t.entered = &o.entered;
    t.until_told = true;
    submit(workers, &t, SAC_LANE_WRITE);
    gate_wait(&o.entered, 1);
    sac_workers_cancel(workers, &t.job);
    wait_delivered(&o, 1);
    CHECK_INT(t.job.status, SAC_ERR_CANCELLED);
    CHECK(sac_workers_close(workers, false, FOREVER));
    office_fini(&o);
}

/* A job that other workers have in their queue is told by its token. */
static void
test_cancel_by_others(void)
{
    office o;
    task parked;
    task queued;
    office_init(&o);
    sac_workers *workers = sac_workers_new(1, 0);
    sac_workers *others = sac_workers_new(1, 0);
    task_init_parked(&parked, &o, 1);
    task_init_parked(&queued, &o, 1);
    submit(workers, &parked, SAC_LANE_READ);
    gate_wait(&o.entered, 1);
    submit(workers, &queued, SAC_LANE_READ);
    sac_workers_cancel(others, &queued.job);
    gate_add(&o.leave, 1);
    wait_delivered(&o, 2);
    CHECK_INT(queued.job.status, SAC_ERR_CANCELLED);
    CHECK_INT(o.entered.count, 1);
    CHECK(sac_workers_close(workers, false, FOREVER));
    CHECK(sac_workers_close(others, true, FOREVER));
    office_fini(&o);
}

/* Cancels at every moment of a job's life: it is delivered once. */
static void
test_cancel_races(void)
{
    enum { ROUNDS = 600 };
    office o;
    task t;
    office_init(&o);
    sac_workers *workers = sac_workers_new(2, 0);
    for (int i = 1; i <= ROUNDS; i++) {
        task_init(&t, &o);
        submit(workers, &t, SAC_LANE_READ);
        for (int spin = i % 7; spin > 0; spin--) {
            (void)sched_yield();
        }
        sac_workers_cancel(workers, &t.job);
        wait_delivered(&o, i);
        CHECK(t.job.status == SAC_OK || t.job.status == SAC_ERR_CANCELLED);
    }
    CHECK(sac_workers_close(workers, false, FOREVER));
    office_fini(&o);
}

/* ---- jobs that nobody waits for -------------------------------------- */

typedef struct errand {
    sac_job job;
    gate *finished;
    gate *leave;
} errand;

static void
run_errand(sac_job *job)
{
    errand *e = SAC_CONTAINER(job, errand, job);
    gate_wait(e->leave, 1);
}

static void
finish_errand(sac_job *job)
{
    errand *e = SAC_CONTAINER(job, errand, job);
    gate *finished = e->finished;
    sac_free(e);
    gate_add(finished, 1);
}

static void
send_errand(sac_workers *workers, gate *leave, gate *finished)
{
    errand *e = sac_malloc(sizeof(*e));
    sac_job_init(&e->job, run_errand);
    e->job.finish = finish_errand;
    e->finished = finished;
    e->leave = leave;
    CHECK_INT(sac_workers_submit(workers, &e->job, SAC_LANE_WRITE), SAC_OK);
}

static void
test_jobs_without_a_port(void)
{
    gate leave;
    gate finished;
    gate_init(&leave);
    gate_init(&finished);
    sac_workers *workers = sac_workers_new(1, 0);
    for (int i = 0; i < 5; i++) {
        send_errand(workers, &leave, &finished);
    }
    gate_add(&leave, 1);
    CHECK(sac_workers_close(workers, false, FOREVER)); /* runs them all */
    CHECK_INT(finished.count, 5);
    gate_fini(&leave);
    gate_fini(&finished);
}

/* ---- closing --------------------------------------------------------- */

static void
test_close_without_threads(void)
{
    sac_workers *workers = sac_workers_new(0, 0);
    CHECK(sac_workers_close(workers, true, 0));
    workers = sac_workers_new(1, 0);
    sac_workers_retire(workers);
}

/* The queue is worked off, the idle leave. */
static void
test_close_waits(void)
{
    enum { JOBS = 10 };
    office o;
    task tasks[JOBS];
    office_init(&o);
    sac_workers *workers = sac_workers_new(2, 0);
    for (int i = 0; i < JOBS; i++) {
        task_init(&tasks[i], &o);
        submit(workers, &tasks[i], SAC_LANE_READ);
    }
    CHECK(sac_workers_close(workers, false, FOREVER));
    sac_port_drain(o.port);
    CHECK_INT(o.delivered, JOBS);
    office_fini(&o);
}

static void
test_close_cancels(void)
{
    enum { JOBS = 6 };
    office o;
    task tasks[JOBS];
    gate finished;
    office_init(&o);
    gate_init(&finished);
    sac_workers *workers = sac_workers_new(2, 0);
    for (int i = 0; i < JOBS; i++) {
        task_init(&tasks[i], &o);
        tasks[i].entered = &o.entered;
        tasks[i].until_told = true;
        submit(workers, &tasks[i], SAC_LANE_READ);
    }
    task parked;
    task_init(&parked, &o);
    parked.entered = &o.entered;
    parked.until_told = true;
    submit(workers, &parked, SAC_LANE_WRITE);
    gate_wait(&o.entered, 3);                  /* two readers, one writer */
    send_errand(workers, &o.leave, &finished); /* finished by the closer */
    CHECK(sac_workers_close(workers, true, FOREVER));
    CHECK_INT(finished.count, 1);
    sac_port_drain(o.port);
    CHECK_INT(o.delivered, JOBS + 1);
    for (int i = 0; i < JOBS; i++) {
        CHECK_INT(tasks[i].job.status, SAC_ERR_CANCELLED);
    }
    CHECK_INT(o.entered.count, 3); /* the queued ones never ran */
    office_fini(&o);
    gate_fini(&finished);
}

/* Blocks are freed by a thread that nobody joins: it is on its last lines. */
static void
wait_for_blocks(int64_t blocks)
{
    while (sac_memory_blocks() > blocks) {
        (void)sched_yield();
    }
}

/* A job outlives the closing; the thread cleans up after it. */
static void
test_close_gives_up(void)
{
    office o;
    task running;
    task queued;
    office_init(&o);
    int64_t blocks = sac_memory_blocks();
    sac_workers *workers = sac_workers_new(1, 0);
    task_init_parked(&running, &o, 1);
    task_init_parked(&queued, &o, 1);
    submit(workers, &running, SAC_LANE_READ);
    submit(workers, &queued, SAC_LANE_READ);
    gate_wait(&o.entered, 1);
    CHECK(!sac_workers_close(workers, false, sac_clock_ns() - 1));
    gate_add(&o.leave, 1);
    wait_delivered(&o, 2);
    CHECK_INT(queued.job.status, SAC_OK);
    wait_for_blocks(blocks);
    office_fini(&o);
}

static void
test_retire_with_work(void)
{
    office o;
    task tasks[3];
    office_init(&o);
    int64_t blocks = sac_memory_blocks();
    sac_workers *workers = sac_workers_new(2, 0);
    for (int i = 0; i < 3; i++) {
        task_init_parked(&tasks[i], &o, 1);
        submit(workers, &tasks[i], i == 0 ? SAC_LANE_WRITE : SAC_LANE_READ);
    }
    sac_workers_retire(workers);
    gate_add(&o.leave, 1);
    wait_delivered(&o, 3);
    wait_for_blocks(blocks);
    office_fini(&o);
}

/* ---- from many threads, without memory, without threads --------------- */

typedef struct clerk {
    sac_thread thread;
    sac_workers *workers;
} clerk;

static void *
work_often(void *arg)
{
    enum { ROUNDS = 300 };
    clerk *c = arg;
    office o;
    task t;
    office_init(&o);
    for (int i = 1; i <= ROUNDS; i++) {
        task_init(&t, &o);
        submit(c->workers, &t, i % 3 ? SAC_LANE_READ : SAC_LANE_WRITE);
        if (i % 5 == 0) {
            sac_workers_cancel(c->workers, &t.job);
        }
        wait_delivered(&o, i);
    }
    office_fini(&o);
    return NULL;
}

static void
test_many_submitters(void)
{
    clerk clerks[4];
    sac_workers *workers = sac_workers_new(2, 0);
    for (int i = 0; i < 4; i++) {
        clerks[i].workers = workers;
        CHECK_INT(sac_thread_start(&clerks[i].thread, work_often, &clerks[i]),
                  0);
    }
    for (int i = 0; i < 4; i++) {
        sac_thread_join(&clerks[i].thread);
    }
    CHECK(sac_workers_close(workers, false, FOREVER));
}

static void
test_new_without_memory(void)
{
    sac_memory_fail_after(0, false);
    CHECK(sac_workers_new(1, 0) == NULL);
}

/* No thread can be started: the job is the owner's as before.  Where memory
 * is instrumented the limit cannot be set, and the test does nothing. */
static void
test_no_thread(void)
{
    struct rlimit before;
    office o;
    task t;
    if (SANITIZED || getrlimit(RLIMIT_AS, &before) != 0) {
        return;
    }
    office_init(&o);
    sac_workers *workers = sac_workers_new(1, 0);
    struct rlimit tight = {.rlim_cur = 1 << 20, .rlim_max = before.rlim_max};
    task_init(&t, &o);
    CHECK_INT(setrlimit(RLIMIT_AS, &tight), 0);
    sac_status status = sac_workers_submit(workers, &t.job, SAC_LANE_READ);
    CHECK_INT(setrlimit(RLIMIT_AS, &before), 0);
    /* the C library may have kept the stack of an earlier thread */
    if (status == SAC_OK) {
        wait_delivered(&o, 1);
    }
    else {
        CHECK_INT(status, SAC_ERR_SYSTEM);
        CHECK_INT(t.job.state, SAC_JOB_NEW);
        CHECK_INT(sac_workers_threads(workers), 0);
        submit(workers, &t, SAC_LANE_READ);
        wait_delivered(&o, 1);
    }
    CHECK(sac_workers_close(workers, false, FOREVER));
    office_fini(&o);
}

/* A job behind a brief one waits for its thread: no other is started. */
static void
test_brief_is_waited_for(void)
{
    office o;
    task first, second;
    office_init(&o);
    sac_workers *workers = sac_workers_new(2, 0);
    CHECK(workers != NULL);
    task_init_parked(&first, &o, 1);
    task_init(&second, &o);
    first.job.brief = true;
    submit(workers, &first, SAC_LANE_READ);
    gate_wait(&o.entered, 1);
    submit(workers, &second, SAC_LANE_READ);
    CHECK_INT(sac_workers_threads(workers), 1);
    gate_add(&o.leave, 1);
    wait_delivered(&o, 2);
    CHECK_INT(first.arrived, 1);
    CHECK_INT(sac_workers_threads(workers), 1);
    CHECK(sac_workers_close(workers, false, FOREVER));
    office_fini(&o);
}

/* One that calls for help is not: what waits for it gets a thread at once,
 * and so does what comes later. */
static void
test_brief_calls_for_help(void)
{
    office o;
    task first, second, third;
    office_init(&o);
    sac_workers *workers = sac_workers_new(3, 0);
    CHECK(workers != NULL);
    task_init_parked(&first, &o, 1);
    task_init(&second, &o);
    task_init(&third, &o);
    first.job.brief = true;
    first.calls_help = true;
    submit(workers, &first, SAC_LANE_READ);
    submit(workers, &second, SAC_LANE_READ); /* before or after the call */
    wait_delivered(&o, 1);
    CHECK_INT(second.arrived, 1);
    submit(workers, &third, SAC_LANE_READ);
    wait_delivered(&o, 2);
    gate_add(&o.leave, 1);
    wait_delivered(&o, 3);
    CHECK_INT(first.arrived, 3);
    CHECK(sac_workers_close(workers, false, FOREVER));
    office_fini(&o);
}

/* A long job that a thread takes after brief ones brings help to the rest. */
static void
test_long_behind_brief(void)
{
    office o;
    task brief, longer, last;
    office_init(&o);
    sac_workers *workers = sac_workers_new(2, 0);
    CHECK(workers != NULL);
    task_init_parked(&brief, &o, 1);
    task_init_parked(&longer, &o, 2);
    task_init(&last, &o);
    brief.job.brief = true;
    submit(workers, &brief, SAC_LANE_READ);
    gate_wait(&o.entered, 1);
    submit(workers, &longer, SAC_LANE_READ);
    submit(workers, &last, SAC_LANE_READ);
    gate_add(&o.leave, 1);
    wait_delivered(&o, 2);
    CHECK_INT(last.arrived, 2);
    gate_add(&o.leave, 1);
    wait_delivered(&o, 3);
    CHECK(sac_workers_close(workers, false, FOREVER));
    office_fini(&o);
}

TEST_MAIN({"no_thread", test_no_thread}, /* first: before any stack is kept */
          {"runs_and_delivers", test_runs_and_delivers}, {"lanes", test_lanes},
          {"writer_keeps_order", test_writer_keeps_order},
          {"cancel_queued", test_cancel_queued},
          {"cancel_running", test_cancel_running},
          {"cancel_by_others", test_cancel_by_others},
          {"cancel_races", test_cancel_races},
          {"jobs_without_a_port", test_jobs_without_a_port},
          {"close_without_threads", test_close_without_threads},
          {"close_waits", test_close_waits},
          {"close_cancels", test_close_cancels},
          {"close_gives_up", test_close_gives_up},
          {"retire_with_work", test_retire_with_work},
          {"many_submitters", test_many_submitters},
          {"brief_is_waited_for", test_brief_is_waited_for},
          {"brief_calls_for_help", test_brief_calls_for_help},
          {"long_behind_brief", test_long_behind_brief},
          {"new_without_memory", test_new_without_memory})
