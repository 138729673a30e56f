/* How the cells of one row become the items that leave the result.
 *
 * A statement of text has no decoder: its items are plain values.  A compiled
 * one decodes each item from one cell by a codec, or a mapped instance from
 * several cells by an entity plan, or hands some items to a function. */
#ifndef SAC_TYPES_DECODER_H
#define SAC_TYPES_DECODER_H

#include <Python.h>
#include <stdbool.h>

#include "bridge/keys.h"
#include "bridge/state.h"
#include "engine/rows.h"

typedef enum Sac_ItemKind {
    SAC_ITEM_CELL,   /* object: a Codec or NULL */
    SAC_ITEM_ENTITY, /* object: an EntityPlan (hydrate.c) */
    SAC_ITEM_BUNDLE, /* object: function of the items below it */
} Sac_ItemKind;

typedef struct Sac_Item {
    Sac_ItemKind kind;
    int at;                 /* CELL: which one */
    PyObject *object;       /* strong, or NULL */
    int count;              /* BUNDLE: how many items it takes */
    struct Sac_Item *items; /* owned: of a BUNDLE */
} Sac_Item;

/* Immutable; shared by all results of one shape.  Python: Decoder(names,
 * items, cells=None, targets=None, things=None); an item is a Codec or None (the cell at
 * its own place), (place of the cell, Codec or None), an EntityPlan, or
 * (function, items).  cells: how many a row has; None: as many as items.
 * targets: for each item the columns and expressions that it is found by;
 * things: the riders of the statement that they are from. */
typedef struct Sac_Decoder {
    PyObject_HEAD
    Sac_Keys *keys;   /* strong: names of the items */
    int cells;        /* of a row */
    int count;        /* of items */
    bool entities;    /* some item is an instance */
    bool collections; /* rows repeat, as collections are joined to them */
    bool remembers;   /* instances note the options of the statement */
    bool noted;       /* something is loaded by further queries */
    Sac_Item *items;  /* owned */
} Sac_Decoder;

/* What loading instances needs besides the cells. */
typedef struct Sac_LoadContext {
    PyObject *identity_map; /* strong: IdentityMap of the session, or of this
                               result alone; NULL when no item is an entity */
    PyObject *session;      /* strong: AsyncSession, or NULL */
    PyObject *options;      /* strong: of the statement, a tuple, or NULL */
    PyObject *memories;     /* strong: dict, EntityPlan -> what its instances
                               note; or NULL */
    const void *remembered_by;   /* the EntityPlan that was asked for last */
    PyObject *remembered;        /* borrowed from `memories`: what it notes */
    struct Sac_Related *related; /* owned: what was put into relations, or
                                    NULL */
    struct Sac_Work *work;       /* owned: what is to be loaded afterwards, or
                                    NULL */
    bool made; /* the instance that was loaded last was made for it */
    bool populate_existing;
    bool cohorts; /* instances note those that are loaded with them */
} Sac_LoadContext;

/* Lets go of what loading has collected in it. */
void Sac_LoadContextClear(Sac_LoadContext *context);

/* -> new ref: the item; cells are all cells of the row.  NULL with an
 * exception. */
PyObject *Sac_DecodeItem(Sac_State *state, const Sac_Item *item,
                         const sac_cell *cells, Sac_LoadContext *context);

/* -> new ref: the instance for the row, from the identity map or made of the
 * cells and added to it; None when its whole primary key is NULL (hydrate.c).
 */
PyObject *Sac_EntityLoad(Sac_State *state, PyObject *plan,
                         const sac_cell *cells, Sac_LoadContext *context);

int Sac_RegisterDecoder(PyObject *module);

#endif
