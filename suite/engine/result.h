/* What the supervisor knows of one performed case: what records and people's output are made of. */
#ifndef WSPCHECK_ENGINE_RESULT_H
#define WSPCHECK_ENGINE_RESULT_H

#include <stdbool.h>
#include "engine/case.h"
#include "engine/crash.h"
#include "engine/outcome.h"
#include "host/entry.h"
#include "host/trace.h"

#define RESULT_AFTER_MAX 32

struct result {
    const struct host_entry *entry;
    const struct case_instance *instance;
    unsigned repeat;                             /* from 1 */
    struct outcome outcome;
    const struct crash_note *crash;              /* NULL: none */
    const struct trace *trace;                   /* NULL: nothing was called */
    bool order_dependent;                        /* it passed alone in a fresh process */
    const char *after[RESULT_AFTER_MAX]; /* the IDs that ran in the process before it, the last one last */
    unsigned after_count;
    const char *blame;                   /* of a red result of a layered entry: which layer; or NULL */
};

/* The calls of a trace in the order in which they began; returns how many. */
size_t trace_in_order(const struct trace *t, const struct trace_call *calls[TRACE_CALLS]);

/* The last call that is still under way, or NULL. */
const struct trace_call *trace_last_under_way(const struct trace *t);

/*
 * The statements of the record: what the case covers, and what breaches add, each once. Ended by
 * STATEMENT_NONE.
 */
#define RESULT_STATEMENTS (CASE_COVERS + ROW_COVERS + OUTCOME_BROKEN)
size_t result_statements(const struct result *r, enum statement statements[RESULT_STATEMENTS + 1]);

#endif
