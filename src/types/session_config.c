/* What AsyncSession() and async_sessionmaker() accept.
 *
 * Keywords are matched one by one against a table, so that a factory makes a
 * session from its dict without another dict or tuple.  GIL. */
#include "types/session_config.h"

#include "bridge/errors.h"

int
Sac_SessionCheckBind(Sac_State *state, PyObject *object, PyObject **bind)
{
    *bind = NULL;
    if (object == NULL || object == Py_None) {
        return 0;
    }
    if (!Sac_EngineCheck(state, object) &&
        !Py_IS_TYPE(object, state->connection_type)) {
        (void)Sac_RaiseNamed(state, "ArgumentError",
                             "bind must be an AsyncEngine or an "
                             "AsyncConnection, not %R",
                             object);
        return -1;
    }
    *bind = Py_NewRef(object);
    return 0;
}

static int
take_bind(Sac_Session *self, PyObject *value)
{
    PyObject *bind;
    if (Sac_SessionCheckBind(SAC_STATE(self), value, &bind) < 0) {
        return -1;
    }
    Py_XSETREF(self->bind, bind);
    return 0;
}

static int
take_flag(bool *flag, PyObject *value)
{
    int truth = PyObject_IsTrue(value);
    if (truth < 0) {
        return -1;
    }
    *flag = truth != 0;
    return 0;
}

static int
take_autoflush(Sac_Session *self, PyObject *value)
{
    return take_flag(&self->autoflush, value);
}

static int
take_expire(Sac_Session *self, PyObject *value)
{
    return take_flag(&self->expire_on_commit, value);
}

static int
take_autobegin(Sac_Session *self, PyObject *value)
{
    return take_flag(&self->autobegin, value);
}

static int
take_resets(Sac_Session *self, PyObject *value)
{
    return take_flag(&self->close_resets_only, value);
}

static int
take_info(Sac_Session *self, PyObject *value)
{
    if (value == Py_None) {
        return 0;
    }
    if (!PyMapping_Check(value)) {
        PyErr_Format(PyExc_TypeError, "info must be a mapping, not %R", value);
        return -1;
    }
    PyObject *info = PyDict_New();
    if (info == NULL || PyDict_Update(info, value) < 0) {
        Py_XDECREF(info);
        return -1;
    }
    Py_XSETREF(self->info, info);
    return 0;
}

static int
take_join_mode(Sac_Session *self, PyObject *value)
{
    static const char *const modes[] = {"conditional_savepoint",
                                        "rollback_only", "control_fully",
                                        "create_savepoint"};
    for (int i = 0; i < 4; i++) {
        if (PyUnicode_Check(value) &&
            PyUnicode_CompareWithASCIIString(value, modes[i]) == 0) {
            self->join_mode = (Sac_JoinMode)i;
            return 0;
        }
    }
    (void)Sac_RaiseNamed(SAC_STATE(self), "ArgumentError",
                         "join_transaction_mode: %R is not one of "
                         "conditional_savepoint, rollback_only, "
                         "control_fully, create_savepoint",
                         value);
    return -1;
}

/* Keywords that users of SQLAlchemy know and that have no meaning here: only
 * the values that ask for nothing are accepted. */
static int
take_nothing(Sac_Session *self, PyObject *value)
{
    int truth = PyObject_IsTrue(value);
    if (truth > 0) {
        (void)Sac_RaiseNamed(SAC_STATE(self), "ArgumentError",
                             "one of binds, twophase, query_cls, "
                             "sync_session_class was given: a session here "
                             "has one bind, one transaction and no "
                             "synchronous twin");
        return -1;
    }
    return truth;
}

static int
take_ignored(Sac_Session *Py_UNUSED(self), PyObject *Py_UNUSED(value))
{
    return 0;
}

static const struct {
    const char *name;
    int (*take)(Sac_Session *self, PyObject *value);
} keywords_known[] = {
    {"bind", take_bind},
    {"autoflush", take_autoflush},
    {"expire_on_commit", take_expire},
    {"info", take_info},
    {"autobegin", take_autobegin},
    {"close_resets_only", take_resets},
    {"join_transaction_mode", take_join_mode},
    {"future", take_ignored},
    {"binds", take_nothing},
    {"twophase", take_nothing},
    {"query_cls", take_nothing},
    {"sync_session_class", take_nothing},
};

enum {
    KNOWN = sizeof(keywords_known) / sizeof(keywords_known[0]),
};

static int
take(Sac_Session *self, PyObject *name, PyObject *value)
{
    for (size_t i = 0; i < KNOWN; i++) {
        if (PyUnicode_CompareWithASCIIString(name, keywords_known[i].name) ==
            0) {
            return keywords_known[i].take(self, value);
        }
    }
    PyErr_Format(PyExc_TypeError,
                 "AsyncSession() got an unexpected keyword argument '%U'",
                 name);
    return -1;
}

int
Sac_SessionConfigure(Sac_Session *session, PyObject *bind, PyObject *keywords)
{
    PyObject *name, *value;
    Py_ssize_t at = 0;
    if (bind != NULL && keywords != NULL &&
        PyDict_GetItemString(keywords, "bind") != NULL) {
        PyErr_SetString(PyExc_TypeError, "AsyncSession() got more than one "
                                         "value for argument 'bind'");
        return -1;
    }
    if (bind != NULL && take_bind(session, bind) < 0) {
        return -1;
    }
    while (keywords != NULL && PyDict_Next(keywords, &at, &name, &value)) {
        /* A user's __bool__ could change the dict: keep what is in use. */
        Py_INCREF(name);
        Py_INCREF(value);
        int rc = PyUnicode_Check(name) ? take(session, name, value) : -1;
        if (rc < 0 && !PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError, "keywords must be strings");
        }
        Py_DECREF(name);
        Py_DECREF(value);
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}
