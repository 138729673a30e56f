/* ColumnElement, a node with operators.
 *
 * With the GIL.  The six comparisons of a plain node (a column of a type that
 * compares in the usual way) with a plain value or another plain node make
 * their result here, because programs write them in every call; everything
 * else is decided in Python (state->operate).  The classes of what is made
 * come from Python too; the order of their parts is a contract with
 * sqlactive_c/sql/elements.py. */
#include "bridge/errors.h"
#include "types/node.h"

/* Places in state->operators, in the order of sqlactive_c/sql/operators.py.
 * The comparisons stand as Py_LT ... Py_GE do. */
typedef enum Operator {
    OP_ADD = 6,
    OP_SUB,
    OP_MUL,
    OP_TRUEDIV,
    OP_FLOORDIV,
    OP_MOD,
    OP_AND,
    OP_OR,
    OP_XOR,
    OP_LSHIFT,
    OP_RSHIFT,
    OP_POW,
    OP_MATMUL,
    OP_NEG,
    OP_INVERT,
    OP_GETITEM,
    OP_CONTAINS,
    OP_COUNT,
} Operator;

/* ---- making ------------------------------------------------------------ */

/* What Python made the classes with; looked up once. -> borrowed or NULL. */
static Sac_Kind *
kind_of_class(Sac_State *state, PyObject *cls, PyObject **kept)
{
    if (*kept == NULL && cls != NULL) {
        *kept = (PyObject *)Sac_KindOf(state, (PyTypeObject *)cls);
        Py_XINCREF(*kept);
    }
    return (Sac_Kind *)*kept;
}

/* parts: key, -value, value_class, type_, flags, -peer, -peer_operator */
PyObject *
Sac_BindNew(Sac_State *state, PyObject *value, PyObject *peer, PyObject *op)
{
    Sac_Kind *kind =
        kind_of_class(state, state->bind_class, &state->bind_kind);
    PyObject *parts = kind == NULL ? NULL : PyTuple_New(7);
    if (parts == NULL) {
        return NULL;
    }
    PyTuple_SET_ITEM(parts, 0, Py_NewRef(Py_None));
    PyTuple_SET_ITEM(parts, 1, Py_NewRef(value));
    PyTuple_SET_ITEM(parts, 2, Py_NewRef((PyObject *)Py_TYPE(value)));
    PyTuple_SET_ITEM(parts, 3, Py_NewRef(Py_None));
    PyTuple_SET_ITEM(parts, 4, Py_NewRef(Py_None));
    PyTuple_SET_ITEM(parts, 5, Py_NewRef(peer == NULL ? Py_None : peer));
    PyTuple_SET_ITEM(parts, 6, Py_NewRef(op == NULL ? Py_None : op));
    return Sac_NodeNew((PyTypeObject *)state->bind_class, kind, parts);
}

/* parts: left, operator, right, negate, modifiers, -type
 * steals: right, may be NULL with an exception. */
static PyObject *
binary_new(Sac_State *state, PyObject *left, PyObject *op, PyObject *right)
{
    Sac_Kind *kind =
        kind_of_class(state, state->binary_class, &state->binary_kind);
    PyObject *parts = right == NULL || kind == NULL ? NULL : PyTuple_New(6);
    if (parts == NULL) {
        Py_XDECREF(right);
        return NULL;
    }
    PyTuple_SET_ITEM(parts, 0, Py_NewRef(left));
    PyTuple_SET_ITEM(parts, 1, Py_NewRef(op));
    PyTuple_SET_ITEM(parts, 2, right);
    for (Py_ssize_t i = 3; i < 6; i++) {
        PyTuple_SET_ITEM(parts, i, Py_NewRef(Py_None));
    }
    return Sac_NodeNew((PyTypeObject *)state->binary_class, kind, parts);
}

static bool
is_plain_value(PyObject *object)
{
    return PyLong_CheckExact(object) || PyUnicode_CheckExact(object) ||
           PyFloat_CheckExact(object) || PyBytes_CheckExact(object);
}

static bool
is_plain(PyObject *node)
{
    return (((Sac_Node *)node)->flags & SAC_NODE_PLAIN) != 0;
}

/* -> borrowed; NULL with an exception before the SQL package is there. */
static PyObject *
operator_at(Sac_State *state, int which)
{
    if (state->operators == NULL || state->operate == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "sqlactive_c.sql is not imported yet");
        return NULL;
    }
    return PyTuple_GET_ITEM(state->operators, which);
}

static PyObject *
operate(Sac_State *state, int which, PyObject *left, PyObject *right,
        bool reverse)
{
    PyObject *op = operator_at(state, which);
    if (op == NULL) {
        return NULL;
    }
    return PyObject_CallFunctionObjArgs(state->operate, op, left, right,
                                        reverse ? Py_True : Py_False, NULL);
}

