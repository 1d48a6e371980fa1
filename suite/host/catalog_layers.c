/* Following `over` down to the base provider, and giving each layer its place in the chain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include "host/catalog_private.h"
#include "host/text.h"

/* The way down so far. */
struct descent {
    struct catalog *catalog;
    struct host_entry *entry;
    struct problem *problem;
    struct entry_source above[HOST_LAYERS_MAX];
    unsigned depth;
};

static const struct manifest_entry *section_of(const struct catalog *catalog, struct entry_source source)
{
    return &catalog->own->manifests[source.manifest].content.entries[source.section];
}

static bool over_problem(const struct descent *d, struct entry_source source, const char *what,
                         const char *expected)
{
    const struct manifest_entry *section = section_of(d->catalog, source);

    return problem_set(d->problem, "%.300s:%u: over: \"%.100s\" %s; expected %s",
                       d->catalog->own->manifests[source.manifest].shown, section->over_line, section->over,
                       what, expected);
}

/* The folder of a file, without its last backslash. */
static void folder_of(const WCHAR *path, WCHAR *out)
{
    const WCHAR *end = wcsrchr(path, L'\\');
    size_t length = end == NULL ? 0 : (size_t)(end - path);

    wmemcpy(out, path, length);
    out[length] = L'\0';
}

static void find_dll(const struct catalog_manifest *manifest, struct host_layer *layer)
{
    static WCHAR folder[HOST_PATH_CHARS]; /* too large for the stack; one thread reads catalogs */
    WCHAR dll[MANIFEST_LINE_MAX + 1];

    folder_of(manifest->path, folder);
    if (!text_to_wide(dll, sizeof dll / sizeof dll[0], manifest->content.dll)
        || !path_resolve(dll, folder, layer->path, HOST_PATH_CHARS)) {
        snprintf(layer->problem, sizeof layer->problem,
                 "the path of the DLL is too long or cannot be expanded");
        return;
    }
    path_for_records(layer->path, folder, layer->dll, sizeof layer->dll);
}

static WCHAR *add_environment(WCHAR *out, const struct manifest_environment *environment)
{
    const char *at;

    for (at = environment->strings; *at != '\0'; at += strlen(at) + 1) {
        /* As many units as bytes at most, and two lists of a line each fit. */
        text_to_wide(out, MANIFEST_LINE_MAX + 1, at);
        out += wcslen(out) + 1;
    }
    *out = L'\0';
    return out;
}

static void set_address(struct host_entry *entry, const struct manifest_address *address)
{
    unsigned short port = (unsigned short)(address->port << 8 | address->port >> 8);
    unsigned char *out = entry->address;

    memset(out, 0, sizeof entry->address);
    if (address->kind == ADDRESS_RAW) {
        memcpy(out, address->bytes, address->length);
        entry->address_length = (int)address->length;
    } else if (address->kind == ADDRESS_IPV4) {
        struct sockaddr_in *in = (struct sockaddr_in *)(void *)out;

        in->sin_family = AF_INET;
        in->sin_port = port;
        memcpy(&in->sin_addr, address->bytes, 4);
        entry->address_length = sizeof *in;
    } else if (address->kind == ADDRESS_IPV6) {
        /* sockaddr_in6: family, port, flow label, address, scope. */
        unsigned short family = AF_INET6;

        memcpy(out, &family, sizeof family);
        memcpy(out + 2, &port, sizeof port);
        memcpy(out + 8, address->bytes, 16);
        entry->address_length = 28;
    }
}

/* What a base provider gets for what its manifest does not say. */
static WSAPROTOCOL_INFOW defaults(const struct manifest_entry *section)
{
    WSAPROTOCOL_INFOW info;
    INT family = (INT)section->numbers[MANIFEST_FAMILY];

    memset(&info, 0, sizeof info);
    info.iVersion = 2;
    info.iMaxSockAddr = family == AF_INET ? 16 : family == AF_INET6 ? 28 : 128;
    info.iMinSockAddr = family == AF_INET ? 16 : family == AF_INET6 ? 28 : 2;
    info.iNetworkByteOrder = BIGENDIAN;
    info.iSecurityScheme = SECURITY_PROTOCOL_NONE;
    /* Messages without a known limit, and none on a byte stream. */
    info.dwMessageSize = section->numbers[MANIFEST_SERVICE_FLAGS] & XP1_MESSAGE_ORIENTED ? 0xffffffff : 0;
    return info;
}

/* A field that the manifest gives; all of them are 32 bits wide. */
static void take(const struct manifest_entry *section, enum manifest_number number, void *field)
{
    if (section->given[number]) {
        memcpy(field, &section->numbers[number], sizeof section->numbers[number]);
    }
}

