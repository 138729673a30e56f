/* The life of a lease and of the streams that are live on it; what happens on
 * it is call.c's.  Used by the thread that drives its calls. */
#include "engine/lease.h"

#include <assert.h>

#include "base/memory.h"

void
sac_lease_init(sac_lease *lease, sac_engine *engine, bool pinned)
{
    *lease = (sac_lease){
        .engine = sac_engine_retain(engine),
        .pinned = pinned,
    };
    sac_list_init(&lease->streams);
    sac_list_init(&lease->waiters);
}

void
sac_lease_fini(sac_lease *lease)
{
    if (lease->engine == NULL) {
        return;
    }
    assert(!lease->busy);
    lease->closed = true;
    /* In a forked child the handle is the parent's: it is left alone. */
    if (!sac_engine_forked(lease->engine)) {
        sac_lease_give_up(lease);
    }
    sac_lease_drop_token(lease);
    sac_engine *engine = lease->engine;
    lease->engine = NULL;
    sac_engine_release(engine);
}

void
sac_lease_take_token(sac_lease *lease)
{
    lease->token = true;
    lease->token_ns = sac_clock_ns();
}

void
sac_lease_drop_token(sac_lease *lease)
{
    lease->token = false;
    sac_plan_release(lease->last);
    lease->last = NULL;
}

void
sac_lease_note(sac_lease *lease, sac_plan *plan)
{
    lease->uses++;
    if (plan != lease->last) {
        sac_plan_release(lease->last);
        lease->last = sac_plan_retain(plan);
    }
}

void
sac_lease_give_up(sac_lease *lease)
{
    sac_handle *handle = lease->handle;
    lease->give_up = false;
    if (handle == NULL) {
        return;
    }
    sac_lease_stop_streams(lease, false);
    lease->handle = NULL;
    lease->in_tx = false;
    lease->heavy = false;
    sac_engine_abandon(lease->engine, handle, lease->token);
    sac_lease_drop_token(lease);
}

bool
sac_lease_lose(sac_lease *lease)
{
    if (lease->left) {
        lease->give_up = true;
        lease->lost = true;
    }
    return lease->left;
}

sac_stream *
sac_stream_new(void)
{
    sac_stream *stream = sac_calloc(1, sizeof(*stream));
    if (stream == NULL) {
        return NULL;
    }
    sac_list_init(&stream->link);
    stream->step.params.rows = 1;
    stream->script.steps = &stream->step;
    stream->script.count = 1;
    return stream;
}

static void
stream_free(sac_stream *stream)
{
    sac_list_remove(&stream->link);
    sac_script_fini(&stream->script);
    sac_free(stream);
}

void
sac_stream_drop(sac_lease *lease, sac_stream *stream)
{
    if (stream->script.live == NULL) {
        stream_free(stream);
        return;
    }
    if (lease->busy) {
        stream->dropped = true; /* the handle may be on a worker just now */
        return;
    }
    sac_script_stop(&stream->script, lease->handle);
    stream_free(stream);
}

void
sac_lease_stop_streams(sac_lease *lease, bool only_dropped)
{
    sac_list *node = lease->streams.next;
    while (node != &lease->streams) {
        sac_stream *stream = SAC_CONTAINER(node, sac_stream, link);
        node = node->next;
        if (only_dropped && !stream->dropped) {
            continue;
        }
        sac_script_stop(&stream->script, lease->handle);
        sac_list_remove(&stream->link);
        if (stream->dropped) {
            stream_free(stream);
        }
    }
}
