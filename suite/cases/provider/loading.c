/* From the catalog entry to a filled procedure table: what the host noted while it loaded and started the
 * provider. */
#include "engine/case.h"
#include "engine/expect.h"
#include "host/provider.h"

static const char *const cases[PHASES] = {
    [PHASE_PATH] = "provider.path",       [PHASE_LOADS] = "provider.loads",
    [PHASE_EXPORTS] = "provider.exports", [PHASE_STARTS] = "provider.starts",
    [PHASE_VERSION] = "provider.version", [PHASE_SLOTS] = "provider.slots",
};

/* A wrong version comes with a table all the same. */
static void need_phases_before(enum provider_phase phase)
{
    for (int p = 0; p < (int)phase; p++) {
        const struct phase_story *story = &provider_story()->phases[p];

        if (story->state != PHASE_DONE && p != PHASE_VERSION) {
            unreached("%s: %s", cases[p], story->observed);
        }
    }
}

static void expect_phase(enum provider_phase phase)
{
    const struct phase_story *story = &provider_story()->phases[phase];

    need_phases_before(phase);
    note_reason(story->reason);
    expect_fact(story->state == PHASE_DONE && story->reason[0] == '\0', story->expected, story->observed);
}

/* The DLL's path is found: in the catalog by WSCGetProviderPath, or as the manifest says. */
CASE(path, PROVIDER, COVERS(PV_01), NEEDS(UNLOADED),
     SURVIVES("a manifest names its DLL: only an installed entry can lack one, and no mutant is installed"))
{
    expect_phase(PHASE_PATH);
}

/* LoadLibraryExW loads the DLL from its absolute path. */
CASE(loads, PROVIDER, COVERS(PV_02), NEEDS(UNLOADED))
{
    expect_phase(PHASE_LOADS);
}

/* The DLL exports WSPStartup. */
CASE(exports, PROVIDER, COVERS(PV_03), NEEDS(UNLOADED))
{
    expect_phase(PHASE_EXPORTS);
}

/* WSPStartup(2.2) returns 0. */
CASE(starts, PROVIDER, COVERS(PV_04), NEEDS(UNLOADED))
{
    expect_phase(PHASE_STARTS);
}

/* WSPStartup(2.2) fills all 30 pointers of the procedure table, and each points into a module. */
CASE(slots, PROVIDER, COVERS(PV_06), NEEDS(UNLOADED))
{
    expect_phase(PHASE_SLOTS);
}
