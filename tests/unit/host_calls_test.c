/* The traced calls, against a provider that does what the test says. */
#include "unit.h"
#include <fenv.h>
#include <ws2tcpip.h>
#include "host/calls.h"
#include "host/memory.h"
#include "host/provider.h"
#include "host/trace.h"

static struct trace trace;
static struct host_entry entry;

/* What the next call of the pair does. */
static struct {
    int result;
    int error; /* written where write_error is set */
    bool write_error;
    int beside; /* index of an INT beside *lpErrno to write, 0 for none */
    ULONG new_length;
    bool change_length;
    bool change_buffer_pointer;
    bool change_byte;
    bool change_fpu;
    DWORD wait;
} plan;

static int act(LPWSABUF data, LPINT error)
{
    if (plan.write_error) {
        *error = plan.error;
    }
    if (plan.beside != 0) {
        error[plan.beside] = 1;
    }
    if (plan.change_length) {
        data->len = plan.new_length;
    }
    if (plan.change_buffer_pointer) {
        data->buf++;
    }
    if (plan.change_byte) {
        data->buf[data->len - 1] ^= 1;
    }
    if (plan.change_fpu) {
        fesetround(FE_UPWARD);
    }
    if (plan.wait > 0) {
        HANDLE never = CreateEventW(NULL, TRUE, FALSE, NULL);

        WaitForSingleObject(never, plan.wait);
        CloseHandle(never);
    }
    return plan.result;
}

static int WSPAPI disconnect(SOCKET s, LPWSABUF data, LPINT error)
{
    (void)s;
    return act(data, error);
}

static SOCKET WSPAPI new_socket(int af, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP g,
                                DWORD flags, LPINT error)
{
    static SOCKET next = 0x100;

    (void)af, (void)type, (void)protocol, (void)info, (void)g, (void)flags, (void)error;
    return next += 4;
}

static int WSPAPI get_name(SOCKET s, struct sockaddr *name, LPINT length, LPINT error)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = 0x3412};

    (void)s, (void)error;
    in.sin_addr.s_addr = 0x0100007f;
    memcpy(name, &in, sizeof in);
    *length = sizeof in;
    return 0;
}

static int set_up(void **state)
{
    static WSPPROC_TABLE table;

    (void)state;
    table.lpWSPSendDisconnect = disconnect;
    table.lpWSPRecvDisconnect = disconnect;
    table.lpWSPSocket = new_socket;
    table.lpWSPGetSockName = get_name;
    entry.layer_count = 1;
    entry.layers[0].info.iAddressFamily = AF_INET;
    entry.layers[0].info.iSocketType = SOCK_STREAM;
    entry.layers[0].info.iProtocol = IPPROTO_TCP;
    provider_pretend(&entry, &table);
    trace_use(&trace);
    spi_forget_sockets();
    spi_preset_errno(ERROR_NOT_WRITTEN);
    memset(&plan, 0, sizeof plan);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    guard_release_all();
    return 0;
}

static void assert_breach(enum statement statement, const char *part)
{
    assert_int_equal(trace.breach_count, 1);
    assert_int_equal(trace.breaches[0].statement, statement);
    assert_non_null(strstr(trace.breaches[0].text, part));
}

static void success_is_no_breach(void **state)
{
    (void)state;
    struct answer a = spi_send_disconnect(0x10, NULL);

    assert_true(answer_ok(a));
    assert_int_equal(a.result, 0);
    assert_int_equal(a.error, 0);
    assert_int_equal(spi_last_errno(), ERROR_NOT_WRITTEN);
    assert_int_equal(trace.breach_count, 0);
    assert_string_equal(trace.calls[0].args, "s=s1, lpOutboundDisconnectData=NULL");
}

static void a_proper_failure_is_no_breach(void **state)
{
    (void)state;
    plan.result = SOCKET_ERROR;
    plan.write_error = true;
    plan.error = WSAENOTCONN;
    struct answer a = spi_recv_disconnect(0x10, NULL);

    assert_false(answer_ok(a));
    assert_int_equal(a.error, WSAENOTCONN);
    assert_int_equal(trace.calls[0].error, WSAENOTCONN);
    assert_int_equal(trace.breach_count, 0);
}

static void an_unwritten_error_is_a_breach(void **state)
{
    (void)state;
    plan.result = SOCKET_ERROR;
    assert_int_equal(spi_send_disconnect(0x10, NULL).error, ERROR_NOT_WRITTEN);
    assert_breach(SD_02, "unwritten");
}

static void an_error_left_at_a_preset_of_0_is_a_breach(void **state)
{
    (void)state;
    spi_preset_errno(0);
    plan.result = SOCKET_ERROR;
    struct answer a = spi_recv_disconnect(0x10, NULL);

    assert_false(answer_ok(a));
    assert_int_equal(a.error, 0);
    assert_breach(RD_02, "unwritten");
}

