/* The state of one module instance: every type, callable and cache that the
 * GIL side of one interpreter owns.  There is no other mutable state.
 *
 * The Python objects stand in lists, each with one line per field: from them
 * come the fields and what visits, clears and fills them (state.c). */
#ifndef SAC_BRIDGE_STATE_H
#define SAC_BRIDGE_STATE_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/platform.h"
#include "engine/writer.h"

/* Types, each made by the register function of its file. */
#define SAC_STATE_TYPES(X)       \
    X(operation_type)            \
    X(execution_type)            \
    X(port_type)                 \
    X(text_type)                 \
    X(template_type)             \
    X(keys_type)                 \
    X(row_type)                  \
    X(row_mapping_type)          \
    X(result_type)               \
    X(scalar_result_type)        \
    X(mapping_result_type)       \
    X(frozen_result_type)        \
    X(async_result_type)         \
    X(async_scalar_result_type)  \
    X(async_mapping_result_type) \
    X(async_partitions_type)     \
    X(ready_type)                \
    X(engine_type)               \
    X(pool_type)                 \
    X(channel_type)              \
    X(stream_source_type)        \
    X(stream_context_type)       \
    X(connection_type)           \
    X(transaction_type)          \
    X(session_type)              \
    X(session_transaction_type)  \
    X(no_autoflush_type)         \
    X(sessionmaker_type)         \
    X(scoped_session_type)       \
    X(scoped_registry_type)      \
    X(db_connection_type)        \
    X(kind_type)                 \
    X(field_type)                \
    X(clause_type)               \
    X(column_element_type)       \
    X(generative_type)           \
    X(constructor_type)          \
    X(codec_type)                \
    X(decoder_type)              \
    X(shape_type)                \
    X(mapping_type)              \
    X(instance_type)             \
    X(attribute_type)            \
    X(related_list_type)         \
    X(entity_plan_type)          \
    X(identity_map_type)         \
    X(no_value_type)             \
    X(driver_type)               \
    X(transfer_type)             \
    X(blob_type)                 \
    X(promise_type)              \
    X(saver_type)                \
    X(form_type)                 \
    X(batch_type)                \
    X(batch_step_type)

/* What Python hands us at import (_core.configure); NULL until then.  The
 * signatures stand in sqlactive_c/_hooks.py and sqlactive_c/sql/hooks.py. */
#define SAC_STATE_HOOKS(X)                                                  \
    X(exc) /* dict: exception name -> class */                              \
    X(make_database_error)                                                  \
    X(make_programming_error)                                               \
    X(log_statement)                                                        \
    X(log_event)                                                            \
    X(forgotten) /* what a transaction that was left open was */            \
    X(log_rows)                                                             \
    X(resolve_isolation) /* isolation_level -> the engine's word */         \
    X(resolve_engine)    /* url + keywords -> what engine.c opens */        \
    X(watch_port)        /* for loops without add_reader */                 \
    X(create_missing)    /* engine, metadatas -> coroutine */               \
    X(run_sync)          /* facade factory and thread for run_sync */       \
    X(default_base)      /* () -> ActiveRecordBaseModel */                  \
    X(operate)           /* operator, left, right, reverse -> node */       \
    X(operators)         /* tuple, see column_element.c */                  \
    X(binary_class)      /* what a comparison makes */                      \
    X(compile_shape)     /* statement, names, many, json -> Shape */        \
    X(bind_class)        /* what a value in an expression becomes */        \
    X(text_method)       /* name, text, args, kwargs -> anything */         \
    X(configure_mappers) /* mapping */                                      \
    X(load_attribute)    /* instance, attribute -> value */                 \
    X(orm_exc)           /* dict: exception name -> class, further ones */  \
    X(set_related)       /* attribute, instance, value, old -> value */     \
    X(make_collection)   /* attribute, instance -> collection */            \
    X(make_transaction)  /* scoped session -> a transaction across calls */ \
    X(driver_face)       /* Driver, connection -> what users get */         \
    X(driver_opened)     /* engine, Driver: the event connect */            \
    X(engine_event)      /* name, connection */                             \
    X(observe)           /* connection, sql, parameters, many -> ... */     \
    X(flush_unit)        /* session, commit, objects -> coroutine */        \
    X(cascade_save)      /* session, instance -> list of instances */       \
    X(cascade)           /* kind, instance -> list of instances */          \
    X(delete_cascade)    /* session, instance -> coroutine -> list */       \
    X(make_get_shape)    /* mapper -> Shape or None */                      \
    X(load_by_key)       /* what get() does otherwise -> coroutine */       \
    X(is_mapped)         /* statement -> bool */                            \
    X(load_more)         /* session, work, options, all -> coroutine */     \
    X(follow_dml)        /* session, statement, parameters, options -> */   \
    X(identity_set)      /* iterable -> set by identity */                  \
    X(session_event)     /* session, name, *args */                         \
    X(session_methods)   /* dict: name -> function(session, ...) */         \
    X(serial_plan)       /* class -> tuple, see types/serialize.c */

