/* Taking rows out of a supply: the hot loop of every result.
 *
 * Runs with the GIL on the thread that fetches.  A packed row becomes one
 * object of the wanted shape, without a tuple or a dict on the way; the pages
 * are freed as soon as their last row was taken.  Knows nothing of
 * statements and connections. */
#include "types/fetch.h"

#include "base/prefetch.h"
#include "bridge/errors.h"
#include "bridge/values.h"
#include "types/identity_map.h"
#include "types/row.h"
#include "types/session.h"

static Py_ssize_t
rows_left(const Sac_Supply *supply)
{
    if (supply->rows != NULL) {
        return (Py_ssize_t)supply->cursor.left;
    }
    if (supply->list != NULL) {
        Py_ssize_t left = PyList_GET_SIZE(supply->list) - supply->at;
        return left > 0 ? left : 0;
    }
    return 0;
}

/* Sac_ObjectFromCell() with the common cases in line. */
static inline PyObject *
object_of(Sac_State *state, const sac_cell *cell)
{
    switch (cell->type) {
    case SAC_NULL:
        return Py_NewRef(Py_None);
    case SAC_INT:
        return PyLong_FromLongLong(cell->as.integer);
    case SAC_REAL:
        return PyFloat_FromDouble(cell->as.real);
    case SAC_TEXT: /* and what is not UTF-8 */
    case SAC_BLOB:
    case SAC_ROWID:
    default:
        return Sac_ObjectFromCell(state, cell);
    }
}

static void
skip_cells(sac_cursor *cursor, Py_ssize_t count)
{
    sac_cell cell;
    for (; count > 0; count--) {
        sac_cursor_cell(cursor, &cell);
    }
}

/* Begins the next packed row.  -> false when there is none after all: making
 * an object can run the collector, and with it code that fetches, too. */
static inline bool
begin_row(Sac_Supply *supply)
{
    return supply->rows != NULL && sac_cursor_row(&supply->cursor);
}

/* The next packed row, whole.  Its cells are all read, whatever happens: the
 * cursor stands at the row after it. */
static PyObject *
whole_row(Sac_Fetcher *self, Sac_State *state, PyTypeObject *type)
{
    Py_ssize_t width = self->width;
    Sac_Row *row = Sac_RowAlloc(type, self->keys, width);
    if (row == NULL) {
        return NULL;
    }
    if (!begin_row(self->supply)) {
        Sac_RowDrop(row, 0);
        return NULL;
    }
    sac_cursor *cursor = &self->supply->cursor;
    for (Py_ssize_t i = 0; i < width; i++) {
        sac_cell cell;
        sac_cursor_cell(cursor, &cell);
        row->items[i] = object_of(state, &cell);
        if (row->items[i] == NULL) {
            skip_cells(cursor, width - i - 1);
            Sac_RowDrop(row, i);
            return NULL;
        }
    }
    return Sac_RowReady(row);
}

/* Some columns of the next packed row, in the order of the picks. */
static PyObject *
picked_row(Sac_Fetcher *self, Sac_State *state, PyTypeObject *type)
{
    Sac_Row *row = Sac_RowAlloc(type, self->keys, self->width);
    if (row == NULL) {
        return NULL;
    }
    if (!begin_row(self->supply)) {
        Sac_RowDrop(row, 0);
        return NULL;
    }
    sac_cursor start = self->supply->cursor;
    skip_cells(&self->supply->cursor, self->supply->columns);
    for (Py_ssize_t i = 0; i < self->width; i++) {
        sac_cursor cursor = start;
        sac_cell cell;
        skip_cells(&cursor, self->picks[i]);
        sac_cursor_cell(&cursor, &cell);
        row->items[i] = object_of(state, &cell);
        if (row->items[i] == NULL) {
            Sac_RowDrop(row, i);
            return NULL;
        }
    }
    return Sac_RowReady(row);
}

