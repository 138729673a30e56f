/* A step of a batch: what it owes to instances once it has run.
 *
 * With the GIL.  Settling and dropping may run anything (objects go, codecs
 * are called), so what is done with is taken out of the step first. */
#include "base/memory.h"
#include "bridge/codecs.h"
#include "bridge/compat.h"
#include "bridge/promise.h"
#include "types/batch.h"
#include "types/saver.h"

/* ---- promises in slots ------------------------------------------------- */

int
Sac_BatchStepOwe(Sac_BatchStep *self, Sac_Instance *instance, Py_ssize_t slot,
                 PyObject *key)
{
    if (self->debt_count == self->debt_space) {
        size_t space = self->debt_space == 0 ? 8 : self->debt_space * 2;
        Sac_Debt *debts = sac_realloc(self->debts, space * sizeof(*debts));
        if (debts == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        self->debts = debts;
        self->debt_space = space;
    }
    self->debts[self->debt_count++] = (Sac_Debt){
        .instance = (Sac_Instance *)Py_NewRef((PyObject *)instance),
        .key = Py_NewRef(key),
        .slot = slot,
    };
    return 0;
}

/* -> borrowed: the promise of this unit that stands in the slot, or NULL. */
static const Sac_Promise *
promise_in(Sac_Instance *instance, Py_ssize_t slot, PyObject *key,
           uint64_t unit)
{
    PyObject *value = Sac_InstancePeek(instance, slot, key);
    if (value == NULL || instance->mapping == NULL ||
        !Sac_PromiseCheck(instance->mapping->state, value) ||
        ((Sac_Promise *)value)->unit != unit) {
        return NULL;
    }
    return (Sac_Promise *)value;
}

/* -> 0 or -1. */
static int
keep_promise(Sac_Instance *instance, Py_ssize_t slot, PyObject *key,
             uint64_t unit, const sac_step *steps)
{
    const Sac_Promise *promise = promise_in(instance, slot, key, unit);
    if (promise == NULL) {
        return 0;
    }
    PyObject *rowid =
        PyLong_FromLongLong(steps[promise->step].rowids[promise->set]);
    return rowid == NULL ? -1 : Sac_InstanceStore(instance, slot, key, rowid);
}

/* No exception leaves. */
static void
unset(Sac_Instance *instance, Py_ssize_t slot, PyObject *key)
{
    if (Sac_InstanceStore(instance, slot, key, NULL) < 0) {
        PyErr_Clear();
    }
}

static void
break_promise(Sac_Instance *instance, Py_ssize_t slot, PyObject *key,
              uint64_t unit)
{
    if (promise_in(instance, slot, key, unit) != NULL) {
        unset(instance, slot, key);
    }
}

/* ---- the end of a step ------------------------------------------------- */

static void
drop_row(const Sac_BatchStep *self, Sac_Instance *instance, PyObject **late,
         uint64_t unit)
{
    const Sac_Form *form = self->form;
    if (form->rowid >= 0) {
        break_promise(instance, form->rowid_slot, form->rowid_key, unit);
    }
    for (Py_ssize_t i = 0; i < form->late_count; i++) {
        const Sac_After *after = &form->afters[i];
        if (late[i] != NULL && after->primary &&
            Sac_InstancePeek(instance, after->slot, after->key) == late[i]) {
            unset(instance, after->slot, after->key);
        }
    }
}

/* Lets go of all; unless `settled` slots are unset. */
static void
release(Sac_BatchStep *self, bool settled)
{
    Sac_Instance **instances = self->instances;
    PyObject **late = self->late;
    Sac_Debt *debts = self->debts;
    size_t debt_count = self->debt_count;
    Py_ssize_t rows = self->rows;
    Py_ssize_t width = self->form == NULL ? 0 : self->form->late_count;
    uint64_t unit = self->part == NULL ? 0 : self->part->unit;
    self->instances = NULL;
    self->late = NULL;
    self->debts = NULL;
    self->debt_count = self->debt_space = 0;
    self->rows = 0;
    for (Py_ssize_t i = 0; instances != NULL && i < rows; i++) {
        PyObject **values = late == NULL ? NULL : late + i * width;
        if (!settled) {
            drop_row(self, instances[i], values, unit);
        }
        for (Py_ssize_t j = 0; values != NULL && j < width; j++) {
            Py_XDECREF(values[j]);
        }
        Py_DECREF(instances[i]);
    }
    for (size_t i = 0; i < debt_count; i++) {
        if (!settled) {
            break_promise(debts[i].instance, debts[i].slot, debts[i].key,
                          unit);
        }
        Py_DECREF(debts[i].instance);
        Py_DECREF(debts[i].key);
    }
    sac_free(instances);
    sac_free(late);
    sac_free(debts);
}

void
Sac_BatchStepDrop(Sac_BatchStep *self)
{
    PyObject *saved = Sac_ErrTake();
    release(self, false);
    Sac_ErrGive(saved);
}

static int
settle_row(const Sac_BatchStep *self, Py_ssize_t row, const sac_step *steps)
{
    const Sac_Form *form = self->form;
    Sac_Instance *instance = self->instances[row];
    if (form->rowid >= 0 &&
        keep_promise(instance, form->rowid_slot, form->rowid_key,
                     self->part->unit, steps) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < form->late_count; i++) {
        const Sac_After *after = &form->afters[i];
        PyObject *value = self->late[row * form->late_count + i];
        if (value != NULL &&
            Sac_InstanceStore(instance, after->slot, after->key,
                              Py_NewRef(value)) < 0) {
            return -1;
        }
    }
    const Sac_After *expired =
        form->afters + form->late_count + form->cell_count;
    for (Py_ssize_t i = 0; i < form->expire_count; i++) {
        if (Sac_InstanceStore(instance, expired[i].slot, expired[i].key,
                              NULL) < 0) {
            return -1;
        }
    }
    return 0;
}

/* One returned row. */
static int
settle_cells(Sac_State *state, const Sac_BatchStep *self, Py_ssize_t row,
             const sac_cell *cells, int width)
{
    const Sac_Form *form = self->form;
    const Sac_After *after = form->afters + form->late_count;
    for (Py_ssize_t i = 0; i < form->cell_count; i++, after++) {
        if (after->cell >= width) {
            PyErr_SetString(PyExc_SystemError, "a form does not fit its rows");
            return -1;
        }
        PyObject *value =
            Sac_CodecDecode(state, after->codec, &cells[after->cell]);
        if (value == NULL ||
            Sac_InstanceStore(self->instances[row], after->slot, after->key,
                              value) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
settle_returned(Sac_State *state, const Sac_BatchStep *self, sac_rows *rows)
{
    int width = rows == NULL ? 0 : sac_rows_columns(rows);
    sac_cell *cells =
        sac_calloc((size_t)(width > 0 ? width : 1), sizeof(*cells));
    if (cells == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int rc = 0;
    sac_cursor cursor;
    if (rows != NULL) {
        sac_cursor_init(&cursor, rows);
    }
    for (Py_ssize_t i = 0;
         rows != NULL && rc == 0 && i < self->rows && sac_cursor_row(&cursor);
         i++) {
        for (int j = 0; j < width; j++) {
            sac_cursor_cell(&cursor, &cells[j]);
        }
        rc = settle_cells(state, self, i, cells, width);
    }
    sac_free(cells);
    return rc;
}

int
Sac_BatchStepSettle(Sac_State *state, Sac_BatchStep *self, sac_step *steps)
{
    for (Py_ssize_t i = 0; self->instances != NULL && i < self->rows; i++) {
        if (settle_row(self, i, steps) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < self->debt_count; i++) {
        const Sac_Debt *debt = &self->debts[i];
        if (keep_promise(debt->instance, debt->slot, debt->key,
                         self->part->unit, steps) < 0) {
            return -1;
        }
    }
    if (self->instances != NULL && self->form->cell_count > 0 &&
        settle_returned(state, self, steps[self->part->unit_step].rows) < 0) {
        return -1;
    }
    release(self, true);
    return 0;
}

PyObject *
Sac_BatchStepMismatch(const Sac_BatchStep *self, int64_t matched)
{
    static const char *const words[] = {"insert", "update", "delete"};
    PyObject *error;
    if (self->mismatch == NULL) {
        return NULL;
    }
    if (self->form == NULL) {
        error = PyObject_CallFunction(self->mismatch, "L", (long long)matched);
    }
    else {
        error = PyObject_CallFunction(
            self->mismatch, "sLL", words[self->form->kind],
            (long long)self->expect, (long long)matched);
    }
    if (error == Py_None) {
        Py_CLEAR(error);
    }
    if (error != NULL && !PyExceptionInstance_Check(error)) {
        PyErr_Format(PyExc_TypeError, "an exception or None, not %R", error);
        Py_CLEAR(error);
    }
    return error;
}

/* ---- the type ---------------------------------------------------------- */

static int
step_traverse(PyObject *op, visitproc visit, void *arg)
{
    Sac_BatchStep *self = (Sac_BatchStep *)op;
    Py_ssize_t width = self->form == NULL ? 0 : self->form->late_count;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->part);
    Py_VISIT(self->form);
    Py_VISIT(self->mismatch);
    for (Py_ssize_t i = 0; self->instances != NULL && i < self->rows; i++) {
        Py_VISIT(self->instances[i]);
    }
    for (Py_ssize_t i = 0; self->late != NULL && i < self->rows * width; i++) {
        Py_VISIT(self->late[i]);
    }
    for (size_t i = 0; i < self->debt_count; i++) {
        Py_VISIT(self->debts[i].instance);
    }
    return 0;
}

static int
step_clear(PyObject *op)
{
    Sac_BatchStep *self = (Sac_BatchStep *)op;
    Sac_BatchStepDrop(self);
    Py_CLEAR(self->mismatch);
    return 0;
}

static void
step_dealloc(PyObject *op)
{
    Sac_BatchStep *self = (Sac_BatchStep *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    (void)step_clear(op);
    Py_CLEAR(self->part);
    Py_CLEAR(self->form);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyType_Slot step_slots[] = {
    {Py_tp_traverse, step_traverse},
    {Py_tp_clear, step_clear},
    {Py_tp_dealloc, step_dealloc},
    {0, NULL},
};

static PyType_Spec step_spec = {
    .name = "sqlactive_c._core.BatchStep",
    .basicsize = sizeof(Sac_BatchStep),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = step_slots,
};

int
Sac_RegisterBatchStep(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &step_spec, &state->batch_step_type, 0);
}
