/* A JsonWriter: JSON text that grows, in UTF-8, as json.dumps() of the
 * standard library writes it. */
#ifndef SAC_TYPES_JSON_WRITER_H
#define SAC_TYPES_JSON_WRITER_H

#include <Python.h>
#include <stdbool.h>
#include <string.h>

#include "bridge/state.h"

typedef struct Sac_JsonWriter {
    Sac_State *state;
    PyObject *bytes; /* strong: what was written, and room after it; NULL
                        after an error */
    char *at;        /* in bytes: what comes next */
    char *end;
    PyObject *indent; /* borrowed: bytes, one level of it; NULL: one line */
    Py_ssize_t level;
    bool ascii;   /* the rest is escaped */
    bool sorted;  /* keys of objects are */
    bool compact; /* no space after , and : */
} Sac_JsonWriter;

/* -> 0, or -1 with MemoryError.  After any error, and after taking the text,
 * there is nothing to free. */
int Sac_JsonInit(Sac_JsonWriter *self, Sac_State *state);
void Sac_JsonDrop(Sac_JsonWriter *self);
/* -> new bytes, or NULL. */
PyObject *Sac_JsonTakeBytes(Sac_JsonWriter *self);
/* -> new str, or NULL. */
PyObject *Sac_JsonTakeText(Sac_JsonWriter *self);

/* Makes room for `need` bytes more. -> 0 or -1. */
int Sac_JsonGrow(Sac_JsonWriter *self, size_t need);
static inline int
Sac_JsonRoom(Sac_JsonWriter *self, size_t need)
{
    return (size_t)(self->end - self->at) >= need ? 0
                                                  : Sac_JsonGrow(self, need);
}

/* As it is. -> 0 or -1. */
static inline int
Sac_JsonRaw(Sac_JsonWriter *self, const char *text, size_t size)
{
    if (Sac_JsonRoom(self, size) < 0) {
        return -1;
    }
    memcpy(self->at, text, size);
    self->at += size;
    return 0;
}

/* Values. -> 0 or -1. */
int Sac_JsonInt(Sac_JsonWriter *self, int64_t value);
int Sac_JsonDouble(Sac_JsonWriter *self, double value);
int Sac_JsonString(Sac_JsonWriter *self, PyObject *text);
/* Text of a database. -> 1: written; 0: it is not valid UTF-8, nothing was;
 * -1.  The writer is not one for ASCII. */
int Sac_JsonUtf8(Sac_JsonWriter *self, const char *text, size_t size);
/* Anything (json_text.c); str() of what JSON does not have. */
int Sac_JsonObject(Sac_JsonWriter *self, PyObject *object);
/* What tells dates and times apart; before the first object. -> 0 or -1. */
int Sac_JsonLoadTime(Sac_State *state);

/* _core.json_text(object, ensure_ascii, indent, sort_keys, /) */
PyObject *Sac_JsonText(PyObject *module, PyObject *const *args,
                       Py_ssize_t count);
extern const char Sac_JsonTextDoc[];
/* _core.rows_to_json() (json_rows.c) */
PyObject *Sac_JsonRows(PyObject *module, PyObject *args, PyObject *kwargs);
extern const char Sac_JsonRowsDoc[];
/* _core.columns_dict(instance, exclude, /) (serialize.c) */
PyObject *Sac_ColumnsDict(PyObject *module, PyObject *const *args,
                          Py_ssize_t count);
extern const char Sac_ColumnsDictDoc[];
/* _core.columns_json(instance, ensure_ascii, /) */
PyObject *Sac_ColumnsJson(PyObject *module, PyObject *const *args,
                          Py_ssize_t count);
extern const char Sac_ColumnsJsonDoc[];

#endif
