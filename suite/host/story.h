/*
 * Writing the story of the phases, so that it is true at every moment: it is read after a crash. For the host,
 * and for the engine where that learns of a phase what the host can't.
 */
#ifndef WSPCHECK_HOST_STORY_H
#define WSPCHECK_HOST_STORY_H

#include "host/provider.h"

/* story, or one that nobody reads. */
struct provider_story *story_or_own(struct provider_story *story);

/* Before the phase begins. */
void story_begin(struct provider_story *story, enum provider_phase phase, const char *expected);

/* It went well. Returns true. */
bool story_done(struct provider_story *story, enum provider_phase phase, const char *observed);

/*
 * It came to its end, so that the next phase can follow, and did wrong on its way: its case fails, with
 * observed and the reason. Returns true.
 */
bool story_blame(struct provider_story *story, enum provider_phase phase, const char *observed,
                 const char *format, ...);

/* It failed: observed by names and codes, the reason for people. Returns false. */
bool story_fail(struct provider_story *story, enum provider_phase phase, const char *observed,
                const char *format, ...);

#endif
