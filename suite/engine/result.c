#include "engine/result.h"

#include <stdlib.h>

#include "engine/registry.h"

static int by_start(const void *a, const void *b)
{
    const struct trace_call *first = *(const struct trace_call *const *)a;
    const struct trace_call *second = *(const struct trace_call *const *)b;

    if (first->started != second->started) {
        return first->started < second->started ? -1 : 1;
    }
    return first < second ? -1 : first > second;
}

size_t trace_in_order(const struct trace *t, const struct trace_call *calls[TRACE_CALLS])
{
    ULONG first = (ULONG)t->count > TRACE_CALLS ? (ULONG)t->count % TRACE_CALLS : 0;
    size_t count = 0;

    for (ULONG i = 0; i < TRACE_CALLS; i++) {
        const struct trace_call *c = &t->calls[(first + i) % TRACE_CALLS];

        if (c->state == TRACE_UNDER_WAY || c->state == TRACE_RETURNED) {
            calls[count++] = c;
        }
    }
    if ((ULONG)t->count > TRACE_CALLS) {
        qsort(calls, count, sizeof calls[0], by_start); /* a long call keeps its place while the ring turns */
    }
    return count;
}

const struct trace_call *trace_last_under_way(const struct trace *t)
{
    const struct trace_call *calls[TRACE_CALLS];
    size_t count = trace_in_order(t, calls);

    while (count > 0) {
        count--;
        if (calls[count]->state == TRACE_UNDER_WAY) {
            return calls[count];
        }
    }
    return NULL;
}

size_t result_statements(const struct result *r, enum statement statements[RESULT_STATEMENTS + 1])
{
    size_t count = instance_statements(r->instance, statements);

    for (size_t i = 0; i < OUTCOME_BROKEN && r->outcome.broken[i] != STATEMENT_NONE; i++) {
        size_t same = 0;

        while (same < count && statements[same] != r->outcome.broken[i]) {
            same++;
        }
        if (same == count) {
            statements[count++] = r->outcome.broken[i];
        }
    }
    statements[count] = STATEMENT_NONE;
    return count;
}
