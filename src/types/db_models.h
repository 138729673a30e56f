/* Base models, as DBConnection deals with them: classes with `metadata` and
 * set_session(). */
#ifndef SAC_TYPES_DB_MODELS_H
#define SAC_TYPES_DB_MODELS_H

#include <Python.h>
#include <stdbool.h>

/* Appends a class to the list, once; None is left out.
 * -> 0, or -1 with TypeError: it is no base model. */
int Sac_ModelsAdd(PyObject *models, PyObject *model, bool with_metadata);
/* The arguments (*base_models, base_model=None) of `function`.
 * -> new list, or NULL with TypeError. */
PyObject *Sac_ModelsGiven(const char *function, PyObject *args,
                          PyObject *kwargs, bool with_metadata);
/* -> new list of the models' metadata, each once. */
PyObject *Sac_ModelsMetadata(PyObject *models);

/* Sets the session of every model, or, when one of them fails, of none.
 * -> new list: what each had before, for Sac_ModelsRestore(). */
PyObject *Sac_ModelsAttach(PyObject *models, PyObject *session);
/* Undoes it; keeps the exception that is set. */
void Sac_ModelsRestore(PyObject *models, PyObject *before);
/* Takes the session away from a class that has exactly this one.  Whose
 * session is somebody else's keeps it: closing one connection must not take
 * the models away from another.  -> 0 or -1 */
int Sac_ModelDetach(PyObject *model, PyObject *attached);

#endif
