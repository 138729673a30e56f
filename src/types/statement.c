/* From a node and parameters to an Execution's one step.
 *
 * With the GIL.  The walk gives the fingerprint and the riders, the cache the
 * shape, or Python does; binding.c does the rest.  Knows nothing of rows. */
#include "types/statement.h"

#include "bridge/errors.h"
#include "bridge/params.h"
#include "types/binding.h"
#include "types/node.h"
#include "types/shape.h"
#include "types/shape_cache.h"

/* ---- the shape -------------------------------------------------------- */

/* In whatever order the names are. -> 0 or -1. */
static int
add_names(Sac_State *state, sac_fingerprint *print, PyObject *dict)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;
    sac_fingerprint all = {0, 0};
    while (PyDict_Next(dict, &at, &name, &value)) {
        if (!PyUnicode_Check(name)) {
            (void)Sac_RaiseNamed(state, "ArgumentError",
                                 "parameters are given by name, a str, not "
                                 "%R",
                                 name);
            return -1;
        }
        sac_fingerprint one = {0, 0};
        sac_fingerprint_add_bytes(&one, PyUnicode_DATA(name),
                                  (size_t)PyUnicode_GET_LENGTH(name) *
                                      (size_t)PyUnicode_KIND(name));
        sac_fingerprint_add(&one, (uint64_t)PyUnicode_KIND(name));
        all.low += one.low;
        all.high += one.high;
    }
    sac_fingerprint_add(print, (uint64_t)PyDict_GET_SIZE(dict) + 1);
    sac_fingerprint_add(print, all.low);
    sac_fingerprint_add(print, all.high);
    return 0;
}

/* -> new tuple of the names, sorted; None for NULL. */
static PyObject *
names_of(PyObject *dict)
{
    if (dict == NULL) {
        return Py_NewRef(Py_None);
    }
    PyObject *list = PyDict_Keys(dict);
    PyObject *names = NULL;
    if (list != NULL && PyList_Sort(list) == 0) {
        names = PyList_AsTuple(list);
    }
    Py_XDECREF(list);
    return names;
}

/* -> new ref: what Python says about the statement. */
static PyObject *
compile(Sac_State *state, Sac_Engine *engine, PyObject *node,
        PyObject *names_from, bool many)
{
    if (state->compile_shape == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "sqlactive_c.sql is not imported yet");
        return NULL;
    }
    PyObject *names = names_of(names_from);
    if (names == NULL) {
        return NULL;
    }
    PyObject *shape = PyObject_CallFunctionObjArgs(
        state->compile_shape, node, names, many ? Py_True : Py_False,
        engine->json, NULL);
    Py_DECREF(names);
    if (shape != NULL && !Sac_ShapeCheck(state, shape)) {
        PyErr_Format(PyExc_TypeError, "compile_shape() gave %R", shape);
        Py_CLEAR(shape);
    }
    return shape;
}

/* -> new ref: the shape of the statement for parameters of these names. */
static Sac_Shape *
find_shape(Sac_State *state, Sac_Engine *engine, PyObject *node,
           const Sac_Walk *walk, PyObject *names_from, bool many)
{
    Sac_ShapeCache *cache = Sac_EngineShapes(engine);
    sac_fingerprint key = walk->print;
    if (names_from != NULL && add_names(state, &key, names_from) < 0) {
        return NULL;
    }
    if (many) {
        sac_fingerprint_add(&key, 1);
    }
    if (!walk->cached) {
        cache->misses++;
        return (Sac_Shape *)compile(state, engine, node, names_from, many);
    }
    Sac_Shape *shape = Sac_ShapeCacheFind(cache, &key);
    if (shape != NULL) {
        return (Sac_Shape *)Py_NewRef((PyObject *)shape);
    }
    shape = (Sac_Shape *)compile(state, engine, node, names_from, many);
    if (shape != NULL && Sac_ShapeCacheAdd(cache, shape, &key) < 0) {
        Py_CLEAR(shape);
    }
    return shape;
}

/* ---- parameters ------------------------------------------------------- */

static int
wrong_parameters(Sac_State *state)
{
    (void)Sac_RaiseNamed(state, "ArgumentError",
                         "parameters are a dictionary or a list of "
                         "dictionaries");
    return -1;
}

/* Splits what was given: *sets, a new tuple of several, or NULL; *first, a
 * new dict, or NULL.  -> 0 or -1. */
static int
read_parameters(Sac_State *state, PyObject *parameters, PyObject **sets,
                PyObject **first)
{
    PyObject *one = parameters;
    if (PyList_Check(parameters) || PyTuple_Check(parameters)) {
        *sets = PySequence_Tuple(parameters);
        if (*sets == NULL) {
            return -1;
        }
        one = PyTuple_GET_ITEM(*sets, 0);
    }
    int rc = Sac_IsMapping(state, one);
    if (rc <= 0) {
        return rc < 0 ? -1 : wrong_parameters(state);
    }
    *first = Sac_DictOf(one);
    if (*sets != NULL && PyTuple_GET_SIZE(*sets) == 1) {
        Py_CLEAR(*sets);
    }
    return *first == NULL ? -1 : 0;
}

