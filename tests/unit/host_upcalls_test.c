/* The upcall table, as a provider uses it. */
#include "unit.h"
#include "host/calls.h"
#include "host/handles.h"
#include "host/layers/completion.h"
#include "host/memory.h"
#include "host/provider.h"
#include "host/trace.h"
#include "host/upcalls.h"

static struct trace trace;
static struct host_entry entry;
static const WSPUPCALLTABLE *up;
static int (*during_pair)(void); /* what the provider does inside a call of the pair */

static int WSPAPI disconnect(SOCKET s, LPWSABUF data, LPINT error)
{
    (void)s, (void)data, (void)error;
    return during_pair == NULL ? 0 : during_pair();
}

static int set_up(void **state)
{
    static WSPPROC_TABLE table;

    (void)state;
    table.lpWSPSendDisconnect = disconnect;
    table.lpWSPRecvDisconnect = disconnect;
    entry.origin = HOST_MANIFEST;
    entry.layer_count = 1;
    wcscpy(entry.layers[0].path, L"C:\\lab\\vendor.dll");
    entry.layers[0].info.ProviderId = (GUID){1, 2, 3, {4}};
    provider_pretend(&entry, &table);
    trace_use(&trace);
    spi_forget_sockets();
    blocking_hook_set(NULL, 0);
    during_pair = NULL;
    up = upcall_table();
    return 0;
}

static void all_15_are_set(void **state)
{
    (void)state;
    const WSPUPCALLTABLE *tables[] = {upcall_table(), upcall_table_second()};

    for (int t = 0; t < 2; t++) {
        void (*slots[15])(void);

        assert_int_equal(sizeof slots, sizeof *tables[t]);
        memcpy(slots, tables[t], sizeof slots);
        for (int i = 0; i < 15; i++) {
            assert_true(slots[i] != NULL);
        }
    }
}

static void the_tables_count_apart(void **state)
{
    (void)state;
    LONG first = upcall_count(0);
    LONG second = upcall_count(1);
    INT error;

    upcall_table()->lpWPUCloseEvent(upcall_table()->lpWPUCreateEvent(&error), &error);
    upcall_table_second()->lpWPUFDIsSet(1, NULL);
    assert_int_equal(upcall_count(0), first + 2);
    assert_int_equal(upcall_count(1), second + 1);
}

static void a_handle_has_its_context(void **state)
{
    (void)state;
    INT error = 0;
    DWORD_PTR context = 0;
    LONG open = handles_open();
    SOCKET one = up->lpWPUCreateSocketHandle(4711, 0x1234, &error);
    SOCKET none = up->lpWPUCreateSocketHandle(0, 0, &error);

    assert_true(one != INVALID_SOCKET && none != INVALID_SOCKET && one != none);
    assert_int_equal(one % 4, 0);
    assert_int_equal(handles_open(), open + 2);
    assert_int_equal(up->lpWPUQuerySocketHandleContext(one, &context, &error), 0);
    assert_int_equal(context, 0x1234);
    assert_int_equal(up->lpWPUQuerySocketHandleContext(none, &context, &error), 0);
    assert_int_equal(context, 0);
    assert_int_equal(up->lpWPUCloseSocketHandle(one, &error), 0);
    assert_int_equal(up->lpWPUQuerySocketHandleContext(one, &context, &error), SOCKET_ERROR);
    assert_int_equal(error, WSAENOTSOCK);
    assert_true(up->lpWPUCreateSocketHandle(1, 1, &error) != one);
    assert_int_equal(up->lpWPUCloseSocketHandle(none, &error), 0);
    assert_int_equal(trace.breach_count, 0);
}

static void what_is_unknown_is_no_socket(void **state)
{
    (void)state;
    const SOCKET unknown[] = {0, INVALID_SOCKET, handle_never_given(), 4, 0x58};
    DWORD_PTR context;

    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        INT error = 0;

        assert_int_equal(up->lpWPUQuerySocketHandleContext(unknown[i], &context, &error), SOCKET_ERROR);
        assert_int_equal(error, WSAENOTSOCK);
    }
    assert_int_equal(trace.breach_count, 0);
}

static void closing_twice_is_a_breach(void **state)
{
    (void)state;
    INT error = 0;
    SOCKET s = up->lpWPUCreateSocketHandle(1, 1, &error);

    up->lpWPUCloseSocketHandle(s, &error);
    assert_int_equal(up->lpWPUCloseSocketHandle(s, &error), SOCKET_ERROR);
    assert_int_equal(error, WSAENOTSOCK);
    assert_int_equal(trace.breaches[0].statement, PV_10);
}

