/* A packed result: rows as bytes in pages, written by whoever steps the
 * statement, read once from front to back by the loop thread.
 *
 * A cell is one tag byte (sac_type) and its payload: nothing for NULL, eight
 * bytes for INT and REAL, a 32-bit length and the bytes for TEXT and BLOB.  A
 * cell never crosses a page.  Pages grow from 4 KiB to 256 KiB, so a small
 * result costs one allocation and a large one never moves. */
#ifndef SAC_ENGINE_ROWS_H
#define SAC_ENGINE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/status.h"
#include "engine/value.h"

struct sqlite3_stmt;

typedef struct sac_rows sac_rows;

/* -> new, with no rows, or NULL. */
sac_rows *sac_rows_new(int columns);
void sac_rows_free(sac_rows *rows);
int sac_rows_columns(const sac_rows *rows);
/* Rows appended so far. */
size_t sac_rows_count(const sac_rows *rows);
/* Bytes of all pages. */
size_t sac_rows_bytes(const sac_rows *rows);
/* Forgets the rows, keeps the first page. */
void sac_rows_clear(sac_rows *rows);
/* Appends the statement's current row.  -> SAC_OK or SAC_ERR_NOMEM (then the
 * half row is dropped). */
SAC_MUST_USE sac_status sac_rows_append(sac_rows *rows,
                                        struct sqlite3_stmt *stmt);

/* What a cursor yields: bytes are borrowed from the rows. */
typedef struct sac_cell {
    sac_type type;
    uint32_t size; /* of TEXT and BLOB */
    union {
        int64_t integer;
        double real;
        const char *bytes;
    } as;
} sac_cell;

/* Filled from the front; in the header so that reading can be inlined. */
typedef struct sac_page {
    struct sac_page *next; /* owned */
    size_t size;           /* of bytes */
    size_t used;
    char bytes[];
} sac_page;

/* A place in the rows.  Reading starts when all rows are in. */
typedef struct sac_cursor {
    const sac_page *page; /* borrowed from the rows */
    size_t at;
    size_t left; /* rows not yet begun */
} sac_cursor;

void sac_cursor_init(sac_cursor *cursor, const sac_rows *rows);

/* Begins the next row.  -> false when there is none; else the caller reads
 * exactly sac_rows_columns() cells. */
static inline bool
sac_cursor_row(sac_cursor *cursor)
{
    if (cursor->left == 0) {
        return false;
    }
    cursor->left--;
    return true;
}

/* -> the bytes of the next cell, tag first. */
static inline const char *
sac_cursor_peek(sac_cursor *cursor)
{
    while (cursor->at == cursor->page->used) {
        cursor->page = cursor->page->next;
        cursor->at = 0;
    }
    return cursor->page->bytes + cursor->at;
}

/* Reads the next cell and moves past it. */
static inline void
sac_cursor_cell(sac_cursor *cursor, sac_cell *cell)
{
    const char *at = sac_cursor_peek(cursor);
    cell->type = (sac_type)at[0];
    cell->size = 0;
    if (cell->type == SAC_NULL) {
        cell->as.integer = 0;
        cursor->at += 1;
    }
    else if (cell->type <= SAC_REAL) {
        memcpy(&cell->as, at + 1, 8); /* an int64_t or a double */
        cursor->at += 1 + 8;
    }
    else {
        memcpy(&cell->size, at + 1, 4);
        cell->as.bytes = at + 1 + 4;
        cursor->at += 1 + 4 + (size_t)cell->size;
    }
}

#endif
