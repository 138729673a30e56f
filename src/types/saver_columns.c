/* Which columns of its table an instance writes.
 *
 * With the GIL, for every instance that is flushed.  An INSERT has all but
 * what the database fills in; an UPDATE has what has changed since the row
 * was read, as the type of the column compares.  Knows nothing of statements.
 */
#include "types/attribute.h"
#include "types/node.h"
#include "types/saver.h"

/* An INSERT has it where nothing is set, or None. */
static bool
is_omitted(const Sac_SaverColumn *column, bool none)
{
    unsigned flags = column->flags;
    if (flags & SAC_COLUMN_READONLY) {
        return true;
    }
    if (flags & SAC_COLUMN_NONE_IS_VALUE) {
        return !none;
    }
    return (flags & (SAC_COLUMN_OPTIONAL | SAC_COLUMN_ROWID)) != 0;
}

static void
insert_columns(const Sac_Saver *self, Sac_Instance *instance, uint64_t *mask,
               bool *special)
{
    Sac_State *state = self->mapping->state;
    for (Py_ssize_t i = 0; i < self->count; i++) {
        const Sac_SaverColumn *column = &self->columns[i];
        if ((column->flags & SAC_COLUMN_VERSION) && self->version != NULL) {
            Sac_MaskAdd(mask, i);
            Sac_MaskAdd(mask, self->count);
            continue;
        }
        PyObject *value =
            Sac_InstancePeek(instance, column->slot, column->key);
        if (value == NULL || value == Py_None) {
            if (!is_omitted(column, value != NULL)) {
                Sac_MaskAdd(mask, i);
            }
        }
        else if (!(column->flags & SAC_COLUMN_READONLY)) {
            *special |= Sac_NodeCheck(state, value);
            Sac_MaskAdd(mask, i);
        }
    }
}

/* -> 1, 0, or -1 with an exception. */
static int
has_changed(const Sac_Saver *self, const Sac_SaverColumn *column,
            Sac_Instance *instance, PyObject *old, bool *special)
{
    Sac_State *state = self->mapping->state;
    PyObject *value = Sac_InstancePeek(instance, column->slot, column->key);
    if (value == NULL) {
        value = Py_None; /* it was deleted */
    }
    if (Sac_NodeCheck(state, value)) {
        *special = true;
        return 1;
    }
    if (old == state->no_value) {
        return 1;
    }
    Py_INCREF(value);
    Py_INCREF(old);
    int same =
        Sac_AttributeIsSame((Sac_Attribute *)column->attribute, old, value);
    Py_DECREF(value);
    Py_DECREF(old);
    return same < 0 ? -1 : !same;
}

/* The version that nobody has set goes on. -> whether it does. */
static bool
count_version(const Sac_Saver *self, uint64_t *mask)
{
    for (Py_ssize_t i = 0; self->version != NULL && i < self->count; i++) {
        if ((self->columns[i].flags & SAC_COLUMN_VERSION) &&
            !Sac_MaskHas(mask, i)) {
            Sac_MaskAdd(mask, i);
            Sac_MaskAdd(mask, self->count);
            return true;
        }
    }
    return false;
}

static int
update_columns(const Sac_Saver *self, Sac_Instance *instance, bool force,
               uint64_t *mask, bool *special)
{
    PyObject *key, *old;
    Py_ssize_t at = 0;
    int found = 0;
    /* A comparison may run Python, which may change what is iterated over:
     * then some change is seen twice, or never. */
    PyObject *changes = Py_XNewRef(instance->changes);
    while (changes != NULL && found >= 0 &&
           PyDict_Next(changes, &at, &key, &old)) {
        PyObject *place = PyDict_GetItem(self->by_key, key);
        if (place == NULL) {
            continue;
        }
        Py_ssize_t i = PyLong_AsSsize_t(place);
        if (self->columns[i].flags & SAC_COLUMN_READONLY) {
            continue;
        }
        int changed =
            has_changed(self, &self->columns[i], instance, old, special);
        if (changed > 0) {
            Sac_MaskAdd(mask, i);
        }
        found = changed < 0 ? -1 : found | changed;
    }
    Py_XDECREF(changes);
    if (found > 0 || (found == 0 && force)) {
        found |= count_version(self, mask);
    }
    return found;
}

int
Sac_SaverColumns(Sac_Saver *self, Sac_WriteKind kind, Sac_Instance *instance,
                 bool force, uint64_t *mask, bool *special)
{
    *special = false;
    switch (kind) {
    case SAC_WRITE_INSERT:
        insert_columns(self, instance, mask, special);
        return 1;
    case SAC_WRITE_UPDATE:
        return update_columns(self, instance, force, mask, special);
    case SAC_WRITE_DELETE:
        break;
    }
    return 1;
}
