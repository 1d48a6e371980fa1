/*
 * The 15 upcalls. They come under the provider's locks, so none of them calls into the provider or waits for
 * anything; each answers with 0 or a value, or fails with a Winsock code in *lpErrno.
 */
#include "host/upcalls.h"
#include "host/blocking.h"
#include "host/catalog_answers.h"
#include "host/handles.h"
#include "host/memory.h"
#include "host/system_library.h"
#include "host/trace.h"

static volatile LONG counts[2];

/* Write the error where the provider wants it; a bad lpErrno is out of contract. */
static void set_error(LPINT error, INT code, const char *upcall)
{
    if (memory_writable(error, sizeof *error)) {
        *error = code;
    } else {
        trace_breach(PV_10, "%s was given an lpErrno that cannot be written", upcall);
    }
}

static INT winsock_code(DWORD system_error)
{
    switch (system_error) {
    case ERROR_INVALID_HANDLE:
        return WSA_INVALID_HANDLE;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
        return WSA_NOT_ENOUGH_MEMORY;
    case ERROR_INVALID_PARAMETER:
        return WSAEINVAL;
    default:
        return WSASYSCALLFAILURE;
    }
}

static BOOL event_answer(BOOL done, LPINT error, const char *upcall)
{
    if (!done) {
        set_error(error, winsock_code(GetLastError()), upcall);
    }
    return done;
}

static BOOL close_event(WSAEVENT event, LPINT error)
{
    return event_answer(CloseHandle(event), error, "WPUCloseEvent");
}

static WSAEVENT create_event(LPINT error)
{
    WSAEVENT event = CreateEventW(NULL, TRUE, FALSE, NULL);

    event_answer(event != NULL, error, "WPUCreateEvent");
    return event;
}

static BOOL reset_event(WSAEVENT event, LPINT error)
{
    return event_answer(ResetEvent(event), error, "WPUResetEvent");
}

static BOOL set_event(WSAEVENT event, LPINT error)
{
    return event_answer(SetEvent(event), error, "WPUSetEvent");
}

static int close_socket_handle(SOCKET s, LPINT error)
{
    const struct trace_call *call = trace_call_under_way();

    if (call != NULL && (call->call == SPI_SEND_DISCONNECT || call->call == SPI_RECV_DISCONNECT)) {
        InterlockedIncrement(&trace_current()->handles_closed_in_pair);
        trace_breach(call->call == SPI_SEND_DISCONNECT ? SD_16 : RD_17, "%s closed a socket handle",
                     spi_call_name(call->call));
    }
    if (!handle_close(s)) {
        trace_breach(PV_10, "WPUCloseSocketHandle for a handle that is not open");
        set_error(error, WSAENOTSOCK, "WPUCloseSocketHandle");
        return SOCKET_ERROR;
    }
    return 0;
}

/* Any catalog ID will do: layers pass those of entries that only they know. */
static SOCKET create_socket_handle(DWORD catalog_id, DWORD_PTR context, LPINT error)
{
    SOCKET s = handle_create(catalog_id, context);

    if (s == INVALID_SOCKET) {
        set_error(error, WSAENOBUFS, "WPUCreateSocketHandle");
    }
    return s;
}

static int is_set(SOCKET s, fd_set *set)
{
    if (!memory_readable(set, sizeof set->fd_count)
        || !memory_readable(set->fd_array, set->fd_count * sizeof set->fd_array[0])) {
        return 0;
    }
    for (u_int i = 0; i < set->fd_count; i++) {
        if (set->fd_array[i] == s) {
            return 1;
        }
    }
    return 0;
}

static int get_provider_path(LPGUID provider, WCHAR *path, LPINT length, LPINT error)
{
    INT code = catalog_answer_path(provider, path, length);

    if (code != 0) {
        set_error(error, code, "WPUGetProviderPath");
        return SOCKET_ERROR;
    }
    return 0;
}

static SOCKET modify_ifs_handle(DWORD catalog_id, SOCKET proposed, LPINT error)
{
    if (!handle_adopt(catalog_id, proposed)) {
        set_error(error, WSAENOTSOCK, "WPUModifyIFSHandle");
        return INVALID_SOCKET;
    }
    return proposed;
}

/*
 * user32 is taken only when there is a message to post: a process that has a window has loaded it already. A
 * case gives no window away, so the one that is meant is the provider's own, or there is none.
 */
static BOOL post_message(HWND window, UINT message, WPARAM first, LPARAM second)
{
    typedef BOOL(WINAPI * post_function)(HWND, UINT, WPARAM, LPARAM);
    typedef BOOL(WINAPI * is_function)(HWND);
    HMODULE user32 = GetModuleHandleW(L"user32.dll");
    post_function post = (post_function)function_of(user32, "PostMessageW");
    is_function is_window = (is_function)function_of(user32, "IsWindow");

    if (post == NULL || is_window == NULL || !is_window(window)) {
        trace_breach(PV_10, "WPUPostMessage to what is no window");
        SetLastError(ERROR_INVALID_WINDOW_HANDLE);
        return FALSE;
    }
    return post(window, message, first, second);
}

static int query_blocking_callback(DWORD catalog_id, LPBLOCKINGCALLBACK *callback, PDWORD_PTR context,
                                   LPINT error)
{
    LPBLOCKINGCALLBACK hook;
    DWORD_PTR hook_context;

    (void)catalog_id;
    if (!memory_writable(callback, sizeof *callback) || !memory_writable(context, sizeof *context)) {
        set_error(error, WSAEFAULT, "WPUQueryBlockingCallback");
        return SOCKET_ERROR;
    }
    blocking_hook_query(&hook, &hook_context);
    *callback = hook;
    *context = hook_context;
    return 0;
}

