/* Saver: writes instances into one table, from their slots.
 *
 * Rows that write the same columns share a Form: the shape of the statement
 * and where each of its values comes from.  Python makes it, once for each
 * such set of columns. */
#ifndef SAC_TYPES_SAVER_H
#define SAC_TYPES_SAVER_H

#include <Python.h>
#include <stdbool.h>

#include "types/batch.h"
#include "types/instance.h"
#include "types/mapping.h"
#include "types/shape.h"

enum {
    SAC_COLUMN_PRIMARY = 1u << 0,
    SAC_COLUMN_OPTIONAL = 1u << 1, /* not in an INSERT when None or unset */
    SAC_COLUMN_ROWID = 1u << 2,
    SAC_COLUMN_VERSION = 1u << 3,
    SAC_COLUMN_NONE_IS_VALUE = 1u << 4, /* not in an INSERT when unset */
    SAC_COLUMN_READONLY = 1u << 5,
};

typedef struct Sac_SaverColumn {
    PyObject *key;       /* strong: of the attribute */
    PyObject *name;      /* strong: of the column, and of its bind */
    PyObject *attribute; /* strong: Sac_Attribute, or NULL */
    Py_ssize_t slot;
    Py_ssize_t identity; /* its place in the primary key, or -1 */
    unsigned flags;
} Sac_SaverColumn;

typedef struct Sac_Saver {
    PyObject_HEAD
    Sac_Mapping *mapping;     /* strong */
    PyObject *table;          /* strong: str, for messages */
    Sac_SaverColumn *columns; /* owned */
    Py_ssize_t count;
    size_t words;       /* of a mask: a bit for each column, and one more */
    PyObject *by_key;   /* strong: dict, attribute key -> place */
    PyObject *compile;  /* strong */
    PyObject *special;  /* strong, or NULL */
    PyObject *version;  /* strong, or NULL */
    PyObject *mismatch; /* strong, or NULL */
    PyObject *forms;    /* strong: dict, bytes -> Form */
} Sac_Saver;

typedef enum Sac_WriteKind {
    SAC_WRITE_INSERT,
    SAC_WRITE_UPDATE,
    SAC_WRITE_DELETE,
} Sac_WriteKind;

typedef enum Sac_FormSourceKind {
    SAC_SOURCE_OWN,     /* the shape says it: a default */
    SAC_SOURCE_SLOT,    /* what is set */
    SAC_SOURCE_OLD,     /* what the row has */
    SAC_SOURCE_VERSION, /* the next version */
} Sac_FormSourceKind;

typedef struct Sac_FormSource {
    Sac_FormSourceKind kind;
    Py_ssize_t column;
    Py_ssize_t late; /* which of the late values it is, or -1 */
} Sac_FormSource;

/* A slot that is written after the run. */
typedef struct Sac_After {
    PyObject *key; /* strong */
    Py_ssize_t slot;
    int cell;        /* of the returned row */
    PyObject *codec; /* strong: of the cell, or NULL */
    bool primary;    /* stored at once: others may refer to it */
} Sac_After;

typedef struct Sac_Form {
    PyObject_HEAD
    Sac_WriteKind kind;
    Sac_Shape *shape;        /* strong */
    Sac_FormSource *sources; /* owned: of each bind */
    Sac_After *afters;       /* owned: late values, cells, unset ones */
    Py_ssize_t late_count;
    Py_ssize_t cell_count;
    Py_ssize_t expire_count;
    Py_ssize_t rowid;    /* the column whose slot gets the rowid, or -1 */
    PyObject *rowid_key; /* strong, or NULL */
    Py_ssize_t rowid_slot;
    bool blind; /* its primary key is not known before it has run */
} Sac_Form;

/* One that is to be written. */
typedef struct Sac_SaverRow {
    Sac_Instance *instance; /* strong */
    bool special;           /* some value is a SQL expression */
} Sac_SaverRow;

static inline bool
Sac_MaskHas(const uint64_t *mask, Py_ssize_t at)
{
    return mask[at / 64] >> (at % 64) & 1;
}

static inline void
Sac_MaskAdd(uint64_t *mask, Py_ssize_t at)
{
    mask[at / 64] |= UINT64_C(1) << (at % 64);
}

/* form.c: -> borrowed: the form for these columns, or NULL. */
Sac_Form *Sac_SaverForm(Sac_Saver *self, Sac_WriteKind kind,
                        const uint64_t *mask, bool many);
int Sac_RegisterForm(PyObject *module);

/* saver_columns.c: which columns an instance writes; mask is all zero.
 * -> 1; 0: nothing has changed (UPDATE); -1. *special: see Sac_SaverRow. */
int Sac_SaverColumns(Sac_Saver *self, Sac_WriteKind kind,
                     Sac_Instance *instance, bool force, uint64_t *mask,
                     bool *special);

/* saver_bind.c: appends one step for rows with the same columns. -> 0/-1 */
int Sac_SaverAppend(Sac_Saver *self, Sac_Batch *batch, Sac_WriteKind kind,
                    const Sac_SaverRow *rows, Py_ssize_t count,
                    const uint64_t *mask);

int Sac_RegisterSaver(PyObject *module);

#endif
