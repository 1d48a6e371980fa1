/* Guarded buffers, and heaps that are in order or not. */
#include "unit.h"
#include "host/memory.h"
#include "host/trace.h"

static struct trace trace;

static int set_up(void **state)
{
    (void)state;
    trace_use(&trace);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    guard_release_all();
    return 0;
}

static void the_byte_behind_faults(void **state)
{
    (void)state;
    char *p = guard_alloc(10, GUARD_AFTER);

    assert_true(memory_writable(p, 10));
    assert_false(memory_readable(p, 11));
    assert_int_equal(memory_readable_prefix(p, 100), 10);
    assert_null(guard_describe(p));
    assert_true(guard_check_all());
}

static void the_byte_before_faults(void **state)
{
    (void)state;
    char *p = guard_alloc(10, GUARD_BEFORE);

    assert_true(memory_writable(p, 10));
    assert_false(memory_readable(p - 1, 1));
}

static void a_write_on_the_other_side_is_found(void **state)
{
    (void)state;
    char *after = guard_alloc(10, GUARD_AFTER);

    after[9] = 1;
    assert_true(guard_check_all());
    after[-1] = 1;
    assert_false(guard_check_all());
    assert_int_equal(trace.breach_count, 1);
    assert_int_equal(trace.breaches[0].statement, PV_11);
    guard_release_all();
    char *before = guard_alloc(10, GUARD_BEFORE);

    before[10] = 1;
    assert_false(guard_check_all());
}

static void a_buffer_of_no_bytes_faults_at_once(void **state)
{
    (void)state;
    char *p = guard_alloc(0, GUARD_AFTER);

    assert_false(memory_readable(p, 1));
    assert_true(guard_check_all());
}

static void read_only_memory_cannot_be_written(void **state)
{
    (void)state;
    char *p = guard_read_only("12345678", 8, GUARD_AFTER);

    assert_memory_equal(p, "12345678", 8);
    assert_false(memory_writable(p, 8));
    assert_string_equal(guard_describe(p), "read-only page");
    assert_true(guard_protect(p, PAGE_READWRITE));
    assert_true(memory_writable(p, 8));
    assert_null(guard_describe(p));
}

static void a_straddling_buffer_is_valid_so_far(void **state)
{
    (void)state;
    char *p = guard_straddling("12345678", 8, 5);

    assert_int_equal(memory_readable_prefix(p, 8), 5);
    assert_memory_equal(p, "12345", 5);
    assert_string_equal(guard_describe(p), "straddling page");
    assert_string_equal(guard_describe(p + 5), "no-access page");
    assert_int_equal(memory_readable_prefix(guard_straddling(NULL, 20000, 1), 20000), 1);
}

static void the_no_access_page_is_none(void **state)
{
    (void)state;
    char *p = guard_no_access();

    assert_false(memory_readable(p, 1));
    assert_string_equal(guard_describe(p), "no-access page");
    assert_true(guard_check_all());
}

static void watched_memory_is_compared(void **state)
{
    (void)state;
    char bytes[] = "given as input";

    guard_watch(bytes, sizeof bytes);
    assert_true(guard_check_all());
    bytes[3] ^= 1;
    assert_false(guard_check_all());
}

static void odd_pointers_are_not_readable(void **state)
{
    (void)state;
    assert_false(memory_readable(NULL, 1));
    assert_false(memory_readable((void *)16, 1));
    assert_false(memory_readable((void *)(ULONG_PTR)-1, 16));
    assert_false(memory_writable((const void *)(uintptr_t)set_up, 1));
    assert_true(memory_readable((const void *)(uintptr_t)set_up, 1));
}

static void a_damaged_heap_is_found(void **state)
{
    (void)state;
    HANDLE heap = HeapCreate(0, 0, 0);
    char *block = HeapAlloc(heap, 0, 64);
    char *next = HeapAlloc(heap, 0, 64);
    char kept[16];

    assert_true(heaps_valid());
    /* The header between the two blocks. */
    memcpy(kept, next - sizeof kept, sizeof kept);
    memset(next - sizeof kept, 0x5a, sizeof kept);
    bool valid = heaps_valid();

    memcpy(next - sizeof kept, kept, sizeof kept);
    assert_false(valid);
    HeapFree(heap, 0, block);
    HeapDestroy(heap);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_byte_behind_faults),
        TEST(the_byte_before_faults),
        TEST(a_write_on_the_other_side_is_found),
        TEST(a_buffer_of_no_bytes_faults_at_once),
        TEST(read_only_memory_cannot_be_written),
        TEST(a_straddling_buffer_is_valid_so_far),
        TEST(the_no_access_page_is_none),
        TEST(watched_memory_is_compared),
        TEST(odd_pointers_are_not_readable),
        TEST(a_damaged_heap_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
