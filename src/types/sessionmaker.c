/* async_sessionmaker: a factory of sessions from a dict of keywords.
 *
 * `kw` and `class_` are the user's to look at and to change; the exact
 * AsyncSession is built from `kw` without a call.  GIL. */
#include "types/session.h"

#include <structmember.h>

#include "bridge/errors.h"

typedef struct SessionmakerObject {
    PyObject_HEAD
    PyObject *dict; /* strong: attributes of users, or NULL */
    PyObject *weakrefs;
    PyObject *kw;     /* strong: dict; NULL only before __init__ */
    PyObject *class_; /* strong; NULL only before __init__ */
} SessionmakerObject;

/* ---- making ---------------------------------------------------------- */

static int
put_default(PyObject *kw, const char *name, PyObject *value)
{
    PyObject *key = PyUnicode_InternFromString(name);
    int rc = key == NULL ? -1 : PyDict_SetItem(kw, key, value);
    Py_XDECREF(key);
    return rc;
}

/* Takes `class_` out of the keywords and puts the defaults in. */
static int
fill(SessionmakerObject *self, PyObject *bind, PyObject *kwargs)
{
    PyObject *class_ = (PyObject *)SAC_STATE(self)->session_type;
    PyObject *kw = PyDict_New();
    if (kw == NULL || put_default(kw, "bind", bind) < 0 ||
        put_default(kw, "autoflush", Py_True) < 0 ||
        put_default(kw, "expire_on_commit", Py_True) < 0 ||
        (kwargs != NULL && PyDict_Update(kw, kwargs) < 0)) {
        Py_XDECREF(kw);
        return -1;
    }
    PyObject *given = PyDict_GetItemString(kw, "class_");
    class_ = Py_NewRef(given == NULL ? class_ : given);
    PyObject *info = PyDict_GetItemString(kw, "info");
    if ((given != NULL && PyDict_DelItemString(kw, "class_") < 0) ||
        (info == Py_None && PyDict_DelItemString(kw, "info") < 0)) {
        Py_DECREF(class_);
        Py_DECREF(kw);
        return -1;
    }
    Py_XSETREF(self->kw, kw);
    Py_XSETREF(self->class_, class_);
    return 0;
}

static int
maker_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *bind = NULL;
    if (!PyArg_ParseTuple(args, "|O:async_sessionmaker", &bind)) {
        return -1;
    }
    if (bind != NULL && kwargs != NULL &&
        PyDict_GetItemString(kwargs, "bind") != NULL) {
        PyErr_SetString(PyExc_TypeError, "async_sessionmaker() got more than "
                                         "one value for argument 'bind'");
        return -1;
    }
    return fill((SessionmakerObject *)op, bind == NULL ? Py_None : bind,
                kwargs);
}

static int
check_ready(SessionmakerObject *self)
{
    if (self->kw == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "async_sessionmaker.__init__() was not called");
        return -1;
    }
    return 0;
}

/* ---- calling --------------------------------------------------------- */

/* `info` of a call adds to that of the factory. */
static int
merge_info(PyObject *merged, PyObject *ours, PyObject *local)
{
    if (ours == NULL || local == NULL || local == Py_None) {
        return 0;
    }
    PyObject *info = PyDict_New();
    int rc = info == NULL || PyDict_Update(info, ours) < 0 ||
                     PyDict_Update(info, local) < 0 ||
                     PyDict_SetItemString(merged, "info", info) < 0
                 ? -1
                 : 0;
    Py_XDECREF(info);
    return rc;
}

/* -> new dict: the keywords of this call over those of the factory. */
static PyObject *
merge(SessionmakerObject *self, PyObject *local)
{
    PyObject *merged = PyDict_Copy(self->kw);
    if (merged == NULL || PyDict_Update(merged, local) < 0 ||
        merge_info(merged, PyDict_GetItemString(self->kw, "info"),
                   PyDict_GetItemString(local, "info")) < 0) {
        Py_XDECREF(merged);
        return NULL;
    }
    return merged;
}

