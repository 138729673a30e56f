/* One value of a row as JSON, straight from its cell.
 *
 * With the GIL, for every cell of rows_to_json().  The forms that are stored
 * as a rule are copied; all others, and what is wrong with them, are left to
 * the codec and to the str() of what it makes. */
#include "types/json_rows.h"

#include <math.h>

#include "bridge/codecs.h"

/* Each of these -> 1: written; 0: it is not of that form; -1. */

static int
put_raw(Sac_JsonWriter *self, const sac_cell *cell)
{
    int rc = -1;
    switch (cell->type) {
    case SAC_INT:
        rc = Sac_JsonInt(self, cell->as.integer);
        break;
    case SAC_REAL:
        rc = Sac_JsonDouble(self, cell->as.real);
        break;
    case SAC_TEXT: /* what is not UTF-8 raises when it is decoded */
        return Sac_JsonUtf8(self, cell->as.bytes, cell->size);
    case SAC_NULL:
    case SAC_BLOB:
    case SAC_ROWID:
    default:
        return 0;
    }
    return rc < 0 ? -1 : 1;
}

static int
put_boolean(Sac_JsonWriter *self, const sac_cell *cell)
{
    if (cell->type != SAC_INT || (uint64_t)cell->as.integer > 1) {
        return 0;
    }
    int rc = cell->as.integer == 1 ? Sac_JsonRaw(self, "true", 4)
                                   : Sac_JsonRaw(self, "false", 5);
    return rc < 0 ? -1 : 1;
}

/* -> the number of so many digits, or -1. */
static int
number_at(const char *at, int width)
{
    int number = 0;
    for (int i = 0; i < width; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return -1;
        }
        number = number * 10 + (at[i] - '0');
    }
    return number;
}

/* YYYY-MM-DD, of a day that there is. */
static bool
is_date(const char *at)
{
    static const char days[] = {31, 29, 31, 30, 31, 30,
                                31, 31, 30, 31, 30, 31};
    int year = number_at(at, 4);
    int month = number_at(at + 5, 2);
    int day = number_at(at + 8, 2);
    if (at[4] != '-' || at[7] != '-' || year < 1 || month < 1 || month > 12 ||
        day < 1 || day > days[month - 1]) {
        return false;
    }
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month != 2 || day < 29 || leap;
}

/* HH:MM:SS, maybe with six digits. -> how much of it str() has; 0: no. */
static size_t
clock_size(const char *at, size_t size)
{
    if (size != 8 && size != 15) {
        return 0;
    }
    int hour = number_at(at, 2);
    int minute = number_at(at + 3, 2);
    int second = number_at(at + 6, 2);
    if (at[2] != ':' || at[5] != ':' || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 59) {
        return 0;
    }
    if (size == 8) {
        return 8;
    }
    int part = at[8] == '.' ? number_at(at + 9, 6) : -1;
    return part < 0 ? 0 : part == 0 ? 8 : 15;
}

static int
put_quoted(Sac_JsonWriter *self, const char *text, size_t size)
{
    if (Sac_JsonRoom(self, size + 2) < 0) {
        return -1;
    }
    *self->at = '"';
    memcpy(self->at + 1, text, size);
    self->at[size + 1] = '"';
    self->at += size + 2;
    return 1;
}

static int
put_datetime(Sac_JsonWriter *self, const sac_cell *cell)
{
    enum { DATE = 10 };
    const char *at = cell->as.bytes;
    if (cell->type != SAC_TEXT || cell->size <= DATE + 1 ||
        (at[DATE] != ' ' && at[DATE] != 'T') || !is_date(at)) {
        return 0;
    }
    size_t size = clock_size(at + DATE + 1, cell->size - DATE - 1);
    if (size == 0) {
        return 0;
    }
    char text[DATE + 1 + 15];
    memcpy(text, at, DATE + 1 + size);
    text[DATE] = ' ';
    return put_quoted(self, text, DATE + 1 + size);
}

