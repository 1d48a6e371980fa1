#include "engine/supervisor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/here.h"
#include "engine/judge.h"
#include "engine/random.h"
#include "engine/records.h"
#include "engine/registry.h"
#include "engine/report.h"

/* A worker, and what it has done. */
struct room {
    struct worker worker;
    const char *performed[RESULT_AFTER_MAX]; /* the last one last */
    unsigned performed_count;
};

struct supervisor {
    struct run *run;
    struct supervisor *below; /* judges the stack below a layered entry; or NULL */
    bool silent;              /* a supervisor of a stack below: it writes no records */
    struct room shared;       /* the provider is loaded there */
    struct room own;          /* for cases that start the provider themselves */
    const struct host_entry *entry;
    size_t *order; /* indexes of the selected instances */
    size_t order_count;
    bool opened;     /* the shared worker was told to load the provider */
    bool close_died; /* clean-up or unloading did not come to an end: not tried again */
    bool load_died;  /* load or WSPStartup crashed or hung: not tried again */
    bool announced;  /* the provider record is written */
    bool hook_called;
    unsigned counts[VERDICTS];
    struct outcome death; /* of the load, for the case of its phase */
    bool death_by_exception;
    struct crash_note death_note;
    struct crash_note crash;     /* of the result at hand */
    struct trace kept_trace;     /* of a load that died, of a case that is run again */
    struct provider_story story; /* as the load left it */
};

struct supervisor *supervisor_create(struct run *run)
{
    struct supervisor *s = calloc(1, sizeof *s);

    if (s == NULL) {
        return NULL;
    }
    s->run = run;
    s->order = calloc(registry_count() + 1, sizeof *s->order);
    if (s->order == NULL || !worker_create(&s->shared.worker) || !worker_create(&s->own.worker)) {
        supervisor_destroy(s);
        return NULL;
    }
    return s;
}

static void forget_below(struct supervisor *s);

void supervisor_destroy(struct supervisor *s)
{
    forget_below(s);
    worker_destroy(&s->shared.worker);
    worker_destroy(&s->own.worker);
    free(s->order);
    free(s);
}

static void note_hook(struct supervisor *s, const struct worker *w)
{
    s->hook_called = s->hook_called || w->shared->trace.hook_called > 0 || w->shared->hook_use == HOOK_USED;
}

/* Nothing of the provider runs any more: what happens at its end is the subject of cases of its own. */
static void end_worker(struct supervisor *s, struct room *room)
{
    if (room->worker.process != NULL) {
        note_hook(s, &room->worker);
    }
    worker_end(&room->worker);
    room->performed_count = 0;
    if (room == &s->shared) {
        s->opened = false;
    }
}

static bool start_worker(struct worker *w)
{
    struct shared *shared = w->shared;

    memset(&shared->crash, 0, sizeof shared->crash);
    memset(&shared->outcome, 0, sizeof shared->outcome);
    memset(&shared->trace, 0, sizeof shared->trace);
    return worker_start(w);
}

static const char no_worker[] = "no worker process could be started";

/* The suite's own fault: this case has no verdict of the provider. */
static void fail_suite(struct outcome *o, const struct case_instance *instance, const char *what)
{
    outcome_begin(o, instance);
    o->verdict = VERDICT_ERROR;
    snprintf(o->reason, sizeof o->reason, "%s (error %lu of the system)", what,
             (unsigned long)GetLastError());
}

static void announce(struct supervisor *s)
{
    if (!s->announced) {
        s->announced = true;
        if (!s->silent) {
            records_provider(s->entry, &s->story, s->run->selected);
        }
    }
}

/*
 * The load brought the process down or never ended: a verdict for the case of the phase that was under way.
 */
static void bury_load(struct supervisor *s, enum worker_state state)
{
    enum provider_phase phase = story_failed_phase(&s->story);
    struct phase_story *story = &s->story.phases[phase < PHASES ? phase : PHASE_SLOTS];

    memset(&s->death, 0, sizeof s->death);
    snprintf(s->death.expected, sizeof s->death.expected, "%s", story->expected);
    s->death_by_exception = judge_death(&s->shared.worker, state, &s->death, &s->death_note);
    story->state = PHASE_FAILED;
    snprintf(story->observed, sizeof story->observed, "%.*s", HOST_NAME_BYTES - 1, s->death.observed);
    s->kept_trace = s->shared.worker.shared->trace;
    s->load_died = true;
}

