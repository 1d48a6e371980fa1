/*
 * A catalog of our own, in the process: what a provider imports from ws2_32 to look the catalog up is
 * redirected to the host, which answers from the manifests (catalog_answers.h), with nothing installed. For
 * an installed entry the catalog is the system's, and only what works on our handles is redirected.
 *
 * Redirected, by imported name whatever DLL it is imported from, in normal and delay-loaded imports and
 * through GetProcAddress: WSCEnumProtocols, WSCEnumProtocols32, WSCGetProviderPath, WSCGetProviderPath32,
 * WPUCompleteOverlappedRequest, GetProcAddress.
 */
#ifndef WSPCHECK_HOST_LAYERS_REDIRECT_H
#define WSPCHECK_HOST_LAYERS_REDIRECT_H

#include <winsock2.h>
#include "host/entry.h"

/*
 * Redirect the imports of a loaded module. Doing it again does no harm. Returns how many imports point to the
 * host now that did not before, or -1 where the image's own tables make no sense or cannot be written.
 */
int redirect_module(HMODULE module, enum host_origin origin);

#endif
