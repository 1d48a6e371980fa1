/* Waiting for what has to come, by WSPEventSelect. */
#include "cases/scenario.h"

#include <string.h>

static void close_event(void *event)
{
    CloseHandle(event);
}

HANDLE new_event(bool auto_reset)
{
    HANDLE event = CreateEventW(NULL, !auto_reset, FALSE, NULL);

    if (event == NULL) {
        suite_error("CreateEventW failed with %lu", (unsigned long)GetLastError());
    }
    case_defer(close_event, event);
    return event;
}

void watch(struct watch *w, SOCKET s, long events)
{
    memset(w, 0, sizeof *w);
    w->socket = s;
    w->events = events;
    w->event = new_event(false);
    must(spi_event_select(s, w->event, events));
}

void look(struct watch *w)
{
    WSANETWORKEVENTS now;

    memset(&now, 0, sizeof now);
    must(spi_enum_network_events(w->socket, w->event, &now));
    w->seen |= now.lNetworkEvents;
    for (int bit = 0; bit < FD_MAX_EVENTS; bit++) {
        if (now.lNetworkEvents & (1L << bit)) {
            w->code[bit] = now.iErrorCode[bit];
        }
    }
    if (now.lNetworkEvents & FD_CLOSE) {
        w->closes++;
    }
}

bool wait_for(struct watch *w, long events)
{
    ULONGLONG until = GetTickCount64() + case_patience();

    look(w);
    while (!(w->seen & events)) {
        ULONGLONG now = GetTickCount64();

        if (now >= until || WaitForSingleObject(w->event, (DWORD)(until - now)) != WAIT_OBJECT_0) {
            look(w);
            break;
        }
        look(w);
    }
    return (w->seen & events) != 0;
}

void unwatch(struct watch *w)
{
    must(spi_event_select(w->socket, NULL, 0));
    make_blocking(w->socket);
}

bool wait_for_more(struct watch *w, long events)
{
    w->seen &= ~events;
    return wait_for(w, events);
}