static PyObject *
column_richcompare(PyObject *left, PyObject *right, int which)
{
    Sac_State *state = SAC_STATE(left);
    if (!is_plain(left) || state->binary_class == NULL) {
        return operate(state, which, left, right, false);
    }
    PyObject *op = operator_at(state, which);
    if (op == NULL) {
        return NULL;
    }
    if (is_plain_value(right)) {
        return binary_new(state, left, op,
                          Sac_BindNew(state, right, left, op));
    }
    if (Sac_ColumnElementCheck(state, right) && is_plain(right)) {
        return binary_new(state, left, op, Py_NewRef(right));
    }
    return operate(state, which, left, right, false);
}

/* ---- the other operators ----------------------------------------------- */

/* One of the two is ours; the module is found through that one. */
static PyObject *
binary(PyObject *left, PyObject *right, int which)
{
    Sac_State *state = Sac_StateOfType(Py_TYPE(left));
    if (state != NULL && Sac_ColumnElementCheck(state, left)) {
        return operate(state, which, left, right, false);
    }
    PyErr_Clear();
    state = SAC_STATE(right);
    return state == NULL ? NULL : operate(state, which, right, left, true);
}

#define BINARY(name, which)                                \
    static PyObject *name(PyObject *left, PyObject *right) \
    {                                                      \
        return binary(left, right, which);                 \
    }

BINARY(column_add, OP_ADD)
BINARY(column_subtract, OP_SUB)
BINARY(column_multiply, OP_MUL)
BINARY(column_true_divide, OP_TRUEDIV)
BINARY(column_floor_divide, OP_FLOORDIV)
BINARY(column_remainder, OP_MOD)
BINARY(column_and, OP_AND)
BINARY(column_or, OP_OR)
BINARY(column_xor, OP_XOR)
BINARY(column_lshift, OP_LSHIFT)
BINARY(column_rshift, OP_RSHIFT)
BINARY(column_matmul, OP_MATMUL)

static PyObject *
column_power(PyObject *left, PyObject *right, PyObject *modulus)
{
    if (modulus != Py_None) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return binary(left, right, OP_POW);
}

static PyObject *
column_negative(PyObject *op)
{
    return operate(SAC_STATE(op), OP_NEG, op, Py_None, false);
}

static PyObject *
column_invert(PyObject *op)
{
    return operate(SAC_STATE(op), OP_INVERT, op, Py_None, false);
}

static PyObject *
column_subscript(PyObject *op, PyObject *index)
{
    return operate(SAC_STATE(op), OP_GETITEM, op, index, false);
}

static int
column_contains(PyObject *op, PyObject *value)
{
    PyObject *made = operate(SAC_STATE(op), OP_CONTAINS, op, value, false);
    if (made == NULL) {
        return -1;
    }
    int truth = PyObject_IsTrue(made);
    Py_DECREF(made);
    return truth;
}

static int
column_bool(PyObject *Py_UNUSED(op))
{
    PyErr_SetString(PyExc_TypeError,
                    "Boolean value of this clause is not defined: use and_(),"
                    " or_(), not_() or &, |, ~ to combine conditions");
    return -1;
}

/* Without __iter__, Python would try the subscript, without end. */
static PyObject *
column_iter(PyObject *op)
{
    return PyErr_Format(PyExc_TypeError, "%s is not iterable",
                        Py_TYPE(op)->tp_name);
}

static Py_hash_t
column_hash(PyObject *op)
{
    /* By identity; never -1, as addresses are aligned. */
    return (Py_hash_t)((uintptr_t)op >> 4);
}

PyDoc_STRVAR(column_doc, "Base of SQL expressions with operators.");

static PyType_Slot column_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)column_doc},
    {Py_tp_richcompare, column_richcompare},
    {Py_tp_hash, column_hash},
    {Py_tp_iter, column_iter},
    {Py_nb_bool, column_bool},
    {Py_nb_add, column_add},
    {Py_nb_subtract, column_subtract},
    {Py_nb_multiply, column_multiply},
    {Py_nb_true_divide, column_true_divide},
    {Py_nb_floor_divide, column_floor_divide},
    {Py_nb_remainder, column_remainder},
    {Py_nb_and, column_and},
    {Py_nb_or, column_or},
    {Py_nb_xor, column_xor},
    {Py_nb_lshift, column_lshift},
    {Py_nb_rshift, column_rshift},
    {Py_nb_power, column_power},
    {Py_nb_matrix_multiply, column_matmul},
    {Py_nb_negative, column_negative},
    {Py_nb_invert, column_invert},
    {Py_mp_subscript, column_subscript},
    {Py_sq_contains, column_contains},
    {0, NULL},
};

static PyType_Spec column_spec = {
    .name = "sqlactive_c._core.ColumnElement",
    .basicsize = sizeof(Sac_Node),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = column_slots,
};

int
Sac_RegisterColumnElement(PyObject *module)
{
    Sac_State *state = Sac_StateOfModule(module);
    PyObject *type = PyType_FromModuleAndSpec(module, &column_spec,
                                              (PyObject *)state->clause_type);
    if (type == NULL) {
        return -1;
    }
    Py_XSETREF(state->column_element_type, (PyTypeObject *)type);
    return PyModule_AddType(module, (PyTypeObject *)type);
}
