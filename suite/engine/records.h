/*
 * Records: one JSON object a line, each written whole and at once, so that whatever ends the supervisor
 * leaves a file that can be read. Contract: "records" in the documentation of the project.
 */
#ifndef WSPCHECK_ENGINE_RECORDS_H
#define WSPCHECK_ENGINE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include "engine/environment.h"
#include "engine/options.h"
#include "engine/result.h"
#include "engine/verdict.h"
#include "host/provider.h"

/*
 * Begin the file (an older one is overwritten). Without a path nothing is written and everything succeeds.
 * False: the system refuses; GetLastError says why.
 */
bool records_open(const wchar_t *path);

/* Each of these may be called from any thread. What can't be written is noted, see records_failed. */
void records_run(const struct options *o, const struct environment *e);
void records_provider(const struct host_entry *entry, const struct provider_story *story,
                      const bool *selected);
void records_result(const struct result *r, bool with_calls);
void records_provider_end(const struct host_entry *entry, bool hook_used);
void records_end(const unsigned counts[VERDICTS]);

/* The first error of the system while writing; 0: none. */
unsigned long records_failed(void);

/* From now on the heap is not used (it may be damaged): for the last record of a process that crashed. */
void records_without_heap(void);

#endif
