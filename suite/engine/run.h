/* One run: what all entries and all jobs of it share. */
#ifndef WSPCHECK_ENGINE_RUN_H
#define WSPCHECK_ENGINE_RUN_H

#include <winsock2.h>
#include <stdbool.h>
#include <stddef.h>
#include "engine/environment.h"
#include "engine/options.h"
#include "engine/result.h"
#include "engine/verdict.h"

struct run {
    const struct options *options;
    struct host_entry *const *entries;
    size_t entry_count;
    bool *selected;                /* of each instance of the registry */
    volatile LONG next_entry;      /* that no job has taken */
    volatile LONG stopped;         /* records or output can't be written: no more cases */
    volatile LONG counts[VERDICTS];
};

/* Judge all entries; records and people's output as the options say. Returns the exit status. */
int run_all(struct run *run);

/* A case has its verdict: count it, write its record, print it. */
void run_emit(struct run *run, const struct result *r);

#endif
