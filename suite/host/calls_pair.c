/* WSPSendDisconnect and WSPRecvDisconnect: the calls that everything here is about. */
#include <string.h>
#include "host/frame.h"
#include "host/memory.h"

#define CHECKED_BYTES 65536

/* A WSABUF as it was before the call. */
struct before {
    bool readable; /* the WSABUF itself */
    WSABUF copy;
    size_t checked; /* bytes of the buffer that the checksum covers */
    ULONGLONG checksum;
};

/* FNV-1a: a provider's slip changes it, and nobody here tries to deceive it. */
static ULONGLONG checksum(const char *bytes, size_t size)
{
    ULONGLONG sum = 0xcbf29ce484222325u;

    for (size_t i = 0; i < size; i++) {
        sum = (sum ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    }
    return sum;
}

static struct before look_before(const WSABUF *data, bool input)
{
    struct before b = {.readable = data != NULL && memory_readable(data, sizeof *data)};

    if (b.readable) {
        b.copy = *data;
        if (input && data->buf != NULL) {
            b.checked = memory_readable_prefix(data->buf,
                                               data->len < CHECKED_BYTES ? data->len : CHECKED_BYTES);
            b.checksum = checksum(data->buf, b.checked);
        }
    }
    return b;
}

/* The provider may have made the memory inaccessible: ask again. */
static bool still_readable(const struct before *b, const WSABUF *data)
{
    return b->readable && memory_readable(data, sizeof *data);
}

static void check_input(const struct before *b, const WSABUF *data)
{
    if (!still_readable(b, data)) {
        return;
    }
    if (data->len != b->copy.len || data->buf != b->copy.buf) {
        trace_breach(PV_11, "WSPSendDisconnect changed the WSABUF that it was given");
    } else if (b->checked > 0 && memory_readable(data->buf, b->checked)
               && checksum(data->buf, b->checked) != b->checksum) {
        trace_breach(PV_11, "WSPSendDisconnect changed the data that it was given");
    }
}

static void check_output(const struct before *b, const WSABUF *data, bool failed)
{
    if (!still_readable(b, data)) {
        return;
    }
    if (data->buf != b->copy.buf) {
        trace_breach(PV_11, "WSPRecvDisconnect changed the buffer pointer of the WSABUF that it was given");
    }
    if (!failed && data->len > b->copy.len) {
        trace_breach(RD_11,
                     "WSPRecvDisconnect succeeded with len = %lu, which is more than the %lu it was given",
                     (unsigned long)data->len, (unsigned long)b->copy.len);
    }
}

struct answer spi_send_disconnect(SOCKET s, WSABUF *data)
{
    struct before before = look_before(data, true);
    struct frame f;

    frame_open(&f, SPI_SEND_DISCONNECT);
    describe_socket(&f.args, "s", s);
    describe_wsabuf(&f.args, "lpOutboundDisconnectData", data, true);
    struct answer a = TRACED_INT(f, lpWSPSendDisconnect, (s, data, f.error));

    check_input(&before, data);
    return frame_close(&f, a);
}

struct answer spi_recv_disconnect(SOCKET s, WSABUF *data)
{
    struct before before = look_before(data, false);
    struct frame f;

    frame_open(&f, SPI_RECV_DISCONNECT);
    describe_socket(&f.args, "s", s);
    describe_wsabuf(&f.args, "lpInboundDisconnectData", data, false);
    struct answer a = TRACED_INT(f, lpWSPRecvDisconnect, (s, data, f.error));

    check_output(&before, data, a.failed);
    if (!a.failed && still_readable(&before, data)) {
        describe_wsabuf(&f.args, "out.lpInboundDisconnectData", data, true);
    }
    return frame_close(&f, a);
}
