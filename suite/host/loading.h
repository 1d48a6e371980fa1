/* Loading the DLL of a layer as Ws2_32 would, but from its absolute path only. Private to the host. */
#ifndef WSPCHECK_HOST_LOADING_H
#define WSPCHECK_HOST_LOADING_H

#include "host/entry.h"

struct load_failure {
    char code[64];                 /* "ERROR_MOD_NOT_FOUND" */
    char reason[HOST_NAME_BYTES];  /* one line for people */
};

/*
 * Load it, or NULL and why. The DLL's own folder and the system folder are searched for what it needs,
 * nothing else.
 */
HMODULE loading_load(const struct host_layer *layer, struct load_failure *failure);

/* Give back what loading_load took. True if the module is gone. */
bool loading_free(const struct host_layer *layer, HMODULE module);

#endif
