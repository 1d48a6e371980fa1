/* What Ws2_32 is to a provider, as far as needed. It is not linked: it would start a provider of its own. */
#ifndef UNICODE
#define UNICODE
#endif
#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>
#include <ws2tcpip.h>
#include <ws2spi.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOT_WRITTEN ((int)0xA5A5A5A5) /* what *lpErrno holds before each call */
#define ANY_RESULT 2147483647LL       /* a socket: any answer but SOCKET_ERROR is the recorded one */
#define PATIENCE 5000                 /* milliseconds for what has to come */
#define MOST_SOCKETS 4096
#define MOST_PORTS 4096

struct code {
    int value;
    const char *name;
};

#define CODE(name) {(int)(name), #name}

static const struct code codes[] = {
    CODE(WSAEINTR), CODE(WSAEBADF), CODE(WSAEACCES), CODE(WSAEFAULT), CODE(WSAEINVAL), CODE(WSAEMFILE),
    CODE(WSAEWOULDBLOCK), CODE(WSAEINPROGRESS), CODE(WSAEALREADY), CODE(WSAENOTSOCK), CODE(WSAEDESTADDRREQ),
    CODE(WSAEMSGSIZE), CODE(WSAEPROTOTYPE), CODE(WSAENOPROTOOPT), CODE(WSAEPROTONOSUPPORT),
    CODE(WSAESOCKTNOSUPPORT), CODE(WSAEOPNOTSUPP), CODE(WSAEPFNOSUPPORT), CODE(WSAEAFNOSUPPORT),
    CODE(WSAEADDRINUSE), CODE(WSAEADDRNOTAVAIL), CODE(WSAENETDOWN), CODE(WSAENETUNREACH), CODE(WSAENETRESET),
    CODE(WSAECONNABORTED), CODE(WSAECONNRESET), CODE(WSAENOBUFS), CODE(WSAEISCONN), CODE(WSAENOTCONN),
    CODE(WSAESHUTDOWN), CODE(WSAETIMEDOUT), CODE(WSAECONNREFUSED), CODE(WSAEHOSTDOWN), CODE(WSAEHOSTUNREACH),
    CODE(WSAEPROCLIM), CODE(WSASYSNOTREADY), CODE(WSAVERNOTSUPPORTED), CODE(WSANOTINITIALISED),
    CODE(WSAEDISCON), CODE(WSAECANCELLED), CODE(WSAEINVALIDPROCTABLE), CODE(WSAEINVALIDPROVIDER),
    CODE(WSAEPROVIDERFAILEDINIT), CODE(WSASYSCALLFAILURE), CODE(WSA_IO_PENDING), CODE(WSA_IO_INCOMPLETE),
    CODE(WSA_INVALID_HANDLE), CODE(WSA_INVALID_PARAMETER), CODE(WSA_NOT_ENOUGH_MEMORY),
    CODE(WSA_OPERATION_ABORTED),
};

/* One call: what it answered in the record, and here. */
struct call {
    const char *text;   /* the call as recorded */
    int returned;       /* it came back in the record */
    LONGLONG result;
    int error;
    int decides;        /* one of the calls that the case is about, or that its answer names */
    LONGLONG here;
    int here_error;
    int here_returned;
};

static WSPPROC_TABLE table;
static int error;                     /* *lpErrno of every call */
static struct call *volatile under_way;
static int differences;

static void stop(int status)
{
    fflush(stdout);
    TerminateProcess(GetCurrentProcess(), (UINT)status);
}

static void *checked(void *pointer)
{
    if (pointer == NULL) {
        printf("this program got no memory, handle or path from the system: error %lu\n", GetLastError());
        stop(2);
    }
    return pointer;
}

static const char *error_name(int code)
{
    static char number[32];
    size_t i;

    if (code == NOT_WRITTEN) {
        return "not written";
    }
    for (i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].value == code) {
            return codes[i].name;
        }
    }
    sprintf(number, "error %d", code);
    return number;
}

/* "0", "SOCKET_ERROR WSAENOTCONN", "a socket": as records say it. */
static const char *answer(LONGLONG result, int code, int any_result)
{
    static char text[2][80];
    static int turn;

    turn = !turn;
    if (result == SOCKET_ERROR) {
        sprintf(text[turn], "SOCKET_ERROR %s", code == 0 ? "0" : error_name(code));
    } else if (any_result) {
        sprintf(text[turn], "a socket");
    } else {
        sprintf(text[turn], "%ld", (long)result);
    }
    return text[turn];
}

