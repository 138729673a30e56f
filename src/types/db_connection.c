/* DBConnection: an engine, a session factory and a session per task under one
 * roof, and the base models that work with them.
 *
 * Attaching and detaching models happens between two awaits, all of it or
 * nothing: wherever init_db() or close() is cancelled or fails, no model is
 * left half attached.  Loop thread, GIL.  What a base model is, Python says:
 * a class with `metadata` and set_session(). */
#include "types/session.h"

#include <structmember.h>

#include "bridge/compat.h"
#include "types/db_models.h"

typedef struct DBConnectionObject {
    PyObject_HEAD
    PyObject *dict; /* strong: attributes of users, or NULL */
    PyObject *weakrefs;
    PyObject *async_engine;         /* strong; these three are NULL only */
    PyObject *async_sessionmaker;   /* before __init__ or when the user */
    PyObject *async_scoped_session; /* deletes them */
    PyObject *attached; /* strong: list of the classes that init_db attached */
    bool unbound;       /* close() took the engine out of the factory */
} DBConnectionObject;

static int
check_ready(DBConnectionObject *self)
{
    if (self->async_engine == NULL || self->async_sessionmaker == NULL ||
        self->async_scoped_session == NULL || self->attached == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "DBConnection.__init__() was not called");
        return -1;
    }
    return 0;
}

/* ActiveRecordBaseModel. -> 0 or -1 */
static int
add_default(PyObject *self, PyObject *models, bool with_metadata)
{
    PyObject *base = PyObject_CallNoArgs(SAC_STATE(self)->default_base);
    int rc = base == NULL ? -1 : Sac_ModelsAdd(models, base, with_metadata);
    Py_XDECREF(base);
    return rc;
}

