/* SQL functions that every connection has. */
#ifndef SAC_ENGINE_FUNCTIONS_H
#define SAC_ENGINE_FUNCTIONS_H

struct sqlite3;

/* floor(x): an integer where one holds it, as `//` is written; SQLite has one
 * only when it was built with its mathematical functions.
 * -> SQLITE_OK, or what SQLite says. */
int sac_functions_add(struct sqlite3 *db);

#endif
