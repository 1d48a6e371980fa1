#include "host/environment.h"

#include <wchar.h>

/* The block as the process began with it; NULL until environment_keep. */
static WCHAR *kept;

/* "NAME=VALUE"; a NAME that begins with '=' is the system's own and stays. */
static void set_variable(WCHAR *assignment, bool remove)
{
    WCHAR *equals = wcschr(assignment, L'=');

    if (equals != NULL && equals != assignment) {
        *equals = L'\0';
        SetEnvironmentVariableW(assignment, remove ? NULL : equals + 1);
        *equals = L'=';
    }
}

void environment_set(const struct host_entry *entry)
{
    for (unsigned i = entry->layer_count; i-- > 0;) {
        const WCHAR *next = entry->layers[i].environment;

        while (*next != L'\0') {
            WCHAR assignment[HOST_ENVIRONMENT_CHARS];
            size_t length = wcslen(next);

            wmemcpy(assignment, next, length + 1);
            set_variable(assignment, false);
            next += length + 1;
        }
    }
}

static void set_all(WCHAR *block, bool remove)
{
    for (WCHAR *next = block; *next != L'\0'; next += wcslen(next) + 1) {
        set_variable(next, remove);
    }
}

void environment_keep(void)
{
    kept = GetEnvironmentStringsW();
}

void environment_restore(void)
{
    WCHAR *now = kept != NULL ? GetEnvironmentStringsW() : NULL;

    if (now != NULL) {
        set_all(now, true);
        set_all(kept, false);
        FreeEnvironmentStringsW(now);
    }
}