/* Have the provider loaded in the shared worker. Afterwards the story says what became of it. False: no
 * worker. */
static bool load(struct supervisor *s)
{
    struct shared *shared = s->shared.worker.shared;
    enum worker_state state;

    memset(shared->story.phases, 0,
           sizeof shared->story.phases); /* which file it is, is known from the first load */
    state = worker_do(&s->shared.worker, COMMAND_LOAD, 0);
    if (state == WORKER_NEVER_BEGAN) {
        return false;
    }
    s->opened = true;
    s->story = shared->story;
    if (state != WORKER_ANSWERED) {
        bury_load(s, state);
        end_worker(s, &s->shared);
    }
    announce(s);
    return true;
}

/* The shared worker with the provider loaded in it; after a load that died, one in which it is only named. */
static bool have_shared_worker(struct supervisor *s)
{
    struct worker *w = &s->shared.worker;

    if (w->process == NULL && !start_worker(w)) {
        return false;
    }
    if (s->load_died) {
        w->shared->story = s->story;
    } else if (!s->opened) {
        if (!load(s)) {
            return false;
        }
        return w->process != NULL || have_shared_worker(s);
    }
    return true;
}

/*
 * A worker in which the provider is not loaded. What an earlier case has left loaded is closed first; a
 * provider that does not survive that (a case of its own says so) gets a fresh worker for each of these
 * cases.
 */
static bool have_own_worker(struct supervisor *s)
{
    struct worker *w = &s->own.worker;

    if (w->process != NULL && (s->close_died || s->run->options->isolation == ISOLATION_CASE)) {
        end_worker(s, &s->own);
    } else if (w->process != NULL && worker_do(w, COMMAND_CLOSE, 0) != WORKER_ANSWERED) {
        s->close_died = true;
        end_worker(s, &s->own);
    }
    w->shared->hook_use = s->shared.worker.shared->hook_use;
    w->shared->story = s->story;
    return w->process != NULL || start_worker(w);
}

/* The room's worker, ready for a case. False: there is none. */
static bool have_worker(struct supervisor *s, struct room *room)
{
    return room == &s->own ? have_own_worker(s) : have_shared_worker(s);
}

static void note_performed(struct room *room, const struct case_instance *instance)
{
    if (room->performed_count == RESULT_AFTER_MAX) {
        memmove(room->performed, room->performed + 1, (RESULT_AFTER_MAX - 1) * sizeof room->performed[0]);
        room->performed_count--;
    }
    room->performed[room->performed_count++] = instance->id;
}

static void judge_end(struct supervisor *s, const struct worker *w, struct result *r, enum worker_state state)
{
    bool exception = judge_death(w, state, &r->outcome, &s->crash);

    r->crash = exception ? &s->crash : NULL;
    if (exception) {
        judge_open_crash(r->instance, &r->outcome);
    }
}

/* What lets a worker go on with the next case. */
static bool leaves_worker_whole(enum verdict v)
{
    return v == VERDICT_PASS || v == VERDICT_TOLERATED || v == VERDICT_UNREACHED || v == VERDICT_SKIP;
}

/* Perform the case in the worker: its outcome, its calls, and the end of the worker if it comes to that. */
static void perform_in(struct supervisor *s, struct room *room, struct result *r)
{
    struct worker *w = &room->worker;
    enum worker_state state;

    outcome_begin(&w->shared->outcome, r->instance);
    state = worker_do(w, COMMAND_RUN, (LONG)registry_index(r->instance));
    r->outcome = w->shared->outcome;
    r->trace = &w->shared->trace;
    if (state == WORKER_NEVER_BEGAN) {
        fail_suite(&r->outcome, r->instance, no_worker);
    } else if (state != WORKER_ANSWERED) {
        judge_end(s, w, r, state);
    } else if (leaves_worker_whole(r->outcome.verdict)) {
        note_performed(room, r->instance);
        return;
    }
    end_worker(s, room);
}

