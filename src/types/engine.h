/* AsyncEngine, as channels and sessions see it. */
#ifndef SAC_TYPES_ENGINE_H
#define SAC_TYPES_ENGINE_H

#include <Python.h>
#include <stdbool.h>

#include "bridge/state.h"
#include "engine/lease.h"
#include "types/shape_cache.h"

typedef struct Sac_Engine {
    PyObject_HEAD
    sac_engine *engine;       /* strong */
    PyObject *url;            /* strong: URL */
    PyObject *shown;          /* strong: str, the URL without its password */
    PyObject *dialect;        /* strong */
    PyObject *log;            /* strong: EngineLogger */
    PyObject *options;        /* strong: dict, execution options */
    PyObject *isolation_name; /* strong: str, as users write it */
    PyObject *poolclass;      /* strong: str */
    PyObject *json;           /* strong: tuple, the functions that write and
                                 read JSON, for compile_shape; or None */
    sac_isolation isolation;
    double pool_timeout;   /* seconds */
    double writer_timeout; /* seconds */
    bool hide_parameters;
    bool lazy_inline;      /* reading what is not loaded loads it */
    bool allow_extensions; /* users may load extensions of SQLite */
    bool logs;             /* the log wants statements */
    bool logs_rows;        /* and rows */
    PyObject *listeners;   /* strong: who listens to it, for
                              event/registry.py; or NULL */
    PyObject *origin;      /* strong: the engine whose connections these
                                are, for a copy with other options; or NULL */
    Sac_ShapeCache shapes; /* of an origin, used by its copies, too */
    PyObject *weakrefs;
    sac_list link; /* in state->engines, unless it is a copy */
} Sac_Engine;

/* -> borrowed: the shapes of the engine's statements. */
static inline Sac_ShapeCache *
Sac_EngineShapes(Sac_Engine *engine)
{
    return engine->origin == NULL ? &engine->shapes
                                  : &((Sac_Engine *)engine->origin)->shapes;
}

/* -> the isolation for a word of engine/create.py, or -1 with ArgumentError.
 */
int Sac_IsolationFromWord(Sac_State *state, PyObject *word,
                          sac_isolation *isolation);

/* From the dict of engine/create.py (engine_spec.c). -> 0 or -1; what was
 * filled in until then is the caller's to release. */
int Sac_OptionsFromSpec(PyObject *spec, sac_options *options);
int Sac_EngineFill(Sac_State *state, Sac_Engine *engine, PyObject *spec);

/* Pool, the view of an engine's pool (pool.c). -> new ref. */
PyObject *Sac_PoolNew(Sac_State *state, PyObject *engine);
int Sac_RegisterPool(PyObject *module);

#endif
