#include "engine/perform.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/crash.h"
#include "engine/growth.h"
#include "engine/registry.h"
#include "host/calls.h"
#include "host/memory.h"
#include "host/story.h"

#define ATTEMPTS 5
#define UNDO_MAX 256

struct undo {
    void (*function)(void *);
    void *argument;
};

static struct shared *shared;
static const struct case_instance *running;
static struct undo undos[UNDO_MAX];
static size_t undo_count;
static bool body_ended;
static struct resources held; /* after the case before: asking costs more than many a case */
static bool held_is_known;
static bool heap_was_damaged; /* by loading: that is not told again of every case */

static const int crash_signals[] = {SIGSEGV, SIGFPE, SIGILL};
#define SIGNALS (sizeof crash_signals / sizeof crash_signals[0])
static void (*handlers[SIGNALS])(int);

enum case_call this_call(void)
{
    return running->call;
}

enum case_side this_side(void)
{
    return running->side;
}

const void *this_row(void)
{
    return running->row;
}

struct outcome *outcome_current(void)
{
    return &shared->outcome;
}

const struct provider_story *story_current(void)
{
    return &shared->story;
}

DWORD case_patience(void)
{
    return shared->patience;
}

enum hook_use case_hook_use(void)
{
    return (enum hook_use)shared->hook_use;
}

void case_set_hook_use(enum hook_use use)
{
    shared->hook_use = (LONG)use;
}

void case_defer(void (*undo)(void *), void *argument)
{
    if (undo_count == UNDO_MAX) {
        undo(argument);
        shared->outcome.verdict = VERDICT_ERROR;
        snprintf(shared->outcome.reason, sizeof shared->outcome.reason,
                 "the case defers more than %d functions", UNDO_MAX);
        _fail(__FILE__, __LINE__);
    }
    undos[undo_count].function = undo;
    undos[undo_count].argument = argument;
    undo_count++;
}

static LONGLONG micros_now(void)
{
    LARGE_INTEGER now;
    LARGE_INTEGER frequency;

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return now.QuadPart / frequency.QuadPart * 1000000
           + now.QuadPart % frequency.QuadPart * 1000000 / frequency.QuadPart;
}

/*
 * CMocka 2 has the C runtime hand it the signals of a crash, which go before the unhandled-exception filter.
 * A case runs with the handlers that were there before CMocka: none, or the provider's own.
 */
static void keep_signals(void)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        handlers[i] = signal(crash_signals[i], SIG_DFL);
        signal(crash_signals[i], handlers[i]);
    }
}

static void arm(void)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        signal(crash_signals[i], handlers[i]);
    }
    crash_arm();
}

static void test_body(void **state)
{
    (void)state;
    arm();
    running->def->body();
    body_ended = true;
}

/* Undoing calls the provider too, and may crash: that is still this case. */
static int test_undo(void **state)
{
    (void)state;
    arm();
    while (undo_count > 0) {
        undo_count--;
        undos[undo_count].function(undos[undo_count].argument);
    }
    return 0;
}

static void begin_outcome(void)
{
    struct outcome *o = &shared->outcome;

    memset(o, 0, sizeof *o);
    o->verdict = VERDICT_PASS;
    o->grade = running->def->grade;
    source_path(o->file, sizeof o->file, running->def->file);
    o->line = running->def->line;
}

/* CMocka has a case failed that no expectation ended: an assertion of its own, or a failing undo. */
static void judge_cmocka(int failed)
{
    struct outcome *o = &shared->outcome;
    bool judged = o->verdict != VERDICT_PASS && o->verdict != VERDICT_TOLERATED;

    if (!judged && (failed != 0 || !body_ended)) {
        o->verdict = VERDICT_ERROR;
        snprintf(o->reason, sizeof o->reason, "the case was ended without a verdict");
    }
}

