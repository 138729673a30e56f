/* Supply: the life of what rows are taken from.
 *
 * With the GIL.  Rows that are let go of while one of them is being decoded
 * stay until that is done.  types/fetch.c takes the rows. */
#include "types/fetch.h"

#include "types/notes.h"
#include "types/related.h"
#include "types/session.h"

/* The map that the session has now: when the session is closed before the rows
 * are taken, their instances are detached. Without memory, fetching finds one
 * or says so. */
static void
take_map(Sac_Supply *supply)
{
    Sac_Session *session = (Sac_Session *)supply->load.session;
    if (session != NULL) {
        supply->load.identity_map =
            Py_XNewRef((PyObject *)Sac_SessionIdentityMap(session));
        if (supply->load.identity_map == NULL) {
            PyErr_Clear();
        }
    }
}

void
Sac_SupplyInit(Sac_Supply *supply, Sac_Outcome *outcome)
{
    *supply = (Sac_Supply){.returns_rows = outcome->keys != NULL};
    if (outcome->keys != NULL) {
        supply->columns = PyTuple_GET_SIZE(outcome->keys->names);
    }
    if (outcome->decoder != NULL) {
        supply->decoder =
            (Sac_Decoder *)Py_NewRef((PyObject *)outcome->decoder);
        if (outcome->decoder->entities) {
            supply->load.session = Py_XNewRef(outcome->session);
            take_map(supply);
            supply->load.options = Py_XNewRef(outcome->options);
            supply->load.populate_existing = outcome->populate_existing;
            supply->load.cohorts = outcome->cohorts;
        }
    }
    Sac_SupplyFeed(supply, outcome->rows, false);
    outcome->rows = NULL;
}

/* The cells of a row that is being decoded stay where they are. */
static void
let_go(Sac_Supply *supply)
{
    if (supply->decoding && supply->held == NULL) {
        supply->held = supply->rows;
    }
    else {
        sac_rows_free(supply->rows);
    }
    supply->rows = NULL;
}

void
Sac_SupplyFeed(Sac_Supply *supply, sac_rows *rows, bool more)
{
    let_go(supply);
    supply->rows = rows;
    supply->more = more;
    if (rows != NULL) {
        sac_cursor_init(&supply->cursor, rows);
    }
}

void
Sac_SupplyDrop(Sac_Supply *supply)
{
    let_go(supply);
    Py_CLEAR(supply->list);
}

int
Sac_SupplyTraverse(Sac_Supply *supply, visitproc visit, void *arg)
{
    Py_VISIT(supply->list);
    Py_VISIT(supply->decoder);
    Py_VISIT(supply->load.identity_map);
    Py_VISIT(supply->load.session);
    Py_VISIT(supply->load.options);
    Py_VISIT(supply->load.memories);
    int rc = Sac_WorkTraverse(supply->load.work, visit, arg);
    return rc != 0 ? rc
                   : Sac_RelatedTraverse(supply->load.related, visit, arg);
}

void
Sac_SupplyClear(Sac_Supply *supply)
{
    Py_CLEAR(supply->list);
    Py_CLEAR(supply->load.session);
    Py_CLEAR(supply->load.options);
    Sac_LoadContextClear(&supply->load);
}

void
Sac_SupplyFini(Sac_Supply *supply)
{
    Sac_SupplyDrop(supply);
    Sac_SupplyClear(supply);
    Py_CLEAR(supply->load.identity_map);
    Py_CLEAR(supply->decoder);
}
