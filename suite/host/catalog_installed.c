/* Entries of this system's catalog, by the documented functions; by the registry where those are stubs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include "host/calls.h"
#include "host/catalog_private.h"
#include "host/packed_item.h"
#include "host/text.h"

#define POISON 0xfeed
#define TRIES 4 /* the catalog may grow between two calls */

/* What is installed, and how it was learned. */
struct listing {
    WSAPROTOCOL_INFOW *infos;
    int count;
};

static bool list_by_function(const struct wsc_functions *wsc, struct listing *listing, INT *error)
{
    DWORD bytes = 0;

    *error = WSAENOBUFS;
    for (int i = 0; i < TRIES && *error == WSAENOBUFS; i++) {
        DWORD room = bytes;
        void *grown = realloc(listing->infos, room + sizeof *listing->infos);

        if (grown == NULL) {
            *error = WSA_NOT_ENOUGH_MEMORY;
            return false;
        }
        listing->infos = grown;
        listing->count = wsc->enum_protocols(NULL, listing->infos, &bytes, error);
        if (listing->count != SOCKET_ERROR && (DWORD)listing->count <= room / sizeof *listing->infos) {
            return true;
        }
    }
    return false;
}

static bool registry_item(const struct wsc_functions *wsc, unsigned index, struct packed_item *item)
{
    unsigned char bytes[PACKED_ITEM_BYTES];
    size_t size = wsc->registry_item(index, bytes, sizeof bytes);

    return size <= sizeof bytes && packed_item_read(bytes, size, item);
}

static bool more_in_registry(const struct wsc_functions *wsc, unsigned index)
{
    unsigned char byte[1];

    return wsc->registry_item(index, byte, 0) > 0;
}

static bool list_by_registry(const struct wsc_functions *wsc, struct listing *listing)
{
    struct packed_item item;

    listing->count = 0;
    for (unsigned i = 0; more_in_registry(wsc, i); i++) {
        void *grown = realloc(listing->infos, ((size_t)listing->count + 1) * sizeof *listing->infos);

        if (grown == NULL) {
            return false;
        }
        listing->infos = grown;
        if (registry_item(wsc, i, &item)) {
            memcpy(&listing->infos[listing->count++], item.info, sizeof *listing->infos);
        }
    }
    return listing->count > 0;
}

/* The path as the catalog has it. False, and why, where the function does not say. */
static bool path_by_function(const struct wsc_functions *wsc, const GUID *provider, WCHAR *path, char *why,
                             size_t size)
{
    GUID id = *provider;
    INT error = 0;
    INT length = MAX_PATH;
    char number[24];
    int result = SOCKET_ERROR;

    for (int i = 0; i < 2; i++) {
        INT room = length < HOST_PATH_CHARS ? length : HOST_PATH_CHARS;

        for (int c = 0; c < HOST_PATH_CHARS; c++) {
            path[c] = POISON;
        }
        error = 0;
        result = wsc->get_provider_path(&id, path, &length, &error);
        if (result == 0 || error != WSAEFAULT || length <= room) {
            break;
        }
    }
    if (result == 0 && path[0] == POISON) {
        snprintf(why, size, "WSCGetProviderPath is a stub on this system: it returned 0 and wrote no path");
        return false;
    }
    path[HOST_PATH_CHARS - 1] = L'\0';
    if (result != 0 || path[0] == L'\0' || wmemchr(path, POISON, wcslen(path)) != NULL) {
        snprintf(why, size, "WSCGetProviderPath gave no path: %s",
                 result == 0 ? "0" : error_name(error, number, sizeof number));
        return false;
    }
    return true;
}

static bool path_by_registry(const struct wsc_functions *wsc, const GUID *provider, WCHAR *path)
{
    struct packed_item item;

    for (unsigned i = 0; more_in_registry(wsc, i); i++) {
        WSAPROTOCOL_INFOW info;

        if (!registry_item(wsc, i, &item)) {
            continue;
        }
        memcpy(&info, item.info, sizeof info);
        if (memcmp(&info.ProviderId, provider, sizeof *provider) == 0) {
            return MultiByteToWideChar(CP_ACP, 0, item.path, -1, path, HOST_PATH_CHARS) > 0;
        }
    }
    return false;
}

static void find_path(const struct wsc_functions *wsc, struct host_layer *layer)
{
    static WCHAR raw[HOST_PATH_CHARS]; /* too large for the stack; there is one thread that reads catalogs */
    WCHAR system[MAX_PATH];
    char why[200];

    if (GetSystemDirectoryW(system, MAX_PATH) == 0) {
        system[0] = L'\0';
    }
    if (!path_by_function(wsc, &layer->info.ProviderId, raw, why, sizeof why)
        && !path_by_registry(wsc, &layer->info.ProviderId, raw)) {
        snprintf(layer->problem, sizeof layer->problem,
                 "%s, and the catalog in the registry has no such entry", why);
        return;
    }
    if (!path_resolve(raw, system, layer->path, HOST_PATH_CHARS)) {
        snprintf(layer->problem, sizeof layer->problem,
                 "the path in the catalog is too long or cannot be expanded");
        return;
    }
    path_for_records(layer->path, NULL, layer->dll, sizeof layer->dll);
}

static struct host_entry *make_entry(const struct wsc_functions *wsc, const WSAPROTOCOL_INFOW *info)
{
    struct host_entry *entry = host_entry_new();

    if (entry == NULL) {
        return NULL;
    }
    entry->origin = HOST_INSTALLED;
    entry->layer_count = 1;
    entry->layers[0].info = *info;
    entry->layers[0].info.szProtocol[WSAPROTOCOL_LEN] = L'\0';
    /* Room is left for "#id". */
    text_from_wide(entry->name, HOST_NAME_BYTES - 16, entry->layers[0].info.szProtocol);
    if (entry->name[0] == '\0') {
        snprintf(entry->name, HOST_NAME_BYTES, "#%lu", (unsigned long)info->dwCatalogEntryId);
    }
    strcpy(entry->layers[0].name, entry->name);
    find_path(wsc, &entry->layers[0]);
    return entry;
}

static bool make_entries(const struct wsc_functions *wsc, const struct listing *listing,
                         struct host_entry ***entries, size_t *count)
{
    *count = 0;
    *entries = calloc((size_t)listing->count + 1, sizeof **entries);
    for (int i = 0; *entries != NULL && i < listing->count; i++) {
        /* The hidden entry of a layered provider names it for chains; no socket is ever made of it. */
        if (listing->infos[i].ProtocolChain.ChainLen == LAYERED_PROTOCOL) {
            continue;
        }
        (*entries)[*count] = make_entry(wsc, &listing->infos[i]);
        if ((*entries)[*count] == NULL) {
            break;
        }
        (*count)++;
    }
    return *entries != NULL;
}

bool installed_read(const struct wsc_functions *wsc, struct host_entry ***entries, size_t *count,
                    struct problem *problem)
{
    struct listing listing = {NULL, 0};
    char number[24];
    INT error = 0;
    bool good = list_by_function(wsc, &listing, &error) || list_by_registry(wsc, &listing);

    if (!good) {
        problem_set(problem,
                    "the catalog of this system cannot be read: WSCEnumProtocols failed with %s, and the "
                    "registry has no entries",
                    error_name(error, number, sizeof number));
    } else {
        good = make_entries(wsc, &listing, entries, count);
        if (good) {
            catalog_make_names_unique(*entries, *count);
        } else {
            problem_no_memory(problem);
        }
    }
    free(listing.infos);
    return good;
}