static void begin(struct call *c)
{
    error = NOT_WRITTEN;
    under_way = c;
    printf("%s", c->text);
    fflush(stdout);
}

static void end(struct call *c, LONGLONG result)
{
    int any = c->result == ANY_RESULT;

    c->here = result;
    c->here_error = result == SOCKET_ERROR ? error : 0;
    c->here_returned = 1;
    under_way = NULL;
    printf(" = %s", answer(result, c->here_error, any));
    if (!c->returned || (any ? result == SOCKET_ERROR : result != c->result) || c->here_error != c->error) {
        printf("   <-- recorded: %s",
               c->returned ? answer(any ? 0 : c->result, c->error, any) : "did not return");
        differences++;
    }
    printf("\n");
}

/* For calls that return their code, and those that say FALSE where they failed. */
static void end_code(struct call *c, int code)
{
    error = 0;
    end(c, code);
}

static void end_bool(struct call *c, BOOL done)
{
    c->here = done;
    end(c, done ? done : SOCKET_ERROR);
}

/* Socket handles of providers that have none of the system's. */
static struct {
    SOCKET handle;
    DWORD_PTR context;
} handles[MOST_SOCKETS];
static LONG handle_count;

static DWORD_PTR *context_of(SOCKET s)
{
    LONG i;

    for (i = 0; i < handle_count && i < MOST_SOCKETS; i++) {
        if (handles[i].handle == s && s != 0) {
            return &handles[i].context;
        }
    }
    return NULL;
}

static SOCKET WSPAPI create_socket_handle(DWORD catalog_id, DWORD_PTR context, LPINT code)
{
    LONG i = InterlockedIncrement(&handle_count) - 1;

    (void)catalog_id;
    if (i >= MOST_SOCKETS) {
        *code = WSAENOBUFS;
        return INVALID_SOCKET;
    }
    handles[i].context = context;
    handles[i].handle = 0x57000000u + 4u * (SOCKET)i;
    return handles[i].handle;
}

static int WSPAPI close_socket_handle(SOCKET s, LPINT code)
{
    LONG i;

    for (i = 0; i < handle_count && i < MOST_SOCKETS; i++) {
        if (handles[i].handle == s && s != 0) {
            handles[i].handle = 0;
            return 0;
        }
    }
    *code = WSAENOTSOCK;
    return SOCKET_ERROR;
}

static int WSPAPI query_socket_handle_context(SOCKET s, PDWORD_PTR context, LPINT code)
{
    DWORD_PTR *found = context_of(s);

    if (found == NULL) {
        *code = WSAENOTSOCK;
        return SOCKET_ERROR;
    }
    *context = *found;
    return 0;
}

static SOCKET WSPAPI modify_ifs_handle(DWORD catalog_id, SOCKET proposed, LPINT code)
{
    (void)catalog_id;
    (void)code;
    return proposed;
}

static BOOL event_done(BOOL done, LPINT code)
{
    if (!done) {
        *code = WSA_INVALID_HANDLE;
    }
    return done;
}

static BOOL WSPAPI close_event(WSAEVENT event, LPINT code)
{
    return event_done(CloseHandle(event), code);
}

static WSAEVENT WSPAPI create_event(LPINT code)
{
    WSAEVENT event = CreateEventW(NULL, TRUE, FALSE, NULL);

    event_done(event != NULL, code);
    return event;
}

static BOOL WSPAPI reset_event(WSAEVENT event, LPINT code)
{
    return event_done(ResetEvent(event), code);
}

static BOOL WSPAPI set_event(WSAEVENT event, LPINT code)
{
    return event_done(SetEvent(event), code);
}

static int WSPAPI is_set(SOCKET s, fd_set *set)
{
    u_int i;

    for (i = 0; i < set->fd_count; i++) {
        if (set->fd_array[i] == s) {
            return 1;
        }
    }
    return 0;
}

static int WSPAPI get_provider_path(LPGUID provider, WCHAR *path, LPINT length, LPINT code)
{
    (void)provider;
    (void)path;
    (void)length;
    *code = WSAEINVALIDPROVIDER;
    return SOCKET_ERROR;
}

