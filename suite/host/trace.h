/*
 * The trace: what was called, with what, and what came of it, in memory shared with the supervisor.
 *
 * After a crash or a hang the supervisor still reads it, so everything here is flat, and a call is noted
 * before it is made. Any thread may note; nothing here allocates, blocks or calls back.
 *
 * The text of a call's arguments is read by programs too, and two runs give the same text:
 *
 *   args   = [pair *(", " pair)]           cut at the end where it is too long
 *   pair   = name "=" value                 name: that of the documentation
 *   value  = "NULL" | number | 0xhex | CONSTANT *("|" CONSTANT) | name of a socket | address | bytes | words
 *          | "{" args "}"                   a structure: braces nest
 *   bytes  = "hex:" 2*32hexdigit [".."]     at most 16 bytes; ".." where more follow
 *   words  = "no-access page" | "read-only page" | "straddling page" | "unreadable" | "8 bytes" | ...
 *
 * Sockets are s1, s2 ... in the order in which they were seen, ports other than 0 p1, p2 ... likewise: "s=s1,
 * name=127.0.0.1:p1". lpErrno stands there only where it is NULL. A WSABUF is {len=8, buf=hex:00ff..}, or
 * "WSABUF on no-access page" where it cannot be read itself. Memory that the call fills is shown by its size
 * before ("buf=64 bytes"); what came back stands behind the arguments, each name with "out." before it:
 * "out.s=s3", "out.lpNumberOfBytesRecvd=5", "out.buf=hex:0102". No value holds a memory address or a kernel
 * handle, and none outside braces holds ", " or "=" (the name of a file may).
 */
#ifndef WSPCHECK_HOST_TRACE_H
#define WSPCHECK_HOST_TRACE_H

#include <winsock2.h>
#include <stdbool.h>
#include "statements/statements.h"

#define TRACE_CALLS 256        /* the last ones are kept */
#define TRACE_ARGS_BYTES 224
#define TRACE_BREACHES 8
#define TRACE_TEXT_BYTES 320

/* Calls of the service provider interface: the slots in table order, then what is not in the table. */
enum spi_call {
    SPI_ACCEPT, SPI_ADDRESS_TO_STRING, SPI_ASYNC_SELECT, SPI_BIND, SPI_CANCEL_BLOCKING_CALL, SPI_CLEANUP,
    SPI_CLOSE_SOCKET, SPI_CONNECT, SPI_DUPLICATE_SOCKET, SPI_ENUM_NETWORK_EVENTS, SPI_EVENT_SELECT,
    SPI_GET_OVERLAPPED_RESULT, SPI_GET_PEER_NAME, SPI_GET_SOCK_NAME, SPI_GET_SOCK_OPT, SPI_GET_QOS_BY_NAME,
    SPI_IOCTL, SPI_JOIN_LEAF, SPI_LISTEN, SPI_RECV, SPI_RECV_DISCONNECT, SPI_RECV_FROM, SPI_SELECT, SPI_SEND,
    SPI_SEND_DISCONNECT, SPI_SEND_TO, SPI_SET_SOCK_OPT, SPI_SHUTDOWN, SPI_SOCKET, SPI_STRING_TO_ADDRESS,
    SPI_SLOTS,
    SPI_STARTUP = SPI_SLOTS, SPI_LOAD_LIBRARY, SPI_FREE_LIBRARY, SPI_CALLS
};

/* A place that is being written (CLAIMED) holds nothing to read yet. */
enum trace_state { TRACE_UNUSED, TRACE_UNDER_WAY, TRACE_RETURNED, TRACE_CLAIMED };

struct trace_call {
    volatile LONG state;       /* enum trace_state */
    enum spi_call call;
    DWORD thread;              /* GetCurrentThreadId */
    LONGLONG started;          /* microseconds since the trace was cleared */
    LONGLONG micros;           /* how long it took; -1 while it is under way */
    LONGLONG result;           /* what it returned, sign-extended; of a SOCKET only 0 or -1 */
    int error;                 /* *lpErrno after a failure; 0 after success */
    char args[TRACE_ARGS_BYTES]; /* see above */
};

/* Something against the contract of every call or upcall, whatever the case is about. */
struct trace_breach {
    enum statement statement;  /* usually PV_10 or PV_11, SD_02, RD_02, SD_17, RD_18 */
    char text[TRACE_TEXT_BYTES];
};

struct trace {
    /*
     * Places given out since the trace was cleared: one a call, and those where an older call was under way.
     */
    volatile LONG count;
    LONGLONG origin;           /* QueryPerformanceCounter when cleared */
    /*
     * Call n is at n % TRACE_CALLS; one that is under way keeps its place when the ring turns: sort by
     * started.
     */
    struct trace_call calls[TRACE_CALLS];
    volatile LONG breach_count; /* may be larger than TRACE_BREACHES */
    struct trace_breach breaches[TRACE_BREACHES];
    volatile LONG slow_pair_calls; /* calls of the pair that took longer than they may (TRACE_PAIR_LIMIT) */
    volatile LONG handles_closed_in_pair; /* WPUCloseSocketHandle upcalls during a call of the pair */
    volatile LONG hook_asked;  /* WPUQueryBlockingCallback upcalls that found a hook, since the start */
    volatile LONG hook_called; /* calls of such a hook, since the start of the process */
};

/* Use t from now on; the worker's main thread calls it once, before anything is traced. */
void trace_use(struct trace *t);

/* The trace in use. */
struct trace *trace_current(void);

/* Forget the calls and breaches (not the hook counts): a case begins. */
void trace_clear(void);

/*
 * Note that a call begins on this thread, and that it ended. trace_begin also makes it the thread's current
 * call (calls nest: a hook may call). The pointer stays valid until trace_end, even where the ring has
 * turned.
 */
struct trace_call *trace_begin(enum spi_call call, const char *format, ...);
void trace_end(struct trace_call *call, LONGLONG result, int error);

/*
 * Take the time now; where this is not called, trace_end does. Between the two the caller looks at what came
 * back.
 */
void trace_returned(struct trace_call *call);

/* The innermost call under way on this thread, or NULL: the upcalls ask it. */
struct trace_call *trace_call_under_way(void);

/*
 * Note a breach. The same statement with the same text is noted once. format is ours, never a provider's
 * text.
 */
void trace_breach(enum statement statement, const char *format, ...);

/* "WSPSendDisconnect", "WSPStartup", "LoadLibraryExW". */
const char *spi_call_name(enum spi_call call);

/* How long a call of the pair may take before it seems to have blocked, in microseconds. */
#define TRACE_PAIR_LIMIT 100000

#endif
