/*
 * Verdicts: what a case says of an entry. The words are a contract of the records.
 */
#ifndef WSPCHECK_ENGINE_VERDICT_H
#define WSPCHECK_ENGINE_VERDICT_H

#include <stdbool.h>

enum verdict {
    VERDICT_PASS,
    VERDICT_TOLERATED, /* not the literal reading, but allowed by a named permission or silence */
    VERDICT_FAIL,
    VERDICT_CRASH,     /* the provider brought its process down, or left it unasked */
    VERDICT_HANG,      /* past the deadline, or a call that must not block did */
    VERDICT_UNREACHED, /* the situation could not be brought about */
    VERDICT_SKIP,      /* does not apply, by the entry's own declaration */
    VERDICT_ERROR,     /* the suite's own fault */
    VERDICTS
};

/* What an expectation rests on. */
enum grade {
    GRADE_DOCUMENTED,
    GRADE_OBSERVED /* no right answer: only a crash or a hang is red */
};

/* "pass", "tolerated" ... */
const char *verdict_name(enum verdict v);

/* "documented", "observed" */
const char *grade_name(enum grade g);

/* fail, crash, hang and error; with strict also tolerated and unreached. */
bool verdict_is_red(enum verdict v, bool strict);

#endif
