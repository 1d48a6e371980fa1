/*
 * What scenarios are told with: sockets, connections, waiting for what has to come, data, threads.
 *
 * Everything made here is given back when the case ends: sockets with a hard close (linger {1, 0}), so that
 * nothing lingers into the next case. A function that can't bring its situation about ends the case as
 * unreached.
 */
#ifndef WSPCHECK_CASES_SCENARIO_H
#define WSPCHECK_CASES_SCENARIO_H

#include <winsock2.h>
#include <stdbool.h>
#include "cases/scenario/endpoint.h"
#include "engine/case.h"
#include "engine/expect.h"
#include "host/calls.h"

/* The call that this case is about: WSPSendDisconnect or WSPRecvDisconnect. */
struct answer disconnect(SOCKET s, WSABUF *data);

/* What the entry under test declares. */
bool entry_has(DWORD service_flags); /* all of these XP1_ flags */
bool entry_is_tcp_ip(void);          /* AF_INET or AF_INET6 */
bool entry_is_message_oriented(void);

/* Sockets of the entry: blocking, overlapped. */
SOCKET new_socket(void);
SOCKET bound_socket(struct endpoint *at); /* at (may be NULL): where it is bound */
SOCKET listening_socket(int backlog, struct endpoint *at);
SOCKET refused_socket(void); /* its connect was refused */
SOCKET closed_socket(void);  /* a value that was a socket */
void adopt_socket(SOCKET s); /* close it when the case ends */

/* WSPCloseSocket now, with the socket's own linger. */
struct answer close_socket(SOCKET s);

/* Close it hard now: nothing of it lingers. */
void discard_socket(SOCKET s);

/* The sockets of this case are gone with the last WSPCleanup: they are not to be closed. */
void forget_sockets(void);

/* Both ends of a connection, both blocking. near is the end that the case calls from: see this_side. */
struct pair {
    SOCKET near_end;
    SOCKET far_end;
};
struct pair connected_pair(void);

/* Two datagram sockets, bound, each connected to the other. */
struct pair datagram_pair(void);

/* Accept what waits, or comes within case_patience, at a listening socket. */
SOCKET accept_one(SOCKET listening);

/* Accept all that waits now, without waiting for more. The listening socket is nonblocking afterwards. */
void accept_all(SOCKET listening);

void make_blocking(SOCKET s);
void make_nonblocking(SOCKET s);
void set_linger(SOCKET s, int on, int seconds);

/* A nonblocking connect; the answer is WSPConnect's own. */
struct answer start_connect(SOCKET s, const struct endpoint *to);

/*
 * A socket watched by WSPEventSelect: nonblocking from watch to unwatch.
 * seen holds every event since watch; code those of WSPEnumNetworkEvents; closes how often FD_CLOSE was
 * reported.
 */
struct watch {
    SOCKET socket;
    HANDLE event;
    long events;
    long seen;
    int code[FD_MAX_EVENTS];
    int closes;
};
void watch(struct watch *w, SOCKET s, long events);
bool wait_for(struct watch *w, long events); /* any of them; false when case_patience has passed without */
bool wait_for_more(struct watch *w, long events); /* the same, of what comes from now on */
void look(struct watch *w);                       /* take what is there now, without waiting */
void unwatch(struct watch *w);                    /* and make the socket blocking again */

/*
 * Send all of it, waiting where the provider's buffer is full: the answer of the last send. WSAEWOULDBLOCK:
 * no room came within case_patience. The socket is blocking afterwards.
 */
struct answer send_waiting(SOCKET s, const void *bytes, DWORD length);

/* The same; ends the case as unreached if it fails. */
void send_all(SOCKET s, const void *bytes, DWORD length);

/* One receive: of what is there or comes within case_patience. WSAEWOULDBLOCK: nothing came. The socket is
 * blocking afterwards. */
struct answer receive(SOCKET s, void *bytes, DWORD length);

/*
 * One overlapped send of at most 16 bytes, one overlapped receive: the answer at its end. WSA_IO_PENDING:
 * there was none within case_patience.
 */
struct answer send_overlapped(SOCKET s, const char *text);
struct answer receive_overlapped(SOCKET s);

/* Receive exactly this text, in as many pieces as it takes. False: something else came, or the end. */
bool receives_text(SOCKET s, const char *text);

/* Everything up to the end of the connection. */
struct drained {
    LONGLONG bytes;     /* how many came */
    bool intact;        /* they are the pattern of send_pattern, from its beginning */
    struct answer last; /* the receive that brought no more: result 0 with transferred 0, or an error */
};
struct drained drain(SOCKET s);
bool ended_gracefully(
    const struct drained *d); /* 0 on a byte stream, WSAEDISCON on a message-oriented entry */
const char *end_text(const struct drained *d, char *text, size_t size); /* "end", "WSAECONNRESET" ... */
const char *graceful_end_text(void); /* what ended_gracefully expects, as end_text would say it */

/* Send bytes of a pattern that drain recognises: from is where in the pattern to begin. */
void send_pattern(SOCKET s, LONGLONG from, DWORD length);
struct answer send_pattern_waiting(SOCKET s, LONGLONG from, DWORD length); /* at most 65536 bytes */

/* Send the pattern until the provider takes no more, without anyone reading. Returns how many bytes it took.
 */
LONGLONG fill_until_blocked(SOCKET s);

/* Send `most` bytes of the pattern, or as many as the provider takes at once. Returns how many it took. */
LONGLONG send_what_is_taken(SOCKET s, LONGLONG most);

/* A WSABUF (guarded) over guarded bytes. Outbound: the bytes as given; inbound: room for length bytes. */
WSABUF *outbound(const void *bytes, DWORD length);
WSABUF *inbound(DWORD length);

/* length bytes of disconnect data, none of them like its neighbour, all 256 values in turn; valid while the
 * case runs. */
const unsigned char *binary_data(DWORD length);

/* The longest disconnect data that the entry takes (found by trying, on connections of its own), at most
 * 65536. */
DWORD longest_disconnect_data(void);
/* A length that every entry with disconnect data should take. */
#define TYPICAL_DATA 16

/* A thread of the case. It only notes: expectations come after finish_thread, on the case's own thread. */
struct case_thread;
struct case_thread *start_thread(void (*work)(void *), void *argument);
void finish_thread(struct case_thread *t);
/* Run it on another thread and wait for it. */
void on_another_thread(void (*work)(void *), void *argument);

/* An event of the case: auto_reset or not. */
HANDLE new_event(bool auto_reset);

#endif
