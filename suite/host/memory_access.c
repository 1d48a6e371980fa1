/* What can be read and written, asked without touching it. */
#include "host/memory.h"
#include <winnt.h>

#define READABLE                                                                                             \
    (PAGE_READONLY | PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE            \
     | PAGE_EXECUTE_WRITECOPY)
#define WRITABLE (PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)

/* How many of size bytes from p on lie on committed pages with one of these protections. */
static size_t accessible(const void *p, size_t size, DWORD protections)
{
    ULONG_PTR first = (ULONG_PTR)p;
    ULONG_PTR at = first;
    MEMORY_BASIC_INFORMATION info;

    if (size > (ULONG_PTR)-1 - first) {
        size = (ULONG_PTR)-1 - first;
    }
    while (at - first < size) {
        if (VirtualQuery((const void *)at, &info, sizeof info) == 0 || info.State != MEM_COMMIT
            || (info.Protect & PAGE_GUARD) != 0 || (info.Protect & protections) == 0) {
            return at - first;
        }
        at = (ULONG_PTR)info.BaseAddress + info.RegionSize;
    }
    return size;
}

bool memory_readable(const void *p, size_t size)
{
    return p != NULL && accessible(p, size, READABLE) == size && size <= (ULONG_PTR)-1 - (ULONG_PTR)p;
}

bool memory_writable(const void *p, size_t size)
{
    return p != NULL && accessible(p, size, WRITABLE) == size && size <= (ULONG_PTR)-1 - (ULONG_PTR)p;
}

size_t memory_readable_prefix(const void *p, size_t size)
{
    return p == NULL ? 0 : accessible(p, size, READABLE);
}
