/* The container of entries, and choosing among them. */
#include "host/catalog.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host/catalog_private.h"
#include "host/text.h"

/*
 * Above what Ws2_32 gives out in the life of a system, so that an installed entry below ours keeps its own.
 */
#define FIRST_ID 100001

bool problem_set(struct problem *problem, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
    return false;
}

bool problem_no_memory(struct problem *problem)
{
    return problem_set(problem, "there is not enough memory for the catalog");
}

bool catalog_begin(struct catalog *catalog, const struct wsc_functions *wsc)
{
    memset(catalog, 0, sizeof *catalog);
    catalog->own = calloc(1, sizeof *catalog->own);
    if (catalog->own == NULL) {
        return false;
    }
    catalog->own->wsc = wsc;
    catalog->own->next_id = FIRST_ID;
    return true;
}

static void free_entries(struct host_entry **entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        host_entry_free(entries[i]);
    }
    free(entries);
}

void catalog_end(struct catalog *catalog)
{
    struct catalog_private *own = catalog->own;

    if (own == NULL) {
        return;
    }
    free_entries(catalog->entries, catalog->count);
    free_entries(own->installed, own->installed_count);
    for (size_t i = 0; i < own->manifest_count; i++) {
        manifest_free(&own->manifests[i].content);
        free(own->manifests[i].path);
    }
    free(own->manifests);
    free(own->sources);
    free(own);
    memset(catalog, 0, sizeof *catalog);
}

static bool grow(struct catalog *catalog)
{
    struct catalog_private *own = catalog->own;
    size_t room = own->room == 0 ? 16 : 2 * own->room;
    struct host_entry **entries = realloc(catalog->entries, room * sizeof *entries);
    struct entry_source *sources;

    if (entries == NULL) {
        return false;
    }
    catalog->entries = entries;
    sources = realloc(own->sources, room * sizeof *sources);
    if (sources == NULL) {
        return false;
    }
    own->sources = sources;
    own->room = room;
    return true;
}

bool catalog_add(struct catalog *catalog, struct host_entry *entry, struct entry_source source)
{
    if (catalog->count == catalog->own->room && !grow(catalog)) {
        host_entry_free(entry);
        return false;
    }
    catalog->own->sources[catalog->count] = source;
    catalog->entries[catalog->count++] = entry;
    return true;
}

bool catalog_same_text(const char *one, const char *other)
{
    WCHAR wide_one[HOST_NAME_BYTES];
    WCHAR wide_other[HOST_NAME_BYTES];

    if (!text_to_wide(wide_one, HOST_NAME_BYTES, one) || !text_to_wide(wide_other, HOST_NAME_BYTES, other)) {
        return false;
    }
    return CompareStringOrdinal(wide_one, -1, wide_other, -1, TRUE) == CSTR_EQUAL;
}

static bool shares_name(struct host_entry *const *entries, size_t count, size_t which)
{
    for (size_t i = 0; i < count; i++) {
        if (i != which && strcmp(entries[i]->name, entries[which]->name) == 0) {
            return true;
        }
    }
    return false;
}

void catalog_make_names_unique(struct host_entry **entries, size_t count)
{
    bool *shared = calloc(count + 1, sizeof *shared);

    for (size_t i = 0; shared != NULL && i < count; i++) {
        shared[i] = shares_name(entries, count, i);
    }
    for (size_t i = 0; shared != NULL && i < count; i++) {
        if (shared[i]) {
            char *name = entries[i]->name;
            char id[16];

            snprintf(id, sizeof id, "#%lu", (unsigned long)entries[i]->layers[0].info.dwCatalogEntryId);
            name[HOST_NAME_BYTES - sizeof id] = '\0';
            strcat(name, id);
        }
    }
    free(shared);
}

bool catalog_add_installed(struct catalog *catalog, struct problem *problem)
{
    struct host_entry **entries;
    size_t count;

    if (!installed_read(catalog->own->wsc, &entries, &count, problem)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!catalog_add(catalog, entries[i], (struct entry_source){CATALOG_INSTALLED, i})) {
            for (size_t left = i + 1; left < count; left++) {
                host_entry_free(entries[left]);
            }
            free(entries);
            return problem_no_memory(problem);
        }
    }
    free(entries);
    return true;
}