static void an_error_of_0_is_a_breach(void **state)
{
    (void)state;
    plan.result = SOCKET_ERROR;
    plan.write_error = true;
    spi_send_disconnect(0x10, NULL);
    assert_breach(SD_02, "*lpErrno = 0");
}

static void a_foreign_code_is_a_breach(void **state)
{
    (void)state;
    plan.result = SOCKET_ERROR;
    plan.write_error = true;
    plan.error = (int)0xC0000022;
    spi_recv_disconnect(0x10, NULL);
    assert_breach(RD_02, "no Winsock code");
}

static void a_third_result_is_a_breach(void **state)
{
    (void)state;
    plan.result = 1;
    plan.write_error = true;
    plan.error = WSAENOTCONN;
    struct answer a = spi_send_disconnect(0x10, NULL);

    assert_false(answer_ok(a));
    assert_int_equal(a.result, 1);
    assert_breach(SD_02, "neither 0 nor SOCKET_ERROR");
}

static void writing_beside_the_error_is_a_breach(void **state)
{
    for (int side = -1; side <= 1; side += 2) {
        set_up(state);
        plan.beside = side;
        spi_send_disconnect(0x10, NULL);
        assert_breach(PV_11, "beside");
    }
}

static void a_changed_input_is_a_breach(void **state)
{
    char bytes[] = "disconnect data";
    WSABUF data = {sizeof bytes, bytes};

    plan.change_byte = true;
    spi_send_disconnect(0x10, &data);
    assert_breach(PV_11, "changed the data");
    set_up(state);
    plan.change_length = true;
    spi_send_disconnect(0x10, &data);
    assert_breach(PV_11, "changed the WSABUF");
}

static void a_length_beyond_the_buffer_is_a_breach(void **state)
{
    char bytes[8];
    WSABUF data = {sizeof bytes, bytes};

    plan.change_length = true;
    plan.new_length = 8;
    assert_true(answer_ok(spi_recv_disconnect(0x10, &data)));
    assert_int_equal(trace.breach_count, 0);
    plan.new_length = 9;
    spi_recv_disconnect(0x10, &data);
    assert_breach(RD_11, "more than the 8");
    set_up(state);
    plan.change_buffer_pointer = true;
    spi_recv_disconnect(0x10, &data);
    assert_breach(PV_11, "buffer pointer");
}

static void a_changed_control_word_is_restored(void **state)
{
    (void)state;
    assert_int_equal(fegetround(), FE_TONEAREST);
    plan.change_fpu = true;
    spi_send_disconnect(0x10, NULL);
    assert_breach(PV_11, "control word");
    assert_int_equal(fegetround(), FE_TONEAREST);
}

static void slow_calls_of_the_pair_are_counted(void **state)
{
    (void)state;
    plan.wait = TRACE_PAIR_LIMIT / 1000 * 2;
    spi_send_disconnect(0x10, NULL);
    assert_int_equal(trace.slow_pair_calls, 1);
    assert_int_equal(trace.breach_count, 0);
}

static void a_null_slot_is_not_called(void **state)
{
    (void)state;
    struct answer a = spi_listen(0x10, SOMAXCONN);

    assert_false(answer_ok(a));
    assert_breach(PV_06, "WSPListen");
}

static void data_is_shown_up_to_16_bytes(void **state)
{
    (void)state;
    char bytes[] = "0123456789abcdefg";
    WSABUF data = {16, bytes};

    spi_send_disconnect(0x10, &data);
    assert_string_equal(trace.calls[0].args,
                        "s=s1, lpOutboundDisconnectData={len=16, buf=hex:30313233343536373839616263646566}");
    data.len = 17;
    spi_send_disconnect(0x10, &data);
    assert_string_equal(
        trace.calls[1].args,
        "s=s1, lpOutboundDisconnectData={len=17, buf=hex:30313233343536373839616263646566..}");
    data = (WSABUF){0, NULL};
    spi_send_disconnect(0x10, &data);
    assert_string_equal(trace.calls[2].args, "s=s1, lpOutboundDisconnectData={len=0, buf=NULL}");
}

static void bad_memory_is_named_and_not_touched(void **state)
{
    (void)state;
    WSABUF data = {16, guard_no_access()};

    spi_send_disconnect(0x10, guard_no_access());
    assert_string_equal(trace.calls[0].args, "s=s1, lpOutboundDisconnectData=WSABUF on no-access page");
    spi_send_disconnect(0x10, &data);
    assert_string_equal(trace.calls[1].args, "s=s1, lpOutboundDisconnectData={len=16, buf=no-access page}");
    data.buf = guard_straddling("12345678", 16, 8);
    spi_recv_disconnect(0x10, &data);
    assert_non_null(strstr(trace.calls[2].args, "lpInboundDisconnectData={len=16, buf=straddling page}"));
    data.buf = guard_read_only("12345678", 8, GUARD_AFTER);
    data.len = 8;
    spi_recv_disconnect(0x10, &data);
    assert_non_null(strstr(trace.calls[3].args, "lpInboundDisconnectData={len=8, buf=read-only page}"));
    data = (WSABUF){16, (char *)16};
    spi_send_disconnect(0x10, &data);
    assert_string_equal(trace.calls[4].args, "s=s1, lpOutboundDisconnectData={len=16, buf=unreadable}");
    data = (WSABUF){0xffffffff, (char *)&data};
    spi_send_disconnect(0x10, &data);
    assert_int_equal(trace.breach_count, 0);
}

