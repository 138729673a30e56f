/* Codecs of dates and times: text in ISO's order with a space in the middle
 * and six digits of a second, as the peer's SQLite dialect stores it.
 *
 * With the GIL.  What is written in just that form is read here by hand; the
 * rest goes to fromisoformat(), which knows all the forms and all the errors.
 * The C interface of datetime is in the state, not in the static variable of
 * datetime.h: every interpreter has its own. */
#include "bridge/codec_parts.h"

#include <datetime.h>
#include <string.h>

#include "bridge/values.h"

#define API(state) ((PyDateTime_CAPI *)(state)->datetime_api)

enum { DATE_SIZE = 10, TIME_SIZE = 15, DATETIME_SIZE = 26, ZONE_SIZE = 6 };
static const char utc_suffix[] = "+00:00";

int
Sac_CodecLoadTime(Sac_State *state, Sac_Codec *codec)
{
    (void)PyDateTimeAPI; /* datetime.h defines it in every file */
    if (state->datetime_api == NULL) {
        state->datetime_api = PyCapsule_Import(PyDateTime_CAPSULE_NAME, 0);
        if (state->datetime_api == NULL) {
            return -1;
        }
    }
    if (codec->kind != SAC_CODEC_INTERVAL) {
        return 0;
    }
    codec->helper = API(state)->DateTime_FromDateAndTime(
        1970, 1, 1, 0, 0, 0, 0, Py_None, API(state)->DateTimeType);
    return codec->helper != NULL ? 0 : -1;
}

/* ---- writing ---- */

