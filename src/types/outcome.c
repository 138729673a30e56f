/* From a finished execution to what a result is made of.
 *
 * With the GIL, on the thread that resumed the execution.  Rows move, all
 * else is shared.  Knows nothing of channels. */
#include "types/outcome.h"

#include "types/engine.h"
#include "types/session.h"
#include "types/shape.h"

/* What only a statement of nodes leaves behind. */
static void
compiled_outcome(const Sac_Execution *execution, const Sac_Shape *shape,
                 Sac_Outcome *outcome)
{
    PyObject *owner = execution->op.slots[0];
    Sac_State *state = SAC_STATE(owner);
    outcome->decoder = shape->decoder;
    outcome->session =
        PyObject_TypeCheck(owner, state->session_type) ? owner : NULL;
    outcome->cohorts =
        outcome->session != NULL &&
        ((Sac_Engine *)((Sac_Session *)owner)->channel->engine)->lazy_inline;
    outcome->shape = execution->shape;
    outcome->bound = execution->bound;
    outcome->parameters = execution->many ? execution->parameters : NULL;
}

/* The names of what the decoder makes; where SQLite knows better, it is asked.
 * *decoder becomes NULL when it does not fit.  -> new ref. */
static Sac_Keys *
decoder_keys(Sac_State *state, const Sac_Shape *shape, sac_columns *columns,
             PyObject *things, Sac_Decoder **decoder)
{
    Sac_Keys *keys = (*decoder)->keys;
    if (!shape->textual || (*decoder)->entities) {
        return things != NULL ? Sac_KeysOf(state, keys, things)
                              : (Sac_Keys *)Py_NewRef((PyObject *)keys);
    }
    Sac_Keys *named = Sac_KeysFromColumns(state, columns);
    int count = sac_columns_count(columns);
    if (named == NULL || count != (*decoder)->cells ||
        count != (*decoder)->count) {
        *decoder = NULL;
        return named;
    }
    Sac_Keys *whole = Sac_KeysFromNames(state, named->names);
    Py_DECREF(named);
    if (whole != NULL && keys->targets != NULL &&
        Sac_KeysTarget(whole, Py_NewRef(keys->targets), keys->target_key) <
            0) {
        Py_CLEAR(whole);
    }
    if (whole != NULL) {
        whole->things = Py_XNewRef(things);
    }
    return whole;
}

/* The same where the names tell what the columns are. */
static Sac_Keys *
fitted_keys(Sac_State *state, Sac_Shape *shape, sac_columns *columns,
            PyObject *things, Sac_Decoder **decoder)
{
    Sac_Keys *named = Sac_KeysFromColumns(state, columns);
    if (named == NULL) {
        return NULL;
    }
    *decoder = Sac_ShapeFit(shape, named->names);
    Py_DECREF(named);
    if (*decoder == NULL) {
        return NULL;
    }
    Sac_Keys *keys = (*decoder)->keys;
    return things != NULL ? Sac_KeysOf(state, keys, things)
                          : (Sac_Keys *)Py_NewRef((PyObject *)keys);
}

static Sac_Keys *
keys_of(Sac_Execution *execution, sac_columns *columns, Sac_Outcome *outcome)
{
    Sac_State *state = SAC_STATE(execution);
    Sac_Shape *shape = (Sac_Shape *)execution->shape;
    if (outcome->decoder == NULL) {
        return Sac_KeysFromColumns(state, columns);
    }
    return shape->fit != NULL
               ? fitted_keys(state, shape, columns, execution->things,
                             &outcome->decoder)
               : decoder_keys(state, shape, columns, execution->things,
                              &outcome->decoder);
}

int
Sac_OutcomeTake(Sac_Execution *execution, Sac_Outcome *outcome)
{
    sac_step *step = execution->call.stream != NULL
                         ? &execution->call.stream->step
                         : &execution->step;
    unsigned facts = sac_plan_facts(step->plan);
    *outcome = (Sac_Outcome){
        .changes = facts & SAC_PLAN_DML ? step->changes : -1,
        .last_rowid = step->last_rowid,
        .has_last_rowid = (facts & SAC_PLAN_INSERT) != 0,
    };
    const Sac_Shape *shape = (Sac_Shape *)execution->shape;
    outcome->options = execution->options;
    outcome->populate_existing = execution->populate_existing;
    outcome->yield_per = execution->yield_per;
    if (shape != NULL) {
        compiled_outcome(execution, shape, outcome);
    }
    if (step->columns != NULL) {
        outcome->keys = keys_of(execution, step->columns, outcome);
        if (outcome->keys == NULL) {
            return -1;
        }
        outcome->rows = step->rows;
        step->rows = NULL;
    }
    return 0;
}
