/* The names of a result's columns and how to find one: shared by the result,
 * its rows and its mappings, and what Python gets from keys(). */
#ifndef SAC_BRIDGE_KEYS_H
#define SAC_BRIDGE_KEYS_H

#include <Python.h>
#include <stdbool.h>

#include "bridge/state.h"
#include "engine/columns.h"

/* Immutable but for the index, which is made when it is first needed: most
 * results are never asked for a column by name. */
typedef struct Sac_Keys {
    PyObject_HEAD
    PyObject *names; /* strong: tuple of interned str, in order */
    PyObject *index; /* strong: dict str -> int, an ambiguous name -> None;
                         NULL until the first look-up */
    sac_columns *columns; /* strong, or NULL when made from names */
    bool last_wins; /* of several columns with one name the last is meant;
                         else the name is ambiguous */
    bool objects;   /* the rows may hold more than None, int, float, str
                         and bytes: the collector must see them */
} Sac_Keys;

/* The names that SQLite gave to the columns of a statement written as text:
 * rows hold plain values, and the last of several equal names wins.
 * -> new ref. */
Sac_Keys *Sac_KeysFromColumns(Sac_State *state, sac_columns *columns);
/* Names chosen by whoever decodes the rows, into any objects: equal names
 * are ambiguous.  -> new ref. */
Sac_Keys *Sac_KeysFromNames(Sac_State *state, PyObject *names /* tuple */);
/* Some of the names, by position.  -> new ref. */
Sac_Keys *Sac_KeysPick(Sac_State *state, Sac_Keys *keys,
                       const Py_ssize_t *picks, Py_ssize_t count);

/* -> 1 and *at; 0: no column has that name (or it is no str); -1 with an
 * exception, InvalidRequestError for an ambiguous one. */
int Sac_KeysFind(Sac_Keys *keys, PyObject *name, Py_ssize_t *at);
/* -> 1, 0 or -1: some column has that name, be it ambiguous. */
int Sac_KeysHas(Sac_Keys *keys, PyObject *name);

/* Registers keys_type, ResultKeys in Python. */
int Sac_RegisterKeys(PyObject *module);

#endif
