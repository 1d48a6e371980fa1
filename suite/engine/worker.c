#include "engine/worker.h"

#include <stdlib.h>

#include "engine/crash.h"
#include "engine/exit.h"
#include "engine/perform.h"
#include "engine/process.h"
#include "engine/registry.h"
#include "host/memory.h"
#include "host/provider.h"

enum { ARGUMENT_MAPPING, ARGUMENT_COMMAND, ARGUMENT_ANSWER, ARGUMENTS };


static HANDLE handle_of(const wchar_t *number)
{
    HANDLE h = (HANDLE)(ULONG_PTR)_wcstoui64(number, NULL, 10);

    /* What the provider starts does not inherit it, and what closes handles at random does not close it. */
    SetHandleInformation(h, HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE,
                         HANDLE_FLAG_PROTECT_FROM_CLOSE);
    return h;
}

/* No dialogs: nobody is there to answer them. */
static void stay_silent(void)
{
    _set_error_mode(_OUT_TO_STDERR);
#ifdef _MSC_VER
    _set_abort_behavior(0, _WRITE_ABORT_MSG | _CALL_REPORTFAULT);
#endif
}

/* Without another instruction of the provider: no DllMain, no threads of it, no atexit. */
static void end(UINT code)
{
    TerminateProcess(GetCurrentProcess(), code);
}

static void obey(struct shared *shared)
{
    switch ((enum worker_command)shared->command) {
    case COMMAND_LOAD:
        perform_load();
        break;
    case COMMAND_RUN:
        perform(registry_at((size_t)shared->instance));
        break;
    case COMMAND_CLOSE:
        if (!provider_close() || !heaps_valid()) {
            end(EXIT_RED); /* no place for another case */
        }
        break;
    }
}

int worker_main(size_t count, wchar_t **arguments)
{
    struct shared *shared;
    HANDLE command;
    HANDLE answer;

    if (count != ARGUMENTS || !registry_expand()) {
        return EXIT_WRONG_USE;
    }
    command = handle_of(arguments[ARGUMENT_COMMAND]);
    answer = handle_of(arguments[ARGUMENT_ANSWER]);
    shared = MapViewOfFile(handle_of(arguments[ARGUMENT_MAPPING]), FILE_MAP_ALL_ACCESS, 0, 0, 0);
    if (shared == NULL) {
        return EXIT_WRONG_USE;
    }
    stay_silent();
    crash_watch(&shared->crash, NULL, 0);
    perform_begin(shared);
    provider_name(&shared->entry, &shared->story);
    if (!SetEvent(answer)) {
        return EXIT_WRONG_USE;
    }
    for (;;) {
        if (WaitForSingleObject(command, INFINITE) != WAIT_OBJECT_0) {
            end(WORKER_LOST_HANDLES);
        }
        obey(shared);
        if (!SetEvent(answer)) {
            end(WORKER_LOST_HANDLES);
        }
    }
}