/* One column of the next packed row. */
static PyObject *
one_cell(Sac_Fetcher *self, Sac_State *state, Py_ssize_t at)
{
    if (!begin_row(self->supply)) {
        return NULL;
    }
    sac_cursor *cursor = &self->supply->cursor;
    sac_cell cell;
    skip_cells(cursor, at);
    sac_cursor_cell(cursor, &cell);
    /* Its bytes stay where they are until the pages are freed. */
    sac_cell rest = cell;
    for (Py_ssize_t i = at + 1; i < self->supply->columns; i++) {
        sac_cursor_cell(cursor, &rest);
    }
    return object_of(state, &cell);
}

/* ---- decoded items ----------------------------------------------------- */

enum { STACK_CELLS = 32 };

/* Rows from which on the garbage collector waits until they are made. */
enum { PAUSE_COLLECTOR = 500 };

/* One row that is being decoded.  Its cells are all read before any of them
 * is looked at: decoding can run Python code, which may do anything to the
 * result but fetch from it. */
typedef struct Decoding {
    Sac_Supply *supply;
    sac_cell *cells;
    sac_cell stack[STACK_CELLS];
} Decoding;

/* That of the session, or one for this result alone.  -> 0 or -1. */
static int
find_identity_map(Sac_Supply *supply, Sac_State *state)
{
    Sac_Session *session = (Sac_Session *)supply->load.session;
    PyObject *map =
        session != NULL
            ? Py_XNewRef((PyObject *)Sac_SessionIdentityMap(session))
            : (PyObject *)Sac_IdentityMapNew(state, NULL);
    supply->load.identity_map = map;
    return map == NULL ? -1 : 0;
}

