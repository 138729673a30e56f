/* What an execution left behind. */
#ifndef SAC_TYPES_OUTCOME_H
#define SAC_TYPES_OUTCOME_H

#include "bridge/execution.h"
#include "types/result.h"

/* Takes it from a call that succeeded, ready for a result.  outcome->keys is
 * a new reference, the other objects live as long as the execution.
 * -> 0 or -1. */
int Sac_OutcomeTake(Sac_Execution *execution, Sac_Outcome *outcome);

#endif
