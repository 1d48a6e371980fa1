/* The trace: the ring, nesting, breaches. */
#include "unit.h"
#include "host/trace.h"

static struct trace trace;

static int set_up(void **state)
{
    (void)state;
    trace_use(&trace);
    return 0;
}

static void a_call_is_noted_before_and_after(void **state)
{
    (void)state;
    struct trace_call *call = trace_begin(SPI_SEND, "s=%s", "s1");

    assert_int_equal(trace.count, 1);
    assert_int_equal(trace.calls[0].state, TRACE_UNDER_WAY);
    assert_string_equal(trace.calls[0].args, "s=s1");
    assert_true(trace.calls[0].micros < 0);
    assert_ptr_equal(trace_call_under_way(), call);
    trace_end(call, SOCKET_ERROR, WSAENOTSOCK);
    assert_int_equal(trace.calls[0].state, TRACE_RETURNED);
    assert_int_equal(trace.calls[0].result, -1);
    assert_int_equal(trace.calls[0].error, WSAENOTSOCK);
    assert_true(trace.calls[0].micros >= 0);
    assert_null(trace_call_under_way());
}

static void calls_nest(void **state)
{
    (void)state;
    struct trace_call *outer = trace_begin(SPI_RECV, "s=s1");
    struct trace_call *inner = trace_begin(SPI_SEND_DISCONNECT, "s=s1");

    assert_ptr_equal(trace_call_under_way(), inner);
    trace_end(inner, 0, 0);
    assert_ptr_equal(trace_call_under_way(), outer);
    trace_end(outer, 0, 0);
    assert_null(trace_call_under_way());
}

static void the_ring_keeps_what_is_under_way(void **state)
{
    (void)state;
    struct trace_call *outer = trace_begin(SPI_RECV, "s=outer");

    for (int i = 0; i < 3 * TRACE_CALLS; i++) {
        trace_end(trace_begin(SPI_SEND, "s=s%d", i), 0, 0);
    }
    assert_string_equal(outer->args, "s=outer");
    assert_int_equal(outer->state, TRACE_UNDER_WAY);
    assert_ptr_equal(trace_call_under_way(), outer);
    trace_end(outer, 0, 0);
    assert_int_equal(outer->state, TRACE_RETURNED);
}

static void more_calls_nest_than_are_kept(void **state)
{
    (void)state;
    struct trace_call *calls[2 * TRACE_CALLS];

    for (int i = 0; i < 2 * TRACE_CALLS; i++) {
        calls[i] = trace_begin(SPI_RECV, "s=s%d", i);
    }
    for (int i = 2 * TRACE_CALLS; i-- > 0;) {
        assert_non_null(trace_call_under_way());
        trace_end(calls[i], 0, 0);
    }
    assert_null(trace_call_under_way());
}

static void a_call_that_was_left_behind_is_forgotten(void **state)
{
    (void)state;
    struct trace_call *left = trace_begin(SPI_RECV, "s=s1");

    trace_clear();
    assert_null(trace_call_under_way());
    trace_end(left, 0, 0);
    assert_int_equal(trace.count, 0);
    assert_int_equal(trace.calls[0].state, TRACE_UNUSED);
}

static void long_arguments_are_cut(void **state)
{
    (void)state;
    char argument[2 * TRACE_ARGS_BYTES];

    memset(argument, 'x', sizeof argument);
    argument[sizeof argument - 1] = '\0';
    trace_end(trace_begin(SPI_RECV, "s=%s", argument), 0, 0);
    assert_int_equal(strlen(trace.calls[0].args), TRACE_ARGS_BYTES - 1);
}

static void equal_breaches_are_noted_once(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        trace_breach(PV_11, "the same");
        trace_breach(PV_10, "the same");
    }
    assert_int_equal(trace.breach_count, 2);
    assert_int_equal(trace.breaches[0].statement, PV_11);
    assert_string_equal(trace.breaches[1].text, "the same");
    for (int i = 0; i < 3 * TRACE_BREACHES; i++) {
        trace_breach(PV_11, "number %d", i);
    }
    assert_true(trace.breach_count > TRACE_BREACHES);
}

static DWORD WINAPI note_much(LPVOID unused)
{
    (void)unused;
    for (int i = 0; i < 5000; i++) {
        struct trace_call *call = trace_begin(SPI_SEND, "i=%d, again=%d", i, i);
        int first, again;

        if (sscanf(call->args, "i=%d, again=%d", &first, &again) != 2 || first != i || again != i) {
            return 1;
        }
        trace_end(call, i, 0);
        if (trace_call_under_way() != NULL) {
            return 2;
        }
    }
    return 0;
}

static void threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    HANDLE threads[4];

    for (int i = 0; i < 4; i++) {
        threads[i] = CreateThread(NULL, 0, note_much, NULL, 0, NULL);
    }
    assert_int_equal(WaitForMultipleObjects(4, threads, TRUE, 60000), WAIT_OBJECT_0);
    for (int i = 0; i < 4; i++) {
        DWORD code;

        GetExitCodeThread(threads[i], &code);
        assert_int_equal(code, 0);
        CloseHandle(threads[i]);
    }
    assert_true(trace.count >= 4 * 5000);
}

static DWORD WINAPI note_one(LPVOID unused)
{
    (void)unused;
    trace_end(trace_begin(SPI_SEND, "s=s1"), 0, 0);
    return 0;
}

/* More threads, one after another, than there are records of threads: each gives its record back. */
static void threads_give_their_records_back(void **state)
{
    (void)state;
    for (int i = 0; i < 600; i++) {
        HANDLE thread = CreateThread(NULL, 0, note_one, NULL, 0, NULL);

        WaitForSingleObject(thread, 60000);
        CloseHandle(thread);
    }
    struct trace_call *call = trace_begin(SPI_RECV, "s=s1");

    assert_ptr_equal(trace_call_under_way(), call);
    trace_end(call, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_call_is_noted_before_and_after, set_up),
        cmocka_unit_test_setup(calls_nest, set_up),
        cmocka_unit_test_setup(the_ring_keeps_what_is_under_way, set_up),
        cmocka_unit_test_setup(more_calls_nest_than_are_kept, set_up),
        cmocka_unit_test_setup(a_call_that_was_left_behind_is_forgotten, set_up),
        cmocka_unit_test_setup(long_arguments_are_cut, set_up),
        cmocka_unit_test_setup(equal_breaches_are_noted_once, set_up),
        cmocka_unit_test_setup(threads_do_not_disturb_each_other, set_up),
        cmocka_unit_test_setup(threads_give_their_records_back, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
