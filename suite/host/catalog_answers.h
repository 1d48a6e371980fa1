/*
 * What the provider under test and the layers below it are told of the catalog: the entries of the one stack
 * that is open, in WSCEnumProtocols' order, or this system's own catalog for an installed entry.
 */
#ifndef WSPCHECK_HOST_CATALOG_ANSWERS_H
#define WSPCHECK_HOST_CATALOG_ANSWERS_H

#include <winsock2.h>
#include <ws2spi.h>
#include "host/entry.h"

/* Answer from this entry from now on (NULL: from nothing). It must stay. */
void catalog_answers_use(const struct host_entry *entry);

/*
 * As WSCGetProviderPath: 0, or WSAEINVAL (unknown provider), WSAEFAULT (bad pointer, too small; *length is
 * then set).
 */
INT catalog_answer_path(const GUID *provider, WCHAR *path, INT *length);

/*
 * As WSCEnumProtocols: the number of entries, or SOCKET_ERROR with *error set to WSAENOBUFS (*bytes is then
 * what is needed) or WSAEFAULT. protocols: a list of iProtocol values that 0 ends, or NULL for all.
 */
INT catalog_answer_protocols(const INT *protocols, WSAPROTOCOL_INFOW *buffer, DWORD *bytes, INT *error);

#endif
