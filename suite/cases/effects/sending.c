/* What becomes of sending: WSPSendDisconnect disables it, WSPRecvDisconnect leaves it alone. */
#include "cases/scenario.h"

#define MUCH 1000

static const char why_any_code[] = "the page only says that sends are disallowed, not with which code";

static struct answer send_bytes(SOCKET s)
{
    return spi_send(s, "late", 4, 0);
}

static struct answer send_nothing(SOCKET s)
{
    return spi_send(s, "", 0, 0);
}

static struct answer send_bytes_to(SOCKET s)
{
    struct endpoint peer;

    peer.length = sizeof peer.name;
    if (!answer_ok(spi_get_peer_name(s, &peer.name.address, &peer.length))) {
        peer.length = 0;
    }
    return spi_send_to(s, "late", 4, 0, peer.length > 0 ? &peer.name.address : NULL, peer.length);
}

static struct answer send_nothing_to(SOCKET s)
{
    struct endpoint peer;

    peer.length = sizeof peer.name;
    if (!answer_ok(spi_get_peer_name(s, &peer.name.address, &peer.length))) {
        peer.length = 0;
    }
    return spi_send_to(s, "", 0, 0, peer.length > 0 ? &peer.name.address : NULL, peer.length);
}

static struct answer send_bytes_overlapped(SOCKET s)
{
    return send_overlapped(s, "late");
}

struct way {
    struct case_row row;
    struct answer (*send)(SOCKET);
};

static struct answer send_much(SOCKET s)
{
    return spi_send(s, binary_data(MUCH), MUCH, 0);
}

static const struct way ways[] = {
    {ROW("send"), send_bytes},
    {ROW("send_much"), send_much},
    {ROW("send_nothing"), send_nothing},
    {ROW("send_to"), send_bytes_to},
    {ROW("send_nothing_to"), send_nothing_to},
    {ROW("overlapped"), send_bytes_overlapped},
};

/* Send after WSPSendDisconnect, by WSPSend and WSPSendTo, also 0 bytes and overlapped: every way is refused,
 * again and again. */
CASE(sending_disabled, SEND_DISCONNECT, COVERS(SD_11, SD_13), NEEDS(STREAM), ROWS(ways), EACH_SIDE)
{
    const struct way *way = this_row();
    struct pair p = connected_pair();

    must(disconnect(p.near_end, NULL));
    expect_or_tolerate(WSAESHUTDOWN, TOLERATED(ANY_ERROR), why_any_code, way->send(p.near_end));
    expect_or_tolerate(WSAESHUTDOWN, TOLERATED(ANY_ERROR), why_any_code, way->send(p.near_end));
}

/* Send after WSPSendDisconnect with data: refused as well, and what was refused never reaches the peer. */
CASE(nothing_after_disconnect, SEND_DISCONNECT, COVERS(SD_11, SD_12, SD_13), NEEDS(STREAM))
{
    struct pair p = connected_pair();
    struct drained d;
    char end[64];

    send_pattern(p.near_end, 0, 100);
    must(disconnect(p.near_end, NULL));
    expect_or_tolerate(WSAESHUTDOWN, TOLERATED(ANY_ERROR), why_any_code, send_bytes(p.near_end));
    d = drain(p.far_end);
    expect_that(d.intact && d.bytes == 100, "the peer receives what was sent before",
                "the peer receives something else than what was sent before");
    grade_only_if(entry_has(XP1_GRACEFUL_CLOSE), "without XP1_GRACEFUL_CLOSE the end need not be graceful");
    expect_fact(ended_gracefully(&d), graceful_end_text(), end_text(&d, end, sizeof end));
}

/* A second descriptor of the same socket is disabled with the first. */
CASE(duplicate_disabled, SEND_DISCONNECT, COVERS(SD_11, SD_13, X_31), NEEDS(STREAM))
{
    struct pair p = connected_pair();
    WSAPROTOCOL_INFOW info;
    SOCKET second;

    must(spi_duplicate_socket(p.near_end, GetCurrentProcessId(), &info));
    second = must(spi_socket_from(&info, WSA_FLAG_OVERLAPPED)).socket;
    adopt_socket(second);
    must(disconnect(p.near_end, NULL));
    expect_or_tolerate(WSAESHUTDOWN, TOLERATED(ANY_ERROR), why_any_code, send_bytes(second));
}

/* Send before and after WSPRecvDisconnect: both reach the peer, and the peer is told of no end. */
CASE(sending_unaffected, RECV_DISCONNECT, COVERS(RD_12), NEEDS(STREAM), EACH_SIDE)
{
    struct pair p = connected_pair();
    struct watch w;
    bool received;

    must(spi_send(p.near_end, "early ", 6, 0));
    watch(&w, p.far_end, FD_READ | FD_CLOSE);
    must(disconnect(p.near_end, NULL));
    grade_only_if(entry_has(XP1_GRACEFUL_CLOSE),
                  "without XP1_GRACEFUL_CLOSE a disconnect may end both directions");
    expect_success(send_bytes(p.near_end));
    received = wait_for(&w, FD_READ);
    look(&w);
    expect_that(w.closes == 0, "no FD_CLOSE at the peer", "FD_CLOSE at the peer");
    unwatch(&w);
    received = received && receives_text(p.far_end, "early ") && receives_text(p.far_end, "late");
    expect_that(received, "the peer receives what is sent", "the peer does not receive what is sent");
}

/* A provider's whole buffer is queued when WSPRecvDisconnect is called: all of it still arrives. */
CASE(unsent_arrives, RECV_DISCONNECT, COVERS(RD_12), NEEDS(STREAM))
{
    struct pair p = connected_pair();
    LONGLONG queued = fill_until_blocked(p.near_end);
    struct drained d;

    must(disconnect(p.near_end, NULL));
    grade_only_if(entry_has(XP1_GRACEFUL_CLOSE),
                  "without XP1_GRACEFUL_CLOSE a disconnect may end both directions");
    must(spi_send_disconnect(p.near_end, NULL));
    d = drain(p.far_end);
    expect_that(d.intact && d.bytes == queued, "all data arrives", "data is lost or changed");
}
