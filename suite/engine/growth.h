/*
 * What a process holds of the system: kernel handles and threads. A provider may keep some for later, so
 * only what grows with every repetition of a scenario counts.
 *
 * The counts are asked for after every case, so they are cheap: GetProcessHandleCount where it works, else
 * (Wine says 0) a look at the handle values that were free; and the threads that came and went as the loader
 * told this program.
 */
#ifndef WSPCHECK_ENGINE_GROWTH_H
#define WSPCHECK_ENGINE_GROWTH_H

#include <stdbool.h>

struct resources {
    unsigned handles;
    long threads;
};

/* Begin to count, once the provider is loaded: handles are compared with what is open now. */
void resources_begin(void);

/* What this process holds now. Only differences between two answers mean something. */
struct resources resources_now(void);

/*
 * The threads of this process as the system counts them: exact, and slow (a snapshot of the whole system).
 * 0: unknown.
 */
long threads_exactly(void);

#endif
