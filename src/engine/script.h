/* A script: statements that run one after the other on one handle, wherever
 * that is.  It can stop between two rows and go on in another thread. */
#ifndef SAC_ENGINE_SCRIPT_H
#define SAC_ENGINE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/columns.h"
#include "engine/handle.h"
#include "engine/plan.h"
#include "engine/rows.h"
#include "engine/value.h"

typedef struct sac_step {
    sac_plan *plan;    /* strong */
    sac_params params; /* its values are borrowed until the script ends */
    int64_t expect;    /* rows it must change, or the script fails, where
                             `expects` */
    bool expects;
    bool keeps_rowids;
    int64_t *rowids;      /* out: owned; of each set, if it keeps them */
    sac_rows *rows;       /* out: owned; NULL when it returns none */
    sac_columns *columns; /* out: strong; NULL when it returns none */
    int64_t changes;      /* out: rows changed by this statement, or -1 */
    int64_t last_rowid;   /* out: of the connection, after the statement */
    bool side_effects;    /* out: triggers or cascades changed rows, too */
} sac_step;

typedef struct sac_script {
    sac_step *steps; /* borrowed or embedded by the owner */
    int count;
    int until;           /* run those before this one only; 0: all */
    size_t batch;        /* stop after so many rows of the last step; 0: all */
    int at;              /* the step that runs or comes next */
    size_t set;          /* parameter set of that step */
    sac_statement *live; /* owned: a statement between two rows */
    int64_t total;       /* rows changed on the connection before that set */
    bool given;          /* a batch was given out: rows cannot come twice */
    bool finished;       /* the last step returned its last row */
} sac_script;

typedef enum sac_verdict {
    SAC_RUN_DONE,     /* through, or a batch is full (script->live is set) */
    SAC_RUN_HANDOVER, /* inline only: go on from here on a worker */
    SAC_RUN_FAILED,   /* err tells; script->at is the step */
} sac_verdict;

/* Drops results and references of every step; the script must not be live. */
void sac_script_fini(sac_script *script);
/* Gives a live statement back; the caller owns the handle. */
void sac_script_stop(sac_script *script, sac_handle *handle);
/* Runs with the guard as the caller set it up. */
sac_verdict sac_script_run(sac_script *script, sac_handle *handle,
                           sac_error *err);

#endif
