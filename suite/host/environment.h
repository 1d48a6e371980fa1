/*
 * The environment variables of this process: those that the layers of an entry ask for in their manifests, and
 * all as they were before. Private to the host and to what runs several entries in one process.
 */
#ifndef WSPCHECK_HOST_ENVIRONMENT_H
#define WSPCHECK_HOST_ENVIRONMENT_H

#include "host/entry.h"

/* Set the environment variables of all layers, the lowest first: later ones win. */
void environment_set(const struct host_entry *entry);

/* Remember all variables; and make them again what they were then, whoever changed them. Without memory nothing
 * is done. */
void environment_keep(void);
void environment_restore(void);

#endif
