#include "host/trace.h"
#include "host/thread.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct trace private_trace; /* until the worker names a shared one */
static struct trace *volatile current = &private_trace;
static volatile LONG generation;
static volatile LONG breach_lock;
static struct trace_call spare_call; /* where the whole ring is under way */

void trace_use(struct trace *t)
{
    current = t;
    trace_clear();
}

struct trace *trace_current(void)
{
    return current;
}

static LONGLONG counter(void)
{
    LARGE_INTEGER now;

    QueryPerformanceCounter(&now);
    return now.QuadPart;
}

static LONGLONG micros_since_clear(void)
{
    static LONGLONG frequency;

    if (frequency == 0) {
        LARGE_INTEGER answer;

        QueryPerformanceFrequency(&answer);
        frequency = answer.QuadPart;
    }
    LONGLONG ticks = counter() - current->origin;

    return ticks / frequency * 1000000 + ticks % frequency * 1000000 / frequency;
}

void trace_clear(void)
{
    struct trace *t = current;

    InterlockedIncrement(&generation);
    for (int i = 0; i < TRACE_CALLS; i++) {
        t->calls[i].state = TRACE_UNUSED;
    }
    memset(t->breaches, 0, sizeof t->breaches);
    t->count = 0;
    t->breach_count = 0;
    t->slow_pair_calls = 0;
    t->handles_closed_in_pair = 0;
    t->origin = counter();
    thread_current()->depth = 0;
}

/* The next place of the ring that no call holds. */
static struct trace_call *claim(struct trace *t)
{
    for (int tries = 0; tries < TRACE_CALLS; tries++) {
        ULONG number = (ULONG)InterlockedIncrement(&t->count) - 1;
        struct trace_call *call = &t->calls[number % TRACE_CALLS];
        LONG state = call->state;

        if ((state == TRACE_UNUSED || state == TRACE_RETURNED)
            && InterlockedCompareExchange(&call->state, TRACE_CLAIMED, state) == state) {
            return call;
        }
    }
    return &spare_call;
}

struct trace_call *trace_begin(enum spi_call spi, const char *format, ...)
{
    struct host_thread *thread = thread_current();
    struct trace_call *call = claim(current);
    va_list arguments;

    call->call = spi;
    call->thread = GetCurrentThreadId();
    call->micros = -1;
    call->result = 0;
    call->error = 0;
    va_start(arguments, format);
    vsnprintf(call->args, sizeof call->args, format, arguments);
    va_end(arguments);
    if (thread->depth < THREAD_NESTED_CALLS) {
        thread->calls[thread->depth] = call;
        thread->generations[thread->depth] = generation;
    }
    thread->depth++;
    call->started = micros_since_clear();
    InterlockedExchange(&call->state, TRACE_UNDER_WAY);
    return call;
}

/*
 * Take the call off the thread's stack, with what was left above it. True if the trace is still the one it
 * began in.
 */
static bool pop(struct host_thread *thread, const struct trace_call *call)
{
    int at = thread->depth < THREAD_NESTED_CALLS ? thread->depth : THREAD_NESTED_CALLS;

    while (--at >= 0) {
        if (thread->calls[at] == call) {
            thread->depth = at;
            return thread->generations[at] == generation;
        }
    }
    if (thread->depth > THREAD_NESTED_CALLS) {
        thread->depth--;
        return true;
    }
    return false;
}

void trace_returned(struct trace_call *call)
{
    call->micros = micros_since_clear() - call->started;
}

void trace_end(struct trace_call *call, LONGLONG result, int error)
{
    if (!pop(thread_current(), call)) {
        return;
    }
    if (call->micros < 0) {
        trace_returned(call);
    }
    call->result = result;
    call->error = error;
    if ((call->call == SPI_SEND_DISCONNECT || call->call == SPI_RECV_DISCONNECT)
        && call->micros > TRACE_PAIR_LIMIT) {
        InterlockedIncrement(&current->slow_pair_calls);
    }
    InterlockedExchange(&call->state, TRACE_RETURNED);
}

struct trace_call *trace_call_under_way(void)
{
    struct host_thread *thread = thread_known();

    if (thread == NULL || thread->depth == 0) {
        return NULL;
    }
    return thread->calls[thread->depth <= THREAD_NESTED_CALLS ? thread->depth - 1 : THREAD_NESTED_CALLS - 1];
}

static bool noted_already(const struct trace *t, const struct trace_breach *breach)
{
    LONG kept = t->breach_count < TRACE_BREACHES ? t->breach_count : TRACE_BREACHES;

    for (LONG i = 0; i < kept; i++) {
        if (t->breaches[i].statement == breach->statement && strcmp(t->breaches[i].text, breach->text) == 0) {
            return true;
        }
    }
    return false;
}

void trace_breach(enum statement statement, const char *format, ...)
{
    struct trace *t = current;
    struct trace_breach breach = {.statement = statement};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(breach.text, sizeof breach.text, format, arguments);
    va_end(arguments);
    /* Held for a comparison and a copy only, never while anything else is called: a spin is short. */
    while (InterlockedCompareExchange(&breach_lock, 1, 0) != 0) {
        SwitchToThread();
    }
    if (!noted_already(t, &breach)) {
        if (t->breach_count < TRACE_BREACHES) {
            t->breaches[t->breach_count] = breach;
        }
        InterlockedIncrement(&t->breach_count);
    }
    InterlockedExchange(&breach_lock, 0);
}

const char *spi_call_name(enum spi_call call)
{
    static const char *const names[SPI_CALLS] = {
        "WSPAccept",
        "WSPAddressToString",
        "WSPAsyncSelect",
        "WSPBind",
        "WSPCancelBlockingCall",
        "WSPCleanup",
        "WSPCloseSocket",
        "WSPConnect",
        "WSPDuplicateSocket",
        "WSPEnumNetworkEvents",
        "WSPEventSelect",
        "WSPGetOverlappedResult",
        "WSPGetPeerName",
        "WSPGetSockName",
        "WSPGetSockOpt",
        "WSPGetQOSByName",
        "WSPIoctl",
        "WSPJoinLeaf",
        "WSPListen",
        "WSPRecv",
        "WSPRecvDisconnect",
        "WSPRecvFrom",
        "WSPSelect",
        "WSPSend",
        "WSPSendDisconnect",
        "WSPSendTo",
        "WSPSetSockOpt",
        "WSPShutdown",
        "WSPSocket",
        "WSPStringToAddress",
        "WSPStartup",
        "LoadLibraryExW",
        "FreeLibrary",
    };

    return (unsigned)call < SPI_CALLS ? names[call] : "unknown call";
}
