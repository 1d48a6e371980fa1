/* The end of the connection: who learns of it, when, and after what. */
#include "cases/scenario.h"

#include <stdio.h>

static const char why_not_graceful[] = "without XP1_GRACEFUL_CLOSE the end need not be graceful";

static const char *close_text(const struct watch *w, char *text, size_t size)
{
    char name[64];

    if (!(w->seen & FD_CLOSE)) {
        return "no FD_CLOSE at the peer";
    }
    snprintf(text, size, "FD_CLOSE %s at the peer", error_name(w->code[FD_CLOSE_BIT], name, sizeof name));
    return text;
}

/* After WSPSendDisconnect the peer gets FD_CLOSE with error 0, and its receive tells of a graceful end. */
CASE(peer_sees_end, SEND_DISCONNECT, COVERS(SD_12), NEEDS(STREAM), EACH_SIDE)
{
    struct pair p = connected_pair();
    struct watch w;
    struct drained d;
    char text[96];

    watch(&w, p.far_end, FD_CLOSE);
    must(disconnect(p.near_end, NULL));
    wait_for(&w, FD_CLOSE);
    expect_that((w.seen & FD_CLOSE) != 0, "the peer is told of the end", "the peer is never told of the end");
    grade_only_if(entry_has(XP1_GRACEFUL_CLOSE), why_not_graceful);
    expect_fact(w.code[FD_CLOSE_BIT] == 0, "FD_CLOSE 0 at the peer", close_text(&w, text, sizeof text));
    unwatch(&w);
    d = drain(p.far_end);
    expect_fact(ended_gracefully(&d), graceful_end_text(), end_text(&d, text, sizeof text));
    expect_that(d.bytes == 0, "no data", "data that was never sent");
}

struct amount {
    struct case_row row;
    DWORD bytes;
};

static const struct amount amounts[] = {
    {ROW("one_byte"), 1},
    {ROW("some"), 1000},
    {ROW("much"), 30000},
};

/* What was sent before WSPSendDisconnect arrives whole, and the end comes after it. */
CASE(end_after_data, SEND_DISCONNECT, COVERS(SD_12, SD_20), NEEDS(STREAM), ROWS(amounts), EACH_SIDE)
{
    const struct amount *amount = this_row();
    struct pair p = connected_pair();
    LONGLONG sent = send_what_is_taken(p.near_end, amount->bytes);
    struct drained d;
    char text[96];

    must(disconnect(p.near_end, NULL));
    d = drain(p.far_end);
    grade_only_if(entry_has(XP1_GRACEFUL_CLOSE), why_not_graceful);
    expect_that(d.intact && d.bytes == sent, "all data arrives", "data is lost or changed");
    expect_fact(ended_gracefully(&d), graceful_end_text(), end_text(&d, text, sizeof text));
}

/* A provider's whole buffer is queued when WSPSendDisconnect is called: all of it arrives before the end. */
CASE(end_after_full_buffer, SEND_DISCONNECT, COVERS(SD_12, SD_20), NEEDS(STREAM))
{
    struct pair p = connected_pair();
    LONGLONG queued = fill_until_blocked(p.near_end);
    struct drained d;
    char text[96];

    must(disconnect(p.near_end, NULL));
    d = drain(p.far_end);
    grade_only_if(entry_has(XP1_GRACEFUL_CLOSE), why_not_graceful);
    expect_that(d.intact && d.bytes == queued, "all data arrives", "data is lost or changed");
    expect_fact(ended_gracefully(&d), graceful_end_text(), end_text(&d, text, sizeof text));
}

static void expect_closes(const struct watch *w, int wanted, const char *expected, const char *more,
                          const char *fewer)
{
    expect_fact(w->closes == wanted, expected,
                w->closes > wanted   ? more
                : w->closes < wanted ? fewer
                                     : expected);
}

/*
 * WSPSendDisconnect posts exactly one FD_CLOSE at the peer, and none at its own end. That no more come is
 * shown by what happens later: data that the peer sends is posted here, and a second call and the close pass
 * without a second one there.
 */
CASE(one_close_event, SEND_DISCONNECT, COVERS(SD_12, X_17, X_32), NEEDS(STREAM), EACH_SIDE)
{
    struct pair p = connected_pair();
    struct watch near_watch;
    struct watch far_watch;
    char text[96];

    watch(&near_watch, p.near_end, FD_READ | FD_CLOSE);
    watch(&far_watch, p.far_end, FD_CLOSE);
    must(disconnect(p.near_end, NULL));
    grade_only_if(entry_has(XP1_GRACEFUL_CLOSE), why_not_graceful);
    wait_for(&far_watch, FD_CLOSE);
    expect_closes(&far_watch, 1, "one FD_CLOSE at the peer", "several FD_CLOSE at the peer",
                  "no FD_CLOSE at the peer");
    expect_fact(far_watch.code[FD_CLOSE_BIT] == 0, "FD_CLOSE 0 at the peer",
                close_text(&far_watch, text, sizeof text));
    spi_send(p.far_end, "later", 5, 0);
    wait_for(&near_watch, FD_READ | FD_CLOSE);
    look(&near_watch);
    expect_closes(&near_watch, 0, "no FD_CLOSE at the own end", "FD_CLOSE at the own end", "");
    spi_send_disconnect(p.near_end, NULL);
    look(&far_watch);
    expect_closes(&far_watch, 1, "one FD_CLOSE at the peer", "several FD_CLOSE at the peer",
                  "no FD_CLOSE at the peer");
}