/*
 * The load died: the verdict of its phase, or, where the first load of the entry went well, of the case at
 * hand.
 */
static void judge_load_death(struct supervisor *s, struct result *r)
{
    struct outcome *o = &r->outcome;

    outcome_begin(o, r->instance);
    o->verdict = s->death.verdict;
    memcpy(o->expected, s->death.expected, sizeof o->expected);
    memcpy(o->observed, s->death.observed, sizeof o->observed);
    memcpy(o->reason, s->death.reason, sizeof o->reason);
    r->trace = &s->kept_trace;
    r->crash = s->death_by_exception ? &s->death_note : NULL;
}

/*
 * Red in a worker that had done other cases: once more, alone in a fresh one. What is red there too is
 * reported from there; what passes there stays red, and depends on what was before.
 */
static void perform_again_alone(struct supervisor *s, struct room *room, struct result *r)
{
    struct result again = {.entry = r->entry, .instance = r->instance, .repeat = r->repeat};
    struct crash_note first_crash = s->crash;

    s->kept_trace = room->worker.shared->trace;
    r->trace = &s->kept_trace;
    if (!have_worker(s, room) || (room == &s->shared && s->load_died)) {
        return;
    }
    perform_in(s, room, &again);
    if (verdict_is_red(again.outcome.verdict, false)) {
        *r = again;
        return;
    }
    s->crash = first_crash;
    r->order_dependent = true;
}

static void perform_and_confirm(struct supervisor *s, struct room *room, struct result *r)
{
    unsigned count = room->performed_count;
    const char *before[RESULT_AFTER_MAX];

    memcpy(before, room->performed, sizeof before);
    perform_in(s, room, r);
    if (count > 0 && (r->outcome.verdict == VERDICT_FAIL || r->outcome.verdict == VERDICT_CRASH)) {
        perform_again_alone(s, room, r);
        if (r->order_dependent) {
            memcpy(r->after, before, sizeof before);
            r->after_count = count;
        }
    }
}

/* A verdict without the case being performed, where there is one. */
static bool judge_without(struct supervisor *s, struct result *r)
{
    if (judge_declaration(s->entry, r->instance, &r->outcome)) {
        return true;
    }
    if (s->load_died && strcmp(phase_case(story_failed_phase(&s->story)), r->instance->id) == 0) {
        judge_load_death(s, r);
        return true;
    }
    return s->announced && judge_story(&s->story, r->instance, &r->outcome);
}

/* Cases that start the provider themselves have a worker to themselves, and leave the shared one as it is. */
static void judge_in_own_worker(struct supervisor *s, struct result *r)
{
    if (!have_own_worker(s)) {
        fail_suite(&r->outcome, r->instance, no_worker);
        return;
    }
    perform_and_confirm(s, &s->own, r);
}

static void judge_in_shared_worker(struct supervisor *s, struct result *r)
{
    bool died_before = s->load_died;

    if (s->run->options->isolation == ISOLATION_CASE && s->shared.performed_count > 0) {
        end_worker(s, &s->shared);
    }
    if (!have_shared_worker(s)) {
        fail_suite(&r->outcome, r->instance, no_worker);
    } else if (s->load_died && !died_before && (instance_needs(r->instance) & UNLOADED) == 0) {
        judge_load_death(s, r);
    } else {
        perform_and_confirm(s, &s->shared, r);
    }
}

/* The first load of the entry comes before its first case: the provider record tells of it. */
static void load_first(struct supervisor *s)
{
    if (s->run->options->isolation == ISOLATION_NONE) {
        here_load(s->shared.worker.shared, s->run, s->entry);
        s->story = s->shared.worker.shared->story;
        announce(s);
        here_announced();
    } else if (!have_shared_worker(s)) {
        announce(s);
    }
}

static void judge_instance(struct supervisor *s, struct result *r)
{
    if (judge_without(s, r)) {
        return;
    }
    if (s->run->options->isolation == ISOLATION_NONE) {
        here_perform(r);
    } else if ((instance_needs(r->instance) & OWN_STARTUP) != 0) {
        judge_in_own_worker(s, r);
    } else {
        judge_in_shared_worker(s, r);
    }
}

