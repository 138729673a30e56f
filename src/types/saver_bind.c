/* Binding rows of instances: one step of a batch.
 *
 * With the GIL, for every instance that is flushed.  Values go from slots
 * through codecs into the step; binding.c does the rest.  Python code that is
 * called on the way (defaults, codecs, versions) may change instances, not the
 * batch. */
#include "base/memory.h"
#include "bridge/promise.h"
#include "types/binding.h"
#include "types/channel.h"
#include "types/engine.h"
#include "types/saver.h"

/* The rows of one step, and which of them is being bound. */
typedef struct Rows {
    Sac_Binding binding;
    Sac_Saver *saver;
    Sac_Form *form;
    Sac_BatchStep *step;
    Sac_Instance *instance; /* borrowed: of the current row */
    PyObject *version;      /* strong: of the current row, or NULL */
} Rows;

/* ---- values ------------------------------------------------------------ */

/* What the row has. -> new ref. */
static PyObject *
old_value(const Sac_SaverColumn *column, Sac_Instance *instance)
{
    PyObject *identity = instance->identity;
    if (column->identity >= 0 && identity != NULL) {
        return Py_NewRef(instance->mapping->pk_count == 1
                             ? identity
                             : PyTuple_GET_ITEM(identity, column->identity));
    }
    PyObject *old = instance->changes == NULL
                        ? NULL
                        : PyDict_GetItem(instance->changes, column->key);
    if (old == NULL || old == instance->mapping->state->no_value) {
        old = Sac_InstancePeek(instance, column->slot, column->key);
    }
    return Py_NewRef(old == NULL ? Py_None : old);
}

/* -> new ref, or NULL with an exception. */
static PyObject *
next_version(Rows *rows, const Sac_SaverColumn *column)
{
    if (rows->version == NULL) {
        PyObject *old = rows->form->kind == SAC_WRITE_INSERT
                            ? Py_NewRef(Py_None)
                            : old_value(column, rows->instance);
        rows->version = PyObject_CallOneArg(rows->saver->version, old);
        Py_DECREF(old);
    }
    return Py_XNewRef(rows->version);
}

static int
take_slot(Rows *rows, const Sac_SaverColumn *column, PyObject **value)
{
    PyObject *found =
        Sac_InstancePeek(rows->instance, column->slot, column->key);
    if (found == NULL) {
        found = Py_None;
        /* The row has NULL, and nobody need ask it. */
        if (rows->form->kind == SAC_WRITE_INSERT &&
            Sac_InstanceStore(rows->instance, column->slot, column->key,
                              Py_NewRef(found)) < 0) {
            return -1;
        }
    }
    else if (Sac_PromiseCheck(rows->binding.state, found) &&
             Sac_BatchStepOwe(rows->step, rows->instance, column->slot,
                              column->key) < 0) {
        return -1;
    }
    *value = Py_NewRef(found);
    return 1;
}

static int
take(Sac_Binding *binding, Py_ssize_t at, PyObject **value)
{
    Rows *rows = SAC_CONTAINER(binding, Rows, binding);
    const Sac_FormSource *source = &rows->form->sources[at];
    if (source->kind == SAC_SOURCE_OWN) {
        return 0;
    }
    const Sac_SaverColumn *column = &rows->saver->columns[source->column];
    switch (source->kind) {
    case SAC_SOURCE_OWN:
        break;
    case SAC_SOURCE_SLOT:
        return take_slot(rows, column, value);
    case SAC_SOURCE_OLD:
        *value = old_value(column, rows->instance);
        return 1;
    case SAC_SOURCE_VERSION:
        *value = next_version(rows, column);
        return *value == NULL ? -1 : 1;
    }
    return 0;
}

