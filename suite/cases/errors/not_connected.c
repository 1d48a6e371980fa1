/* WSAENOTCONN: the socket is not connected. Of connection-oriented sockets only; a datagram socket never
 * yields it. */
#include "cases/scenario.h"

struct state {
    struct case_row row;
    SOCKET (*make)(void);
};

static SOCKET bound(void)
{
    return bound_socket(NULL);
}

static SOCKET listening(void)
{
    return listening_socket(5, NULL);
}

static const struct state unconnected[] = {
    {ROW("fresh"), new_socket},
    {ROW("bound"), bound},
    {ROW("listening", .covers = {X_22}), listening},
    {ROW("refused", .covers = {X_22}), refused_socket},
};

/* Call it with null data on a stream socket that is not connected: fresh, bound, listening, after a refused
 * connect. */
CASE(not_connected, BOTH_CALLS, COVERS(SD_07, RD_07), NEEDS(STREAM), ROWS(unconnected))
{
    const struct state *state = this_row();

    expect_error(WSAENOTCONN, disconnect(state->make(), NULL));
}

/* A backlog of 1 and this many connects before: the listener takes no more of them at once. */
#define CONNECTS_BEFORE 4

/*
 * Call it while a nonblocking connect is under way. A connect can end before anybody asks; so the listener's
 * backlog is filled first, which keeps the last connect waiting.
 */
CASE(connect_under_way, BOTH_CALLS, COVERS(SD_07, RD_07, X_23), NEEDS(STREAM))
{
    struct endpoint at;
    SOCKET listening_at = listening_socket(1, &at);
    SOCKET before[CONNECTS_BEFORE];
    SOCKET s = new_socket();
    struct answer connecting;
    struct answer a;

    for (int i = 0; i < CONNECTS_BEFORE; i++) {
        before[i] = new_socket();
        start_connect(before[i], &at);
    }
    connecting = start_connect(s, &at);
    if (answer_ok(connecting) || connecting.error != WSAEWOULDBLOCK) {
        unreached("a nonblocking connect is never under way here: it is answered at once");
    }
    a = disconnect(s, NULL);
    expect_or_tolerate(WSAENOTCONN, TOLERATED(SUCCESS), "a connect may end before the call is made", a);
    if (answer_ok(a)) {
        struct watch w;

        watch(&w, s, FD_CONNECT | FD_CLOSE);
        for (int i = 0; i < CONNECTS_BEFORE; i++) {
            discard_socket(before[i]);
        }
        accept_all(listening_at);
        expect_that(wait_for(&w, FD_CONNECT | FD_CLOSE), "the connect still resolves",
                    "the connect never resolves");
    }
}

static SOCKET connected_datagram(void)
{
    return datagram_pair().near_end;
}

static const struct state datagrams[] = {
    {ROW("unbound"), new_socket},
    {ROW("bound"), bound},
    {ROW("connected"), connected_datagram},
};

/* Call it with null data on a datagram socket: unbound, bound, connected. WSAENOTCONN is never the answer. */
CASE(datagram, BOTH_CALLS, COVERS(SD_08, RD_08, SD_05, RD_05, X_24), NEEDS(DATAGRAM), ROWS(datagrams))
{
    const struct state *state = this_row();
    struct answer a = disconnect(state->make(), NULL);

    if (this_call() == CALL_SEND) {
        expect_not(WSAENOTCONN, a);
        expect_not(WSAENOPROTOOPT, a);
    } else {
        expect_or_tolerate(SUCCESS, TOLERATED_IF(state->make == new_socket, WSAEINVAL),
                           "a receive on an unbound socket may be refused as invalid", a);
    }
}
