/* columns_dict() and columns_json(): the values of an instance's columns, in a
 * dict or as JSON.
 *
 * With the GIL.  What to read stands in the mapping, made by Python once for
 * a class (the hook serial_plan) and again when the class has changed: a
 * tuple of a key, then an attribute, whose slot is read here, or a name, for
 * getattr(), and so on. */
#include "bridge/compat.h"
#include "types/attribute.h"
#include "types/json_writer.h"

/* ---- plans ------------------------------------------------------------- */

/* What the hook gives. */
enum { PLAN_PAIRS, PLAN_EMPTY, PLAN_IS_OURS, PLAN_PARTS };

static int
check_pairs(Sac_State *state, PyObject *pairs)
{
    if (!PyTuple_Check(pairs) || PyTuple_GET_SIZE(pairs) % 2 != 0) {
        PyErr_SetString(PyExc_TypeError, "a plan has a tuple of pairs");
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(pairs); i += 2) {
        PyObject *where = PyTuple_GET_ITEM(pairs, i + 1);
        if (!PyUnicode_Check(PyTuple_GET_ITEM(pairs, i)) ||
            (!PyUnicode_Check(where) && !Sac_AttributeCheck(state, where))) {
            PyErr_SetString(PyExc_TypeError,
                            "a value has a key, and is at an attribute or a "
                            "name");
            return -1;
        }
    }
    return 0;
}

static int
check_plan(Sac_State *state, PyObject *plan)
{
    if (!PyTuple_Check(plan) || PyTuple_GET_SIZE(plan) != PLAN_PARTS ||
        !PyDict_CheckExact(PyTuple_GET_ITEM(plan, PLAN_EMPTY))) {
        PyErr_SetString(PyExc_TypeError,
                        "a plan is pairs, a dict, and whether to_dict() is "
                        "ours");
        return -1;
    }
    return check_pairs(state, PyTuple_GET_ITEM(plan, PLAN_PAIRS));
}

/* -> new ref: the plan of a class, from the mapping or made anew. */
static PyObject *
plan_of(Sac_State *state, Sac_Mapping *mapping, PyTypeObject *type)
{
    if (mapping->serial != NULL && mapping->serial_of == type &&
        mapping->serial_version == Sac_TypeVersion(type)) {
        return Py_NewRef(mapping->serial);
    }
    if (state->serial_plan == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "sqlactive_c.serialization is not imported yet");
        return NULL;
    }
    PyObject *plan = PyObject_CallOneArg(state->serial_plan, (PyObject *)type);
    if (plan == NULL || check_plan(state, plan) < 0) {
        Py_XDECREF(plan);
        return NULL;
    }
    /* Making it has looked at the class, which gave it a version. */
    unsigned version = Sac_TypeVersion(type);
    Py_XSETREF(mapping->serial, version == 0 ? NULL : Py_NewRef(plan));
    mapping->serial_of = type;
    mapping->serial_version = version;
    return plan;
}

/* -> new ref: the plan for an instance; NULL with an exception. */
static PyObject *
plan_for(Sac_State *state, PyObject *object)
{
    if (!Sac_InstanceCheck(state, object)) {
        return PyErr_Format(PyExc_TypeError, "%R is no instance", object);
    }
    Sac_Mapping *mapping = ((Sac_Instance *)object)->mapping;
    if (mapping == NULL) {
        return PyErr_Format(PyExc_AttributeError, "'%s' object is not mapped",
                            Py_TYPE(object)->tp_name);
    }
    return plan_of(state, mapping, Py_TYPE(object));
}

/* ---- values ------------------------------------------------------------ */

/* -> new ref: what getattr(instance, ..., None) gives. */
static PyObject *
value_of(Sac_Instance *instance, PyObject *where)
{
    PyObject *value;
    if (PyUnicode_Check(where)) {
        value = PyObject_GetAttr((PyObject *)instance, where);
    }
    else {
        Sac_Attribute *attribute = (Sac_Attribute *)where;
        if (!Sac_MappingIsA(instance->mapping, attribute->mapping)) {
            PyErr_SetString(PyExc_TypeError, "an attribute of another class");
            return NULL;
        }
        value = Sac_AttributeGet(attribute, instance);
    }
    if (value == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        value = Py_NewRef(Py_None);
    }
    return value;
}

