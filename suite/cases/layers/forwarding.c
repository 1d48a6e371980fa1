/*
 * What a layer makes of a call of the pair. A layer may lawfully answer by itself or transform; so all of
 * this is observed, unless the manifest says that each layer is transparent: then what it claims is graded.
 */
#include "cases/scenario.h"
#include "cases/scenario/faults.h"

#include <stdio.h>
#include <string.h>

#include "host/handles.h"
#include "host/provider.h"

#define LENGTH TYPICAL_DATA

static void grade_only_if_transparent(void)
{
    const struct host_entry *entry = provider_entry();
    bool transparent = true;

    for (unsigned i = 0; i + 1 < entry->layer_count; i++) {
        transparent = transparent && entry->layers[i].transparent;
    }
    grade_only_if(transparent, "the manifest does not claim that every layer is transparent");
}

static SOCKET connected(void)
{
    return entry_has(XP1_CONNECTIONLESS) ? datagram_pair().near_end : connected_pair().near_end;
}

/* What the layer below takes longer where it is slow, in milliseconds. */
#define LATE 50

/* A code that the layer below answers with, at once or LATE. */
struct code {
    struct case_row row;
    int error;
    DWORD milliseconds;
};

static const struct code codes[] = {
    {ROW("netdown", .covers = {SD_03, RD_03}), WSAENETDOWN, 0},
    {ROW("noprotoopt", .covers = {SD_04, RD_05}), WSAENOPROTOOPT, 0},
    {ROW("inprogress", .covers = {SD_06, RD_06}), WSAEINPROGRESS, 0},
    {ROW("notconn", .covers = {SD_07, RD_07}), WSAENOTCONN, 0},
    {ROW("notsock", .covers = {SD_09, RD_09}), WSAENOTSOCK, 0},
    {ROW("fault", .covers = {SD_10, RD_04}), WSAEFAULT, 0},
    {ROW("shutdown"), WSAESHUTDOWN, 0},
    {ROW("nobufs"), WSAENOBUFS, 0},
    {ROW("connreset"), WSAECONNRESET, 0},
    {ROW("strange"), WSAEDQUOT, 0},
    {ROW("late", .covers = {SD_03, RD_03}), WSAENETDOWN, LATE},
};

/* The layer below answers with an error code: the code arrives unchanged, and nothing else happens to the
 * socket. */
CASE(layer_passes_code, BOTH_CALLS, COVERS(SD_02, RD_02), NEEDS(LAYERED), ROWS(codes))
{
    const struct code *code = this_row();
    SOCKET s = connected();

    fail_next_below(this_call_below(), code->error, code->milliseconds);
    grade_only_if_transparent();
    expect_error(code->error, disconnect(s, NULL));
}

static void expect_one_note(size_t count)
{
    expect_fact(count == 1, "one call below",
                count == 0   ? "no call below"
                : count == 1 ? "one call below"
                             : "several calls below");
}

/* One call above is one call below, on the lower socket and not on ours. */
CASE(layer_calls_once, BOTH_CALLS, COVERS(SD_01, RD_01), NEEDS(LAYERED))
{
    WSPCHECK_NOTE note;
    WSPCHECK_NOTE other;
    struct endpoint name;
    SOCKET s = connected();

    name.length = sizeof name.name;
    forget_notes();
    must(spi_get_sock_name(s, &name.name.address, &name.length));
    if (notes_of(SPI_GET_SOCK_NAME, &other, 1) != 1) {
        unreached("the layer answers WSPGetSockName by itself: its lower socket is not known");
    }
    disconnect(s, NULL);
    grade_only_if_transparent();
    expect_one_note(notes_of(this_call_below(), &note, 1));
    expect_that(note.s == other.s, "on the lower socket", "on another socket");
}

static const char *buffer_text(const WSPCHECK_NOTE *note, const WSABUF *data, const unsigned char *bytes)
{
    if (note->lpBuffer == NULL) {
        return "the layer below gets null";
    }
    if (!note->dwBufferValid || note->cbBuffer != LENGTH) {
        return "the layer below gets another length";
    }
    if (this_call() == CALL_SEND && memcmp(note->Bytes, bytes, LENGTH) != 0) {
        return "the layer below gets other bytes";
    }
    return note->lpBuffer == data ? "the layer below gets the buffer"
                                  : "the layer below gets a copy of the WSABUF";
}

