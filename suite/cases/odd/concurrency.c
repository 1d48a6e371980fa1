/* Other threads, pending receives, completion ports. */
#include "cases/scenario.h"

#include <stdio.h>
#include <string.h>

#include "host/handles.h"

struct racer {
    SOCKET socket;
    HANDLE start;
    HANDLE ready;
    volatile LONG returned;
};

static void race(void *argument)
{
    struct racer *r = argument;

    SetEvent(r->ready);
    WaitForSingleObject(r->start, INFINITE);
    disconnect(r->socket, NULL);
    InterlockedIncrement(&r->returned);
}

/* Two threads call it on one socket at the same moment: both return. */
CASE(race, BOTH_CALLS, COVERS(X_29), NEEDS(STREAM))
{
    struct pair p = connected_pair();
    HANDLE start = new_event(false);
    struct racer racers[2];
    struct case_thread *threads[2];

    for (int i = 0; i < 2; i++) {
        racers[i] = (struct racer){p.near_end, start, new_event(false), 0};
        threads[i] = start_thread(race, &racers[i]);
    }
    for (int i = 0; i < 2; i++) {
        WaitForSingleObject(racers[i].ready, INFINITE);
    }
    SetEvent(start);
    for (int i = 0; i < 2; i++) {
        finish_thread(threads[i]);
    }
    expect_that(racers[0].returned && racers[1].returned, "both return", "one does not return");
}

static const char *overlapped_text(struct answer a, char *text, size_t size)
{
    char name[64];

    if (answer_ok(a)) {
        return "the pending receive gets what the peer sends";
    }
    snprintf(text, size, "the pending receive ends with %s", error_name(a.error, name, sizeof name));
    return text;
}

/* WSPRecvDisconnect while an overlapped receive is pending, then the peer sends: any end of it. */
CASE(pending_receive, RECV_DISCONNECT, COVERS(X_27), NEEDS(STREAM), OBSERVED)
{
    static char bytes[16];
    static WSAOVERLAPPED overlapped;
    static WSABUF buffer;
    static DWORD flags;
    struct pair p = connected_pair();
    struct answer a;
    char text[96];

    memset(&overlapped, 0, sizeof overlapped);
    buffer = (WSABUF){sizeof bytes, bytes};
    flags = 0;
    overlapped.hEvent = new_event(false);
    a = spi_recv_overlapped(p.near_end, &buffer, &flags, &overlapped, NULL);
    if (answer_ok(a) || a.error != WSA_IO_PENDING) {
        unreached("an overlapped receive without data does not stay pending");
    }
    observe(disconnect(p.near_end, NULL));
    spi_send(p.far_end, "late", 4, 0);
    if (WaitForSingleObject(overlapped.hEvent, case_patience() / 4) != WAIT_OBJECT_0) {
        observe_fact("the pending receive stays pending");
        must(close_socket(p.near_end));
        WaitForSingleObject(overlapped.hEvent, case_patience());
        return;
    }
    observe_fact(
        overlapped_text(spi_get_overlapped_result(p.near_end, &overlapped, false), text, sizeof text));
}

static void close_port(void *port)
{
    CloseHandle(port);
}

/* Call it on a socket bound to a completion port: the next thing that the port gives is what was posted
 * afterwards. */
CASE(completion_port, BOTH_CALLS, COVERS(X_28), NEEDS(STREAM))
{
    struct pair p = connected_pair();
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    OVERLAPPED *completed = NULL;
    OVERLAPPED marker;
    ULONG_PTR key;
    DWORD bytes;

    if (port == NULL) {
        suite_error("CreateIoCompletionPort failed with %lu", (unsigned long)GetLastError());
    }
    case_defer(close_port, port);
    if (!handle_bind_port(p.near_end, port, 1)) {
        unreached("the socket can't be bound to a completion port: error %lu", (unsigned long)GetLastError());
    }
    expect_success(disconnect(p.near_end, NULL));
    memset(&marker, 0, sizeof marker);
    PostQueuedCompletionStatus(port, 0, 0, &marker);
    GetQueuedCompletionStatus(port, &bytes, &key, &completed, case_patience());
    expect_that(completed == &marker, "no completion is queued", "a completion is queued");
}
