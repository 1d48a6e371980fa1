/*
 * A table of open handles, hashed by value. The lock is held for a look-up only, and nothing is called under
 * it.
 */
#include "host/handles.h"
#include <stdlib.h>

#define BUCKETS 256

/*
 * Numbers of ours: multiples of four, as callers expect of handles, but far above what the kernel hands out
 * (2^26 at most), and never given twice in a process.
 */
#define FIRST_HANDLE 0x57000000u
#define LAST_HANDLE 0x5efffffcu
#define NEVER_GIVEN 0x5f001230u

struct record {
    struct record *next;
    SOCKET handle;
    DWORD catalog_id;
    DWORD_PTR context;
    bool ifs;
    HANDLE port;
    ULONG_PTR key;
};

static SRWLOCK lock = SRWLOCK_INIT;
static struct record *buckets[BUCKETS];
static SOCKET next_handle = FIRST_HANDLE;
static LONG open_count;

/* The place that points to the handle's record, or to NULL at the end of its bucket. With the lock held. */
static struct record **find(SOCKET handle)
{
    struct record **place = &buckets[(handle >> 2) % BUCKETS];

    while (*place != NULL && (*place)->handle != handle) {
        place = &(*place)->next;
    }
    return place;
}

static void insert(struct record *record)
{
    struct record **place = &buckets[(record->handle >> 2) % BUCKETS];

    record->next = *place;
    *place = record;
}

SOCKET handle_create(DWORD catalog_id, DWORD_PTR context)
{
    struct record *record = calloc(1, sizeof *record);
    SOCKET handle = INVALID_SOCKET;

    if (record == NULL) {
        return INVALID_SOCKET;
    }
    AcquireSRWLockExclusive(&lock);
    if (next_handle <= LAST_HANDLE) {
        handle = next_handle;
        next_handle += 4;
        record->handle = handle;
        record->catalog_id = catalog_id;
        record->context = context;
        insert(record);
        open_count++;
    }
    ReleaseSRWLockExclusive(&lock);
    if (handle == INVALID_SOCKET) {
        free(record);
    }
    return handle;
}

bool handle_adopt(DWORD catalog_id, SOCKET handle)
{
    struct record *record;

    if (handle == 0 || handle == INVALID_SOCKET) {
        return false;
    }
    record = calloc(1, sizeof *record);
    if (record == NULL) {
        return false;
    }
    record->handle = handle;
    record->catalog_id = catalog_id;
    record->ifs = true;
    AcquireSRWLockExclusive(&lock);
    struct record *known = *find(handle);

    /*
     * Each layer of a chain announces the same handle; a value that was closed below may be announced anew.
     */
    if (known == NULL) {
        insert(record);
    }
    ReleaseSRWLockExclusive(&lock);
    if (known != NULL) {
        free(record);
    }
    return known == NULL || known->ifs;
}

bool handle_context(SOCKET handle, DWORD_PTR *context)
{
    bool found = false;

    AcquireSRWLockShared(&lock);
    const struct record *record = *find(handle);

    if (record != NULL && !record->ifs) {
        *context = record->context;
        found = true;
    }
    ReleaseSRWLockShared(&lock);
    return found;
}

/* Take the handle's record out if it is of that kind. */
static bool take_out(SOCKET handle, bool ifs)
{
    struct record *record;

    AcquireSRWLockExclusive(&lock);
    struct record **place = find(handle);

    record = *place;
    if (record != NULL && record->ifs == ifs) {
        *place = record->next;
        open_count -= ifs ? 0 : 1;
    } else {
        record = NULL;
    }
    ReleaseSRWLockExclusive(&lock);
    free(record);
    return record != NULL;
}

bool handle_catalog_id(SOCKET handle, DWORD *catalog_id)
{
    AcquireSRWLockShared(&lock);
    const struct record *record = *find(handle);

    if (record != NULL) {
        *catalog_id = record->catalog_id;
    }
    ReleaseSRWLockShared(&lock);
    return record != NULL;
}

bool handle_close(SOCKET handle)
{
    return take_out(handle, false);
}

void handle_forget(SOCKET handle)
{
    take_out(handle, true);
}

bool handle_is_open(SOCKET handle)
{
    AcquireSRWLockShared(&lock);
    bool found = *find(handle) != NULL;
    ReleaseSRWLockShared(&lock);
    return found;
}

LONG handles_open(void)
{
    AcquireSRWLockShared(&lock);
    LONG count = open_count;
    ReleaseSRWLockShared(&lock);
    return count;
}

SOCKET handle_never_given(void)
{
    return NEVER_GIVEN;
}

bool handle_bind_port(SOCKET handle, HANDLE port, ULONG_PTR key)
{
    bool ours = false;

    AcquireSRWLockExclusive(&lock);
    struct record *record = *find(handle);

    if (record != NULL && !record->ifs) {
        record->port = port;
        record->key = key;
        ours = true;
    }
    ReleaseSRWLockExclusive(&lock);
    return ours || CreateIoCompletionPort((HANDLE)handle, port, key, 0) != NULL;
}

bool handle_port(SOCKET handle, HANDLE *port, ULONG_PTR *key)
{
    bool ours = false;

    AcquireSRWLockShared(&lock);
    const struct record *record = *find(handle);

    if (record != NULL && !record->ifs) {
        *port = record->port;
        *key = record->key;
        ours = true;
    }
    ReleaseSRWLockShared(&lock);
    return ours;
}
