#include "engine/growth.h"

#include <winsock2.h>
#include <tlhelp32.h>

#include "host/handles.h"

/*
 * Where the system does not count handles (Wine), they are small multiples of 4, and the lowest free value is
 * given next. So the values below the highest one in use are taken once, by handles of ours: all that comes
 * later lies above, and a look at a few values tells what stayed.
 */
#define HANDLE_STEP 4
#define VALUES_LOOKED_AT 16
#define VALUES_TAKEN_MAX 1024

static bool system_counts;
static unsigned first_looked_at;

static volatile LONG threads_seen;

/* The loader tells every module of a thread's begin and end: a count that costs nothing. */
static void NTAPI note_thread(PVOID module, DWORD reason, PVOID reserved)
{
    (void)module;
    (void)reserved;
    if (reason == DLL_THREAD_ATTACH) {
        InterlockedIncrement(&threads_seen);
    } else if (reason == DLL_THREAD_DETACH) {
        InterlockedDecrement(&threads_seen);
    }
}

#ifdef _MSC_VER
#ifdef _WIN64
#pragma comment(linker, "/INCLUDE:_tls_used")
#pragma comment(linker, "/INCLUDE:note_thread_callback")
#else
#pragma comment(linker, "/INCLUDE:__tls_used")
#pragma comment(linker, "/INCLUDE:_note_thread_callback")
#endif
#pragma const_seg(".CRT$XLM")
extern const PIMAGE_TLS_CALLBACK note_thread_callback;
const PIMAGE_TLS_CALLBACK note_thread_callback = note_thread;
#pragma const_seg()
#else
extern const PIMAGE_TLS_CALLBACK note_thread_callback;
__attribute__((section(".CRT$XLM"), used)) const PIMAGE_TLS_CALLBACK note_thread_callback = note_thread;
#endif

static bool is_open(unsigned value)
{
    DWORD flags;

    return GetHandleInformation((HANDLE)(ULONG_PTR)((value + 1) * HANDLE_STEP), &flags) != 0;
}

/* The highest value in use: beyond it a stretch of values is free. */
static unsigned highest_open(void)
{
    unsigned highest = 0;

    for (unsigned v = 0; v < highest + 4 * VALUES_LOOKED_AT && v < VALUES_TAKEN_MAX; v++) {
        highest = is_open(v) ? v : highest;
    }
    return highest;
}

static void take_values_up_to(unsigned highest)
{
    for (unsigned taken = 0; taken <= highest; taken++) {
        HANDLE plug = CreateEventW(NULL, FALSE, FALSE, NULL);

        if (plug == NULL || (ULONG_PTR)plug / HANDLE_STEP - 1 > highest) {
            CloseHandle(plug);
            return;
        }
    }
}

void resources_begin(void)
{
    DWORD count = 0;

    system_counts = GetProcessHandleCount(GetCurrentProcess(), &count) && count > 0;
    if (!system_counts) {
        unsigned highest = highest_open();

        take_values_up_to(highest);
        first_looked_at = highest + 1;
    }
}

static unsigned count_handles_now(void)
{
    DWORD count = 0;

    if (system_counts) {
        return GetProcessHandleCount(GetCurrentProcess(), &count) ? count : 0;
    }
    for (unsigned v = first_looked_at; v < first_looked_at + VALUES_LOOKED_AT; v++) {
        count += is_open(v);
    }
    return count;
}

struct resources resources_now(void)
{
    struct resources now = {.handles = count_handles_now() + (unsigned)handles_open(),
                            .threads = threads_seen};

    return now;
}

long threads_exactly(void)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    DWORD self = GetCurrentProcessId();
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    long count = 0;

    if (snapshot == INVALID_HANDLE_VALUE) {
        return 0;
    }
    for (BOOL more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry)) {
        count += entry.th32OwnerProcessID == self;
    }
    CloseHandle(snapshot);
    return count;
}