/* WSPRecvDisconnect posts no FD_CLOSE at either end: the peer's next data is posted first. */
CASE(no_close_event, RECV_DISCONNECT, COVERS(RD_12), NEEDS(STREAM), EACH_SIDE)
{
    struct pair p = connected_pair();
    struct watch far_watch;

    watch(&far_watch, p.far_end, FD_READ | FD_CLOSE);
    must(disconnect(p.near_end, NULL));
    grade_only_if(entry_has(XP1_GRACEFUL_CLOSE), why_not_graceful);
    expect_success(spi_send(p.near_end, "later", 5, 0));
    wait_for(&far_watch, FD_READ | FD_CLOSE);
    look(&far_watch);
    expect_closes(&far_watch, 0, "no FD_CLOSE at the peer", "FD_CLOSE at the peer", "");
}

/* The peer closes gracefully; once this end has learned of it, both calls still succeed. */
CASE(after_peer_close, BOTH_CALLS, COVERS(SD_01, RD_01, X_20), NEEDS(STREAM), EACH_SIDE)
{
    struct pair p = connected_pair();
    struct watch w;

    watch(&w, p.near_end, FD_CLOSE);
    must(close_socket(p.far_end));
    if (!wait_for(&w, FD_CLOSE)) {
        unreached("FD_CLOSE was not posted after the peer closed");
    }
    unwatch(&w);
    if (this_call() == CALL_SEND) {
        grade_only_if(entry_has(XP1_GRACEFUL_CLOSE),
                      "without XP1_GRACEFUL_CLOSE both directions may have ended");
    }
    expect_success(disconnect(p.near_end, NULL));
}

/* The peer resets the connection; once a receive here has reported it, any answer goes. */
CASE(after_reset, BOTH_CALLS, COVERS(SD_01, RD_01, X_21), NEEDS(STREAM), OBSERVED)
{
    struct pair p = connected_pair();
    struct answer a;
    char byte;

    set_linger(p.far_end, 1, 0);
    must(close_socket(p.far_end));
    a = receive(p.near_end, &byte, 1);
    if (answer_ok(a) || (a.error != WSAECONNRESET && a.error != WSAECONNABORTED)) {
        unreached("the peer's reset was not reported by WSPRecv");
    }
    observe(disconnect(p.near_end, NULL));
}

static bool learned_by_event(SOCKET s)
{
    struct watch w;
    bool learned;

    watch(&w, s, FD_CLOSE);
    learned = wait_for(&w, FD_CLOSE);
    unwatch(&w);
    return learned;
}

static bool learned_by_receive(SOCKET s)
{
    struct drained d = drain(s);

    return ended_gracefully(&d);
}

struct indication {
    struct case_row row;
    bool (*learned)(SOCKET);
    const char *expected;
    const char *missing;
    bool with_data;
};

static const char by_event[] = "FD_CLOSE comes first";
static const char no_event[] = "FD_CLOSE never comes";
static const char by_receive[] = "the receive tells of the end first";
static const char not_by_receive[] = "the receive does not tell of the end";

static const struct indication indications[] = {
    {ROW("event"), learned_by_event, by_event, no_event, false},
    {ROW("receive"), learned_by_receive, by_receive, not_by_receive, false},
    {ROW("event_with_data", .needs = DISCONNECT_DATA), learned_by_event, by_event, no_event, true},
    {ROW("receive_with_data", .needs = DISCONNECT_DATA), learned_by_receive, by_receive, not_by_receive,
     true},
};

/* The peer disconnects: FD_CLOSE, or the receive, tells of it before WSPRecvDisconnect is called, which then
 * succeeds. */
CASE(closing_learned, RECV_DISCONNECT, COVERS(RD_01, RD_16), NEEDS(STREAM), ROWS(indications), EACH_SIDE)
{
    const struct indication *indication = this_row();
    struct pair p = connected_pair();
    static const char word[] = "goodbye";
    bool learned;

    must(spi_send_disconnect(p.far_end, indication->with_data ? outbound(word, sizeof word) : NULL));
    learned = indication->learned(p.near_end);
    grade_only_if(entry_has(XP1_GRACEFUL_CLOSE), why_not_graceful);
    expect_that(learned, indication->expected, indication->missing);
    expect_success(disconnect(p.near_end, NULL));
}