static BOOL WSPAPI post_message(HWND window, UINT message, WPARAM first, LPARAM second)
{
    (void)window;
    (void)message;
    (void)first;
    (void)second;
    return FALSE;
}

static int WSPAPI query_blocking_callback(DWORD catalog_id, LPBLOCKINGCALLBACK *callback, PDWORD_PTR context,
                                          LPINT code)
{
    (void)catalog_id;
    (void)code;
    *callback = NULL;
    *context = 0;
    return 0;
}

static int WSPAPI queue_apc(LPWSATHREADID thread, LPWSAUSERAPC routine, DWORD_PTR context, LPINT code)
{
    if (QueueUserAPC(routine, thread->ThreadHandle, context)) {
        return 0;
    }
    *code = WSAEINVAL;
    return SOCKET_ERROR;
}

static int WSPAPI open_current_thread(LPWSATHREADID thread, LPINT code)
{
    HANDLE process = GetCurrentProcess();

    thread->Reserved = 0;
    if (DuplicateHandle(process, GetCurrentThread(), process, &thread->ThreadHandle, 0, FALSE,
                        DUPLICATE_SAME_ACCESS)) {
        return 0;
    }
    *code = WSASYSCALLFAILURE;
    return SOCKET_ERROR;
}

static int WSPAPI close_thread(LPWSATHREADID thread, LPINT code)
{
    if (CloseHandle(thread->ThreadHandle)) {
        return 0;
    }
    *code = WSAEINVAL;
    return SOCKET_ERROR;
}

static const WSPUPCALLTABLE upcalls = {
    close_event, close_socket_handle, create_event, create_socket_handle, is_set, get_provider_path,
    modify_ifs_handle, post_message, query_blocking_callback, query_socket_handle_context, queue_apc,
    reset_event, set_event, open_current_thread, close_thread,
};

