/* columns_dict(): the values of an instance's columns, in a dict.
 *
 * With the GIL.  What to read stands in the mapping, made by Python once for
 * a class (the hook serial_plan) and again when the class has changed: a
 * tuple of a key, then an attribute, whose slot is read here, or a name, for
 * getattr(), and so on.  Knows nothing of JSON. */
#include "bridge/compat.h"
#include "types/attribute.h"
#include "types/json_writer.h"

static int
check_plan(Sac_State *state, PyObject *plan)
{
    if (!PyTuple_Check(plan) || PyTuple_GET_SIZE(plan) % 2 != 0) {
        PyErr_SetString(PyExc_TypeError, "a plan is a tuple of pairs");
        return -1;
    }
    for (Py_ssize_t i = 1; i < PyTuple_GET_SIZE(plan); i += 2) {
        PyObject *where = PyTuple_GET_ITEM(plan, i);
        if (!PyUnicode_Check(where) && !Sac_AttributeCheck(state, where)) {
            PyErr_SetString(PyExc_TypeError,
                            "a value is at an attribute or a name");
            return -1;
        }
    }
    return 0;
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

const char Sac_ColumnsDictDoc[] =
    "columns_dict(instance, exclude, /)\n--\n\n"
    "Return the values of an instance's columns by the keys of the columns,\n"
    "without those that `exclude` contains, if it is not None. Private.";

PyObject *
Sac_ColumnsDict(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    Sac_State *state = Sac_StateOfModule(module);
    if (count != 2 || !Sac_InstanceCheck(state, args[0])) {
        PyErr_SetString(PyExc_TypeError,
                        "columns_dict() takes an instance and what to leave "
                        "out");
        return NULL;
    }
    Sac_Instance *instance = (Sac_Instance *)args[0];
    if (instance->mapping == NULL) {
        PyErr_Format(PyExc_AttributeError, "'%s' object is not mapped",
                     Py_TYPE(instance)->tp_name);
        return NULL;
    }
    PyObject *plan = plan_of(state, instance->mapping, Py_TYPE(instance));
    PyObject *result = plan == NULL ? NULL : PyDict_New();
    int rc = result == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(plan); i += 2) {
        PyObject *key = PyTuple_GET_ITEM(plan, i);
        int out = args[1] == Py_None ? 0 : PySequence_Contains(args[1], key);
        rc = out < 0 ? -1 : 0;
        if (out == 0) {
            rc = add_value(instance, result, key,
                           PyTuple_GET_ITEM(plan, i + 1));
        }
    }
    Py_XDECREF(plan);
    if (rc < 0) {
        Py_CLEAR(result);
    }
    return result;
}
