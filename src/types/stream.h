/* Results that are fetched in batches (stream.c). */
#ifndef SAC_TYPES_STREAM_H
#define SAC_TYPES_STREAM_H

#include "bridge/execution.h"
#include "types/channel.h"
#include "types/result.h"

/* Makes the execution a streamed one: its statement moves into a sac_stream
 * of the channel's lease.  -> 0 or -1 with MemoryError. */
int Sac_StreamPrepare(Sac_Execution *execution, Sac_Channel *channel);
/* The AsyncResult of a finished streamed execution over its first batch.
 * -> new ref or NULL; outcome->rows is taken over in any case. */
PyObject *Sac_StreamResult(Sac_Execution *execution, Sac_Channel *channel,
                           Sac_Outcome *outcome);

/* steals: execution (NULL: passes the error on). What stream() gives: await it
 * or enter it; leaving the block closes the result.  -> new ref or NULL. */
PyObject *Sac_StreamContextNew(Sac_State *state, PyObject *execution);

int Sac_RegisterStream(PyObject *module);
int Sac_RegisterStreamContext(PyObject *module);

#endif