static void an_ifs_handle_is_its_own(void **state)
{
    (void)state;
    INT error = 0;
    DWORD_PTR context;

    assert_int_equal(up->lpWPUModifyIFSHandle(99, 0x88, &error), 0x88);
    assert_int_equal(up->lpWPUModifyIFSHandle(100, 0x88, &error), 0x88);
    assert_true(handle_is_open(0x88));
    assert_int_equal(up->lpWPUQuerySocketHandleContext(0x88, &context, &error), SOCKET_ERROR);
    assert_true(up->lpWPUModifyIFSHandle(99, INVALID_SOCKET, &error) == INVALID_SOCKET);
    handle_forget(0x88);
    assert_false(handle_is_open(0x88));
}

static int close_own_handle(void)
{
    INT error;

    return up->lpWPUCloseSocketHandle(up->lpWPUCreateSocketHandle(1, 1, &error), &error);
}

static void closing_a_handle_in_the_pair_is_a_breach(void **state)
{
    (void)state;
    during_pair = close_own_handle;
    spi_send_disconnect(4, NULL);
    assert_int_equal(trace.breach_count, 1);
    assert_int_equal(trace.breaches[0].statement, SD_16);
    assert_int_equal(upcalls_of_close_handle_in_pair(), 1);
    trace_clear();
    spi_recv_disconnect(4, NULL);
    assert_int_equal(trace.breaches[0].statement, RD_17);
    trace_clear();
    assert_int_equal(upcalls_of_close_handle_in_pair(), 0);
    close_own_handle();
    assert_int_equal(trace.breach_count, 0);
}

static BOOL CALLBACK hook(DWORD_PTR context)
{
    (*(int *)context)++;
    return *(int *)context < 3;
}

static void the_hook_is_handed_out_and_counted(void **state)
{
    (void)state;
    int calls = 0;
    LONG asked = trace.hook_asked;
    LONG called = trace.hook_called;
    LPBLOCKINGCALLBACK handed = (LPBLOCKINGCALLBACK)hook;
    DWORD_PTR context = 1;
    INT error = 0;

    assert_int_equal(up->lpWPUQueryBlockingCallback(1, &handed, &context, &error), 0);
    assert_true(handed == NULL);
    assert_int_equal(trace.hook_asked, asked);
    blocking_hook_set(hook, (DWORD_PTR)&calls);
    assert_int_equal(up->lpWPUQueryBlockingCallback(1, &handed, &context, &error), 0);
    assert_true(handed(context));
    assert_true(handed(context));
    assert_false(handed(context));
    assert_int_equal(calls, 3);
    assert_int_equal(trace.hook_asked, asked + 1);
    assert_int_equal(trace.hook_called, called + 3);
    assert_int_equal(trace.breach_count, 0);
    assert_false(handed(context + 1));
    assert_int_equal(trace.breaches[0].statement, PV_10);
}

static DWORD WINAPI ask_on_another_thread(LPVOID answer)
{
    DWORD_PTR context;
    INT error;

    up->lpWPUQueryBlockingCallback(1, answer, &context, &error);
    return 0;
}

static void the_hook_is_of_its_thread(void **state)
{
    (void)state;
    int calls = 0;
    LPBLOCKINGCALLBACK handed = hook;

    blocking_hook_set(hook, (DWORD_PTR)&calls);
    HANDLE thread = CreateThread(NULL, 0, ask_on_another_thread, &handed, 0, NULL);

    WaitForSingleObject(thread, 60000);
    CloseHandle(thread);
    assert_true(handed == NULL);
}

static int ask_for_the_hook(void)
{
    LPBLOCKINGCALLBACK handed;
    DWORD_PTR context;
    INT error;

    return up->lpWPUQueryBlockingCallback(1, &handed, &context, &error);
}

static int call_the_hook(void)
{
    LPBLOCKINGCALLBACK handed;
    DWORD_PTR context;
    INT error;

    up->lpWPUQueryBlockingCallback(1, &handed, &context, &error);
    handed(context);
    return 0;
}

static bool breached(enum statement statement)
{
    for (LONG i = 0; i < trace.breach_count; i++) {
        if (trace.breaches[i].statement == statement) {
            return true;
        }
    }
    return false;
}

static void the_pair_never_asks_for_the_hook(void **state)
{
    (void)state;
    int calls = 0;

    during_pair = ask_for_the_hook;
    spi_recv_disconnect(4, NULL);
    assert_true(breached(PV_10));
    assert_false(breached(RD_18));
    trace_clear();
    blocking_hook_set(hook, (DWORD_PTR)&calls);
    during_pair = call_the_hook;
    spi_recv_disconnect(4, NULL);
    assert_true(breached(RD_18));
    trace_clear();
    spi_send_disconnect(4, NULL);
    assert_true(breached(SD_17));
    blocking_hook_set(NULL, 0);
}