static void take_given(const struct manifest_entry *section, WSAPROTOCOL_INFOW *info)
{
    take(section, MANIFEST_FAMILY, &info->iAddressFamily);
    take(section, MANIFEST_SOCKET_TYPE, &info->iSocketType);
    take(section, MANIFEST_PROTOCOL_NUMBER, &info->iProtocol);
    take(section, MANIFEST_SERVICE_FLAGS, &info->dwServiceFlags1);
    take(section, MANIFEST_SERVICE_FLAGS2, &info->dwServiceFlags2);
    take(section, MANIFEST_SERVICE_FLAGS3, &info->dwServiceFlags3);
    take(section, MANIFEST_SERVICE_FLAGS4, &info->dwServiceFlags4);
    take(section, MANIFEST_PROVIDER_FLAGS, &info->dwProviderFlags);
    take(section, MANIFEST_VERSION, &info->iVersion);
    take(section, MANIFEST_MAX_SOCKADDR, &info->iMaxSockAddr);
    take(section, MANIFEST_MIN_SOCKADDR, &info->iMinSockAddr);
    take(section, MANIFEST_PROTOCOL_MAX_OFFSET, &info->iProtocolMaxOffset);
    take(section, MANIFEST_BYTE_ORDER, &info->iNetworkByteOrder);
    take(section, MANIFEST_SECURITY_SCHEME, &info->iSecurityScheme);
    take(section, MANIFEST_MESSAGE_SIZE, &info->dwMessageSize);
    if (section->protocol[0] != '\0') {
        text_to_wide(info->szProtocol, WSAPROTOCOL_LEN + 1, section->protocol);
    }
}

static GUID guid_of(const struct manifest_guid *from)
{
    GUID guid = {from->data1, from->data2, from->data3, {0}};

    memcpy(guid.Data4, from->data4, sizeof guid.Data4);
    return guid;
}

/* ChainEntries: this layer's dummy entry, those of the layers below, the base provider's entry. */
static void chain_over(struct host_layer *layer, const struct host_layer *lower)
{
    const WSAPROTOCOLCHAIN *below = &lower->info.ProtocolChain;
    WSAPROTOCOLCHAIN chain = {0};

    chain.ChainLen = below->ChainLen + 1;
    chain.ChainEntries[0] = layer->dummy_catalog_id;
    chain.ChainEntries[1] = lower->info.dwCatalogEntryId;
    if (below->ChainLen > BASE_PROTOCOL) {
        memcpy(chain.ChainEntries + 1, below->ChainEntries,
               (size_t)below->ChainLen * sizeof chain.ChainEntries[0]);
    }
    layer->info.ProtocolChain = chain;
}

static void fill_own(struct descent *d, struct entry_source source, struct host_layer *layer)
{
    const struct catalog_manifest *manifest = &d->catalog->own->manifests[source.manifest];
    const struct manifest_entry *section = section_of(d->catalog, source);

    snprintf(layer->name, sizeof layer->name, "%s.%s", manifest->content.name, section->section);
    find_dll(manifest, layer);
    layer->transparent = section->transparent;
    add_environment(add_environment(layer->environment, &manifest->content.environment),
                    &section->environment);
    if (section->over[0] != '\0') {
        layer->dummy_catalog_id = manifest->first_id + (DWORD)manifest->content.count;
    }
}

static void fill_info(struct descent *d, struct entry_source source, struct host_layer *layer,
                      const struct host_layer *lower)
{
    const struct catalog_manifest *manifest = &d->catalog->own->manifests[source.manifest];
    const struct manifest_entry *section = section_of(d->catalog, source);

    layer->info = lower == NULL ? defaults(section) : lower->info;
    take_given(section, &layer->info);
    layer->info.ProviderId = guid_of(&manifest->content.guid);
    layer->info.dwCatalogEntryId = manifest->first_id + (DWORD)source.section;
    if (lower == NULL) {
        memset(&layer->info.ProtocolChain, 0, sizeof layer->info.ProtocolChain);
        layer->info.ProtocolChain.ChainLen = BASE_PROTOCOL;
    } else {
        chain_over(layer, lower);
    }
    if (section->address.kind != ADDRESS_NONE) {
        set_address(d->entry, &section->address); /* the layers above come later and win */
    }
}

/* Whether the manifest has the entry `name.section`; *found is it. */
static bool entry_in(const struct catalog *catalog, size_t index, const char *wanted,
                     struct entry_source *found)
{
    const struct manifest *m = &catalog->own->manifests[index].content;
    size_t length = strlen(m->name);

    if (strncmp(wanted, m->name, length) != 0 || wanted[length] != '.') {
        return false;
    }
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->entries[i].section, wanted + length + 1) == 0) {
            *found = (struct entry_source){index, i};
            return true;
        }
    }
    return false;
}

enum search { NOT_THERE, FOUND, BROKEN };

/* NAME.ini in a folder. */
static enum search look_beside(struct descent *d, const WCHAR *of, const char *wanted,
                               struct entry_source *found)
{
    static WCHAR path[2 * HOST_PATH_CHARS];
    WCHAR name[MANIFEST_LINE_MAX + 1];
    size_t index;
    WCHAR *dot;

