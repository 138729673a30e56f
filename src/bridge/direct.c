/* What users ask of a SQLite connection directly: one statement that runs at
 * once, limits, extensions.
 *
 * With the GIL, on the thread that drives the lease, which is idle. */
#include "bridge/direct.h"

#include "base/memory.h"
#include "bridge/callbacks.h"
#include "bridge/errors.h"
#include "bridge/values.h"
#include "engine/script.h"
#include "engine/user.h"

/* ---- one statement ----------------------------------------------------- */

/* -> 0, or -1 with an exception; pins keep what the values borrow. */
static int
read_values(Sac_State *state, PyObject *given, sac_value *values,
            PyObject *pins)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(given); i++) {
        PyObject *object = PyList_GET_ITEM(given, i);
        PyObject *pin = NULL;
        int rc = Sac_ValueFromObject(state, object, &values[i], &pin);
        if (rc > 0) {
            (void)Sac_RaiseMisuse(
                state,
                PyUnicode_FromFormat("parameter %zd is of a type that SQLite "
                                     "does not have: %R",
                                     i + 1, object),
                NULL);
        }
        if (rc == 0 && pin != NULL) {
            rc = PyList_Append(pins, pin);
        }
        Py_XDECREF(pin);
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

/* -> new tuple of the names, or None for a statement without rows. */
static PyObject *
names_of(const sac_step *step)
{
    if (step->columns == NULL) {
        Py_RETURN_NONE;
    }
    int count = sac_columns_count(step->columns);
    PyObject *names = PyTuple_New(count);
    for (int i = 0; names != NULL && i < count; i++) {
        PyObject *name =
            PyUnicode_FromString(sac_columns_name(step->columns, i));
        if (name == NULL) {
            Py_CLEAR(names);
            break;
        }
        PyTuple_SET_ITEM(names, i, name);
    }
    return names;
}

/* -> new tuple of the next cells. */
static PyObject *
row_at(Sac_State *state, sac_cursor *cursor, int count)
{
    PyObject *row = PyTuple_New(count);
    for (int i = 0; row != NULL && i < count; i++) {
        sac_cell cell;
        sac_cursor_cell(cursor, &cell);
        PyObject *item = Sac_ObjectFromCell(state, &cell);
        if (item == NULL) {
            Py_CLEAR(row);
            break;
        }
        PyTuple_SET_ITEM(row, i, item);
    }
    return row;
}

static PyObject *
rows_of(Sac_State *state, const sac_step *step)
{
    PyObject *rows = PyList_New(0);
    if (rows == NULL || step->rows == NULL) {
        return rows;
    }
    int count = sac_columns_count(step->columns);
    sac_cursor cursor;
    sac_cursor_init(&cursor, step->rows);
    while (rows != NULL && sac_cursor_row(&cursor)) {
        PyObject *row = row_at(state, &cursor, count);
        if (row == NULL || PyList_Append(rows, row) < 0) {
            Py_CLEAR(rows);
        }
        Py_XDECREF(row);
    }
    return rows;
}

/* Steals what the handle's callbacks left. -> 0, or -1 with an exception. */
static int
run(Sac_State *state, sac_handle *handle, sac_script *script)
{
    sac_error error;
    sac_error_init(&error);
    handle->guard = (sac_guard){
        .busy_deadline = sac_clock_ns() +
                         (int64_t)handle->options->busy_timeout_ms * 1000000,
    };
    sac_verdict verdict = sac_script_run(script, handle, &error);
    if (verdict != SAC_RUN_DONE) {
        (void)Sac_Raise(state, &error, NULL);
        PyObject *cause = handle->raised;
        handle->raised = NULL;
        Sac_ErrCausedBy(cause);
    }
    sac_error_fini(&error);
    return verdict == SAC_RUN_DONE ? 0 : -1;
}

static PyObject *
run_plan(Sac_State *state, sac_handle *handle, sac_step *step)
{
    sac_script script = {.steps = step, .count = 1};
    PyObject *result = NULL;
    if (run(state, handle, &script) == 0) {
        PyObject *names = names_of(step);
        PyObject *rows = names == NULL ? NULL : rows_of(state, step);
        if (rows != NULL) {
            result = Py_BuildValue(
                "OOLL", rows, names,
                (long long)(step->rows == NULL ? step->changes : -1),
                (long long)step->last_rowid);
        }
        Py_XDECREF(names);
        Py_XDECREF(rows);
    }
    sac_script_fini(&script);
    return result;
}

PyObject *
Sac_HandleRun(Sac_State *state, sac_engine *engine, sac_handle *handle,
              PyObject *sql, PyObject *parameters)
{
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(sql, &size);
    PyObject *given = text == NULL ? NULL : PySequence_List(parameters);
    PyObject *pins = given == NULL ? NULL : PyList_New(0);
    PyObject *result = NULL;
    if (pins != NULL) {
        size_t count = (size_t)PyList_GET_SIZE(given);
        sac_value *values = sac_calloc(count + 1, sizeof(*values));
        sac_step step = {
            .params = {.rows = 1, .width = count, .values = values}};
        step.plan = values == NULL
                        ? NULL
                        : sac_plans_get(engine->plans, text, (size_t)size);
        if (step.plan == NULL) {
            PyErr_NoMemory();
        }
        else if (read_values(state, given, values, pins) == 0) {
            result = run_plan(state, handle, &step);
        }
        else {
            sac_plan_release(step.plan);
        }
        sac_free(values);
    }
    Py_XDECREF(given);
    Py_XDECREF(pins);
    return result;
}

/* ---- facts ------------------------------------------------------------- */

PyObject *
Sac_HandleLimit(Sac_State *state, sac_handle *handle, int category, int value)
{
    int old = sac_user_limit(handle, category, value);
    if (old < 0) {
        return Sac_RaiseMisuse(
            state, PyUnicode_FromString("'category' is out of bounds"), NULL);
    }
    return PyLong_FromLong(old);
}

PyObject *
Sac_HandleTotalChanges(sac_handle *handle)
{
    return PyLong_FromLong(sac_user_total_changes(handle));
}

int
Sac_HandleLoad(Sac_State *state, sac_handle *handle, const char *path,
               const char *entry)
{
    char *message = NULL;
    int code = sac_user_load(handle, path, entry, &message);
    if (code != 0) {
        sac_error error;
        sac_error_init(&error);
        (void)sac_error_set(&error, SAC_ERR_SQLITE, message);
        error.code = error.xcode = code;
        (void)Sac_Raise(state, &error, NULL);
        sac_error_fini(&error);
    }
    sac_user_text_free(message);
    return code == 0 ? 0 : -1;
}

void
Sac_HandleInterrupt(sac_handle *handle)
{
    sac_user_interrupt(handle);
}