static void add_broken(struct outcome *o, enum statement s)
{
    size_t i = 0;

    while (i < OUTCOME_BROKEN && o->broken[i] != STATEMENT_NONE && o->broken[i] != s) {
        i++;
    }
    if (i < OUTCOME_BROKEN) {
        o->broken[i] = s;
    }
}

static bool may_still_fail(const struct outcome *o)
{
    return o->verdict == VERDICT_PASS || o->verdict == VERDICT_TOLERATED || o->verdict == VERDICT_UNREACHED;
}

/* What the case's own expectations did not see. A verdict that is red already only gains the statement. */
static void fail_always_on(enum verdict verdict, enum statement s, const char *expected, const char *observed)
{
    struct outcome *o = &shared->outcome;

    add_broken(o, s);
    if (!may_still_fail(o)) {
        return;
    }
    o->verdict = verdict;
    snprintf(o->expected, sizeof o->expected, "%s", expected);
    snprintf(o->observed, sizeof o->observed, "%s", observed);
    snprintf(o->reason, sizeof o->reason, "%s (checked in every case)", statement_text(s)->text);
    source_path(o->file, sizeof o->file, running->def->file);
    o->line = running->def->line;
}

static void judge_breaches(void)
{
    const struct trace *t = &shared->trace;
    LONG kept = t->breach_count < TRACE_BREACHES ? t->breach_count : TRACE_BREACHES;

    for (LONG i = 0; i < kept; i++) {
        const struct trace_breach *b = &t->breaches[i];

        fail_always_on(VERDICT_FAIL, b->statement, "nothing out of contract", b->text);
    }
}

static void judge_memory(void)
{
    if (!heap_was_damaged && !heaps_valid()) {
        fail_always_on(VERDICT_FAIL, PV_11, "heaps stay valid", "a heap is damaged");
    }
}

/*
 * One attempt: the body and what it deferred, as one CMocka test, and the checks that need no second
 * attempt.
 */
static void attempt(void)
{
    const struct CMUnitTest tests[] = {
        {running->id, test_body, NULL, test_undo, NULL},
    };
    LONGLONG begin;
    int failed;

    InterlockedExchange64(&shared->attempt, (LONGLONG)GetTickCount64());
    trace_clear();
    spi_forget_sockets();
    begin_outcome();
    undo_count = 0;
    body_ended = false;
    keep_signals();
    begin = micros_now();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    shared->outcome.micros = micros_now() - begin;
    crash_arm();
    judge_cmocka(failed);
    guard_check_all();
    guard_release_all();
    judge_breaches();
    judge_memory();
}

/*
 * The call of the pair that took longest in this attempt, and how long the calls of the pair took together.
 */
static LONGLONG pair_time(enum spi_call *slowest)
{
    const struct trace *t = &shared->trace;
    LONGLONG longest = -1;
    LONGLONG total = 0;

    for (int i = 0; i < TRACE_CALLS; i++) {
        const struct trace_call *c = &t->calls[i];

        if (c->state == TRACE_RETURNED
            && (c->call == SPI_SEND_DISCONNECT || c->call == SPI_RECV_DISCONNECT)) {
            total += c->micros;
            if (c->micros > longest) {
                longest = c->micros;
                *slowest = c->call;
            }
        }
    }
    return total;
}

/*
 * A call of the pair that seemed to block is given more chances on fresh sockets: a busy machine is no fault
 * of the provider. What has spent a case's whole time in calls of the pair, more than once, needs no further
 * proof.
 */
static void repeat_while_slow(void)
{
    enum spi_call slowest = SPI_SEND_DISCONNECT;
    LONGLONG spent = 0;

    for (int attempts = 1; may_still_fail(&shared->outcome) && shared->trace.slow_pair_calls > 0;
         attempts++) {
        char observed[64];

        spent += pair_time(&slowest);
        if (attempts == ATTEMPTS || (attempts > 1 && spent / 1000 > (LONGLONG)shared->timeout)) {
            snprintf(observed, sizeof observed, "hang in %s", spi_call_name(slowest));
            fail_always_on(VERDICT_HANG, slowest == SPI_SEND_DISCONNECT ? SD_17 : RD_18,
                           "the call never blocks", observed);
            return;
        }
        attempt();
    }
}

