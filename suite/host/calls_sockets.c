/* Calls that make, name, connect and end sockets. */
#include "host/frame.h"
#include "host/handles.h"
#include "host/memory.h"

static struct answer socket_call(WSAPROTOCOL_INFOW *info, const char *described, DWORD flags)
{
    struct frame f;

    frame_open(&f, SPI_SOCKET);
    describe_family(&f.args, "af", info->iAddressFamily);
    describe_type(&f.args, "type", info->iSocketType);
    describe_protocol(&f.args, "protocol", info->iAddressFamily, info->iProtocol);
    describe_word(&f.args, "lpProtocolInfo", described);
    describe_number(&f.args, "g", 0);
    describe_socket_flags(&f.args, "dwFlags", flags);
    struct answer a = TRACED(
        f, lpWSPSocket, socket, INVALID_SOCKET,
        (info->iAddressFamily, info->iSocketType, info->iProtocol, info, 0, flags, f.error));

    return frame_close(&f, a);
}

struct answer spi_socket(DWORD flags)
{
    WSAPROTOCOL_INFOW info = provider_entry()->layers[0].info;

    return socket_call(&info, "entry", flags);
}

struct answer spi_socket_from(WSAPROTOCOL_INFOW *info, DWORD flags)
{
    return socket_call(info, "duplicated", flags);
}

struct answer spi_close_socket(SOCKET s)
{
    struct frame f;

    frame_open(&f, SPI_CLOSE_SOCKET);
    describe_socket(&f.args, "s", s);
    struct answer a = TRACED_INT(f, lpWSPCloseSocket, (s, f.error));

    if (!a.failed) {
        handle_forget(s);
    }
    return frame_close(&f, a);
}

struct answer spi_bind(SOCKET s, const struct sockaddr *name, int length)
{
    struct frame f;

    frame_open(&f, SPI_BIND);
    describe_socket(&f.args, "s", s);
    describe_address(&f.args, "name", name, length);
    struct answer a = TRACED_INT(f, lpWSPBind, (s, name, length, f.error));

    return frame_close(&f, a);
}

struct answer spi_listen(SOCKET s, int backlog)
{
    struct frame f;

    frame_open(&f, SPI_LISTEN);
    describe_socket(&f.args, "s", s);
    if (backlog == SOMAXCONN) {
        describe_word(&f.args, "backlog", "SOMAXCONN");
    } else {
        describe_number(&f.args, "backlog", backlog);
    }
    struct answer a = TRACED_INT(f, lpWSPListen, (s, backlog, f.error));

    return frame_close(&f, a);
}

/* The room for an address that a call is given. */
static void describe_room(struct text *t, const char *name, const int *length)
{
    describe_name(t, name);
    if (length == NULL || !memory_readable(length, sizeof *length)) {
        text_add(t, length == NULL ? "NULL" : "unreadable");
    } else {
        text_add_signed(t, *length);
    }
}

static void describe_answer_address(struct frame *f, struct answer a, const char *name,
                                    const struct sockaddr *address, const int *length)
{
    if (!a.failed && address != NULL && length != NULL && memory_readable(length, sizeof *length)) {
        describe_address(&f->args, name, address, *length);
    }
}

struct answer spi_accept(SOCKET s, struct sockaddr *name, int *length, LPCONDITIONPROC condition,
                         DWORD_PTR data)
{
    struct frame f;

    frame_open(&f, SPI_ACCEPT);
    describe_socket(&f.args, "s", s);
    describe_room(&f.args, "addrlen", length);
    describe_word(&f.args, "lpfnCondition", condition == NULL ? "NULL" : "set");
    struct answer a = TRACED(f, lpWSPAccept, socket, INVALID_SOCKET,
                             (s, name, length, condition, data, f.error));

    describe_answer_address(&f, a, "out.addr", name, length);
    return frame_close(&f, a);
}

struct answer spi_connect(SOCKET s, const struct sockaddr *name, int length, WSABUF *caller, WSABUF *callee)
{
    struct frame f;

    frame_open(&f, SPI_CONNECT);
    describe_socket(&f.args, "s", s);
    describe_address(&f.args, "name", name, length);
    describe_wsabuf(&f.args, "lpCallerData", caller, true);
    describe_wsabuf(&f.args, "lpCalleeData", callee, false);
    struct answer a = TRACED_INT(f, lpWSPConnect, (s, name, length, caller, callee, NULL, NULL, f.error));

    if (!a.failed && callee != NULL && memory_readable(callee, sizeof *callee)) {
        describe_wsabuf(&f.args, "out.lpCalleeData", callee, true);
    }
    return frame_close(&f, a);
}

struct answer spi_get_sock_name(SOCKET s, struct sockaddr *name, int *length)
{
    struct frame f;

    frame_open(&f, SPI_GET_SOCK_NAME);
    describe_socket(&f.args, "s", s);
    describe_room(&f.args, "namelen", length);
    struct answer a = TRACED_INT(f, lpWSPGetSockName, (s, name, length, f.error));

    describe_answer_address(&f, a, "out.name", name, length);
    return frame_close(&f, a);
}

struct answer spi_get_peer_name(SOCKET s, struct sockaddr *name, int *length)
{
    struct frame f;

    frame_open(&f, SPI_GET_PEER_NAME);
    describe_socket(&f.args, "s", s);
    describe_room(&f.args, "namelen", length);
    struct answer a = TRACED_INT(f, lpWSPGetPeerName, (s, name, length, f.error));

    describe_answer_address(&f, a, "out.name", name, length);
    return frame_close(&f, a);
}

struct answer spi_shutdown(SOCKET s, int how)
{
    struct frame f;

    frame_open(&f, SPI_SHUTDOWN);
    describe_socket(&f.args, "s", s);
    describe_shutdown(&f.args, "how", how);
    struct answer a = TRACED_INT(f, lpWSPShutdown, (s, how, f.error));

    return frame_close(&f, a);
}

struct answer spi_cancel_blocking_call(void)
{
    struct frame f;

    frame_open(&f, SPI_CANCEL_BLOCKING_CALL);
    struct answer a = TRACED_INT(f, lpWSPCancelBlockingCall, (f.error));

    return frame_close(&f, a);
}

struct answer spi_duplicate_socket(SOCKET s, DWORD process, WSAPROTOCOL_INFOW *info)
{
    struct frame f;

    frame_open(&f, SPI_DUPLICATE_SOCKET);
    describe_socket(&f.args, "s", s);
    describe_word(&f.args, "dwProcessId",
                  process == GetCurrentProcessId() ? "this process" : "another process");
    struct answer a = TRACED_INT(f, lpWSPDuplicateSocket, (s, process, info, f.error));

    return frame_close(&f, a);
}
