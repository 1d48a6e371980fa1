/*
 * --isolation none: cases performed in the supervisor's own process, for a debugger. There is no deadline,
 * and a crash is the last record.
 */
#ifndef WSPCHECK_ENGINE_HERE_H
#define WSPCHECK_ENGINE_HERE_H

#include "engine/result.h"
#include "engine/run.h"
#include "engine/shared.h"

/* Load the entry's provider here. The block's story says what became of it. */
void here_load(struct shared *shared, struct run *run, const struct host_entry *entry);

/* The entry's provider record is written: the filter need not. */
void here_announced(void);

/* Perform r's instance here: fills in its outcome and its calls. */
void here_perform(struct result *r);

/* Clean up and unload the provider. */
void here_unload(void);

#endif
