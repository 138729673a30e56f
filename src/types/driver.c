/* Driver: what users do with the SQLite connection that a channel has.
 *
 * Every method acts at once, on the thread that drives the channel's lease,
 * with the GIL, and only while no call of the lease is under way; what takes
 * long is in driver_work.c.  Python gives it the face that users know
 * (sqlactive_c/engine/driver.py). */
#include "types/driver.h"

#include <structmember.h>

#include "bridge/callbacks.h"
#include "bridge/compat.h"
#include "bridge/direct.h"
#include "bridge/errors.h"
#include "types/engine.h"

PyObject *
Sac_DriverNew(Sac_Channel *channel, sac_handle *greeting)
{
    Sac_State *state = SAC_STATE(channel);
    Sac_CallbacksRelease(state);
    DriverObject *self = PyObject_GC_New(DriverObject, state->driver_type);
    if (self == NULL) {
        return NULL;
    }
    memset((char *)self + sizeof(PyObject), 0,
           sizeof(*self) - sizeof(PyObject));
    const sac_handle *handle =
        greeting != NULL ? greeting : channel->lease.handle;
    self->channel = (Sac_Channel *)Py_NewRef((PyObject *)channel);
    self->greeting = greeting;
    self->opened_ns = handle == NULL ? 0 : handle->opened_ns;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

void
Sac_DriverGreeted(PyObject *driver)
{
    ((DriverObject *)driver)->greeting = NULL;
}

static PyObject *
raise_status(Sac_State *state, sac_status status)
{
    sac_error error;
    sac_error_init(&error);
    (void)sac_error_set(&error, status, NULL);
    return Sac_Raise(state, &error, NULL);
}

sac_handle *
Sac_DriverHandle(PyObject *op)
{
    DriverObject *self = (DriverObject *)op;
    if (self->greeting != NULL) {
        return self->greeting;
    }
    Sac_State *state = SAC_STATE(op);
    sac_lease *lease = &self->channel->lease;
    if (sac_engine_forked(lease->engine)) {
        (void)raise_status(state, SAC_ERR_FORKED);
        return NULL;
    }
    if (lease->busy) {
        (void)raise_status(state, SAC_ERR_BUSY_LEASE);
        return NULL;
    }
    if (lease->handle == NULL || lease->handle->db == NULL ||
        lease->handle->opened_ns != self->opened_ns) {
        (void)Sac_RaiseNamed(state, "ResourceClosedError",
                             "this SQLite connection was given back to its "
                             "pool");
        return NULL;
    }
    return lease->handle;
}

bool
Sac_DriverBusy(PyObject *driver)
{
    return ((DriverObject *)driver)->channel->lease.busy;
}

/* ---- callbacks --------------------------------------------------------- */

static PyObject *
none_if(int rc)
{
    if (rc < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
driver_create_function(PyObject *op, PyObject *args)
{
    const char *name;
    int count, deterministic;
    PyObject *callable;
    if (!PyArg_ParseTuple(args, "siOp:create_function", &name, &count,
                          &callable, &deterministic)) {
        return NULL;
    }
    sac_handle *handle = Sac_DriverHandle(op);
    return handle == NULL
               ? NULL
               : none_if(Sac_HandleFunction(SAC_STATE(op), handle, name, count,
                                            callable, deterministic != 0));
}

static PyObject *
driver_create_aggregate(PyObject *op, PyObject *args)
{
    const char *name;
    int count, window;
    PyObject *cls;
    if (!PyArg_ParseTuple(args, "siOp:create_aggregate", &name, &count, &cls,
                          &window)) {
        return NULL;
    }
    sac_handle *handle = Sac_DriverHandle(op);
    return handle == NULL
               ? NULL
               : none_if(Sac_HandleAggregate(SAC_STATE(op), handle, name,
                                             count, cls, window != 0));
}

static PyObject *
driver_create_collation(PyObject *op, PyObject *args)
{
    const char *name;
    PyObject *callable;
    if (!PyArg_ParseTuple(args, "sO:create_collation", &name, &callable)) {
        return NULL;
    }
    sac_handle *handle = Sac_DriverHandle(op);
    return handle == NULL ? NULL
                          : none_if(Sac_HandleCollation(SAC_STATE(op), handle,
                                                        name, callable));
}

static PyObject *
driver_set_progress(PyObject *op, PyObject *args)
{
    PyObject *callable;
    int period;
    if (!PyArg_ParseTuple(args, "Oi:set_progress_handler", &callable,
                          &period)) {
        return NULL;
    }
    sac_handle *handle = Sac_DriverHandle(op);
    return handle == NULL ? NULL
                          : none_if(Sac_HandleProgress(SAC_STATE(op), handle,
                                                       callable, period));
}

static PyObject *
driver_set_trace(PyObject *op, PyObject *callable)
{
    sac_handle *handle = Sac_DriverHandle(op);
    return handle == NULL
               ? NULL
               : none_if(Sac_HandleTrace(SAC_STATE(op), handle, callable));
}

static PyObject *
driver_set_authorizer(PyObject *op, PyObject *callable)
{
    sac_handle *handle = Sac_DriverHandle(op);
    return handle == NULL ? NULL
                          : none_if(Sac_HandleAuthorizer(SAC_STATE(op), handle,
                                                         callable));
}

/* ---- statements and facts ---------------------------------------------- */

/* Only while the connection is new: nothing of what makes transactions and
 * turns safe is between this and SQLite. */
static PyObject *
driver_run(PyObject *op, PyObject *args)
{
    DriverObject *self = (DriverObject *)op;
    PyObject *sql, *parameters;
    if (!PyArg_ParseTuple(args, "UO:run", &sql, &parameters)) {
        return NULL;
    }
    if (self->greeting == NULL) {
        return Sac_RaiseNamed(SAC_STATE(op), "InvalidRequestError",
                              "statements run on the connection: 'await "
                              "connection.exec_driver_sql(...)'; on the "
                              "driver's they run while it is being opened, in "
                              "a listener of 'connect'");
    }
    return Sac_HandleRun(SAC_STATE(op), self->channel->lease.engine,
                         self->greeting, sql, parameters);
}

static PyObject *
driver_limit(PyObject *op, PyObject *args)
{
    int category, value = -1;
    if (!PyArg_ParseTuple(args, "i|i:limit", &category, &value)) {
        return NULL;
    }
    sac_handle *handle = Sac_DriverHandle(op);
    return handle == NULL
               ? NULL
               : Sac_HandleLimit(SAC_STATE(op), handle, category, value);
}

static PyObject *
driver_load_extension(PyObject *op, PyObject *args)
{
    const char *path, *entry;
    if (!PyArg_ParseTuple(args, "sz:load_extension", &path, &entry)) {
        return NULL;
    }
    const DriverObject *self = (DriverObject *)op;
    if (!((Sac_Engine *)self->channel->engine)->allow_extensions) {
        return Sac_RaiseNamed(SAC_STATE(op), "InvalidRequestError",
                              "extensions are code that runs in this process: "
                              "create_async_engine(..., allow_extensions="
                              "True) allows them");
    }
    sac_handle *handle = Sac_DriverHandle(op);
    return handle == NULL
               ? NULL
               : none_if(Sac_HandleLoad(SAC_STATE(op), handle, path, entry));
}

/* Also while a statement runs: that is what it is for. */
static PyObject *
driver_interrupt(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    const sac_lease *lease = &((DriverObject *)op)->channel->lease;
    if (lease->handle != NULL && lease->handle->db != NULL) {
        Sac_HandleInterrupt(lease->handle);
    }
    Py_RETURN_NONE;
}

static PyObject *
driver_get_total_changes(PyObject *op, void *Py_UNUSED(closure))
{
    sac_handle *handle = Sac_DriverHandle(op);
    return handle == NULL ? NULL : Sac_HandleTotalChanges(handle);
}

static PyObject *
driver_get_in_transaction(PyObject *op, void *Py_UNUSED(closure))
{
    sac_handle *handle = Sac_DriverHandle(op);
    return handle == NULL ? NULL
                          : PyBool_FromLong(sac_handle_in_transaction(handle));
}

static PyObject *
driver_get_valid(PyObject *op, void *Py_UNUSED(closure))
{
    const DriverObject *self = (DriverObject *)op;
    const sac_handle *handle = self->channel->lease.handle;
    return PyBool_FromLong(self->greeting != NULL ||
                           (handle != NULL && handle->db != NULL &&
                            handle->opened_ns == self->opened_ns));
}

static PyObject *
driver_get_engine(PyObject *op, void *Py_UNUSED(closure))
{
    return Py_NewRef(((DriverObject *)op)->channel->engine);
}

/* ---- the type ---------------------------------------------------------- */

static int
driver_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((DriverObject *)op)->channel);
    return 0;
}

static void
driver_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_CLEAR(((DriverObject *)op)->channel);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMethodDef driver_methods[] = {
    {"create_function", driver_create_function, METH_VARARGS,
     "create_function(name, narg, func, deterministic, /)\n--\n\n"
     "Make a SQL function of a callable, or take it away (None)."},
    {"create_aggregate", driver_create_aggregate, METH_VARARGS,
     "create_aggregate(name, n_arg, cls, window, /)\n--\n\n"
     "Make an aggregate of a class, or take it away (None)."},
    {"create_collation", driver_create_collation, METH_VARARGS,
     "create_collation(name, callable, /)\n--\n\n"
     "Make a collation of a callable, or take it away (None)."},
    {"set_progress_handler", driver_set_progress, METH_VARARGS,
     "set_progress_handler(handler, n, /)\n--\n\n"
     "Call something every n instructions of SQLite, or no more (None)."},
    {"set_trace_callback", driver_set_trace, METH_O,
     "set_trace_callback(callback, /)\n--\n\n"
     "Call something with each statement that runs, or no more (None)."},
    {"set_authorizer", driver_set_authorizer, METH_O,
     "set_authorizer(callback, /)\n--\n\n"
     "Ask something what statements may do, or no more (None)."},
    {"run", driver_run, METH_VARARGS,
     "run(sql, parameters, /)\n--\n\n"
     "Run a statement on a connection that is being opened: rows, names, "
     "changes, last rowid."},
    {"limit", driver_limit, METH_VARARGS,
     "limit(category, value=-1, /)\n--\n\nSet a limit; gives the old one."},
    {"load_extension", driver_load_extension, METH_VARARGS,
     "load_extension(path, entry, /)\n--\n\nLoad an extension of SQLite."},
    {"interrupt", driver_interrupt, METH_NOARGS,
     "interrupt($self, /)\n--\n\nAbort what runs on the connection."},
    {"open_blob", Sac_DriverOpenBlob, METH_VARARGS,
     "open_blob(table, column, row, write, name, /)\n--\n\nOpen a Blob."},
    {"begin_write", Sac_DriverBeginWrite, METH_NOARGS,
     "begin_write($self, /)\n--\n\nBegin a transaction that writes. "
     "Awaitable."},
    {"serialize", Sac_DriverSerialize, METH_VARARGS,
     "serialize(name, /)\n--\n\nThe database as bytes. Awaitable."},
    {"deserialize", Sac_DriverDeserialize, METH_VARARGS,
     "deserialize(data, name, /)\n--\n\n"
     "Replace the database by a serialised one. Awaitable."},
    {"backup", Sac_DriverBackup, METH_VARARGS,
     "backup(target, name, /)\n--\n\n"
     "Begin to copy the database into a file (str) or into the database of "
     "another Driver: a Backup."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef driver_getset[] = {
    {"total_changes", driver_get_total_changes, NULL,
     "Rows changed since the connection was opened.", NULL},
    {"in_transaction", driver_get_in_transaction, NULL,
     "Whether SQLite has a transaction open.", NULL},
    {"valid", driver_get_valid, NULL, "Whether it can be used.", NULL},
    {"engine", driver_get_engine, NULL, "The AsyncEngine.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot driver_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t) "The SQLite connection of a channel. "
                                    "Private."},
    {Py_tp_dealloc, driver_dealloc},
    {Py_tp_traverse, driver_traverse},
    {Py_tp_methods, driver_methods},
    {Py_tp_getset, driver_getset},
    {0, NULL},
};

static PyType_Spec driver_spec = {
    .name = "sqlactive_c._core.Driver",
    .basicsize = sizeof(DriverObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = driver_slots,
};

int
Sac_RegisterDriver(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (Sac_AddType(module, &driver_spec, &state->driver_type, 0) < 0) {
        return -1;
    }
    return Sac_RegisterDriverWork(module);
}
