/* What becomes of receiving: WSPRecvDisconnect disables it above, not below; WSPSendDisconnect leaves it
 * alone. */
#include "cases/scenario.h"

static const char why_any_code[] = "the page only says that receives are disallowed, not with which code";

static struct answer recv_bytes(SOCKET s)
{
    char bytes[16];

    return spi_recv(s, bytes, sizeof bytes, 0);
}

static struct answer recv_bytes_from(SOCKET s)
{
    char bytes[16];
    struct endpoint from;

    from.length = sizeof from.name;
    return spi_recv_from(s, bytes, sizeof bytes, 0, &from.name.address, &from.length);
}

static struct answer peek(SOCKET s)
{
    char bytes[16];

    return spi_recv(s, bytes, sizeof bytes, MSG_PEEK);
}

static struct answer recv_nothing(SOCKET s)
{
    char none;

    return spi_recv(s, &none, 0, 0);
}

struct way {
    struct case_row row;
    struct answer (*receive)(SOCKET);
};

static const struct way ways[] = {
    {ROW("recv"), recv_bytes},      {ROW("recv_from"), recv_bytes_from},     {ROW("peek"), peek},
    {ROW("nothing"), recv_nothing}, {ROW("overlapped"), receive_overlapped},
};

/* Receive after WSPRecvDisconnect, with no data under way: every way is refused. */
CASE(receiving_disabled, RECV_DISCONNECT, COVERS(RD_10), NEEDS(STREAM), ROWS(ways), EACH_SIDE)
{
    const struct way *way = this_row();
    struct pair p = connected_pair();

    must(disconnect(p.near_end, NULL));
    make_nonblocking(p.near_end);
    expect_or_tolerate(WSAESHUTDOWN, TOLERATED(ANY_ERROR), why_any_code, way->receive(p.near_end));
    expect_or_tolerate(WSAESHUTDOWN, TOLERATED(ANY_ERROR), why_any_code, way->receive(p.near_end));
}

/* Receive on a datagram socket after WSPRecvDisconnect: refused. */
CASE(datagram_receiving_disabled, RECV_DISCONNECT, COVERS(RD_10), NEEDS(DATAGRAM), ROWS(ways))
{
    const struct way *way = this_row();
    struct pair p = datagram_pair();

    must(disconnect(p.near_end, NULL));
    make_nonblocking(p.near_end);
    expect_or_tolerate(WSAESHUTDOWN, TOLERATED(ANY_ERROR), why_any_code, way->receive(p.near_end));
    expect_or_tolerate(WSAESHUTDOWN, TOLERATED(ANY_ERROR), why_any_code, way->receive(p.near_end));
}

/* Receive after WSPSendDisconnect what the peer sends afterwards. */
CASE(receiving_enabled, SEND_DISCONNECT, COVERS(SD_19), NEEDS(STREAM), EACH_SIDE)
{
    struct pair p = connected_pair();
    bool received;

    must(disconnect(p.near_end, NULL));
    grade_only_if(entry_has(XP1_GRACEFUL_CLOSE),
                  "without XP1_GRACEFUL_CLOSE a disconnect may end both directions");
    expect_success(spi_send(p.far_end, "answer", 6, 0));
    received = receives_text(p.near_end, "answer");
    expect_that(received, "what the peer sends is received", "what the peer sends is not received");
}

#define HALF 1000 /* bytes of the pattern before and after the call */

/* What waits here before WSPSendDisconnect, and what comes after it, is received; and the peer is told of a
 * graceful end. */
CASE(receiving_what_waits, SEND_DISCONNECT, COVERS(SD_19, SD_20), NEEDS(STREAM), EACH_SIDE)
{
    struct pair p = connected_pair();
    struct drained here;
    struct drained there;
    char end[64];

    send_pattern(p.far_end, 0, HALF);
    must(disconnect(p.near_end, NULL));
    grade_only_if(entry_has(XP1_GRACEFUL_CLOSE),
                  "without XP1_GRACEFUL_CLOSE a disconnect may end both directions");
    expect_success(send_pattern_waiting(p.far_end, HALF, HALF));
    there = drain(p.far_end);
    expect_fact(ended_gracefully(&there), graceful_end_text(), end_text(&there, end, sizeof end));
    must(spi_send_disconnect(p.far_end, NULL));
    here = drain(p.near_end);
    expect_that(here.intact && here.bytes == 2 * HALF, "all that the peer sends is received",
                "data of the peer is lost");
}

