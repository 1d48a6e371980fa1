/*
 * The memory that supervisor and worker share: one block an entry under test, flat, and true at every
 * moment, so that the supervisor can read it after the worker died. It starts as zeroes.
 */
#ifndef WSPCHECK_ENGINE_SHARED_H
#define WSPCHECK_ENGINE_SHARED_H

#include <winsock2.h>
#include "engine/case.h"
#include "engine/crash.h"
#include "engine/outcome.h"
#include "host/entry.h"
#include "host/provider.h"
#include "host/trace.h"

enum worker_command {
    COMMAND_LOAD, /* provider_open */
    COMMAND_RUN,  /* perform the instance */
    COMMAND_CLOSE /* provider_close: what a case has left loaded */
};

struct shared {
    /* Written by the supervisor before it signals a command. */
    volatile LONG command;  /* enum worker_command */
    volatile LONG instance; /* of COMMAND_RUN: its index in the registry */
    DWORD timeout;          /* of a case, in milliseconds; INFINITE: none */
    DWORD patience;         /* how long a case waits for what has to come, in milliseconds */

    /* Written by the worker. */
    volatile LONG hook_use; /* enum hook_use, found once an entry */
    volatile LONGLONG
        attempt; /* GetTickCount64 when the attempt under way began: the deadline counts from here */
    struct crash_note crash;
    struct outcome outcome;
    struct trace trace;
    struct provider_story story;

    struct host_entry entry; /* written by the supervisor before it starts the worker */
};

#endif
