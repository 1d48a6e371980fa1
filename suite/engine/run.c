#include "engine/run.h"

#include <process.h>
#include <stdlib.h>

#include "engine/console.h"
#include "engine/exit.h"
#include "engine/records.h"
#include "engine/report.h"
#include "engine/supervisor.h"

static bool wants_calls(const struct options *o, enum verdict v)
{
    return o->trace_all || (v != VERDICT_PASS && v != VERDICT_SKIP);
}

void run_emit(struct run *run, const struct result *r)
{
    InterlockedIncrement(&run->counts[r->outcome.verdict]);
    records_result(r, wants_calls(run->options, r->outcome.verdict));
    report_result(run->options, r);
    if (records_failed() != 0 || console_failed()) {
        InterlockedExchange(&run->stopped, 1);
    }
}

/* One job: entry after entry, as long as there are any that no other job took. */
static unsigned __stdcall work(void *argument)
{
    struct run *run = argument;
    struct supervisor *s = supervisor_create(run);
    LONG next;

    if (s == NULL) {
        console_error("out of memory");
        InterlockedExchange(&run->stopped, 1);
        return 1;
    }
    while (run->stopped == 0
           && (next = InterlockedIncrement(&run->next_entry) - 1) < (LONG)run->entry_count) {
        supervisor_judge(s, run->entries[next]);
    }
    supervisor_destroy(s);
    return 0;
}

static void work_in_threads(struct run *run, unsigned jobs)
{
    HANDLE threads[JOBS_MAX];
    unsigned count = 0;

    for (unsigned i = 1; i < jobs; i++) {
        HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, work, run, 0, NULL);

        if (thread != NULL) {
            threads[count++] = thread;
        }
    }
    work(run);
    if (count > 0) {
        WaitForMultipleObjects(count, threads, TRUE, INFINITE);
    }
    while (count > 0) {
        CloseHandle(threads[--count]);
    }
}

static int exit_status(const struct run *run, const unsigned counts[VERDICTS])
{
    unsigned judged = 0;
    bool red = false;

    for (int v = 0; v < VERDICTS; v++) {
        judged += counts[v];
        red = red || (counts[v] > 0 && verdict_is_red((enum verdict)v, run->options->strict));
    }
    if (run->stopped != 0 || counts[VERDICT_ERROR] > 0 || judged == 0) {
        return EXIT_SUITE_FAILED;
    }
    return red ? EXIT_RED : EXIT_NOTHING_RED;
}

/* What could not be written, on stderr, which may be all that is left. */
static void complain(struct run *run)
{
    if (records_failed() != 0) {
        char name[512];

        WideCharToMultiByte(CP_UTF8, 0, run->options->jsonl, -1, name, sizeof name, NULL, NULL);
        name[sizeof name - 1] = '\0';
        console_error(
            "--jsonl %s: writing failed (error %lu), expected room and a reader; what stands there is kept",
            name, records_failed());
        InterlockedExchange(&run->stopped, 1);
    } else if (console_failed()) {
        console_error("stdout: writing failed, expected a reader; the run was ended");
        InterlockedExchange(&run->stopped, 1);
    }
}

int run_all(struct run *run)
{
    struct environment environment;
    unsigned counts[VERDICTS];
    unsigned jobs = run->options->isolation == ISOLATION_NONE ? 1 : run->options->jobs;

    environment_detect(&environment);
    records_run(run->options, &environment);
    work_in_threads(run, jobs < run->entry_count ? jobs : (unsigned)run->entry_count);
    for (int v = 0; v < VERDICTS; v++) {
        counts[v] = (unsigned)run->counts[v];
    }
    if (run->stopped == 0) {
        records_end(counts);
    }
    complain(run);
    report_end(run, counts);
    return exit_status(run, counts);
}
