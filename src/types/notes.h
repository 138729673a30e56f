/* Notes: what is loaded of instances by further queries, once the rows of a
 * result are read.  A plan has them (hydrate.h) as a tuple of (slot, key,
 * note): the relation to be loaded, and what Python knows of it; a slot of -1
 * is for all instances. */
#ifndef SAC_TYPES_NOTES_H
#define SAC_TYPES_NOTES_H

#include <Python.h>
#include <stdbool.h>

#include "types/decoder.h"
#include "types/hydrate.h"
#include "types/instance.h"

typedef struct Sac_Work Sac_Work;

/* Checks what Python wrote down. -> 0 or -1. */
int Sac_NotesCheck(PyObject *notes);
/* Remembers an instance that was loaded by a plan with notes.  fresh: it was
 * made of this row. -> 0 or -1. */
int Sac_NotesCollect(const Sac_EntityPlan *plan, Sac_Instance *instance,
                     Sac_LoadContext *context, bool fresh);
/* What was collected since the last time. -> new coroutine that loads it;
 * NULL without an exception: there is nothing to do. */
PyObject *Sac_NotesLoad(Sac_State *state, Sac_LoadContext *context);

int Sac_WorkTraverse(const Sac_Work *work, visitproc visit, void *arg);
void Sac_WorkFree(Sac_Work *work);

#endif
