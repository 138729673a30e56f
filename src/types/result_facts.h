/* What a result tells beside its rows: counts, and what an INSERT inserted. */
#ifndef SAC_TYPES_RESULT_FACTS_H
#define SAC_TYPES_RESULT_FACTS_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "types/result.h"

typedef struct Sac_ResultFacts {
    int64_t changes;
    int64_t last_rowid;
    PyObject *shape;      /* strong: Shape, or NULL: SQL as it was written */
    PyObject *bound;      /* strong: tuple of values before they were encoded,
                             one for each bind, or NULL */
    PyObject *parameters; /* strong: as they were given, of several sets, or
                             NULL */
    PyObject *returned;   /* strong: list of rows that the user did not ask
                             for, or NULL */
    bool has_last_rowid;
} Sac_ResultFacts;

void Sac_FactsInit(Sac_ResultFacts *facts, const Sac_Outcome *outcome);
int Sac_FactsTraverse(Sac_ResultFacts *facts, visitproc visit, void *arg);
void Sac_FactsClear(Sac_ResultFacts *facts);
/* -> borrowed from the result (result.c). */
Sac_ResultFacts *Sac_FactsOf(PyObject *result);

PyObject *Sac_FactsRowcount(PyObject *op, void *closure);
PyObject *Sac_FactsLastrowid(PyObject *op, void *closure);
PyObject *Sac_FactsPrimaryKey(PyObject *op, void *closure);
PyObject *Sac_FactsPrimaryKeyRows(PyObject *op, void *closure);
PyObject *Sac_FactsReturned(PyObject *op, void *closure);
PyObject *Sac_FactsReturnedRows(PyObject *op, void *closure);
PyObject *Sac_FactsIsInsert(PyObject *op, void *closure);
PyObject *Sac_FactsInserted(PyObject *op, PyObject *ignored);
PyObject *Sac_FactsUpdated(PyObject *op, PyObject *ignored);
PyObject *Sac_FactsSane(PyObject *op, PyObject *ignored);

/* Entries of the tables of Result. */
#define SAC_FACTS_GETSET                                                      \
    {"rowcount", Sac_FactsRowcount, NULL,                                     \
     PyDoc_STR("Rows that an INSERT, UPDATE or DELETE has changed; -1 for "   \
               "other statements."),                                          \
     NULL},                                                                   \
        {"lastrowid", Sac_FactsLastrowid, NULL,                               \
         PyDoc_STR("The rowid that an INSERT gave to its last row; None "     \
                   "for other statements."),                                  \
         NULL},                                                               \
        {"inserted_primary_key", Sac_FactsPrimaryKey, NULL,                   \
         PyDoc_STR("The primary key of the row that an insert() has "         \
                   "inserted, a Row; None in it for what is not known."),     \
         NULL},                                                               \
        {"inserted_primary_key_rows", Sac_FactsPrimaryKeyRows, NULL,          \
         PyDoc_STR("The primary keys of all rows that were inserted, a list " \
                   "of Row."),                                                \
         NULL},                                                               \
        {"returned_defaults", Sac_FactsReturned, NULL,                        \
         PyDoc_STR("What the database has filled in, a Row, or None."),       \
         NULL},                                                               \
        {"returned_defaults_rows", Sac_FactsReturnedRows, NULL,               \
         PyDoc_STR("The same of each row, a list of Row, or None."), NULL},   \
    {                                                                         \
        "is_insert", Sac_FactsIsInsert, NULL,                                 \
            PyDoc_STR("Whether the statement was an insert()."), NULL         \
    }

#define SAC_FACTS_METHODS                                                    \
    {"last_inserted_params", Sac_FactsInserted, METH_NOARGS,                 \
     PyDoc_STR("last_inserted_params($self, /)\n--\n\n"                      \
               "Return the values of an insert() by name; of several sets, " \
               "the list of them.\n\nRaises:\n"                              \
               "    InvalidRequestError: The statement is no insert().\n")}, \
        {"last_updated_params", Sac_FactsUpdated, METH_NOARGS,               \
         PyDoc_STR("last_updated_params($self, /)\n--\n\n"                   \
                   "Return the values of an update() by name; of several "   \
                   "sets, the list of them.\n\nRaises:\n"                    \
                   "    InvalidRequestError: The statement is no "           \
                   "update().\n")},                                          \
        {"supports_sane_rowcount", Sac_FactsSane, METH_NOARGS,               \
         PyDoc_STR(                                                          \
             "supports_sane_rowcount($self, /)\n--\n\n"                      \
             "Return True: rowcount counts the rows that were found.")},     \
    {                                                                        \
        "supports_sane_multi_rowcount", Sac_FactsSane, METH_NOARGS,          \
            PyDoc_STR("supports_sane_multi_rowcount($self, /)\n--\n\n"       \
                      "Return True: rowcount is that of all sets.")          \
    }

#endif
