#include "engine/process.h"

#include <stdio.h>
#include <stdlib.h>

#define END_PATIENCE                                                                                         \
    10000 /* how long the system may take to end a process that is told to, in milliseconds */
#define COMMAND_LINE_CHARS 160
#define STARTS 3             /* so many processes are tried for one command */
#define START_PATIENCE 60000 /* how long one may take until it comes to our own code, in milliseconds */

bool worker_create(struct worker *w)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};

    memset(w, 0, sizeof *w);
    w->mapping =
        CreateFileMappingW(INVALID_HANDLE_VALUE, &inherited, PAGE_READWRITE, 0, sizeof *w->shared, NULL);
    if (w->mapping == NULL) {
        return false;
    }
    w->shared = MapViewOfFile(w->mapping, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    return w->shared != NULL;
}

void worker_destroy(struct worker *w)
{
    worker_end(w);
    if (w->shared != NULL) {
        UnmapViewOfFile(w->shared);
    }
    if (w->mapping != NULL) {
        CloseHandle(w->mapping);
    }
    memset(w, 0, sizeof *w);
}

/* A job that ends with the supervisor, whatever ends that, and takes all that the worker started with it. */
static HANDLE new_job(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    HANDLE job = CreateJobObjectW(NULL, NULL);

    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    if (job != NULL) {
        SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    }
    return job;
}

/* The handles that the worker gets: the last one is its standard input, output and error. */
enum { PASS_MAPPING, PASS_COMMAND, PASS_ANSWER, PASS_NUL, PASSED };

/*
 * Documented since Windows 10, not in every header. With it the process is in its job from the first moment;
 * put there a moment later, it would stay behind, suspended, if the supervisor were killed in between.
 */
#ifndef PROC_THREAD_ATTRIBUTE_JOB_LIST
#define PROC_THREAD_ATTRIBUTE_JOB_LIST 0x0002000d
#endif

/*
 * A worker has no console: it says all that it has to say in the block, and to bring up a console, even one
 * without a window, takes another process and as long as the worker itself.
 */
static bool create_process(HANDLE *passed, LPPROC_THREAD_ATTRIBUTE_LIST attributes, PROCESS_INFORMATION *made)
{
    static WCHAR program[HOST_PATH_CHARS]; /* the same for every thread of the supervisor */
    WCHAR line[COMMAND_LINE_CHARS];
    STARTUPINFOEXW startup = {0};
    DWORD flags = CREATE_SUSPENDED | DETACHED_PROCESS | EXTENDED_STARTUPINFO_PRESENT;

    GetModuleFileNameW(NULL, program, HOST_PATH_CHARS);
    swprintf(line, COMMAND_LINE_CHARS, L"wspcheck worker %llu %llu %llu",
             (unsigned long long)(ULONG_PTR)passed[PASS_MAPPING],
             (unsigned long long)(ULONG_PTR)passed[PASS_COMMAND],
             (unsigned long long)(ULONG_PTR)passed[PASS_ANSWER]);
    startup.StartupInfo.cb = sizeof startup;
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.StartupInfo.hStdInput = passed[PASS_NUL];
    startup.StartupInfo.hStdOutput = passed[PASS_NUL];
    startup.StartupInfo.hStdError = passed[PASS_NUL];
    startup.lpAttributeList = attributes;
    return UpdateProcThreadAttribute(attributes, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, passed,
                                     PASSED * sizeof *passed, NULL, NULL)
           && CreateProcessW(program, line, NULL, NULL, TRUE, flags, NULL, NULL, &startup.StartupInfo, made);
}

static bool create_with_attributes(HANDLE *passed, HANDLE *job, PROCESS_INFORMATION *made)
{
    SIZE_T size = 0;
    LPPROC_THREAD_ATTRIBUTE_LIST attributes;
    bool ok;

    InitializeProcThreadAttributeList(NULL, 2, 0, &size);
    attributes = malloc(size);
    if (attributes == NULL || !InitializeProcThreadAttributeList(attributes, 2, 0, &size)) {
        free(attributes);
        return false;
    }
    if (*job != NULL) {
        /* Where the system does not know it, worker_start assigns the job. */
        UpdateProcThreadAttribute(attributes, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST, job, sizeof *job, NULL,
                                  NULL);
    }
    ok = create_process(passed, attributes, made);
    DeleteProcThreadAttributeList(attributes);
    free(attributes);
    return ok;
}

