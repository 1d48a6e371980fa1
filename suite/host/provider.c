/* The one provider of this process: its modules, its procedure tables, its phases. */
#include "host/provider.h"
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include "host/catalog_answers.h"
#include "host/environment.h"
#include "host/fpu.h"
#include "host/frame.h"
#include "host/identity.h"
#include "host/layers/redirect.h"
#include "host/loading.h"
#include "host/signature.h"
#include "host/slots.h"
#include "host/story.h"
#include "host/text.h"
#include "host/upcalls.h"

#define STARTUPS_MAX 16

static const struct host_entry *entry_in_use;
static const struct provider_story *story_in_use;
static HMODULE modules[HOST_LAYERS_MAX];
static LPWSPSTARTUP startup_function;
static WSPPROC_TABLE tables[STARTUPS_MAX]; /* one for each WSPStartup that WSPCleanup has not undone */
static unsigned startups;
static bool startup_changed_fpu; /* the latest WSPStartup */
static WSPPROC_TABLE latest; /* what calls go through, after the last WSPCleanup too */

/*
 * What WSPStartup fills, with room behind it: a provider that does not know where szDescription ends is to be
 * seen, and to be lived with.
 */
static struct {
    unsigned char before[64];
    WSPDATA data;
    unsigned char after[65536];
} first_data;

#define DATA_PATTERN 0xB6

void provider_name(const struct host_entry *entry, struct provider_story *story)
{
    entry_in_use = entry;
    story_in_use = story;
}

const struct provider_story *provider_story(void)
{
    return story_in_use;
}

const struct host_entry *provider_entry(void)
{
    return entry_in_use;
}

const WSPPROC_TABLE *provider_table(void)
{
    return &latest;
}

bool provider_started(void)
{
    return startups > 0;
}

static void describe_startup(struct text *t, WORD version, const WSPUPCALLTABLE *upcalls)
{
    bool second = memcmp(upcalls, upcall_table_second(), sizeof *upcalls) == 0;

    describe_name(t, "wVersionRequested");
    text_addf(t, "%u.%u", LOBYTE(version), HIBYTE(version));
    describe_word(t, "lpProtocolInfo", "entry");
    describe_word(t, "UpcallTable", second ? "second" : "first");
}

int provider_startup(WORD version, WSPDATA *data, const WSPUPCALLTABLE *upcalls, WSPPROC_TABLE *table)
{
    char args[TRACE_ARGS_BYTES];
    WSAPROTOCOL_INFOW info = entry_in_use->layers[0].info;
    struct text text;

    if (startup_function == NULL) {
        return WSAEPROVIDERFAILEDINIT;
    }
    text_begin(&text, args, sizeof args);
    describe_startup(&text, version, upcalls);
    memset(table, 0, sizeof *table);
    struct trace_call *note = trace_begin(SPI_STARTUP, "%s", args);
    struct fpu_control fpu = fpu_read();
    int code = startup_function(version, data, &info, *upcalls, table);

    startup_changed_fpu = fpu_restore(fpu);
    trace_end(note, code, 0);
    if (startup_changed_fpu) {
        trace_breach(PV_11, "WSPStartup changed the floating-point control word");
    }
    if (memcmp(&info, &entry_in_use->layers[0].info, sizeof info) != 0) {
        trace_breach(PV_11, "WSPStartup changed the protocol information that it was given");
    }
    if (code == 0) {
        latest = *table;
        if (startups < STARTUPS_MAX) {
            tables[startups++] = latest;
        }
    }
    return code;
}

struct answer provider_cleanup(void)
{
    struct frame f;

    frame_open(&f, SPI_CLEANUP);
    struct answer a = TRACED_INT(f, lpWSPCleanup, (f.error));

    /*
     * Whatever it says, one WSPStartup is undone (Microsoft's sample returns -1 even then), unless it says
     * that a call is in progress. Calls go through the table of the WSPStartup before then.
     */
    if (startups > 0 && !(a.failed && a.error == WSAEINPROGRESS)) {
        startups--;
        if (startups > 0) {
            latest = tables[startups - 1];
        }
    }
    return frame_close(&f, a);
}

