/* One SQLite connection and what guards a statement running on it.
 *
 * A handle belongs to exactly one thread at a time: to the loop thread while
 * a call runs inline, to a worker while a job names it, to the pool else.  It
 * is opened without SQLite's own mutex. */
#ifndef SAC_ENGINE_HANDLE_H
#define SAC_ENGINE_HANDLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "engine/cache.h"
#include "engine/status.h"

struct sqlite3;
struct sqlite3_context;
struct sqlite3_value;
struct sac_store;

/* How connections of an engine are opened; immutable after the engine is
 * made, so workers read it freely. */
typedef struct sac_options {
    char *path; /* owned: file name or URI; NULL: in memory */
    bool uri;   /* path is a URI */
    bool read_only;
    bool create;
    bool wal;     /* ask for journal_mode=WAL */
    char **setup; /* owned: statements run on each new connection */
    int setup_count;
    int busy_timeout_ms;   /* for locks of other processes, on a worker */
    int statement_cache;   /* prepared statements kept per connection */
    int plan_cache;        /* plans kept per engine */
    int64_t inline_budget; /* VM instructions; 0: never inline */
    int checkpoint_frames; /* WAL frames that make a checkpoint due; 0: never */
    bool slow_commit;      /* a COMMIT waits for the disk */
    int pool_size;         /* connections kept; 0: unlimited */
    int max_overflow;      /* more while needed; < 0: unlimited */
    bool keep_none;        /* close every connection when it comes back */
    bool check_moved;      /* look at checkout whether the file was replaced */
    int64_t recycle_ns;    /* close connections older than this; < 0: never */
    int readers;           /* reader threads at most */
    int reader_nice;       /* priority steps that readers go down */
    /* x REGEXP y, called on the thread that drives the lease with the handle
     * as sac_user_arg(); NULL: there is none. */
    void (*regexp)(struct sqlite3_context *, int, struct sqlite3_value **);
    void *regexp_arg; /* borrowed: outlives the engine's use */
} sac_options;

void sac_options_fini(sac_options *options);

/* What the progress handler and the busy handler look at. */
typedef struct sac_guard {
    bool inside;                /* running inline, on a loop's thread */
    bool abortable;             /* an inline run that may be restarted */
    int64_t budget;             /* VM instructions */
    int64_t used;               /* VM instructions so far, in steps */
    const atomic_bool *cancel;  /* the running job's token, or NULL */
    void (*overrun)(void *arg); /* called once when a run on a worker proves
                                   long; NULL: nobody wants to know */
    void *overrun_arg;
    int64_t busy_deadline; /* instant when waiting for a lock ends */
} sac_guard;

enum { SAC_GUARD_PERIOD = 1000 }; /* VM instructions between two looks */

/* Something that is open on a handle between calls. */
typedef struct sac_handle_user {
    sac_list link; /* in handle->users while it is open */
    void (*stop)(struct sac_handle_user *user); /* closes and removes it */
} sac_handle_user;

/* What a handle keeps for its users until it is closed. */
typedef struct sac_kept {
    void (*drop)(struct sac_kept *kept); /* any thread */
} sac_kept;

enum { SAC_KEPT_COUNT = 4 };

typedef struct sac_handle {
    sac_list link;              /* guarded by the pool's mutex */
    const sac_options *options; /* borrowed: the engine outlives its handles */
    struct sqlite3 *db;         /* NULL: not opened yet, or closed */
    struct sac_store *store;    /* strong: where an in-memory database lives */
    sac_cache cache;
    sac_guard guard;
    unsigned generation; /* of the pool when it was made */
    int64_t opened_ns;
    int wal_frames; /* frames in the WAL after the last commit */
    bool broken;    /* close it instead of keeping it */
    bool fresh;     /* opened, and its first user was not told yet */
    bool elsewhere; /* a job has it: not the thread that drives its lease */
    bool went_home; /* the statement called what belongs to that thread */
    /* What users put on it; set and called on the thread that drives its
     * lease. */
    bool stays; /* it has callbacks that may run on that thread only: so does
                   all that runs on it */
    bool muted; /* it is reset or closed, wherever that is: callbacks do
                   nothing */
    int (*tick)(void *arg); /* called every `period` instructions, non-zero
                               aborts the statement; or NULL */
    void *tick_arg;
    int period;     /* VM instructions between two looks */
    void *raised;   /* what a callback left for whoever reports the error of
                       the statement; or NULL */
    sac_list users; /* of sac_handle_user: stopped when it is given back */
    sac_kept *kept[SAC_KEPT_COUNT]; /* owned, or NULL */
} sac_handle;

/* -> new, not opened, or NULL. */
sac_handle *sac_handle_new(const sac_options *options);
/* Opens and sets up.  `store` (retained) is where an in-memory database
 * lives, NULL for a file.  May block on the disk and on locks of other
 * processes.  On failure the handle is closed again. */
SAC_MUST_USE sac_status sac_handle_open(sac_handle *handle,
                                        struct sac_store *store,
                                        sac_error *err);
/* Closes and frees. May block: the last connection of a WAL file checkpoints.
 */
void sac_handle_free(sac_handle *handle);
/* Rolls back what is open; -> false when the handle must be closed. */
bool sac_handle_reset(sac_handle *handle);
/* Looks every `period` instructions; 0: as usual.  `tick` may be NULL. */
void sac_handle_watch(sac_handle *handle, int period, int (*tick)(void *arg),
                      void *arg);
void sac_handle_user_add(sac_handle *handle, sac_handle_user *user);
/* One that is not open is left alone. */
void sac_handle_user_remove(sac_handle_user *user);
void sac_handle_stop_users(sac_handle *handle);
/* steals: kept (NULL: nothing), instead of what is kept at `place`. */
void sac_handle_keep(sac_handle *handle, int place, sac_kept *kept);
/* -> whether callbacks of users may run now. */
bool sac_handle_may_call(const sac_handle *handle);
/* -> true while a transaction is open. */
bool sac_handle_in_transaction(const sac_handle *handle);
/* A checkpoint that waits for nobody; the caller has the writer token. */
void sac_handle_checkpoint(sac_handle *handle);
/* -> true when the file was renamed, deleted or replaced under us. */
bool sac_handle_moved(sac_handle *handle);

#endif