static char *
put_digits(char *at, int number, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        at[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return at + width;
}

static char *
put_date(char *at, PyObject *date)
{
    at = put_digits(at, PyDateTime_GET_YEAR(date), 4);
    *at++ = '-';
    at = put_digits(at, PyDateTime_GET_MONTH(date), 2);
    *at++ = '-';
    return put_digits(at, PyDateTime_GET_DAY(date), 2);
}

static char *
put_clock(char *at, int hour, int minute, int second, int microsecond)
{
    at = put_digits(at, hour, 2);
    *at++ = ':';
    at = put_digits(at, minute, 2);
    *at++ = ':';
    at = put_digits(at, second, 2);
    *at++ = '.';
    return put_digits(at, microsecond, 6);
}

static char *
put_datetime(char *at, PyObject *object)
{
    at = put_date(at, object);
    *at++ = ' ';
    return put_clock(at, PyDateTime_DATE_GET_HOUR(object),
                     PyDateTime_DATE_GET_MINUTE(object),
                     PyDateTime_DATE_GET_SECOND(object),
                     PyDateTime_DATE_GET_MICROSECOND(object));
}

static int
refuse(const char *type, const char *accepted, PyObject *object)
{
    PyErr_Format(PyExc_TypeError, "a %s column takes %s, not %s: %.100R", type,
                 accepted, Py_TYPE(object)->tp_name, object);
    return -1;
}

/* A date is its midnight. */
static int
encode_midnight(PyObject *date, sac_value *value, PyObject **pin)
{
    char text[DATETIME_SIZE];
    char *at = put_date(text, date);
    *at++ = ' ';
    (void)put_clock(at, 0, 0, 0, 0);
    return Sac_CodecSetText(text, sizeof(text), value, pin);
}

int
Sac_CodecEncodeDateTime(Sac_State *state, PyObject *object, sac_value *value,
                        PyObject **pin)
{
    if (PyObject_TypeCheck(object, API(state)->DateTimeType)) {
        char text[DATETIME_SIZE];
        (void)put_datetime(text, object);
        return Sac_CodecSetText(text, sizeof(text), value, pin);
    }
    if (PyObject_TypeCheck(object, API(state)->DateType)) {
        return encode_midnight(object, value, pin);
    }
    return refuse("DateTime", "datetime and date objects", object);
}

/* -> new ref: the same instant in UTC, or None when the object has no
 * offset. */
static PyObject *
instant_in_utc(Sac_State *state, PyObject *object)
{
    PyObject *utc = API(state)->TimeZone_UTC;
    if (PyDateTime_DATE_GET_TZINFO(object) == utc) {
        return Py_NewRef(object);
    }
    PyObject *offset = PyObject_CallMethod(object, "utcoffset", NULL);
    if (offset == NULL || offset == Py_None) {
        return offset;
    }
    Py_DECREF(offset);
    PyObject *result = PyObject_CallMethod(object, "astimezone", "O", utc);
    if (result != NULL &&
        !PyObject_TypeCheck(result, API(state)->DateTimeType)) {
        PyErr_SetString(PyExc_TypeError, "astimezone() gave no datetime");
        Py_CLEAR(result);
    }
    return result;
}

int
Sac_CodecEncodeInstant(Sac_State *state, PyObject *object, sac_value *value,
                       PyObject **pin)
{
    if (!PyObject_TypeCheck(object, API(state)->DateTimeType) ||
        PyDateTime_DATE_GET_TZINFO(object) == Py_None) {
        return Sac_CodecEncodeDateTime(state, object, value, pin);
    }
    PyObject *instant = instant_in_utc(state, object);
    if (instant == NULL) {
        return -1;
    }
    if (instant == Py_None) {
        Py_DECREF(instant);
        return Sac_CodecEncodeDateTime(state, object, value, pin);
    }
    char text[DATETIME_SIZE + ZONE_SIZE];
    memcpy(put_datetime(text, instant), utc_suffix, ZONE_SIZE);
    Py_DECREF(instant);
    return Sac_CodecSetText(text, sizeof(text), value, pin);
}

int
Sac_CodecEncodeDate(Sac_State *state, PyObject *object, sac_value *value,
                    PyObject **pin)
{
    if (!PyObject_TypeCheck(object, API(state)->DateType)) {
        return refuse("Date", "date objects", object);
    }
    char text[DATE_SIZE];
    (void)put_date(text, object);
    return Sac_CodecSetText(text, sizeof(text), value, pin);
}

int
Sac_CodecEncodeTime(Sac_State *state, PyObject *object, sac_value *value,
                    PyObject **pin)
{
    if (!PyObject_TypeCheck(object, API(state)->TimeType)) {
        return refuse("Time", "time objects", object);
    }
    char text[TIME_SIZE];
    (void)put_clock(text, PyDateTime_TIME_GET_HOUR(object),
                    PyDateTime_TIME_GET_MINUTE(object),
                    PyDateTime_TIME_GET_SECOND(object),
                    PyDateTime_TIME_GET_MICROSECOND(object));
    return Sac_CodecSetText(text, sizeof(text), value, pin);
}

int
Sac_CodecEncodeInterval(Sac_State *state, const Sac_Codec *codec,
                        PyObject *object, sac_value *value, PyObject **pin)
{
    if (!PyObject_TypeCheck(object, API(state)->DeltaType)) {
        return refuse("Interval", "timedelta objects", object);
    }
    PyObject *moment = PyNumber_Add(codec->helper, object);
    if (moment == NULL) {
        return -1;
    }
    int rc = Sac_CodecEncodeDateTime(state, moment, value, pin);
    Py_DECREF(moment);
    return rc;
}

/* ---- reading ---- */

/* -> the number of `width` digits, or -1 when there is something else. */
static int
take_digits(const char *at, int width)
{
    int number = 0;
    for (int i = 0; i < width; i++) {
        int value = at[i] - '0';
        if (value < 0 || value > 9) {
            return -1;
        }
        number = number * 10 + value;
    }
    return number;
}

typedef struct date_parts {
    int year, month, day;
} date_parts;

typedef struct clock_parts {
    int hour, minute, second, microsecond;
} clock_parts;

/* At least DATE_SIZE bytes. */
static bool
take_date(const char *at, date_parts *date)
{
    date->year = take_digits(at, 4);
    date->month = take_digits(at + 5, 2);
    date->day = take_digits(at + 8, 2);
    return date->year >= 0 && date->month >= 0 && date->day >= 0 &&
           at[4] == '-' && at[7] == '-';
}

/* HH:MM:SS, with six digits of a second or none. */
static bool
take_clock(const char *at, size_t size, clock_parts *clock)
{
    if (size != TIME_SIZE && size != 8) {
        return false;
    }
    clock->hour = take_digits(at, 2);
    clock->minute = take_digits(at + 3, 2);
    clock->second = take_digits(at + 6, 2);
    clock->microsecond = 0;
    if (size == TIME_SIZE) {
        clock->microsecond = at[8] == '.' ? take_digits(at + 9, 6) : -1;
    }
    /* 24:00 means something to some versions of fromisoformat(). */
    return clock->hour >= 0 && clock->hour < 24 && clock->minute >= 0 &&
           clock->second >= 0 && clock->microsecond >= 0 && at[2] == ':' &&
           at[5] == ':';
}

static PyObject *
read_iso(Sac_State *state, PyTypeObject *type, const sac_cell *cell)
{
    PyObject *text = Sac_ObjectFromCell(state, cell);
    if (text == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (PyUnicode_Check(text)) {
        result =
            PyObject_CallMethod((PyObject *)type, "fromisoformat", "O", text);
    }
    else {
        PyErr_Format(PyExc_TypeError,
                     "cannot read %.100R as a %s, which is stored as text",
                     text, strrchr(type->tp_name, '.') + 1);
    }
    Py_DECREF(text);
    return result;
}

PyObject *
Sac_CodecDecodeDateTime(Sac_State *state, const sac_cell *cell)
{
    PyDateTime_CAPI *api = API(state);
    const char *at = cell->as.bytes;
    size_t size = cell->size;
    PyObject *zone = Py_None;
    date_parts date;
    clock_parts clock;
    if (cell->type == SAC_TEXT && size == DATETIME_SIZE + ZONE_SIZE &&
        memcmp(at + DATETIME_SIZE, utc_suffix, ZONE_SIZE) == 0) {
        zone = api->TimeZone_UTC;
        size = DATETIME_SIZE;
    }
    if (cell->type == SAC_TEXT && size > DATE_SIZE &&
        (at[DATE_SIZE] == ' ' || at[DATE_SIZE] == 'T') &&
        take_date(at, &date) &&
        take_clock(at + DATE_SIZE + 1, size - DATE_SIZE - 1, &clock)) {
        return api->DateTime_FromDateAndTime(
            date.year, date.month, date.day, clock.hour, clock.minute,
            clock.second, clock.microsecond, zone, api->DateTimeType);
    }
    return read_iso(state, api->DateTimeType, cell);
}

PyObject *
Sac_CodecDecodeDate(Sac_State *state, const sac_cell *cell)
{
    PyDateTime_CAPI *api = API(state);
    date_parts date;
    if (cell->type == SAC_TEXT && cell->size == DATE_SIZE &&
        take_date(cell->as.bytes, &date)) {
        return api->Date_FromDate(date.year, date.month, date.day,
                                  api->DateType);
    }
    return read_iso(state, api->DateType, cell);
}

PyObject *
Sac_CodecDecodeTime(Sac_State *state, const sac_cell *cell)
{
    PyDateTime_CAPI *api = API(state);
    clock_parts clock;
    if (cell->type == SAC_TEXT &&
        take_clock(cell->as.bytes, cell->size, &clock)) {
        return api->Time_FromTime(clock.hour, clock.minute, clock.second,
                                  clock.microsecond, Py_None, api->TimeType);
    }
    return read_iso(state, api->TimeType, cell);
}

PyObject *
Sac_CodecDecodeInterval(Sac_State *state, const Sac_Codec *codec,
                        const sac_cell *cell)
{
    PyObject *moment = Sac_CodecDecodeDateTime(state, cell);
    if (moment == NULL) {
        return NULL;
    }
    PyObject *result = PyNumber_Subtract(moment, codec->helper);
    Py_DECREF(moment);
    return result;
}
