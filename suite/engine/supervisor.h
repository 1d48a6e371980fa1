/* Judges one entry: hands its cases to workers (or performs them here), and says what became of each. */
#ifndef WSPCHECK_ENGINE_SUPERVISOR_H
#define WSPCHECK_ENGINE_SUPERVISOR_H

#include "engine/process.h"
#include "engine/run.h"

struct supervisor;

/* One for each job. NULL without memory. */
struct supervisor *supervisor_create(struct run *run);
void supervisor_destroy(struct supervisor *s);

/* All selected cases of one entry, its provider record first. */
void supervisor_judge(struct supervisor *s, const struct host_entry *entry);

#endif
