/* Jobs: the two ends of their life that do not need the workers' mutex.
 *
 * sac_job_init() is the owner's; sac_job_announce() is for the thread that
 * completed the job.  Knows nothing of what a job runs. */
#include "engine/job.h"

#include <assert.h>
#include <stddef.h>

void
sac_job_init(sac_job *job, void (*run)(sac_job *job))
{
    sac_list_init(&job->message.link);
    job->message.deliver = NULL;
    sac_list_init(&job->link);
    job->state = SAC_JOB_NEW;
    job->lane = SAC_LANE_READ;
    job->brief = false;
    atomic_init(&job->cancel, false);
    job->port = NULL;
    job->run = run;
    job->finish = NULL;
    job->workers = NULL;
    job->status = SAC_OK;
}

void
sac_job_announce(sac_job *job)
{
    assert(job->state == SAC_JOB_DONE);
    if (job->port != NULL) {
        sac_port_post(job->port, &job->message);
    }
    else {
        job->finish(job);
    }
}
