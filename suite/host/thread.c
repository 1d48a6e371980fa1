/*
 * Records come from a fixed pool, because a call is noted where nothing may be allocated. FlsAlloc rather
 * than TlsAlloc: its callback gives a record back when the thread ends.
 */
#include "host/thread.h"
#include "host/calls.h"

#define POOL 256

static struct host_thread pool[POOL];
static struct host_thread
    spare; /* shared by the threads beyond the pool: their calls are noted, nesting is not */
static volatile LONG slot_state; /* 0: no index yet, 1: being made, 2: made */
static DWORD slot_index = FLS_OUT_OF_INDEXES;

static void WINAPI give_back(void *record)
{
    struct host_thread *thread = record;

    if (thread != NULL && thread != &spare) {
        if (thread->handle != NULL) {
            CloseHandle(thread->handle);
            thread->handle = NULL;
        }
        InterlockedExchange(&thread->taken, 0);
    }
}

static DWORD fls_index(void)
{
    while (slot_state != 2) {
        if (InterlockedCompareExchange(&slot_state, 1, 0) == 0) {
            slot_index = FlsAlloc(give_back);
            InterlockedExchange(&slot_state, 2);
        } else {
            SwitchToThread();
        }
    }
    return slot_index;
}

static struct host_thread *take(void)
{
    for (int i = 0; i < POOL; i++) {
        if (pool[i].taken == 0 && InterlockedCompareExchange(&pool[i].taken, 1, 0) == 0) {
            return &pool[i];
        }
    }
    return &spare;
}

struct host_thread *thread_known(void)
{
    return FlsGetValue(fls_index());
}

struct host_thread *thread_current(void)
{
    struct host_thread *thread = thread_known();

    if (thread == NULL) {
        thread = take();
        thread->depth = 0;
        thread->hook = NULL;
        thread->hook_context = 0;
        thread->errno_preset = ERROR_NOT_WRITTEN;
        thread->errno_null = false;
        thread->last_errno = ERROR_NOT_WRITTEN;
        FlsSetValue(fls_index(), thread);
    }
    return thread;
}

HANDLE thread_handle(void)
{
    struct host_thread *thread = thread_current();
    HANDLE process = GetCurrentProcess();

    if (thread->handle == NULL
        && !DuplicateHandle(process, GetCurrentThread(), process, &thread->handle, 0, FALSE,
                            DUPLICATE_SAME_ACCESS)) {
        thread->handle = NULL;
    }
    return thread->handle;
}
