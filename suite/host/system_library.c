#include "host/system_library.h"

HMODULE system_library(const WCHAR *name)
{
    HMODULE module = GetModuleHandleW(name);

    return module != NULL ? module : LoadLibraryExW(name, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
}

any_function function_of(HMODULE module, const char *name)
{
    return module == NULL ? NULL : (any_function)GetProcAddress(module, name);
}