static void begin_block(struct supervisor *s, struct shared *block)
{
    memset(block, 0, offsetof(struct shared, entry));
    block->entry = *s->entry;
    block->patience = s->run->options->timeout / 2;
    block->timeout = s->run->options->isolation == ISOLATION_NONE ? INFINITE : s->run->options->timeout;
}

static void begin_entry(struct supervisor *s, const struct host_entry *entry)
{
    s->entry = entry;
    s->opened = false;
    s->load_died = false;
    s->close_died = false;
    s->announced = false;
    s->hook_called = false;
    memset(s->counts, 0, sizeof s->counts);
    s->order_count = 0;
    memset(&s->story, 0, sizeof s->story);
    begin_block(s, s->shared.worker.shared);
    begin_block(s, s->own.worker.shared);
    for (size_t i = 0; i < registry_count(); i++) {
        if (s->run->selected[i]) {
            s->order[s->order_count++] = i;
        }
    }
}

/* The supervisor of the stack below, made when first needed. NULL: there is none, or no memory for it. */
static struct supervisor *have_below(struct supervisor *s)
{
    struct host_entry *lower;

    if (s->below != NULL || s->entry->layer_count == 1) {
        return s->below;
    }
    lower = host_entry_below(s->entry);
    s->below = lower != NULL ? supervisor_create(s->run) : NULL;
    if (s->below == NULL) {
        host_entry_free(lower);
        return NULL;
    }
    s->below->silent = true;
    begin_entry(s->below, lower);
    return s->below;
}

static void forget_below(struct supervisor *s)
{
    if (s->below != NULL) {
        struct host_entry *lower = (struct host_entry *)s->below->entry;

        supervisor_destroy(s->below);
        host_entry_free(lower);
        s->below = NULL;
    }
}

/* Which layer broke a case that is red: the lowest one whose own stack is red in it too. */
static const char *find_blame(struct supervisor *s, const struct case_instance *instance)
{
    struct supervisor *below = have_below(s);
    struct result r = {.instance = instance, .repeat = 1};

    if (below == NULL) {
        return s->entry->layers[0].name;
    }
    r.entry = below->entry;
    judge_instance(below, &r);
    return verdict_is_red(r.outcome.verdict, false) ? find_blame(below, instance) : s->entry->layers[0].name;
}

static bool wants_blame(const struct supervisor *s, const struct result *r)
{
    return s->entry->layer_count > 1 && s->run->options->isolation != ISOLATION_NONE
           && verdict_is_red(r->outcome.verdict, false) && r->outcome.verdict != VERDICT_ERROR;
}

static void judge(struct supervisor *s, const struct case_instance *instance, unsigned repeat)
{
    struct result r = {.entry = s->entry, .instance = instance, .repeat = repeat};

    judge_instance(s, &r);
    if (wants_blame(s, &r)) {
        r.blame = find_blame(s, instance);
    }
    s->counts[r.outcome.verdict]++;
    run_emit(s->run, &r);
}

static void judge_all(struct supervisor *s)
{
    const struct options *o = s->run->options;
    uint64_t random = o->seed;

    for (unsigned repeat = 1; repeat <= o->repeat; repeat++) {
        if (o->shuffle) {
            random_shuffle(s->order, s->order_count, &random);
        }
        for (size_t i = 0; i < s->order_count && s->run->stopped == 0; i++) {
            judge(s, registry_at(s->order[i]), repeat);
        }
    }
}

void supervisor_judge(struct supervisor *s, const struct host_entry *entry)
{
    forget_below(s);
    begin_entry(s, entry);
    load_first(s);
    judge_all(s);
    if (s->run->options->isolation == ISOLATION_NONE) {
        note_hook(s, &s->shared.worker);
        here_unload();
    } else {
        end_worker(s, &s->shared);
        end_worker(s, &s->own);
    }
    if (s->run->stopped == 0) {
        records_provider_end(entry, s->hook_called);
        report_entry(s->run->options, entry, s->counts);
    }
}
