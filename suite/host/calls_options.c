/* Options and controls of sockets. */
#include "host/frame.h"
#include "host/memory.h"
#include <string.h>

struct answer spi_get_sock_opt(SOCKET s, int level, int option, void *value, int *length)
{
    struct frame f;

    frame_open(&f, SPI_GET_SOCK_OPT);
    describe_socket(&f.args, "s", s);
    describe_option(&f.args, level, option);
    struct answer a = TRACED_INT(f, lpWSPGetSockOpt, (s, level, option, (char *)value, length, f.error));

    if (!a.failed && value != NULL && memory_readable(length, sizeof *length)) {
        describe_option_value(&f.args, "out.optval", level, option, value, *length);
    }
    return frame_close(&f, a);
}

struct answer spi_set_sock_opt(SOCKET s, int level, int option, const void *value, int length)
{
    struct frame f;

    frame_open(&f, SPI_SET_SOCK_OPT);
    describe_socket(&f.args, "s", s);
    describe_option(&f.args, level, option);
    describe_option_value(&f.args, "optval", level, option, value, length);
    struct answer a = TRACED_INT(f, lpWSPSetSockOpt,
                                 (s, level, option, (const char *)value, length, f.error));

    return frame_close(&f, a);
}

/* A DWORD as a number, anything else by its size: it may hold pointers. */
static void describe_control(struct text *t, const char *name, const void *bytes, DWORD size)
{
    DWORD number;

    describe_name(t, name);
    if (bytes == NULL) {
        text_add(t, "NULL");
    } else if (size == sizeof number && memory_readable(bytes, size)) {
        memcpy(&number, bytes, size);
        text_add_unsigned(t, number);
    } else {
        text_add_unsigned(t, size);
        text_add(t, " bytes");
    }
}

struct answer spi_ioctl(SOCKET s, DWORD code, void *in, DWORD in_bytes, void *out, DWORD out_bytes)
{
    DWORD returned = 0;
    struct frame f;

    frame_open(&f, SPI_IOCTL);
    describe_socket(&f.args, "s", s);
    describe_ioctl(&f.args, "dwIoControlCode", code);
    describe_control(&f.args, "lpvInBuffer", in, in_bytes);
    describe_number(&f.args, "cbOutBuffer", (long)out_bytes);
    struct answer a = TRACED_INT(
        f, lpWSPIoctl, (s, code, in, in_bytes, out, out_bytes, &returned, NULL, NULL, NULL, f.error));

    if (!a.failed) {
        a.transferred = returned;
        if (out != NULL && out_bytes > 0) {
            describe_control(&f.args, "out.lpvOutBuffer", out, returned < out_bytes ? returned : out_bytes);
        }
    }
    return frame_close(&f, a);
}
