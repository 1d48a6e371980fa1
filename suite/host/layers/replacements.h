/* The functions of the host that stand for ws2_32's in a provider's imports. */
#ifndef WSPCHECK_HOST_LAYERS_REPLACEMENTS_H
#define WSPCHECK_HOST_LAYERS_REPLACEMENTS_H

#include <winsock2.h>
#include "host/entry.h"

typedef void (*import_function)(void);

/* Before anything is redirected. */
void replacements_begin(void);

/* The host's function for an imported name, or NULL where the import stays as it is. */
import_function replacement_by_name(const char *name, enum host_origin origin);

/*
 * The same for an import without a name (by ordinal, or already bound), from the address that it was bound
 * to.
 */
import_function replacement_by_address(import_function address, enum host_origin origin);

#endif