/* The buffer reaches the layer below as it was given. */
CASE(layer_passes_buffer, BOTH_CALLS, COVERS(SD_14, RD_11), NEEDS(LAYERED | STREAM | DISCONNECT_DATA))
{
    const unsigned char *bytes = binary_data(LENGTH);
    WSABUF *data = this_call() == CALL_SEND ? outbound(bytes, LENGTH) : inbound(LENGTH);
    SOCKET s = connected();
    WSPCHECK_NOTE note;
    const char *text;

    forget_notes();
    disconnect(s, data);
    grade_only_if_transparent();
    expect_one_note(notes_of(this_call_below(), &note, 1));
    text = buffer_text(&note, data, bytes);
    expect_fact(strcmp(text, "the layer below gets the buffer") == 0, "the layer below gets the buffer",
                text);
}

/* What the layer below yields arrives as it was delivered: these bytes, and their number in len. */
CASE(layer_returns_data, RECV_DISCONNECT, COVERS(RD_11), NEEDS(LAYERED | STREAM | DISCONNECT_DATA))
{
    const unsigned char *bytes = binary_data(LENGTH);
    WSABUF *data = inbound(2 * LENGTH);
    SOCKET s = connected();
    bool same;

    return_next_below(bytes, LENGTH);
    grade_only_if_transparent();
    expect_success(spi_recv_disconnect(s, data));
    same = data->len == LENGTH && memcmp(data->buf, bytes, LENGTH) == 0;
    expect_that(same, "the data arrives as it was delivered", "other data arrives");
}

/* Null data reaches the layer below as null. */
CASE(layer_passes_null, BOTH_CALLS, COVERS(SD_15, RD_01), NEEDS(LAYERED))
{
    SOCKET s = connected();
    WSPCHECK_NOTE note;

    forget_notes();
    disconnect(s, NULL);
    grade_only_if_transparent();
    expect_one_note(notes_of(this_call_below(), &note, 1));
    expect_that(note.lpBuffer == NULL, "the layer below gets null", "the layer below gets a buffer");
}

static SOCKET never_given(void)
{
    SOCKET s = handle_never_given();

    spi_name_socket(s, "never handed out");
    return s;
}

struct unknown {
    struct case_row row;
    SOCKET (*make)(void);
};

static const struct unknown unknowns[] = {
    {ROW("never_given"), never_given},
    {ROW("closed"), closed_socket},
};

/* A handle that the layer never gave out, or has closed, never reaches the layer below. */
CASE(layer_keeps_unknown_handle, BOTH_CALLS, COVERS(SD_09, RD_09), NEEDS(LAYERED), ROWS(unknowns))
{
    const struct unknown *unknown = this_row();
    SOCKET s = unknown->make();
    WSPCHECK_NOTE note;
    size_t count;

    connected();
    forget_notes();
    expect_error(WSAENOTSOCK, disconnect(s, NULL));
    count = notes_of(this_call_below(), &note, 1);
    grade_only_if_transparent();
    expect_that(count == 0, "no call below", "a call below");
}

static void expect_closed_once(void)
{
    WSPCHECK_NOTE note;
    size_t count = notes_of(WSPCHECK_CALL_CLOSESOCKET, &note, 1);

    grade_only_if_transparent();
    expect_fact(count == 1, "closed below once",
                count == 0   ? "not closed below"
                : count == 1 ? "closed below once"
                             : "closed below more than once");
}

/* Closing above closes below exactly once, also after the call. */
CASE(layer_closes_once, BOTH_CALLS, COVERS(SD_16, RD_17), NEEDS(LAYERED))
{
    SOCKET s = connected();

    must(disconnect(s, NULL));
    forget_notes();
    must(close_socket(s));
    expect_closed_once();
}

struct closing {
    SOCKET socket;
    HANDLE start;
};

static void close_it(void *argument)
{
    struct closing *c = argument;

    WaitForSingleObject(c->start, INFINITE);
    close_socket(c->socket);
}

/* Another thread closes the socket at the same moment: both calls return. */
CASE(layer_closing_race, BOTH_CALLS, COVERS(X_29), NEEDS(LAYERED))
{
    struct closing c = {connected(), new_event(false)};
    struct case_thread *t = start_thread(close_it, &c);

    SetEvent(c.start);
    disconnect(c.socket, NULL);
    finish_thread(t);
    observe_fact("both return");
}

/* Another thread closes the socket while the layer below is still at the call: both return, and below it is
 * closed exactly once. */
CASE(layer_closed_meanwhile, BOTH_CALLS, COVERS(SD_16, RD_17, X_29), NEEDS(LAYERED))
{
    struct closing c = {connected(), new_event(false)};
    struct case_thread *t = start_thread(close_it, &c);

    forget_notes();
    delay_next_below(this_call_below(), LATE);
    SetEvent(c.start);
    disconnect(c.socket, NULL);
    finish_thread(t);
    expect_closed_once();
}
