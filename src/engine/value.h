/* A value on its way into SQLite. */
#ifndef SAC_ENGINE_VALUE_H
#define SAC_ENGINE_VALUE_H

#include <stddef.h>
#include <stdint.h>

typedef enum sac_type {
    SAC_NULL = 0,
    SAC_INT,
    SAC_REAL,
    SAC_TEXT, /* UTF-8, no terminating NUL needed, may contain NULs */
    SAC_BLOB,
    SAC_ROWID, /* of a row that the same script inserts before */
} sac_type;

/* Text and blobs are borrowed: whoever made the value keeps the bytes alive
 * and unchanged until the job that carries it is done. */
typedef struct sac_value {
    sac_type type;
    size_t size; /* bytes of text or blob */
    union {
        int64_t integer;
        double real;
        const char *bytes;
        struct {
            uint32_t step;
            uint32_t set;
        } row; /* of a step that keeps its rowids */
    } as;
} sac_value;

/* The parameters of a statement: `rows` sets of `width` values, one row after
 * the other.  width 0 with rows 1 is a statement without parameters; rows 0
 * executes nothing. */
typedef struct sac_params {
    size_t rows;
    size_t width;
    const sac_value *values; /* borrowed */
} sac_params;

#endif
