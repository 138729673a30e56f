/* The register functions within the family: Sac_RegisterResult() and
 * Sac_RegisterAsyncResult() call them. */
#ifndef SAC_TYPES_RESULT_TYPES_H
#define SAC_TYPES_RESULT_TYPES_H

#include <Python.h>

int Sac_RegisterScalarResult(PyObject *module);
int Sac_RegisterMappingResult(PyObject *module);
int Sac_RegisterFrozenResult(PyObject *module);
int Sac_RegisterReady(PyObject *module);
int Sac_RegisterAsyncScalarResult(PyObject *module);
int Sac_RegisterAsyncMappingResult(PyObject *module);
int Sac_RegisterAsyncPartitions(PyObject *module);

#endif
