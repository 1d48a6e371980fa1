#include "engine/crash.h"

#include <stdio.h>
#include <string.h>

/* What the filter needs of the stack of a thread that has used up its own. */
#define RESERVED_STACK 65536

static struct crash_note *watched;
static void (*reporter)(void);
static UINT reported_exit_code;
static DWORD case_thread;

struct code_name {
    DWORD code;
    const char *name;
};

static const struct code_name names[] = {
    {EXCEPTION_ACCESS_VIOLATION, "ACCESS_VIOLATION"},
    {EXCEPTION_ARRAY_BOUNDS_EXCEEDED, "ARRAY_BOUNDS_EXCEEDED"},
    {EXCEPTION_BREAKPOINT, "BREAKPOINT"},
    {EXCEPTION_DATATYPE_MISALIGNMENT, "DATATYPE_MISALIGNMENT"},
    {EXCEPTION_FLT_DIVIDE_BY_ZERO, "FLT_DIVIDE_BY_ZERO"},
    {EXCEPTION_FLT_INVALID_OPERATION, "FLT_INVALID_OPERATION"},
    {EXCEPTION_GUARD_PAGE, "GUARD_PAGE"},
    {EXCEPTION_ILLEGAL_INSTRUCTION, "ILLEGAL_INSTRUCTION"},
    {EXCEPTION_IN_PAGE_ERROR, "IN_PAGE_ERROR"},
    {EXCEPTION_INT_DIVIDE_BY_ZERO, "INT_DIVIDE_BY_ZERO"},
    {EXCEPTION_INT_OVERFLOW, "INT_OVERFLOW"},
    {EXCEPTION_INVALID_HANDLE, "INVALID_HANDLE"},
    {EXCEPTION_NONCONTINUABLE_EXCEPTION, "NONCONTINUABLE_EXCEPTION"},
    {EXCEPTION_PRIV_INSTRUCTION, "PRIV_INSTRUCTION"},
    {EXCEPTION_STACK_OVERFLOW, "STACK_OVERFLOW"},
    {0xC0000374u, "HEAP_CORRUPTION"},
    {0xC0000409u, "STACK_BUFFER_OVERRUN"},
    {0xE06D7363u, "CPP_EXCEPTION"},
    {0x80000100u, "WINE_STUB"},
};

const char *crash_name(DWORD code, char *buffer, size_t size)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].code == code) {
            return names[i].name;
        }
    }
    snprintf(buffer, size, "0x%08lx", (unsigned long)code);
    return buffer;
}

/* Module names go into records as text: everything but plain ASCII becomes '?'. */
static void note_module(struct crash_note *note, const WCHAR *path)
{
    const WCHAR *name = wcsrchr(path, L'\\');
    size_t i = 0;

    name = name != NULL ? name + 1 : path;
    for (; name[i] != L'\0' && i < CRASH_MODULE_BYTES - 1; i++) {
        note->module[i] = name[i] >= L' ' && name[i] < 0x7F ? (char)name[i] : '?';
    }
    note->module[i] = '\0';
}

/* This may wait for the loader lock: the rest of the note is complete before. */
static void note_place(struct crash_note *note, const void *address)
{
    static WCHAR path[MAX_PATH]; /* not on a stack that may be used up */
    HMODULE module = NULL;

    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS
                                | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (LPCWSTR)address, &module)) {
        return;
    }
    if (GetModuleFileNameW(module, path, MAX_PATH) > 0) {
        path[MAX_PATH - 1] = L'\0';
        note_module(note, path);
    }
    note->offset = (ULONGLONG)((ULONG_PTR)address - (ULONG_PTR)module);
}

static LONG WINAPI note_and_end(EXCEPTION_POINTERS *exception)
{
    static volatile LONG begun;
    const EXCEPTION_RECORD *record = exception->ExceptionRecord;
    struct trace_call *call;

    if (InterlockedExchange(&begun, 1) != 0) {
        /* Another thread, or this filter, crashed first: the process is about to end. */
        WaitForSingleObject(GetCurrentProcess(), INFINITE);
    }
    call = trace_call_under_way();
    watched->code = record->ExceptionCode;
    watched->thread = GetCurrentThreadId();
    watched->on_case_thread = watched->thread == case_thread;
    watched->call = call != NULL ? (LONG)call->call : (LONG)SPI_CALLS;
    watched->guard = GUARD_NOT_HIT;
    /* Inside a call of the provider no function of the guard is under way on this thread: its lock is free. */
    if (call != NULL && record->ExceptionCode == EXCEPTION_ACCESS_VIOLATION && record->NumberParameters > 1) {
        watched->guard = guard_hit((const void *)record->ExceptionInformation[1]);
    }
    InterlockedExchange(&watched->state, CRASH_NOTED);
    note_place(watched, record->ExceptionAddress);
    InterlockedExchange(&watched->state, CRASH_PLACED);
    if (reporter != NULL) {
        reporter();
        TerminateProcess(GetCurrentProcess(), reported_exit_code);
    }
    TerminateProcess(GetCurrentProcess(), record->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

void crash_arm(void)
{
    SetUnhandledExceptionFilter(note_and_end);
}

void crash_watch(struct crash_note *note, void (*report)(void), UINT exit_code)
{
    ULONG stack = RESERVED_STACK;

    watched = note;
    case_thread = GetCurrentThreadId();
    reporter = report;
    reported_exit_code = exit_code;
    SetThreadStackGuarantee(&stack);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    crash_arm();
}
