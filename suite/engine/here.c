#include "engine/here.h"

#include <stdio.h>
#include <string.h>

#include "engine/crash.h"
#include "engine/exit.h"
#include "engine/judge.h"
#include "engine/perform.h"
#include "engine/records.h"
#include "engine/registry.h"
#include "host/environment.h"

static struct shared *block;
static struct run *current_run;
static struct result at_hand; /* entry and instance of what is under way */
static bool announced;
static bool opened;

/* Called by the filter: the last record of this process. */
static void report_crash(void)
{
    struct worker w = {.shared = block};
    struct crash_note note;

    records_without_heap();
    if (!announced) {
        records_provider(at_hand.entry, &block->story, current_run->selected);
        at_hand.instance = registry_find(phase_case(story_failed_phase(&block->story)));
        outcome_begin(&block->outcome, at_hand.instance);
    }
    at_hand.outcome = block->outcome;
    judge_death(&w, WORKER_LATE, &at_hand.outcome, &note);
    judge_open_crash(at_hand.instance, &at_hand.outcome);
    at_hand.crash = &note;
    at_hand.trace = &block->trace;
    run_emit(current_run, &at_hand);
}

static void open_here(void)
{
    opened = true;
    perform_load();
}

void here_load(struct shared *shared, struct run *run, const struct host_entry *entry)
{
    if (block == NULL) {
        block = shared;
        current_run = run;
        crash_watch(&shared->crash, report_crash, EXIT_RED);
        perform_begin(shared);
        environment_keep();
    }
    environment_restore(); /* what the entry before this one asked for is not for this one */
    memset(&at_hand, 0, sizeof at_hand);
    at_hand.entry = entry;
    at_hand.repeat = 1;
    announced = false;
    provider_name(&shared->entry, &shared->story);
    open_here();
}

void here_announced(void)
{
    announced = true;
}

/* A case that starts the provider itself finds it unloaded, and is cleaned up after. */
void here_perform(struct result *r)
{
    bool own_startup = (instance_needs(r->instance) & OWN_STARTUP) != 0;

    at_hand.instance = r->instance;
    at_hand.repeat = r->repeat;
    if (own_startup && opened) {
        here_unload();
    } else if (!own_startup && !opened) {
        open_here();
    }
    perform(r->instance);
    if (own_startup) {
        here_unload();
    }
    r->outcome = block->outcome;
    r->trace = &block->trace;
}

void here_unload(void)
{
    opened = false;
    provider_close();
}
