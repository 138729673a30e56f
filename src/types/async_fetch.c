/* Fetching from a stream: operations that take what the batch has and wait
 * for the next one as long as that is not enough.
 *
 * Runs with the GIL on the loop's thread.  A batch is dropped before the next
 * is asked for, so one batch is in memory.  One operation at a time waits for
 * a batch; a second one is refused, for it would lose rows of the first.
 * When waiting fails (an error, a cancellation) rows may have been lost: the
 * result is closed and its source dropped, which gives the statement back. */
#include "types/async_fetch.h"

#include "bridge/compat.h"
#include "bridge/errors.h"
#include "bridge/operation.h"
#include "types/notes.h"
#include "types/ready.h"
#include "types/row.h"

enum { SLOT_FETCHER = 0, SLOT_LIST = 1 };
enum { AT_START = 0, AT_FETCH, AT_CLOSE, AT_LOAD };

static Sac_Fetcher *
fetcher_of(const Sac_Op *op)
{
    return (Sac_Fetcher *)op->slots[SLOT_FETCHER];
}

/* -> borrowed: the result that has the supply and the source. */
static Sac_AsyncResult *
root_of(Sac_Fetcher *self)
{
    return (Sac_AsyncResult *)(self->real != NULL ? self->real
                                                  : (PyObject *)self);
}

static PyObject *
start(PyObject *self, const Sac_OpKind *kind, long number)
{
    Sac_Op *op = Sac_OpNew(SAC_STATE(self)->operation_type, kind, self);
    if (op != NULL) {
        op->number = number;
    }
    return (PyObject *)op;
}

/* Waiting has failed, the exception is set. */
static void
give_up(Sac_AsyncResult *root)
{
    PyObject *error = Sac_ErrTake();
    Sac_SupplyClose(&root->supply);
    Py_CLEAR(root->source);
    Sac_ErrGive(error);
}

static int
check_idle(Sac_AsyncResult *root)
{
    if (root->fetching) {
        Sac_RaiseNamed(SAC_STATE(root), "InvalidRequestError",
                       "Another task is fetching from this result");
        return -1;
    }
    return 0;
}

/* Asks for the next batch. -> 0: to be awaited; -1. */
static int
ask(Sac_Op *op, Sac_AsyncResult *root)
{
    if (check_idle(root) < 0) {
        return -1;
    }
    Sac_SupplyDrop(&root->supply);
    PyObject *batch = root->methods->next(root->source, (PyObject *)root,
                                          fetcher_of(op)->yield_per);
    if (Sac_OpAwait(op, batch) < 0) {
        return -1;
    }
    root->fetching = true;
    op->stage = AT_FETCH;
    return 0;
}

/* What a batch that has come means. -> 0 or -1. */
static int
take_over(Sac_AsyncResult *root, PyObject *value)
{
    root->fetching = false;
    if (value == NULL) {
        give_up(root);
        return -1;
    }
    if (!root->supply.more) {
        Py_CLEAR(root->source);
    }
    return 0;
}

/* Whether further queries belong to each batch. */
static bool
is_noted(const Sac_AsyncResult *root)
{
    return root->supply.decoder != NULL && root->supply.decoder->noted;
}

