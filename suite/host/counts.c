/* What this process holds: heaps in order, kernel handles, threads. */
#include "host/memory.h"
#include <stdlib.h>
#include <tlhelp32.h>

/*
 * Handle values are multiples of four from four on, and the lowest free one is given out first (where a scan
 * is needed).
 */
#define HANDLE_STEP 4
#define SCAN_GAP 64 /* so many free values in a row end the scan */
#define SCAN_END 0x40000

bool heaps_valid(void)
{
    HANDLE few[64];
    HANDLE *heaps = few;
    DWORD room = sizeof few / sizeof few[0];
    DWORD count = GetProcessHeaps(room, heaps);
    bool valid = true;

    if (count > room) {
        heaps = malloc(count * sizeof *heaps);
        room = heaps == NULL ? 0 : count;
        count = room == 0 ? 0 : GetProcessHeaps(room, heaps);
    }
    for (DWORD i = 0; i < count && i < room; i++) {
        valid = HeapValidate(heaps[i], 0, NULL) && valid;
    }
    if (heaps != few) {
        free(heaps);
    }
    return valid;
}

static unsigned scan_handles(void)
{
    unsigned used = 0;
    unsigned gap = 0;

    for (ULONG_PTR value = HANDLE_STEP; value < SCAN_END && gap < SCAN_GAP; value += HANDLE_STEP) {
        DWORD flags;

        if (GetHandleInformation((HANDLE)value, &flags)) {
            used++;
            gap = 0;
        } else {
            gap++;
        }
    }
    return used;
}

unsigned count_handles(void)
{
    DWORD count = 0;

    if (GetProcessHandleCount(GetCurrentProcess(), &count) && count > 0) {
        return count;
    }
    return scan_handles();
}

unsigned count_threads(void)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    unsigned count = 0;

    if (snapshot == INVALID_HANDLE_VALUE) {
        return 0;
    }
    for (BOOL more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry)) {
        count += entry.th32OwnerProcessID == GetCurrentProcessId();
    }
    CloseHandle(snapshot);
    return count;
}