/* Other objects that the state owns. */
#define SAC_STATE_OBJECTS(X)                                                \
    X(get_running_loop) /* asyncio's */                                     \
    X(current_task)                                                         \
    X(cancelled_error)                                                      \
    X(date_type) /* datetime.date; NULL until one is bound */               \
    X(datetime_type)                                                        \
    X(ports)          /* list of Port: event loops, by weak reference */    \
    X(last_port)      /* the Port that was asked for last, or NULL */       \
    X(templates)      /* dict: text -> Template, bounded (types/text.c) */  \
    X(binary_kind)    /* the Kind of binary_class */                        \
    X(bind_kind)      /* the Kind of bind_class */                          \
    X(recent_keys)    /* list of ResultKeys (bridge/keys.c), or NULL */     \
    X(static_ids)     /* dict: thing -> its number (types/node_digest.c) */ \
    X(no_value)       /* NO_VALUE: what is not known (types/instance.h) */  \
    X(regexp_pattern) /* the last one, or NULL (bridge/regexp.c) */         \
    X(regexp_search)  /* its search() */

/* Interned names. */
#define SAC_STATE_NAMES(X)                             \
    X(str_create_future, "create_future")              \
    X(str_set_result, "set_result")                    \
    X(str_done, "done")                                \
    X(str_future_blocking, "_asyncio_future_blocking") \
    X(str_call_later, "call_later")                    \
    X(str_cancel, "cancel")                            \
    X(str_add_reader, "add_reader")                    \
    X(str_remove_reader, "remove_reader")              \
    X(str_is_closed, "is_closed")                      \
    X(str_send, "send")                                \
    X(str_throw, "throw")                              \
    X(str_close, "close")                              \
    X(str_text, "text")                                \
    X(str_keys, "keys")                                \
    X(str_isoformat, "isoformat")                      \
    X(str_space, " ")                                  \
    X(str_kind, "_kind")                               \
    X(str_static_key, "static_key")                    \
    X(str_int, "int")                                  \
    X(str_is_safe, "is_safe")                          \
    X(str_entity_node, "__entity_node__")              \
    X(str_mapping, "__mapping__")                      \
    X(str_execution_options, "_execution_options")     \
    X(str_populate_existing, "populate_existing")      \
    X(str_autoflush, "autoflush")                      \
    X(str_yield_per, "yield_per")                      \
    X(str_module, "__name__")                          \
    X(str_get_name, "get_name")                        \
    X(str_owner, "_owner")                             \
    X(str_events, "_events")

typedef struct Sac_State {
#define X(name) PyTypeObject *name;
    SAC_STATE_TYPES(X)
#undef X
#define X(name) PyObject *name;
    SAC_STATE_HOOKS(X)
    SAC_STATE_OBJECTS(X)
#undef X
#define X(name, text) PyObject *name;
    SAC_STATE_NAMES(X)
#undef X

    /* Not Python objects. */
    void *datetime_api;         /* PyDateTime_CAPI; NULL until a codec needs
                                   it */
    sac_list live_templates;    /* all there are, also those that were
                                   dropped from the dict */
    sac_list live_shapes;       /* all there are (types/shape.c) */
    uint64_t last_identity;     /* numbers given to things (types/node.h) */
    uint64_t last_walk;         /* numbers given to walks over nodes */
    sac_registry *registry;     /* owned: writer tokens of open files */
    sac_list waiting;           /* of Sac_Execution: those with a future */
    sac_list drives;            /* of Sac_Drive: runs without a loop */
    sac_list writers;           /* of Sac_Channel: those that have asked for
                                   a writer token (types/holder.c) */
    sac_list engines;           /* of Sac_Engine: those that are alive */
    sac_fork_guard *fork_guard; /* owned: ports do not survive a fork */
    struct sac_graves *graves;  /* strong: callables that SQLite let go of
                                   (bridge/callbacks.h) */
    unsigned engine_events;     /* what of engines is listened to: see
                                   types/listeners.h */
    bool session_events;        /* something of sessions is */
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
