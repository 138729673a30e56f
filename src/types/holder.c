/* Who has the writer token of a database, for those who wait for it in vain.
 *
 * Each channel that asks for the token notes its task and the line of the
 * program that asks; that is all that a transaction costs.  Names and numbers
 * are made of it when somebody wants to know: for an error, or after a wait
 * that is so long that the holder may have been forgotten.  A holder whose
 * task has ended, and which nobody has used between two looks, is rolled back
 * and reported.  With the GIL. */
#include "types/channel.h"

#include "base/sync.h"
#include "bridge/compat.h"

/* ---- noting ------------------------------------------------------------ */

/* -> whether the frame is not one of the program: ours, or the loop's. */
static bool
is_machinery(Sac_State *state, PyFrameObject *frame)
{
    PyObject *globals = PyFrame_GetGlobals(frame);
    PyObject *name = PyDict_GetItemWithError(globals, state->str_module);
    bool found = false;
    if (name != NULL && PyUnicode_Check(name)) {
        const char *text = PyUnicode_AsUTF8(name);
        found = text != NULL && (strncmp(text, "sqlactive_c.", 12) == 0 ||
                                 strncmp(text, "asyncio.", 8) == 0);
    }
    Py_DECREF(globals);
    PyErr_Clear();
    return found;
}

static void
note_place(Sac_Channel *channel)
{
    Sac_State *state = SAC_STATE(channel);
    PyFrameObject *frame = PyEval_GetFrame();
    Py_XINCREF(frame);
    while (frame != NULL && is_machinery(state, frame)) {
        PyFrameObject *back = PyFrame_GetBack(frame);
        Py_DECREF(frame);
        frame = back;
    }
    Py_CLEAR(channel->code);
    if (frame != NULL) {
        channel->code = (PyObject *)PyFrame_GetCode(frame);
        channel->instruction = PyFrame_GetLasti(frame);
        Py_DECREF(frame);
    }
}

/* -> new weak reference to the running task, or NULL: there is none.  Not the
 * task itself: a session must not keep alive the task that it is registered
 * for. */
static PyObject *
running_task(Sac_State *state)
{
    PyObject *task = PyObject_CallNoArgs(state->current_task);
    PyObject *reference = NULL;
    if (task != NULL && task != Py_None) {
        reference = PyWeakref_NewRef(task, NULL);
    }
    Py_XDECREF(task);
    PyErr_Clear(); /* no running loop: a thread of run_sync; or a task of
                      somebody's own kind */
    return reference;
}

/* The identity of a task is the address of its weak reference, which every
 * channel of the task shares. */
uintptr_t
Sac_HolderAsks(Sac_Channel *channel)
{
    Sac_State *state = SAC_STATE(channel);
    Py_XSETREF(channel->task, running_task(state));
    note_place(channel);
    channel->suspect = false;
    sac_list_remove(&channel->link);
    sac_list_push_back(&state->writers, &channel->link);
    return (uintptr_t)channel->task;
}

void
Sac_HolderForget(Sac_Channel *channel)
{
    sac_list_remove(&channel->link);
    Py_CLEAR(channel->task);
    Py_CLEAR(channel->code);
}

/* ---- telling ----------------------------------------------------------- */

/* -> borrowed: the channel that has the token that this one wants, or NULL:
 * this one has it, or nobody, or what was given up. */
static Sac_Channel *
holder_of(Sac_Channel *channel)
{
    sac_list *all = &SAC_STATE(channel)->writers;
    if (channel->lease.engine == NULL || channel->lease.token) {
        return NULL;
    }
    const sac_writer *writer = sac_engine_peek_writer(channel->lease.engine);
    for (sac_list *at = all->next; writer != NULL && at != all;
         at = at->next) {
        Sac_Channel *other = SAC_CONTAINER(at, Sac_Channel, link);
        if (other->lease.token && other->lease.engine != NULL &&
            sac_engine_peek_writer(other->lease.engine) == writer) {
            return other;
        }
    }
    return NULL;
}

/* -> new str: "file:line" that began the transaction, or NULL with no
 * exception set. */
static PyObject *
place_of(const Sac_Channel *channel)
{
    PyCodeObject *code = (PyCodeObject *)channel->code;
    if (code == NULL) {
        return NULL;
    }
    PyObject *place =
        PyUnicode_FromFormat("%U:%d", code->co_filename,
                             PyCode_Addr2Line(code, channel->instruction));
    PyErr_Clear();
    return place;
}