static bool grew(struct resources before, struct resources after)
{
    return after.handles > before.handles || after.threads > before.threads;
}

/*
 * What grew in the first attempt, after that before, is looked at again. A thread is noted when it begins to
 * run, which may be an attempt late: so the count may be one behind, and in the end those that stay are
 * looked at.
 */
static void repeat_while_growing(struct resources before, struct resources after)
{
    bool handles = after.handles > before.handles;
    bool threads = after.threads > before.threads;
    struct resources last = after;

    for (int i = 0; i < ATTEMPTS; i++) {
        struct resources now;

        attempt();
        now = resources_now();
        handles = handles && now.handles > last.handles;
        threads = threads && now.threads >= after.threads + i;
        last = now;
        if (!may_still_fail(&shared->outcome) || (!handles && !threads)) {
            return;
        }
    }
    if (threads) {
        wait_for_threads_since(before, case_patience());
        threads = threads_alive_since(before) > ATTEMPTS;
    }
    if (handles || threads) {
        fail_always_on(VERDICT_FAIL, PV_12, "nothing grows with repetition",
                       handles && threads ? "handles and threads grow with every repetition"
                       : handles          ? "handles grow with every repetition"
                                          : "threads grow with every repetition");
    }
}

static void attempts(const struct case_instance *instance)
{
    struct resources before;

    if ((instance_needs(instance) & (OWN_STARTUP | UNLOADED)) != 0) {
        held_is_known = false;
        attempt();
        return;
    }
    before = held_is_known ? held : resources_now();
    attempt();
    repeat_while_slow();
    held = resources_now();
    held_is_known = true;
    if (may_still_fail(&shared->outcome) && grew(before, held)) {
        repeat_while_growing(before, held);
        held = resources_now();
    }
}

void perform(const struct case_instance *instance)
{
    running = instance;
    SetEnvironmentVariableA("WSPCHECK_CASE", instance->id);
    attempts(instance);
    SetEnvironmentVariableA("WSPCHECK_CASE", NULL);
}

/*
 * CMocka prints a case's progress and its failures; the records say all that. As XML it writes once a case
 * and to stdout only, never to the debugger, which is slow under Wine.
 */
static void silence_cmocka(void)
{
    static char buffer[4096];

    _putenv("CMOCKA_MESSAGE_OUTPUT=");
    _putenv("CMOCKA_XML_FILE=");
    cmocka_set_message_output(CM_OUTPUT_XML);
    /* As bytes: before it writes text, the C library asks each time whether that goes to a console. */
    if (freopen("NUL", "wb", stdout) != NULL) {
        setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    }
    if (freopen("NUL", "w", stderr) == NULL) {
        fclose(stderr);
    }
}

void perform_begin(struct shared *block)
{
    shared = block;
    trace_use(&shared->trace);
    silence_cmocka();
    resources_begin();
}

/* Of WSPStartup, or of loading the DLL where it did not come to that: heaps are looked at once for both. */
static void tell_damage(struct provider_story *story)
{
    enum provider_phase phase = story->phases[PHASE_STARTS].state == PHASE_DONE ? PHASE_STARTS : PHASE_LOADS;

    if (story->phases[phase].state == PHASE_DONE) {
        story_fail(story, phase, "a heap is damaged",
                   "the provider wrote outside its memory while it was loaded and started");
    }
}

void perform_load(void)
{
    provider_open(&shared->entry, &shared->story);
    heap_was_damaged = !heaps_valid();
    if (heap_was_damaged) {
        tell_damage(&shared->story);
    }
    resources_begin();
    held_is_known = false;
}
