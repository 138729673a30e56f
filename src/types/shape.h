/* Shape: what statements with one fingerprint need to run.
 *
 * Made by Python once (the hook compile_shape), kept by the cache of an
 * engine (shape_cache.h).  Immutable but for what it keeps for its next use:
 * the SQL of each list length, and the plans. */
#ifndef SAC_TYPES_SHAPE_H
#define SAC_TYPES_SHAPE_H

#include <Python.h>
#include <stdbool.h>

#include "base/fingerprint.h"
#include "base/list.h"
#include "bridge/state.h"
#include "engine/engine.h"
#include "types/decoder.h"

struct Sac_ShapeCache;

/* Where the value of a bind comes from; the parameters of execute() go first
 * where the bind has a key. */
typedef enum Sac_BindSource {
    SAC_BIND_RIDER,    /* the value of a rider of the statement */
    SAC_BIND_CALLED,   /* what calling that value gives */
    SAC_BIND_GIVEN,    /* the parameters, or it is an error */
    SAC_BIND_CONSTANT, /* object */
    SAC_BIND_CALL,     /* object() */
    SAC_BIND_CONTEXT,  /* object(values of the other binds by name) */
} Sac_BindSource;

typedef struct Sac_Bind {
    PyObject *name;   /* strong: str, what the SQL calls it */
    PyObject *key;    /* strong: str, its name in the parameters; NULL: it
                         cannot be given */
    PyObject *codec;  /* strong: Codec, or NULL; of a list of tuples a tuple
                         of Codec or None */
    PyObject *object; /* strong, or NULL */
    Py_ssize_t rider;
    Sac_BindSource source;
} Sac_Bind;

/* A place in the SQL where a list stands. */
typedef struct Sac_Expansion {
    Py_ssize_t bind;
    Py_ssize_t width; /* of the tuples in the list; 0: single values */
    bool padded;      /* repeating its last value changes nothing */
    PyObject *open;   /* strong: str before the first */
    PyObject *first;  /* strong: str for the first, with its "?" */
    PyObject *next;   /* strong: str for each of the others */
    PyObject *empty;  /* strong: str for an empty list */
} Sac_Expansion;

/* The SQL for lists of certain lengths. */
typedef struct Sac_Variant {
    Py_ssize_t *counts; /* owned: of each expansion; NULL when there is none */
    PyObject *sql;      /* strong; NULL: not used yet */
    sac_plan *plan;     /* strong, or NULL */
    const void *plans;  /* of which engine; compared only */
} Sac_Variant;

enum { SAC_SHAPE_VARIANTS = 16 };

typedef enum Sac_StatementKind {
    SAC_STATEMENT_OTHER,
    SAC_STATEMENT_SELECT,
    SAC_STATEMENT_INSERT,
    SAC_STATEMENT_UPDATE,
    SAC_STATEMENT_DELETE,
} Sac_StatementKind;

/* Where a part of the primary key of an inserted row comes from. */
typedef enum Sac_PrimarySource {
    SAC_PRIMARY_NONE,  /* not known */
    SAC_PRIMARY_BIND,  /* a bind */
    SAC_PRIMARY_ROWID, /* the rowid of the row */
    SAC_PRIMARY_CELL,  /* the returned row */
} Sac_PrimarySource;

typedef struct Sac_PrimaryPart {
    Sac_PrimarySource source;
    Py_ssize_t at;
} Sac_PrimaryPart;

typedef struct Sac_Shape {
    PyObject_HEAD
    PyObject *pieces; /* strong: tuple of str, around the expansions */
    PyObject *sql;    /* strong: str for messages before lists are known */
    Sac_Bind *binds;  /* owned */
    Py_ssize_t count;
    Sac_Expansion *expansions; /* owned, or NULL */
    Py_ssize_t expansion_count;
    Sac_Variant *variants; /* owned; the first is the only one without
                              expansions */
    Py_ssize_t last_variant;
    Sac_Decoder *decoder; /* strong, or NULL */
    Sac_StatementKind kind;
    bool contextual; /* some bind looks at the others */
    bool implicit;   /* its returned row is not for the user */
    bool returning;
    bool textual;  /* some columns are text: SQLite knows what they are */
    PyObject *fit; /* strong: function from the tuple of the names of the
                      columns to the Decoder; or NULL: they are known */
    PyObject *fitted_names;   /* strong: those that `fitted` is for, or NULL */
    Sac_Decoder *fitted;      /* strong, or NULL */
    Sac_Keys *primary_keys;   /* strong: names of the primary key of what an
                                 INSERT inserts, or NULL */
    Sac_PrimaryPart *primary; /* owned: as many */

    sac_list live; /* of the state's list; GIL */

    /* The cache's: */
    struct Sac_ShapeCache *cache; /* borrowed: it drops us first; or NULL */
    sac_fingerprint key;
    struct Sac_Shape *chain; /* borrowed: of the same bucket */
    sac_list used;
} Sac_Shape;

/* The SQL and the plan for lists of these lengths (as many as expansions),
 * which are padded in place.  -> borrowed, good until the next call for
 * another one; NULL with an exception. */
Sac_Variant *Sac_ShapeVariant(Sac_State *state, Sac_Shape *shape,
                              sac_engine *engine, Py_ssize_t *counts);
/* -> new str: the pieces with lists of these lengths between them; without
 * counts, with the names of the binds there. */
PyObject *Sac_ShapeSQL(const Sac_Shape *shape, const Py_ssize_t *counts);
/* How many variants are kept. */
static inline Py_ssize_t
Sac_ShapeSpace(const Sac_Shape *shape)
{
    return shape->expansion_count > 0 ? SAC_SHAPE_VARIANTS : 1;
}
/* What decodes columns of these names, of a shape with `fit`.  -> borrowed,
 * good until the next call, or NULL with an exception. */
Sac_Decoder *Sac_ShapeFit(Sac_Shape *shape, PyObject *names);
/* tp_new (shape_new.c). */
PyObject *Sac_ShapeNew(PyTypeObject *type, PyObject *args, PyObject *kwargs);
/* -> whether it is one. */
bool Sac_ShapeCheck(Sac_State *state, PyObject *object);
/* Lets go of the plans that shapes keep for their next use. */
void Sac_ShapesForgetPlans(Sac_State *state);
int Sac_RegisterShape(PyObject *module);

#endif
