/*
 * Guarded buffers: data pages between pages that no one may touch. All regions of a case are in one list.
 */
#include "host/memory.h"
#include <stdlib.h>
#include <string.h>
#include "host/trace.h"

#define FILL 0xCC    /* what a fresh buffer holds */
#define PATTERN 0xA7 /* what lies around it on its pages */

struct region {
    struct region *next;
    unsigned char *base; /* of everything, guard pages too */
    size_t total;
    unsigned char *data; /* the accessible pages */
    size_t data_size;
    unsigned char *buffer; /* what the caller got */
    size_t valid;          /* bytes of it on the data pages */
    bool straddling;
    DWORD protection; /* of the data pages */
};

struct watch {
    struct watch *next;
    const unsigned char *bytes;
    size_t size;
    unsigned char copy[];
};

static SRWLOCK lock = SRWLOCK_INIT; /* the trace describes pointers on any thread */
static struct region *regions;
static struct watch *watches;

static size_t page_size(void)
{
    static size_t size;

    if (size == 0) {
        SYSTEM_INFO info;

        GetSystemInfo(&info);
        size = info.dwPageSize;
    }
    return size;
}

static size_t whole_pages(size_t size)
{
    size_t page = page_size();

    return (size + page - 1) / page * page;
}

/* data_size and beyond in whole pages; the page before the data is a guard too. */
static struct region *new_region(size_t data_size, size_t beyond)
{
    struct region *region = calloc(1, sizeof *region);

    if (region == NULL) {
        return NULL;
    }
    region->total = page_size() + data_size + beyond;
    region->base = VirtualAlloc(NULL, region->total, MEM_RESERVE, PAGE_NOACCESS);
    region->data = region->base + page_size();
    region->data_size = data_size;
    region->protection = PAGE_READWRITE;
    if (region->base == NULL || VirtualAlloc(region->data, data_size, MEM_COMMIT, PAGE_READWRITE) == NULL) {
        if (region->base != NULL) {
            VirtualFree(region->base, 0, MEM_RELEASE);
        }
        free(region);
        return NULL;
    }
    return region;
}

static void *add(struct region *region, size_t offset, size_t valid)
{
    region->buffer = region->data + offset;
    region->valid = valid;
    memset(region->data, PATTERN, region->data_size);
    memset(region->buffer, FILL, valid);
    AcquireSRWLockExclusive(&lock);
    region->next = regions;
    regions = region;
    ReleaseSRWLockExclusive(&lock);
    return region->buffer;
}

static void protect(struct region *region, DWORD protection)
{
    DWORD old;

    VirtualProtect(region->data, region->data_size, protection, &old);
    region->protection = protection;
}

/* The region that p lies in. With the lock held. */
static struct region *region_of(const void *p)
{
    struct region *region = regions;
    ULONG_PTR address = (ULONG_PTR)p;

    while (region != NULL && address - (ULONG_PTR)region->base >= region->total) {
        region = region->next;
    }
    return region;
}

void *guard_alloc(size_t size, enum guard_side side)
{
    size_t pages = whole_pages(size > 0 ? size : 1);
    struct region *region = new_region(pages, page_size());

    if (region == NULL) {
        return NULL;
    }
    return add(region, side == GUARD_AFTER ? pages - size : 0, size);
}

void *guard_read_only(const void *bytes, size_t size, enum guard_side side)
{
    void *p = guard_alloc(size, side);

    if (p != NULL) {
        memcpy(p, bytes, size);
        guard_protect(p, PAGE_READONLY);
    }
    return p;
}

void *guard_no_access(void)
{
    void *p = guard_alloc(page_size(), GUARD_AFTER);

    if (p != NULL) {
        guard_protect(p, PAGE_NOACCESS);
    }
    return p;
}

