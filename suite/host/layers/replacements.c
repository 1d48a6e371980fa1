#include "host/layers/replacements.h"
#include <ws2spi.h>
#include <string.h>
#include "host/catalog_answers.h"
#include "host/layers/completion.h"
#include "host/memory.h"

static int WSPAPI enum_protocols(LPINT protocols, LPWSAPROTOCOL_INFOW buffer, LPDWORD length, LPINT error)
{
    INT code = 0;
    INT count = catalog_answer_protocols(protocols, buffer, length, &code);

    if (count == SOCKET_ERROR && memory_writable(error, sizeof *error)) {
        *error = code;
    }
    return count;
}

static int WSPAPI get_provider_path(LPGUID provider, WCHAR *path, LPINT length, LPINT error)
{
    INT code = catalog_answer_path(provider, path, length);

    if (code != 0 && memory_writable(error, sizeof *error)) {
        *error = code;
    }
    return code == 0 ? 0 : SOCKET_ERROR;
}

typedef FARPROC(WINAPI *look_up)(HMODULE module, LPCSTR name);

/* The system's own, which stays so even where the host's imports are redirected too. */
static look_up system_get_proc_address;

void replacements_begin(void)
{
    if (system_get_proc_address == NULL) {
        system_get_proc_address = (look_up)(import_function)GetProcAddress(GetModuleHandleW(L"kernel32.dll"),
                                                                           "GetProcAddress");
    }
}

static FARPROC WINAPI manifest_get_proc_address(HMODULE module, LPCSTR name);
static FARPROC WINAPI installed_get_proc_address(HMODULE module, LPCSTR name);

struct replacement {
    const char *name;
    const WCHAR *module; /* where the system's own lives */
    import_function manifest;
    import_function installed; /* NULL: the system's own stays */
};

static const struct replacement replacements[] = {
    {"WSCEnumProtocols", L"ws2_32.dll", (import_function)enum_protocols, NULL},
    {"WSCEnumProtocols32", L"ws2_32.dll", (import_function)enum_protocols, NULL},
    {"WSCGetProviderPath", L"ws2_32.dll", (import_function)get_provider_path, NULL},
    {"WSCGetProviderPath32", L"ws2_32.dll", (import_function)get_provider_path, NULL},
    {"WPUCompleteOverlappedRequest", L"ws2_32.dll", (import_function)complete_overlapped_request,
     (import_function)complete_overlapped_request},
    {"GetProcAddress", L"kernel32.dll", (import_function)manifest_get_proc_address,
     (import_function)installed_get_proc_address},
    {"GetProcAddress", L"kernelbase.dll", (import_function)manifest_get_proc_address,
     (import_function)installed_get_proc_address},
};

#define COUNT (sizeof replacements / sizeof replacements[0])

static import_function choose(const struct replacement *r, enum host_origin origin)
{
    return origin == HOST_MANIFEST ? r->manifest : r->installed;
}

import_function replacement_by_name(const char *name, enum host_origin origin)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(replacements[i].name, name) == 0) {
            return choose(&replacements[i], origin);
        }
    }
    return NULL;
}

import_function replacement_by_address(import_function address, enum host_origin origin)
{
    for (size_t i = 0; i < COUNT; i++) {
        HMODULE module = GetModuleHandleW(replacements[i].module);

        if (module != NULL
            && address == (import_function)system_get_proc_address(module, replacements[i].name)) {
            return choose(&replacements[i], origin);
        }
    }
    return NULL;
}

static FARPROC get_proc_address(HMODULE module, LPCSTR name, enum host_origin origin)
{
    FARPROC found = system_get_proc_address(module, name);
    DWORD error = GetLastError();
    import_function ours;

    if (((ULONG_PTR)name >> 16) == 0) {
        ours = found == NULL ? NULL : replacement_by_address((import_function)found, origin);
    } else {
        ours = replacement_by_name(name, origin);
    }
    SetLastError(ours != NULL ? ERROR_SUCCESS : error);
    return ours != NULL ? (FARPROC)ours : found;
}

static FARPROC WINAPI manifest_get_proc_address(HMODULE module, LPCSTR name)
{
    return get_proc_address(module, name, HOST_MANIFEST);
}

static FARPROC WINAPI installed_get_proc_address(HMODULE module, LPCSTR name)
{
    return get_proc_address(module, name, HOST_INSTALLED);
}