static int
put_date(Sac_JsonWriter *self, const sac_cell *cell)
{
    return cell->type == SAC_TEXT && cell->size == 10 &&
                   is_date(cell->as.bytes)
               ? put_quoted(self, cell->as.bytes, 10)
               : 0;
}

static int
put_time(Sac_JsonWriter *self, const sac_cell *cell)
{
    size_t size =
        cell->type == SAC_TEXT ? clock_size(cell->as.bytes, cell->size) : 0;
    return size == 0 ? 0 : put_quoted(self, cell->as.bytes, size);
}

static int
put_uuid(Sac_JsonWriter *self, const sac_cell *cell)
{
    enum { DIGITS = 32, SIZE = 36 };
    if (cell->type != SAC_TEXT || cell->size != DIGITS) {
        return 0;
    }
    char text[SIZE];
    char *to = text;
    for (int i = 0; i < DIGITS; i++) {
        char c = cell->as.bytes[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return 0;
        }
        if (i == 8 || i == 12 || i == 16 || i == 20) {
            *to++ = '-';
        }
        *to++ = c;
    }
    return put_quoted(self, text, SIZE);
}

/* Decimal writes all of the digits unless there are six zeros in front. */
static int
put_decimal(Sac_JsonWriter *self, PyObject *codec, const sac_cell *cell)
{
    int digits = Sac_CodecDigits(codec);
    double value = cell->type == SAC_REAL  ? cell->as.real
                   : cell->type == SAC_INT ? (double)cell->as.integer
                                           : NAN;
    if (!isfinite(value) || (digits > 6 && fabs(value) < 1e-5)) {
        return 0;
    }
    char *text = PyOS_double_to_string(value, 'f', digits, 0, NULL);
    if (text == NULL) {
        return -1;
    }
    int rc = put_quoted(self, text, strlen(text));
    PyMem_Free(text);
    return rc;
}

static int
put_coded(Sac_JsonWriter *self, PyObject *codec, const sac_cell *cell)
{
    switch (Sac_CodecKindOf(codec)) {
    case SAC_CODEC_RAW:
    case SAC_CODEC_FLOAT:
    case SAC_CODEC_BYTES:
        return put_raw(self, cell);
    case SAC_CODEC_BOOLEAN:
        return put_boolean(self, cell);
    case SAC_CODEC_DATETIME:
    case SAC_CODEC_INSTANT:
        return put_datetime(self, cell);
    case SAC_CODEC_DATE:
        return put_date(self, cell);
    case SAC_CODEC_TIME:
        return put_time(self, cell);
    case SAC_CODEC_DECIMAL:
        return put_decimal(self, codec, cell);
    case SAC_CODEC_UUID:
    case SAC_CODEC_UUID_TEXT:
        return put_uuid(self, cell);
    case SAC_CODEC_INTERVAL:
    case SAC_CODEC_ENUM:
    case SAC_CODEC_JSON:
    case SAC_CODEC_ADAPTER:
    case SAC_CODEC_CALLABLE:
        break;
    }
    return 0;
}

int
Sac_JsonItem(Sac_JsonWriter *self, const Sac_Item *item, const sac_cell *cells,
             Sac_LoadContext *load)
{
    if (item->kind == SAC_ITEM_CELL) {
        const sac_cell *cell = &cells[item->at];
        if (cell->type == SAC_NULL &&
            Sac_CodecKindOf(item->object) != SAC_CODEC_CALLABLE) {
            return Sac_JsonRaw(self, "null", 4);
        }
        int written = put_coded(self, item->object, cell);
        if (written != 0) {
            return written < 0 ? -1 : 0;
        }
    }
    PyObject *value = Sac_DecodeItem(self->state, item, cells, load);
    int rc = value == NULL ? -1 : Sac_JsonObject(self, value);
    Py_XDECREF(value);
    return rc;
}
