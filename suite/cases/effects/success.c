/* The plain call: 0 on success, SOCKET_ERROR and a code on failure, the socket open all the same. */
#include "cases/scenario.h"

#include "host/memory.h"
#include "host/upcalls.h"

/* Call it with null data on a connected stream socket. */
CASE(success, BOTH_CALLS, COVERS(SD_01, RD_01, SD_05, RD_05), NEEDS(STREAM), EACH_SIDE)
{
    expect_success(disconnect(connected_pair().near_end, NULL));
}

static struct answer on_closed_socket(void)
{
    return disconnect(closed_socket(), NULL);
}

static struct answer on_bad_pointer(void)
{
    return disconnect(connected_pair().near_end, guard_no_access());
}

static struct answer on_unconnected(void)
{
    return disconnect(new_socket(), NULL);
}

struct failure {
    struct case_row row;
    struct answer (*fail)(void);
};

static const struct failure failures[] = {
    {ROW("closed_socket"), on_closed_socket},
    {ROW("not_connected", .needs = STREAM), on_unconnected},
    {ROW("bad_pointer", .needs = STREAM), on_bad_pointer},
};

static void restore_preset(void *unused)
{
    (void)unused;
    spi_preset_errno(ERROR_NOT_WRITTEN);
}

static bool has_code(struct answer a)
{
    return a.result == SOCKET_ERROR && is_winsock_error(a.error);
}

/* Let it fail with *lpErrno preset to 0 and to a poison value: it must write a Winsock code over both. */
CASE(failure_code, BOTH_CALLS, COVERS(SD_02, RD_02), ROWS(failures))
{
    const struct failure *failure = this_row();
    struct answer over_poison = failure->fail();
    struct answer over_zero;

    if (answer_ok(over_poison)) {
        unreached("the call did not fail");
    }
    case_defer(restore_preset, NULL);
    spi_preset_errno(0);
    over_zero = failure->fail();
    expect_that(has_code(over_poison), "SOCKET_ERROR and a code", "no code over a poison value");
    expect_that(has_code(over_zero), "SOCKET_ERROR and a code", "no code over 0");
    expect_that(over_poison.error == over_zero.error, "the same code over both", "another code over 0");
}

/* After it, WSPGetSockName, WSPGetSockOpt and, after WSPSendDisconnect, WSPRecv still work; WSPCloseSocket
 * returns 0. */
CASE(socket_stays, BOTH_CALLS, COVERS(SD_16, RD_17), NEEDS(STREAM), EACH_SIDE)
{
    struct pair p = connected_pair();
    struct endpoint name;
    int type;
    int length = sizeof type;

    must(disconnect(p.near_end, NULL));
    name.length = sizeof name.name;
    expect_success(spi_get_sock_name(p.near_end, &name.name.address, &name.length));
    expect_success(spi_get_sock_opt(p.near_end, SOL_SOCKET, SO_TYPE, &type, &length));
    if (this_call() == CALL_SEND && entry_has(XP1_GRACEFUL_CLOSE)) {
        bool received;

        expect_success(send_waiting(p.far_end, "still open", 10));
        received = receives_text(p.near_end, "still open");
        expect_that(received, "WSPRecv still works", "WSPRecv no longer works");
    }
    expect_success(close_socket(p.near_end));
}

/* Call both, then ask for the peer's name: the pages do not say. */
CASE(peer_name, BOTH_CALLS, COVERS(SD_16, RD_17, X_33), NEEDS(STREAM), OBSERVED)
{
    struct pair p = connected_pair();
    struct endpoint name;

    must(disconnect(p.near_end, NULL));
    if (this_call() == CALL_SEND) {
        spi_recv_disconnect(p.near_end, NULL);
    } else {
        spi_send_disconnect(p.near_end, NULL);
    }
    name.length = sizeof name.name;
    observe(spi_get_peer_name(p.near_end, &name.name.address, &name.length));
}
