/* What a process holds of the system: handles and threads that stay are seen, those that go are not. */
#include "unit.h"
#include "engine/growth.h"

static void handles_are_counted(void **state)
{
    (void)state;
    HANDLE events[10];
    unsigned before;

    resources_begin();
    before = resources_now().handles;
    for (int i = 0; i < 10; i++) {
        events[i] = CreateEventW(NULL, TRUE, FALSE, NULL);
    }
    assert_int_equal(resources_now().handles, before + 10);
    for (int i = 0; i < 10; i++) {
        CloseHandle(events[i]);
    }
    assert_int_equal(resources_now().handles, before);
}

/* More than Wine's count looks at: what stays for good must not hide what comes after it. */
static void handles_are_counted_behind_many_that_stay(void **state)
{
    (void)state;
    unsigned before;

    resources_begin();
    before = resources_now().handles;
    for (unsigned i = 1; i <= 100; i++) {
        CreateEventW(NULL, TRUE, FALSE, NULL);
        assert_int_equal(resources_now().handles, before + i);
    }
}

/* A thread that stays until it may go, or is ended. */
struct guest {
    HANDLE thread;
    HANDLE arrived;
    HANDLE may_go;
};

static DWORD WINAPI stay(LPVOID parameter)
{
    struct guest *guest = parameter;

    SetEvent(guest->arrived);
    return WaitForSingleObject(guest->may_go, 60000);
}

static void invite(struct guest *guest)
{
    guest->arrived = CreateEventW(NULL, TRUE, FALSE, NULL);
    guest->may_go = CreateEventW(NULL, TRUE, FALSE, NULL);
    guest->thread = CreateThread(NULL, 0, stay, guest, 0, NULL);
    WaitForSingleObject(guest->arrived, 60000);
}

static void see_off(struct guest *guest)
{
    SetEvent(guest->may_go);
    WaitForSingleObject(guest->thread, 60000);
    CloseHandle(guest->thread);
    CloseHandle(guest->arrived);
    CloseHandle(guest->may_go);
}

static void threads_are_counted(void **state)
{
    (void)state;
    struct resources before = resources_now();
    struct guest guest;

    invite(&guest);
    assert_int_equal(resources_now().threads, before.threads + 1);
    assert_int_equal(threads_alive_since(before), 1);
    see_off(&guest);
    assert_int_equal(resources_now().threads, before.threads);
    assert_int_equal(threads_alive_since(before), 0);
}

/* No module is told of its end. */
static void a_terminated_thread_is_not_alive(void **state)
{
    (void)state;
    struct resources before = resources_now();
    struct guest guest;

    invite(&guest);
    TerminateThread(guest.thread, 1);
    WaitForSingleObject(guest.thread, 60000);
    assert_int_equal(threads_alive_since(before), 0);
    see_off(&guest);
}

static void of_very_many_threads_the_latest_are_looked_at(void **state)
{
    (void)state;
    struct resources before = resources_now();
    struct guest guest;

    for (int i = 0; i < 300; i++) {
        invite(&guest);
        see_off(&guest);
    }
    invite(&guest);
    assert_int_equal(threads_alive_since(before), 1);
    see_off(&guest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_are_counted),
        cmocka_unit_test(handles_are_counted_behind_many_that_stay),
        cmocka_unit_test(threads_are_counted),
        cmocka_unit_test(a_terminated_thread_is_not_alive),
        cmocka_unit_test(of_very_many_threads_the_latest_are_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
