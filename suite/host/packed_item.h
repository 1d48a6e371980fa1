/*
 * PackedCatalogItem: an entry of the catalog as Ws2_32 keeps it in the registry. Private to Ws2_32, so it is
 * only read, and only where the documented functions do not answer. No Win32 here: the bytes may be anything.
 */
#ifndef WSPCHECK_HOST_PACKED_ITEM_H
#define WSPCHECK_HOST_PACKED_ITEM_H

#include <stdbool.h>
#include <stddef.h>

#define PACKED_PATH_BYTES 260
#define PACKED_INFO_BYTES 628 /* a WSAPROTOCOL_INFOW, little-endian */
#define PACKED_ITEM_BYTES (PACKED_PATH_BYTES + PACKED_INFO_BYTES)

struct packed_item {
    char path[PACKED_PATH_BYTES];          /* in the ANSI code page; environment strings not expanded */
    unsigned char info[PACKED_INFO_BYTES]; /* its szProtocol is ended, its chain not too long */
};

/*
 * False where it is not an item: of another size, without a path, with text that has no end, with an
 * impossible chain.
 */
bool packed_item_read(const void *bytes, size_t size, struct packed_item *item);

#endif
