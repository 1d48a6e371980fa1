/* Disconnect data: it reaches the peer, all of it and nothing else. */
#include "cases/scenario.h"

#include <stdio.h>
#include <string.h>

#include "host/memory.h"

#define EARLIER 200 /* bytes of ordinary data queued before */

/* The end that sends disconnect data and the one that retrieves it: the case's own end does what its call
 * does. */
struct exchange {
    SOCKET sender;
    SOCKET receiver;
};

static struct exchange connected_exchange(void)
{
    struct pair p = connected_pair();

    if (this_call() == CALL_SEND) {
        return (struct exchange){p.near_end, p.far_end};
    }
    return (struct exchange){p.far_end, p.near_end};
}

static void wait_for_close(SOCKET s)
{
    struct watch w;

    watch(&w, s, FD_CLOSE);
    if (!wait_for(&w, FD_CLOSE)) {
        unreached("FD_CLOSE was not posted after the peer's disconnect");
    }
    unwatch(&w);
}

/* After the call the buffer is the caller's again: what it holds then is nobody's data. */
static void use_otherwise(WSABUF *data)
{
    guard_protect(data->buf, PAGE_READWRITE);
    memset(data->buf, 0xEE, data->len);
}

/* The call whose statement is at stake is graded, the other one only has to work. */
static void send_data(SOCKET s, WSABUF *data)
{
    struct answer a = spi_send_disconnect(s, data);

    if (data != NULL && data->buf != NULL) {
        use_otherwise(data);
    }
    if (this_call() == CALL_SEND) {
        expect_success(a);
    } else {
        must(a);
    }
}

static const char *data_text(const WSABUF *got, const void *bytes, DWORD length)
{
    if (got->len == 0 && length > 0) {
        return "no data arrives";
    }
    if (got->len != length) {
        return got->len < length ? "less data arrives" : "more data arrives";
    }
    return memcmp(got->buf, bytes, length) == 0 ? "the data arrives" : "other data arrives";
}

static void expect_data(SOCKET s, DWORD room, const void *bytes, DWORD length)
{
    WSABUF *got = inbound(room);
    const char *text;

    expect_success(spi_recv_disconnect(s, got));
    text = data_text(got, bytes, length);
    expect_fact(strcmp(text, "the data arrives") == 0, "the data arrives", text);
}

/* FD_CLOSE may be held back until all data was read, so here the receive tells of the end. */
static void expect_earlier_data(SOCKET s)
{
    struct drained d = drain(s);
    bool same = d.intact && d.bytes == EARLIER;

    expect_that(same, "the earlier data arrives first", "other data arrives first");
}

static DWORD one(void)
{
    return 1;
}

static DWORD two(void)
{
    return 2;
}

static DWORD typical(void)
{
    return TYPICAL_DATA;
}

static DWORD large_message(void)
{
    return 64;
}

struct length {
    struct case_row row;
    DWORD (*bytes)(void);
    DWORD more_room;
    bool after_data;
    bool lingering;
};

static const struct length lengths[] = {
    {ROW("one_byte"), one, 0, false, false},
    {ROW("two_bytes"), two, 0, false, false},
    {ROW("typical"), typical, 0, false, false},
    {ROW("binary_64"), large_message, 0, false, false},
    {ROW("more_room"), typical, 100, false, false},
    {ROW("after_data"), typical, 0, true, false},
    {ROW("lingering"), typical, 0, false, true},
    {ROW("longest"), longest_disconnect_data, 0, false, false},
};

/* Send disconnect data; the peer retrieves the same bytes, and len says how many, after all data sent before.
 */
CASE(data_arrives, BOTH_CALLS, COVERS(SD_14, RD_01, RD_11, RD_16), NEEDS(STREAM | DISCONNECT_DATA),
     ROWS(lengths), EACH_SIDE)
{
    const struct length *row = this_row();
    DWORD length = row->bytes();
    const unsigned char *bytes = binary_data(length);
    struct exchange e = connected_exchange();

    if (row->after_data) {
        send_pattern(e.sender, 0, EARLIER);
    }
    if (row->lingering) {
        set_linger(e.sender, 1, 30);
    }
    send_data(e.sender, outbound(bytes, length));
    if (row->after_data) {
        expect_earlier_data(e.receiver);
    } else {
        wait_for_close(e.receiver);
    }
    expect_data(e.receiver, length + row->more_room, bytes, length);
}

struct absent {
    struct case_row row;
    bool empty;   /* a WSABUF of no bytes instead of null */
    bool earlier; /* an earlier connection carried data */
};

static const struct absent absents[] = {
    {ROW("null"), false, false},
    {ROW("empty", .covers = {X_08}), true, false},
    {ROW("after_earlier_data"), false, true},
};