/* async_sessionmaker.configure(bind=...). -> 0 or -1 */
static int
bind_factory(DBConnectionObject *self, PyObject *bind)
{
    PyObject *kw = Py_BuildValue("{sO}", "bind", bind);
    PyObject *none = PyTuple_New(0);
    PyObject *method =
        PyObject_GetAttrString(self->async_sessionmaker, "configure");
    PyObject *done = NULL;
    if (kw != NULL && none != NULL && method != NULL) {
        done = PyObject_Call(method, none, kw);
    }
    Py_XDECREF(method);
    Py_XDECREF(none);
    Py_XDECREF(kw);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Between two awaits: the models and the factory, or nothing. */
static int
attach(DBConnectionObject *self, PyObject *models)
{
    PyObject *attached =
        PyList_GetSlice(self->attached, 0, PyList_GET_SIZE(self->attached));
    for (Py_ssize_t i = 0; attached != NULL && i < PyList_GET_SIZE(models);
         i++) {
        if (Sac_ModelsAdd(attached, PyList_GET_ITEM(models, i), false) < 0) {
            Py_CLEAR(attached);
        }
    }
    PyObject *before = NULL;
    if (attached != NULL) {
        before = Sac_ModelsAttach(models, self->async_scoped_session);
    }
    if (before != NULL && self->unbound &&
        bind_factory(self, self->async_engine) < 0) {
        Sac_ModelsRestore(models, before);
        Py_CLEAR(before);
    }
    if (before == NULL) {
        Py_XDECREF(attached);
        return -1;
    }
    Py_DECREF(before);
    self->unbound = false;
    Py_SETREF(self->attached, attached);
    return 0;
}

/* ---- init_db --------------------------------------------------------- */

/* slots[1]: the models. Tables first: nobody sees a session whose tables may
 * never come. */
static PySendResult
init_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    DBConnectionObject *self = (DBConnectionObject *)op->slots[0];
    if (op->stage == 0) {
        op->stage = 1;
        PyObject *metadata = Sac_ModelsMetadata(op->slots[1]);
        if (metadata == NULL) {
            return PYGEN_ERROR;
        }
        PyObject *creating =
            PyObject_CallFunctionObjArgs(SAC_STATE(self)->create_missing,
                                         self->async_engine, metadata, NULL);
        Py_DECREF(metadata);
        return Sac_OpAwait(op, creating) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    if (value == NULL || attach(self, op->slots[1]) < 0) {
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

static const Sac_OpKind init_kind = {"DBConnection.init_db", init_step};

/* steals: models (NULL: passes the error on). */
static PyObject *
new_op(PyObject *op, const Sac_OpKind *kind, PyObject *models)
{
    if (models == NULL) {
        return NULL;
    }
    Sac_Op *made = Sac_OpNew(SAC_STATE(op)->operation_type, kind, op);
    if (made == NULL) {
        Py_DECREF(models);
        return NULL;
    }
    made->slots[1] = models;
    return (PyObject *)made;
}

static PyObject *
db_init_db(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (check_ready((DBConnectionObject *)op) < 0) {
        return NULL;
    }
    PyObject *models = Sac_ModelsGiven("init_db", args, kwargs, true);
    if (models != NULL && PyList_GET_SIZE(models) == 0 &&
        add_default(op, models, true) < 0) {
        Py_CLEAR(models);
    }
    return new_op(op, &init_kind, models);
}
/* ---- close ----------------------------------------------------------- */

/* The first error that is not on its way yet goes to *kept. */
static void
keep_error(PyObject **kept)
{
    PyObject *error = Sac_ErrTake();
    if (*kept == NULL) {
        *kept = error;
    }
    else {
        Py_XDECREF(error);
    }
}

/* The given models, ActiveRecordBaseModel, and all that init_db() attached:
 * the last so that close() needs no list, the second because the session may
 * have been set there by hand.  ActiveRecordBaseModel loses its session only
 * if it is this connection's: a test that closes an old connection would
 * disconnect the new one otherwise. */
static void
detach(DBConnectionObject *self, PyObject *models, PyObject **error)
{
    PyObject *attached = self->attached;
    self->attached = PyList_New(0);
    if (self->attached == NULL ||
        add_default((PyObject *)self, models, false) < 0) {
        keep_error(error);
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(attached); i++) {
        if (Sac_ModelsAdd(models, PyList_GET_ITEM(attached, i), false) < 0) {
            keep_error(error);
        }
    }
    Py_DECREF(attached);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(models); i++) {
        if (Sac_ModelDetach(PyList_GET_ITEM(models, i),
                            self->async_scoped_session) < 0) {
            keep_error(error);
        }
    }
}

/* Sessions of other tasks: those still in use are their users' to close, but
 * nobody gets them from here any more. */
static void
forget_sessions(DBConnectionObject *self, PyObject **error)
{
    PyObject *scoped = self->async_scoped_session;
    if (!PyObject_TypeCheck(scoped, SAC_STATE(self)->scoped_session_type)) {
        return;
    }
    PyObject *registry = Sac_ScopedSessionRegistry(scoped);
    if (registry == NULL || Sac_ScopedRegistryClearAll(registry) < 0) {
        keep_error(error);
    }
    Py_XDECREF(registry);
}

/* slots[1]: the models; slots[2]: the first error, or NULL.  Whatever fails,
 * the rest is done as well. */
enum { CLOSE_REMOVED = 1, CLOSE_DISPOSED };

static PySendResult
close_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    DBConnectionObject *self = (DBConnectionObject *)op->slots[0];
    PyObject **error = &op->slots[2];
    PyObject *next = NULL;
    if (op->stage == 0) {
        op->stage = CLOSE_REMOVED;
        detach(self, op->slots[1], error);
        self->unbound = true; /* sessions to come are bound to nothing */
        if (bind_factory(self, Py_None) < 0) {
            keep_error(error);
        }
        next = PyObject_CallMethod(self->async_scoped_session, "remove", NULL);
        if (next != NULL) {
            return Sac_OpAwait(op, next) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
        }
        value = NULL;
    }
    if (value == NULL) {
        keep_error(error);
    }
    if (op->stage == CLOSE_REMOVED) {
        op->stage = CLOSE_DISPOSED;
        forget_sessions(self, error);
        next = PyObject_CallMethod(self->async_engine, "dispose", NULL);
        if (next != NULL) {
            return Sac_OpAwait(op, next) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
        }
        keep_error(error);
    }
    if (*error != NULL) {
        PyObject *raised = *error;
        *error = NULL;
        Sac_ErrGive(raised);
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

static const Sac_OpKind close_kind = {"DBConnection.close", close_step};

static PyObject *
db_close(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (check_ready((DBConnectionObject *)op) < 0) {
        return NULL;
    }
    return new_op(op, &close_kind,
                  Sac_ModelsGiven("close", args, kwargs, false));
}
/* ---- async with ------------------------------------------------------ */

/* slots[2]: why init_db() failed.  A connection that never had a model gives
 * its engine back then, since nobody will close it. */
static PySendResult
enter_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    DBConnectionObject *self = (DBConnectionObject *)op->slots[0];
    if (op->stage == 0) {
        op->stage = 1;
        PyObject *init =
            PyObject_CallMethod((PyObject *)self, "init_db", NULL);
        return Sac_OpAwait(op, init) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    if (op->stage == 1 && value != NULL) {
        *result = Py_NewRef((PyObject *)self);
        return PYGEN_RETURN;
    }
    if (op->stage == 1 && PyList_GET_SIZE(self->attached) == 0) {
        op->stage = 2;
        keep_error(&op->slots[2]);
        PyObject *dispose =
            PyObject_CallMethod(self->async_engine, "dispose", NULL);
        if (dispose != NULL) {
            return Sac_OpAwait(op, dispose) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
        }
        value = NULL;
    }
    if (op->stage == 2) {
        if (value == NULL) {
            keep_error(&op->slots[2]);
        }
        PyObject *raised = op->slots[2];
        op->slots[2] = NULL;
        Sac_ErrGive(raised);
    }
    return PYGEN_ERROR;
}

static PyObject *
db_enter(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    static const Sac_OpKind kind = {"DBConnection.__aenter__", enter_step};
    return check_ready((DBConnectionObject *)op) < 0
               ? NULL
               : (PyObject *)Sac_OpNew(SAC_STATE(op)->operation_type, &kind,
                                       op);
}

static PySendResult
exit_step(Sac_Op *op, PyObject *value, PyObject **result)
{
    if (op->stage == 0) {
        op->stage = 1;
        PyObject *closing =
            PyObject_CallMethodNoArgs(op->slots[0], SAC_STATE(op)->str_close);
        return Sac_OpAwait(op, closing) < 0 ? PYGEN_ERROR : PYGEN_NEXT;
    }
    if (value == NULL) {
        return PYGEN_ERROR;
    }
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

static PyObject *
db_exit(PyObject *op, PyObject *const *Py_UNUSED(args),
        Py_ssize_t Py_UNUSED(nargs))
{
    static const Sac_OpKind kind = {"DBConnection.__aexit__", exit_step};
    return (PyObject *)Sac_OpNew(SAC_STATE(op)->operation_type, &kind, op);
}

/* ---- the object ------------------------------------------------------ */

/* create_async_engine(*args, **kwargs), the module's own. */
static PyObject *
make_engine(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(op), &Sac_ModuleDef);
    PyObject *create =
        module == NULL ? NULL
                       : PyObject_GetAttrString(module, "create_async_engine");
    PyObject *engine =
        create == NULL ? NULL : PyObject_Call(create, args, kwargs);
    Py_XDECREF(create);
    return engine;
}

static PyObject *
make_sessionmaker(Sac_State *state, PyObject *engine)
{
    PyObject *none = PyTuple_New(0);
    PyObject *kw =
        Py_BuildValue("{sOsO}", "bind", engine, "expire_on_commit", Py_False);
    PyObject *maker = NULL;
    if (none != NULL && kw != NULL) {
        maker = PyObject_Call((PyObject *)state->sessionmaker_type, none, kw);
    }
    Py_XDECREF(kw);
    Py_XDECREF(none);
    return maker;
}

/* url may come by name. -> new tuple of one; *rest: new dict without it. */
static PyObject *
split_url(PyObject *args, PyObject *kwargs, PyObject **rest)
{
    PyObject *keywords = kwargs == NULL ? PyDict_New() : PyDict_Copy(kwargs);
    if (keywords == NULL) {
        return NULL;
    }
    PyObject *url = PyDict_GetItemString(keywords, "url");
    Py_ssize_t given = PyTuple_GET_SIZE(args) + (url != NULL);
    PyObject *positional = NULL;
    if (given != 1) {
        PyErr_Format(PyExc_TypeError,
                     "DBConnection() takes a url and keywords of "
                     "create_async_engine(), got %zd urls",
                     given);
    }
    else {
        positional = url == NULL ? Py_NewRef(args) : PyTuple_Pack(1, url);
    }
    if (positional != NULL && url != NULL &&
        PyDict_DelItemString(keywords, "url") < 0) {
        Py_CLEAR(positional);
    }
    if (positional == NULL) {
        Py_CLEAR(keywords);
    }
    *rest = keywords;
    return positional;
}

static int
db_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    DBConnectionObject *self = (DBConnectionObject *)op;
    Sac_State *state = SAC_STATE(op);
    PyObject *keywords = NULL;
    PyObject *url = split_url(args, kwargs, &keywords);
    PyObject *engine = url == NULL ? NULL : make_engine(op, url, keywords);
    PyObject *maker = engine == NULL ? NULL : make_sessionmaker(state, engine);
    PyObject *scoped = NULL;
    if (maker != NULL) {
        scoped = PyObject_CallFunctionObjArgs(
            (PyObject *)state->scoped_session_type, maker, state->current_task,
            NULL);
    }
    PyObject *attached = PyList_New(0);
    Py_XDECREF(url);
    Py_XDECREF(keywords);
    if (scoped == NULL || attached == NULL) {
        Py_XDECREF(engine);
        Py_XDECREF(maker);
        Py_XDECREF(scoped);
        Py_XDECREF(attached);
        return -1;
    }
    Py_XSETREF(self->async_engine, engine);
    Py_XSETREF(self->async_sessionmaker, maker);
    Py_XSETREF(self->async_scoped_session, scoped);
    Py_XSETREF(self->attached, attached);
    self->unbound = false;
    return 0;
}

static PyObject *
db_repr(PyObject *op)
{
    DBConnectionObject *self = (DBConnectionObject *)op;
    PyObject *name =
        PyObject_GetAttrString((PyObject *)Py_TYPE(op), "__name__");
    PyObject *url = self->async_engine == NULL
                        ? Py_NewRef(Py_None)
                        : PyObject_GetAttrString(self->async_engine, "url");
    PyObject *text = NULL;
    if (name != NULL && url != NULL) {
        text = PyUnicode_FromFormat("%U(%R)", name, url);
    }
    Py_XDECREF(name);
    Py_XDECREF(url);
    return text;
}

static int
db_traverse(PyObject *op, visitproc visit, void *arg)
{
    DBConnectionObject *self = (DBConnectionObject *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->async_engine);
    Py_VISIT(self->async_sessionmaker);
    Py_VISIT(self->async_scoped_session);
    Py_VISIT(self->attached);
    return 0;
}

static int
db_clear(PyObject *op)
{
    DBConnectionObject *self = (DBConnectionObject *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->async_scoped_session);
    Py_CLEAR(self->async_sessionmaker);
    Py_CLEAR(self->async_engine);
    Py_CLEAR(self->attached);
    return 0;
}

static void
db_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (((DBConnectionObject *)op)->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    (void)db_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

/* ---- the type -------------------------------------------------------- */

PyDoc_STRVAR(
    init_db_doc,
    "init_db($self, /, *base_models, base_model=None)\n--\n\n"
    "Create the missing tables and give the base models their session.\n\n"
    "The tables of all models are created in one transaction. When that\n"
    "fails, or is cancelled, no model is attached to anything new. After\n"
    "close() it makes the connection usable again.\n\n"
    "Args:\n"
    "    *base_models: base model classes; None is left out.\n"
    "    base_model: one more. None at all means ActiveRecordBaseModel.\n\n"
    "Returns:\n"
    "    An awaitable of None, which asyncio.run() takes as well.\n\n"
    "Raises:\n"
    "    TypeError: not a class, or one without metadata or set_session().\n"
    "    DBAPIError: the database refused; nothing was created.");

PyDoc_STRVAR(
    close_doc,
    "close($self, /, *base_models, base_model=None)\n--\n\n"
    "Close the session of this task and the engine, and detach the models.\n\n"
    "The given base models, ActiveRecordBaseModel and every one that\n"
    "init_db() attached have no session afterwards, as far as it is this\n"
    "connection's.\n"
    "Sessions that are made later are bound to nothing. Closing again is\n"
    "harmless.\n\n"
    "Args:\n"
    "    *base_models: base model classes; None is left out.\n"
    "    base_model: one more.\n\n"
    "Returns:\n    An awaitable of None.");

static PyObject *
db_transaction(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    DBConnectionObject *self = (DBConnectionObject *)op;
    if (check_ready(self) < 0) {
        return NULL;
    }
    return PyObject_CallOneArg(SAC_STATE(op)->make_transaction,
                               self->async_scoped_session);
}

PyDoc_STRVAR(
    transaction_doc,
    "transaction($self, /)\n--\n\n"
    "A transaction that all Active Record calls of an `async with` block are\n"
    "part of, those of tasks that are started in it, too. Leaving the block\n"
    "commits, an exception rolls back; within another one it is a\n"
    "savepoint.");

static PyMethodDef db_methods[] = {
    {"init_db", (PyCFunction)(void (*)(void))db_init_db,
     METH_VARARGS | METH_KEYWORDS, init_db_doc},
    {"close", (PyCFunction)(void (*)(void))db_close,
     METH_VARARGS | METH_KEYWORDS, close_doc},
    {"transaction", db_transaction, METH_NOARGS, transaction_doc},
    {"__aenter__", db_enter, METH_NOARGS, NULL},
    {"__aexit__", (PyCFunction)(void (*)(void))db_exit, METH_FASTCALL, NULL},
    {0},
};

static PyGetSetDef db_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {0},
};

static PyMemberDef db_members[] = {
    {"async_engine", T_OBJECT_EX, offsetof(DBConnectionObject, async_engine),
     0, "The AsyncEngine."},
    {"async_sessionmaker", T_OBJECT_EX,
     offsetof(DBConnectionObject, async_sessionmaker), 0,
     "The async_sessionmaker of the engine, expire_on_commit=False."},
    {"async_scoped_session", T_OBJECT_EX,
     offsetof(DBConnectionObject, async_scoped_session), 0,
     "The async_scoped_session of the factory: a session for each task."},
    {"__dictoffset__", T_PYSSIZET, offsetof(DBConnectionObject, dict),
     READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(DBConnectionObject, weakrefs),
     READONLY, NULL},
    {0},
};

PyDoc_STRVAR(
    db_doc,
    "DBConnection(url, **kw)\n--\n\n"
    "A connection to a database: its engine, its sessions and its models.\n\n"
    "`async with DBConnection(url) as db:` initializes it and closes it at\n"
    "the end of the block. It is bound to no event loop.\n\n"
    "Args:\n"
    "    url: a str or URL, as create_async_engine() takes it.\n"
    "    **kw: keywords of create_async_engine().\n\n"
    "Raises:\n    ArgumentError, NoSuchModuleError, TypeError: as\n"
    "    create_async_engine() does.");

static PyType_Slot db_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)db_doc},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_init, db_init},
    {Py_tp_dealloc, db_dealloc},
    {Py_tp_traverse, db_traverse},
    {Py_tp_clear, db_clear},
    {Py_tp_repr, db_repr},
    {Py_tp_methods, db_methods},
    {Py_tp_getset, db_getset},
    {Py_tp_members, db_members},
    {0, NULL},
};

static PyType_Spec db_spec = {
    .name = "sqlactive_c.DBConnection",
    .basicsize = sizeof(DBConnectionObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = db_slots,
};

int
Sac_RegisterDBConnection(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &db_spec, &state->db_connection_type, 1);
}
