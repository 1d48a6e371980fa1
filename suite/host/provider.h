/*
 * One provider in this process: loaded, started, used, cleaned up, unloaded, as Ws2_32 would do it.
 *
 * There is one provider a process. provider_open goes through the phases in order and writes each phase into
 * the story before it begins and after it ended; the story lies in shared memory, so that the supervisor
 * knows where a process died.
 */
#ifndef WSPCHECK_HOST_PROVIDER_H
#define WSPCHECK_HOST_PROVIDER_H

#include <winsock2.h>
#include <ws2spi.h>
#include <stdbool.h>
#include "host/calls.h"
#include "host/entry.h"
#include "host/trace.h"
#include "wspcheck_fault.h"

enum provider_phase {
    PHASE_PATH, PHASE_LOADS, PHASE_EXPORTS, PHASE_STARTS, PHASE_VERSION, PHASE_SLOTS, PHASES
};

enum phase_state { PHASE_NOT_REACHED, PHASE_UNDER_WAY, PHASE_DONE, PHASE_FAILED };

struct phase_story {
    volatile LONG state;          /* enum phase_state */
    char expected[HOST_NAME_BYTES]; /* names and codes only: "loads" */
    char observed[HOST_NAME_BYTES]; /* "ERROR_MOD_NOT_FOUND" */
    char reason[HOST_NAME_BYTES]; /* for people; of a phase that is done: what it did wrong, or "" */
};

struct provider_story {
    struct phase_story phases[PHASES];
    WORD version;                 /* WSPDATA.wVersion, wHighVersion after WSPStartup(2.2) */
    WORD high_version;
    char description[HOST_NAME_BYTES]; /* szDescription, bounded, as UTF-8 */
    char owners[SPI_SLOTS][64]; /* file name of the module that owns each slot; "" for the provider's own */
    char file_version[64];        /* version resource of the DLL, "" if none */
    char sha256[65];              /* of the DLL, "" if it could not be read */
    char signature[480];          /* file_signature of the DLL, "" if it could not be told */
};

/*
 * Which entry this process is about, and where its story lies, without loading anything: before
 * provider_open, and for cases that load the provider themselves. Both must stay.
 */
void provider_name(const struct host_entry *entry, struct provider_story *story);

/*
 * Go through all phases for the entry. Returns true when the provider is started and usable, false at the
 * first phase that failed (the story says which and why). story may be NULL outside a worker.
 */
bool provider_open(const struct host_entry *entry, struct provider_story *story);

/* Only path, load and export: for cases that are about WSPStartup itself. */
bool provider_load(const struct host_entry *entry, struct provider_story *story);

/* WSPCleanup and FreeLibrary, as far as open. False: the DLL stays loaded, with whatever it remembers. */
bool provider_close(void);

/*
 * The entry in use, and the procedure table of the last WSPStartup that was not undone: after the last
 * WSPCleanup the one before stays, so that calls can be made then too; all NULL before the first and once the
 * DLL is unloaded.
 */
const struct host_entry *provider_entry(void);
const WSPPROC_TABLE *provider_table(void);
bool provider_started(void);

/*
 * The procedure table that the spi_ wrappers call from now on; NULL: that of the last successful WSPStartup.
 * It stays in use after WSPCleanup, so that a case can call a provider that is no longer started.
 */
void provider_use_table(const WSPPROC_TABLE *table);

/* The story that provider_open, provider_load or provider_name was given last (other than NULL), or NULL. */
const struct provider_story *provider_story(void);

/* WSPStartup and WSPCleanup by hand, traced. table receives a copy. Returns what WSPStartup returned. */
int provider_startup(WORD version, WSPDATA *data, const WSPUPCALLTABLE *upcalls, WSPPROC_TABLE *table);
struct answer provider_cleanup(void);   /* through the table of the last successful startup */
/*
 * FreeLibrary of what provider_open loaded. True if the provider's module is gone then: a DLL that keeps a
 * reference of its own (a thread of it is still running) stays.
 */
bool provider_unload(void);

/*
 * For tests of what stands above: from now on calls go to this table, as if WSPStartup of this entry had
 * given it. entry must stay. provider_unload ends it.
 */
void provider_pretend(const struct host_entry *entry, const WSPPROC_TABLE *table);

/* The base provider's fault interface (wspcheck_fault.h), or NULL where it does not export it. */
LPWSPCHECK_FAULT provider_fault(void);

#endif
