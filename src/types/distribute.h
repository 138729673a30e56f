/* What further queries found goes to the instances that it was loaded for:
 * functions of the module for sqlactive_c.orm.loading (METH_VARARGS). */
#ifndef SAC_TYPES_DISTRIBUTE_H
#define SAC_TYPES_DISTRIBUTE_H

#include <Python.h>

PyObject *Sac_RelatedKeys(PyObject *module, PyObject *args);
PyObject *Sac_Distribute(PyObject *module, PyObject *args);
extern const char Sac_RelatedKeysDoc[];
extern const char Sac_DistributeDoc[];

#endif
