/* Any bytes of any size are a PackedCatalogItem or none, and what is one keeps what its header promises. */
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "host/packed_item.h"

/* Offsets in WSAPROTOCOL_INFOW. */
#define CHAIN_LENGTH 40
#define PROTOCOL_NAME 116

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_item(const struct packed_item *item)
{
    uint32_t chain;
    size_t at = PROTOCOL_NAME;

    CHECK(item->path[0] != '\0' && memchr(item->path, '\0', sizeof item->path) != NULL);
    memcpy(&chain, item->info + CHAIN_LENGTH, sizeof chain);
    CHECK(chain <= 7);
    while (at + 1 < sizeof item->info && (item->info[at] != 0 || item->info[at + 1] != 0)) {
        at += 2;
    }
    CHECK(at + 1 < sizeof item->info);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct packed_item item;

    if (packed_item_read(bytes, size, &item)) {
        CHECK(size == PACKED_ITEM_BYTES);
        check_item(&item);
    }
    return 0;
}
