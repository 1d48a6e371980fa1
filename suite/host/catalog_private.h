/* What the files of the catalog share. */
#ifndef WSPCHECK_HOST_CATALOG_PRIVATE_H
#define WSPCHECK_HOST_CATALOG_PRIVATE_H

#include "host/catalog.h"
#include "host/manifest.h"

/* A manifest that was read. */
struct catalog_manifest {
    WCHAR *path;             /* absolute */
    char shown[1024];        /* as it was given, in UTF-8, for messages; cut where it is very long */
    struct manifest content;
    DWORD first_id;          /* catalog ID of its first entry; its dummy entry's follows the last one's */
};

/* Where an entry of the catalog comes from. */
struct entry_source {
    size_t manifest;         /* index, or CATALOG_INSTALLED */
    size_t section;
};

#define CATALOG_INSTALLED ((size_t)-1)

struct catalog_private {
    const struct wsc_functions *wsc;
    size_t room;                          /* of catalog->entries and sources */
    struct entry_source *sources;         /* of catalog->entries, one for one */
    struct catalog_manifest *manifests;   /* those that were given, then those that `over` led to */
    size_t manifest_count;
    size_t manifests_given;
    DWORD next_id;
    bool installed_read;                  /* for `over` */
    struct host_entry **installed;
    size_t installed_count;
};

/* Say what is wrong. Returns false. */
bool problem_set(struct problem *problem, const char *format, ...);
bool problem_no_memory(struct problem *problem);

/* Add an entry; the catalog owns it from now on, also where this fails for want of memory. */
bool catalog_add(struct catalog *catalog, struct host_entry *entry, struct entry_source source);

/* Append "#id" to names that several entries share. */
void catalog_make_names_unique(struct host_entry **entries, size_t count);

/* Equal but for case (UTF-8). */
bool catalog_same_text(const char *one, const char *other);

/* Read the installed entries into *entries (allocated, *count of them). */
bool installed_read(const struct wsc_functions *wsc, struct host_entry ***entries, size_t *count,
                    struct problem *problem);

/* Read a manifest, or find it among those that were read (*index). shown: how messages name it. */
bool catalog_read_manifest(struct catalog *catalog, const WCHAR *path, size_t *index,
                           struct problem *problem);

/* Fill in the layers of an entry of a manifest, following `over`. */
bool catalog_fill_layers(struct catalog *catalog, struct entry_source source, struct host_entry *entry,
                         struct problem *problem);

/*
 * What records call a DLL: %SystemRoot%\..., or relative to `folder` (may be NULL), or just its file name:
 * never a path of this machine.
 */
void path_for_records(const WCHAR *path, const WCHAR *folder, char *out, size_t size);

/* Absolute, with environment strings expanded, relative to `folder`. False where it is too long. */
bool path_resolve(const WCHAR *text, const WCHAR *folder, WCHAR *out, size_t chars);

/* True for C:\x, \\x and \x: what is not relative to a folder. */
bool path_is_rooted(const WCHAR *path);

#endif
