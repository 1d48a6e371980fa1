/* The call once more, after WSPShutdown, after a refusal; and another use of the socket: what the pages leave
 * open. */
#include "cases/scenario.h"

#include "host/memory.h"

/* Call it twice with null data: any second answer. */
CASE(second_call, BOTH_CALLS, COVERS(SD_01, RD_01, X_17), NEEDS(STREAM), OBSERVED)
{
    struct pair p = connected_pair();

    must(disconnect(p.near_end, NULL));
    observe(disconnect(p.near_end, NULL));
}

struct shut {
    struct case_row row;
    bool both;
};

static const struct shut shuts[] = {
    {ROW("same_direction"), false},
    {ROW("both_directions"), true},
};

/* Call it after WSPShutdown of its own direction, or of both: any answer. */
CASE(after_shutdown, BOTH_CALLS, COVERS(SD_01, RD_01, X_19), NEEDS(STREAM), ROWS(shuts), OBSERVED)
{
    const struct shut *shut = this_row();
    struct pair p = connected_pair();

    must(spi_shutdown(p.near_end, shut->both ? SD_BOTH : this_call() == CALL_SEND ? SD_SEND : SD_RECEIVE));
    observe(disconnect(p.near_end, NULL));
}

/* Connect the same socket again afterwards: not promised, but it must be answered. */
CASE(reuse, BOTH_CALLS, COVERS(SD_18, RD_19), NEEDS(STREAM), OBSERVED)
{
    struct pair p = connected_pair();
    struct endpoint at;

    listening_socket(5, &at);
    must(disconnect(p.near_end, NULL));
    observe(start_connect(p.near_end, &at));
}

static WSABUF *bad_pointer(void)
{
    return guard_no_access();
}

static WSABUF *some_data(void)
{
    return outbound(binary_data(TYPICAL_DATA), TYPICAL_DATA);
}

struct refusal {
    struct case_row row;
    WSABUF *(*data)(void);
};

static const struct refusal refusals[] = {
    {ROW("bad_pointer"), bad_pointer},
    {ROW("unsupported_data", .needs = NO_DISCONNECT_DATA), some_data},
};

/* After a refused WSPSendDisconnect: does the connection still carry data both ways? */
CASE(usable_after_failure, SEND_DISCONNECT, COVERS(SD_22), NEEDS(STREAM), ROWS(refusals), OBSERVED)
{
    const struct refusal *refusal = this_row();
    struct pair p = connected_pair();
    struct answer a = disconnect(p.near_end, refusal->data());
    struct answer sent;

    if (answer_ok(a)) {
        unreached("the call was not refused");
    }
    observe(a);
    sent = spi_send(p.near_end, "ping", 4, 0);
    observe_fact(answer_ok(sent) && receives_text(p.far_end, "ping") ? "sending works"
                                                                     : "sending no longer works");
    sent = spi_send(p.far_end, "pong", 4, 0);
    observe_fact(answer_ok(sent) && receives_text(p.near_end, "pong") ? "receiving works"
                                                                      : "receiving no longer works");
}
