/* The two ends of a unit of work: what a session has to write, and what it
 * has written. */
#ifndef SAC_TYPES_UNIT_H
#define SAC_TYPES_UNIT_H

#include <Python.h>

#include "types/instance.h"

/* -> whether some related object of it is set; -1 with an exception. */
int Sac_UnitRelated(Sac_Instance *instance);
/* -> whether a class has related objects at all; -1 with an exception. */
int Sac_UnitHasRelations(Sac_Mapping *mapping);

/* gather(session), written(session, inserted, updated, deleted): functions of
 * the module, METH_O and METH_VARARGS. */
PyObject *Sac_UnitGather(PyObject *module, PyObject *session);
PyObject *Sac_UnitWritten(PyObject *module, PyObject *args);
extern const char Sac_UnitGatherDoc[];
extern const char Sac_UnitWrittenDoc[];

#endif
