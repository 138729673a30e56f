/* What a result tells beside its rows.
 *
 * With the GIL.  What an INSERT has inserted is put together when it is asked
 * for, from what the shape says: a value that was bound, the rowid, or a row
 * that was returned without being asked for. */
#include "types/result_facts.h"

#include "bridge/errors.h"
#include "types/row.h"
#include "types/shape.h"

void
Sac_FactsInit(Sac_ResultFacts *facts, const Sac_Outcome *outcome)
{
    facts->changes = outcome->changes;
    facts->last_rowid = outcome->last_rowid;
    facts->has_last_rowid = outcome->has_last_rowid;
    facts->shape = Py_XNewRef(outcome->shape);
    facts->bound = Py_XNewRef(outcome->bound);
    facts->parameters = Py_XNewRef(outcome->parameters);
}

int
Sac_FactsTraverse(Sac_ResultFacts *facts, visitproc visit, void *arg)
{
    Py_VISIT(facts->shape);
    Py_VISIT(facts->bound);
    Py_VISIT(facts->parameters);
    Py_VISIT(facts->returned);
    return 0;
}

void
Sac_FactsClear(Sac_ResultFacts *facts)
{
    Py_CLEAR(facts->shape);
    Py_CLEAR(facts->bound);
    Py_CLEAR(facts->parameters);
    Py_CLEAR(facts->returned);
}

/* ---- counts ----------------------------------------------------------- */

PyObject *
Sac_FactsRowcount(PyObject *op, void *Py_UNUSED(closure))
{
    return PyLong_FromLongLong(Sac_FactsOf(op)->changes);
}

PyObject *
Sac_FactsLastrowid(PyObject *op, void *Py_UNUSED(closure))
{
    const Sac_ResultFacts *facts = Sac_FactsOf(op);
    if (!facts->has_last_rowid) {
        Py_RETURN_NONE;
    }
    return PyLong_FromLongLong(facts->last_rowid);
}

PyObject *
Sac_FactsSane(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(ignored))
{
    Py_RETURN_TRUE;
}

/* ---- what was inserted ------------------------------------------------ */

/* -> borrowed, or NULL: it was no statement of this kind. */
static Sac_Shape *
shape_for(PyObject *op, Sac_StatementKind kind)
{
    Sac_Shape *shape = (Sac_Shape *)Sac_FactsOf(op)->shape;
    if (shape == NULL) {
        (void)Sac_RaiseNamed(SAC_STATE(op), "InvalidRequestError",
                             "the statement is text, not an expression");
        return NULL;
    }
    if (shape->kind != kind) {
        (void)Sac_RaiseNamed(
            SAC_STATE(op), "InvalidRequestError", "the statement is no %s()",
            kind == SAC_STATEMENT_INSERT ? "insert" : "update");
        return NULL;
    }
    return shape;
}

PyObject *
Sac_FactsIsInsert(PyObject *op, void *Py_UNUSED(closure))
{
    const Sac_Shape *shape = (Sac_Shape *)Sac_FactsOf(op)->shape;
    return PyBool_FromLong(shape != NULL &&
                           shape->kind == SAC_STATEMENT_INSERT);
}

/* The value of a bind in a set, as far as it was given.  -> new ref. */
static PyObject *
given_part(const Sac_Bind *bind, PyObject *set)
{
    PyObject *value = NULL;
    if (set != NULL && bind->key != NULL) {
        value = PyObject_GetItem(set, bind->key);
        if (value == NULL && PyErr_ExceptionMatches(PyExc_KeyError)) {
            PyErr_Clear();
        }
    }
    return value != NULL || PyErr_Occurred() ? value : Py_NewRef(Py_None);
}

/* One part of a primary key.  -> new ref. */
static PyObject *
primary_part(const Sac_ResultFacts *facts, const Sac_PrimaryPart *part,
             Py_ssize_t row, PyObject *set)
{
    const Sac_Shape *shape = (Sac_Shape *)facts->shape;
    PyObject *value = Py_None;
    switch (part->source) {
    case SAC_PRIMARY_BIND:
        if (facts->bound == NULL) {
            return given_part(&shape->binds[part->at], set);
        }
        value = PyTuple_GET_ITEM(facts->bound, part->at);
        /* NULL is what SQLite replaces by the rowid, where it does. */
        break;
    case SAC_PRIMARY_ROWID:
        if (facts->bound != NULL && facts->has_last_rowid) {
            return PyLong_FromLongLong(facts->last_rowid);
        }
        break;
    case SAC_PRIMARY_CELL:
        if (facts->returned != NULL &&
            row < PyList_GET_SIZE(facts->returned)) {
            const Sac_Row *returned =
                (Sac_Row *)PyList_GET_ITEM(facts->returned, row);
            value = returned->items[part->at];
        }
        break;
    case SAC_PRIMARY_NONE:
        break;
    }
    return Py_NewRef(value);
}

