/*
 * WSAENOPROTOOPT: disconnect data is asked for where there is none.
 *
 * WSPSendDisconnect's page ties it to data that is not null. WSPRecvDisconnect's page has no such condition;
 * the API page of WSARecvDisconnect frees TCP/IP from it, and with null data 0 is the only reading that
 * leaves the function usable.
 */
#include "cases/scenario.h"

#include "host/memory.h"

#define LENGTH 8
#define LONGER 100

static const char why_tcp_ip[] = "WSARecvDisconnect's page frees TCP/IP from WSAENOPROTOOPT";

static WSABUF *with_data_of(DWORD length)
{
    return this_call() == CALL_SEND ? outbound(binary_data(length), length) : inbound(length);
}

static WSABUF *with_data(void)
{
    return with_data_of(LENGTH);
}

/* Guarded buffers are made full of 0xCC. */
static bool is_untouched(const char *bytes, DWORD length)
{
    for (DWORD i = 0; i < length; i++) {
        if ((unsigned char)bytes[i] != 0xCC) {
            return false;
        }
    }
    return true;
}

static WSABUF *empty(void)
{
    return outbound(NULL, 0);
}

/* Call it with 8 bytes of data, and with 100, or room for them, on a connected entry without disconnect data.
 */
CASE(no_protocol_option, BOTH_CALLS, COVERS(SD_04, RD_05), NEEDS(STREAM | NO_DISCONNECT_DATA), EACH_SIDE)
{
    static const DWORD lengths[] = {LENGTH, LONGER};
    bool excused = this_call() == CALL_RECV && entry_is_tcp_ip();

    for (int i = 0; i < 2; i++) {
        WSABUF *data = with_data_of(lengths[i]);

        expect_or_tolerate(WSAENOPROTOOPT, TOLERATED_IF(excused, SUCCESS), why_tcp_ip,
                           disconnect(connected_pair().near_end, data));
        if (this_call() == CALL_RECV) {
            expect_that(is_untouched(data->buf, lengths[i]), "no data", "data that nobody sent");
        }
    }
}

/* Call it with a WSABUF of no bytes on a connected entry without disconnect data. */
CASE(empty_data_unsupported, BOTH_CALLS, COVERS(SD_04, RD_05, X_07), NEEDS(STREAM | NO_DISCONNECT_DATA))
{
    expect_or_tolerate(WSAENOPROTOOPT, TOLERATED(SUCCESS), "no data may be taken for null data",
                       disconnect(connected_pair().near_end, empty()));
}

/* Call it with null data on a connected entry without disconnect data: never WSAENOPROTOOPT. */
CASE(null_data_unsupported, BOTH_CALLS, COVERS(SD_01, SD_05, RD_01, RD_05),
     NEEDS(STREAM | NO_DISCONNECT_DATA), EACH_SIDE)
{
    expect_success(disconnect(connected_pair().near_end, NULL));
}

/* Call it with data on an entry without disconnect data that is not connected either: the checks are not
 * ordered. */
CASE(not_connected_and_unsupported, BOTH_CALLS, COVERS(SD_04, SD_07, RD_05, RD_07, X_05),
     NEEDS(STREAM | NO_DISCONNECT_DATA), OBSERVED)
{
    observe(disconnect(new_socket(), with_data()));
}

/* Call it with data, or room for it, on a connected datagram socket: there is no disconnect data, and none
 * arrives. */
CASE(datagram_data, BOTH_CALLS, COVERS(SD_04, RD_05, RD_20, X_24B), NEEDS(DATAGRAM | NO_DISCONNECT_DATA))
{
    bool excused = this_call() == CALL_RECV && entry_is_tcp_ip();
    WSABUF *data = with_data();
    struct pair p = datagram_pair();
    struct answer a;

    must(spi_send(p.far_end, "datagram", 8, 0));
    a = disconnect(p.near_end, data);

    if (excused) {
        expect_or_tolerate(WSAENOPROTOOPT, TOLERATED(WSAEOPNOTSUPP, SUCCESS), why_tcp_ip, a);
    } else {
        expect_or_tolerate(WSAENOPROTOOPT, TOLERATED(WSAEOPNOTSUPP),
                           "the general code for a missing operation", a);
    }
    if (this_call() == CALL_RECV) {
        expect_that(is_untouched(data->buf, LENGTH), "no data", "data on a datagram socket");
    }
}