static void events_work(void **state)
{
    (void)state;
    INT error = 0;
    WSAEVENT event = up->lpWPUCreateEvent(&error);

    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    assert_true(up->lpWPUSetEvent(event, &error));
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_true(up->lpWPUResetEvent(event, &error));
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    assert_true(up->lpWPUCloseEvent(event, &error));
    assert_false(up->lpWPUSetEvent(event, &error));
    assert_int_equal(error, WSA_INVALID_HANDLE);
}

static VOID CALLBACK apc(DWORD_PTR context)
{
    *(DWORD *)context = GetCurrentThreadId();
}

static void an_apc_reaches_its_thread(void **state)
{
    (void)state;
    WSATHREADID thread;
    DWORD ran_on = 0;
    INT error = 0;

    assert_int_equal(up->lpWPUOpenCurrentThread(&thread, &error), 0);
    assert_int_equal(up->lpWPUQueueApc(&thread, apc, (DWORD_PTR)&ran_on, &error), 0);
    assert_int_equal(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(ran_on, GetCurrentThreadId());
    assert_int_equal(up->lpWPUCloseThread(&thread, &error), 0);
    assert_int_equal(up->lpWPUCloseThread(NULL, &error), SOCKET_ERROR);
    assert_int_equal(error, WSAEFAULT);
}

static void a_set_is_searched(void **state)
{
    (void)state;
    fd_set set = {.fd_count = 2, .fd_array = {4, 8}};

    assert_true(up->lpWPUFDIsSet(8, &set));
    assert_false(up->lpWPUFDIsSet(12, &set));
}

static void the_path_is_that_of_the_entry(void **state)
{
    (void)state;
    GUID known = {1, 2, 3, {4}};
    GUID unknown = {9, 9, 9, {9}};
    WCHAR path[32];
    INT length = 32;
    INT error = 0;

    assert_int_equal(up->lpWPUGetProviderPath(&known, path, &length, &error), 0);
    assert_true(wcscmp(path, L"C:\\lab\\vendor.dll") == 0);
    length = 17;
    assert_int_equal(up->lpWPUGetProviderPath(&known, path, &length, &error), SOCKET_ERROR);
    assert_int_equal(error, WSAEFAULT);
    assert_int_equal(length, 18);
    assert_int_equal(up->lpWPUGetProviderPath(&unknown, path, &length, &error), SOCKET_ERROR);
    assert_int_equal(error, WSAEINVAL);
}

static void a_bad_error_pointer_is_a_breach_not_a_crash(void **state)
{
    (void)state;
    DWORD_PTR context;

    assert_int_equal(up->lpWPUQuerySocketHandleContext(0, &context, guard_no_access()), SOCKET_ERROR);
    assert_int_equal(trace.breaches[0].statement, PV_10);
    guard_release_all();
}

static void a_request_is_completed(void **state)
{
    (void)state;
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    WSAOVERLAPPED overlapped = {.Internal = WSS_OPERATION_IN_PROGRESS, .hEvent = event};
    INT error = 0;
    SOCKET s = up->lpWPUCreateSocketHandle(1, 1, &error);
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *completed;

    assert_true(handle_bind_port(s, port, 0x77));
    assert_int_equal(complete_overlapped_request(s, &overlapped, 0, 12, &error), 0);
    assert_int_equal(overlapped.Internal, 0);
    assert_int_equal(overlapped.InternalHigh, 12);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_true(GetQueuedCompletionStatus(port, &bytes, &key, &completed, 0));
    assert_int_equal(bytes, 12);
    assert_int_equal(key, 0x77);
    assert_ptr_equal(completed, &overlapped);
    overlapped.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    assert_int_equal(complete_overlapped_request(s, &overlapped, 0, 12, &error), 0);
    assert_false(GetQueuedCompletionStatus(port, &bytes, &key, &completed, 0));
    assert_int_equal(complete_overlapped_request(s, NULL, 0, 12, &error), SOCKET_ERROR);
    assert_int_equal(error, WSAEFAULT);
    up->lpWPUCloseSocketHandle(s, &error);
    CloseHandle(event);
    CloseHandle(port);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_15_are_set),
        TEST(the_tables_count_apart),
        TEST(a_handle_has_its_context),
        TEST(what_is_unknown_is_no_socket),
        TEST(closing_twice_is_a_breach),
        TEST(an_ifs_handle_is_its_own),
        TEST(closing_a_handle_in_the_pair_is_a_breach),
        TEST(the_hook_is_handed_out_and_counted),
        TEST(the_hook_is_of_its_thread),
        TEST(the_pair_never_asks_for_the_hook),
        TEST(events_work),
        TEST(an_apc_reaches_its_thread),
        TEST(a_set_is_searched),
        TEST(the_path_is_that_of_the_entry),
        TEST(a_bad_error_pointer_is_a_breach_not_a_crash),
        TEST(a_request_is_completed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