void *guard_straddling(const void *bytes, size_t size, size_t valid)
{
    size_t pages = whole_pages(valid > 0 ? valid : 1);
    struct region *region = new_region(pages, whole_pages(size - valid) + page_size());

    if (region == NULL) {
        return NULL;
    }
    region->straddling = true;
    void *p = add(region, pages - valid, valid);

    if (bytes != NULL) {
        memcpy(p, bytes, valid);
    }
    return p;
}

bool guard_protect(void *p, DWORD protection)
{
    AcquireSRWLockExclusive(&lock);
    struct region *region = region_of(p);

    if (region != NULL) {
        protect(region, protection);
    }
    ReleaseSRWLockExclusive(&lock);
    return region != NULL && region->protection == protection;
}

static bool all_pattern(const unsigned char *bytes, size_t size)
{
    return size == 0 || (bytes[0] == PATTERN && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static bool check_region(const struct region *region)
{
    size_t before = (size_t)(region->buffer - region->data);
    size_t after = region->data_size - before - region->valid;

    if (!memory_readable(region->data, region->data_size)) {
        return true; /* nobody could write there either */
    }
    if (!all_pattern(region->data, before)) {
        trace_breach(PV_11, "the bytes before a buffer were overwritten");
        return false;
    }
    if (!all_pattern(region->buffer + region->valid, after)) {
        trace_breach(PV_11, "the bytes after a buffer were overwritten");
        return false;
    }
    return true;
}

bool guard_check_all(void)
{
    bool good = true;

    AcquireSRWLockShared(&lock);
    for (const struct region *region = regions; region != NULL; region = region->next) {
        good = check_region(region) && good;
    }
    for (const struct watch *watch = watches; watch != NULL; watch = watch->next) {
        if (memory_readable(watch->bytes, watch->size)
            && memcmp(watch->bytes, watch->copy, watch->size) != 0) {
            trace_breach(PV_11, "memory that was given as input was changed");
            good = false;
        }
    }
    ReleaseSRWLockShared(&lock);
    return good;
}

void guard_watch(const void *p, size_t size)
{
    struct watch *watch = malloc(sizeof *watch + size);

    if (watch == NULL || !memory_readable(p, size)) {
        free(watch);
        return;
    }
    watch->bytes = p;
    watch->size = size;
    memcpy(watch->copy, p, size);
    AcquireSRWLockExclusive(&lock);
    watch->next = watches;
    watches = watch;
    ReleaseSRWLockExclusive(&lock);
}

void guard_release_all(void)
{
    AcquireSRWLockExclusive(&lock);
    while (regions != NULL) {
        struct region *region = regions;

        regions = region->next;
        VirtualFree(region->base, 0, MEM_RELEASE);
        free(region);
    }
    while (watches != NULL) {
        struct watch *watch = watches;

        watches = watch->next;
        free(watch);
    }
    ReleaseSRWLockExclusive(&lock);
}

enum guard_hit guard_hit(const void *p)
{
    enum guard_hit hit = GUARD_NOT_HIT;

    AcquireSRWLockShared(&lock);
    const struct region *region = region_of(p);

    if (region != NULL && region->protection != PAGE_NOACCESS && !region->straddling) {
        size_t offset = (size_t)((const unsigned char *)p - region->data);

        if (offset >= region->data_size) {
            hit = GUARD_BESIDE;
        } else if (region->protection == PAGE_READONLY) {
            hit = GUARD_READ_ONLY;
        }
    }
    ReleaseSRWLockShared(&lock);
    return hit;
}

const char *guard_describe(const void *p)
{
    const char *words = NULL;

    AcquireSRWLockShared(&lock);
    const struct region *region = region_of(p);

    if (region != NULL) {
        size_t offset = (size_t)((const unsigned char *)p - region->data);

        if (offset >= region->data_size || region->protection == PAGE_NOACCESS) {
            words = "no-access page";
        } else if (region->straddling) {
            words = "straddling page";
        } else if (region->protection == PAGE_READONLY) {
            words = "read-only page";
        }
    }
    ReleaseSRWLockShared(&lock);
    return words;
}
