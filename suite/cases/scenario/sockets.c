/* Sockets that are closed when the case ends. */
#include "cases/scenario.h"

#include <string.h>

#define OWNED_SOCKETS 64

static SOCKET owned[OWNED_SOCKETS];
static size_t owned_count;

/* A hard close leaves nothing behind that the next case could meet. */
static void close_hard(SOCKET s)
{
    struct linger hard = {1, 0};

    if (!entry_has(XP1_CONNECTIONLESS)) {
        spi_set_sock_opt(s, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
    spi_close_socket(s);
}

static void close_owned(void *unused)
{
    (void)unused;
    while (owned_count > 0) {
        close_hard(owned[--owned_count]);
    }
}

void adopt_socket(SOCKET s)
{
    if (owned_count == OWNED_SOCKETS) {
        suite_error("a case keeps %d sockets at most", OWNED_SOCKETS);
    }
    if (owned_count == 0) {
        case_defer(close_owned, NULL);
    }
    owned[owned_count++] = s;
}

static void disown(SOCKET s)
{
    for (size_t i = 0; i < owned_count; i++) {
        if (owned[i] == s) {
            memmove(&owned[i], &owned[i + 1], (owned_count - i - 1) * sizeof owned[0]);
            owned_count--;
            return;
        }
    }
}

void discard_socket(SOCKET s)
{
    close_hard(s);
    disown(s);
}

void forget_sockets(void)
{
    owned_count = 0;
}

struct answer close_socket(SOCKET s)
{
    struct answer a = spi_close_socket(s);

    if (answer_ok(a)) {
        disown(s);
    }
    return a;
}

SOCKET new_socket(void)
{
    SOCKET s = must(spi_socket(WSA_FLAG_OVERLAPPED)).socket;

    adopt_socket(s);
    return s;
}

SOCKET bound_socket(struct endpoint *at)
{
    struct endpoint local;
    SOCKET s = new_socket();

    endpoint_local(&local);
    must(spi_bind(s, &local.name.address, local.length));
    if (at != NULL) {
        at->length = sizeof at->name;
        must(spi_get_sock_name(s, &at->name.address, &at->length));
    }
    return s;
}

SOCKET listening_socket(int backlog, struct endpoint *at)
{
    SOCKET s = bound_socket(at);

    must(spi_listen(s, backlog));
    return s;
}

SOCKET closed_socket(void)
{
    SOCKET s = new_socket();

    must(close_socket(s));
    return s;
}

void make_blocking(SOCKET s)
{
    u_long nonblocking = 0;

    must(spi_ioctl(s, (DWORD)FIONBIO, &nonblocking, sizeof nonblocking, NULL, 0));
}

void make_nonblocking(SOCKET s)
{
    u_long nonblocking = 1;

    must(spi_ioctl(s, (DWORD)FIONBIO, &nonblocking, sizeof nonblocking, NULL, 0));
}

void set_linger(SOCKET s, int on, int seconds)
{
    struct linger l = {(u_short)on, (u_short)seconds};

    must(spi_set_sock_opt(s, SOL_SOCKET, SO_LINGER, &l, sizeof l));
}

struct answer start_connect(SOCKET s, const struct endpoint *to)
{
    make_nonblocking(s);
    return spi_connect(s, &to->name.address, to->length, NULL, NULL);
}
