#include "host/slots.h"
#include <string.h>
#include <wchar.h>
#include "host/text.h"

typedef void (*slot_function)(void);

static slot_function slot(const WSPPROC_TABLE *table, unsigned number)
{
    slot_function function;

    /* The table is 30 function pointers, in the order of enum spi_call. */
    memcpy(&function, (const char *)table + number * sizeof function, sizeof function);
    return function;
}

/* The module that an address lies in, or NULL. */
static HMODULE module_of(slot_function function)
{
    const WCHAR *address;
    HMODULE module;

    memcpy(&address, &function, sizeof address);
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS
                                | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            address, &module)) {
        return NULL;
    }
    return module;
}

/* Whether the page may be executed: a slot that points to data is no function. */
static bool is_code(slot_function function)
{
    const void *address;
    MEMORY_BASIC_INFORMATION info;

    memcpy(&address, &function, sizeof address);
    return VirtualQuery(address, &info, sizeof info) != 0 && info.State == MEM_COMMIT
           && (info.Protect
               & (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY))
                  != 0;
}

static void name_owner(HMODULE module, char *out, size_t size)
{
    WCHAR path[MAX_PATH * 4];
    DWORD length = GetModuleFileNameW(module, path, sizeof path / sizeof path[0]);
    const WCHAR *name;

    path[sizeof path / sizeof path[0] - 1] = L'\0';
    name = length == 0 ? L"unknown" : wcsrchr(path, L'\\');
    text_from_wide(out, size, name != NULL && *name == L'\\' ? name + 1 : name != NULL ? name : path);
}

static void add_problem(struct text *t, unsigned number, const char *what)
{
    if (t->length > 0) {
        text_add(t, ", ");
    }
    text_add(t, spi_call_name((enum spi_call)number));
    text_add(t, what);
}

bool slots_check(const WSPPROC_TABLE *table, HMODULE own, struct provider_story *story, char *observed,
                 size_t size)
{
    struct text text;
    unsigned nulls = 0;

    text_begin(&text, observed, size);
    for (unsigned i = 0; i < SPI_SLOTS; i++) {
        slot_function function = slot(table, i);
        HMODULE module = function == NULL ? NULL : module_of(function);

        story->owners[i][0] = '\0';
        if (function == NULL) {
            add_problem(&text, i, " NULL");
            nulls++;
        } else if (module == NULL) {
            add_problem(&text, i, " nowhere");
        } else if (!is_code(function)) {
            add_problem(&text, i, " no code");
        } else if (module != own) {
            name_owner(module, story->owners[i], sizeof story->owners[i]);
        }
    }
    if (nulls == SPI_SLOTS) {
        text_begin(&text, observed, size);
        text_add(&text, "all 30 NULL");
    }
    return text.length == 0;
}
