#include "engine/verdict.h"

static const char *const verdict_names[VERDICTS] = {
    [VERDICT_PASS] = "pass",
    [VERDICT_TOLERATED] = "tolerated",
    [VERDICT_FAIL] = "fail",
    [VERDICT_CRASH] = "crash",
    [VERDICT_HANG] = "hang",
    [VERDICT_UNREACHED] = "unreached",
    [VERDICT_SKIP] = "skip",
    [VERDICT_ERROR] = "error",
};

const char *verdict_name(enum verdict v)
{
    return verdict_names[v];
}

const char *grade_name(enum grade g)
{
    return g == GRADE_OBSERVED ? "observed" : "documented";
}

bool verdict_is_red(enum verdict v, bool strict)
{
    switch (v) {
    case VERDICT_FAIL:
    case VERDICT_CRASH:
    case VERDICT_HANG:
    case VERDICT_ERROR:
        return true;
    case VERDICT_TOLERATED:
    case VERDICT_UNREACHED:
        return strict;
    default:
        return false;
    }
}