static PyObject *
make(SessionmakerObject *self, PyObject *local)
{
    Sac_State *state = SAC_STATE(self);
    if (check_ready(self) < 0) {
        return NULL;
    }
    bool plain = self->class_ == (PyObject *)state->session_type;
    bool merging = local != NULL && PyDict_GET_SIZE(local) > 0;
    if (plain && !merging) {
        return Sac_SessionNew(state, self->kw);
    }
    PyObject *kw = merging ? merge(self, local) : PyDict_Copy(self->kw);
    PyObject *none = PyTuple_New(0);
    PyObject *session = NULL;
    if (kw != NULL && none != NULL) {
        session = plain ? Sac_SessionNew(state, kw)
                        : PyObject_Call(self->class_, none, kw);
    }
    Py_XDECREF(none);
    Py_XDECREF(kw);
    return session;
}

static PyObject *
maker_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args) > 0) {
        PyErr_SetString(PyExc_TypeError,
                        "a session factory takes keywords only");
        return NULL;
    }
    return make((SessionmakerObject *)op, kwargs);
}

PyDoc_STRVAR(
    begin_doc,
    "begin($self, /)\n--\n\n"
    "`async with maker.begin() as session:` a new session in a transaction\n"
    "that commits at the end of the block, or rolls back when it raises; the\n"
    "session is closed then.");

static PyObject *
maker_begin(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    PyObject *session = make((SessionmakerObject *)op, NULL);
    if (session == NULL) {
        return NULL;
    }
    PyObject *transaction = NULL;
    if (Sac_SessionCheck(SAC_STATE(op), session)) {
        transaction =
            Sac_SessionTransactionNew((Sac_Session *)session, false, true);
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "begin() needs sessions of AsyncSession's kind, class_ "
                     "made a %s",
                     Py_TYPE(session)->tp_name);
    }
    Py_DECREF(session);
    return transaction;
}

PyDoc_STRVAR(configure_doc,
             "configure($self, /, **new_kw)\n--\n\n"
             "Change the keywords of the sessions that are made from now on.");

static PyObject *
maker_configure(PyObject *op, PyObject *args, PyObject *kwargs)
{
    SessionmakerObject *self = (SessionmakerObject *)op;
    if (!PyArg_ParseTuple(args, ":configure") || check_ready(self) < 0 ||
        (kwargs != NULL && PyDict_Update(self->kw, kwargs) < 0)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* ---- attributes ------------------------------------------------------ */

/* -> new list of "name=value". */
static PyObject *
keyword_texts(PyObject *kw)
{
    PyObject *items = PyDict_Items(kw);
    PyObject *texts = items == NULL ? NULL : PyList_New(0);
    for (Py_ssize_t i = 0; texts != NULL && i < PyList_GET_SIZE(items); i++) {
        PyObject *item = PyList_GET_ITEM(items, i);
        PyObject *text = PyUnicode_FromFormat(
            "%S=%R", PyTuple_GET_ITEM(item, 0), PyTuple_GET_ITEM(item, 1));
        if (text == NULL || PyList_Append(texts, text) < 0) {
            Py_CLEAR(texts);
        }
        Py_XDECREF(text);
    }
    Py_XDECREF(items);
    return texts;
}

static PyObject *
maker_repr(PyObject *op)
{
    SessionmakerObject *self = (SessionmakerObject *)op;
    if (check_ready(self) < 0) {
        return NULL;
    }
    PyObject *name = PyObject_GetAttrString(self->class_, "__name__");
    PyObject *own =
        PyObject_GetAttrString((PyObject *)Py_TYPE(op), "__name__");
    PyObject *texts = keyword_texts(self->kw);
    PyObject *comma = PyUnicode_FromString(", ");
    PyObject *joined = NULL, *result = NULL;
    if (texts != NULL && comma != NULL) {
        joined = PyUnicode_Join(comma, texts);
    }
    if (name != NULL && own != NULL && joined != NULL) {
        result = PyUnicode_FromFormat("%U(class_=%R, %U)", own, name, joined);
    }
    Py_XDECREF(joined);
    Py_XDECREF(comma);
    Py_XDECREF(texts);
    Py_XDECREF(own);
    Py_XDECREF(name);
    return result;
}

static int
kw_set(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    SessionmakerObject *self = (SessionmakerObject *)op;
    if (value == NULL || !PyDict_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "kw must be a dict");
        return -1;
    }
    Py_XSETREF(self->kw, Py_NewRef(value));
    return 0;
}

static PyObject *
kw_get(PyObject *op, void *Py_UNUSED(closure))
{
    SessionmakerObject *self = (SessionmakerObject *)op;
    return check_ready(self) < 0 ? NULL : Py_NewRef(self->kw);
}

static int
class_set(PyObject *op, PyObject *value, void *Py_UNUSED(closure))
{
    SessionmakerObject *self = (SessionmakerObject *)op;
    if (value == NULL || !PyCallable_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "class_ must be callable");
        return -1;
    }
    Py_XSETREF(self->class_, Py_NewRef(value));
    return 0;
}