/* {5b1f7f4e-0000-0000-0000-000000000001} */
static void guid_text(const GUID *guid, char *out, size_t size)
{
    struct text text;

    text_begin(&text, out, size);
    text_addf(&text, "{%08lx-%04x-%04x-", (unsigned long)guid->Data1, guid->Data2, guid->Data3);
    text_add_bytes(&text, guid->Data4, 2);
    text_add(&text, "-");
    text_add_bytes(&text, guid->Data4 + 2, 6);
    text_add(&text, "}");
}

/*
 * The provider's name: that of its manifest, or an installed one's szProtocol, whose entry name may have
 * "#id".
 */
static void provider_name(const struct catalog *catalog, size_t number, char *out, size_t size)
{
    const struct entry_source *source = &catalog->own->sources[number];

    if (source->manifest == CATALOG_INSTALLED) {
        text_from_wide(out, size, catalog->entries[number]->layers[0].info.szProtocol);
    } else {
        snprintf(out, size, "%s", catalog->own->manifests[source->manifest].content.name);
    }
}

static bool is_named(const struct catalog *catalog, size_t number, const char *name)
{
    const struct host_entry *entry = catalog->entries[number];
    char provider[HOST_NAME_BYTES * 2];
    char guid[40];
    char id[16];

    provider_name(catalog, number, provider, sizeof provider);
    guid_text(&entry->layers[0].info.ProviderId, guid, sizeof guid);
    snprintf(id, sizeof id, "%lu", (unsigned long)entry->layers[0].info.dwCatalogEntryId);
    return catalog_same_text(name, entry->name) || catalog_same_text(name, provider)
           || catalog_same_text(name, guid) || strcmp(name, id) == 0;
}

/* So many names of a catalog stand in a message. */
#define NAMED_AS_EXAMPLES 8

static bool nothing_named(const struct catalog *catalog, const char *name, struct problem *problem)
{
    struct text text;

    problem_set(
        problem,
        "--provider %.200s: matches nothing; expected a provider name, entry, catalog ID or GUID, as of",
        name);
    text_resume(&text, problem->text, sizeof problem->text);
    for (size_t i = 0; i < catalog->count; i++) {
        if (i == NAMED_AS_EXAMPLES) {
            text_addf(&text, " and %lu more", (unsigned long)(catalog->count - i));
            break;
        }
        text_addf(&text, "%s %.60s", i == 0 ? "" : ",", catalog->entries[i]->name);
    }
    if (catalog->count == 0) {
        text_add(&text, " no entry: the catalog is empty");
    }
    return false;
}

static bool mark_named(const struct catalog *catalog, const char *name, bool *chosen, struct problem *problem)
{
    bool found = false;

    for (size_t i = 0; i < catalog->count; i++) {
        if (is_named(catalog, i, name)) {
            chosen[i] = true;
            found = true;
        }
    }
    return found || nothing_named(catalog, name, problem);
}

static void keep_chosen(struct catalog *catalog, const bool *chosen)
{
    size_t kept = 0;

    for (size_t i = 0; i < catalog->count; i++) {
        if (chosen[i]) {
            catalog->own->sources[kept] = catalog->own->sources[i];
            catalog->entries[kept++] = catalog->entries[i];
        } else {
            host_entry_free(catalog->entries[i]);
        }
    }
    catalog->count = kept;
}

static bool fill_all(struct catalog *catalog, struct problem *problem)
{
    for (size_t i = 0; i < catalog->count; i++) {
        struct entry_source source = catalog->own->sources[i];

        if (source.manifest != CATALOG_INSTALLED
            && !catalog_fill_layers(catalog, source, catalog->entries[i], problem)) {
            return false;
        }
    }
    catalog_make_names_unique(catalog->entries, catalog->count);
    return true;
}

bool catalog_select(struct catalog *catalog, const char *const *names, size_t count, struct problem *problem)
{
    bool *chosen;
    bool good = fill_all(catalog, problem);

    if (!good || count == 0) {
        return good;
    }
    chosen = calloc(catalog->count + 1, sizeof *chosen);
    if (chosen == NULL) {
        return problem_no_memory(problem);
    }
    for (size_t i = 0; good && i < count; i++) {
        good = mark_named(catalog, names[i], chosen, problem);
    }
    if (good) {
        keep_chosen(catalog, chosen);
    }
    free(chosen);
    return good;
}
