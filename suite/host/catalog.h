/*
 * The entries that can be tested: of manifests, or of the catalog of this system.
 *
 *     struct catalog catalog;
 *     catalog_begin(&catalog, wsc_system());
 *     for each --manifest: catalog_add_manifest(&catalog, path, &problem)
 *     without any:         catalog_add_installed(&catalog, &problem)
 *     catalog_select(&catalog, names, count, &problem)
 *     ... catalog.entries[0 .. catalog.count - 1], whose layers are filled in now ...
 *     catalog_end(&catalog);
 */
#ifndef WSPCHECK_HOST_CATALOG_H
#define WSPCHECK_HOST_CATALOG_H

#include <winsock2.h>
#include <ws2spi.h>
#include <stdbool.h>
#include <stddef.h>
#include "host/entry.h"

/*
 * The one clear line about what is wrong, in UTF-8: file and line if there are any, key, what was expected.
 */
struct problem {
    char text[1024];
};

/* Where installed entries come from: the system's functions, or a test's. */
struct wsc_functions {
    LPWSCENUMPROTOCOLS enum_protocols;
    LPWSCGETPROVIDERPATH get_provider_path;
    /*
     * Item `index` of the catalog in the registry: copies its PackedCatalogItem (size bytes at most) and
     * returns how many bytes it has, 0 behind the last one.
     */
    size_t (*registry_item)(unsigned index, void *item, size_t size);
};

/* ws2_32's, and the registry of this system. */
const struct wsc_functions *wsc_system(void);

struct catalog {
    struct host_entry **entries;      /* in the order of the manifests and of the catalog */
    size_t count;
    struct catalog_private *own;      /* of catalog.c and its neighbours */
};

/* False without memory. catalog_end ends it in either case. wsc must stay as long as the catalog. */
bool catalog_begin(struct catalog *catalog, const struct wsc_functions *wsc);
void catalog_end(struct catalog *catalog);

/*
 * Add every base and chain entry that is installed. An entry whose DLL is not found is added too, with the
 * reason in layers[0].problem. False only where the catalog cannot be read at all (or there is no memory).
 */
bool catalog_add_installed(struct catalog *catalog, struct problem *problem);

/*
 * Add the entries of a manifest. What they are over is looked up in catalog_select, when all manifests are
 * known.
 */
bool catalog_add_manifest(struct catalog *catalog, const WCHAR *path, struct problem *problem);

/*
 * Keep the entries that a name names (UTF-8; provider name, entry name, catalog ID in decimal, GUID with
 * braces; exact but for case), all of them if count is 0, in the order of the catalog; their layers are
 * filled in before. False: a name that matches nothing, or an `over` of any entry that leads nowhere, in a
 * circle or too deep. Used once.
 */
bool catalog_select(struct catalog *catalog, const char *const *names, size_t count, struct problem *problem);

#endif
