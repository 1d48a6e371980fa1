/* Threads of a case. */
#include "cases/scenario.h"

#define CASE_THREADS 8

struct case_thread {
    HANDLE handle;
    void (*work)(void *);
    void *argument;
};

static struct case_thread threads[CASE_THREADS];

static DWORD WINAPI thread_main(void *argument)
{
    struct case_thread *t = argument;

    t->work(t->argument);
    return 0;
}

static void end_thread(void *argument)
{
    struct case_thread *t = argument;

    if (t->handle != NULL) {
        WaitForSingleObject(t->handle, INFINITE);
        CloseHandle(t->handle);
        t->handle = NULL;
    }
}

struct case_thread *start_thread(void (*work)(void *), void *argument)
{
    struct case_thread *t = NULL;

    for (size_t i = 0; i < CASE_THREADS && t == NULL; i++) {
        t = threads[i].handle == NULL ? &threads[i] : NULL;
    }
    if (t == NULL) {
        suite_error("a case has %d threads at most", CASE_THREADS);
    }
    t->work = work;
    t->argument = argument;
    t->handle = CreateThread(NULL, 0, thread_main, t, 0, NULL);
    if (t->handle == NULL) {
        suite_error("CreateThread failed with %lu", (unsigned long)GetLastError());
    }
    case_defer(end_thread, t);
    return t;
}

void finish_thread(struct case_thread *t)
{
    end_thread(t);
}

void on_another_thread(void (*work)(void *), void *argument)
{
    finish_thread(start_thread(work, argument));
}
