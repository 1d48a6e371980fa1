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

struct supervisor {
    struct run *run;
    struct supervisor *below;                  /* judges the stack below a layered entry; or NULL */
    bool silent;                               /* a supervisor of a stack below: it writes no records */
    struct worker shared_worker;               /* the provider is loaded there; it does case after case */
    struct worker own_worker;                  /* for one case that starts the provider itself */
    const struct host_entry *entry;
    size_t *order;                             /* indexes of the selected instances */
    size_t order_count;
    bool opened;                               /* the shared worker was told to load the provider */
    bool load_died;                            /* load or WSPStartup crashed or hung: not tried again */
    bool announced;                            /* the provider record is written */
    bool hook_called;
    unsigned counts[VERDICTS];
    struct outcome death;                      /* of the load, for the case of its phase */
    bool death_by_exception;
    struct crash_note death_note;
    struct crash_note crash;                   /* of the result at hand */
    struct trace kept_trace;                   /* of a load that died, of a case that is run again */
    struct provider_story story;               /* as the load left it */
    const char *performed[RESULT_AFTER_MAX];   /* in the shared worker, the last one last */
    unsigned performed_count;
};

struct supervisor *supervisor_create(struct run *run)
{
    struct supervisor *s = calloc(1, sizeof *s);

    if (s == NULL) {
        return NULL;
    }
    s->run = run;
    s->order = calloc(registry_count() + 1, sizeof *s->order);
    if (s->order == NULL || !worker_create(&s->shared_worker) || !worker_create(&s->own_worker)) {
        supervisor_destroy(s);
        return NULL;
    }
    return s;
}

static void forget_below(struct supervisor *s);

void supervisor_destroy(struct supervisor *s)
{
    forget_below(s);
    worker_destroy(&s->shared_worker);
    worker_destroy(&s->own_worker);
    free(s->order);
    free(s);
}

static void note_hook(struct supervisor *s, const struct worker *w)
{
    s->hook_called = s->hook_called || w->shared->trace.hook_called > 0 || w->shared->hook_use == HOOK_USED;
}

/* Nothing of the provider runs any more: what happens at its end is the subject of cases of its own. */
static void end_worker(struct supervisor *s, struct worker *w)
{
    if (w->process != NULL) {
        note_hook(s, w);
    }
    worker_end(w);
    if (w == &s->shared_worker) {
        s->opened = false;
        s->performed_count = 0;
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
    s->death_by_exception = judge_death(&s->shared_worker, state, &s->death, &s->death_note);
    story->state = PHASE_FAILED;
    snprintf(story->observed, sizeof story->observed, "%.*s", HOST_NAME_BYTES - 1, s->death.observed);
    s->kept_trace = s->shared_worker.shared->trace;
    s->load_died = true;
}

/* Have the provider loaded in the shared worker. Afterwards the story says what became of it. False: no
 * worker. */
static bool load(struct supervisor *s)
{
    struct shared *shared = s->shared_worker.shared;
    enum worker_state state;

    memset(shared->story.phases, 0,
           sizeof shared->story.phases); /* which file it is, is known from the first load */
    state = worker_do(&s->shared_worker, COMMAND_LOAD, 0);
    if (state == WORKER_NEVER_BEGAN) {
        return false;
    }
    s->opened = true;
    s->story = shared->story;
    if (state != WORKER_ANSWERED) {
        bury_load(s, state);
        end_worker(s, &s->shared_worker);
    }
    announce(s);
    return true;
}

/* The shared worker with the provider loaded in it; after a load that died, one in which it is only named. */
static bool have_shared_worker(struct supervisor *s)
{
    struct worker *w = &s->shared_worker;

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

static void note_performed(struct supervisor *s, const struct case_instance *instance)
{
    if (s->performed_count == RESULT_AFTER_MAX) {
        memmove(s->performed, s->performed + 1, (RESULT_AFTER_MAX - 1) * sizeof s->performed[0]);
        s->performed_count--;
    }
    s->performed[s->performed_count++] = instance->id;
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
static void perform_in(struct supervisor *s, struct worker *w, struct result *r)
{
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
        note_performed(s, r->instance);
        return;
    }
    end_worker(s, w);
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
static void perform_again_alone(struct supervisor *s, struct result *r)
{
    struct result again = {.entry = r->entry, .instance = r->instance, .repeat = r->repeat};
    struct crash_note first_crash = s->crash;

    s->kept_trace = s->shared_worker.shared->trace;
    r->trace = &s->kept_trace;
    if (!have_shared_worker(s) || s->load_died) {
        return;
    }
    perform_in(s, &s->shared_worker, &again);
    if (verdict_is_red(again.outcome.verdict, false)) {
        *r = again;
        return;
    }
    s->crash = first_crash;
    r->order_dependent = true;
}

static void perform_shared(struct supervisor *s, struct result *r)
{
    unsigned count = s->performed_count;
    const char *before[RESULT_AFTER_MAX];

    memcpy(before, s->performed, sizeof before);
    perform_in(s, &s->shared_worker, r);
    if (count > 0 && (r->outcome.verdict == VERDICT_FAIL || r->outcome.verdict == VERDICT_CRASH)) {
        perform_again_alone(s, r);
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

/* A case that starts the provider itself has a process to itself, and leaves the shared worker as it is. */
static void judge_in_own_worker(struct supervisor *s, struct result *r)
{
    struct worker *w = &s->own_worker;

    w->shared->hook_use = s->shared_worker.shared->hook_use;
    w->shared->story = s->story;
    if (!start_worker(w)) {
        fail_suite(&r->outcome, r->instance, no_worker);
        return;
    }
    perform_in(s, w, r);
    end_worker(s, w);
}

static void judge_in_shared_worker(struct supervisor *s, struct result *r)
{
    bool died_before = s->load_died;

    if (s->run->options->isolation == ISOLATION_CASE && s->performed_count > 0) {
        end_worker(s, &s->shared_worker);
    }
    if (!have_shared_worker(s)) {
        fail_suite(&r->outcome, r->instance, no_worker);
    } else if (s->load_died && !died_before && (instance_needs(r->instance) & UNLOADED) == 0) {
        judge_load_death(s, r);
    } else {
        perform_shared(s, r);
    }
}

/* The first load of the entry comes before its first case: the provider record tells of it. */
static void load_first(struct supervisor *s)
{
    if (s->run->options->isolation == ISOLATION_NONE) {
        here_load(s->shared_worker.shared, s->run, s->entry);
        s->story = s->shared_worker.shared->story;
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
    s->announced = false;
    s->hook_called = false;
    memset(s->counts, 0, sizeof s->counts);
    s->order_count = 0;
    memset(&s->story, 0, sizeof s->story);
    begin_block(s, s->shared_worker.shared);
    begin_block(s, s->own_worker.shared);
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
        note_hook(s, &s->shared_worker);
        here_unload();
    } else {
        end_worker(s, &s->shared_worker);
    }
    if (s->run->stopped == 0) {
        records_provider_end(entry, s->hook_called);
        report_entry(s->run->options, entry, s->counts);
    }
}
