/* What people read while a run goes on and at its end. */
#ifndef WSPCHECK_ENGINE_REPORT_H
#define WSPCHECK_ENGINE_REPORT_H

#include "engine/result.h"
#include "engine/run.h"

/*
 * A line for a case that neither passed nor was skipped; for a red one the whole story: statement, page,
 * expected, observed, calls, how to see it again.
 */
void report_result(const struct options *o, const struct result *r);

/* An entry is done: what became of its cases. */
void report_entry(const struct options *o, const struct host_entry *entry, const unsigned counts[VERDICTS]);

/* The counts of the run. */
void report_end(const struct run *run, const unsigned counts[VERDICTS]);

/* A statement: its ID, page and place, and its text, each line after the indent. */
void report_statement(enum statement s, const char *indent);

#endif
