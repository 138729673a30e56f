/* x REGEXP y: whether the pattern y is found somewhere in x, by re.search().
 *
 * Called by SQLite in the middle of a statement, with the GIL, on the thread
 * that drives the handle's lease; see engine/functions.c.  The last pattern is
 * kept with its search(), because the rows of a statement have the same. */
#include "bridge/regexp.h"

#include "bridge/callbacks.h"
#include "bridge/compat.h"
#include "bridge/values.h"
#include "engine/user.h"

/* steals: pattern.  -> borrowed: its search(), or NULL with an exception. */
static PyObject *
search_of(Sac_State *state, PyObject *pattern)
{
    PyObject *last = state->regexp_pattern;
    if (last != NULL && Py_TYPE(last) == Py_TYPE(pattern)) {
        int same = PyObject_RichCompareBool(last, pattern, Py_EQ);
        if (same != 0) {
            Py_DECREF(pattern);
            return same < 0 ? NULL : state->regexp_search;
        }
    }
    PyObject *search = NULL;
    PyObject *re = PyImport_ImportModule("re");
    PyObject *compiled =
        re == NULL ? NULL : PyObject_CallMethod(re, "compile", "O", pattern);
    if (compiled != NULL) {
        search = PyObject_GetAttrString(compiled, "search");
    }
    Py_XDECREF(compiled);
    Py_XDECREF(re);
    if (search == NULL) {
        Py_DECREF(pattern);
        return NULL;
    }
    Py_XSETREF(state->regexp_pattern, pattern);
    Py_XSETREF(state->regexp_search, search);
    return search;
}

/* -> whether it is found, or -1 with an exception. */
static int
is_found(Sac_State *state, const sac_cell *pattern, const sac_cell *text)
{
    PyObject *wanted = Sac_ObjectFromCell(state, pattern);
    PyObject *search = wanted == NULL ? NULL : search_of(state, wanted);
    if (search == NULL) {
        return -1;
    }
    Py_INCREF(search); /* a signal's handler may run another statement */
    PyObject *in = Sac_ObjectFromCell(state, text);
    PyObject *match = in == NULL ? NULL : PyObject_CallOneArg(search, in);
    Py_DECREF(search);
    Py_XDECREF(in);
    if (match == NULL) {
        return -1;
    }
    int found = match != Py_None;
    Py_DECREF(match);
    return found;
}

/* The exception that is set makes the statement fail, and says why. */
static void
fail(Sac_State *state, sac_handle *handle, struct sqlite3_context *context)
{
    PyObject *raised = Sac_ErrTake();
    PyObject *text = PyUnicode_FromFormat("REGEXP: %S", raised);
    const char *message = text == NULL ? NULL : PyUnicode_AsUTF8(text);
    PyErr_Clear();
    Sac_ErrGive(raised);
    Sac_CallbackFailed(state, handle, context,
                       message == NULL ? "REGEXP failed" : message);
    Py_XDECREF(text);
}

static void
on_regexp(struct sqlite3_context *context, int count,
          struct sqlite3_value **values)
{
    (void)count;
    sac_handle *handle = sac_user_arg(context);
    Sac_State *state = handle->options->regexp_arg;
    if (!sac_handle_may_call(handle)) {
        sac_user_fail(context, SAC_USER_FAILED,
                      "the connection is being closed");
        return;
    }
    sac_cell pattern;
    sac_cell text;
    sac_user_read(values[0], &pattern);
    sac_user_read(values[1], &text);
    if (pattern.type == SAC_NULL || text.type == SAC_NULL) {
        return; /* NULL, which is what there is without a result */
    }
    int found = is_found(state, &pattern, &text);
    if (found >= 0) {
        sac_user_give(context,
                      &(sac_value){.type = SAC_INT, .as.integer = found});
        return;
    }
    fail(state, handle, context);
}

void
Sac_OptionsRegexp(Sac_State *state, sac_options *options)
{
    options->regexp = on_regexp;
    options->regexp_arg = state;
}
