/* The parts of a call that its three files share: call.c (states, handle,
 * cancellation), call_plan.c (plans, BEGIN, token), call_run.c (running, the
 * end).  For these only. */
#ifndef SAC_ENGINE_CALL_PARTS_H
#define SAC_ENGINE_CALL_PARTS_H

#include "engine/call.h"

/* call_run.c: the end of a call that had begun.  -> DONE. */
sac_progress sac_call_end(sac_call *call);
sac_progress sac_call_end_with(sac_call *call, sac_status status);
sac_progress sac_call_end_cancelled(sac_call *call);

/* call_run.c: -> whether the call has a port to wait on, got if need be. */
bool sac_call_have_port(sac_call *call);
/* Sends the call's job to a worker and waits in `state`.  brief: it ends soon,
 * as far as one knows. */
sac_progress sac_call_submit(sac_call *call, void (*run)(sac_job *job),
                             sac_lane lane, bool brief, sac_call_state state);
/* On the worker: the guard of what runs there. */
void sac_call_guard_worker(sac_call *call, sac_job *job);
/* -> whether a cancellation stops the call's job, or lets it finish. */
bool sac_call_can_be_stopped(const sac_call *call);

/* call_run.c: everything is there: runs the scripts, here or on a worker. */
sac_progress sac_call_run(sac_call *call);
/* The run is over, wherever it was. */
sac_progress sac_call_ran(sac_call *call);

/* call_plan.c: the handle is there: learns the plans, begins, has the token,
 * runs. */
sac_progress sac_call_know_plans(sac_call *call);
/* The same, once the plans are known. */
sac_progress sac_call_weigh(sac_call *call);
/* The same, for what needs no plans. */
sac_progress sac_call_take_token(sac_call *call);
/* Puts `sql` before the script. -> SAC_OK or SAC_ERR_NOMEM. */
sac_status sac_call_control(sac_call *call, const char *sql);
#endif
