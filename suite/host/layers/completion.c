#include "host/layers/completion.h"
#include "host/handles.h"
#include "host/memory.h"

static int fail(LPINT error, INT code)
{
    if (memory_writable(error, sizeof *error)) {
        *error = code;
    }
    return SOCKET_ERROR;
}

int WSPAPI complete_overlapped_request(SOCKET s, LPWSAOVERLAPPED overlapped, DWORD error_code,
                                       DWORD transferred, LPINT error)
{
    HANDLE port;
    ULONG_PTR key;
    HANDLE event;

    if (!handle_port(s, &port, &key)) {
        return WPUCompleteOverlappedRequest(s, overlapped, error_code, transferred, error);
    }
    if (!memory_writable(overlapped, sizeof *overlapped)) {
        return fail(error, WSAEFAULT);
    }
    event = overlapped->hEvent;
    overlapped->InternalHigh = transferred;
    /* Written last: whoever polls the status finds the rest in place. */
    MemoryBarrier();
    *(volatile ULONG_PTR *)&overlapped->Internal = error_code;
    if (port != NULL && ((ULONG_PTR)event & 1) == 0
        && !PostQueuedCompletionStatus(port, transferred, key, overlapped)) {
        return fail(error, WSAEINVAL);
    }
    event = (HANDLE)((ULONG_PTR)event & ~(ULONG_PTR)1);
    if (event != NULL && !SetEvent(event)) {
        return fail(error, WSAEINVAL);
    }
    return 0;
}
