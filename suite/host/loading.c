#include "host/loading.h"
#include <stdio.h>
#include "host/errors.h"
#include "host/fpu.h"
#include "host/pe_file.h"
#include "host/text.h"
#include "host/trace.h"

/* The documented sign that the LOAD_LIBRARY_SEARCH flags exist. */
static DWORD search_flags(void)
{
    if (GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "AddDllDirectory") != NULL) {
        return LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32;
    }
    return LOAD_WITH_ALTERED_SEARCH_PATH;
}

static const char *explain(DWORD error, const WCHAR *path, char *buffer, size_t size)
{
    switch (error) {
    case ERROR_MOD_NOT_FOUND:
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES ? "there is no such file"
                                                                   : "a DLL that it needs was not found";
    case ERROR_PROC_NOT_FOUND:
        return "a function that it imports does not exist";
    case ERROR_DLL_INIT_FAILED:
        return "its DllMain failed";
    case ERROR_BAD_EXE_FORMAT:
    case ERROR_EXE_MACHINE_TYPE_MISMATCH:
        pe_file_describe(path, buffer, size);
        return buffer;
    case ERROR_NOACCESS:
    case ERROR_STACK_OVERFLOW:
        return "its DllMain raised an exception";
    default:
        return error & 0x80000000 ? "its DllMain raised an exception" : "the system refused to load it";
    }
}

static void fail(const struct host_layer *layer, DWORD error, struct load_failure *failure)
{
    char number[32];
    char clause[160];
    const char *code = system_error_name(error, number, sizeof number);

    snprintf(failure->code, sizeof failure->code, "%s", code);
    snprintf(failure->reason, sizeof failure->reason, "%.300s does not load: %s (%s)", layer->dll,
             explain(error, layer->path, clause, sizeof clause), code);
}

HMODULE loading_load(const struct host_layer *layer, struct load_failure *failure)
{
    struct trace_call *note = trace_begin(SPI_LOAD_LIBRARY, "lpLibFileName=%s", layer->dll);
    HMODULE module = LoadLibraryExW(layer->path, NULL, search_flags());
    DWORD error = module == NULL ? GetLastError() : 0;

    trace_end(note, module == NULL ? 0 : 1, (int)error);
    if (module == NULL) {
        fail(layer, error, failure);
    }
    return module;
}

bool loading_free(const struct host_layer *layer, HMODULE module)
{
    struct trace_call *note = trace_begin(SPI_FREE_LIBRARY, "hLibModule=%s", layer->dll);
    struct fpu_control fpu = fpu_read();
    BOOL freed = FreeLibrary(module);
    DWORD error = freed ? 0 : GetLastError();

    if (fpu_restore(fpu)) {
        trace_breach(PV_11, "the unloading of %s changed the floating-point control word", layer->dll);
    }
    trace_end(note, freed, (int)error);
    return GetModuleHandleW(layer->path) == NULL;
}
