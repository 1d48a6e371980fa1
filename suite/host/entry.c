#include "host/entry.h"

#include <string.h>

/* Pages that nobody writes to are never there: of an entry's two thirds of a megabyte that is nearly all. */
struct host_entry *host_entry_new(void)
{
    return VirtualAlloc(NULL, sizeof(struct host_entry), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void host_entry_free(struct host_entry *entry)
{
    if (entry != NULL) {
        VirtualFree(entry, 0, MEM_RELEASE);
    }
}

struct host_entry *host_entry_below(const struct host_entry *entry)
{
    struct host_entry *below = entry->layer_count > 1 ? host_entry_new() : NULL;

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
