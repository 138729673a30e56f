/* Statements whose instances want further queries, or are read again.
 *
 * Loop thread, GIL.  The statement is executed, all its rows are decoded, what
 * they lack is loaded by Python (notes.h), and only then is there a result. */
#include "types/session_methods.h"

#include "types/fetch.h"
#include "types/notes.h"
#include "types/session_orm.h"
#include "types/shape.h"

/* slots[1]: the execution, then the result; number: Sac_Want. */
enum { LOAD_EXECUTE = 0, LOAD_MORE, LOAD_GIVE };

PyObject *
Sac_ResultAs(PyObject *result, Sac_Want want)
{
    switch (want) {
    case SAC_WANT_SCALAR:
        return PyObject_CallMethod(result, "scalar", NULL);
    case SAC_WANT_SCALARS:
        return Sac_ResultScalars(result);
    case SAC_WANT_RESULT:
    case SAC_WANT_STREAM:
    case SAC_WANT_STREAM_SCALARS:
    case SAC_WANT_NOTHING:
        break;
    }
    return Py_NewRef(result);
}

static PySendResult
load_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    if (op->stage == LOAD_EXECUTE) {
        PyObject *execution = op->slots[1];
        op->slots[1] = NULL;
        ((Sac_Op *)execution)->state = SAC_OP_CREATED;
        op->stage = LOAD_MORE;
        return Sac_OpAwait(op, execution) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    if (value == NULL) {
        return PYGEN_ERROR;
    }
    if (op->stage == LOAD_MORE) {
        Sac_State *state = SAC_STATE(value);
        Sac_Supply *supply = ((Sac_Fetcher *)value)->supply;
        op->slots[1] = Py_NewRef(value);
        op->stage = LOAD_GIVE;
        if (Sac_SupplySettle(state, supply) < 0) {
            return PYGEN_ERROR;
        }
        PyObject *coroutine = Sac_NotesLoad(state, &supply->load);
        if (coroutine != NULL) {
            return Sac_OpAwait(op, coroutine) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
        }
        if (PyErr_Occurred()) {
            return PYGEN_ERROR;
        }
    }
    *result = Sac_ResultAs(op->slots[1], (Sac_Want)op->number);
    return *result == NULL ? PYGEN_ERROR : PYGEN_RETURN;
}

PyObject *
Sac_SessionLoading(Sac_Session *session, Sac_Execution *execution,
                   Sac_Want want)
{
    static const Sac_OpKind kind = {"AsyncSession.execute", load_step};
    const Sac_Shape *shape = (Sac_Shape *)execution->shape;
    const Sac_Decoder *decoder =
        shape == NULL ? NULL : (Sac_Decoder *)shape->decoder;
    /* What is read again is read now, whether the rows are looked at or not. */
    bool now = decoder != NULL &&
               (decoder->noted ||
                (decoder->entities && execution->populate_existing));
    if (!now || want == SAC_WANT_STREAM || want == SAC_WANT_STREAM_SCALARS) {
        return (PyObject *)execution;
    }
    Sac_ChannelGiveResult(execution);
    Sac_Op *op = Sac_OpNew(SAC_STATE(session)->operation_type, &kind,
                           (PyObject *)session);
    if (op == NULL) {
        Sac_OpDiscard((PyObject *)execution);
        return NULL;
    }
    op->number = want;
    /* It is not worth a warning of its own when nobody awaits this one. */
    execution->op.state = SAC_OP_CLOSED;
    op->slots[1] = (PyObject *)execution;
    return (PyObject *)op;
}
