/*
 * Performs one instance in this process, as one CMocka test, with the checks that are always on.
 */
#ifndef WSPCHECK_ENGINE_PERFORM_H
#define WSPCHECK_ENGINE_PERFORM_H

#include "engine/case.h"
#include "engine/outcome.h"
#include "engine/shared.h"

/* Use the block from now on; CMocka's output goes nowhere. Once a process, on the thread that performs. */
void perform_begin(struct shared *shared);

/*
 * Open the block's provider: the block's story says what became of it, a damaged heap included. What the process
 * holds then is where counting begins.
 */
void perform_load(void);

/*
 * Perform the instance: its outcome is in the block, the calls of its last attempt in the block's trace. The
 * provider must be in the state that the instance needs (opened, or not yet where it needs OWN_STARTUP).
 */
void perform(const struct case_instance *instance);

/* Of the case that is running: its outcome, for expectations; the story of loading, for cases about it. */
struct outcome *outcome_current(void);
const struct provider_story *story_current(void);

#endif
