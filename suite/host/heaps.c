/* Are the heaps of this process in order? */
#include "host/memory.h"
#include <stdlib.h>

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
