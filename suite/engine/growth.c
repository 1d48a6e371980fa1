#include "engine/growth.h"

#include <winsock2.h>
#include <string.h>
#include <tlhelp32.h>

#include "host/handles.h"

/* Handles are small multiples of 4, and the lowest free value is given next, where this table is used. */
#define HANDLE_STEP 4
#define HANDLE_VALUES 4096
#define VALUES_BEYOND 16 /* how far above the highest used value a case's handles are looked for */

static bool system_counts;
static unsigned char used[HANDLE_VALUES]; /* open when counting began */
static unsigned looked_at;                /* values below this are looked at */

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

void resources_begin(void)
{
    DWORD count = 0;
    unsigned highest = 0;

    system_counts = GetProcessHandleCount(GetCurrentProcess(), &count) && count > 0;
    if (system_counts) {
        return;
    }
    memset(used, 0, sizeof used);
    looked_at = VALUES_BEYOND;
    for (unsigned v = 0; v < looked_at && v < HANDLE_VALUES; v++) {
        used[v] = is_open(v);
        highest = used[v] ? v : highest;
        looked_at = highest + VALUES_BEYOND;
    }
}

static unsigned count_handles_now(void)
{
    DWORD count = 0;

    if (system_counts) {
        return GetProcessHandleCount(GetCurrentProcess(), &count) ? count : 0;
    }
    for (unsigned v = 0; v < looked_at && v < HANDLE_VALUES; v++) {
        if (!used[v] && is_open(v)) {
            count++;
        }
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
