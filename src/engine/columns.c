/* The column names of a prepared statement, in one block: the struct, the
 * pointers, the texts.
 *
 * Made by the thread that owns the statement; immutable from then on, so
 * that a result may keep it while the statement runs again elsewhere.  It
 * knows names, nothing of the types or values below them. */
#include "engine/columns.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "base/memory.h"

struct sac_columns {
    atomic_uint references;
    int count;           /* immutable */
    const char *names[]; /* immutable; point behind the array */
};

sac_columns *
sac_columns_of(sqlite3_stmt *stmt)
{
    int count = sqlite3_column_count(stmt);
    size_t texts = 0;
    for (int i = 0; i < count; i++) {
        /* SQLite keeps the name until the statement is prepared again. */
        const char *name = sqlite3_column_name(stmt, i);
        if (name == NULL) {
            return NULL;
        }
        texts += strlen(name) + 1;
    }
    size_t head =
        offsetof(sac_columns, names) + (size_t)count * sizeof(const char *);
    sac_columns *columns = sac_malloc(head + texts);
    if (columns == NULL) {
        return NULL;
    }
    atomic_init(&columns->references, 1);
    columns->count = count;
    char *at = (char *)columns + head;
    for (int i = 0; i < count; i++) {
        const char *name = sqlite3_column_name(stmt, i);
        size_t size = strlen(name) + 1;
        memcpy(at, name, size);
        columns->names[i] = at;
        at += size;
    }
    return columns;
}

sac_columns *
sac_columns_retain(sac_columns *columns)
{
    atomic_fetch_add_explicit(&columns->references, 1, memory_order_relaxed);
    return columns;
}

void
sac_columns_release(sac_columns *columns)
{
    if (columns != NULL &&
        atomic_fetch_sub_explicit(&columns->references, 1,
                                  memory_order_acq_rel) == 1) {
        sac_free(columns);
    }
}

int
sac_columns_count(const sac_columns *columns)
{
    return columns->count;
}

const char *
sac_columns_name(const sac_columns *columns, int index)
{
    return columns->names[index];
}

bool
sac_columns_equal(const sac_columns *a, const sac_columns *b)
{
    if (a == b) {
        return true;
    }
    if (a->count != b->count) {
        return false;
    }
    for (int i = 0; i < a->count; i++) {
        if (strcmp(a->names[i], b->names[i]) != 0) {
            return false;
        }
    }
    return true;
}
