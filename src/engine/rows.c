/* Packed results: the writing half, and the owner of the pages.
 *
 * Written by the one thread that steps the statement, then read by the one
 * that made the job; nothing here is locked.  It knows SQLite's columns and
 * bytes in pages, nothing of what a cell becomes.
 *
 * This is the hot loop of every large result, so a cell is written straight
 * into its page: one look at its type, one look at the room left, one copy.
 */
#include "engine/rows.h"

#include <sqlite3.h>

#include "base/memory.h"

enum {
    CELL_NULL = 1,          /* the tag */
    CELL_NUMBER = 1 + 8,    /* and eight bytes */
    CELL_BYTES = 1 + 4,     /* and a length; the bytes come after */
    FIRST_BLOCK = 4 * 1024, /* the sac_rows and its first page */
    LARGEST_PAGE = 256 * 1024,
};

struct sac_rows {
    int columns;
    size_t count;
    size_t bytes;     /* of all pages */
    size_t next_size; /* of the next ordinary page */
    sac_page *first;  /* in the same block as this struct */
    sac_page *tail;   /* borrowed: the page that is being filled */
};

sac_rows *
sac_rows_new(int columns)
{
    sac_rows *rows = sac_malloc(FIRST_BLOCK);
    if (rows == NULL) {
        return NULL;
    }
    sac_page *first = (sac_page *)(void *)(rows + 1);
    first->next = NULL;
    first->size = FIRST_BLOCK - sizeof(sac_rows) - sizeof(sac_page);
    first->used = 0;
    *rows = (sac_rows){
        .columns = columns,
        .bytes = first->size,
        .next_size = 2 * FIRST_BLOCK,
        .first = first,
        .tail = first,
    };
    return rows;
}

/* Frees the pages behind `page`, which becomes the tail. */
static void
cut_after(sac_rows *rows, sac_page *page)
{
    sac_page *next = page->next;
    while (next != NULL) {
        sac_page *doomed = next;
        next = doomed->next;
        rows->bytes -= doomed->size;
        sac_free(doomed);
    }
    page->next = NULL;
    rows->tail = page;
}

void
sac_rows_free(sac_rows *rows)
{
    if (rows == NULL) {
        return;
    }
    cut_after(rows, rows->first);
    sac_free(rows);
}

int
sac_rows_columns(const sac_rows *rows)
{
    return rows->columns;
}

size_t
sac_rows_count(const sac_rows *rows)
{
    return rows->count;
}

size_t
sac_rows_bytes(const sac_rows *rows)
{
    return rows->bytes;
}

void
sac_rows_clear(sac_rows *rows)
{
    cut_after(rows, rows->first);
    rows->first->used = 0;
    rows->count = 0;
    rows->next_size = 2 * FIRST_BLOCK;
}

/* Adds a page with room for at least `need` bytes.  -> its first byte, or
 * NULL.  What is left of the page before it stays unused. */
static char *
grow(sac_rows *rows, size_t need)
{
    size_t block = rows->next_size;
    if (need > block - sizeof(sac_page)) {
        block = sizeof(sac_page) + need; /* a page of its own */
    }
    sac_page *page = sac_malloc(block);
    if (page == NULL) {
        return NULL;
    }
    page->next = NULL;
    page->size = block - sizeof(sac_page);
    page->used = need;
    rows->bytes += page->size;
    if (rows->next_size < LARGEST_PAGE) {
        rows->next_size *= 2;
    }
    rows->tail->next = page;
    rows->tail = page;
    return page->bytes;
}

/* -> room for `need` bytes, or NULL. */
static inline char *
reserve(sac_rows *rows, size_t need)
{
    sac_page *page = rows->tail;
    if (need > page->size - page->used) {
        return grow(rows, need);
    }
    char *at = page->bytes + page->used;
    page->used += need;
    return at;
}

static inline bool
append_number(sac_rows *rows, sac_type type, const void *eight)
{
    char *at = reserve(rows, CELL_NUMBER);
    if (at == NULL) {
        return false;
    }
    at[0] = (char)type;
    memcpy(at + 1, eight, 8);
    return true;
}

static inline bool
append_bytes(sac_rows *rows, sac_type type, const void *bytes, int length)
{
    /* Without a pointer but with a length: SQLite found no memory to convert
     * or to fetch the value. */
    if (bytes == NULL && (length != 0 || type == SAC_TEXT)) {
        return false;
    }
    uint32_t size = (uint32_t)length;
    char *at = reserve(rows, CELL_BYTES + (size_t)size);
    if (at == NULL) {
        return false;
    }
    at[0] = (char)type;
    memcpy(at + 1, &size, 4);
    if (size > 0) {
        memcpy(at + CELL_BYTES, bytes, size);
    }
    return true;
}

/* One look at the column: what sqlite3_value_...() do after it costs little.
 * They are said to be safe where no other thread uses the connection, and this
 * one has it. */
static inline bool
append_cell(sac_rows *rows, sqlite3_stmt *stmt, int column)
{
    sqlite3_value *value = sqlite3_column_value(stmt, column);
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: {
        int64_t integer = sqlite3_value_int64(value);
        return append_number(rows, SAC_INT, &integer);
    }
    case SQLITE_FLOAT: {
        double real = sqlite3_value_double(value);
        return append_number(rows, SAC_REAL, &real);
    }
    case SQLITE_TEXT: {
        /* The text first: it may convert, which changes the length. */
        const void *text = sqlite3_value_text(value);
        int length = sqlite3_value_bytes(value);
        return append_bytes(rows, SAC_TEXT, text, length);
    }
    case SQLITE_BLOB: {
        const void *blob = sqlite3_value_blob(value);
        int length = sqlite3_value_bytes(value);
        return append_bytes(rows, SAC_BLOB, blob, length);
    }
    default: {
        char *at = reserve(rows, CELL_NULL);
        if (at == NULL) {
            return false;
        }
        at[0] = (char)SAC_NULL;
        return true;
    }
    }
}

sac_status
sac_rows_append(sac_rows *rows, sqlite3_stmt *stmt)
{
    sac_page *page = rows->tail;
    size_t used = page->used;
    for (int i = 0; i < rows->columns; i++) {
        if (!append_cell(rows, stmt, i)) {
            cut_after(rows, page);
            page->used = used;
            return SAC_ERR_NOMEM;
        }
    }
    rows->count++;
    return SAC_OK;
}

void
sac_cursor_init(sac_cursor *cursor, const sac_rows *rows)
{
    cursor->page = rows->first;
    cursor->at = 0;
    cursor->left = rows->count;
}