/* Memory that is not as it should be. */
static char *two_pages(void)
{
    char *pages = (char *)checked(VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    DWORD old;

    VirtualProtect(pages + 0x1000, 0x1000, PAGE_NOACCESS, &old);
    return pages;
}

static char *no_access(void)
{
    return two_pages() + 0x1000;
}

/* The first `readable` bytes can be read, the next one can't. */
static char *straddling(const void *bytes, size_t readable)
{
    char *place = two_pages() + 0x1000 - readable;

    memcpy(place, bytes, readable);
    return place;
}

static char *read_only(const void *bytes, size_t length)
{
    char *page = (char *)checked(VirtualAlloc(NULL, length, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    DWORD old;

    memcpy(page, bytes, length);
    VirtualProtect(page, length, PAGE_READONLY, &old);
    return page;
}

/* Bytes of which the record holds the first ones only: the others are made up. */
static char *some_bytes(const char *known, size_t known_length, size_t length)
{
    char *bytes = (char *)checked(malloc(length + 1));
    size_t i;

    for (i = 0; i < length; i++) {
        bytes[i] = i < known_length ? known[i] : (char)(i * 31 + 7);
    }
    return bytes;
}

static char *room(size_t length)
{
    char *bytes = (char *)checked(malloc(length + 1));

    memset(bytes, 0xCC, length);
    return bytes;
}

static WSABUF *wsabuf(unsigned long length, char *bytes)
{
    WSABUF *buffer = (WSABUF *)checked(malloc(sizeof *buffer));

    buffer->len = length;
    buffer->buf = bytes;
    return buffer;
}

static WSABUF *straddling_wsabuf(void)
{
    WSABUF good;

    memset(&good, 0, sizeof good);
    good.len = 24;
    return (WSABUF *)(void *)straddling(&good, offsetof(WSABUF, buf));
}

static WSABUF *read_only_wsabuf(unsigned long length, char *bytes)
{
    WSABUF good;

    memset(&good, 0, sizeof good);
    good.len = length;
    good.buf = bytes;
    return (WSABUF *)(void *)read_only(&good, sizeof good);
}

/* What the system gave where the record has p1, p2 and so on, in network order. */
static unsigned short ports[MOST_PORTS];

/* The address that is given, or came back. */
static SOCKADDR_STORAGE address;

static int address_length;

static const struct sockaddr *ipv4(unsigned long host_order, unsigned short network_port)
{
    struct sockaddr_in *in = (struct sockaddr_in *)(void *)&address;

    memset(&address, 0, sizeof address);
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = (host_order >> 24) | (host_order >> 8 & 0xFF00) | (host_order << 8 & 0xFF0000)
                          | (host_order << 24 & 0xFF000000);
    in->sin_port = network_port;
    address_length = (int)sizeof *in;
    return (const struct sockaddr *)(const void *)&address;
}

static const struct sockaddr *ipv6(const char bytes[16], unsigned short network_port)
{
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)(void *)&address;

    memset(&address, 0, sizeof address);
    in->sin6_family = AF_INET6;
    memcpy(&in->sin6_addr, bytes, 16);
    in->sin6_port = network_port;
    address_length = (int)sizeof *in;
    return (const struct sockaddr *)(const void *)&address;
}

static struct sockaddr *address_room(int length)
{
    memset(&address, 0, sizeof address);
    address_length = length;
    return (struct sockaddr *)(void *)&address;
}

/* IPv4 and IPv6 have the port at the same place. */
static unsigned short port_here(void)
{
    return ((const struct sockaddr_in *)(const void *)&address)->sin_port;
}

/* Events, one a socket, and what was seen of them. */
struct watch {
    SOCKET socket;
    HANDLE event;
    long seen;
};

static HANDLE watch_begin(struct watch *w, SOCKET s)
{
    w->socket = s;
    w->seen = 0;
    w->event = checked(CreateEventW(NULL, TRUE, FALSE, NULL));
    return w->event;
}

/* Waits until every event of `wanted`, which the record saw here, was seen; without any it looks once. */
static int watch_look(struct watch *w, long wanted)
{
    ULONGLONG until = GetTickCount64() + PATIENCE;
    WSANETWORKEVENTS now;
    int result;

    for (;;) {
        ULONGLONG time;

        memset(&now, 0, sizeof now);
        result = table.lpWSPEnumNetworkEvents(w->socket, w->event, &now, &error);
        if (result != 0) {
            return result;
        }
        w->seen |= now.lNetworkEvents;
        time = GetTickCount64();
        if ((w->seen & wanted) == wanted || time >= until) {
            w->seen &= ~wanted;
            return 0;
        }
        WaitForSingleObject(w->event, (DWORD)(until - time));
    }
}

/* Things that are no sockets. */
static SOCKET file_handle(void)
{
    WCHAR path[32768];
    HANDLE file;

    if (GetModuleFileNameW(NULL, path, 32768) == 0) {
        checked(NULL);
    }
    file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    return (SOCKET)(ULONG_PTR)checked(file == INVALID_HANDLE_VALUE ? NULL : file);
}

static SOCKET pipe_handle(void)
{
    HANDLE read_end = NULL;
    HANDLE write_end = NULL;

    CreatePipe(&read_end, &write_end, NULL, 0);
    return (SOCKET)(ULONG_PTR)checked(read_end);
}

static SOCKET event_handle(void)
{
    return (SOCKET)(ULONG_PTR)checked(CreateEventW(NULL, TRUE, FALSE, NULL));
}

static SOCKET mutex_handle(void)
{
    return (SOCKET)(ULONG_PTR)checked(CreateMutexW(NULL, FALSE, NULL));
}

/* Other threads: each call is made there and waited for; one that blocks is left to itself. */
struct helper {
    HANDLE thread;
    HANDLE work;
    HANDLE done;
    void (*call)(void);
};

static DWORD WINAPI help(LPVOID parameter)
{
    struct helper *h = (struct helper *)parameter;

    while (WaitForSingleObject(h->work, INFINITE) == WAIT_OBJECT_0) {
        h->call();
        SetEvent(h->done);
    }
    return 0;
}

static void on_thread(struct helper *h, void (*call)(void))
{
    if (h->thread == NULL) {
        h->work = checked(CreateEventW(NULL, FALSE, FALSE, NULL));
        h->done = checked(CreateEventW(NULL, FALSE, FALSE, NULL));
        h->thread = checked(CreateThread(NULL, 0, help, h, 0, NULL));
    }
    h->call = call;
    SetEvent(h->work);
    WaitForSingleObject(h->done, 1000);
}
