#include "engine/judge.h"

#include <stdio.h>
#include <string.h>

#include "engine/needs.h"
#include "engine/registry.h"
#include "engine/result.h"

const char *phase_case(enum provider_phase phase)
{
    static const char *const names[PHASES] = {
        [PHASE_PATH] = "provider.path",     [PHASE_LOADS] = "provider.loads",
        [PHASE_EXPORTS] = "provider.exports", [PHASE_STARTS] = "provider.starts",
        [PHASE_VERSION] = "provider.version", [PHASE_SLOTS] = "provider.slots",
    };

    return names[phase];
}

enum provider_phase story_failed_phase(const struct provider_story *story)
{
    int p = 0;

    while (p < PHASES && story->phases[p].state == PHASE_DONE) {
        p++;
    }
    return (enum provider_phase)p;
}

void outcome_begin(struct outcome *o, const struct case_instance *instance)
{
    memset(o, 0, sizeof *o);
    o->verdict = VERDICT_PASS;
    o->grade = instance->def->grade;
    source_path(o->file, sizeof o->file, instance->def->file);
    o->line = instance->def->line;
}

bool judge_declaration(const struct host_entry *entry, const struct case_instance *instance,
                       struct outcome *o)
{
    const char *reason = needs_unmet(entry, instance_needs(instance));

    if (reason == NULL) {
        return false;
    }
    outcome_begin(o, instance);
    o->verdict = VERDICT_SKIP;
    snprintf(o->reason, sizeof o->reason, "%s", reason);
    return true;
}

/* Some cases are about a phase: they say what became of it themselves. */
static bool is_about_phase(const struct case_instance *instance, enum provider_phase phase)
{
    return (instance_needs(instance) & UNLOADED) != 0 || strcmp(instance->id, phase_case(phase)) == 0;
}

bool judge_story(const struct provider_story *story, const struct case_instance *instance, struct outcome *o)
{
    enum provider_phase phase = story_failed_phase(story);

    if (phase == PHASES || is_about_phase(instance, phase) || instance->call == CALL_SELFTEST) {
        return false;
    }
    outcome_begin(o, instance);
    o->verdict = VERDICT_UNREACHED;
    snprintf(o->reason, sizeof o->reason, "%s: %s", phase_case(phase), story->phases[phase].observed);
    return true;
}

static const char *call_name(LONG call)
{
    return call >= 0 && call < SPI_CALLS ? spi_call_name((enum spi_call)call) : NULL;
}

/*
 * An exit with a code of this kind is the system's way to end a process for an exception that no filter
 * sees.
 */
static bool is_exception_code(DWORD code)
{
    return (code & 0xC0000000u) == 0xC0000000u;
}

static void tell(struct outcome *o, const char *what, const char *call, const char *elsewhere)
{
    snprintf(o->observed, sizeof o->observed, "%s %s%s", what, call != NULL ? "in " : "",
             call != NULL ? call : elsewhere);
}

static void tell_crash(struct outcome *o, const struct crash_note *note)
{
    char number[16];
    char what[64];

    snprintf(what, sizeof what, "crash %s", crash_name(note->code, number, sizeof number));
    tell(o, what, call_name(note->call),
         note->thread == 0 || note->on_case_thread ? "outside a call" : "on another thread");
}

/*
 * PV-11 besides, where the access was beside a buffer that was good, or a write into what WSPSendDisconnect was
 * given to read.
 */
static void add_guard_statement(struct outcome *o, const struct crash_note *note)
{
    if (o->broken[0] == PV_14
        && (note->guard == GUARD_BESIDE
            || (note->guard == GUARD_READ_ONLY && note->call == SPI_SEND_DISCONNECT))) {
        o->broken[1] = PV_11;
        o->broken[2] = STATEMENT_NONE;
    }
}

/* PV-14 is about the pair: what brings the process down elsewhere breaks what the case is about. */
static void add_pair_statement(struct outcome *o, LONG call)
{
    if (call == SPI_SEND_DISCONNECT || call == SPI_RECV_DISCONNECT) {
        o->broken[0] = PV_14;
        o->broken[1] = STATEMENT_NONE;
    }
}

static void tell_exit(struct outcome *o, DWORD code, LONG call)
{
    char what[32];

    if (code == WORKER_LOST_HANDLES) {
        snprintf(o->observed, sizeof o->observed, "handles of the host were closed");
        return;
    }
    snprintf(what, sizeof what, "exit %lu", (unsigned long)code);
    tell(o, what, call_name(call), "outside a call");
}

bool judge_death(const struct worker *w, enum worker_state state, struct outcome *o, struct crash_note *note)
{
    const struct trace_call *last = trace_last_under_way(&w->shared->trace);
    LONG call = last != NULL ? (LONG)last->call : (LONG)SPI_CALLS;
    DWORD code = state == WORKER_ENDED ? worker_exit_code(w) : 0;
    bool noted = w->shared->crash.state != CRASH_NONE;

    *note = w->shared->crash;
    o->micros = ((LONGLONG)GetTickCount64() - w->shared->attempt) * 1000;
    o->verdict = VERDICT_CRASH;
    if (o->expected[0] == '\0') {
        snprintf(o->expected, sizeof o->expected, "an answer");
    }
    o->reason[0] = '\0';
    if (!noted && state == WORKER_LATE) {
        o->verdict = VERDICT_HANG;
        tell(o, "hang", call_name(call), "outside a call");
        snprintf(o->reason, sizeof o->reason, "no answer within %lu ms", (unsigned long)w->shared->timeout);
        return false;
    }
    if (!noted && !is_exception_code(code)) {
        tell_exit(o, code, call);
        add_pair_statement(o, call);
        return false;
    }
    if (!noted) {
        note->code = code;
        note->call = call;
    }
    tell_crash(o, note);
    add_pair_statement(o, note->call);
    add_guard_statement(o, note);
    return true;
}

void judge_open_crash(const struct case_instance *instance, struct outcome *o)
{
    if (instance->def->crash_is_answer) {
        o->verdict = VERDICT_PASS;
        o->broken[0] = STATEMENT_NONE;
        snprintf(o->reason, sizeof o->reason, "a crash is not graded here");
    }
}
