/* Followers: relations whose instances come with the row of their parent. */
#ifndef SAC_TYPES_FOLLOWERS_H
#define SAC_TYPES_FOLLOWERS_H

#include <Python.h>
#include <stdbool.h>

#include "types/decoder.h"
#include "types/hydrate.h"
#include "types/instance.h"

/* Reads (slot, EntityPlan or None, attribute or None, name or None), as
 * Python writes them, into the plan. -> 0 or -1. */
int Sac_FollowersRead(Sac_State *state, Sac_EntityPlan *plan,
                      PyObject *followers);
int Sac_FollowersTraverse(const Sac_EntityPlan *plan, visitproc visit,
                          void *arg);
void Sac_FollowersFree(Sac_EntityPlan *plan);

/* Loads what follows the instance in the row, and puts it into relations that
 * are not loaded yet.  fresh: it was made of this row.  -> 0 or -1. */
int Sac_FollowersLoad(Sac_State *state, const Sac_EntityPlan *plan,
                      Sac_Instance *parent, const sac_cell *cells,
                      Sac_LoadContext *context, bool fresh);
/* The instance notes what it was loaded with. -> 0 or -1. */
int Sac_FollowersRemember(const Sac_EntityPlan *plan, Sac_Instance *instance,
                          Sac_LoadContext *context);

#endif