/* The peer has sent and ended its own direction before WSPSendDisconnect: what waits here is still received.
 */
CASE(receiving_after_end, SEND_DISCONNECT, COVERS(SD_19, SD_20), NEEDS(STREAM))
{
    struct pair p = connected_pair();
    struct watch w;
    struct drained here;
    char end[64];

    send_pattern(p.far_end, 0, HALF);
    must(spi_send_disconnect(p.far_end, NULL));
    watch(&w, p.near_end, FD_READ | FD_CLOSE);
    wait_for(&w, FD_READ | FD_CLOSE);
    unwatch(&w);
    must(disconnect(p.near_end, NULL));
    grade_only_if(entry_has(XP1_GRACEFUL_CLOSE),
                  "without XP1_GRACEFUL_CLOSE a disconnect may end both directions");
    here = drain(p.near_end);
    expect_that(here.intact && here.bytes == HALF, "all that the peer has sent is received",
                "data of the peer is lost");
    expect_fact(ended_gracefully(&here), graceful_end_text(), end_text(&here, end, sizeof end));
}

/* How much the peer sends in several goes: little enough for any window. */
#define KILOBYTES 2048

/* What the peer meets while it sends some kilobytes. */
enum reception { ACCEPTED, RESET, REFUSED };

static enum reception reception_of(struct answer a)
{
    if (answer_ok(a)) {
        return ACCEPTED;
    }
    return a.error == WSAECONNRESET || a.error == WSAECONNABORTED ? RESET : REFUSED;
}

/*
 * A word from the near end comes after whatever the near end's stack answered to the data before it: two
 * rounds, so that an answer to the data of the first one has arrived.
 */
static enum reception pass_a_round(struct pair p, const void *bytes)
{
    char word[8];
    struct answer a;

    for (int i = 0; i < 4; i++) {
        a = send_waiting(p.far_end, bytes, KILOBYTES / 8);
        if (!answer_ok(a)) {
            return reception_of(a);
        }
    }
    a = spi_send(p.near_end, "round", 5, 0);
    return answer_ok(a) ? reception_of(receive(p.far_end, word, 5)) : reception_of(a);
}

/* The peer of a socket after WSPRecvDisconnect sends some kilobytes: the window takes them, and no reset
 * comes back. */
CASE(window_unchanged, RECV_DISCONNECT, COVERS(RD_13), NEEDS(STREAM), EACH_SIDE)
{
    static const char *const texts[] = {[ACCEPTED] = "incoming data is accepted",
                                        [RESET] = "incoming data is answered with a reset",
                                        [REFUSED] = "the peer cannot send"};
    struct pair p = connected_pair();
    const unsigned char *bytes = binary_data(KILOBYTES / 8);
    enum reception reception;

    must(disconnect(p.near_end, NULL));
    grade_only_if(entry_has(XP1_GRACEFUL_CLOSE),
                  "without XP1_GRACEFUL_CLOSE a disconnect may end both directions");
    reception = pass_a_round(p, bytes);
    if (reception == ACCEPTED) {
        reception = pass_a_round(p, bytes);
    }
    expect_fact_or_tolerate(
        reception == ACCEPTED, reception == RESET,
        "WSARecvDisconnect's page and WSPShutdown say that incoming data is refused with a reset",
        texts[ACCEPTED], texts[reception]);
}

/* Datagrams sent to a socket after WSPRecvDisconnect are accepted: the sender sees no error, at once or
 * later. */
CASE(datagrams_accepted, RECV_DISCONNECT, COVERS(RD_14, RD_15), NEEDS(DATAGRAM))
{
    struct pair p = datagram_pair();
    char bytes[16];
    struct answer back;
    struct endpoint at;
    int length;

    must(disconnect(p.near_end, NULL));
    expect_success(spi_send(p.far_end, "first", 5, 0));
    must(spi_send(p.near_end, "here", 4, 0));
    expect_success(spi_send(p.far_end, "second", 6, 0));
    /* An ICMP error for the first datagram would be reported by now, or by this receive. */
    back = receive(p.far_end, bytes, sizeof bytes);
    expect_success(back);
    expect_success(spi_send(p.far_end, "third", 5, 0));
    length = sizeof at.name;
    must(spi_get_sock_name(p.near_end, &at.name.address, &length));
    expect_success(spi_send_to(bound_socket(NULL), "fourth", 6, 0, &at.name.address, length));
}
