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

struct guest {
    HANDLE arrived;
    HANDLE may_go;
};

static DWORD WINAPI stay(LPVOID parameter)
{
    struct guest *guest = parameter;

    SetEvent(guest->arrived);
    return WaitForSingleObject(guest->may_go, 60000);
}

static void threads_are_counted(void **state)
{
    (void)state;
    struct guest guest = {CreateEventW(NULL, TRUE, FALSE, NULL), CreateEventW(NULL, TRUE, FALSE, NULL)};
    long before = resources_now().threads;
    long exactly_before = threads_exactly();
    HANDLE thread = CreateThread(NULL, 0, stay, &guest, 0, NULL);

    WaitForSingleObject(guest.arrived, 60000);
    assert_int_equal(resources_now().threads, before + 1);
    assert_int_equal(threads_exactly(), exactly_before + 1);
    SetEvent(guest.may_go);
    WaitForSingleObject(thread, 60000);
    assert_int_equal(resources_now().threads, before);
    CloseHandle(thread);
    CloseHandle(guest.arrived);
    CloseHandle(guest.may_go);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_are_counted),
        cmocka_unit_test(threads_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
