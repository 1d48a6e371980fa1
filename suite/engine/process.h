/*
 * A worker as the supervisor holds it: a process of this same program in a job of its own, with two events
 * and a block of shared memory. Nothing else of the supervisor is inherited; its standard handles lead to
 * NUL.
 */
#ifndef WSPCHECK_ENGINE_PROCESS_H
#define WSPCHECK_ENGINE_PROCESS_H

#include <winsock2.h>
#include <stdbool.h>
#include "engine/shared.h"

/* The shared block of an entry, and its worker where one is there. */
struct worker {
    HANDLE mapping;
    struct shared *shared;
    HANDLE process; /* NULL: none is running */
    HANDLE job;
    HANDLE command; /* auto-reset: a command is in the block */
    HANDLE answer;  /* auto-reset: it was done; the first time: the process has come to our own code */
    bool greeted;   /* that first answer was taken */
};

/* Exit code of a worker whose handles were closed under it. */
#define WORKER_LOST_HANDLES 0x57535043u

enum worker_state {
    WORKER_ANSWERED,
    WORKER_ENDED,      /* the process is gone; see worker_exit_code and the crash note */
    WORKER_LATE,       /* past the deadline; it still runs */
    WORKER_NEVER_BEGAN /* process after process was gone, or silent, before it had come to our own code */
};

/* Make the shared block, all zeroes. False without memory. */
bool worker_create(struct worker *w);
void worker_destroy(struct worker *w);

/* Start a process, with a few tries. False: the system refuses; GetLastError says why. */
bool worker_start(struct worker *w);

/*
 * Hand over a command and wait until it is done, or the process ended, or the block's timeout is over. A
 * process that did not come to our own code was none of the provider's doing: another one is started in its
 * place, a few times; of the last one GetLastError has the exit code.
 */
enum worker_state worker_do(struct worker *w, enum worker_command command, LONG instance);

/* Once it ended. */
DWORD worker_exit_code(const struct worker *w);

/* End it and all that it started, and wait until it is gone. */
void worker_end(struct worker *w);

#endif
