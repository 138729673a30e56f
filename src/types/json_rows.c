/* rows_to_json(): the rows of a result as a JSON array of objects, or as one
 * array for each value of a column.
 *
 * With the GIL, on the thread that fetches.  Rows of another result that
 * belong to these were written before, and come as bytes by the value of a
 * column.  Packed rows are written from
 * their cells (json_cells.c), without a row, an instance or a dict between;
 * what was decoded before, or must be unique, item by item.  Knows nothing
 * of statements and models. */
#include "types/json_rows.h"

#include "bridge/errors.h"
#include "types/fetch.h"
#include "types/row.h"

/* One member of the objects: a column of the result, or rows that were
 * written before, which belong to the value of that column. */
typedef struct Member {
    Sac_Item item;   /* borrowed from the decoder */
    Py_ssize_t at;   /* which column */
    PyObject *head;  /* strong: bytes, what stands before the value */
    PyObject *found; /* borrowed: dict, value -> bytes; NULL: a column */
    PyObject *other; /* borrowed: bytes where it has none, or None */
} Member;

typedef struct Rows {
    Sac_JsonWriter writer;
    Sac_Supply *supply;
    Member *members; /* owned */
    Py_ssize_t count;
    Member group;     /* its column tells the groups apart, if any does */
    PyObject *groups; /* strong: dict, value -> list of bytes; or NULL */
    bool first;       /* nothing was written yet, of the array or object */
} Rows;

/* ---- members ----------------------------------------------------------- */

/* `"key": ` -> new bytes, or NULL. */
static PyObject *
make_head(const Rows *rows, PyObject *key)
{
    Sac_JsonWriter head;
    if (!PyUnicode_Check(key)) {
        PyErr_SetString(PyExc_TypeError, "a key is a str, or None");
        return NULL;
    }
    if (Sac_JsonInit(&head, rows->writer.state) < 0) {
        return NULL;
    }
    if (Sac_JsonString(&head, key) < 0 ||
        Sac_JsonRaw(&head, ": ", rows->writer.compact ? 1 : 2) < 0) {
        Sac_JsonDrop(&head);
        return NULL;
    }
    return Sac_JsonTakeBytes(&head);
}

/* -> 0 or -1. */
static int
read_item(const Rows *rows, const Sac_Fetcher *from, Py_ssize_t at,
          Member *member)
{
    const Sac_Decoder *decoder = rows->supply->decoder;
    if (at < 0 || at >= from->width) {
        PyErr_Format(PyExc_IndexError, "there is no column %zd", at);
        return -1;
    }
    Py_ssize_t place = from->picks != NULL ? from->picks[at] : at;
    member->at = at;
    member->item = (Sac_Item){.kind = SAC_ITEM_CELL, .at = (int)place};
    if (decoder != NULL) {
        member->item = decoder->items[place];
    }
    if (member->item.kind == SAC_ITEM_ENTITY) {
        PyErr_Format(PyExc_TypeError,
                     "item %zd of the rows is an instance: select its columns",
                     at);
        return -1;
    }
    return 0;
}

static int
add_member(Rows *rows, const Sac_Fetcher *from, Py_ssize_t at, PyObject *key)
{
    Member *member = &rows->members[rows->count];
    if (read_item(rows, from, at, member) < 0) {
        return -1;
    }
    member->head = make_head(rows, key);
    if (member->head == NULL) {
        return -1;
    }
    rows->count++;
    return 0;
}

/* (key, column, found, other) -> 0 or -1. */
static int
add_nested(Rows *rows, const Sac_Fetcher *from, PyObject *given)
{
    PyObject *key, *found, *other;
    Py_ssize_t at;
    if (!PyTuple_Check(given)) {
        PyErr_SetString(PyExc_TypeError, "nested rows are tuples");
        return -1;
    }
    if (!PyArg_ParseTuple(given, "UnO!O:nested rows", &key, &at, &PyDict_Type,
                          &found, &other) ||
        add_member(rows, from, at, key) < 0) {
        return -1;
    }
    if (other != Py_None && !PyBytes_Check(other)) {
        PyErr_SetString(PyExc_TypeError, "what is missing is bytes or None");
        return -1;
    }
    rows->members[rows->count - 1].found = found;
    rows->members[rows->count - 1].other = other;
    return 0;
}

