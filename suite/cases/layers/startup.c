/*
 * How a layer starts and ends the layer below it. That the base provider gets its own protocol information,
 * and one WSPCleanup for each WSPStartup, is documented; all else is observed unless every layer claims to be
 * transparent.
 */
#include "cases/scenario.h"
#include "cases/scenario/faults.h"

#include <string.h>

#include "host/handles.h"
#include "host/provider.h"
#include "host/upcalls.h"

static WSPPROC_TABLE base_table;

static void end_base(void *unused)
{
    INT error;

    (void)unused;
    base_table.lpWSPCleanup(&error);
}

/*
 * Start the base provider ourselves as well, so that its notes outlive the layers: WSPStartup is counted.
 */
static void keep_base_started(void)
{
    const struct host_entry *entry = provider_entry();
    const struct host_layer *base = &entry->layers[entry->layer_count - 1];
    WSAPROTOCOL_INFOW info = base->info;
    HMODULE module = GetModuleHandleW(base->path);
    LPWSPSTARTUP startup = NULL;
    WSPDATA data;

    if (module != NULL) {
        FARPROC exported = GetProcAddress(module, "WSPStartup");

        memcpy(&startup, &exported, sizeof startup);
    }
    if (startup == NULL || startup(MAKEWORD(2, 2), &data, &info, *upcall_table(), &base_table) != 0) {
        unreached("the base provider can't be started beside the layers");
    }
    case_defer(end_base, NULL);
    forget_notes();
}

static void load_and_start(void)
{
    WSPDATA data;
    WSPPROC_TABLE table;

    if (!provider_load(provider_entry(), NULL)) {
        unreached("provider.loads: the provider could not be loaded");
    }
    keep_base_started();
    if (provider_startup(MAKEWORD(2, 2), &data, upcall_table(), &table) != 0) {
        unreached("provider.starts: WSPStartup failed");
    }
}

/* Some layers start the one below them only when they need it. */
static size_t startups_when_needed(WSPCHECK_NOTE *note)
{
    size_t count = notes_of(WSPCHECK_CALL_STARTUP, note, 1);

    if (count == 0) {
        must(spi_close_socket(must(spi_socket(WSA_FLAG_OVERLAPPED)).socket));
        count = notes_of(WSPCHECK_CALL_STARTUP, note, 1);
    }
    return count;
}

static size_t startups(WSPCHECK_NOTE *note)
{
    size_t count = startups_when_needed(note);

    if (count == 0) {
        unreached("no layer started the base provider");
    }
    return count;
}

/* The base provider is started with its own protocol information, not with that of the chain. */
CASE(layer_starts_base, PROVIDER, COVERS(PV_04), NEEDS(LAYERED | OWN_STARTUP))
{
    const struct host_entry *entry = provider_entry();
    WSPCHECK_NOTE note;
    bool own;

    load_and_start();
    startups(&note);
    own = memcmp(&note.ProtocolInfo, &entry->layers[entry->layer_count - 1].info, sizeof note.ProtocolInfo)
          == 0;
    expect_that(own, "the base provider gets its own protocol information",
                "the base provider gets other protocol information");
}

/* The upcall table is passed down as it was given, and a newer one after it. */
CASE(layer_passes_upcalls, PROVIDER, COVERS(PV_09), NEEDS(LAYERED | OWN_STARTUP))
{
    WSPCHECK_NOTE note;
    WSPDATA data;
    WSPPROC_TABLE table;
    bool same;

    load_and_start();
    startups(&note);
    same = memcmp(&note.UpcallTable, upcall_table(), sizeof note.UpcallTable) == 0;
    grade_only_if(provider_entry()->layers[0].transparent,
                  "the manifest does not claim that the layer is transparent");
    expect_that(same, "the upcall table is passed down", "another upcall table is passed down");
    forget_notes();
    if (provider_startup(MAKEWORD(2, 2), &data, upcall_table_second(), &table) != 0) {
        unreached("provider.starts: a second WSPStartup failed");
    }
    if (startups_when_needed(&note) == 0) {
        expect_that(false, "the newer table is passed down", "the newer table is not passed down");
    }
    same = memcmp(&note.UpcallTable, upcall_table_second(), sizeof note.UpcallTable) == 0;
    expect_that(same, "the newer table is passed down", "an older table is passed down");
}

/* The layer's last WSPCleanup ends each WSPStartup that the base provider got from it. */
CASE(layer_cleans_up, PROVIDER, COVERS(PV_07), NEEDS(LAYERED | OWN_STARTUP))
{
    WSPCHECK_NOTE note;
    size_t started;
    size_t ended;

    load_and_start();
    started = startups(&note);
    provider_cleanup();
    ended = notes_of(WSPCHECK_CALL_CLEANUP, &note, 1);
    expect_fact(ended == started, "one WSPCleanup for each WSPStartup",
                ended == started  ? "one WSPCleanup for each WSPStartup"
                : ended < started ? "fewer WSPCleanup than WSPStartup"
                                  : "more WSPCleanup than WSPStartup");
}

/*
 * Make a socket: the layer names its chain entry in WPUCreateSocketHandle, or its hidden one, as LSPs of 1999
 * do.
 */
CASE(layer_handle_id, PROVIDER, COVERS(PV_10), NEEDS(LAYERED), OBSERVED)
{
    const struct host_layer *layer = &provider_entry()->layers[0];
    DWORD id;

    if (!handle_catalog_id(new_socket(), &id)) {
        unreached("the layer's handle was not told to the host");
    }
    observe_fact(id == layer->info.dwCatalogEntryId ? "the ID of its chain entry"
                 : id == layer->dummy_catalog_id    ? "the ID of its hidden entry"
                                                    : "another ID");
}
