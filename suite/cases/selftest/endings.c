/* Ways to bring a process down, or to never come back. */
#include <winsock2.h>
#include <stdlib.h>
#include <string.h>

#include "engine/case.h"
#include "engine/expect.h"

struct ending {
    struct case_row row;
    void (*end)(void);
};

static void read_nowhere(void)
{
    const volatile int *volatile nowhere = (const int *)(ULONG_PTR)16;

    (void)*nowhere;
}

/* Never deep enough: the condition is not known to the compiler. */
static int sink(volatile char *above)
{
    volatile char frame[4096];

    memset((void *)frame, above[0], sizeof frame);
    return frame[17] != above[0] ? 0 : sink(frame) + frame[0];
}

static void use_up_stack(void)
{
    volatile char first[4096] = {1};

    sink(first);
}

static void divide_by_zero(void)
{
    volatile int zero = 0;
    volatile int one = 1;

    one = one / zero;
}

static void raise_strange(void)
{
    RaiseException(0xE0000017u, 0, 0, NULL);
}

static DWORD WINAPI crash_on_thread(void *unused)
{
    (void)unused;
    read_nowhere();
    return 0;
}

static void crash_elsewhere(void)
{
    HANDLE thread = CreateThread(NULL, 0, crash_on_thread, NULL, 0, NULL);

    WaitForSingleObject(thread, INFINITE);
}

static void undo_crash(void *unused)
{
    (void)unused;
    read_nowhere();
}

static void crash_in_undo(void)
{
    case_defer(undo_crash, NULL);
}

static const struct ending crashes[] = {
    {ROW("read"), read_nowhere},
    {ROW("stack"), use_up_stack},
    {ROW("division"), divide_by_zero},
    {ROW("exception"), raise_strange},
    {ROW("other_thread"), crash_elsewhere},
    {ROW("undo"), crash_in_undo},
};

/* Must crash. */
CASE(crashes, SELFTEST, ROWS(crashes))
{
    ((const struct ending *)this_row())->end();
}

static void exit_with_0(void)
{
    ExitProcess(0);
}

static void exit_with_7(void)
{
    exit(7);
}

static void end_thread(void)
{
    ExitThread(9);
}

static void terminate(void)
{
    TerminateProcess(GetCurrentProcess(), 11);
}

static const struct ending exits[] = {
    {ROW("exit_process"), exit_with_0},
    {ROW("exit"), exit_with_7},
    {ROW("last_thread"), end_thread},
    {ROW("terminate"), terminate},
    {ROW("abort"), abort},
};

/* Must crash: the process is left, without an exception. */
CASE(exits, SELFTEST, ROWS(exits))
{
    ((const struct ending *)this_row())->end();
}

static void loop(void)
{
    volatile bool on = true;

    while (on) {
    }
}

static void wait_for_ever(void)
{
    Sleep(INFINITE);
}

static const struct ending hangs[] = {
    {ROW("loop"), loop},
    {ROW("wait"), wait_for_ever},
};

/* Must hang: ended at the deadline. */
CASE(hangs, SELFTEST, ROWS(hangs))
{
    ((const struct ending *)this_row())->end();
}
