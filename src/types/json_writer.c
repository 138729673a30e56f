/* JSON text that grows: the buffer, numbers and strings.
 *
 * With the GIL.  The text stands in a bytes object from the start, so that
 * it can be given away without a copy.  What follows from Python objects is
 * decided in json_text.c, what from cells in json_rows.c. */
#include "types/json_writer.h"

#include <math.h>

enum { FIRST_SIZE = 512 };

/* ---- the buffer -------------------------------------------------------- */

int
Sac_JsonInit(Sac_JsonWriter *self, Sac_State *state)
{
    *self = (Sac_JsonWriter){.state = state};
    self->bytes = PyBytes_FromStringAndSize(NULL, FIRST_SIZE);
    if (self->bytes == NULL) {
        return -1;
    }
    self->at = PyBytes_AS_STRING(self->bytes);
    self->end = self->at + FIRST_SIZE;
    return 0;
}

void
Sac_JsonDrop(Sac_JsonWriter *self)
{
    Py_CLEAR(self->bytes);
}

int
Sac_JsonGrow(Sac_JsonWriter *self, size_t need)
{
    if (self->bytes == NULL) {
        return -1;
    }
    size_t used = (size_t)(self->at - PyBytes_AS_STRING(self->bytes));
    size_t size = (size_t)PyBytes_GET_SIZE(self->bytes);
    size_t most = (size_t)PY_SSIZE_T_MAX / 4;
    if (need > most || used > most) {
        PyErr_NoMemory();
        return -1;
    }
    size = 2 * size > used + need ? 2 * size : used + need;
    /* An error leaves NULL there. */
    if (_PyBytes_Resize(&self->bytes, (Py_ssize_t)size) < 0) {
        return -1;
    }
    self->at = PyBytes_AS_STRING(self->bytes) + used;
    self->end = PyBytes_AS_STRING(self->bytes) + size;
    return 0;
}

PyObject *
Sac_JsonTakeBytes(Sac_JsonWriter *self)
{
    if (self->bytes != NULL) {
        (void)_PyBytes_Resize(&self->bytes,
                              self->at - PyBytes_AS_STRING(self->bytes));
    }
    PyObject *bytes = self->bytes;
    self->bytes = NULL;
    return bytes;
}

PyObject *
Sac_JsonTakeText(Sac_JsonWriter *self)
{
    if (self->bytes == NULL) {
        return NULL;
    }
    const char *start = PyBytes_AS_STRING(self->bytes);
    /* Halves of surrogate pairs are let through, as json does. */
    PyObject *text =
        PyUnicode_DecodeUTF8(start, self->at - start, "surrogatepass");
    Sac_JsonDrop(self);
    return text;
}

/* ---- numbers ----------------------------------------------------------- */

/* -> the first of the digits, which end at `end`. */
static char *
put_digits(char *end, uint64_t value)
{
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return end;
}

int
Sac_JsonInt(Sac_JsonWriter *self, int64_t value)
{
    char digits[24];
    char *end = digits + sizeof(digits);
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    char *at = put_digits(end, size);
    if (value < 0) {
        *--at = '-';
    }
    return Sac_JsonRaw(self, at, (size_t)(end - at));
}

/* A number with at most four digits behind the point, and fifteen in all:
 * then they are its shortest text. -> 1: written; 0: it is not; -1. */
static int
put_short(Sac_JsonWriter *self, double value)
{
    double size = fabs(value);
    if (!(size >= 1e-4 && size < 1e11)) {
        return 0;
    }
    double scaled = rint(size * 1e4);
    if (scaled / 1e4 != size) {
        return 0;
    }
    uint64_t number = (uint64_t)scaled;
    uint64_t part = number % 10000;
    char text[32];
    char *end = text + sizeof(text);
    int places = 4;
    for (; places > 1 && part % 10 == 0; places--) {
        part /= 10;
    }
    for (int i = 0; i < places; i++) {
        end[-1 - i] = (char)('0' + part % 10);
        part /= 10;
    }
    char *at = end - places;
    *--at = '.';
    at = put_digits(at, number / 10000);
    if (value < 0) {
        *--at = '-';
    }
    return Sac_JsonRaw(self, at, (size_t)(end - at)) < 0 ? -1 : 1;
}

int
Sac_JsonDouble(Sac_JsonWriter *self, double value)
{
    if (isnan(value)) {
        return Sac_JsonRaw(self, "NaN", 3);
    }
    if (isinf(value)) {
        return value > 0 ? Sac_JsonRaw(self, "Infinity", 8)
                         : Sac_JsonRaw(self, "-Infinity", 9);
    }
    int written = put_short(self, value);
    if (written != 0) {
        return written < 0 ? -1 : 0;
    }
    char *text = PyOS_double_to_string(value, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
    if (text == NULL) {
        return -1;
    }
    int rc = Sac_JsonRaw(self, text, strlen(text));
    PyMem_Free(text);
    return rc;
}

/* ---- strings ----------------------------------------------------------- */

/* What a byte is written as: 0 as it is; 1 \u00..; else after a backslash. */
static const char escapes[128] = {
    1,   1,   1, 1, 1, 1, 1, 1, 'b',        't',         'n', 1,
    'f', 'r', 1, 1, 1, 1, 1, 1, 1,          1,           1,   1,
    1,   1,   1, 1, 1, 1, 1, 1, [34] = '"', [92] = '\\',
};

static const char hexadecimal[] = "0123456789abcdef";

static char *
put_unit(char *at, unsigned unit)
{
    *at++ = '\\';
    *at++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) {
        *at++ = hexadecimal[(unit >> shift) & 15];
    }
    return at;
}

