/* What users do with a whole database: copies of it, to and from bytes.
 *
 * Each is a call of the channel's lease whose work runs on a worker; what the
 * worker touches is in a Transfer, which the call keeps.  With the GIL, but
 * for the functions that work. */
#include "types/driver.h"

#include "base/memory.h"
#include "bridge/errors.h"
#include "engine/transfer.h"
#include "types/engine.h"

typedef struct TransferObject {
    PyObject_HEAD
    PyObject *driver;       /* strong */
    PyObject *data;         /* strong: bytes that it borrows, or NULL */
    sac_transfer *transfer; /* owned */
} TransferObject;

enum { TRANSFER_SLOT = 2 }; /* of an Execution */

/* -> new, or NULL with an exception. */
static TransferObject *
new_transfer(PyObject *driver, const char *schema)
{
    Sac_State *state = SAC_STATE(driver);
    TransferObject *self = (TransferObject *)state->transfer_type->tp_alloc(
        state->transfer_type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->driver = Py_NewRef(driver);
    self->transfer = sac_transfer_new(schema);
    if (self->transfer == NULL) {
        Py_DECREF(self);
        PyErr_NoMemory();
        return NULL;
    }
    return self;
}

static void
transfer_dealloc(PyObject *op)
{
    TransferObject *self = (TransferObject *)op;
    PyTypeObject *type = Py_TYPE(op);
    if (self->transfer != NULL) {
        sac_transfer_free(self->transfer, Sac_DriverBusy(self->driver));
    }
    Py_XDECREF(self->driver);
    Py_XDECREF(self->data);
    type->tp_free(op);
    Py_DECREF(type);
}

/* ---- the calls --------------------------------------------------------- */

static sac_transfer *
transfer_of(const sac_call *call)
{
    return call->work_arg;
}

static sac_status
work_step(sac_call *call)
{
    return sac_transfer_step(transfer_of(call), call->lease->handle,
                             &call->error);
}

static sac_status
work_serialize(sac_call *call)
{
    return sac_transfer_serialize(transfer_of(call), call->lease->handle,
                                  &call->error);
}

static sac_status
work_deserialize(sac_call *call)
{
    return sac_transfer_deserialize(transfer_of(call), call->lease->handle,
                                    &call->error);
}

static int
before_work(Sac_Execution *execution)
{
    const DriverObject *driver = (DriverObject *)execution->op.slots[0];
    const Sac_Engine *engine = (Sac_Engine *)driver->channel->engine;
    execution->wait_timeout = engine->writer_timeout;
    /* The handle may have been given back since the call was made. */
    return Sac_DriverHandle(execution->op.slots[0]) == NULL ? -1 : 0;
}

/* -> new awaitable, or NULL with an exception. */
static PyObject *
new_work(TransferObject *transfer, const Sac_OpKind *kind,
         sac_status (*work)(sac_call *), Sac_ExecutionFinish finish)
{
    DriverObject *driver = (DriverObject *)transfer->driver;
    Sac_Execution *execution = Sac_ChannelExecution(
        driver->channel, (PyObject *)driver, kind, SAC_CALL_WORK, finish);
    if (execution == NULL) {
        return NULL;
    }
    execution->op.slots[TRANSFER_SLOT] = Py_NewRef((PyObject *)transfer);
    execution->call.work = work;
    execution->call.work_arg = transfer->transfer;
    execution->before = before_work;
    return (PyObject *)execution;
}

static const TransferObject *
transfer_in(const Sac_Execution *execution)
{
    return (TransferObject *)execution->op.slots[TRANSFER_SLOT];
}

/* ---- bytes ------------------------------------------------------------- */

static PyObject *
finish_serialize(Sac_Execution *execution)
{
    const sac_transfer *transfer = transfer_in(execution)->transfer;
    return PyBytes_FromStringAndSize((const char *)transfer->bytes,
                                     (Py_ssize_t)transfer->size);
}

static const Sac_OpKind serialize_kind = {"serialize", NULL};
static const Sac_OpKind deserialize_kind = {"deserialize", NULL};
static const Sac_OpKind step_kind = {"backup", NULL};
static const Sac_OpKind write_kind = {"begin_write", NULL};

PyObject *
Sac_DriverSerialize(PyObject *op, PyObject *args)
{
    const char *schema;
    if (!PyArg_ParseTuple(args, "s:serialize", &schema)) {
        return NULL;
    }
    TransferObject *transfer = new_transfer(op, schema);
    if (transfer == NULL) {
        return NULL;
    }
    PyObject *work =
        new_work(transfer, &serialize_kind, work_serialize, finish_serialize);
    Py_DECREF(transfer);
    return work;
}

PyObject *
Sac_DriverDeserialize(PyObject *op, PyObject *args)
{
    const char *schema;
    PyObject *data;
    if (!PyArg_ParseTuple(args, "O!s:deserialize", &PyBytes_Type, &data,
                          &schema)) {
        return NULL;
    }
    if (((DriverObject *)op)->channel->lease.in_tx) {
        return Sac_RaiseNamed(SAC_STATE(op), "InvalidRequestError",
                              "a transaction is in progress: commit() or "
                              "rollback() before the database is replaced");
    }
    TransferObject *transfer = new_transfer(op, schema);
    if (transfer == NULL) {
        return NULL;
    }
    transfer->data = Py_NewRef(data);
    transfer->transfer->bytes = (unsigned char *)PyBytes_AS_STRING(data);
    transfer->transfer->size = PyBytes_GET_SIZE(data);
    PyObject *work =
        new_work(transfer, &deserialize_kind, work_deserialize, NULL);
    Py_DECREF(transfer);
    if (work != NULL) {
        ((Sac_Execution *)work)->call.write = true;
    }
    return work;
}

/* ---- backup ------------------------------------------------------------ */

PyObject *
Sac_DriverBackup(PyObject *op, PyObject *args)
{
    PyObject *target;
    const char *schema;
    Sac_State *state = SAC_STATE(op);
    if (!PyArg_ParseTuple(args, "Os:backup", &target, &schema)) {
        return NULL;
    }
    TransferObject *self = new_transfer(op, schema);
    if (self == NULL) {
        return NULL;
    }
    if (Sac_EngineCheck(state, target)) {
        self->transfer->engine =
            sac_engine_retain(((Sac_Engine *)target)->engine);
        return (PyObject *)self;
    }
    Py_ssize_t size;
    const char *path = PyUnicode_AsUTF8AndSize(target, &size);
    if (path != NULL) {
        self->transfer->path = sac_strndup(path, (size_t)size);
        if (self->transfer->path == NULL) {
            PyErr_NoMemory();
        }
    }
    if (self->transfer->path == NULL) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

/* (done, locked, remaining, total) */
static PyObject *
finish_step(Sac_Execution *execution)
{
    const sac_transfer *transfer = transfer_in(execution)->transfer;
    return Py_BuildValue("OOii", transfer->done ? Py_True : Py_False,
                         transfer->locked ? Py_True : Py_False,
                         transfer->remaining, transfer->total);
}

static PyObject *
transfer_step(PyObject *op, PyObject *pages)
{
    TransferObject *self = (TransferObject *)op;
    int count = PyLong_Check(pages) ? (int)PyLong_AsLong(pages) : -1;
    if (PyErr_Occurred()) {
        return NULL;
    }
    self->transfer->pages = count;
    return new_work(self, &step_kind, work_step, finish_step);
}

/* ---- blobs that are written -------------------------------------------- */

PyObject *
Sac_DriverBeginWrite(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    DriverObject *self = (DriverObject *)op;
    if (Sac_DriverHandle(op) == NULL || Sac_ChannelBegin(self->channel) < 0) {
        return NULL;
    }
    return Sac_ChannelControl(self->channel, op, "SELECT 1", true,
                              &write_kind);
}

/* ---- the type ---------------------------------------------------------- */

static PyMethodDef transfer_methods[] = {
    {"step", transfer_step, METH_O,
     "step($self, pages, /)\n--\n\n"
     "Copy so many pages, all if not positive. Awaitable; gives done, locked,\n"
     "remaining pages, all pages."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot transfer_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t) "A database that is copied. Private."},
    {Py_tp_dealloc, transfer_dealloc},
    {Py_tp_methods, transfer_methods},
    {0, NULL},
};

static PyType_Spec transfer_spec = {
    .name = "sqlactive_c._core.Transfer",
    .basicsize = sizeof(TransferObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = transfer_slots,
};

int
Sac_RegisterDriverWork(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (Sac_AddType(module, &transfer_spec, &state->transfer_type, 0) < 0) {
        return -1;
    }
    return Sac_RegisterBlob(module);
}
