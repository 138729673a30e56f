/* The extension module sqlactive_c._core: its definition, the functions that
 * belong to no type, and the list of registrations.  No logic. */
#include <Python.h>
#include <sqlite3.h>

#include "base/memory.h"
#include "bridge/codecs.h"
#include "bridge/execution.h"
#include "bridge/keys.h"
#include "bridge/loop.h"
#include "bridge/operation.h"
#include "bridge/promise.h"
#include "bridge/state.h"
#include "types/attribute.h"
#include "types/batch.h"
#include "types/channel.h"
#include "types/collection.h"
#include "types/decoder.h"
#include "types/distribute.h"
#include "types/engine.h"
#include "types/hydrate.h"
#include "types/identity_map.h"
#include "types/instance.h"
#include "types/json_writer.h"
#include "types/listeners.h"
#include "types/mapping.h"
#include "types/node.h"
#include "types/result.h"
#include "types/saver.h"
#include "types/session_orm.h"
#include "types/shape.h"
#include "types/statement.h"
#include "types/stream.h"
#include "types/text.h"
#include "types/unit.h"

PyDoc_STRVAR(
    configure_doc,
    "configure(**hooks)\n--\n\n"
    "Store the classes and functions that the core takes from Python. Private.");

static PyObject *
core_configure(PyObject *module, PyObject *args, PyObject *hooks)
{
    if (PyTuple_GET_SIZE(args) > 0) {
        PyErr_SetString(PyExc_TypeError,
                        "configure() takes hooks by keyword only");
        return NULL;
    }
    if (Sac_StateConfigure(Sac_StateOfModule(module), hooks) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    text_doc,
    "text(text, /)\n--\n\n"
    "Make an executable clause of SQL text with :name parameters.\n\n"
    "Args:\n    text: SQL, a str. Colons in quotes and comments are no\n"
    "        parameters; \"\\:\" is a plain colon.\n\n"
    "Returns:\n    A TextClause.\n\n"
    "Raises:\n    ArgumentError: It is no str.");

PyDoc_STRVAR(
    live_blocks_doc,
    "live_blocks()\n--\n\n"
    "Return how many memory blocks the engine holds in this process. Private,\n"
    "for tests.");

static PyObject *
core_live_blocks(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLongLong(sac_memory_blocks());
}

PyDoc_STRVAR(
    fail_doc,
    "fail_allocation_after(n, forever, /)\n--\n\n"
    "Make the engine's allocation after the next n fail. Private, for tests.\n\n"
    "Args:\n    n: How many succeed first; negative disarms.\n"
    "    forever: Whether all later ones fail too.\n\n"
    "Returns:\n    How many allocations the previous setting made fail.");

static PyObject *
core_fail_allocation_after(PyObject *Py_UNUSED(module), PyObject *args)
{
    long long count;
    int forever;
    if (!PyArg_ParseTuple(args, "Lp:fail_allocation_after", &count,
                          &forever)) {
        return NULL;
    }
    int64_t failures = sac_memory_failures();
    sac_memory_fail_after(count, forever != 0);
    return PyLong_FromLongLong(failures);
}

PyDoc_STRVAR(
    drive_doc,
    "drive(awaitable, /)\n--\n\n"
    "Run an awaitable to its end in this thread, without a loop; all that it\n"
    "waits for is the core's. Private, for run_sync.\n\n"
    "Returns:\n    What awaiting it would give.");

static PyObject *
core_drive(PyObject *module, PyObject *awaitable)
{
    if (Sac_OpCheck(awaitable)) {
        return Sac_OpDrive(awaitable);
    }
    PyObject *op = Sac_OpWrap(Sac_StateOfModule(module)->operation_type,
                              Py_NewRef(awaitable));
    PyObject *result = op == NULL ? NULL : Sac_OpDrive(op);
    Py_XDECREF(op);
    return result;
}

PyDoc_STRVAR(
    interrupt_doc,
    "interrupt(awaitable, /)\n--\n\n"
    "Raise CancelledError where an awaitable waits that another thread drives.\n"
    "Private, for run_sync.");

static PyObject *
core_interrupt(PyObject *Py_UNUSED(module), PyObject *awaitable)
{
    if (Sac_OpCheck(awaitable)) {
        Sac_OpInterrupt(awaitable);
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    collect_doc,
    "collect()\n--\n\n"
    "Free what is kept for its next use: plans of statements, names of results,\n"
    "ports of closed event loops. Private, for tests that count blocks.");

static PyObject *
core_collect(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    Sac_State *state = Sac_StateOfModule(module);
    Sac_TextForgetPlans(state);
    Sac_ShapesForgetPlans(state);
    Sac_KeysForget(state);
    Sac_PortsCollect(state);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    listen_doc,
    "listen_to(engines, sessions, /)\n--\n\n"
    "Say what somebody listens to: of engines (a sum: 1 connections that are\n"
    "opened, 2 statements, 4 ends of transactions), of sessions (a bool);\n"
    "None leaves it. Private.");

static PyObject *
core_listen_to(PyObject *module, PyObject *args)
{
    Sac_State *state = Sac_StateOfModule(module);
    PyObject *engines, *sessions;
    if (!PyArg_ParseTuple(args, "OO:listen_to", &engines, &sessions)) {
        return NULL;
    }
    if (engines != Py_None) {
        unsigned long mask = PyLong_AsUnsignedLong(engines);
        if (PyErr_Occurred()) {
            return NULL;
        }
        state->engine_events = (unsigned)mask;
    }
    if (sessions != Py_None) {
        state->session_events = sessions == Py_True;
    }
    Py_RETURN_NONE;
}

static PyMethodDef core_methods[] = {
    {"configure", (PyCFunction)(void (*)(void))core_configure,
     METH_VARARGS | METH_KEYWORDS, configure_doc},
    {"text", Sac_TextNew, METH_O, text_doc},
    {"lookup_shape", Sac_LookUpShape, METH_VARARGS, Sac_LookUpShapeDoc},
    {"collect", core_collect, METH_NOARGS, collect_doc},
    {"drive", core_drive, METH_O, drive_doc},
    {"distribute", Sac_Distribute, METH_VARARGS, Sac_DistributeDoc},
    {"related_keys", Sac_RelatedKeys, METH_VARARGS, Sac_RelatedKeysDoc},
    {"columns_dict", (PyCFunction)(void (*)(void))Sac_ColumnsDict,
     METH_FASTCALL, Sac_ColumnsDictDoc},
    {"columns_json", (PyCFunction)(void (*)(void))Sac_ColumnsJson,
     METH_FASTCALL, Sac_ColumnsJsonDoc},
    {"json_text", (PyCFunction)(void (*)(void))Sac_JsonText, METH_FASTCALL,
     Sac_JsonTextDoc},
    {"rows_to_json", (PyCFunction)(void (*)(void))Sac_JsonRows,
     METH_VARARGS | METH_KEYWORDS, Sac_JsonRowsDoc},
    {"interrupt", core_interrupt, METH_O, interrupt_doc},
    {"listen_to", core_listen_to, METH_VARARGS, listen_doc},
    {"gather", Sac_UnitGather, METH_O, Sac_UnitGatherDoc},
    {"make_transient", Sac_MakeTransient, METH_O, Sac_MakeTransientDoc},
    {"make_transient_to_detached", Sac_MakeTransientToDetached, METH_O,
     Sac_MakeTransientToDetachedDoc},
    {"object_session", Sac_ObjectSession, METH_O, Sac_ObjectSessionDoc},
    {"written", Sac_UnitWritten, METH_VARARGS, Sac_UnitWrittenDoc},
    {"live_blocks", core_live_blocks, METH_NOARGS, live_blocks_doc},
    {"fail_allocation_after", core_fail_allocation_after, METH_VARARGS,
     fail_doc},
    {NULL, NULL, 0, NULL},
};

/* A type comes after the types that it is made of. */
static int (*const registrations[])(PyObject *module) = {
    Sac_RegisterPort,
    Sac_RegisterOperation,
    Sac_RegisterExecution,
    Sac_RegisterText,
    Sac_RegisterKeys,
    Sac_RegisterKind,
    Sac_RegisterNode,
    Sac_RegisterColumnElement,
    Sac_RegisterGenerative,
    Sac_RegisterNoValue,
    Sac_RegisterMapping,
    Sac_RegisterInstance,
    Sac_RegisterAttribute,
    Sac_RegisterRelatedList,
    Sac_RegisterIdentityMap,
    Sac_RegisterEntityPlan,
    Sac_RegisterRow,
    Sac_RegisterResult,
    Sac_RegisterAsyncResult,
    Sac_RegisterPool,
    Sac_RegisterDriver,
    Sac_RegisterEngine,
    Sac_RegisterChannel,
    Sac_RegisterStream,
    Sac_RegisterStreamContext,
    Sac_RegisterTransaction,
    Sac_RegisterConnection,
    Sac_RegisterSession,
    Sac_RegisterSessionTransaction,
    Sac_RegisterSessionmaker,
    Sac_RegisterScopedSession,
    Sac_RegisterDBConnection,
    Sac_RegisterCodec,
    Sac_RegisterDecoder,
    Sac_RegisterShape,
    Sac_RegisterPromise,
    Sac_RegisterForm,
    Sac_RegisterSaver,
    Sac_RegisterBatchStep,
    Sac_RegisterBatch,
};

static int
core_exec(PyObject *module)
{
    if (Sac_StateInit(module) < 0) {
        return -1;
    }
    const size_t count = sizeof(registrations) / sizeof(registrations[0]);
    for (size_t i = 0; i < count; i++) {
        if (registrations[i](module) < 0) {
            return -1;
        }
    }
    if (PyModule_AddStringConstant(module, "sqlite_version",
                                   sqlite3_libversion()) < 0) {
        return -1;
    }
    /* Whether SQLite's memory statistics are off in this process. */
    return PyModule_AddObjectRef(
        module, "memory_statistics_off",
        Sac_StateOfModule(module)->memory_statistics_off ? Py_True : Py_False);
}

static PyModuleDef_Slot core_slots[] = {
    {Py_mod_exec, core_exec},
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    /* No Py_mod_gil: a loop's thread and the objects that it drives rely on
     * the GIL, so a free-threaded interpreter switches it on for us. */
    {0, NULL},
};

PyDoc_STRVAR(core_doc, "The C core of sqlactive_c. Private.");

PyModuleDef Sac_ModuleDef = {
    PyModuleDef_HEAD_INIT,
    .m_name = "sqlactive_c._core",
    .m_doc = core_doc,
    .m_size = sizeof(Sac_State),
    .m_methods = core_methods,
    .m_slots = core_slots,
    .m_traverse = Sac_StateTraverse,
    .m_clear = Sac_StateClear,
    .m_free = Sac_StateFree,
};

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC
PyInit__core(void)
{
    return PyModuleDef_Init(&Sac_ModuleDef);
}