/* Decodes the batch. -> 1: what belongs to it must be awaited; 0; -1. */
static int
load_more(Sac_Op *op, Sac_AsyncResult *root)
{
    Sac_State *state = SAC_STATE(root);
    if (check_idle(root) < 0 || Sac_SupplySettle(state, &root->supply) < 0) {
        return -1;
    }
    if (root->supply.rows != NULL) {
        Sac_RaiseNamed(state, "InvalidRequestError",
                       "this result is being fetched from");
        return -1;
    }
    op->stage = AT_START;
    PyObject *coroutine = Sac_NotesLoad(state, &root->supply.load);
    if (coroutine == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    if (Sac_OpAwait(op, coroutine) < 0) {
        return -1;
    }
    root->fetching = true;
    op->stage = AT_LOAD;
    return 1;
}

/* -> 0 or -1. */
static int
loaded(Sac_AsyncResult *root, PyObject *value)
{
    root->fetching = false;
    if (value == NULL) {
        give_up(root);
        return -1;
    }
    return 0;
}

/* Brings the operation's list to `want` items (< 0: all that are left).
 * -> 1: done; 0: a batch must be awaited; -1. */
static int
gather(Sac_Op *op, PyObject *value, Py_ssize_t want)
{
    Sac_Fetcher *self = fetcher_of(op);
    Sac_AsyncResult *root = root_of(self);
    if (op->stage == AT_FETCH && take_over(root, value) < 0) {
        return -1;
    }
    if (op->stage == AT_LOAD && loaded(root, value) < 0) {
        return -1;
    }
    if (Sac_FetcherCheck(self) < 0) {
        return -1;
    }
    if (is_noted(root) && root->supply.rows != NULL) {
        int rc = load_more(op, root);
        if (rc <= 0) {
            return rc == 0 ? gather(op, value, want) : -1;
        }
        return 0;
    }
    PyObject *list = op->slots[SLOT_LIST];
    Py_ssize_t have = list != NULL ? PyList_GET_SIZE(list) : 0;
    PyObject *batch = Sac_FetchList(self, want < 0 ? -1 : want - have);
    if (batch == NULL) {
        return -1;
    }
    have += PyList_GET_SIZE(batch);
    if (list == NULL) {
        op->slots[SLOT_LIST] = batch;
    }
    else {
        Py_ssize_t end = PyList_GET_SIZE(list);
        int failed = PyList_SetSlice(list, end, end, batch);
        Py_DECREF(batch);
        if (failed < 0) {
            return -1;
        }
    }
    if (have == want) {
        return 1;
    }
    if (root->source == NULL) {
        root->supply.exhausted = true;
        return 1;
    }
    return ask(op, root);
}

/* -> new ref from the list, or NULL without an exception. */
static PyObject *
gathered(const Sac_Op *op, Py_ssize_t at)
{
    PyObject *list = op->slots[SLOT_LIST];
    return at < PyList_GET_SIZE(list) ? Py_NewRef(PyList_GET_ITEM(list, at))
                                      : NULL;
}

static PyObject *
stop_iteration(void)
{
    PyErr_SetNone(PyExc_StopAsyncIteration);
    return NULL;
}

/* ---- lists and single items: op->number is how many are wanted ---------- */

static PySendResult
outcome(int done, PyObject *result)
{
    if (done > 0) {
        return result != NULL ? PYGEN_RETURN : PYGEN_ERROR;
    }
    return done == 0 ? PYGEN_NEXT : PYGEN_ERROR;
}

static PySendResult
list_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    int done = gather(op, value, op->number);
    if (done > 0) {
        *result = Py_NewRef(op->slots[SLOT_LIST]);
    }
    return outcome(done, *result);
}

static PySendResult
partition_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    int done = gather(op, value, op->number);
    if (done > 0) {
        PyObject *list = op->slots[SLOT_LIST];
        *result =
            PyList_GET_SIZE(list) > 0 ? Py_NewRef(list) : stop_iteration();
    }
    return outcome(done, *result);
}

static PySendResult
item_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    int done = gather(op, value, 1);
    if (done > 0) {
        PyObject *item = gathered(op, 0);
        *result = item != NULL ? item : Py_NewRef(Py_None);
    }
    return outcome(done, *result);
}

static PySendResult
next_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    int done = gather(op, value, 1);
    if (done > 0) {
        PyObject *item = gathered(op, 0);
        *result = item != NULL ? item : stop_iteration();
    }
    return outcome(done, *result);
}

static PySendResult
freeze_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    int done = gather(op, value, -1);
    if (done > 0) {
        Sac_Fetcher *self = fetcher_of(op);
        *result =
            Sac_FrozenNew(SAC_STATE(self), self->keys, op->slots[SLOT_LIST]);
    }
    return outcome(done, *result);
}

static const Sac_OpKind all_kind = {"AsyncResult.all", list_step};
static const Sac_OpKind many_kind = {"AsyncResult.fetchmany", list_step};
static const Sac_OpKind one_kind = {"AsyncResult.fetchone", item_step};
static const Sac_OpKind next_kind = {"AsyncResult.__anext__", next_step};
static const Sac_OpKind freeze_kind = {"AsyncResult.freeze", freeze_step};
static const Sac_OpKind partition_kind = {"AsyncResult.partitions",
                                          partition_step};

PyObject *
Sac_AsyncAll(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return start(op, &all_kind, -1);
}

PyObject *
Sac_AsyncFetchOne(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return start(op, &one_kind, 1);
}

PyObject *
Sac_AsyncFetchMany(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    Py_ssize_t size = Sac_FetcherSizeArg((Sac_Fetcher *)op, "fetchmany", args,
                                         nargs, kwnames);
    return size < 0 ? NULL : start(op, &many_kind, size);
}

PyObject *
Sac_AsyncPartitions(PyObject *op, PyObject *const *args, Py_ssize_t nargs,
                    PyObject *kwnames)
{
    Py_ssize_t size = Sac_FetcherSizeArg((Sac_Fetcher *)op, "partitions", args,
                                         nargs, kwnames);
    return size < 0 ? NULL : Sac_AsyncPartitionsNew(SAC_STATE(op), op, size);
}

PyObject *
Sac_AsyncNextPartition(PyObject *fetcher, Py_ssize_t size)
{
    return start(fetcher, &partition_kind, size);
}

