/* Connections, made on one thread: neither WSPConnect nor WSPAccept has to wait for the other. */
#include "cases/scenario.h"

#define BACKLOG 5

SOCKET accept_one(SOCKET listening)
{
    struct watch w;
    struct answer a;

    watch(&w, listening, FD_ACCEPT);
    if (!wait_for(&w, FD_ACCEPT)) {
        unreached("the listening socket never posted FD_ACCEPT");
    }
    a = must(spi_accept(listening, NULL, NULL, NULL, 0));
    adopt_socket(a.socket);
    /* What is accepted inherits the listening socket's event selection and is nonblocking with it. */
    must(spi_event_select(a.socket, NULL, 0));
    make_blocking(a.socket);
    unwatch(&w);
    return a.socket;
}

void accept_all(SOCKET listening)
{
    struct answer a;

    make_nonblocking(listening);
    while (answer_ok(a = spi_accept(listening, NULL, NULL, NULL, 0))) {
        adopt_socket(a.socket);
    }
}

/* Wait for the end of a connect that start_connect began with WSAEWOULDBLOCK; the code of FD_CONNECT. */
static int finish_connect(struct watch *w)
{
    if (!wait_for(w, FD_CONNECT)) {
        unreached("the connecting socket never posted FD_CONNECT");
    }
    return w->code[FD_CONNECT_BIT];
}

/* Connect s to a listening socket and accept it, on one thread: neither call has to wait for the other. */
static SOCKET connect_and_accept(SOCKET s, SOCKET listening, const struct endpoint *at)
{
    struct watch w;
    struct answer a;
    SOCKET accepted;

    watch(&w, s, FD_CONNECT);
    a = spi_connect(s, &at->name.address, at->length, NULL, NULL);
    if (!answer_ok(a) && a.error != WSAEWOULDBLOCK) {
        must(a);
    }
    accepted = accept_one(listening);
    if (!answer_ok(a) && finish_connect(&w) != 0) {
        unreached("the connection was not made");
    }
    unwatch(&w);
    return accepted;
}

struct pair connected_pair(void)
{
    struct endpoint at;
    SOCKET listening = listening_socket(BACKLOG, &at);
    SOCKET connecting = new_socket();
    SOCKET accepted = connect_and_accept(connecting, listening, &at);

    must(close_socket(listening));
    if (this_side() == SIDE_ACCEPTING) {
        return (struct pair){accepted, connecting};
    }
    return (struct pair){connecting, accepted};
}

SOCKET refused_socket(void)
{
    struct endpoint at;
    SOCKET listening = listening_socket(BACKLOG, &at);
    SOCKET s = new_socket();
    struct watch w;
    struct answer a;

    must(close_socket(listening));
    watch(&w, s, FD_CONNECT);
    a = spi_connect(s, &at.name.address, at.length, NULL, NULL);
    if (answer_ok(a) || (a.error == WSAEWOULDBLOCK && finish_connect(&w) == 0)) {
        unreached("a connect to where nobody listens was not refused");
    }
    unwatch(&w);
    return s;
}

struct pair datagram_pair(void)
{
    struct endpoint near_at;
    struct endpoint far_at;
    struct pair p = {bound_socket(&near_at), bound_socket(&far_at)};

    must(spi_connect(p.near_end, &far_at.name.address, far_at.length, NULL, NULL));
    must(spi_connect(p.far_end, &near_at.name.address, near_at.length, NULL, NULL));
    return p;
}
