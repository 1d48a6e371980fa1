/* The entry under test, and the call that the case is about. */
#include "cases/scenario.h"

#include "host/provider.h"

struct answer disconnect(SOCKET s, WSABUF *data)
{
    return this_call() == CALL_SEND ? spi_send_disconnect(s, data) : spi_recv_disconnect(s, data);
}

bool entry_has(DWORD service_flags)
{
    return (provider_entry()->layers[0].info.dwServiceFlags1 & service_flags) == service_flags;
}

bool entry_is_tcp_ip(void)
{
    int family = provider_entry()->layers[0].info.iAddressFamily;

    return family == AF_INET || family == AF_INET6;
}

bool entry_is_message_oriented(void)
{
    return entry_has(XP1_MESSAGE_ORIENTED) && !entry_has(XP1_PSEUDO_STREAM);
}
