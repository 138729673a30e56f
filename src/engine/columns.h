/* The column names of a prepared statement, shared by its results: immutable
 * and counted, so any thread may hold one. */
#ifndef SAC_ENGINE_COLUMNS_H
#define SAC_ENGINE_COLUMNS_H

#include <stdbool.h>

struct sqlite3_stmt;

typedef struct sac_columns sac_columns;

/* -> new, with one reference, or NULL. */
sac_columns *sac_columns_of(struct sqlite3_stmt *stmt);
sac_columns *sac_columns_retain(sac_columns *columns);
void sac_columns_release(sac_columns *columns); /* NULL is fine */
int sac_columns_count(const sac_columns *columns);
/* -> borrowed UTF-8. */
const char *sac_columns_name(const sac_columns *columns, int index);
bool sac_columns_equal(const sac_columns *a, const sac_columns *b);

#endif
