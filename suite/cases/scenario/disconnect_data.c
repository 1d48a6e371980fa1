/* WSABUFs of disconnect data in guarded memory. */
#include "cases/scenario.h"

#include "host/memory.h"

static void *guarded(size_t size)
{
    void *p = guard_alloc(size, GUARD_AFTER);

    if (p == NULL) {
        suite_error("there is no memory for a guarded buffer");
    }
    return p;
}

WSABUF *outbound(const void *bytes, DWORD length)
{
    WSABUF *data = guarded(sizeof *data);

    data->len = length;
    data->buf = NULL;
    if (length > 0) {
        data->buf = guard_read_only(bytes, length, GUARD_AFTER);
        if (data->buf == NULL) {
            suite_error("there is no memory for a guarded buffer");
        }
    }
    return data;
}

WSABUF *inbound(DWORD length)
{
    WSABUF *data = guarded(sizeof *data);

    data->len = length;
    data->buf = length > 0 ? guarded(length) : NULL;
    return data;
}

const unsigned char *binary_data(DWORD length)
{
    unsigned char *bytes = guarded(length);

    for (DWORD i = 0; i < length; i++) {
        bytes[i] = (unsigned char)(i * 167 + 13 + (i >> 8));
    }
    return bytes;
}

static bool takes_disconnect_data(DWORD length)
{
    struct pair p = connected_pair();
    bool taken = answer_ok(spi_send_disconnect(p.near_end, outbound(binary_data(length), length)));

    discard_socket(p.near_end);
    discard_socket(p.far_end);
    return taken;
}

DWORD longest_disconnect_data(void)
{
    DWORD taken = 1;
    DWORD refused = 65537;

    while (taken < 65536 && takes_disconnect_data(taken * 2)) {
        taken *= 2;
    }
    if (taken < 65536) {
        refused = taken * 2;
    }
    while (refused - taken > 1) {
        DWORD middle = taken + (refused - taken) / 2;

        if (takes_disconnect_data(middle)) {
            taken = middle;
        } else {
            refused = middle;
        }
    }
    return taken;
}