static void
keep(Sac_Binding *binding, Py_ssize_t at, PyObject *value)
{
    Rows *rows = SAC_CONTAINER(binding, Rows, binding);
    Py_ssize_t late = rows->form->sources[at].late;
    if (late >= 0) {
        size_t width = (size_t)rows->form->late_count;
        PyObject **place =
            &rows->step->late[binding->set * width + (size_t)late];
        Py_XSETREF(*place, Py_NewRef(value));
    }
}

/* ---- rows -------------------------------------------------------------- */

/* The key that others may refer to goes into its slot. -> 0 or -1. */
static int
give_key(const Rows *rows, const Sac_Batch *batch, size_t row)
{
    const Sac_Form *form = rows->form;
    if (form->rowid >= 0) {
        PyObject *promise =
            Sac_PromiseNew(rows->binding.state, batch->unit,
                           rows->step->part->unit_step, (uint32_t)row);
        if (promise == NULL ||
            Sac_InstanceStore(rows->instance, form->rowid_slot,
                              form->rowid_key, promise) < 0) {
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < form->late_count; i++) {
        const Sac_After *after = &form->afters[i];
        PyObject *value =
            rows->step->late[row * (size_t)form->late_count + (size_t)i];
        if (after->primary && value != NULL &&
            Sac_InstanceStore(rows->instance, after->slot, after->key,
                              Py_NewRef(value)) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
bind_row(Rows *rows, const Sac_Batch *batch, Sac_Instance *instance,
         size_t row)
{
    Sac_BatchStep *step = rows->step;
    rows->instance = instance;
    Py_CLEAR(rows->version);
    if (step->instances != NULL) {
        step->instances[row] = (Sac_Instance *)Py_NewRef((PyObject *)instance);
        step->rows = (Py_ssize_t)row + 1;
    }
    return Sac_BindRow(&rows->binding, row) < 0 ? -1
                                                : give_key(rows, batch, row);
}

/* Rows that are not as many as expected: what is said about it. */
static void
expect(Sac_BatchStep *step, const Sac_Saver *saver, Sac_WriteKind kind,
       Py_ssize_t count)
{
    bool versioned = false;
    for (Py_ssize_t i = 0; i < saver->count; i++) {
        versioned |= (saver->columns[i].flags & SAC_COLUMN_VERSION) != 0;
    }
    if (kind == SAC_WRITE_INSERT || saver->mismatch == NULL) {
        return;
    }
    step->expects = true;
    step->expect = count;
    step->strict = kind == SAC_WRITE_UPDATE || versioned;
    step->mismatch = Py_NewRef(saver->mismatch);
}

int
Sac_SaverAppend(Sac_Saver *self, Sac_Batch *batch, Sac_WriteKind kind,
                const Sac_SaverRow *rows, Py_ssize_t count,
                const uint64_t *mask)
{
    Sac_Form *form = Sac_SaverForm(self, kind, mask, count > 1);
    Sac_BatchStep *step =
        form == NULL ? NULL : Sac_BatchStepNew(batch, form, count);
    if (step == NULL) {
        return -1;
    }
    Rows all = {
        .binding = {.state = self->mapping->state,
                    .shape = step->form->shape,
                    .execution = step->part,
                    .take = take,
                    .keep = step->form->late_count > 0 ? keep : NULL},
        .saver = self,
        .form = step->form,
        .step = step,
    };
    const Sac_Channel *channel = batch->session->channel;
    step->part->many = count > 1;
    expect(step, self, kind, count);
    int rc = Sac_BindBegin(
        &all.binding, ((Sac_Engine *)channel->engine)->engine, (size_t)count);
    for (Py_ssize_t i = 0; rc == 0 && i < count; i++) {
        rc = bind_row(&all, batch, rows[i].instance, (size_t)i);
    }
    Sac_BindEnd(&all.binding);
    Py_XDECREF(all.version);
    if (rc == 0) {
        rc = Sac_BatchAppend(batch, step);
    }
    if (rc == 0) {
        batch->blocked |= step->form->blind;
    }
    Py_DECREF(step);
    return rc;
}