/* -> new ref: its task, or NULL: none asked, or it is gone. */
static PyObject *
task_of(const Sac_Channel *channel)
{
    return channel->task == NULL ? NULL : Sac_WeakrefGet(channel->task);
}

/* -> whether the task that asked for the token has ended. */
static bool
task_ended(Sac_Channel *channel)
{
    if (channel->task == NULL) {
        return false; /* a thread asked */
    }
    PyObject *task = task_of(channel);
    if (task == NULL) {
        return true;
    }
    PyObject *done =
        PyObject_CallMethodNoArgs(task, SAC_STATE(channel)->str_done);
    bool ended = done == Py_True;
    Py_XDECREF(done);
    Py_DECREF(task);
    PyErr_Clear();
    return ended;
}

/* steals: object. -> the object, or None for NULL, whose error is forgotten */
static PyObject *
or_none(PyObject *object)
{
    PyErr_Clear();
    return object == NULL ? Py_NewRef(Py_None) : object;
}

/* -> new tuple (task, ended, statement, running, seconds, place), or NULL. */
static PyObject *
describe(Sac_Channel *channel)
{
    const sac_lease *lease = &channel->lease;
    PyObject *task = task_of(channel);
    PyObject *name = NULL;
    if (task != NULL) {
        name =
            PyObject_CallMethodNoArgs(task, SAC_STATE(channel)->str_get_name);
        Py_DECREF(task);
    }
    PyObject *sql = NULL;
    if (lease->last != NULL) {
        sql = PyUnicode_DecodeUTF8(lease->last->sql,
                                   (Py_ssize_t)lease->last->length, "replace");
    }
    double seconds = (double)(sac_clock_ns() - lease->token_ns) * 1e-9;
    return Py_BuildValue("NNNNdN", or_none(name),
                         PyBool_FromLong(task_ended(channel)), or_none(sql),
                         PyBool_FromLong(lease->busy), seconds,
                         or_none(place_of(channel)));
}

PyObject *
Sac_HolderTell(Sac_Channel *channel)
{
    Sac_Channel *other = holder_of(channel);
    return other == NULL ? PyTuple_New(0) : describe(other);
}

void
Sac_HolderWarn(const Sac_Channel *channel, PyObject *connection)
{
    PyObject *error = Sac_ErrTake();
    PyObject *place = place_of(channel);
    PyObject *what = connection != NULL
                         ? PyUnicode_FromFormat("unclosed %R", connection)
                         : PyUnicode_FromString("unclosed session");
    PyObject *where = place != NULL
                          ? PyUnicode_FromFormat(
                                ", with its transaction, begun at %U", place)
                          : PyUnicode_FromString("");
    if (what == NULL || where == NULL ||
        PyErr_ResourceWarning(connection, 1,
                              "%U: it was rolled back and given back%U; use "
                              "`async with` or await its close()",
                              what, where) < 0) {
        PyErr_WriteUnraisable(connection);
    }
    Py_XDECREF(place);
    Py_XDECREF(what);
    Py_XDECREF(where);
    Sac_ErrGive(error);
}

/* ---- ending what was forgotten ----------------------------------------- */

/* Rolled back by a worker, which then passes the token on. */
static void
end_forgotten(Sac_Channel *channel)
{
    PyObject *about = describe(channel);
    PyObject *told = NULL;
    channel->suspect = false;
    channel->lease.lost = true;
    sac_lease_give_up(&channel->lease);
    Sac_HolderForget(channel);
    if (about != NULL && SAC_STATE(channel)->forgotten != NULL) {
        told = PyObject_CallOneArg(SAC_STATE(channel)->forgotten, about);
    }
    if (told == NULL && PyErr_Occurred()) {
        PyErr_WriteUnraisable((PyObject *)channel);
    }
    Py_XDECREF(told);
    Py_XDECREF(about);
}

void
Sac_HolderLook(Sac_Channel *channel)
{
    Sac_Channel *other = holder_of(channel);
    if (other == NULL) {
        return;
    }
    if (other->lease.busy || !task_ended(other)) {
        other->suspect = false;
        return;
    }
    if (!other->suspect || other->seen != other->lease.uses) {
        other->suspect = true;
        other->seen = other->lease.uses;
        return;
    }
    Py_INCREF(other);
    end_forgotten(other);
    Py_DECREF(other);
}
