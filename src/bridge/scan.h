/* Where in SQL text a parameter may stand: quotes, comments and names as
 * SQLite's tokenizer sees them.  No GIL, no Python objects. */
#ifndef SAC_BRIDGE_SCAN_H
#define SAC_BRIDGE_SCAN_H

#include <stdbool.h>

/* -> after the quoted text, bracketed name or comment that begins at `at`
 *    (up to `end` when it is not closed), or NULL when none begins there. */
const char *sac_scan_skip(const char *at, const char *end);
/* A byte of a name: letters, digits, '_', '$', anything beyond ASCII. */
bool sac_scan_word(char c);
/* `at` is one of ?, :, @, $, #.  -> after the parameter, or NULL when it is
 * none. */
const char *sac_scan_parameter(const char *at, const char *end);

#endif