/* -> 0 or -1. */
static int
add_value(Sac_Instance *instance, PyObject *result, PyObject *key,
          PyObject *where)
{
    PyObject *value = value_of(instance, where);
    int rc = value == NULL ? -1 : PyDict_SetItem(result, key, value);
    Py_XDECREF(value);
    return rc;
}

/* ---- as a dict --------------------------------------------------------- */

const char Sac_ColumnsDictDoc[] =
    "columns_dict(instance, exclude, /)\n--\n\n"
    "Return the values of an instance's columns by the keys of the columns,\n"
    "without those that `exclude` contains, if it is not None. Private.";

PyObject *
Sac_ColumnsDict(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "columns_dict() takes 2 arguments");
        return NULL;
    }
    PyObject *plan = plan_for(Sac_StateOfModule(module), args[0]);
    if (plan == NULL) {
        return NULL;
    }
    PyObject *pairs = PyTuple_GET_ITEM(plan, PLAN_PAIRS);
    bool all = args[1] == Py_None;
    /* A copy has the room already. */
    PyObject *result =
        all ? PyDict_Copy(PyTuple_GET_ITEM(plan, PLAN_EMPTY)) : PyDict_New();
    int rc = result == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(pairs); i += 2) {
        PyObject *key = PyTuple_GET_ITEM(pairs, i);
        int out = all ? 0 : PySequence_Contains(args[1], key);
        rc = out < 0 ? -1 : 0;
        if (out == 0) {
            rc = add_value((Sac_Instance *)args[0], result, key,
                           PyTuple_GET_ITEM(pairs, i + 1));
        }
    }
    Py_DECREF(plan);
    if (rc < 0) {
        Py_CLEAR(result);
    }
    return result;
}

/* ---- as JSON ----------------------------------------------------------- */

static int
put_values(Sac_JsonWriter *writer, Sac_Instance *instance, PyObject *pairs)
{
    int rc = Sac_JsonRaw(writer, "{", 1);
    for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(pairs); i += 2) {
        PyObject *value = value_of(instance, PyTuple_GET_ITEM(pairs, i + 1));
        if (value == NULL || (i > 0 && Sac_JsonRaw(writer, ", ", 2) < 0) ||
            Sac_JsonString(writer, PyTuple_GET_ITEM(pairs, i)) < 0 ||
            Sac_JsonRaw(writer, ": ", 2) < 0) {
            rc = -1;
        }
        else {
            rc = Sac_JsonObject(writer, value);
        }
        Py_XDECREF(value);
    }
    return rc < 0 ? -1 : Sac_JsonRaw(writer, "}", 1);
}

const char Sac_ColumnsJsonDoc[] =
    "columns_json(instance, ensure_ascii, /)\n--\n\n"
    "Return what json_text() makes of columns_dict(), without the dict; or\n"
    "None: the class has a to_dict() of its own. Private.";

PyObject *
Sac_ColumnsJson(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "columns_json() takes 2 arguments");
        return NULL;
    }
    Sac_State *state = Sac_StateOfModule(module);
    PyObject *plan = plan_for(state, args[0]);
    if (plan == NULL) {
        return NULL;
    }
    if (PyTuple_GET_ITEM(plan, PLAN_IS_OURS) != Py_True) {
        Py_DECREF(plan);
        Py_RETURN_NONE;
    }
    Sac_JsonWriter writer;
    int ascii = PyObject_IsTrue(args[1]);
    if (ascii < 0 || Sac_JsonLoadTime(state) < 0 ||
        Sac_JsonInit(&writer, state) < 0) {
        Py_DECREF(plan);
        return NULL;
    }
    writer.ascii = ascii > 0;
    int rc = put_values(&writer, (Sac_Instance *)args[0],
                        PyTuple_GET_ITEM(plan, PLAN_PAIRS));
    Py_DECREF(plan);
    if (rc < 0) {
        Sac_JsonDrop(&writer);
        return NULL;
    }
    return Sac_JsonTakeText(&writer);
}