static void what_came_back_is_shown(void **state)
{
    (void)state;
    char bytes[] = "abcdefgh";
    WSABUF data = {8, bytes};

    plan.change_length = true;
    plan.new_length = 3;
    spi_recv_disconnect(0x10, &data);
    assert_string_equal(trace.calls[0].args, "s=s1, lpInboundDisconnectData={len=8, buf=8 bytes}, "
                                             "out.lpInboundDisconnectData={len=3, buf=hex:616263}");
}

static void sockets_and_ports_have_names(void **state)
{
    (void)state;
    struct sockaddr_in name;
    int length = sizeof name;
    SOCKET first = spi_socket(WSA_FLAG_OVERLAPPED).socket;
    SOCKET second = spi_socket(0).socket;

    assert_string_equal(trace.calls[0].args,
                        "af=AF_INET, type=SOCK_STREAM, protocol=IPPROTO_TCP, "
                        "lpProtocolInfo=entry, g=0, dwFlags=WSA_FLAG_OVERLAPPED, out.s=s1");
    assert_string_equal(spi_socket_name(second), "s2");
    assert_string_equal(spi_socket_name(first), "s1");
    assert_string_equal(spi_socket_name(INVALID_SOCKET), "INVALID_SOCKET");
    assert_string_equal(spi_socket_name(0), "0");
    spi_name_socket(0x50, "event handle");
    assert_string_equal(spi_socket_name(0x50), "event handle");
    spi_get_sock_name(first, (struct sockaddr *)&name, &length);
    assert_string_equal(trace.calls[2].args, "s=s1, namelen=16, out.name=127.0.0.1:p1");
    spi_forget_sockets();
    assert_string_equal(spi_socket_name(second), "s1");
}

static void a_value_that_is_used_again_gets_a_new_name(void **state)
{
    (void)state;
    SOCKET s = spi_socket(0).socket;

    spi_name_socket(s, "closed");
    assert_string_equal(spi_socket_name(s), "closed");
}

static void the_error_pointer_is_null_once(void **state)
{
    (void)state;
    spi_null_errno();
    assert_true(answer_ok(spi_send_disconnect(0x10, NULL)));
    assert_string_equal(trace.calls[0].args, "s=s1, lpOutboundDisconnectData=NULL, lpErrno=NULL");
    spi_send_disconnect(0x10, NULL);
    assert_string_equal(trace.calls[1].args, "s=s1, lpOutboundDisconnectData=NULL");
}

static void errors_have_names(void **state)
{
    (void)state;
    char buffer[24];

    assert_string_equal(error_name(WSAENOTCONN, buffer, sizeof buffer), "WSAENOTCONN");
    assert_string_equal(error_name(ERROR_NOT_WRITTEN, buffer, sizeof buffer), "not written");
    assert_string_equal(error_name(0, buffer, sizeof buffer), "0");
    assert_string_equal(error_name(12345, buffer, sizeof buffer), "error 12345");
    assert_true(is_winsock_error(WSA_IO_PENDING));
    assert_false(is_winsock_error(0));
    assert_false(is_winsock_error(ERROR_NOT_WRITTEN));
    assert_false(is_winsock_error(5));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(success_is_no_breach),
        TEST(a_proper_failure_is_no_breach),
        TEST(an_unwritten_error_is_a_breach),
        TEST(an_error_left_at_a_preset_of_0_is_a_breach),
        TEST(an_error_of_0_is_a_breach),
        TEST(a_foreign_code_is_a_breach),
        TEST(a_third_result_is_a_breach),
        TEST(writing_beside_the_error_is_a_breach),
        TEST(a_changed_input_is_a_breach),
        TEST(a_length_beyond_the_buffer_is_a_breach),
        TEST(a_changed_control_word_is_restored),
        TEST(slow_calls_of_the_pair_are_counted),
        TEST(a_null_slot_is_not_called),
        TEST(data_is_shown_up_to_16_bytes),
        TEST(bad_memory_is_named_and_not_touched),
        TEST(what_came_back_is_shown),
        TEST(sockets_and_ports_have_names),
        TEST(a_value_that_is_used_again_gets_a_new_name),
        TEST(the_error_pointer_is_null_once),
        TEST(errors_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
