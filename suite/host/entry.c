#include "host/entry.h"

#include <stdlib.h>
#include <string.h>

struct host_entry *host_entry_below(const struct host_entry *entry)
{
    struct host_entry *below = entry->layer_count > 1 ? calloc(1, sizeof *below) : NULL;

    if (below == NULL) {
        return NULL;
    }
    memcpy(below->name, entry->layers[1].name, sizeof below->name);
    below->origin = entry->origin;
    below->layer_count = entry->layer_count - 1;
    memcpy(below->layers, &entry->layers[1], below->layer_count * sizeof below->layers[0]);
    below->address_length = entry->address_length;
    memcpy(below->address, entry->address, sizeof below->address);
    return below;
}