static bool find_paths(const struct host_entry *entry, struct provider_story *story)
{
    story_begin(story, PHASE_PATH, "found");
    for (unsigned i = 0; i < entry->layer_count; i++) {
        if (entry->layers[i].path[0] == L'\0') {
            return story_fail(story, PHASE_PATH, "not found", "%s", entry->layers[i].problem);
        }
    }
    return story_done(story, PHASE_PATH, "found");
}

/* The lowest layer first: those above find their lower ones loaded, and redirected. */
static bool load_all(const struct host_entry *entry, struct provider_story *story)
{
    struct load_failure failure;
    struct fpu_control fpu = fpu_read();

    story_begin(story, PHASE_LOADS, "loads");
    environment_set(entry);
    for (unsigned i = entry->layer_count; i-- > 0;) {
        modules[i] = loading_load(&entry->layers[i], &failure);
        if (modules[i] == NULL) {
            return story_fail(story, PHASE_LOADS, failure.code, i == 0 ? "%s" : "the layer below: %s",
                              failure.reason);
        }
    }
    if (fpu_restore(fpu)) {
        return story_blame(story, PHASE_LOADS, "loads, changed the floating-point control word",
                           "the floating-point control word is another one after %s was loaded",
                           entry->layers[0].dll);
    }
    return story_done(story, PHASE_LOADS, "loads");
}

static bool find_export(const struct host_entry *entry, struct provider_story *story)
{
    story_begin(story, PHASE_EXPORTS, "WSPStartup");
    startup_function = (LPWSPSTARTUP)(void (*)(void))GetProcAddress(modules[0], "WSPStartup");
    if (startup_function == NULL) {
        return story_fail(story, PHASE_EXPORTS, "no WSPStartup", "%s loads but does not export WSPStartup",
                          entry->layers[0].dll);
    }
    return story_done(story, PHASE_EXPORTS, "WSPStartup");
}

static void redirect_all(const struct host_entry *entry)
{
    catalog_answers_use(entry);
    for (unsigned i = 0; i < entry->layer_count; i++) {
        if (redirect_module(modules[i], entry->origin) < 0) {
            fprintf(stderr, "wspcheck: the imports of %s cannot be redirected\n", entry->layers[i].dll);
        }
    }
}

static void identify(const struct host_entry *entry, struct provider_story *story)
{
    if (story->sha256[0] == '\0') {
        file_sha256(entry->layers[0].path, story->sha256);
        file_version(entry->layers[0].path, story->file_version, sizeof story->file_version);
        file_signature(entry->layers[0].path, story->signature, sizeof story->signature);
    }
}

bool provider_load(const struct host_entry *entry, struct provider_story *story)
{
    bool is_read = story != NULL;

    story_in_use = is_read ? story : story_in_use;
    story = story_or_own(story);
    entry_in_use = entry;
    if (!find_paths(entry, story)) {
        return false;
    }
    if (is_read) {
        identify(entry, story);
    }
    if (!load_all(entry, story) || !find_export(entry, story)) {
        return false;
    }
    redirect_all(entry);
    return true;
}

static bool untouched(const unsigned char *bytes, size_t size)
{
    return bytes[0] == DATA_PATTERN && memcmp(bytes, bytes + 1, size - 1) == 0;
}

static bool start(struct provider_story *story, WSPPROC_TABLE *table)
{
    char number[24];
    int code;

    story_begin(story, PHASE_STARTS, "0");
    memset(&first_data, DATA_PATTERN, sizeof first_data);
    memset(&first_data.data, 0, sizeof first_data.data);
    code = provider_startup(MAKEWORD(2, 2), &first_data.data, upcall_table(), table);
    if (code != 0) {
        return story_fail(story, PHASE_STARTS, error_name(code, number, sizeof number),
                          "WSPStartup(2.2) failed with %s", error_name(code, number, sizeof number));
    }
    if (!untouched(first_data.before, sizeof first_data.before)
        || !untouched(first_data.after, sizeof first_data.after)) {
        return story_fail(
            story, PHASE_STARTS, "0, wrote beside WSPDATA",
            "WSPStartup wrote outside the WSPDATA that it was given (szDescription has 256 characters)");
    }
    if (startup_changed_fpu) {
        return story_blame(story, PHASE_STARTS, "0, changed the floating-point control word",
                           "WSPStartup left another floating-point control word than it found");
    }
    return story_done(story, PHASE_STARTS, "0");
}

