/* Calls that move data. */
#include "host/frame.h"
#include "host/memory.h"
#include "host/thread.h"

static WSABUF one_buffer(const void *bytes, DWORD length)
{
    return (WSABUF){.len = length, .buf = (char *)(ULONG_PTR)bytes};
}

static struct answer sent(struct frame *f, struct answer a, DWORD count, DWORD length)
{
    if (!a.failed) {
        a.transferred = count;
        describe_number(&f->args, "out.lpNumberOfBytesSent", (long)count);
        if (count > length) {
            trace_breach(PV_11, "%s sent more bytes than it was given", spi_call_name(f->call));
        }
    }
    return a;
}

static struct answer received(struct frame *f, struct answer a, DWORD count, DWORD flags,
                              const WSABUF *buffer)
{
    if (!a.failed) {
        a.transferred = count;
        a.flags = flags;
        describe_number(&f->args, "out.lpNumberOfBytesRecvd", (long)count);
        if (count > buffer->len) {
            trace_breach(PV_11, "%s reports more bytes than there was room for", spi_call_name(f->call));
        } else if (count > 0 && memory_readable(buffer->buf, count)) {
            describe_bytes(&f->args, "out.buf", buffer->buf, count);
        }
        if (flags != 0) {
            describe_message_flags(&f->args, "out.lpFlags", flags);
        }
    }
    return a;
}

struct answer spi_send(SOCKET s, const void *bytes, DWORD length, DWORD flags)
{
    WSABUF buffer = one_buffer(bytes, length);
    DWORD count = 0;
    struct frame f;

    frame_open(&f, SPI_SEND);
    describe_socket(&f.args, "s", s);
    describe_wsabuf(&f.args, "lpBuffers", &buffer, true);
    describe_message_flags(&f.args, "dwFlags", flags);
    struct answer a = TRACED_INT(f, lpWSPSend, (s, &buffer, 1, &count, flags, NULL, NULL, NULL, f.error));

    return frame_close(&f, sent(&f, a, count, length));
}

struct answer spi_send_to(SOCKET s, const void *bytes, DWORD length, DWORD flags, const struct sockaddr *to,
                          int to_length)
{
    WSABUF buffer = one_buffer(bytes, length);
    DWORD count = 0;
    struct frame f;

    frame_open(&f, SPI_SEND_TO);
    describe_socket(&f.args, "s", s);
    describe_wsabuf(&f.args, "lpBuffers", &buffer, true);
    describe_message_flags(&f.args, "dwFlags", flags);
    describe_address(&f.args, "lpTo", to, to_length);
    struct answer a =
        TRACED_INT(f, lpWSPSendTo, (s, &buffer, 1, &count, flags, to, to_length, NULL, NULL, NULL, f.error));

    return frame_close(&f, sent(&f, a, count, length));
}

struct answer spi_recv(SOCKET s, void *bytes, DWORD length, DWORD flags)
{
    WSABUF buffer = one_buffer(bytes, length);
    DWORD count = 0;
    struct frame f;

    frame_open(&f, SPI_RECV);
    describe_socket(&f.args, "s", s);
    describe_wsabuf(&f.args, "lpBuffers", &buffer, false);
    describe_message_flags(&f.args, "lpFlags", flags);
    struct answer a = TRACED_INT(f, lpWSPRecv, (s, &buffer, 1, &count, &flags, NULL, NULL, NULL, f.error));

    return frame_close(&f, received(&f, a, count, flags, &buffer));
}

struct answer spi_recv_from(SOCKET s, void *bytes, DWORD length, DWORD flags, struct sockaddr *from,
                            int *from_length)
{
    WSABUF buffer = one_buffer(bytes, length);
    DWORD count = 0;
    struct frame f;

    frame_open(&f, SPI_RECV_FROM);
    describe_socket(&f.args, "s", s);
    describe_wsabuf(&f.args, "lpBuffers", &buffer, false);
    describe_message_flags(&f.args, "lpFlags", flags);
    struct answer a = TRACED_INT(
        f, lpWSPRecvFrom, (s, &buffer, 1, &count, &flags, from, from_length, NULL, NULL, NULL, f.error));

    a = received(&f, a, count, flags, &buffer);
    if (!a.failed && from != NULL && from_length != NULL) {
        describe_address(&f.args, "out.lpFrom", from, *from_length);
    }
    return frame_close(&f, a);
}

static void describe_overlapped(struct frame *f, const WSAOVERLAPPED *overlapped,
                                LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    describe_word(&f->args, "lpOverlapped", overlapped == NULL ? "NULL" : "set");
    describe_word(&f->args, "lpCompletionRoutine", routine == NULL ? "NULL" : "set");
}

struct answer spi_send_overlapped(SOCKET s, WSABUF *buffer, WSAOVERLAPPED *overlapped,
                                  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    WSATHREADID thread = {.ThreadHandle = thread_handle()};
    DWORD count = 0;
    struct frame f;

    frame_open(&f, SPI_SEND);
    describe_socket(&f.args, "s", s);
    describe_wsabuf(&f.args, "lpBuffers", buffer, true);
    describe_overlapped(&f, overlapped, routine);
    struct answer a =
        TRACED_INT(f, lpWSPSend, (s, buffer, 1, &count, 0, overlapped, routine, &thread, f.error));

    return frame_close(&f, sent(&f, a, count, buffer->len));
}

struct answer spi_recv_overlapped(SOCKET s, WSABUF *buffer, DWORD *flags, WSAOVERLAPPED *overlapped,
                                  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    WSATHREADID thread = {.ThreadHandle = thread_handle()};
    DWORD count = 0;
    struct frame f;

    frame_open(&f, SPI_RECV);
    describe_socket(&f.args, "s", s);
    describe_wsabuf(&f.args, "lpBuffers", buffer, false);
    describe_message_flags(&f.args, "lpFlags", *flags);
    describe_overlapped(&f, overlapped, routine);
    struct answer a =
        TRACED_INT(f, lpWSPRecv, (s, buffer, 1, &count, flags, overlapped, routine, &thread, f.error));

    return frame_close(&f, received(&f, a, count, *flags, buffer));
}

struct answer spi_get_overlapped_result(SOCKET s, WSAOVERLAPPED *overlapped, bool wait)
{
    DWORD count = 0;
    DWORD flags = 0;
    struct frame f;

    frame_open(&f, SPI_GET_OVERLAPPED_RESULT);
    describe_socket(&f.args, "s", s);
    describe_word(&f.args, "fWait", wait ? "TRUE" : "FALSE");
    struct answer a =
        TRACED(f, lpWSPGetOverlappedResult, bool, FALSE, (s, overlapped, &count, wait, &flags, f.error));

    if (!a.failed) {
        a.transferred = count;
        a.flags = flags;
        describe_number(&f.args, "out.lpcbTransfer", (long)count);
    }
    return frame_close(&f, a);
}
