/* Workers that end before they come to our own code: this program, started as a worker, ends as often as asked. */
#include "unit.h"
#include <shellapi.h>

#include "engine/process.h"
#include "engine/worker.h"

#define ENDS_AT_ONCE 77

/* How many workers still have to end at once. */
static HANDLE to_end;

static HANDLE open_to_end(DWORD of_process)
{
    WCHAR name[64];

    swprintf(name, 64, L"Local\\wspcheck-process-test-%lu", (unsigned long)of_process);
    return CreateSemaphoreW(NULL, 0, 100, name);
}

static int set_up(void **state)
{
    static struct worker w;

    *state = &w;
    if (!worker_create(&w)) {
        return -1;
    }
    w.shared->timeout = 20000;
    return 0;
}

static int tear_down(void **state)
{
    worker_destroy(*state);
    while (WaitForSingleObject(to_end, 0) == WAIT_OBJECT_0) {
    }
    return 0;
}

static void a_worker_answers(void **state)
{
    struct worker *w = *state;

    assert_true(worker_start(w));
    assert_int_equal(worker_do(w, COMMAND_LOAD, 0), WORKER_ANSWERED);
    assert_true(w->greeted);
}

static void another_one_takes_the_place_of_one_that_never_began(void **state)
{
    struct worker *w = *state;

    ReleaseSemaphore(to_end, 2, NULL);
    assert_true(worker_start(w));
    assert_int_equal(worker_do(w, COMMAND_LOAD, 0), WORKER_ANSWERED);
}

static void it_is_said_when_none_begins(void **state)
{
    struct worker *w = *state;

    ReleaseSemaphore(to_end, 100, NULL);
    assert_true(worker_start(w));
    assert_int_equal(worker_do(w, COMMAND_LOAD, 0), WORKER_NEVER_BEGAN);
    assert_int_equal(GetLastError(), ENDS_AT_ONCE);
}

static void one_that_began_has_no_successor(void **state)
{
    struct worker *w = *state;

    assert_true(worker_start(w));
    assert_int_equal(worker_do(w, COMMAND_LOAD, 0), WORKER_ANSWERED);
    TerminateProcess(w->process, 5);
    assert_int_equal(worker_do(w, COMMAND_LOAD, 0), WORKER_ENDED);
    assert_int_equal(worker_exit_code(w), 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* As wspcheck.exe does it: PROGRAM worker HANDLE HANDLE HANDLE; the process that asks is told by a variable. */
static int be_worker(int count, wchar_t **arguments)
{
    wchar_t asker[16];

    GetEnvironmentVariableW(L"WSPCHECK_PROCESS_TEST", asker, 16);
    to_end = open_to_end(wcstoul(asker, NULL, 10));
    if (WaitForSingleObject(to_end, 0) == WAIT_OBJECT_0) {
        TerminateProcess(GetCurrentProcess(), ENDS_AT_ONCE);
    }
    return worker_main((size_t)count - 2, arguments + 2);
}

static int be_test(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_worker_answers),
        TEST(another_one_takes_the_place_of_one_that_never_began),
        TEST(it_is_said_when_none_begins),
        TEST(one_that_began_has_no_successor),
    };
    wchar_t own[16];

    swprintf(own, 16, L"%lu", (unsigned long)GetCurrentProcessId());
    SetEnvironmentVariableW(L"WSPCHECK_PROCESS_TEST", own);
    to_end = open_to_end(GetCurrentProcessId());
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    int count = 0;
    wchar_t **arguments = CommandLineToArgvW(GetCommandLineW(), &count);

    return count > 2 && wcscmp(arguments[1], L"worker") == 0 ? be_worker(count, arguments) : be_test();
}