    if (!text_to_wide(name, sizeof name / sizeof name[0], wanted) || (dot = wcschr(name, L'.')) == NULL
        || dot == name) {
        return NOT_THERE;
    }
    *dot = L'\0';
    if (wcspbrk(name, L"/\\\":*?<>|") != NULL) {
        return NOT_THERE;
    }
    folder_of(of, path);
    wcscat(path, L"\\");
    wcscat(path, name);
    wcscat(path, L".ini");
    DWORD attributes = GetFileAttributesW(path);

    if (attributes == INVALID_FILE_ATTRIBUTES || (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
        return NOT_THERE;
    }
    if (!catalog_read_manifest(d->catalog, path, &index, d->problem)) {
        return BROKEN;
    }
    return entry_in(d->catalog, index, wanted, found) ? FOUND : NOT_THERE;
}

static enum search look_in_manifests(struct descent *d, struct entry_source source, const char *wanted,
                                     struct entry_source *found)
{
    static WCHAR program[HOST_PATH_CHARS];
    enum search result;

    if (entry_in(d->catalog, source.manifest, wanted, found)) {
        return FOUND;
    }
    for (size_t i = 0; i < d->catalog->own->manifests_given; i++) {
        if (entry_in(d->catalog, i, wanted, found)) {
            return FOUND;
        }
    }
    result = look_beside(d, d->catalog->own->manifests[source.manifest].path, wanted, found);
    if (result == NOT_THERE && GetModuleFileNameW(NULL, program, HOST_PATH_CHARS) > 0) {
        program[HOST_PATH_CHARS - 1] = L'\0';
        result = look_beside(d, program, wanted, found);
    }
    return result;
}

static const struct host_entry *look_in_catalog(struct descent *d, const char *wanted)
{
    struct catalog_private *own = d->catalog->own;
    struct problem ignored; /* a catalog that cannot be read has no such entry */

    if (!own->installed_read) {
        own->installed_read = true;
        if (!installed_read(own->wsc, &own->installed, &own->installed_count, &ignored)) {
            own->installed_count = 0;
        }
    }
    for (size_t i = 0; i < own->installed_count; i++) {
        if (catalog_same_text(own->installed[i]->name, wanted)) {
            return own->installed[i];
        }
    }
    return NULL;
}

static bool fill(struct descent *d, struct entry_source source);

/* The layer below `source`, which is layer depth - 1, goes to layer depth. */
static bool fill_lower(struct descent *d, struct entry_source source)
{
    const char *wanted = section_of(d->catalog, source)->over;
    struct entry_source found;
    const struct host_entry *installed;

    switch (look_in_manifests(d, source, wanted, &found)) {
    case FOUND:
        return fill(d, found);
    case BROKEN:
        return false;
    case NOT_THERE:
        break;
    }
    installed = look_in_catalog(d, wanted);
    if (installed == NULL) {
        return over_problem(d, source, "is nowhere",
                            "an entry of this manifest, of another one, or of the catalog, as NAME.SECTION");
    }
    if (installed->layers[0].info.ProtocolChain.ChainLen != BASE_PROTOCOL) {
        return over_problem(d, source, "is a chain that is installed",
                            "a manifest for each layer, or a base provider");
    }
    d->entry->layers[d->depth++] = installed->layers[0];
    return true;
}

static bool check_descent(struct descent *d, struct entry_source source)
{
    for (unsigned i = 0; i < d->depth; i++) {
        if (d->above[i].manifest == source.manifest && d->above[i].section == source.section) {
            return over_problem(d, d->above[d->depth - 1], "goes in a circle",
                                "a chain that ends in a base provider");
        }
    }
    return true;
}

static bool fill(struct descent *d, struct entry_source source)
{
    unsigned own = d->depth;

    if (!check_descent(d, source)) {
        return false;
    }
    d->above[d->depth++] = source;
    fill_own(d, source, &d->entry->layers[own]);
    if (section_of(d->catalog, source)->over[0] == '\0') {
        fill_info(d, source, &d->entry->layers[own], NULL);
        return true;
    }
    if (d->depth == HOST_LAYERS_MAX) {
        return over_problem(d, source, "is one layer too many", "at most seven, as in WSAPROTOCOLCHAIN");
    }
    if (!fill_lower(d, source)) {
        return false;
    }
    fill_info(d, source, &d->entry->layers[own], &d->entry->layers[own + 1]);
    return true;
}

bool catalog_fill_layers(struct catalog *catalog, struct entry_source source, struct host_entry *entry,
                         struct problem *problem)
{
    struct descent d = {.catalog = catalog, .entry = entry, .problem = problem};

    entry->origin = HOST_MANIFEST;
    if (!fill(&d, source)) {
        return false;
    }
    entry->layer_count = d.depth;
    strcpy(entry->name, entry->layers[0].name);
    return true;
}