/* -> new Row. */
static PyObject *
primary_key(PyObject *op, const Sac_Shape *shape, Py_ssize_t at, PyObject *set)
{
    Sac_Keys *keys = shape->primary_keys;
    Py_ssize_t count = PyTuple_GET_SIZE(keys->names);
    Sac_Row *row = Sac_RowAlloc(SAC_STATE(op)->row_type, keys, count);
    for (Py_ssize_t i = 0; row != NULL && i < count; i++) {
        row->items[i] =
            primary_part(Sac_FactsOf(op), &shape->primary[i], at, set);
        if (row->items[i] == NULL) {
            Sac_RowDrop(row, i);
            row = NULL;
        }
    }
    return row == NULL ? NULL : Sac_RowReady(row);
}

/* -> borrowed: the shape of an INSERT without RETURNING, or NULL. */
static Sac_Shape *
insert_shape(PyObject *op)
{
    Sac_Shape *shape = shape_for(op, SAC_STATEMENT_INSERT);
    if (shape != NULL && shape->returning) {
        (void)Sac_RaiseNamed(SAC_STATE(op), "InvalidRequestError",
                             "with returning(), the primary key is among the "
                             "rows if it is returned");
        return NULL;
    }
    return shape;
}

PyObject *
Sac_FactsPrimaryKey(PyObject *op, void *Py_UNUSED(closure))
{
    Sac_ResultFacts *facts = Sac_FactsOf(op);
    Sac_Shape *shape = insert_shape(op);
    if (shape == NULL) {
        return NULL;
    }
    if (facts->parameters != NULL) {
        return Sac_RaiseNamed(SAC_STATE(op), "InvalidRequestError",
                              "several rows were inserted: see "
                              "inserted_primary_key_rows");
    }
    if (shape->primary_keys == NULL) {
        Py_RETURN_NONE;
    }
    return primary_key(op, shape, 0, NULL);
}

PyObject *
Sac_FactsPrimaryKeyRows(PyObject *op, void *Py_UNUSED(closure))
{
    Sac_ResultFacts *facts = Sac_FactsOf(op);
    Sac_Shape *shape = insert_shape(op);
    PyObject *list = shape == NULL ? NULL : PyList_New(0);
    if (list == NULL || shape->primary_keys == NULL) {
        return list;
    }
    Py_ssize_t count =
        facts->parameters != NULL ? PySequence_Size(facts->parameters) : 1;
    for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
        PyObject *set = NULL;
        PyObject *row = NULL;
        if (facts->parameters == NULL ||
            (set = PySequence_GetItem(facts->parameters, i)) != NULL) {
            row = primary_key(op, shape, i, set);
        }
        if (row == NULL || PyList_Append(list, row) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(row);
        Py_XDECREF(set);
    }
    return list;
}

PyObject *
Sac_FactsReturned(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *returned = Sac_FactsOf(op)->returned;
    if (returned == NULL || PyList_GET_SIZE(returned) == 0) {
        Py_RETURN_NONE;
    }
    return Py_NewRef(PyList_GET_ITEM(returned, 0));
}

PyObject *
Sac_FactsReturnedRows(PyObject *op, void *Py_UNUSED(closure))
{
    PyObject *returned = Sac_FactsOf(op)->returned;
    return returned == NULL ? Py_NewRef(Py_None) : PySequence_List(returned);
}

/* -> new dict by name, or the sets as they were given. */
static PyObject *
params_of(PyObject *op, Sac_StatementKind kind)
{
    const Sac_ResultFacts *facts = Sac_FactsOf(op);
    const Sac_Shape *shape = shape_for(op, kind);
    if (shape == NULL) {
        return NULL;
    }
    if (facts->parameters != NULL) {
        return PySequence_List(facts->parameters);
    }
    PyObject *dict = PyDict_New();
    for (Py_ssize_t i = 0;
         dict != NULL && facts->bound != NULL && i < shape->count; i++) {
        if (PyDict_SetItem(dict, shape->binds[i].name,
                           PyTuple_GET_ITEM(facts->bound, i)) < 0) {
            Py_CLEAR(dict);
        }
    }
    return dict;
}

PyObject *
Sac_FactsInserted(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return params_of(op, SAC_STATEMENT_INSERT);
}

PyObject *
Sac_FactsUpdated(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return params_of(op, SAC_STATEMENT_UPDATE);
}
