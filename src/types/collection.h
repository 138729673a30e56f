/* Collections of related instances: the list, and how a new one is made. */
#ifndef SAC_TYPES_COLLECTION_H
#define SAC_TYPES_COLLECTION_H

#include <Python.h>

#include "types/attribute.h"

/* -> new empty collection, which is the instance's; or NULL. */
PyObject *Sac_CollectionNew(Sac_Attribute *attribute, PyObject *instance);

int Sac_RegisterRelatedList(PyObject *module);

#endif
