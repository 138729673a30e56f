/* Batch: the statements of a unit of work, which run as one call.
 *
 * Each step is bound when it is appended; the call is made when the batch is
 * run, and takes the steps along.  Keys that SQLite gives are promises until
 * then (bridge/promise.h): a step that has run settles them, one that never
 * will unsets the slots that they stand in. */
#ifndef SAC_TYPES_BATCH_H
#define SAC_TYPES_BATCH_H

#include <Python.h>
#include <stdbool.h>

#include "bridge/execution.h"
#include "types/instance.h"
#include "types/session.h"

struct Sac_Form;

typedef struct Sac_Batch {
    PyObject_HEAD
    Sac_Session *session; /* strong */
    PyObject *steps;      /* strong: list of BatchStep */
    uint64_t unit;        /* number of the unit that is being filled */
    bool blocked;         /* some key is not known before it has run, and has
                             no promise */
    bool busy;            /* it is being filled: Python code that is called
                             meanwhile must not */
} Sac_Batch;

/* A slot that a promise was copied to. */
typedef struct Sac_Debt {
    Sac_Instance *instance; /* strong */
    PyObject *key;          /* strong */
    Py_ssize_t slot;
} Sac_Debt;

typedef struct Sac_BatchStep {
    PyObject_HEAD
    Sac_Execution *part;      /* strong: statement and values; not awaited */
    struct Sac_Form *form;    /* strong; NULL: of execute() */
    Sac_Instance **instances; /* owned, strong: of each row; NULL: nothing is
                                 written back */
    PyObject **late;          /* owned, strong: form->late_count of each row,
                                 for its slots */
    Py_ssize_t rows;          /* begun so far */
    Sac_Debt *debts;          /* owned */
    size_t debt_count;
    size_t debt_space;
    PyObject *mismatch; /* strong: gives the exception when the rows are not
                           as many as expected; or NULL */
    int64_t expect;
    bool expects;
    bool strict; /* the script stops there, else it is looked at later */
} Sac_BatchStep;

bool Sac_BatchCheck(Sac_State *state, PyObject *object);
/* -> 0, or -1 with RuntimeError: it is being filled. */
int Sac_BatchEnter(Sac_Batch *batch);
/* Drops all that is in it. Keeps the current exception. */
void Sac_BatchClear(Sac_Batch *batch);
/* -> new step with a part that is to be filled, not yet in the batch. form
 * NULL: of execute(). */
Sac_BatchStep *Sac_BatchStepNew(Sac_Batch *batch, struct Sac_Form *form,
                                Py_ssize_t rows);
/* Appends a step that is bound. -> 0 or -1. */
int Sac_BatchAppend(Sac_Batch *batch, Sac_BatchStep *step);

/* ---- batch_step.c ---- */

/* -> 0, or -1 with MemoryError. */
int Sac_BatchStepOwe(Sac_BatchStep *self, Sac_Instance *instance,
                     Py_ssize_t slot, PyObject *key);
/* It has run; steps: of the script. Writes back. -> 0 or -1. */
int Sac_BatchStepSettle(Sac_State *state, Sac_BatchStep *self,
                        sac_step *steps);
/* The rows were others: -> new exception, or NULL, maybe with another one
 * set. */
PyObject *Sac_BatchStepMismatch(const Sac_BatchStep *self, int64_t matched);
/* It will not run any more: no slot keeps a promise. Keeps the current
 * exception. */
void Sac_BatchStepDrop(Sac_BatchStep *self);

/* ---- batch_run.c ---- */

/* run(commit=False) */
PyObject *Sac_BatchRun(PyObject *op, PyObject *args, PyObject *kwargs);

int Sac_RegisterBatch(PyObject *module);
int Sac_RegisterBatchStep(PyObject *module);

#endif