PyObject *
Sac_AsyncFreeze(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return start(op, &freeze_kind, -1);
}

/* A row that is in the batch costs no operation.  Errors wait for the await:
 * anext(result, default) of CPython 3.12 crashes when this returns NULL. */
PyObject *
Sac_AsyncNext(PyObject *op)
{
    Sac_Fetcher *self = (Sac_Fetcher *)op;
    PyObject *item = NULL;
    if (Sac_FetcherCheck(self) == 0) {
        if (is_noted(root_of(self)) && root_of(self)->supply.rows != NULL) {
            return start(op, &next_kind, 1);
        }
        item = Sac_FetchNext(self);
        if (item == NULL && !PyErr_Occurred() &&
            root_of(self)->source != NULL) {
            return start(op, &next_kind, 1);
        }
    }
    return Sac_ReadyNew(SAC_STATE(op), item);
}

/* ---- those that close --------------------------------------------------- */

/* Closes the result. -> 1: done; 0: the source's close must be awaited; -1. */
static int
close_root(Sac_Op *op)
{
    Sac_AsyncResult *root = root_of(fetcher_of(op));
    if (check_idle(root) < 0) {
        return -1;
    }
    Sac_SupplyClose(&root->supply);
    PyObject *source = root->source;
    if (source == NULL) {
        return 1;
    }
    root->source = NULL;
    PyObject *closing = root->methods->close(source);
    Py_DECREF(source);
    if (Sac_OpAwait(op, closing) < 0) {
        return -1;
    }
    op->stage = AT_CLOSE;
    return 0;
}

static PySendResult
close_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    int done = op->stage == AT_START ? close_root(op) : value != NULL ? 1 : -1;
    if (done > 0) {
        *result = Py_NewRef(Py_None);
    }
    return outcome(done, *result);
}

/* op->number of first(), one() ...: a Sac_OnlyMode and these. */
enum { ONLY_MODE = 3, ONLY_SCALAR = 4, ONLY_KEEP_OPEN = 8 };

/* As Sac_FetcherOnly(): what is exhausted already is left open. */
static PySendResult
only_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    Sac_Fetcher *self = fetcher_of(op);
    Sac_OnlyMode mode = (Sac_OnlyMode)(op->number & ONLY_MODE);
    int done = value != NULL ? 1 : -1;
    if (op->stage == AT_START && self->supply->exhausted) {
        op->number |= ONLY_KEEP_OPEN;
    }
    if (op->stage != AT_CLOSE) {
        self->repeats = mode == SAC_ONLY_FIRST;
        done = gather(op, value, mode == SAC_ONLY_FIRST ? 1 : 2);
        if (done > 0 && (op->number & ONLY_KEEP_OPEN) == 0) {
            done = close_root(op);
        }
    }
    if (done > 0) {
        PyObject *item = gathered(op, 0);
        PyObject *second = gathered(op, 1);
        *result = Sac_FetchOnly(SAC_STATE(self), item, second, mode,
                                (op->number & ONLY_SCALAR) != 0);
        Py_XDECREF(item);
        Py_XDECREF(second);
    }
    return outcome(done, *result);
}

static const Sac_OpKind close_kind = {"AsyncResult.close", close_step};
static const Sac_OpKind first_kind = {"AsyncResult.first", only_step};
static const Sac_OpKind only_one_kind = {"AsyncResult.one", only_step};
static const Sac_OpKind one_or_none_kind = {"AsyncResult.one_or_none",
                                            only_step};
static const Sac_OpKind scalar_kind = {"AsyncResult.scalar", only_step};
static const Sac_OpKind scalar_one_kind = {"AsyncResult.scalar_one",
                                           only_step};
static const Sac_OpKind scalar_one_or_none_kind = {
    "AsyncResult.scalar_one_or_none", only_step};

PyObject *
Sac_AsyncClose(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return start(op, &close_kind, 0);
}

PyObject *
Sac_AsyncFirst(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return start(op, &first_kind, SAC_ONLY_FIRST);
}

PyObject *
Sac_AsyncOne(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return start(op, &only_one_kind, SAC_ONLY_ONE);
}

PyObject *
Sac_AsyncOneOrNone(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return start(op, &one_or_none_kind, SAC_ONLY_ONE_OR_NONE);
}

PyObject *
Sac_AsyncScalar(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return start(op, &scalar_kind, (long)SAC_ONLY_FIRST | ONLY_SCALAR);
}

PyObject *
Sac_AsyncScalarOne(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return start(op, &scalar_one_kind, (long)SAC_ONLY_ONE | ONLY_SCALAR);
}

PyObject *
Sac_AsyncScalarOneOrNone(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return start(op, &scalar_one_or_none_kind,
                 (long)SAC_ONLY_ONE_OR_NONE | ONLY_SCALAR);
}
