/* Related: what one result has put into relations so far.
 *
 * Rows that are joined to a collection repeat their parent, and with several
 * collections also the children.  The table knows which relation of which
 * instance this result fills, and what it has put there. */
#ifndef SAC_TYPES_RELATED_H
#define SAC_TYPES_RELATED_H

#include <Python.h>
#include <stdbool.h>

typedef struct Sac_Related Sac_Related;

/* -> borrowed: what was given to Sac_RelatedBegin(), or NULL. relation: any
 * address that stands for it. table: NULL is empty. */
PyObject *Sac_RelatedFind(Sac_Related *table, PyObject *parent,
                          const void *relation);
/* From now on the result fills this relation of the parent. *table is made if
 * it is NULL. -> 0, or -1 with MemoryError. */
int Sac_RelatedBegin(Sac_Related **table, PyObject *parent,
                     const void *relation, PyObject *collection);
/* After Sac_RelatedBegin(), for a child that is then put into the collection.
 * fresh: it was made just now, so that no row before can have had it.
 * -> 1: it is new there; 0; -1 with MemoryError. */
int Sac_RelatedAdd(Sac_Related *table, PyObject *parent, const void *relation,
                   PyObject *child, bool fresh);

int Sac_RelatedTraverse(const Sac_Related *table, visitproc visit, void *arg);
/* NULL is fine. */
void Sac_RelatedFree(Sac_Related *table);

#endif