static int
read_members(Rows *rows, const Sac_Fetcher *from, PyObject *keys,
             PyObject *nested)
{
    Py_ssize_t width = PyTuple_GET_SIZE(keys);
    Py_ssize_t more = PyTuple_GET_SIZE(nested);
    if (width != from->width) {
        PyErr_Format(PyExc_ValueError,
                     "%zd keys for the %zd columns of the rows", width,
                     from->width);
        return -1;
    }
    rows->members = PyMem_Calloc((size_t)(width + more) + 1, sizeof(Member));
    if (rows->members == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int rc = 0;
    for (Py_ssize_t i = 0; rc == 0 && i < width; i++) {
        PyObject *key = PyTuple_GET_ITEM(keys, i);
        rc = key == Py_None ? 0 : add_member(rows, from, i, key);
    }
    for (Py_ssize_t i = 0; rc == 0 && i < more; i++) {
        rc = add_nested(rows, from, PyTuple_GET_ITEM(nested, i));
    }
    return rc;
}

/* ---- rows -------------------------------------------------------------- */

/* A row: the cells of a packed one, or else one that was made before. */
typedef struct Source {
    const sac_cell *cells;
    Sac_Row *row;
    PyObject *scalar;
} Source;

/* -> new ref, or NULL. */
static PyObject *
value_of(Rows *rows, const Source *source, const Member *member)
{
    if (source->cells != NULL) {
        return Sac_DecodeItem(rows->writer.state, &member->item, source->cells,
                              &rows->supply->load);
    }
    if (source->scalar != NULL) {
        return Py_NewRef(source->scalar);
    }
    if (member->at >= Py_SIZE(source->row)) {
        PyErr_SetString(PyExc_RuntimeError, "the columns were chosen anew");
        return NULL;
    }
    return Py_NewRef(source->row->items[member->at]);
}

static int
put_comma(Rows *rows)
{
    bool first = rows->first;
    rows->first = false;
    return first ? 0
                 : Sac_JsonRaw(&rows->writer, ", ",
                               rows->writer.compact ? 1 : 2);
}

static int
put_head(Rows *rows, const Member *member)
{
    if (put_comma(rows) < 0) {
        return -1;
    }
    return Sac_JsonRaw(&rows->writer, PyBytes_AS_STRING(member->head),
                       (size_t)PyBytes_GET_SIZE(member->head));
}

static int
put_nested(Rows *rows, const Source *source, const Member *member)
{
    PyObject *value = value_of(rows, source, member);
    if (value == NULL) {
        return -1;
    }
    PyObject *found = PyDict_GetItemWithError(member->found, value);
    Py_DECREF(value);
    if (found == NULL && PyErr_Occurred()) {
        return -1;
    }
    found = found == NULL ? member->other : found;
    if (found == Py_None) {
        return 0;
    }
    if (!PyBytes_Check(found)) {
        PyErr_SetString(PyExc_TypeError, "nested rows are bytes");
        return -1;
    }
    return put_head(rows, member) < 0
               ? -1
               : Sac_JsonRaw(&rows->writer, PyBytes_AS_STRING(found),
                             (size_t)PyBytes_GET_SIZE(found));
}

static int
put_member(Rows *rows, const Source *source, const Member *member)
{
    if (member->found != NULL) {
        return put_nested(rows, source, member);
    }
    if (put_head(rows, member) < 0) {
        return -1;
    }
    if (source->cells != NULL) {
        return Sac_JsonItem(&rows->writer, &member->item, source->cells,
                            &rows->supply->load);
    }
    PyObject *value = value_of(rows, source, member);
    int rc = value == NULL ? -1 : Sac_JsonObject(&rows->writer, value);
    Py_XDECREF(value);
    return rc;
}

/* Takes the object that was written last out, into its group. -> 0 or -1. */
static int
file_row(Rows *rows, const Source *source)
{
    const char *start = PyBytes_AS_STRING(rows->writer.bytes);
    PyObject *row = PyBytes_FromStringAndSize(start, rows->writer.at - start);
    rows->writer.at = PyBytes_AS_STRING(rows->writer.bytes);
    PyObject *value =
        row == NULL ? NULL : value_of(rows, source, &rows->group);
    PyObject *none = value == NULL ? NULL : PyList_New(0);
    PyObject *list =
        none == NULL ? NULL : PyDict_SetDefault(rows->groups, value, none);
    int rc = list == NULL ? -1 : PyList_Append(list, row);
    Py_XDECREF(none);
    Py_XDECREF(value);
    Py_XDECREF(row);
    return rc;
}

static int
put_row(Rows *rows, const Source *source)
{
    if ((rows->groups == NULL && put_comma(rows) < 0) ||
        Sac_JsonRaw(&rows->writer, "{", 1) < 0) {
        return -1;
    }
    rows->first = true;
    int rc = 0;
    for (Py_ssize_t i = 0; rc == 0 && i < rows->count; i++) {
        rc = put_member(rows, source, &rows->members[i]);
    }
    rows->first = false;
    if (rc < 0 || Sac_JsonRaw(&rows->writer, "}", 1) < 0) {
        return -1;
    }
    return rows->groups == NULL ? 0 : file_row(rows, source);
}

static int
put_packed(void *arg, const sac_cell *cells)
{
    Source source = {.cells = cells};
    return put_row(arg, &source);
}

/* What was decoded before, or must be unique. */
static int
put_made_rows(Rows *rows, Sac_Fetcher *from)
{
    PyObject *item;
    int rc = 0;
    while (rc == 0 && (item = Sac_FetchNext(from)) != NULL) {
        bool scalar = from->form == SAC_FORM_SCALAR;
        Source source = {.row = scalar ? NULL : (Sac_Row *)item,
                         .scalar = scalar ? item : NULL};
        rc = put_row(rows, &source);
        Py_DECREF(item);
    }
    return rc < 0 || PyErr_Occurred() ? -1 : 0;
}

static int
put_rows(Rows *rows, Sac_Fetcher *from)
{
    return from->seen == NULL && rows->supply->rows != NULL
               ? Sac_SupplyVisit(rows->writer.state, rows->supply, put_packed,
                                 rows)
               : put_made_rows(rows, from);
}

/* ---- the function ------------------------------------------------------ */

const char Sac_JsonRowsDoc[] =
    "rows_to_json(result, /, keys, *, compact=True, nested=(), by=None)\n"
    "--\n\n"
    "Return the rows of a result as a JSON array of objects, in UTF-8.\n"
    "Private.\n\n"
    "Args:\n    result: A Result, or a filter of one; it is used up.\n"
    "    keys: Tuple, a str for each column; None leaves it out.\n"
    "    compact: Without spaces; False: as json.dumps() has them.\n"
    "    nested: Tuples (key, column, found, other), members to add: what\n"
    "        the dict `found` has for the value of the column, as bytes of\n"
    "        JSON; where it has nothing `other`, None for no member.\n"
    "    by: A column: return a dict from its values to lists of objects,\n"
    "        each as bytes.";

/* -> 0 or -1. */
static int
write_rows(Rows *rows, Sac_Fetcher *from, PyObject *keys, PyObject *nested,
           PyObject *by)
{
    if (read_members(rows, from, keys, nested) < 0) {
        return -1;
    }
    if (by == Py_None) {
        return Sac_JsonRaw(&rows->writer, "[", 1) < 0 ||
                       put_rows(rows, from) < 0
                   ? -1
                   : Sac_JsonRaw(&rows->writer, "]", 1);
    }
    Py_ssize_t at = PyNumber_AsSsize_t(by, PyExc_IndexError);
    if ((at == -1 && PyErr_Occurred()) ||
        read_item(rows, from, at, &rows->group) < 0) {
        return -1;
    }
    rows->groups = PyDict_New();
    return rows->groups == NULL ? -1 : put_rows(rows, from);
}

static PyObject *
rows_to_json(Rows *rows, Sac_Fetcher *from, PyObject *keys, PyObject *nested,
             PyObject *by)
{
    /* What runs meanwhile may drop the rows. */
    PyObject *decoder = Py_XNewRef((PyObject *)rows->supply->decoder);
    int rc = write_rows(rows, from, keys, nested, by);
    for (Py_ssize_t i = 0; rows->members != NULL && i < rows->count; i++) {
        Py_XDECREF(rows->members[i].head);
    }
    PyMem_Free(rows->members);
    Py_XDECREF(decoder);
    if (rc < 0) {
        Py_CLEAR(rows->groups);
    }
    if (rc < 0 || rows->groups != NULL) {
        Sac_JsonDrop(&rows->writer);
        return rows->groups;
    }
    return Sac_JsonTakeBytes(&rows->writer);
}

PyObject *
Sac_JsonRows(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"",       "keys", "compact",
                                        "nested", "by",   NULL};
    Sac_State *state = Sac_StateOfModule(module);
    PyObject *result, *keys, *nested = NULL, *by = Py_None;
    int compact = 1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO!|$pO!O:rows_to_json",
                                     (char **)(uintptr_t)names, &result,
                                     &PyTuple_Type, &keys, &compact,
                                     &PyTuple_Type, &nested, &by)) {
        return NULL;
    }
    if (!PyObject_TypeCheck(result, state->result_type) &&
        !PyObject_TypeCheck(result, state->scalar_result_type) &&
        !PyObject_TypeCheck(result, state->mapping_result_type)) {
        PyErr_Format(PyExc_TypeError, "rows_to_json() takes a Result, not %s",
                     Py_TYPE(result)->tp_name);
        return NULL;
    }
    Sac_Fetcher *from = (Sac_Fetcher *)result;
    Rows rows = {.supply = from->supply, .first = true};
    if (Sac_FetcherCheck(from) < 0 || Sac_JsonInit(&rows.writer, state) < 0) {
        return NULL;
    }
    rows.writer.compact = compact != 0;
    PyObject *more = nested == NULL ? PyTuple_New(0) : Py_NewRef(nested);
    if (more == NULL) {
        Sac_JsonDrop(&rows.writer);
        return NULL;
    }
    PyObject *json = rows_to_json(&rows, from, keys, more, by);
    Py_DECREF(more);
    return json;
}
