/* rows_to_json(): what its two files share; nobody else includes this. */
#ifndef SAC_TYPES_JSON_ROWS_H
#define SAC_TYPES_JSON_ROWS_H

#include "engine/rows.h"
#include "types/decoder.h"
#include "types/json_writer.h"

/* Writes what json has of an item of a row (json_cells.c). -> 0 or -1. */
int Sac_JsonItem(Sac_JsonWriter *self, const Sac_Item *item,
                 const sac_cell *cells, Sac_LoadContext *load);

#endif