/* Versions as numbers that compare: 2.2 is 0x0202, but the major one is in the low byte. */
static unsigned comparable(WORD version)
{
    return (unsigned)LOBYTE(version) << 8 | HIBYTE(version);
}

static void keep_description(struct provider_story *story, WSPDATA *data)
{
    data->szDescription[WSPDESCRIPTION_LEN] = L'\0';
    text_from_wide(story->description, sizeof story->description, data->szDescription);
}

static bool check_version(struct provider_story *story, WSPDATA *data)
{
    bool ended = wmemchr(data->szDescription, L'\0', WSPDESCRIPTION_LEN + 1) != NULL;
    WORD version = data->wVersion;
    WORD high = data->wHighVersion;
    unsigned asked = comparable(MAKEWORD(2, 2));
    unsigned wanted = comparable(high) < asked ? comparable(high) : asked;
    char observed[64];

    story_begin(story, PHASE_VERSION, "the lower of 2.2 and wHighVersion");
    story->version = version;
    story->high_version = high;
    keep_description(story, data);
    snprintf(observed, sizeof observed, "%u.%u, wHighVersion %u.%u", LOBYTE(version), HIBYTE(version),
             LOBYTE(high), HIBYTE(high));
    if (comparable(version) != wanted || LOBYTE(version) == 0) {
        return story_fail(story, PHASE_VERSION, observed,
                          "asked for 2.2, WSPStartup answered with wVersion %u.%u and wHighVersion %u.%u",
                          LOBYTE(version), HIBYTE(version), LOBYTE(high), HIBYTE(high));
    }
    if (!ended) {
        return story_blame(story, PHASE_VERSION, "szDescription without an end",
                           "szDescription holds 256 characters and no NUL");
    }
    return story_done(story, PHASE_VERSION, observed);
}

static bool check_slots(struct provider_story *story, const WSPPROC_TABLE *table)
{
    char observed[HOST_NAME_BYTES];

    story_begin(story, PHASE_SLOTS, "30 slots");
    if (!slots_check(table, modules[0], story, observed, sizeof observed)) {
        return story_fail(story, PHASE_SLOTS, observed,
                          "not every slot of the procedure table is a function: %s", observed);
    }
    return story_done(story, PHASE_SLOTS, "30 slots");
}

bool provider_open(const struct host_entry *entry, struct provider_story *story)
{
    WSPPROC_TABLE table;

    story = story_or_own(story);
    if (!provider_load(entry, story) || !start(story, &table)) {
        return false;
    }
    /* Neither says anything of the other: each has a verdict of its own. */
    bool version = check_version(story, &first_data.data);
    bool slots = check_slots(story, &table);

    return version && slots;
}

bool provider_unload(void)
{
    bool gone = true;

    startup_function = NULL;
    memset(&latest, 0, sizeof latest);
    startups = 0;
    for (unsigned i = 0; entry_in_use != NULL && i < entry_in_use->layer_count; i++) {
        if (modules[i] != NULL) {
            bool unloaded = loading_free(&entry_in_use->layers[i], modules[i]);

            modules[i] = NULL;
            gone = gone && (i > 0 || unloaded);
        }
    }
    return gone;
}

bool provider_close(void)
{
    bool gone;

    for (unsigned i = 0; i < STARTUPS_MAX && startups > 0 && latest.lpWSPCleanup != NULL; i++) {
        provider_cleanup();
    }
    gone = provider_unload();
    catalog_answers_use(NULL);
    return gone;
}

void provider_pretend(const struct host_entry *entry, const WSPPROC_TABLE *table)
{
    entry_in_use = entry;
    latest = *table;
    tables[0] = *table;
    startups = 1;
    catalog_answers_use(entry);
}

LPWSPCHECK_FAULT provider_fault(void)
{
    HMODULE base = entry_in_use == NULL ? NULL : modules[entry_in_use->layer_count - 1];

    return base == NULL ? NULL
                        : (LPWSPCHECK_FAULT)(void (*)(void))GetProcAddress(base, WSPCHECK_FAULT_EXPORT);
}
