/*
 * WSAEFAULT: the data parameter is not wholly inside valid user memory; of WSPRecvDisconnect, the buffer is
 * too small.
 *
 * Providers are responsible for all of their own parameter validation, so bad pointers are fair. What
 * WSPRecvDisconnect's page says of WSAEFAULT is only "too small": with disconnect data it is graded while
 * data waits, and has to reach the bad part; without, WSAENOPROTOOPT is the documented answer.
 */
#include "cases/scenario.h"

#include <string.h>

#include "host/memory.h"

#define WAITING 24 /* bytes of disconnect data that wait for WSPRecvDisconnect */

struct bad {
    struct case_row row;
    WSABUF *(*make)(void);
};

static WSABUF *over(void *bytes, ULONG length)
{
    WSABUF *data = outbound(NULL, 0);

    data->buf = bytes;
    data->len = length;
    return data;
}

static WSABUF *no_access(void)
{
    return guard_no_access();
}

static WSABUF *low_address(void)
{
    return (WSABUF *)(ULONG_PTR)0x10;
}

/* Its len can be read, its buf can't. */
static WSABUF *straddling(void)
{
    WSABUF good = {WAITING, NULL};

    good.buf = (char *)binary_data(WAITING);
    return guard_straddling(&good, sizeof good, offsetof(WSABUF, buf));
}

static WSABUF *null_bytes(void)
{
    return over(NULL, WAITING);
}

static WSABUF *bytes_no_access(void)
{
    return over(guard_no_access(), WAITING);
}

static WSABUF *bytes_straddling(void)
{
    return over(guard_straddling(binary_data(WAITING), WAITING, WAITING - 1), WAITING);
}

/* No buffer of 4 GiB - 1 bytes can lie in front of a guard page. */
static WSABUF *endless(void)
{
    return over((void *)binary_data(WAITING), 0xFFFFFFFFu);
}

static WSABUF *bytes_read_only(void)
{
    return over(guard_read_only(binary_data(WAITING), WAITING, GUARD_AFTER), WAITING);
}

static WSABUF *read_only(void)
{
    WSABUF good = {WAITING, NULL};

    good.buf = guard_alloc(WAITING, GUARD_AFTER);
    return guard_read_only(&good, sizeof good, GUARD_AFTER);
}

static const struct bad buffers[] = {
    {ROW("no_access", .covers = {X_10}), no_access},
    {ROW("low_address", .covers = {X_10}), low_address},
    {ROW("straddling", .covers = {X_11}), straddling},
    {ROW("null_bytes", .covers = {X_09}), null_bytes},
    {ROW("bytes_no_access", .covers = {X_12}), bytes_no_access},
    {ROW("bytes_straddling", .covers = {X_12}), bytes_straddling},
    {ROW("endless", .covers = {X_14}), endless},
    {ROW("bytes_read_only", .covers = {X_13}, .calls = CALL_RECV), bytes_read_only},
    {ROW("read_only", .covers = {X_34}, .calls = CALL_RECV, .needs = DISCONNECT_DATA), read_only},
};

static void send_into_bad(const struct bad *bad)
{
    struct answer a = spi_send_disconnect(connected_pair().near_end, bad->make());

    if (bad->make == endless) {
        expect_or_tolerate(WSAEFAULT, TOLERATED(ANY_ERROR),
                           "a length above any limit may be refused with its own code", a);
    } else {
        expect_or_tolerate(WSAEFAULT, TOLERATED_IF(!entry_has(XP1_DISCONNECT_DATA), WSAENOPROTOOPT),
                           "without disconnect data the parameter need not be looked at", a);
    }
}

/* Make a connection whose peer has sent disconnect data that this end knows of: its closing was indicated. */
static SOCKET data_waits(void)
{
    struct pair p = connected_pair();
    struct watch w;

    watch(&w, p.near_end, FD_CLOSE);
    must(spi_send_disconnect(p.far_end, outbound(binary_data(WAITING), WAITING)));
    if (!wait_for(&w, FD_CLOSE)) {
        unreached("FD_CLOSE was not posted after the peer's disconnect with data");
    }
    unwatch(&w);
    return p.near_end;
}

static void receive_into_bad(const struct bad *bad)
{
    SOCKET s = data_waits();
    WSABUF *data = bad->make();
    struct answer a = spi_recv_disconnect(s, data);

    expect_or_tolerate(WSAEFAULT, TOLERATED_IF(bad->make == endless, SUCCESS), "the data itself fits", a);
    if (bad->make == endless && answer_ok(a)) {
        bool same = data->len == WAITING && memcmp(data->buf, binary_data(WAITING), WAITING) == 0;

        expect_that(same, "the data that the peer sent", "other data");
    }
}

static void receive_unsupported_into_bad(const struct bad *bad)
{
    struct answer a = spi_recv_disconnect(connected_pair().near_end, bad->make());

    if (entry_is_tcp_ip()) {
        expect_or_tolerate(WSAENOPROTOOPT, TOLERATED(WSAEFAULT, SUCCESS),
                           "WSARecvDisconnect's page frees TCP/IP from WSAENOPROTOOPT", a);
    } else {
        expect_or_tolerate(WSAENOPROTOOPT, TOLERATED(WSAEFAULT), "the checks are not ordered", a);
    }
}

/* Call it on a connected socket with a WSABUF, or bytes, that can't be read or written, wholly or at the end.
 */
CASE(bad_buffer, BOTH_CALLS, COVERS(SD_10, RD_04, RD_05), NEEDS(STREAM), ROWS(buffers))
{
    if (this_call() == CALL_SEND) {
        send_into_bad(this_row());
    } else if (entry_has(XP1_DISCONNECT_DATA)) {
        receive_into_bad(this_row());
    } else {
        receive_unsupported_into_bad(this_row());
    }
}

struct small {
    struct case_row row;
    ULONG length;
};

static const struct small lengths[] = {
    {ROW("one_less"), WAITING - 1},
    {ROW("one_byte"), 1},
    {ROW("empty"), 0},
};

/* Ask for waiting disconnect data with a buffer that is too small for it. Whether the data survives is
 * observed. */
CASE(too_small, RECV_DISCONNECT, COVERS(RD_04, X_15), NEEDS(STREAM | DISCONNECT_DATA), ROWS(lengths),
     EACH_SIDE)
{
    const struct small *small = this_row();
    SOCKET s = data_waits();
    WSABUF *again = inbound(WAITING);
    struct answer a;

    expect_error(WSAEFAULT, spi_recv_disconnect(s, inbound(small->length)));
    a = spi_recv_disconnect(s, again);
    observe_fact(answer_ok(a) && again->len == WAITING ? "the data survives" : "the data is lost");
}

/* Call it with a bad WSABUF pointer on a socket that is not connected either: the pages do not order the
 * checks. */
CASE(not_connected_and_bad_buffer, BOTH_CALLS, COVERS(SD_07, SD_10, RD_07, RD_04, X_06), NEEDS(STREAM),
     OBSERVED)
{
    observe(disconnect(new_socket(), guard_no_access()));
}
