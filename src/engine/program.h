/* What a statement's bytecode tells before it is run. */
#ifndef SAC_ENGINE_PROGRAM_H
#define SAC_ENGINE_PROGRAM_H

#include <stdbool.h>

struct sqlite3;

typedef enum sac_bound {
    SAC_BOUND_UNKNOWN, /* the program could not be read this time */
    SAC_BOUND_NONE,    /* may run as long as a table is */
    SAC_BOUND_FIXED,   /* its work does not grow with any table */
} sac_bound;

/* Reads the program that SQLite makes of `sql`, one statement that is not an
 * EXPLAIN itself.  *home: whether it calls what belongs to the thread that
 * drives the lease (engine/functions.h); false while unknown.  Prepares, so it is for the first time that a text is
 * seen.  By the thread that owns the handle. */
sac_bound sac_program_bound(struct sqlite3 *db, const char *sql, bool *home);

#endif
