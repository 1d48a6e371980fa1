/*
 * The outcome of one case, as the case leaves it in memory shared with the supervisor: flat, and true at
 * every moment, so that it can be read after the process died.
 */
#ifndef WSPCHECK_ENGINE_OUTCOME_H
#define WSPCHECK_ENGINE_OUTCOME_H

#include <winsock2.h>
#include "engine/verdict.h"
#include "statements/statements.h"

#define OUTCOME_TEXT_BYTES 1024
#define OUTCOME_BROKEN 8

struct outcome {
    enum verdict verdict;
    enum grade grade;
    char expected[OUTCOME_TEXT_BYTES]; /* names of codes only: runs compare as text */
    char observed[OUTCOME_TEXT_BYTES];
    char reason[OUTCOME_TEXT_BYTES]; /* for people */
    char file[128];                  /* where the deciding expectation stands, relative: "suite/cases/..." */
    int line;
    enum statement
        broken[OUTCOME_BROKEN]; /* statements beside the case's own that a breach adds; ends with NONE */
    LONGLONG micros;            /* how long the body took */
};

#endif
