/* WPUCompleteOverlappedRequest: Ws2_32 exports it, and it is not in the upcall table. */
#ifndef WSPCHECK_HOST_LAYERS_COMPLETION_H
#define WSPCHECK_HOST_LAYERS_COMPLETION_H

#include <winsock2.h>
#include <ws2spi.h>

/*
 * For a non-IFS handle of ours: the result goes into lpOverlapped, its event is set, and the port that the
 * handle was bound to (handle_bind_port) gets a packet, unless the event's lowest bit forbids it. Any other
 * handle goes on to the system's own function. 0, or SOCKET_ERROR with WSAEFAULT or WSAEINVAL in *lpErrno.
 */
int WSPAPI complete_overlapped_request(SOCKET s, LPWSAOVERLAPPED overlapped, DWORD error_code,
                                       DWORD transferred, LPINT error);

#endif
