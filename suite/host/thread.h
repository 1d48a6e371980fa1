/*
 * What the host remembers of a thread: the calls that are under way on it, its blocking hook, what the next
 * call is to be given as *lpErrno. Private to the host.
 */
#ifndef WSPCHECK_HOST_THREAD_H
#define WSPCHECK_HOST_THREAD_H

#include <winsock2.h>
#include <ws2spi.h>
#include <stdbool.h>
#include "host/trace.h"

#define THREAD_NESTED_CALLS 32

struct host_thread {
    volatile LONG taken;
    int depth;                     /* calls under way; those beyond THREAD_NESTED_CALLS are only counted */
    struct trace_call *calls[THREAD_NESTED_CALLS];
    LONG generations[THREAD_NESTED_CALLS]; /* of the trace when the call began */
    LPBLOCKINGCALLBACK hook;
    DWORD_PTR hook_context;
    int errno_preset;
    bool errno_null;               /* the next call gets a null lpErrno */
    int last_errno;
    HANDLE handle;                 /* of the thread itself, opened when it is first asked for */
};

/* The calling thread's record, made where there is none yet. Never NULL; nothing is allocated. */
struct host_thread *thread_current(void);

/*
 * A handle of the calling thread that lives as long as the thread: what Ws2_32 gives as lpThreadId. NULL on
 * failure.
 */
HANDLE thread_handle(void);

/* The calling thread's record, or NULL where it never made a call. */
struct host_thread *thread_known(void);

#endif
