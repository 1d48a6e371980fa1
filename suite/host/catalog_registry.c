/* The system's own functions of the catalog, and its registry: read, never written. */
#include <stdio.h>
#include <wchar.h>
#include "host/catalog.h"

#define PARAMETERS L"SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters"
#ifdef _WIN64
#define ENTRIES L"Catalog_Entries64"
#else
#define ENTRIES L"Catalog_Entries"
#endif

/* Opens ...\Parameters\Protocol_Catalog9\Catalog_Entries\000000000001 of the item. */
static HKEY open_item(unsigned index)
{
    WCHAR catalog[64] = L"";
    WCHAR path[256];
    DWORD size = sizeof catalog - sizeof catalog[0];
    DWORD type;
    HKEY parameters;
    HKEY item = NULL;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, PARAMETERS, 0, KEY_READ, &parameters) != ERROR_SUCCESS) {
        return NULL;
    }
    if (RegQueryValueExW(parameters, L"Current_Protocol_Catalog", NULL, &type, (BYTE *)catalog, &size)
            == ERROR_SUCCESS
        && type == REG_SZ) {
        swprintf(path, sizeof path / sizeof path[0], L"%ls\\" ENTRIES L"\\%012u", catalog, index + 1);
        if (RegOpenKeyExW(parameters, path, 0, KEY_READ, &item) != ERROR_SUCCESS) {
            item = NULL;
        }
    }
    RegCloseKey(parameters);
    return item;
}

static size_t registry_item(unsigned index, void *bytes, size_t size)
{
    HKEY item = open_item(index);
    DWORD length = (DWORD)size;
    LSTATUS status;

    if (item == NULL) {
        return 0;
    }
    status = RegQueryValueExW(item, L"PackedCatalogItem", NULL, NULL, size == 0 ? NULL : bytes, &length);
    RegCloseKey(item);
    /* An item without its value still has a place in the order; one byte is no item. */
    return status == ERROR_SUCCESS || status == ERROR_MORE_DATA ? length : 1;
}

const struct wsc_functions *wsc_system(void)
{
    static const struct wsc_functions functions = {WSCEnumProtocols, WSCGetProviderPath, registry_item};

    return &functions;
}
