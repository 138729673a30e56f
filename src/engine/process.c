/* Settings of SQLite that hold for the process.  Called at import, by the
 * thread that imports; later calls change nothing once SQLite runs. */
#include "engine/process.h"

#include <sqlite3.h>

bool
sac_process_configure(void)
{
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;
}