static PyObject *
class_get(PyObject *op, void *Py_UNUSED(closure))
{
    SessionmakerObject *self = (SessionmakerObject *)op;
    return check_ready(self) < 0 ? NULL : Py_NewRef(self->class_);
}

/* ---- the type -------------------------------------------------------- */

static int
maker_traverse(PyObject *op, visitproc visit, void *arg)
{
    SessionmakerObject *self = (SessionmakerObject *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->dict);
    Py_VISIT(self->kw);
    Py_VISIT(self->class_);
    return 0;
}

static int
maker_clear(PyObject *op)
{
    SessionmakerObject *self = (SessionmakerObject *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->kw);
    Py_CLEAR(self->class_);
    return 0;
}

static void
maker_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (((SessionmakerObject *)op)->weakrefs != NULL) {
        PyObject_ClearWeakRefs(op);
    }
    (void)maker_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyMethodDef maker_methods[] = {
    {"begin", maker_begin, METH_NOARGS, begin_doc},
    {"configure", (PyCFunction)(void (*)(void))maker_configure,
     METH_VARARGS | METH_KEYWORDS, configure_doc},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, NULL},
    {0},
};

static PyGetSetDef maker_getset[] = {
    {"kw", kw_get, kw_set, "The keywords of every session made.", NULL},
    {"class_", class_get, class_set, "The class of the sessions.", NULL},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {0},
};

static PyMemberDef maker_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(SessionmakerObject, dict),
     READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(SessionmakerObject, weakrefs),
     READONLY, NULL},
    {0},
};

PyDoc_STRVAR(
    maker_doc,
    "async_sessionmaker(bind=None, *, class_=AsyncSession, autoflush=True,\n"
    "                   expire_on_commit=True, info=None, **kw)\n--\n\n"
    "A factory of sessions: calling it makes one.\n\n"
    "Args:\n"
    "    bind: an AsyncEngine or AsyncConnection for the sessions, or None.\n"
    "    class_: their class, AsyncSession or a subclass.\n"
    "    autoflush, expire_on_commit, info, **kw: keywords of AsyncSession.\n"
    "\n"
    "A call takes the same keywords and prefers its own; `info` of both is\n"
    "merged.");

static PyType_Slot maker_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)maker_doc},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_init, maker_init},
    {Py_tp_dealloc, maker_dealloc},
    {Py_tp_traverse, maker_traverse},
    {Py_tp_clear, maker_clear},
    {Py_tp_call, maker_call},
    {Py_tp_repr, maker_repr},
    {Py_tp_methods, maker_methods},
    {Py_tp_getset, maker_getset},
    {Py_tp_members, maker_members},
    {0, NULL},
};

static PyType_Spec maker_spec = {
    .name = "sqlactive_c.async_sessionmaker",
    .basicsize = sizeof(SessionmakerObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = maker_slots,
};

int
Sac_RegisterSessionmaker(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    return Sac_AddType(module, &maker_spec, &state->sessionmaker_type, 1);
}
