/* Which instances of a result want further queries.
 *
 * With the GIL, for every row of a result whose plan has notes.  Instances are
 * collected as they are loaded; when all rows are read, those are left for
 * each note whose relation is not loaded, each once, in order, and Python is
 * asked to load them.  Knows nothing of queries. */
#include "types/notes.h"

#include "types/related.h"

/* Instances that share their notes. */
typedef struct Group {
    PyObject *notes;     /* strong: tuple */
    PyObject *instances; /* strong: list */
    bool repeated;       /* some may be in it twice */
} Group;

struct Sac_Work {
    Group *groups; /* owned */
    int count;
    int last; /* the one that was used last */
};

/* ---- collecting -------------------------------------------------------- */

int
Sac_NotesCheck(PyObject *notes)
{
    Py_ssize_t count = PyTuple_Check(notes) ? PyTuple_GET_SIZE(notes) : -1;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PyTuple_GET_ITEM(notes, i);
        if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 3 ||
            !PyLong_Check(PyTuple_GET_ITEM(item, 0))) {
            count = -1;
        }
    }
    if (count < 0) {
        PyErr_SetString(PyExc_TypeError,
                        "notes are a tuple of (slot, key, note)");
        return -1;
    }
    return 0;
}

static Group *
new_group(Sac_Work *work, PyObject *notes)
{
    Group *groups =
        PyMem_Realloc(work->groups, (size_t)(work->count + 1) * sizeof(Group));
    if (groups == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    work->groups = groups;
    PyObject *list = PyList_New(0);
    if (list == NULL) {
        return NULL;
    }
    work->last = work->count++;
    groups[work->last] = (Group){.notes = Py_NewRef(notes), .instances = list};
    return &groups[work->last];
}

/* -> the group of instances with these notes, or NULL. */
static Group *
group_of(Sac_LoadContext *context, PyObject *notes)
{
    Sac_Work *work = context->work;
    if (work == NULL) {
        work = context->work = PyMem_Calloc(1, sizeof(Sac_Work));
        if (work == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
    }
    else if (work->groups[work->last].notes == notes) {
        return &work->groups[work->last];
    }
    for (int i = 0; i < work->count; i++) {
        if (work->groups[i].notes == notes) {
            work->last = i;
            return &work->groups[i];
        }
    }
    return new_group(work, notes);
}

int
Sac_NotesCollect(const Sac_EntityPlan *plan, Sac_Instance *instance,
                 Sac_LoadContext *context, bool fresh)
{
    if (context->session == NULL) {
        return 0;
    }
    Group *group = group_of(context, plan->notes);
    if (group == NULL) {
        return -1;
    }
    PyObject *list = group->instances;
    Py_ssize_t count = PyList_GET_SIZE(list);
    if (!fresh) {
        /* Rows of one parent follow one another as a rule. */
        if (count > 0 &&
            PyList_GET_ITEM(list, count - 1) == (PyObject *)instance) {
            return 0;
        }
        group->repeated = true;
    }
    return PyList_Append(list, (PyObject *)instance);
}

/* ---- what is left to do ------------------------------------------------ */

/* -> 1, 0, or -1 with an exception. */
static int
wants(Sac_Instance *instance, Py_ssize_t slot, PyObject *key, bool all)
{
    if (slot < 0 || all) {
        return 1;
    }
    if (Sac_InstancePeek(instance, slot, key) != NULL) {
        return 0;
    }
    return instance->changes == NULL
               ? 1
               : !PyDict_Contains(instance->changes, key);
}

/* Leaves each instance where it stands first. -> 0 or -1. */
static int
drop_repeated(Group *group)
{
    Sac_Related *seen = NULL;
    PyObject *once = PyList_New(0);
    Py_ssize_t count = PyList_GET_SIZE(group->instances);
    for (Py_ssize_t i = 0; once != NULL && i < count; i++) {
        PyObject *instance = PyList_GET_ITEM(group->instances, i);
        if (Sac_RelatedFind(seen, instance, group) == NULL &&
            (Sac_RelatedBegin(&seen, instance, group, instance) < 0 ||
             PyList_Append(once, instance) < 0)) {
            Py_CLEAR(once);
        }
    }
    Sac_RelatedFree(seen);
    if (once == NULL) {
        return -1;
    }
    Py_SETREF(group->instances, once);
    group->repeated = false;
    return 0;
}

/* Adds (note, instances) to the list, if there are any. -> 0 or -1. */
static int
add_note(PyObject *list, const Group *group, PyObject *item, bool all)
{
    Py_ssize_t slot = PyLong_AsSsize_t(PyTuple_GET_ITEM(item, 0));
    PyObject *wanted = PyList_New(0);
    for (Py_ssize_t i = 0;
         wanted != NULL && i < PyList_GET_SIZE(group->instances); i++) {
        PyObject *instance = PyList_GET_ITEM(group->instances, i);
        int rc = wants((Sac_Instance *)instance, slot,
                       PyTuple_GET_ITEM(item, 1), all);
        if (rc < 0 || (rc > 0 && PyList_Append(wanted, instance) < 0)) {
            Py_CLEAR(wanted);
        }
    }
    if (wanted == NULL) {
        return -1;
    }
    int rc = 0;
    if (PyList_GET_SIZE(wanted) > 0) {
        PyObject *pair = PyTuple_Pack(2, PyTuple_GET_ITEM(item, 2), wanted);
        rc = pair == NULL ? -1 : PyList_Append(list, pair);
        Py_XDECREF(pair);
    }
    Py_DECREF(wanted);
    return rc;
}

/* -> new list of (note, list of instances). */
static PyObject *
take(Sac_Work *work, bool all)
{
    PyObject *list = PyList_New(0);
    for (int i = 0; list != NULL && i < work->count; i++) {
        Group *group = &work->groups[i];
        if (group->repeated && drop_repeated(group) < 0) {
            Py_CLEAR(list);
            break;
        }
        for (Py_ssize_t k = 0;
             list != NULL && k < PyTuple_GET_SIZE(group->notes); k++) {
            if (add_note(list, group, PyTuple_GET_ITEM(group->notes, k), all) <
                0) {
                Py_CLEAR(list);
            }
        }
    }
    return list;
}

PyObject *
Sac_NotesLoad(Sac_State *state, Sac_LoadContext *context)
{
    Sac_Work *work = context->work;
    if (work == NULL) {
        return NULL;
    }
    context->work = NULL;
    PyObject *list = take(work, context->populate_existing);
    Sac_WorkFree(work);
    if (list == NULL || PyList_GET_SIZE(list) == 0) {
        Py_XDECREF(list);
        return NULL;
    }
    PyObject *coroutine = NULL;
    if (state->load_more == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "sqlactive_c.orm is not imported yet");
    }
    else {
        coroutine = PyObject_CallFunctionObjArgs(
            state->load_more, context->session, list,
            context->options == NULL ? Py_None : context->options,
            context->populate_existing ? Py_True : Py_False, NULL);
    }
    Py_DECREF(list);
    return coroutine;
}

/* ---- life -------------------------------------------------------------- */

int
Sac_WorkTraverse(const Sac_Work *work, visitproc visit, void *arg)
{
    for (int i = 0; work != NULL && i < work->count; i++) {
        Py_VISIT(work->groups[i].notes);
        Py_VISIT(work->groups[i].instances);
    }
    return 0;
}

void
Sac_WorkFree(Sac_Work *work)
{
    for (int i = 0; work != NULL && i < work->count; i++) {
        Py_DECREF(work->groups[i].notes);
        Py_DECREF(work->groups[i].instances);
    }
    if (work != NULL) {
        PyMem_Free(work->groups);
        PyMem_Free(work);
    }
}
