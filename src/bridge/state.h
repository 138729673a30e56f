/* The state of one module instance: every type, callable and cache that the
 * GIL side of one interpreter owns.  There is no other mutable state.
 *
 * m_traverse and m_clear visit the fields in the order in which they stand
 * here, under the same heads (state.c), so that a missing line is visible. */
#ifndef SAC_BRIDGE_STATE_H
#define SAC_BRIDGE_STATE_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/platform.h"
#include "engine/writer.h"

typedef struct Sac_State {
    /* Types, each made by the register function of its file. */
    PyTypeObject *operation_type;
    PyTypeObject *execution_type;
    PyTypeObject *port_type;
    PyTypeObject *text_type;
    PyTypeObject *template_type;
    PyTypeObject *keys_type;
    PyTypeObject *row_type;
    PyTypeObject *row_mapping_type;
    PyTypeObject *result_type;
    PyTypeObject *scalar_result_type;
    PyTypeObject *mapping_result_type;
    PyTypeObject *frozen_result_type;
    PyTypeObject *async_result_type;
    PyTypeObject *async_scalar_result_type;
    PyTypeObject *async_mapping_result_type;
    PyTypeObject *async_partitions_type;
    PyTypeObject *ready_type;
    PyTypeObject *engine_type;
    PyTypeObject *pool_type;
    PyTypeObject *channel_type;
    PyTypeObject *stream_source_type;
    PyTypeObject *stream_context_type;
    PyTypeObject *connection_type;
    PyTypeObject *transaction_type;
    PyTypeObject *session_type;
    PyTypeObject *session_transaction_type;
    PyTypeObject *sessionmaker_type;
    PyTypeObject *scoped_session_type;
    PyTypeObject *scoped_registry_type;
    PyTypeObject *db_connection_type;

    /* Callables that Python hands us at import (_core.configure); NULL until
     * then.  Their signatures stand in sqlactive_c/_hooks.py. */
    PyObject *exc; /* dict: exception name -> class */
    PyObject *make_database_error;
    PyObject *make_programming_error;
    PyObject *log_statement;
    PyObject *log_event;
    PyObject *log_rows;
    PyObject *resolve_isolation; /* isolation_level -> the engine's word */
    PyObject *resolve_engine;    /* url + keywords -> what engine.c opens */
    PyObject *watch_port;        /* for loops without add_reader */
    PyObject *create_missing;    /* engine, metadatas -> coroutine */
    PyObject *run_sync;          /* facade factory and thread for run_sync */
    PyObject *default_base;      /* () -> ActiveRecordBaseModel */

    /* From asyncio and the standard library. */
    PyObject *get_running_loop;
    PyObject *current_task;
    PyObject *cancelled_error;
    PyObject *date_type; /* datetime.date; NULL until one is bound */
    PyObject *datetime_type;

    /* Event loops: list of Port, each with a weak reference to its loop. */
    PyObject *ports;
    PyObject *last_port; /* the Port that was asked for last, or NULL */

    /* Compiled texts: dict of str -> Template, bounded (types/text.c). */
    PyObject *templates;
    sac_list live_templates; /* all there are, also those that were dropped
                                   from the dict */

    /* Interned names. */
    PyObject *str_create_future;
    PyObject *str_set_result;
    PyObject *str_done;
    PyObject *str_future_blocking; /* _asyncio_future_blocking */
    PyObject *str_call_later;
    PyObject *str_cancel;
    PyObject *str_add_reader;
    PyObject *str_remove_reader;
    PyObject *str_is_closed;
    PyObject *str_send;
    PyObject *str_throw;
    PyObject *str_close;
    PyObject *str_text;
    PyObject *str_keys;
    PyObject *str_isoformat;
    PyObject *str_space;

    /* Not Python objects. */
    sac_registry *registry;     /* owned: writer tokens of open files */
    sac_list waiting;           /* of Sac_Execution: those with a future */
    sac_list engines;           /* of Sac_Engine: those that are alive */
    sac_fork_guard *fork_guard; /* owned: ports do not survive a fork */
    int64_t inline_ns;          /* time spent inline since the loop last ran */
    int64_t inline_end_ns;      /* when the last inline call ended */
    bool memory_statistics_off; /* SQLite's, by us */
} Sac_State;

/* The definition of the module (module.c); identifies our types. */
extern struct PyModuleDef Sac_ModuleDef;

/* Fills the state of a new module in: what comes from the standard library,
 * interned names, the registry.  Before any type is added.  -> 0 or -1. */
int Sac_StateInit(PyObject *module);
/* The module's m_traverse, m_clear and m_free. */
int Sac_StateTraverse(PyObject *module, visitproc visit, void *arg);
int Sac_StateClear(PyObject *module);
void Sac_StateFree(void *module);
/* _core.configure(**hooks): stores what Python hands us.  -> 0, or -1 with
 * TypeError for a name that is no hook. */
int Sac_StateConfigure(Sac_State *state, PyObject *hooks);

/* -> borrowed; the module is ours. */
Sac_State *Sac_StateOfModule(PyObject *module);
/* -> borrowed; `type` is one of ours or a subclass.  Cannot fail for those,
 * but for one that the garbage collector has cleared: not in a dealloc. */
Sac_State *Sac_StateOfType(PyTypeObject *type);
#define SAC_STATE(op) Sac_StateOfType(Py_TYPE(op))

/* Makes a heap type from its spec and stores it in *slot and, if `public`,
 * in the module under its name.  -> 0 or -1. */
int Sac_AddType(PyObject *module, PyType_Spec *spec, PyTypeObject **slot,
                int is_public);

#endif
