/* What is settled once for the whole process, before SQLite starts. */
#ifndef SAC_ENGINE_PROCESS_H
#define SAC_ENGINE_PROCESS_H

#include <stdbool.h>

/* Switches SQLite's memory statistics off: they cost a process-wide mutex on
 * every allocation.  Harmless when SQLite runs already.  -> whether they are
 * off because of us. */
bool sac_process_configure(void);

#endif
