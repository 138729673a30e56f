/* The names of a result's columns and how to find one: shared by the result,
 * its rows and its mappings, and what Python gets from keys(). */
#ifndef SAC_BRIDGE_KEYS_H
#define SAC_BRIDGE_KEYS_H

#include <Python.h>
#include <stdbool.h>

#include "bridge/state.h"
#include "engine/columns.h"

/* -> new ref: what an object is found by, other than itself; or NULL, with an
 * exception or without.  `things`: see there. */
typedef PyObject *(*Sac_TargetKey)(Sac_State *state, PyObject *object,
                                   PyObject *things);

/* Immutable but for the index, which is made when it is first needed: most
 * results are never asked for a column by name. */
typedef struct Sac_Keys Sac_Keys;
struct Sac_Keys {
    PyObject_HEAD
    PyObject *names;   /* strong: tuple of interned str, in order */
    PyObject *index;   /* strong: dict str -> int, an ambiguous name -> None;
                         NULL until the first look-up */
    PyObject *targets; /* strong: dict column, expression or what target_key
                         gives for it -> int, None if ambiguous; or NULL */
    Sac_TargetKey target_key;
    PyObject *things;     /* strong: tuple of the aliases and the like of the
                             statement, at the places that their columns are
                             found by; or NULL */
    Sac_Keys *base;       /* strong: whose targets these are, of which `picks`
                              were picked; or NULL */
    Py_ssize_t *picks;    /* owned, as many as names; or NULL */
    sac_columns *columns; /* strong, or NULL when made from names */
    bool last_wins; /* of several columns with one name the last is meant;
                         else the name is ambiguous */
    bool named;     /* some targets are columns of `things` */
    bool objects;   /* the rows may hold more than None, int, float, str
                         and bytes: the collector must see them */
};

/* The names that SQLite gave to the columns of a statement written as text:
 * rows hold plain values, and the last of several equal names wins.  The last
 * ones are kept (state->recent_keys).  -> new ref. */
Sac_Keys *Sac_KeysFromColumns(Sac_State *state, sac_columns *columns);
/* Names chosen by whoever decodes the rows, into any objects: equal names
 * are ambiguous.  -> new ref. */
Sac_Keys *Sac_KeysFromNames(Sac_State *state, PyObject *names /* tuple */);
/* Some of the names, by position.  -> new ref. */
Sac_Keys *Sac_KeysPick(Sac_State *state, Sac_Keys *keys,
                       const Py_ssize_t *picks, Py_ssize_t count);

/* What the rows can be asked for besides names.  steals: targets (NULL: passes
 * the exception on).  -> 0 or -1. */
int Sac_KeysTarget(Sac_Keys *keys, PyObject *targets, Sac_TargetKey key);
/* The same names and targets, for a statement with these things; `named`
 * keys need them.  -> new ref. */
Sac_Keys *Sac_KeysOf(Sac_State *state, Sac_Keys *keys, PyObject *things);

/* `name` is a str or one of the targets.  -> 1 and *at; 0: there is no such
 * column; -1 with an exception, InvalidRequestError for an ambiguous one. */
int Sac_KeysFind(Sac_Keys *keys, PyObject *name, Py_ssize_t *at);
/* -> 1, 0 or -1: some column has that name, be it ambiguous. */
int Sac_KeysHas(Sac_Keys *keys, PyObject *name);

/* Forgets the names that are kept. */
void Sac_KeysForget(Sac_State *state);

/* Registers keys_type, ResultKeys in Python. */
int Sac_RegisterKeys(PyObject *module);

#endif
