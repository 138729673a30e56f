/* Executing a statement that is made of nodes. */
#ifndef SAC_TYPES_STATEMENT_H
#define SAC_TYPES_STATEMENT_H

#include <Python.h>

#include "bridge/execution.h"
#include "bridge/state.h"
#include "types/engine.h"

/* Finds the shape of a node, or has it compiled, and binds: fills statement,
 * parameters, shape, values and the plan of an EXECUTE in.  `parameters` is a
 * mapping, a list or tuple of them, NULL or None.
 * -> 0, or -1 with StatementError (no value for a name; what a codec, a
 * default or the compiler of a bind raised), ObjectNotExecutableError,
 * CompileError, ProgrammingError, ArgumentError. */
int Sac_StatementApply(Sac_State *state, PyObject *node, Sac_Engine *engine,
                       Sac_Execution *execution, PyObject *parameters);

/* lookup_shape(engine, statement) -> Shape, kept or compiled. METH_VARARGS of
 * the module. */
PyObject *Sac_LookUpShape(PyObject *module, PyObject *args);
extern const char Sac_LookUpShapeDoc[];

/* Takes what execution options, a mapping, say about instances and rows.
 * -> 0 or -1. */
int Sac_StatementOptions(Sac_State *state, PyObject *options,
                         Sac_Execution *execution);

#endif
