/* Overlapped sends and receives, from their start to their end. */
#include "cases/scenario.h"

#include <string.h>

/* What the provider may still hold when the case has ended. */
static struct {
    WSAOVERLAPPED overlapped;
    WSABUF buffer;
    DWORD flags;
    char bytes[16];
} operation;

static void begin_operation(DWORD length)
{
    memset(&operation, 0, sizeof operation);
    operation.buffer = (WSABUF){length, operation.bytes};
    operation.overlapped.hEvent = new_event(false);
}

/* The answer at the end; that of the start, which is WSA_IO_PENDING, where there is no end within
 * case_patience. */
static struct answer finish_operation(SOCKET s, struct answer start)
{
    if (!answer_ok(start) && start.error != WSA_IO_PENDING) {
        return start;
    }
    if (WaitForSingleObject(operation.overlapped.hEvent, case_patience()) != WAIT_OBJECT_0) {
        return start;
    }
    return spi_get_overlapped_result(s, &operation.overlapped, false);
}

struct answer send_overlapped(SOCKET s, const char *text)
{
    begin_operation((DWORD)strlen(text));
    memcpy(operation.bytes, text, operation.buffer.len);
    return finish_operation(s, spi_send_overlapped(s, &operation.buffer, &operation.overlapped, NULL));
}

struct answer receive_overlapped(SOCKET s)
{
    begin_operation(sizeof operation.bytes);
    return finish_operation(
        s, spi_recv_overlapped(s, &operation.buffer, &operation.flags, &operation.overlapped, NULL));
}
