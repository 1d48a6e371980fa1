/*
 * Crashes: an exception that nobody handles. Providers may use structured exceptions inside, to probe
 * pointers, so only the unhandled-exception filter is used, never a vectored handler.
 */
#ifndef WSPCHECK_ENGINE_CRASH_H
#define WSPCHECK_ENGINE_CRASH_H

#include <winsock2.h>
#include <stddef.h>
#include "host/memory.h"
#include "host/trace.h"

#define CRASH_MODULE_BYTES 64

enum crash_state { CRASH_NONE, CRASH_NOTED, CRASH_PLACED };

/* A crash as the filter notes it. */
struct crash_note {
    volatile LONG state; /* enum crash_state: code, thread and call are there; module and offset too */
    DWORD code;
    DWORD thread;                      /* 0: unknown, the filter did not run */
    BOOL on_case_thread;               /* the thread that cases run on */
    volatile LONG call;                /* enum spi_call under way on the thread; SPI_CALLS: none */
    enum guard_hit guard;              /* the access beside a guarded buffer, or into a read-only one */
    char module[CRASH_MODULE_BYTES];   /* file name, "" outside of every module */
    ULONGLONG offset;                  /* in the module */
};

/*
 * Note into note from now on; install the filter. report, if not NULL, is called after that, and then the
 * process ends with the exit code (without: with the exception's code). Call it on the thread that performs
 * cases.
 */
void crash_watch(struct crash_note *note, void (*report)(void), UINT exit_code);

/* Install the filter again: CMocka puts its own in front for each test, a provider may at any time. */
void crash_arm(void);

/* "ACCESS_VIOLATION", "0xc0000194" (in buffer) */
const char *crash_name(DWORD code, char *buffer, size_t size);

#endif