/* For the rows, which are asked for columns of its aliases.  -> 0 or -1. */
static int
keep_things(Sac_Execution *execution, const Sac_Shape *shape,
            const Sac_Walk *walk)
{
    if (shape->decoder == NULL || !shape->decoder->keys->named) {
        return 0;
    }
    Py_XSETREF(execution->things, Sac_WalkThings(walk));
    return execution->things == NULL ? -1 : 0;
}

int
Sac_StatementOptions(Sac_State *state, PyObject *options,
                     Sac_Execution *execution)
{
    PyObject *populate =
        PyObject_GetItem(options, state->str_populate_existing);
    if (populate != NULL) {
        int truth = PyObject_IsTrue(populate);
        Py_DECREF(populate);
        execution->populate_existing = truth != 0;
        if (truth < 0) {
            return -1;
        }
    }
    PyErr_Clear();
    PyObject *rows = PyObject_GetItem(options, state->str_yield_per);
    if (rows == NULL) {
        PyErr_Clear();
        return 0;
    }
    Py_ssize_t count = rows == Py_None ? 0 : PyLong_AsSsize_t(rows);
    Py_DECREF(rows);
    if (count == -1 && PyErr_Occurred()) {
        return -1;
    }
    execution->yield_per = count < 0 ? 0 : count;
    return 0;
}

/* Instances note the options of the statement that loads them. */
static int
take_options(Sac_State *state, PyObject *node, const Sac_Shape *shape,
             Sac_Execution *execution)
{
    const Sac_Decoder *decoder = (Sac_Decoder *)shape->decoder;
    PyObject *given =
        decoder == NULL ? NULL
                        : PyObject_GetAttr(node, state->str_execution_options);
    if (given == NULL) {
        PyErr_Clear();
    }
    int rc = given == NULL || given == Py_None
                 ? 0
                 : Sac_StatementOptions(state, given, execution);
    Py_XDECREF(given);
    if (rc < 0) {
        return -1;
    }
    if (decoder == NULL || !decoder->remembers) {
        return 0;
    }
    PyObject *options = PyObject_GetAttrString(node, "_counted_options");
    Py_XSETREF(execution->options, options);
    return options == NULL ? -1 : 0;
}

static int
apply(Sac_State *state, PyObject *node, Sac_Engine *engine,
      Sac_Execution *execution, PyObject *sets, PyObject *first)
{
    Sac_Walk walk;
    if (Sac_WalkInit(state, &walk, (Sac_Node *)node) < 0) {
        return -1;
    }
    int rc = -1;
    Sac_Binding binding = {
        .state = state,
        .walk = &walk,
        .execution = execution,
        .shape = find_shape(state, engine, node, &walk, first, sets != NULL),
    };
    if (binding.shape != NULL) {
        execution->many = sets != NULL;
        rc = keep_things(execution, binding.shape, &walk);
        if (rc == 0) {
            rc = take_options(state, node, binding.shape, execution);
        }
        if (rc == 0) {
            rc = Sac_BindSets(&binding, engine->engine, sets, first);
        }
        Py_DECREF(binding.shape);
    }
    Sac_WalkFini(&walk);
    return rc;
}

int
Sac_StatementApply(Sac_State *state, PyObject *node, Sac_Engine *engine,
                   Sac_Execution *execution, PyObject *parameters)
{
    PyObject *sets = NULL;
    PyObject *first = NULL;
    parameters = Sac_GivenParameters(parameters);
    if (parameters != NULL && PyTuple_Check(parameters) &&
        PyTuple_GET_SIZE(parameters) == 0) {
        parameters = NULL;
    }
    int rc = 0;
    if (parameters != NULL) {
        Py_XSETREF(execution->parameters, Py_NewRef(parameters));
        rc = read_parameters(state, parameters, &sets, &first);
    }
    if (rc == 0) {
        rc = apply(state, node, engine, execution, sets, first);
    }
    Py_XDECREF(sets);
    Py_XDECREF(first);
    return rc;
}

/* ---- for measurements and tests --------------------------------------- */

const char Sac_LookUpShapeDoc[] =
    "lookup_shape(engine, statement, /)\n--\n\n"
    "Return the Shape that the engine keeps for a statement, compiled if it\n"
    "has to be. Private, for tests and benchmarks.";

PyObject *
Sac_LookUpShape(PyObject *module, PyObject *args)
{
    Sac_State *state = Sac_StateOfModule(module);
    PyObject *engine, *node;
    if (!PyArg_ParseTuple(args, "O!O!:lookup_shape", state->engine_type,
                          &engine, state->clause_type, &node)) {
        return NULL;
    }
    Sac_Walk walk;
    if (Sac_WalkInit(state, &walk, (Sac_Node *)node) < 0) {
        return NULL;
    }
    Sac_Shape *shape =
        find_shape(state, (Sac_Engine *)engine, node, &walk, NULL, false);
    Sac_WalkFini(&walk);
    return (PyObject *)shape;
}
