/* SQL functions that every connection has. */
#ifndef SAC_ENGINE_FUNCTIONS_H
#define SAC_ENGINE_FUNCTIONS_H

#include "engine/handle.h"

/* floor(x): an integer where one holds it, as `//` is written; SQLite has one
 * only when it was built with its mathematical functions.
 * regexp(pattern, x): that of the options, on its own thread only.
 * -> SQLITE_OK, or what SQLite says. */
int sac_functions_add(sac_handle *handle);
/* -> whether an instruction of a program with this P4 calls one that belongs
 * to the thread that drives the lease. */
bool sac_functions_at_home(const char *p4);

#endif
