#include "engine/growth.h"

#include <winsock2.h>

#include "host/handles.h"

/*
 * Where the system does not count handles (Wine), they are small multiples of 4, and the lowest free value is
 * given next. So the values below the highest one in use are taken once, by handles of ours: all that comes
 * later lies above, and a look at a few values tells what stayed. What was open then and is closed later
 * leaves a value that nobody looks at: as many leaks as that are missed, and none is made up.
 */
#define HANDLE_STEP 4
#define VALUES_LOOKED_AT 16
#define VALUES_TAKEN_MAX 1024
#define STAYING_MAX 32

static bool system_counts;
static unsigned first_looked_at;
static unsigned left_behind; /* in use below the first one, since then */

#define THREADS_REMEMBERED 256

static volatile LONG threads_seen;
static volatile LONG threads_begun;
static volatile DWORD begun_ids[THREADS_REMEMBERED];

/* The loader tells every module of a thread's begin and end: a count that costs nothing. */
static void NTAPI note_thread(PVOID module, DWORD reason, PVOID reserved)
{
    (void)module;
    (void)reserved;
    if (reason == DLL_THREAD_ATTACH) {
        LONG number = InterlockedIncrement(&threads_begun) - 1;

        begun_ids[number % THREADS_REMEMBERED] = GetCurrentThreadId();
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
        left_behind = 0;
    }
}

/* Very many that stayed would make each look long: from now on, look above them. */
static void look_further_up(unsigned highest, unsigned in_use)
{
    take_values_up_to(highest);
    first_looked_at = highest + 1;
    left_behind += in_use;
}

/* Looks until a stretch of values is free, so what stays does not hide what comes after it. */
static unsigned count_values(void)
{
    unsigned end = first_looked_at + VALUES_LOOKED_AT;
    unsigned count = 0;

    for (unsigned v = first_looked_at; v < end; v++) {
        if (is_open(v)) {
            count++;
            end = v + 1 + VALUES_LOOKED_AT;
        }
    }
    if (count > STAYING_MAX) {
        look_further_up(end - VALUES_LOOKED_AT - 1, count);
        count = 0;
    }
    return left_behind + count;
}

static unsigned count_handles_now(void)
{
    DWORD count = 0;

    if (!system_counts) {
        return count_values();
    }
    return GetProcessHandleCount(GetCurrentProcess(), &count) ? count : 0;
}

struct resources resources_now(void)
{
    struct resources now = {.handles = count_handles_now() + (unsigned)handles_open(),
                            .threads = threads_seen,
                            .threads_begun = threads_begun};

    return now;
}

/* Whether a thread of this process lives, and goes on to do so for a while. */
static bool outlives(DWORD id, DWORD milliseconds)
{
    HANDLE thread = OpenThread(SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION, FALSE, id);
    bool ours = thread != NULL && GetProcessIdOfThread(thread) == GetCurrentProcessId();
    bool alive = ours && WaitForSingleObject(thread, milliseconds) == WAIT_TIMEOUT;

    if (thread != NULL) {
        CloseHandle(thread);
    }
    return alive;
}

static LONG first_to_look_at(struct resources then, LONG end)
{
    return end - then.threads_begun > THREADS_REMEMBERED ? end - THREADS_REMEMBERED : then.threads_begun;
}

/* The system gives the ID of a thread that has ended to another one. */
static bool noted_again(LONG number, LONG end)
{
    for (LONG later = number + 1; later < end; later++) {
        if (begun_ids[later % THREADS_REMEMBERED] == begun_ids[number % THREADS_REMEMBERED]) {
            return true;
        }
    }
    return false;
}

long threads_alive_since(struct resources then)
{
    LONG end = threads_begun;
    long alive = 0;

    for (LONG number = first_to_look_at(then, end); number < end; number++) {
        alive += !noted_again(number, end) && outlives(begun_ids[number % THREADS_REMEMBERED], 0);
    }
    return alive;
}

void wait_for_threads_since(struct resources then, unsigned long milliseconds)
{
    LONG end = threads_begun;
    ULONGLONG until = GetTickCount64() + milliseconds;

    for (LONG number = first_to_look_at(then, end); number < end; number++) {
        ULONGLONG now = GetTickCount64();

        outlives(begun_ids[number % THREADS_REMEMBERED], now < until ? (DWORD)(until - now) : 0);
    }
}