static int
prepare_decoding(Decoding *self, Sac_State *state)
{
    Sac_Supply *supply = self->supply;
    if (supply->decoding) {
        (void)Sac_RaiseNamed(state, "InvalidRequestError",
                             "this result is being fetched from");
        return -1;
    }
    if (supply->rows == NULL) {
        return -1;
    }
    int count = sac_rows_columns(supply->rows);
    const Sac_Decoder *decoder = supply->decoder;
    if (decoder != NULL && count < decoder->cells) {
        (void)Sac_RaiseNamed(state, "InvalidRequestError",
                             "the statement gives %d columns, its result "
                             "needs %d",
                             count, decoder->cells);
        return -1;
    }
    if (decoder != NULL && decoder->entities &&
        supply->load.identity_map == NULL &&
        find_identity_map(supply, state) < 0) {
        return -1;
    }
    self->cells = self->stack;
    if (count > STACK_CELLS) {
        self->cells = PyMem_New(sac_cell, (size_t)count);
        if (self->cells == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    return 0;
}

static void
end_decoding(Decoding *self)
{
    Sac_Supply *supply = self->supply;
    supply->decoding = false;
    sac_rows_free(supply->held);
    supply->held = NULL;
    if (self->cells != self->stack) {
        PyMem_Free(self->cells);
    }
}

/* Reads the next row.  -> 0, to be ended; or -1 with an exception, or without
 * when there is none. */
static int
begin_decoding(Decoding *self, Sac_State *state)
{
    if (prepare_decoding(self, state) < 0) {
        return -1;
    }
    Sac_Supply *supply = self->supply;
    if (!begin_row(supply)) {
        end_decoding(self);
        return -1;
    }
    supply->decoding = true;
    int count = sac_rows_columns(supply->rows);
    for (int i = 0; i < count; i++) {
        sac_cursor_cell(&supply->cursor, &self->cells[i]);
    }
    return 0;
}

static inline PyObject *
decode(Decoding *self, Sac_State *state, Py_ssize_t at)
{
    const Sac_Item *item = &self->supply->decoder->items[at];
    if (item->kind == SAC_ITEM_CELL && item->object == NULL) {
        return object_of(state, &self->cells[item->at]);
    }
    return Sac_DecodeItem(state, item, self->cells, &self->supply->load);
}

/* The next row, whole or in part. */
static PyObject *
decoded_row(Sac_Fetcher *self, Sac_State *state, PyTypeObject *type)
{
    Decoding decoding = {.supply = self->supply};
    if (begin_decoding(&decoding, state) < 0) {
        return NULL;
    }
    /* unique() and columns() may change these meanwhile. */
    Py_ssize_t width = self->width;
    const Py_ssize_t *picks = self->picks;
    Sac_Row *row = Sac_RowAlloc(type, self->keys, width);
    for (Py_ssize_t i = 0; row != NULL && i < width; i++) {
        row->items[i] = decode(&decoding, state, picks != NULL ? picks[i] : i);
        if (row->items[i] == NULL) {
            Sac_RowDrop(row, i);
            row = NULL;
        }
    }
    end_decoding(&decoding);
    return row == NULL ? NULL : Sac_RowReady(row);
}

static PyObject *
decoded_item(Sac_Supply *supply, Sac_State *state, Py_ssize_t at)
{
    Decoding decoding = {.supply = supply};
    if (begin_decoding(&decoding, state) < 0) {
        return NULL;
    }
    PyObject *item = decode(&decoding, state, at);
    end_decoding(&decoding);
    return item;
}

PyObject *
Sac_SupplyScalar(Sac_State *state, Sac_Supply *supply)
{
    PyObject *item = decoded_item(supply, state, 0);
    bool all = supply->decoder->collections; /* the other rows fill them */
    while (item != NULL && all && rows_left(supply) > 0) {
        PyObject *next = decoded_item(supply, state, 0);
        if (next == NULL && PyErr_Occurred()) {
            Py_CLEAR(item);
        }
        Py_XDECREF(next);
    }
    return item != NULL || PyErr_Occurred() ? item : Py_NewRef(Py_None);
}

/* Rows that were made a while ago, and what is in them, are on their way from
 * memory before it is their turn. */
static inline void
prefetch_listed(const Sac_Supply *supply)
{
    enum { ROWS = 16, ITEMS = 8 };
    Py_ssize_t left = PyList_GET_SIZE(supply->list) - supply->at;
    if (left > ROWS) {
        PyObject **rows = ((PyListObject *)supply->list)->ob_item + supply->at;
        sac_prefetch(rows[ROWS]);
        sac_prefetch(((Sac_Row *)rows[ITEMS])->items[0]);
    }
}

/* The next of the rows that were made before. */
static PyObject *
listed_item(Sac_Fetcher *self, PyTypeObject *type)
{
    Sac_Supply *supply = self->supply;
    PyObject *item = NULL;
    prefetch_listed(supply);
    Sac_Row *made =
        (Sac_Row *)Py_NewRef(PyList_GET_ITEM(supply->list, supply->at++));
    if (self->form == SAC_FORM_SCALAR) {
        item = Py_NewRef(made->items[self->picks ? self->picks[0] : 0]);
    }
    else if (self->picks == NULL) {
        item = self->form == SAC_FORM_ROW ? Py_NewRef((PyObject *)made)
                                          : Sac_RowCopy(type, made);
    }
    else {
        Sac_Row *row = Sac_RowAlloc(type, self->keys, self->width);
        for (Py_ssize_t i = 0; row != NULL && i < self->width; i++) {
            row->items[i] = Py_NewRef(made->items[self->picks[i]]);
        }
        item = row != NULL ? Sac_RowReady(row) : NULL;
    }
    Py_DECREF(made);
    return item;
}

/* The next item, unique or not.  -> new ref or NULL, as Sac_FetchNext(). */
static inline PyObject *
make_item(Sac_Fetcher *self, Sac_State *state)
{
    Sac_Supply *supply = self->supply;
    PyTypeObject *type = self->form == SAC_FORM_MAPPING
                             ? state->row_mapping_type
                             : state->row_type;
    if (supply->rows == NULL) {
        return rows_left(supply) > 0 ? listed_item(self, type) : NULL;
    }
    if (supply->decoder != NULL) {
        return self->form == SAC_FORM_SCALAR
                   ? decoded_item(supply, state,
                                  self->picks ? self->picks[0] : 0)
                   : decoded_row(self, state, type);
    }
    if (self->form == SAC_FORM_SCALAR) {
        return one_cell(self, state, self->picks ? self->picks[0] : 0);
    }
    return self->picks == NULL ? whole_row(self, state, type)
                               : picked_row(self, state, type);
}

/* -> new ref: what a strategy is called with: always a row. */
static PyObject *
row_of(Sac_Fetcher *self, Sac_State *state, PyObject *item)
{
    if (self->form == SAC_FORM_ROW) {
        return Py_NewRef(item);
    }
    if (self->form == SAC_FORM_MAPPING) {
        return Sac_RowCopy(state->row_type, (Sac_Row *)item);
    }
    Sac_Row *row = Sac_RowAlloc(state->row_type, self->keys, 1);
    if (row == NULL) {
        return NULL;
    }
    row->items[0] = Py_NewRef(item);
    return Sac_RowReady(row);
}

/* Values that cannot be hashed count by identity. steals: key. */
static PyObject *
hashable(PyObject *key, bool is_row)
{
    if (key == NULL || PyObject_Hash(key) != -1) {
        return key;
    }
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) {
        Py_DECREF(key);
        return NULL;
    }
    PyErr_Clear();
    PyObject *other;
    if (!is_row) {
        other = PyLong_FromVoidPtr(key);
        Py_DECREF(key);
        return other;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(key);
    other = PyTuple_New(count);
    for (Py_ssize_t i = 0; other != NULL && i < count; i++) {
        PyObject *value = Py_NewRef(PyTuple_GET_ITEM(key, i));
        value = hashable(value, false);
        if (value == NULL) {
            Py_CLEAR(other);
            break;
        }
        PyTuple_SET_ITEM(other, i, value);
    }
    Py_DECREF(key);
    return other;
}

/* Instances are told apart by what they are, whatever they are equal to. */
static inline bool
is_entity(const Sac_Fetcher *self, Py_ssize_t at)
{
    const Sac_Decoder *decoder = self->supply->decoder;
    return decoder != NULL && decoder->entities &&
           decoder->items[self->picks != NULL ? self->picks[at] : at].kind ==
               SAC_ITEM_ENTITY;
}

static PyObject *
key_of_value(Sac_Fetcher *self, PyObject *value, Py_ssize_t at)
{
    return is_entity(self, at) && value != Py_None
               ? PyLong_FromVoidPtr(value)
               : hashable(Py_NewRef(value), false);
}

static PyObject *
key_of_row(Sac_Fetcher *self, Sac_Row *row)
{
    if (self->supply->decoder == NULL || !self->supply->decoder->entities) {
        return hashable(Sac_RowTuple(row), true);
    }
    Py_ssize_t count = Py_SIZE(row);
    PyObject *key = PyTuple_New(count);
    for (Py_ssize_t i = 0; key != NULL && i < count; i++) {
        PyObject *part = key_of_value(self, row->items[i], i);
        if (part == NULL) {
            Py_CLEAR(key);
            break;
        }
        PyTuple_SET_ITEM(key, i, part);
    }
    return key;
}

/* -> new ref: what must be unique about the item. */
static PyObject *
unique_key(Sac_Fetcher *self, Sac_State *state, PyObject *item)
{
    if (self->strategy == NULL) {
        return self->form == SAC_FORM_SCALAR
                   ? key_of_value(self, item, 0)
                   : key_of_row(self, (Sac_Row *)item);
    }
    PyObject *row = row_of(self, state, item);
    if (row == NULL) {
        return NULL;
    }
    PyObject *strategy = Py_NewRef(self->strategy);
    PyObject *key = PyObject_CallOneArg(strategy, row);
    Py_DECREF(strategy);
    Py_DECREF(row);
    return key;
}

/* -> 1: the item is new; 0: seen before; -1. */
static int
remember(Sac_Fetcher *self, Sac_State *state, PyObject *item)
{
    PyObject *key = unique_key(self, state, item);
    if (key == NULL) {
        return -1;
    }
    /* Python code may run in here and call unique() again. */
    PyObject *seen = Py_NewRef(self->seen);
    Py_ssize_t before = PyDict_GET_SIZE(seen);
    /* The item stays with its key, so that an identity is not used again. */
    PyObject *kept = PyDict_SetDefault(seen, key, item);
    int fresh = kept == NULL ? -1 : PyDict_GET_SIZE(seen) > before;
    Py_DECREF(key);
    Py_DECREF(seen);
    return fresh;
}

/* Frees the pages behind the last row; the list is kept by who froze it. */
static void
after_last(Sac_Supply *supply)
{
    if (rows_left(supply) == 0) {
        Sac_SupplyDrop(supply);
    }
}

int
Sac_SupplyVisit(Sac_State *state, Sac_Supply *supply, Sac_Visit *visit,
                void *arg)
{
    int rc = 0;
    while (rc == 0 && rows_left(supply) > 0) {
        Decoding decoding = {.supply = supply};
        if (begin_decoding(&decoding, state) < 0) {
            rc = PyErr_Occurred() ? -1 : 1;
            continue;
        }
        rc = visit(arg, decoding.cells);
        end_decoding(&decoding);
    }
    if (rc >= 0 && !supply->more) {
        supply->exhausted = true;
    }
    after_last(supply);
    return rc < 0 ? -1 : 0;
}

/* Rows that repeat for their collections are no rows to give. -> 0 or -1. */
static int
check_unique(Sac_Fetcher *self, Sac_State *state)
{
    const Sac_Supply *supply = self->supply;
    if (supply->decoder == NULL || !supply->decoder->collections ||
        self->seen != NULL || self->repeats || rows_left(supply) == 0) {
        return 0;
    }
    (void)Sac_RaiseNamed(state, "InvalidRequestError",
                         "The unique() method must be invoked on this Result, "
                         "as it contains results that include joined eager "
                         "loads against collections");
    return -1;
}

int
Sac_SupplySettle(Sac_State *state, Sac_Supply *supply)
{
    if (supply->rows == NULL || supply->decoding) {
        return 0;
    }
    bool pause = rows_left(supply) > PAUSE_COLLECTOR && PyGC_Disable() == 1;
    PyObject *list = PyList_New(0);
    Sac_Fetcher whole = {.supply = supply,
                         .keys = supply->decoder->keys,
                         .width = supply->columns};
    PyObject *row;
    while (list != NULL &&
           (row = decoded_row(&whole, state, state->row_type)) != NULL) {
        if (PyList_Append(list, row) < 0) {
            Py_CLEAR(list);
        }
        Py_DECREF(row);
    }
    if (pause) {
        (void)PyGC_Enable();
    }
    if (list == NULL || PyErr_Occurred()) {
        Py_XDECREF(list);
        return -1;
    }
    Sac_SupplyDrop(supply);
    supply->list = list;
    supply->at = 0;
    return 0;
}

/* Collections are whole only when all rows were read, so that who takes the
 * rows one by one gets them from a list. -> 0 or -1. */
static int
decode_all(Sac_Fetcher *self, Sac_State *state)
{
    const Sac_Decoder *decoder = self->supply->decoder;
    return decoder == NULL || !decoder->collections
               ? 0
               : Sac_SupplySettle(state, self->supply);
}

/* last: what came before it, or NULL.  Rows of one parent stand in a row. */
static PyObject *
next_item(Sac_Fetcher *self, Sac_State *state, const PyObject *last)
{
    for (;;) {
        PyObject *item = make_item(self, state);
        if (item == NULL || self->seen == NULL) {
            return item;
        }
        bool again = item == last && self->strategy == NULL;
        int fresh = again ? 0 : remember(self, state, item);
        if (fresh > 0) {
            return item;
        }
        Py_DECREF(item);
        if (fresh < 0) {
            return NULL;
        }
    }
}

PyObject *
Sac_FetchNext(Sac_Fetcher *self)
{
    Sac_State *state = SAC_STATE(self);
    if (check_unique(self, state) < 0 || decode_all(self, state) < 0) {
        return NULL;
    }
    PyObject *item = next_item(self, state, NULL);
    Sac_Supply *supply = self->supply;
    if (item == NULL && !supply->more && !PyErr_Occurred()) {
        supply->exhausted = true;
    }
    after_last(supply);
    return item;
}

static PyObject *
unique_list(Sac_Fetcher *self, Py_ssize_t limit)
{
    Sac_State *state = SAC_STATE(self);
    PyObject *list = PyList_New(0);
    const PyObject *last = NULL;
    while (list != NULL && PyList_GET_SIZE(list) < limit) {
        PyObject *item = next_item(self, state, last);
        if (item == NULL) {
            if (PyErr_Occurred()) {
                Py_CLEAR(list);
            }
            break;
        }
        if (PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
        Py_DECREF(item);
        last = item; /* the list has it */
    }
    return list;
}

static PyObject *
plain_list(Sac_Fetcher *self, Py_ssize_t count)
{
    Sac_State *state = SAC_STATE(self);
    PyObject *list = PyList_New(count);
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        PyObject *item = make_item(self, state);
        if (item != NULL) {
            PyList_SET_ITEM(list, i, item);
        }
        else if (PyErr_Occurred()) {
            Py_CLEAR(list);
        }
        else { /* fewer than there were */
            Py_SET_SIZE(list, i);
            break;
        }
    }
    return list;
}

PyObject *
Sac_FetchList(Sac_Fetcher *self, Py_ssize_t limit)
{
    Sac_Supply *supply = self->supply;
    Sac_State *state = SAC_STATE(self);
    if (check_unique(self, state) < 0 ||
        (limit >= 0 && decode_all(self, state) < 0)) {
        return NULL;
    }
    Py_ssize_t left = rows_left(supply);
    Py_ssize_t most = limit < 0 || limit > left ? left : limit;
    /* Nothing that is made here is garbage yet, and looking for some each few
     * hundred objects costs a third of the whole. */
    bool pause = most > PAUSE_COLLECTOR && PyGC_Disable() == 1;
    PyObject *list =
        self->seen != NULL ? unique_list(self, most) : plain_list(self, most);
    if (pause) {
        (void)PyGC_Enable();
    }
    /* fetchmany() meets the end when it looks for more and finds nothing:
     * what it finds it gives without looking on, unless it must be unique. */
    if (list != NULL && !supply->more) {
        Py_ssize_t got = PyList_GET_SIZE(list);
        supply->exhausted |=
            limit < 0 || (got < limit && (got == 0 || self->seen));
    }
    after_last(supply);
    return list;
}

PyObject *
Sac_FetchOnly(Sac_State *state, PyObject *item, PyObject *second,
              Sac_OnlyMode mode, bool scalar)
{
    if (item == NULL) {
        if (mode == SAC_ONLY_ONE) {
            return Sac_RaiseNamed(state, "NoResultFound",
                                  "No row was found when one was required");
        }
        Py_RETURN_NONE;
    }
    if (second != NULL && mode != SAC_ONLY_FIRST) {
        return Sac_RaiseNamed(
            state, "MultipleResultsFound",
            mode == SAC_ONLY_ONE
                ? "Multiple rows were found when exactly one was required"
                : "Multiple rows were found when one or none was required");
    }
    if (scalar && Py_SIZE(item) > 0) {
        return Py_NewRef(((Sac_Row *)item)->items[0]);
    }
    return Py_NewRef(item);
}
