/* What is checked in every case, without a word in its body. */
#include <winsock2.h>

#include "engine/case.h"
#include "engine/expect.h"
#include "host/memory.h"
#include "host/trace.h"

static DWORD WINAPI wait_for_ever(void *unused)
{
    (void)unused;
    Sleep(INFINITE);
    return 0;
}

/* Must fail: a handle more with every repetition. */
CASE(leaks_handles, SELFTEST)
{
    CreateEventW(NULL, FALSE, FALSE, NULL);
}

/* Must fail: a thread more with every repetition, without a handle to it. */
CASE(leaks_threads, SELFTEST)
{
    CloseHandle(CreateThread(NULL, 0, wait_for_ever, NULL, 0, NULL));
}

/* Must pass: what is made once and kept is no leak. */
CASE(keeps_a_handle, SELFTEST)
{
    static HANDLE kept;

    kept = kept != NULL ? kept : CreateEventW(NULL, FALSE, FALSE, NULL);
}

/* Must fail: a heap is damaged. */
CASE(overruns_heap, SELFTEST)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    volatile char *block = heap != NULL ? HeapAlloc(heap, 0, 24) : NULL;

    /* A heap of its own: nobody else trips over the damage before the heaps are validated. */
    for (int i = 0; block != NULL && i < 64; i++) {
        block[i] = 0x5A;
    }
}

/* Must fail: a byte before a buffer is written. */
CASE(overruns_buffer, SELFTEST)
{
    volatile char *bytes = guard_alloc(8, GUARD_AFTER);

    bytes[-1] = 0x5A;
}

/* Must fail: a breach of the contract of upcalls, noted while the case ran. */
CASE(breaks_contract, SELFTEST)
{
    trace_breach(PV_10, "this case noted a breach");
}

/* As long as a call that blocked, seen from outside. */
static void slow_call(void)
{
    struct trace_call *call = trace_begin(SPI_SEND_DISCONNECT, "s=%s", "none");

    Sleep(TRACE_PAIR_LIMIT / 1000 * 2);
    trace_end(call, 0, 0);
}

/* Must hang: a call that must not block took too long, every time. */
CASE(blocks, SELFTEST)
{
    slow_call();
}

/* Must pass: it took too long only once. */
CASE(blocks_once, SELFTEST)
{
    static bool was_slow;

    if (!was_slow) {
        was_slow = true;
        slow_call();
    }
}

static bool spoiled;

/* Must pass, and spoils the process for the case below. */
CASE(spoils, SELFTEST)
{
    spoiled = true;
}

/* Must fail after the one above in the same process, and pass alone: order-dependent. */
CASE(spoiled, SELFTEST)
{
    expect_fact(!spoiled, "a fresh process", spoiled ? "a spoiled process" : "a fresh process");
}
