#include "host/catalog_answers.h"
#include <string.h>
#include <wchar.h>
#include "host/memory.h"

/* A layer has its chain entry and its dummy. */
#define ENTRIES_MAX (2 * HOST_LAYERS_MAX)

static const struct host_entry *volatile open_entry;

void catalog_answers_use(const struct host_entry *entry)
{
    open_entry = entry;
}

static INT copy_path(const WCHAR *from, WCHAR *path, INT *length)
{
    INT needed = (INT)wcslen(from) + 1;

    if (!memory_writable(length, sizeof *length)) {
        return WSAEFAULT;
    }
    if (*length < needed || !memory_writable(path, (size_t)needed * sizeof *path)) {
        *length = needed;
        return WSAEFAULT;
    }
    memcpy(path, from, (size_t)needed * sizeof *path);
    *length = needed;
    return 0;
}

INT catalog_answer_path(const GUID *provider, WCHAR *path, INT *length)
{
    const struct host_entry *entry = open_entry;
    GUID wanted;

    if (!memory_readable(provider, sizeof *provider)) {
        return WSAEFAULT;
    }
    memcpy(&wanted, provider, sizeof wanted);
    if (entry != NULL && entry->origin == HOST_INSTALLED) {
        INT code = 0;

        return WSCGetProviderPath(&wanted, path, length, &code) == 0 ? 0 : code;
    }
    for (unsigned i = 0; entry != NULL && i < entry->layer_count; i++) {
        const struct host_layer *layer = &entry->layers[i];

        if (memcmp(&layer->info.ProviderId, &wanted, sizeof wanted) == 0) {
            return copy_path(layer->path, path, length);
        }
    }
    return WSAEINVAL;
}

/* The hidden entry of a layer: its own identity and no place in a chain. */
static WSAPROTOCOL_INFOW dummy_entry(const struct host_layer *layer)
{
    WSAPROTOCOL_INFOW info = layer->info;

    info.dwProviderFlags |= PFL_HIDDEN;
    info.dwCatalogEntryId = layer->dummy_catalog_id;
    memset(&info.ProtocolChain, 0, sizeof info.ProtocolChain);
    info.ProtocolChain.ChainLen = LAYERED_PROTOCOL;
    return info;
}

/* Chains stand before what they are made of, as an installer orders them. */
static unsigned list_entries(const struct host_entry *entry, WSAPROTOCOL_INFOW *entries)
{
    unsigned count = 0;

    for (unsigned i = 0; i < entry->layer_count; i++) {
        entries[count++] = entry->layers[i].info;
    }
    for (unsigned i = 0; i < entry->layer_count; i++) {
        if (entry->layers[i].dummy_catalog_id != 0) {
            entries[count++] = dummy_entry(&entry->layers[i]);
        }
    }
    return count;
}

static BOOL is_wanted(const INT *protocols, INT protocol)
{
    if (protocols == NULL) {
        return TRUE;
    }
    while (*protocols != 0 && *protocols != protocol) {
        protocols++;
    }
    return *protocols != 0;
}

INT catalog_answer_protocols(const INT *protocols, WSAPROTOCOL_INFOW *buffer, DWORD *bytes, INT *error)
{
    const struct host_entry *entry = open_entry;
    WSAPROTOCOL_INFOW entries[ENTRIES_MAX];
    unsigned count = entry == NULL ? 0 : list_entries(entry, entries);
    unsigned chosen = 0;
    DWORD needed;

    for (unsigned i = 0; i < count; i++) {
        if (is_wanted(protocols, entries[i].iProtocol)) {
            entries[chosen++] = entries[i];
        }
    }
    needed = (DWORD)(chosen * sizeof entries[0]);
    if (!memory_writable(bytes, sizeof *bytes)) {
        *error = WSAEFAULT;
        return SOCKET_ERROR;
    }
    if (*bytes < needed || (buffer == NULL && needed > 0)) {
        *bytes = needed;
        *error = WSAENOBUFS;
        return SOCKET_ERROR;
    }
    if (needed > 0 && !memory_writable(buffer, needed)) {
        *error = WSAEFAULT;
        return SOCKET_ERROR;
    }
    memcpy(buffer, entries, needed);
    *bytes = needed;
    return (INT)chosen;
}