static char *
put_escape(char *at, unsigned char byte)
{
    if (escapes[byte] == 1) {
        return put_unit(at, byte);
    }
    *at++ = '\\';
    *at++ = escapes[byte];
    return at;
}

/* -> how many bytes one character has that is not ASCII; 0: it is none.
 * lax: halves of surrogate pairs are some. */
static size_t
measure(const unsigned char *at, size_t left, bool lax)
{
    unsigned char first = at[0];
    size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || size > left) {
        return 0;
    }
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    if ((first == 0xE0 && at[1] < 0xA0) || (first == 0xF0 && at[1] < 0x90) ||
        (first == 0xF4 && at[1] > 0x8F) ||
        (first == 0xED && at[1] > 0x9F && !lax)) {
        return 0;
    }
    return size;
}

/* Whether each of eight bytes is written as it is. */
static inline bool
is_plain(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u;
    const uint64_t high = ones * 0x80;
    uint64_t quote = word ^ (ones * '"');
    uint64_t slash = word ^ (ones * '\\');
    uint64_t odd =
        word | (word - ones * 0x20) | (quote - ones) | (slash - ones);
    return (odd & high) == 0;
}

/* -> what follows the text, or NULL: it is no UTF-8.  There is room for six
 * times its size. */
static char *
put_utf8(char *to, const char *text, size_t size, bool lax)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + size;
    while (at < end) {
        uint64_t word;
        while (end - at >= 8 && (memcpy(&word, at, 8), is_plain(word))) {
            memcpy(to, &word, 8);
            at += 8;
            to += 8;
        }
        if (at == end) {
            break;
        }
        size_t many = 1;
        if (*at >= 0x80) {
            many = measure(at, (size_t)(end - at), lax);
            if (many == 0) {
                return NULL;
            }
            memcpy(to, at, many);
            to += many;
        }
        else if (escapes[*at] != 0) {
            to = put_escape(to, *at);
        }
        else {
            *to++ = (char)*at;
        }
        at += many;
    }
    return to;
}

/* A chunk of a long text does not end inside of a character. */
static size_t
chunk_of(const char *text, size_t size)
{
    enum { CHUNK = 4096 };
    if (size <= CHUNK) {
        return size;
    }
    size_t chunk = CHUNK;
    while (chunk > CHUNK - 4 && ((unsigned char)text[chunk] & 0xC0) == 0x80) {
        chunk--;
    }
    return chunk;
}

/* -> as Sac_JsonUtf8(). */
static int
put_quoted(Sac_JsonWriter *self, const char *text, size_t size, bool lax)
{
    size_t before = self->bytes == NULL
                        ? 0
                        : (size_t)(self->at - PyBytes_AS_STRING(self->bytes));
    if (Sac_JsonRaw(self, "\"", 1) < 0) {
        return -1;
    }
    while (size > 0) {
        size_t chunk = chunk_of(text, size);
        if (Sac_JsonRoom(self, 6 * chunk + 8) < 0) {
            return -1;
        }
        char *to = put_utf8(self->at, text, chunk, lax);
        if (to == NULL) {
            self->at = PyBytes_AS_STRING(self->bytes) + before;
            return 0;
        }
        self->at = to;
        text += chunk;
        size -= chunk;
    }
    return Sac_JsonRaw(self, "\"", 1) < 0 ? -1 : 1;
}

int
Sac_JsonUtf8(Sac_JsonWriter *self, const char *text, size_t size)
{
    return put_quoted(self, text, size, false);
}

static char *
put_ascii(char *to, Py_UCS4 c)
{
    if (c < 0x7F && escapes[c] == 0) {
        *to++ = (char)c;
        return to;
    }
    if (c < 0x7F) {
        return put_escape(to, (unsigned char)c);
    }
    if (c < 0x10000) {
        return put_unit(to, (unsigned)c);
    }
    c -= 0x10000;
    to = put_unit(to, 0xD800 + (unsigned)(c >> 10));
    return put_unit(to, 0xDC00 + (unsigned)(c & 0x3FF));
}

static int
put_ascii_string(Sac_JsonWriter *self, PyObject *text)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(text);
    int kind = (int)PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    if (Sac_JsonRaw(self, "\"", 1) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        if (Sac_JsonRoom(self, 12) < 0) {
            return -1;
        }
        self->at = put_ascii(self->at, PyUnicode_READ(kind, data, i));
    }
    return Sac_JsonRaw(self, "\"", 1);
}

int
Sac_JsonString(Sac_JsonWriter *self, PyObject *text)
{
    if (self->ascii) {
        return put_ascii_string(self, text);
    }
    if (PyUnicode_IS_COMPACT_ASCII(text)) {
        return put_quoted(self, PyUnicode_DATA(text),
                          (size_t)PyUnicode_GET_LENGTH(text), true) < 0
                   ? -1
                   : 0;
    }
    /* Not PyUnicode_AsUTF8(), which leaves the copy in the string. */
    PyObject *bytes =
        PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
    if (bytes == NULL) {
        return -1;
    }
    int rc = put_quoted(self, PyBytes_AS_STRING(bytes),
                        (size_t)PyBytes_GET_SIZE(bytes), true);
    Py_DECREF(bytes);
    return rc < 0 ? -1 : 0;
}
