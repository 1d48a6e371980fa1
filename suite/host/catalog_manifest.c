/* Manifests into the catalog: reading the files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include "host/catalog_private.h"
#include "host/errors.h"
#include "host/text.h"

#define FILE_MAX (1024 * 1024)

static bool unreadable(const char *shown, DWORD error, struct problem *problem)
{
    char number[24];

    return problem_set(problem, "%.500s: %s; expected a manifest that can be read", shown,
                       system_error_name(error, number, sizeof number));
}

/* The file's bytes (allocated), or NULL and the problem. */
static char *read_file(const WCHAR *path, const char *shown, size_t *size, struct problem *problem)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0,
                              NULL);
    LARGE_INTEGER length;
    char *bytes = NULL;
    DWORD read = 0;

    if (file == INVALID_HANDLE_VALUE) {
        unreadable(shown, GetLastError(), problem);
        return NULL;
    }
    if (!GetFileSizeEx(file, &length)) {
        unreadable(shown, GetLastError(), problem);
    } else if (length.QuadPart > FILE_MAX) {
        problem_set(problem, "%.500s: is larger than a manifest can be; expected at most %d bytes", shown,
                    FILE_MAX);
    } else if ((bytes = malloc((size_t)length.QuadPart + 1)) == NULL) {
        problem_no_memory(problem);
    } else if (!ReadFile(file, bytes, (DWORD)length.QuadPart, &read, NULL)) {
        unreadable(shown, GetLastError(), problem);
        free(bytes);
        bytes = NULL;
    }
    CloseHandle(file);
    *size = read;
    return bytes;
}

static void tell_mistake(const char *shown, const struct manifest_mistake *mistake, struct problem *problem)
{
    struct text text;

    text_begin(&text, problem->text, sizeof problem->text);
    text_addf(&text, "%.300s", shown);
    if (mistake->line > 0) {
        text_addf(&text, ":%u", mistake->line);
    }
    text_add(&text, ": ");
    if (mistake->key[0] != '\0') {
        text_add(&text, mistake->key);
        text_add(&text, ": ");
    }
    text_add(&text, mistake->text);
}

static WCHAR *absolute(const WCHAR *path)
{
    DWORD length = GetFullPathNameW(path, 0, NULL, NULL);
    WCHAR *full = length == 0 ? NULL : malloc(length * sizeof *full);

    if (full != NULL && GetFullPathNameW(path, length, full, NULL) >= length) {
        free(full);
        full = NULL;
    }
    return full;
}

static bool already_read(const struct catalog_private *own, const WCHAR *full, size_t *index)
{
    for (size_t i = 0; i < own->manifest_count; i++) {
        if (CompareStringOrdinal(own->manifests[i].path, -1, full, -1, TRUE) == CSTR_EQUAL) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool read_manifest(struct catalog_private *own, const WCHAR *path, const WCHAR *full,
                          struct problem *problem)
{
    struct catalog_manifest *manifests = realloc(own->manifests,
                                                 (own->manifest_count + 1) * sizeof *manifests);
    struct catalog_manifest *m;
    struct manifest_mistake mistake;
    size_t size;
    char *bytes;
    bool good;

    if (manifests == NULL) {
        return problem_no_memory(problem);
    }
    own->manifests = manifests;
    m = &manifests[own->manifest_count];
    text_from_wide(m->shown, sizeof m->shown, path);
    bytes = read_file(full, m->shown, &size, problem);
    if (bytes == NULL) {
        return false;
    }
    good = manifest_parse(bytes, size, &m->content, &mistake);
    free(bytes);
    if (!good) {
        tell_mistake(m->shown, &mistake, problem);
        return false;
    }
    m->first_id = own->next_id;
    own->next_id += (DWORD)m->content.count + 1;
    return true;
}

bool catalog_read_manifest(struct catalog *catalog, const WCHAR *path, size_t *index, struct problem *problem)
{
    struct catalog_private *own = catalog->own;
    WCHAR *full = absolute(path);

    if (full == NULL) {
        return problem_no_memory(problem);
    }
    if (already_read(own, full, index)) {
        free(full);
        return true;
    }
    if (!read_manifest(own, path, full, problem)) {
        free(full);
        return false;
    }
    own->manifests[own->manifest_count].path = full;
    *index = own->manifest_count++;
    return true;
}

bool catalog_add_manifest(struct catalog *catalog, const WCHAR *path, struct problem *problem)
{
    struct catalog_private *own = catalog->own;
    size_t known = own->manifest_count;
    size_t index;

    if (!catalog_read_manifest(catalog, path, &index, problem)) {
        return false;
    }
    if (index < known) {
        return true; /* given twice: its entries are there */
    }
    own->manifests_given = own->manifest_count;
    for (size_t i = 0; i < own->manifests[index].content.count; i++) {
        struct host_entry *entry = host_entry_new();

        if (entry == NULL || !catalog_add(catalog, entry, (struct entry_source){index, i})) {
            return problem_no_memory(problem);
        }
    }
    return true;
}
