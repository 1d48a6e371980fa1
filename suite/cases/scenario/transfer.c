/* Ordinary data: sent whole, received whole, recognised by its pattern. */
#include "cases/scenario.h"

#include <stdio.h>
#include <string.h>

#include "host/memory.h"

static bool would_block(struct answer a)
{
    return !answer_ok(a) && a.error == WSAEWOULDBLOCK;
}

/* One send, made again when there is room where the provider's buffer was full. WSAEWOULDBLOCK: none came. */
static struct answer send_watched(struct watch *w, const void *bytes, DWORD length)
{
    struct answer a = spi_send(w->socket, bytes, length, 0);

    while (would_block(a) && wait_for_more(w, FD_WRITE | FD_CLOSE)) {
        a = spi_send(w->socket, bytes, length, 0);
    }
    return a;
}

struct answer send_waiting(SOCKET s, const void *bytes, DWORD length)
{
    const char *rest = bytes;
    struct watch w;
    struct answer a;

    watch(&w, s, FD_WRITE | FD_CLOSE);
    do {
        a = send_watched(&w, rest, length);
        rest += a.transferred;
        length -= a.transferred;
    } while (length > 0 && answer_ok(a));
    unwatch(&w);
    return a;
}

void send_all(SOCKET s, const void *bytes, DWORD length)
{
    if (length > 0) {
        struct answer a = send_waiting(s, bytes, length);

        if (would_block(a)) {
            unreached("WSPSend took no more data");
        }
        must(a);
    }
}

static struct answer receive_watched(struct watch *w, void *bytes, DWORD length)
{
    struct answer a = spi_recv(w->socket, bytes, length, 0);

    while (would_block(a) && wait_for_more(w, FD_READ | FD_CLOSE)) {
        a = spi_recv(w->socket, bytes, length, 0);
    }
    return a;
}

struct answer receive(SOCKET s, void *bytes, DWORD length)
{
    struct watch w;
    struct answer a;

    watch(&w, s, FD_READ | FD_CLOSE);
    a = receive_watched(&w, bytes, length);
    unwatch(&w);
    return a;
}

bool receives_text(SOCKET s, const char *text)
{
    size_t length = strlen(text);
    size_t got = 0;
    char bytes[256];
    struct watch w;
    bool same = true;

    watch(&w, s, FD_READ | FD_CLOSE);
    while (got < length && same) {
        size_t room = length - got < sizeof bytes ? length - got : sizeof bytes;
        struct answer a = receive_watched(&w, bytes, (DWORD)room);

        same = answer_ok(a) && a.transferred > 0 && memcmp(bytes, text + got, a.transferred) == 0;
        got += a.transferred;
    }
    unwatch(&w);
    return same;
}

static unsigned char pattern_at(LONGLONG position)
{
    return (unsigned char)((position * 31 + (position >> 8)) & 0xFF);
}

static unsigned char block[65536];

static void make_pattern(LONGLONG from, DWORD length)
{
    for (DWORD i = 0; i < length; i++) {
        block[i] = pattern_at(from + i);
    }
}

struct answer send_pattern_waiting(SOCKET s, LONGLONG from, DWORD length)
{
    make_pattern(from, length);
    return send_waiting(s, block, length);
}

void send_pattern(SOCKET s, LONGLONG from, DWORD length)
{
    while (length > 0) {
        DWORD part = length < sizeof block ? length : (DWORD)sizeof block;

        make_pattern(from, part);
        send_all(s, block, part);
        from += part;
        length -= part;
    }
}

LONGLONG send_what_is_taken(SOCKET s, LONGLONG most)
{
    const DWORD part = entry_is_message_oriented() ? 256 : (DWORD)sizeof block;
    LONGLONG total = 0;

    make_nonblocking(s);
    while (total < most) {
        DWORD length = most - total < part ? (DWORD)(most - total) : part;
        struct answer a;

        make_pattern(total, length);
        a = spi_send(s, block, length, 0);
        if (would_block(a)) {
            break;
        }
        total += must(a).transferred;
    }
    make_blocking(s);
    return total;
}

LONGLONG fill_until_blocked(SOCKET s)
{
    const LONGLONG enough = 256LL * 1024 * 1024;
    LONGLONG total = send_what_is_taken(s, enough);

    if (total >= enough) {
        unreached("the provider took 256 MiB without anyone reading: its buffer can't be filled");
    }
    return total;
}

struct drained drain(SOCKET s)
{
    struct drained d = {0, true, {0}};
    struct watch w;
    unsigned char *bytes = guard_alloc(sizeof block, GUARD_AFTER);

    watch(&w, s, FD_READ | FD_CLOSE);
    for (;;) {
        d.last = receive_watched(&w, bytes, (DWORD)sizeof block);
        if (!answer_ok(d.last) || d.last.transferred == 0) {
            unwatch(&w);
            return d;
        }
        for (DWORD i = 0; i < d.last.transferred; i++) {
            d.intact = d.intact && bytes[i] == pattern_at(d.bytes + i);
        }
        d.bytes += d.last.transferred;
    }
}

bool ended_gracefully(const struct drained *d)
{
    if (entry_is_message_oriented()) {
        return !answer_ok(d->last) && d->last.error == WSAEDISCON;
    }
    return answer_ok(d->last);
}

const char *end_text(const struct drained *d, char *text, size_t size)
{
    char name[64];

    if (answer_ok(d->last)) {
        snprintf(text, size, "WSPRecv 0 bytes");
    } else if (would_block(d->last)) {
        snprintf(text, size, "no end of the connection");
    } else {
        snprintf(text, size, "WSPRecv SOCKET_ERROR %s", error_name(d->last.error, name, sizeof name));
    }
    return text;
}

const char *graceful_end_text(void)
{
    return entry_is_message_oriented() ? "WSPRecv SOCKET_ERROR WSAEDISCON" : "WSPRecv 0 bytes";
}
