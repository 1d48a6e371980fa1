/*
 * The service provider interface as cases call it: each function is one slot of WSPPROC_TABLE, traced.
 *
 * Every wrapper supplies *lpErrno itself, preset to a poison value and with guards on both sides, and checks
 * the return contract of the call: 0 or SOCKET_ERROR (or the call's own two answers), a nonzero Winsock code
 * that the provider wrote on failure, nothing written beside it. What is wrong is noted as a breach
 * (trace.h), never asserted here, so that the wrappers can be used on any thread and inside hooks.
 *
 * Pages: "WSPSendDisconnect", "WSPRecvDisconnect" ... in the reference of ws2spi.h.
 */
#ifndef WSPCHECK_HOST_CALLS_H
#define WSPCHECK_HOST_CALLS_H

#include <winsock2.h>
#include <ws2spi.h>
#include <stdbool.h>
#include "host/trace.h"

/* What error holds where the provider failed without writing *lpErrno (the preset is then still there). */
#define ERROR_NOT_WRITTEN ((int)0xA5A5A5A5)

/* What a call answered. */
struct answer {
    enum spi_call call;
    LONGLONG result;   /* the return value, sign-extended: 0, -1, a TRUE; bytes are in transferred */
    int error;         /* 0 if the call succeeded, else *lpErrno: a code, 0, or ERROR_NOT_WRITTEN */
    SOCKET socket;     /* WSPSocket, WSPAccept, WSPJoinLeaf; else INVALID_SOCKET */
    DWORD transferred; /* bytes, for calls that report them */
    DWORD flags;       /* *lpFlags afterwards, for calls that report them */
    bool failed;       /* the call reported a failure (which may have the error 0) */
};

bool answer_ok(struct answer a); /* it did not fail */

/*
 * What *lpErrno is preset to for the calls that follow on this thread: ERROR_NOT_WRITTEN, or 0 for statement
 * SD-02.
 */
void spi_preset_errno(int preset);

/* The errno pointer of the next call on this thread is NULL. Used once. */
void spi_null_errno(void);

/* What *lpErrno held after the thread's last call, whatever the call returned. */
int spi_last_errno(void);

struct answer spi_send_disconnect(SOCKET s, WSABUF *data);
struct answer spi_recv_disconnect(SOCKET s, WSABUF *data);

/* af, type, protocol and protocol information are the entry's. flags: WSA_FLAG_OVERLAPPED and others. */
struct answer spi_socket(DWORD flags);
/* A socket from protocol information that spi_duplicate_socket gave. */
struct answer spi_socket_from(WSAPROTOCOL_INFOW *info, DWORD flags);
struct answer spi_close_socket(SOCKET s);
struct answer spi_bind(SOCKET s, const struct sockaddr *name, int length);
struct answer spi_listen(SOCKET s, int backlog);
struct answer spi_accept(SOCKET s, struct sockaddr *name, int *length, LPCONDITIONPROC condition,
                         DWORD_PTR data);
struct answer spi_connect(SOCKET s, const struct sockaddr *name, int length, WSABUF *caller, WSABUF *callee);
struct answer spi_get_sock_name(SOCKET s, struct sockaddr *name, int *length);
struct answer spi_get_peer_name(SOCKET s, struct sockaddr *name, int *length);
struct answer spi_get_sock_opt(SOCKET s, int level, int option, void *value, int *length);
struct answer spi_set_sock_opt(SOCKET s, int level, int option, const void *value, int length);
struct answer spi_ioctl(SOCKET s, DWORD code, void *in, DWORD in_bytes, void *out, DWORD out_bytes);
struct answer spi_shutdown(SOCKET s, int how);
struct answer spi_cancel_blocking_call(void);

/*
 * One buffer each; overlapped and routine may be NULL. *transferred and *flags are kept by the wrapper: read
 * answer.
 */
struct answer spi_send(SOCKET s, const void *bytes, DWORD length, DWORD flags);
struct answer spi_send_to(SOCKET s, const void *bytes, DWORD length, DWORD flags, const struct sockaddr *to,
                          int to_length);
struct answer spi_recv(SOCKET s, void *bytes, DWORD length, DWORD flags);
struct answer spi_recv_from(SOCKET s, void *bytes, DWORD length, DWORD flags, struct sockaddr *from,
                            int *from_length);

/*
 * Overlapped. buffer, flags and overlapped must stay until completion; routine may be NULL. A failure with
 * WSA_IO_PENDING is a success that is under way.
 */
struct answer spi_send_overlapped(SOCKET s, WSABUF *buffer, WSAOVERLAPPED *overlapped,
                                  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
struct answer spi_recv_overlapped(SOCKET s, WSABUF *buffer, DWORD *flags, WSAOVERLAPPED *overlapped,
                                  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
struct answer spi_get_overlapped_result(SOCKET s, WSAOVERLAPPED *overlapped, bool wait);

struct answer spi_event_select(SOCKET s, WSAEVENT event, long events);
struct answer spi_enum_network_events(SOCKET s, WSAEVENT event, WSANETWORKEVENTS *events);
/*
 * timeout NULL waits for ever; the sets are in and out. result is the number of ready sockets or
 * SOCKET_ERROR.
 */
struct answer spi_select(fd_set *read, fd_set *write, fd_set *except, const struct timeval *timeout);
struct answer spi_duplicate_socket(SOCKET s, DWORD process, WSAPROTOCOL_INFOW *info);

/*
 * The socket's name in the trace ("s1", "s2" in the order of their creation in this case; "INVALID_SOCKET",
 * "0", or a name that spi_name_socket gave). The string stays valid until the trace is cleared.
 */
const char *spi_socket_name(SOCKET s);

/*
 * Give a value that is no socket of the provider a name for the trace: "event handle". name must stay valid.
 */
void spi_name_socket(SOCKET s, const char *name);

/* Forget the names: a case begins. */
void spi_forget_sockets(void);

/*
 * "WSAENOTCONN", "WSAEFAULT"; "not written" for ERROR_NOT_WRITTEN; "0"; else "error 12345" (buffer of the
 * caller).
 */
const char *error_name(int error, char *buffer, size_t size);

/* True for a code that a Winsock call may report: WSABASEERR and the few system codes that Winsock uses. */
bool is_winsock_error(int error);

#endif
