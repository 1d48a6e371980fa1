/* Paths of DLLs: found, and shown. */
#include <string.h>
#include <wchar.h>
#include "host/catalog_private.h"
#include "host/text.h"

bool path_is_rooted(const WCHAR *path)
{
    return path[0] == L'\\' || path[0] == L'/' || (path[0] != L'\0' && path[1] == L':');
}

bool path_resolve(const WCHAR *text, const WCHAR *folder, WCHAR *out, size_t chars)
{
    static WCHAR expanded[HOST_PATH_CHARS]; /* too large for the stack; one thread reads catalogs */
    static WCHAR joined[HOST_PATH_CHARS];
    DWORD length = ExpandEnvironmentStringsW(text, expanded, HOST_PATH_CHARS);
    size_t folder_length = wcslen(folder);

    out[0] = L'\0';
    if (length == 0 || length > HOST_PATH_CHARS) {
        return false;
    }
    if (path_is_rooted(expanded)) {
        folder_length = 0;
    }
    if (folder_length + 1 + length > HOST_PATH_CHARS) {
        return false;
    }
    wmemcpy(joined, folder, folder_length);
    if (folder_length > 0) {
        joined[folder_length++] = L'\\';
    }
    wmemcpy(joined + folder_length, expanded, length);
    length = GetFullPathNameW(joined, (DWORD)chars, out, NULL);
    if (length == 0 || length >= chars) {
        out[0] = L'\0';
        return false;
    }
    return true;
}

/* What of path lies below folder, or NULL. */
static const WCHAR *below(const WCHAR *path, const WCHAR *folder)
{
    size_t length = wcslen(folder);

    if (length == 0 || wcslen(path) <= length + 1 || path[length] != L'\\'
        || CompareStringOrdinal(path, (int)length, folder, (int)length, TRUE) != CSTR_EQUAL) {
        return NULL;
    }
    return path + length + 1;
}

void path_for_records(const WCHAR *path, const WCHAR *folder, char *out, size_t size)
{
    WCHAR system[MAX_PATH];
    UINT length = GetSystemWindowsDirectoryW(system, MAX_PATH);
    const WCHAR *rest = length == 0 || length >= MAX_PATH ? NULL : below(path, system);
    struct text text;

    text_begin(&text, out, size);
    if (rest != NULL) {
        text_add(&text, "%SystemRoot%\\");
    } else if (folder != NULL) {
        rest = below(path, folder);
    }
    if (rest == NULL) {
        rest = wcsrchr(path, L'\\');
        rest = rest == NULL ? path : rest + 1;
    }
    text_from_wide(out + text.length, size - text.length, rest);
}
