/* Parameters of a statement: what users pass to execute() -> the values of an
 * Execution's one step, in SQLite's order. */
#ifndef SAC_BRIDGE_PARAMS_H
#define SAC_BRIDGE_PARAMS_H

#include <Python.h>

#include "bridge/errors.h"
#include "bridge/execution.h"
#include "bridge/state.h"

/* Both set execution->parameters and ->many, and fill the values and pins in;
 * execution->statement is set before, for messages.  `parameters` may be NULL
 * or None.  A list is many sets (an empty one: none at all). */

/* For text(): execution->names is the tuple of names, one for each '?', and
 * ->preset may have values for some.  A dict or a list of dicts; further
 * names are ignored.
 * -> 0, or -1 with ArgumentError (not such a container), StatementError (no
 * value for a name), ProgrammingError (no such type), OverflowError,
 * UnicodeEncodeError. */
int Sac_BindNamed(Sac_State *state, Sac_Execution *execution,
                  PyObject *parameters);

/* For exec_driver_sql(): a tuple or a dict, or a list of them.  With dicts,
 * the SQL text tells which name stands where (?, ?5, :a, @a, $a). */
int Sac_BindDriver(Sac_State *state, Sac_Execution *execution, PyObject *sql,
                   PyObject *parameters);

/* -> new ref: the parameters as messages and the log show them: a tuple in
 * SQLite's order, a list of them for many, or what the user gave. */
PyObject *Sac_ShownParameters(Sac_Execution *execution);
/* -> new tuple: one set of values, as they go to SQLite. */
PyObject *Sac_ShownSet(Sac_Execution *execution, size_t set);

/* ---- for the two halves only (params.c, driver_params.c) ---- */

Sac_ErrorContext Sac_ParamContext(const Sac_Execution *execution);
/* -> 1 something that dict.update() takes as a mapping, 0, -1. */
int Sac_IsMapping(Sac_State *state, PyObject *object);
/* -> new ref to a dict with what the mapping has. */
PyObject *Sac_DictOf(PyObject *mapping);
/* -> borrowed; NULL for None and an empty list: no parameters at all. */
PyObject *Sac_GivenParameters(PyObject *parameters);
/* Sets ProgrammingError: the object, the value of parameter `at` + 1 of a set,
 * is of a type that SQLite does not have.  `name` as below; `shown` are the
 * parameters of the message.  Always -> -1. */
int Sac_CannotBind(Sac_State *state, Sac_Execution *execution, size_t at,
                   PyObject *object, PyObject *name, PyObject *shown);
/* Converts one object to values[at] and pins it; `name` is for messages, or
 * NULL.  -> 0 or -1. */
int Sac_BindValue(Sac_State *state, Sac_Execution *execution, size_t at,
                  PyObject *object, PyObject *name);

#endif
