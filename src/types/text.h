/* text(): SQL with :name parameters, and how raw SQL becomes an Execution's
 * one step. */
#ifndef SAC_TYPES_TEXT_H
#define SAC_TYPES_TEXT_H

#include <Python.h>
#include <stdbool.h>

#include "bridge/execution.h"
#include "bridge/state.h"
#include "engine/engine.h"

/* -> whether it is a TextClause. */
bool Sac_TextCheck(Sac_State *state, PyObject *object);

/* For a text whose parameters have types: the node that is executed in its
 * place. -> 1 and *node, borrowed from the text; 0: it is executed as it is;
 * -1 with an exception. */
int Sac_TextNode(PyObject *text, PyObject **node);
/* Fills statement, names, preset and the plan of an EXECUTE in; its
 * parameters are bound with Sac_BindNamed() afterwards.  At any time before
 * it starts.
 * -> 0, or -1 with ProgrammingError (a NUL) or UnicodeEncodeError. */
int Sac_TextApply(Sac_State *state, PyObject *text, sac_engine *engine,
                  Sac_Execution *execution);
/* What no SQL may have.  `utf8` are the `size` bytes of `sql`.
 * -> 0, or -1 with ProgrammingError: there is a NUL in it. */
int Sac_CheckSQL(Sac_State *state, PyObject *sql, const char *utf8,
                 Py_ssize_t size);

/* text(sql) -> new TextClause. METH_O of the module. */
PyObject *Sac_TextNew(PyObject *module, PyObject *sql);
/* Lets go of the plans that compiled texts keep for their next use. */
void Sac_TextForgetPlans(Sac_State *state);
int Sac_RegisterText(PyObject *module);

#endif
