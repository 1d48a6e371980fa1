/*
 * What a case demands of an answer. Each expectation that holds adds to the case's expected and observed
 * texts; the first that does not hold ends the case. Only on the case's own thread: hooks, condition
 * functions and other threads note answers, and the case judges them afterwards.
 */
#ifndef WSPCHECK_ENGINE_EXPECT_H
#define WSPCHECK_ENGINE_EXPECT_H

#include <stdbool.h>
#include "host/calls.h"

/* Beside error codes, an answer can be one of these. ANY_ERROR: any that refuses; WSAEWOULDBLOCK does not. */
enum { SUCCESS = 0, ANY_ERROR = -1, NOTHING_TOLERATED = -2 };

/* A list of answers that a named permission or silence allows: TOLERATED(SUCCESS, WSAEFAULT). */
#define TOLERATED(...) ((const int[]){__VA_ARGS__, NOTHING_TOLERATED})
/* The same, where the permission depends on the entry. */
#define TOLERATED_IF(condition, ...) ((condition) ? TOLERATED(__VA_ARGS__) : TOLERATED(NOTHING_TOLERATED))

/* The call succeeds. */
#define expect_success(answer) \
    expect_answer(SUCCESS, TOLERATED(NOTHING_TOLERATED), "", answer, __FILE__, __LINE__)
/* The call fails with this code. */
#define expect_error(code, answer) \
    expect_answer(code, TOLERATED(NOTHING_TOLERATED), "", answer, __FILE__, __LINE__)
/* The documented answer, or one of the tolerated ones; why names the permission or silence. */
#define expect_or_tolerate(documented, tolerated, why, answer) \
    expect_answer(documented, tolerated, why, answer, __FILE__, __LINE__)
/* Any answer but this one: all that is documented is what it must not be. */
#define expect_not(code, answer) expect_other_answer(code, answer, __FILE__, __LINE__)
/* No right answer: it goes into the report. */
#define observe(answer) observe_answer(answer)

/* The call had to succeed to bring the situation about: otherwise the case is unreached. Returns the answer.
 */
#define must(answer) must_answer(answer, __FILE__, __LINE__)

/* A fact beside an answer. expected and observed are texts of names and codes, as "peer received 5 bytes". */
#define expect_fact(holds, expected, observed) expect_fact_at(holds, expected, observed, __FILE__, __LINE__)
/* The same with its two texts: what holds if it does, what is so otherwise. */
#define expect_that(holds, so, otherwise) expect_that_at(holds, so, otherwise, __FILE__, __LINE__)
/* The same where something else is allowed: tolerated when only `allowed` holds. */
#define expect_fact_or_tolerate(holds, allowed, why, expected, observed) \
    expect_fact_or(holds, allowed, why, expected, observed, __FILE__, __LINE__)
/* A fact for the report. */
void observe_fact(const char *observed);

/* A reason for people, beside whatever the expectations say. */
void note_reason(const char *reason);

/* From here on everything is observed only, unless the condition holds: what the statement rests on is not
 * declared. */
void grade_only_if(bool condition, const char *why_not);

/* The situation could not be brought about; ends the case. */
#define unreached(...) unreached_at(__FILE__, __LINE__, __VA_ARGS__)
/* The case does not apply by the entry's own declaration; ends the case. */
#define skip_case(...) skip_at(__FILE__, __LINE__, __VA_ARGS__)
/* The suite itself failed (no memory, no thread); ends the case. */
#define suite_error(...) suite_error_at(__FILE__, __LINE__, __VA_ARGS__)

void expect_answer(int documented, const int *tolerated, const char *why, struct answer a, const char *file,
                   int line);
void expect_other_answer(int forbidden, struct answer a, const char *file, int line);
void observe_answer(struct answer a);
struct answer must_answer(struct answer a, const char *file, int line);
void expect_fact_at(bool holds, const char *expected, const char *observed, const char *file, int line);
void expect_that_at(bool holds, const char *so, const char *otherwise, const char *file, int line);
void expect_fact_or(bool holds, bool allowed, const char *why, const char *expected, const char *observed,
                    const char *file, int line);
void unreached_at(const char *file, int line, const char *format, ...);
void skip_at(const char *file, int line, const char *format, ...);
void suite_error_at(const char *file, int line, const char *format, ...);

#endif