static void carry_data_once(void)
{
    struct pair p = connected_pair();
    WSABUF *got = inbound(TYPICAL_DATA);

    must(spi_send_disconnect(p.near_end, outbound(binary_data(TYPICAL_DATA), TYPICAL_DATA)));
    wait_for_close(p.far_end);
    must(spi_recv_disconnect(p.far_end, got));
    must(close_socket(p.near_end));
    must(close_socket(p.far_end));
}

/* Disconnect without data; the peer retrieves none, also where an earlier connection carried some. */
CASE(no_data_arrives, BOTH_CALLS, COVERS(SD_05, SD_15, RD_01, RD_11), NEEDS(STREAM | DISCONNECT_DATA),
     ROWS(absents), EACH_SIDE)
{
    const struct absent *row = this_row();
    WSABUF *got = inbound(TYPICAL_DATA);
    struct exchange e;

    if (row->earlier) {
        carry_data_once();
    }
    e = connected_exchange();
    send_data(e.sender, row->empty ? outbound(NULL, 0) : NULL);
    wait_for_close(e.receiver);
    expect_success(spi_recv_disconnect(e.receiver, got));
    expect_that(got->len == 0, "length 0", "a length above 0");
}

/* Retrieve with a WSABUF of no bytes when the peer has disconnected without data. */
CASE(empty_room, RECV_DISCONNECT, COVERS(RD_01, X_08), NEEDS(STREAM | DISCONNECT_DATA))
{
    struct pair p = connected_pair();
    WSABUF *got = outbound(NULL, 0);

    must(spi_send_disconnect(p.far_end, NULL));
    wait_for_close(p.near_end);
    expect_success(spi_recv_disconnect(p.near_end, got));
    expect_that(got->len == 0, "length 0", "a length above 0");
}

/* Client and server each send data with their disconnect and retrieve the other's, then both close. */
CASE(exchange, BOTH_CALLS, COVERS(SD_14, SD_21, RD_11), NEEDS(STREAM | DISCONNECT_DATA), EACH_SIDE)
{
    struct pair p = connected_pair();
    static const char question[] = "the question";
    static const char reply[] = "and its reply";

    grade_only_if(entry_has(XP1_GRACEFUL_CLOSE),
                  "without XP1_GRACEFUL_CLOSE a disconnect may end both directions");
    expect_success(spi_send_disconnect(p.near_end, outbound(question, sizeof question)));
    wait_for_close(p.far_end);
    expect_data(p.far_end, sizeof question, question, sizeof question);
    expect_success(spi_send_disconnect(p.far_end, outbound(reply, sizeof reply)));
    wait_for_close(p.near_end);
    expect_data(p.near_end, sizeof reply, reply, sizeof reply);
    expect_success(close_socket(p.near_end));
    expect_success(close_socket(p.far_end));
}

/* Send one byte more than the longest disconnect data that the entry takes: any answer; what arrives is
 * noted. */
CASE(too_long, SEND_DISCONNECT, COVERS(SD_14, X_35), NEEDS(STREAM | DISCONNECT_DATA), OBSERVED)
{
    DWORD length = longest_disconnect_data() + 1;
    struct pair p = connected_pair();
    struct answer a = spi_send_disconnect(p.near_end, outbound(binary_data(length), length));
    WSABUF *got = inbound(length);

    observe(a);
    if (answer_ok(a)) {
        wait_for_close(p.far_end);
        observe(spi_recv_disconnect(p.far_end, got));
        observe_fact(data_text(got, binary_data(length), length));
    }
}

/* Ask for disconnect data before the peer has disconnected: any answer, but at once. */
CASE(data_asked_early, RECV_DISCONNECT, COVERS(RD_18, X_16), NEEDS(STREAM), OBSERVED)
{
    struct pair p = connected_pair();
    WSABUF *got = inbound(TYPICAL_DATA);
    struct answer a = spi_recv_disconnect(p.near_end, got);

    observe(a);
    if (answer_ok(a)) {
        observe_fact(got->len == 0 ? "length 0" : "a length above 0");
    }
}

/* Retrieve disconnect data, then ask for it again. */
CASE(data_asked_twice, RECV_DISCONNECT, COVERS(RD_11, X_18), NEEDS(STREAM | DISCONNECT_DATA), OBSERVED)
{
    struct pair p = connected_pair();
    WSABUF *again = inbound(TYPICAL_DATA);
    struct answer a;

    must(spi_send_disconnect(p.far_end, outbound(binary_data(TYPICAL_DATA), TYPICAL_DATA)));
    wait_for_close(p.near_end);
    must(spi_recv_disconnect(p.near_end, inbound(TYPICAL_DATA)));
    a = spi_recv_disconnect(p.near_end, again);
    observe(a);
    if (answer_ok(a)) {
        observe_fact(again->len == 0 ? "length 0" : "the data again");
    }
}
