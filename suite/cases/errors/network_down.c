/* WSAENETDOWN: the network subsystem has failed. Only a fault from below brings that about:
 * include/wspcheck_fault.h. */
#include "cases/scenario.h"
#include "cases/scenario/faults.h"

static SOCKET connected(void)
{
    return entry_has(XP1_CONNECTIONLESS) ? datagram_pair().near_end : connected_pair().near_end;
}

/* Call it on a connected socket after the network subsystem has failed; and on a new one when it is back. */
CASE(network_down, BOTH_CALLS, COVERS(SD_03, RD_03))
{
    SOCKET s = connected();

    take_network_down();
    expect_error(WSAENETDOWN, disconnect(s, NULL));
    bring_network_back();
    expect_not(WSAENETDOWN, disconnect(connected(), NULL));
}
