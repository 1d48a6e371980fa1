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
    long threads_begun; /* since the program began, those that have ended among them */
};

/* Begin to count, once the provider is loaded: handles are compared with what is open now. */
void resources_begin(void);

/* What this process holds now. Only differences between two answers mean something. */
struct resources resources_now(void);

/*
 * How many threads that have begun since then still live. Slower, and exact: a thread that was terminated tells no
 * module of its end. Of very many (256), the latest.
 */
long threads_alive_since(struct resources then);

/* Wait until they have ended, milliseconds at most. */
void wait_for_threads_since(struct resources then, unsigned long milliseconds);

#endif