static bool start_once(struct worker *w)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    HANDLE nul = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                             &inherited, OPEN_EXISTING, 0, NULL);
    PROCESS_INFORMATION made = {0};
    BOOL in_job = FALSE;
    bool ok;

    w->job = new_job();
    w->command = CreateEventW(&inherited, FALSE, FALSE, NULL);
    w->answer = CreateEventW(&inherited, FALSE, FALSE, NULL);
    ok = nul != INVALID_HANDLE_VALUE && w->command != NULL && w->answer != NULL;
    if (ok) {
        HANDLE passed[PASSED] = {w->mapping, w->command, w->answer, nul};

        ok = create_with_attributes(passed, &w->job, &made);
    }
    if (nul != INVALID_HANDLE_VALUE) {
        CloseHandle(nul);
    }
    if (!ok) {
        DWORD why = GetLastError();

        worker_end(w);
        SetLastError(why);
        return false;
    }
    w->process = made.hProcess;
    if (w->job != NULL && (!IsProcessInJob(made.hProcess, w->job, &in_job) || !in_job)) {
        AssignProcessToJobObject(w->job, made.hProcess);
    }
    ResumeThread(made.hThread);
    CloseHandle(made.hThread);
    return true;
}

bool worker_start(struct worker *w)
{
    w->greeted = false;
    for (int start = 1; !start_once(w); start++) {
        if (start == STARTS) {
            return false;
        }
    }
    return true;
}

static enum worker_state wait_for_answer(const struct worker *w, DWORD patience)
{
    HANDLE either[] = {w->answer, w->process};

    switch (WaitForMultipleObjects(2, either, FALSE, patience)) {
    case WAIT_OBJECT_0:
        return WORKER_ANSWERED;
    case WAIT_OBJECT_0 + 1:
        return WORKER_ENDED;
    default:
        return WORKER_LATE;
    }
}

/* A worker answers once by itself, when it has come to our own code. Until then another may take its place. */
static bool greet(struct worker *w)
{
    for (int start = 1; !w->greeted; start++) {
        enum worker_state state = wait_for_answer(w, START_PATIENCE);
        DWORD code = state == WORKER_ENDED ? worker_exit_code(w) : ERROR_TIMEOUT;

        w->greeted = state == WORKER_ANSWERED;
        if (!w->greeted) {
            worker_end(w);
        }
        if (!w->greeted && (start == STARTS || !worker_start(w))) {
            SetLastError(code);
            return false;
        }
    }
    return true;
}

/* The deadline moves when the worker begins another attempt. */
static DWORD time_left(const struct worker *w)
{
    ULONGLONG now = GetTickCount64();
    ULONGLONG deadline = (ULONGLONG)w->shared->attempt + w->shared->timeout;

    return w->shared->timeout == INFINITE ? INFINITE : deadline > now ? (DWORD)(deadline - now) : 0;
}

enum worker_state worker_do(struct worker *w, enum worker_command command, LONG instance)
{
    enum worker_state state;
    DWORD left;

    if (!greet(w)) {
        return WORKER_NEVER_BEGAN;
    }
    w->shared->command = (LONG)command;
    w->shared->instance = instance;
    InterlockedExchange64(&w->shared->attempt, (LONGLONG)GetTickCount64());
    SetEvent(w->command);
    do {
        left = time_left(w);
        state = wait_for_answer(w, left);
    } while (state == WORKER_LATE && left > 0);
    return state;
}

DWORD worker_exit_code(const struct worker *w)
{
    DWORD code = 0;

    GetExitCodeProcess(w->process, &code);
    return code;
}

static void close(HANDLE *handle)
{
    if (*handle != NULL) {
        CloseHandle(*handle);
        *handle = NULL;
    }
}

void worker_end(struct worker *w)
{
    if (w->job != NULL) {
        TerminateJobObject(w->job, 1);
    }
    if (w->process != NULL) {
        TerminateProcess(w->process, 1);
        WaitForSingleObject(w->process, END_PATIENCE);
    }
    close(&w->process);
    close(&w->job);
    close(&w->command);
    close(&w->answer);
}