static int query_socket_handle_context(SOCKET s, PDWORD_PTR context, LPINT error)
{
    DWORD_PTR found;

    if (!handle_context(s, &found)) {
        set_error(error, WSAENOTSOCK, "WPUQuerySocketHandleContext");
        return SOCKET_ERROR;
    }
    if (!memory_writable(context, sizeof *context)) {
        set_error(error, WSAEFAULT, "WPUQuerySocketHandleContext");
        return SOCKET_ERROR;
    }
    *context = found;
    return 0;
}

static int thread_answer(BOOL done, LPINT error, const char *upcall)
{
    if (!done) {
        set_error(error, winsock_code(GetLastError()), upcall);
        return SOCKET_ERROR;
    }
    return 0;
}

static int bad_thread(LPINT error, const char *upcall)
{
    set_error(error, WSAEFAULT, upcall);
    return SOCKET_ERROR;
}

static int queue_apc(LPWSATHREADID thread, LPWSAUSERAPC routine, DWORD_PTR context, LPINT error)
{
    if (!memory_readable(thread, sizeof *thread)) {
        return bad_thread(error, "WPUQueueApc");
    }
    return thread_answer(QueueUserAPC(routine, thread->ThreadHandle, context) != 0, error, "WPUQueueApc");
}

static int open_current_thread(LPWSATHREADID thread, LPINT error)
{
    HANDLE process = GetCurrentProcess();

    if (!memory_writable(thread, sizeof *thread)) {
        return bad_thread(error, "WPUOpenCurrentThread");
    }
    thread->Reserved = 0;
    BOOL opened = DuplicateHandle(process, GetCurrentThread(), process, &thread->ThreadHandle, 0, FALSE,
                                  DUPLICATE_SAME_ACCESS);

    return thread_answer(opened, error, "WPUOpenCurrentThread");
}

static int close_thread(LPWSATHREADID thread, LPINT error)
{
    if (!memory_readable(thread, sizeof *thread)) {
        return bad_thread(error, "WPUCloseThread");
    }
    return thread_answer(CloseHandle(thread->ThreadHandle), error, "WPUCloseThread");
}

/* Each upcall once for either table: they differ in what they count. */
#define FOR_BOTH_TABLES(type, upcall, parameters, arguments) \
    static type WSPAPI first_##upcall parameters             \
    {                                                        \
        InterlockedIncrement(&counts[0]);                    \
        return upcall arguments;                             \
    }                                                        \
    static type WSPAPI second_##upcall parameters            \
    {                                                        \
        InterlockedIncrement(&counts[1]);                    \
        return upcall arguments;                             \
    }

FOR_BOTH_TABLES(BOOL, close_event, (WSAEVENT event, LPINT error), (event, error))
FOR_BOTH_TABLES(int, close_socket_handle, (SOCKET s, LPINT error), (s, error))
FOR_BOTH_TABLES(WSAEVENT, create_event, (LPINT error), (error))
FOR_BOTH_TABLES(SOCKET, create_socket_handle, (DWORD id, DWORD_PTR context, LPINT error),
                (id, context, error))
FOR_BOTH_TABLES(int, is_set, (SOCKET s, fd_set *set), (s, set))
FOR_BOTH_TABLES(int, get_provider_path, (LPGUID provider, WCHAR *path, LPINT length, LPINT error),
                (provider, path, length, error))
FOR_BOTH_TABLES(SOCKET, modify_ifs_handle, (DWORD id, SOCKET proposed, LPINT error), (id, proposed, error))
FOR_BOTH_TABLES(BOOL, post_message, (HWND window, UINT message, WPARAM first, LPARAM second),
                (window, message, first, second))
FOR_BOTH_TABLES(int, query_blocking_callback,
                (DWORD id, LPBLOCKINGCALLBACK *callback, PDWORD_PTR context, LPINT error),
                (id, callback, context, error))
FOR_BOTH_TABLES(int, query_socket_handle_context, (SOCKET s, PDWORD_PTR context, LPINT error),
                (s, context, error))
FOR_BOTH_TABLES(int, queue_apc, (LPWSATHREADID thread, LPWSAUSERAPC routine, DWORD_PTR context, LPINT error),
                (thread, routine, context, error))
FOR_BOTH_TABLES(BOOL, reset_event, (WSAEVENT event, LPINT error), (event, error))
FOR_BOTH_TABLES(BOOL, set_event, (WSAEVENT event, LPINT error), (event, error))
FOR_BOTH_TABLES(int, open_current_thread, (LPWSATHREADID thread, LPINT error), (thread, error))
FOR_BOTH_TABLES(int, close_thread, (LPWSATHREADID thread, LPINT error), (thread, error))

#define TABLE(which)                                                                                        \
    {                                                                                                       \
        which##_close_event, which##_close_socket_handle, which##_create_event,                             \
            which##_create_socket_handle, which##_is_set, which##_get_provider_path,                        \
            which##_modify_ifs_handle, which##_post_message, which##_query_blocking_callback,               \
            which##_query_socket_handle_context, which##_queue_apc, which##_reset_event, which##_set_event, \
            which##_open_current_thread, which##_close_thread,                                              \
    }

const WSPUPCALLTABLE *upcall_table(void)
{
    static const WSPUPCALLTABLE table = TABLE(first);

    return &table;
}

const WSPUPCALLTABLE *upcall_table_second(void)
{
    static const WSPUPCALLTABLE table = TABLE(second);

    return &table;
}

LONG upcall_count(int table)
{
    return counts[table];
}

LONG upcalls_of_close_handle_in_pair(void)
{
    return trace_current()->handles_closed_in_pair;
}
