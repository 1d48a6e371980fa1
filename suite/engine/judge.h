/*
 * Verdicts that need no case to be performed: what does not apply, what was not reached, how a process died.
 */
#ifndef WSPCHECK_ENGINE_JUDGE_H
#define WSPCHECK_ENGINE_JUDGE_H

#include <stdbool.h>
#include "engine/case.h"
#include "engine/outcome.h"
#include "engine/process.h"
#include "host/entry.h"
#include "host/provider.h"

/* "provider.loads": the case that a phase of loading belongs to. */
const char *phase_case(enum provider_phase phase);

/* The first phase of the story that did not end well; PHASES: all did. */
enum provider_phase story_failed_phase(const struct provider_story *story);

/* Begin an outcome as the case declares it: pass. */
void outcome_begin(struct outcome *o, const struct case_instance *instance);

/* The entry's declaration rules the case out: skip, the reason names the flag. */
bool judge_declaration(const struct host_entry *entry, const struct case_instance *instance,
                       struct outcome *o);

/*
 * The provider was not started and the case needs it to be: unreached, the reason names the phase and what
 * was seen.
 */
bool judge_story(const struct provider_story *story, const struct case_instance *instance, struct outcome *o);

/*
 * The worker ended or is late, while the case was running or while the provider was loaded: crash or hang,
 * by the crash note, the exit code and the last call under way. note receives what is known of a crash (of
 * an exception only; then true).
 */
bool judge_death(const struct worker *w, enum worker_state state, struct outcome *o, struct crash_note *note);

/* Where the pages leave open what happens, a crash included (CRASH_IS_AN_ANSWER), this one is no red verdict. */
void judge_open_crash(const struct case_instance *instance, struct outcome *o);

#endif
