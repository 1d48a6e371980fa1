/* Calls that tell of readiness. */
#include "host/frame.h"
#include "host/memory.h"

static void describe_event(struct text *t, WSAEVENT event)
{
    describe_word(t, "hEventObject", event == NULL ? "NULL" : "event");
}

struct answer spi_event_select(SOCKET s, WSAEVENT event, long events)
{
    struct frame f;

    frame_open(&f, SPI_EVENT_SELECT);
    describe_socket(&f.args, "s", s);
    describe_event(&f.args, event);
    describe_events(&f.args, "lNetworkEvents", events);
    struct answer a = TRACED_INT(f, lpWSPEventSelect, (s, event, events, f.error));

    return frame_close(&f, a);
}

struct answer spi_enum_network_events(SOCKET s, WSAEVENT event, WSANETWORKEVENTS *events)
{
    struct frame f;

    frame_open(&f, SPI_ENUM_NETWORK_EVENTS);
    describe_socket(&f.args, "s", s);
    describe_event(&f.args, event);
    struct answer a = TRACED_INT(f, lpWSPEnumNetworkEvents, (s, event, events, f.error));

    if (!a.failed && memory_readable(events, sizeof *events)) {
        describe_events(&f.args, "out.lNetworkEvents", events->lNetworkEvents);
        describe_event_errors(&f.args, "out.iErrorCode", events);
    }
    return frame_close(&f, a);
}

struct answer spi_select(fd_set *read, fd_set *write, fd_set *except, const struct timeval *timeout)
{
    struct timeval limit = timeout == NULL ? (struct timeval){0, 0} : *timeout;
    struct frame f;

    frame_open(&f, SPI_SELECT);
    describe_set(&f.args, "readfds", read);
    describe_set(&f.args, "writefds", write);
    describe_set(&f.args, "exceptfds", except);
    if (timeout == NULL) {
        describe_word(&f.args, "timeout", "NULL");
    } else {
        describe_name(&f.args, "timeout");
        text_add(&f.args, "{");
        describe_number(&f.args, "tv_sec", limit.tv_sec);
        describe_number(&f.args, "tv_usec", limit.tv_usec);
        text_add(&f.args, "}");
    }
    struct answer a = TRACED_INT(f, lpWSPSelect,
                                 (0, read, write, except, timeout == NULL ? NULL : &limit, f.error));

    if (!a.failed) {
        describe_set(&f.args, "out.readfds", read);
        describe_set(&f.args, "out.writefds", write);
        describe_set(&f.args, "out.exceptfds", except);
    }
    return frame_close(&f, a);
}
