/* Driver and what belongs to it: blobs and backups.  For driver.c,
 * driver_work.c and blob.c only; others see listeners.h. */
#ifndef SAC_TYPES_DRIVER_H
#define SAC_TYPES_DRIVER_H

#include "types/channel.h"
#include "types/listeners.h"

typedef struct DriverObject {
    PyObject_HEAD
    Sac_Channel *channel; /* strong */
    sac_handle *greeting; /* borrowed while it is being opened; or NULL */
    int64_t opened_ns;    /* of the handle that it is for */
} DriverObject;

/* -> borrowed, idle: the caller may use it now; or NULL with an exception. */
sac_handle *Sac_DriverHandle(PyObject *driver);

/* -> whether a call of its lease is under way. */
bool Sac_DriverBusy(PyObject *driver);

/* Methods: driver_work.c, blob.c. */
PyObject *Sac_DriverBeginWrite(PyObject *op, PyObject *ignored);
PyObject *Sac_DriverSerialize(PyObject *op, PyObject *args);
PyObject *Sac_DriverDeserialize(PyObject *op, PyObject *args);
PyObject *Sac_DriverBackup(PyObject *op, PyObject *args);
PyObject *Sac_DriverOpenBlob(PyObject *op, PyObject *args);
/* Also registers Blob. */
int Sac_RegisterDriverWork(PyObject *module);
int Sac_RegisterBlob(PyObject *module);

#endif
