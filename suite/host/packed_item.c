#include "host/packed_item.h"
#include <string.h>

/* Offsets in WSAPROTOCOL_INFOW (winsock2.h), the same for 32 and 64 bits. */
#define CHAIN_LENGTH 40
#define PROTOCOL_NAME 116
#define CHAIN_MAX 7

static bool has_end(const unsigned char *name, size_t units)
{
    for (size_t i = 0; i < units; i++) {
        if (name[2 * i] == 0 && name[2 * i + 1] == 0) {
            return true;
        }
    }
    return false;
}

bool packed_item_read(const void *bytes, size_t size, struct packed_item *item)
{
    const unsigned char *info = (const unsigned char *)bytes + PACKED_PATH_BYTES;
    const unsigned char *chain = info + CHAIN_LENGTH;

    if (size != PACKED_ITEM_BYTES || *(const char *)bytes == '\0'
        || memchr(bytes, '\0', PACKED_PATH_BYTES) == NULL) {
        return false;
    }
    if (chain[0] > CHAIN_MAX || chain[1] != 0 || chain[2] != 0 || chain[3] != 0
        || !has_end(info + PROTOCOL_NAME, (PACKED_INFO_BYTES - PROTOCOL_NAME) / 2)) {
        return false;
    }
    memcpy(item->path, bytes, PACKED_PATH_BYTES);
    memcpy(item->info, info, PACKED_INFO_BYTES);
    return true;
}
