/* The process that a provider lives in: it does what the supervisor commands, one command after the other. */
#ifndef WSPCHECK_ENGINE_WORKER_H
#define WSPCHECK_ENGINE_WORKER_H

#include <stddef.h>

/*
 * arguments are the handles that process.c passes: the block, the command event, the answer event. Never
 * returns.
 */
int worker_main(size_t count, wchar_t **arguments);

#endif
