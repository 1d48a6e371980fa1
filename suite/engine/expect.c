#include "engine/expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine/case.h"
#include "engine/outcome.h"
#include "engine/perform.h"

#define PIECE_BYTES 256

static bool is_pair(enum spi_call call)
{
    return call == SPI_SEND_DISCONNECT || call == SPI_RECV_DISCONNECT;
}

/* The call that the case is about needs no label in its texts. */
static const char *label_of(enum spi_call call)
{
    bool own = (call == SPI_SEND_DISCONNECT && this_call() == CALL_SEND)
               || (call == SPI_RECV_DISCONNECT && this_call() == CALL_RECV);

    return own ? "" : spi_call_name(call);
}

static bool gives_socket(enum spi_call call)
{
    return call == SPI_SOCKET || call == SPI_ACCEPT || call == SPI_JOIN_LEAF;
}

static bool succeeded(struct answer a)
{
    return is_pair(a.call) ? a.result == 0 : answer_ok(a);
}

static bool failed_with_code(struct answer a)
{
    return !answer_ok(a) && (a.result == SOCKET_ERROR || gives_socket(a.call)) && is_winsock_error(a.error);
}

/* These say that the call goes on, or has to wait: what was to be refused was not. */
static bool is_refusal(int error)
{
    return error != WSAEWOULDBLOCK && error != WSA_IO_PENDING;
}

static bool matches(int wanted, struct answer a)
{
    switch (wanted) {
    case SUCCESS:
        return succeeded(a);
    case ANY_ERROR:
        return failed_with_code(a) && is_refusal(a.error);
    case NOTHING_TOLERATED:
        return false;
    default:
        return failed_with_code(a) && a.error == wanted;
    }
}

static bool matches_any(const int *wanted, struct answer a)
{
    for (; *wanted != NOTHING_TOLERATED; wanted++) {
        if (matches(*wanted, a)) {
            return true;
        }
    }
    return false;
}

static void join_label(char *text, size_t size, enum spi_call call, const char *rest)
{
    const char *label = label_of(call);

    snprintf(text, size, "%s%s%s", label, label[0] != '\0' ? " " : "", rest);
}

static void wanted_text(char *text, size_t size, int wanted, enum spi_call call)
{
    const char *failure = gives_socket(call) ? "INVALID_SOCKET" : "SOCKET_ERROR";
    char rest[PIECE_BYTES];
    char name[64];

    if (wanted == SUCCESS) {
        snprintf(rest, sizeof rest, "%s", gives_socket(call) ? "a socket" : "0");
    } else if (wanted == ANY_ERROR) {
        snprintf(rest, sizeof rest, "%s with any code", failure);
    } else {
        snprintf(rest, sizeof rest, "%s %s", failure, error_name(wanted, name, sizeof name));
    }
    join_label(text, size, call, rest);
}

static void answer_text(char *text, size_t size, struct answer a)
{
    char rest[PIECE_BYTES];
    char name[64];

    if (gives_socket(a.call) && answer_ok(a)) {
        snprintf(rest, sizeof rest, "a socket");
    } else if (gives_socket(a.call)) {
        snprintf(rest, sizeof rest, "INVALID_SOCKET %s", error_name(a.error, name, sizeof name));
    } else if (a.result == SOCKET_ERROR) {
        snprintf(rest, sizeof rest, "SOCKET_ERROR %s", error_name(a.error, name, sizeof name));
    } else if (is_pair(a.call)) {
        snprintf(rest, sizeof rest, "%lld", (long long)a.result);
    } else {
        snprintf(rest, sizeof rest, "%s", answer_ok(a) ? "0" : "FALSE");
    }
    join_label(text, size, a.call, rest);
}

/* Join a piece to what is there, once where it would only repeat the piece before it. */
static void join(char *whole, const char *piece)
{
    size_t length = strlen(whole);

    if (length > 0 && length < OUTCOME_TEXT_BYTES - 1) {
        snprintf(whole + length, OUTCOME_TEXT_BYTES - length, "; %s", piece);
    } else if (length == 0) {
        snprintf(whole, OUTCOME_TEXT_BYTES, "%s", piece);
    }
}

static bool ends_with(const char *whole, const char *piece)
{
    size_t length = strlen(whole);
    size_t tail = strlen(piece);

    return length == tail ? strcmp(whole, piece) == 0
                          : length > tail + 2 && strcmp(whole + length - tail, piece) == 0
                                && memcmp(whole + length - tail - 2, "; ", 2) == 0;
}

static void add_piece(const char *expected, const char *observed)
{
    struct outcome *o = outcome_current();

    if (o->expected[0] != '\0' && ends_with(o->expected, expected) && ends_with(o->observed, observed)) {
        return;
    }
    join(o->expected, expected);
    join(o->observed, observed);
}

static void set_place(const char *file, int line)
{
    struct outcome *o = outcome_current();

    snprintf(o->file, sizeof o->file, "%s", file);
    o->line = line;
}

/* The piece that fails stands alone in the record: the answers before it are among the calls. */
static void end_with_failure(const char *expected, const char *observed, const char *file, int line)
{
    struct outcome *o = outcome_current();

    snprintf(o->expected, sizeof o->expected, "%s", expected);
    snprintf(o->observed, sizeof o->observed, "%s", observed);
    set_place(file, line);
    o->verdict = VERDICT_FAIL;
    _fail(file, line);
}

static void add_tolerated(const char *expected, const char *observed, const char *why, const char *file,
                          int line)
{
    struct outcome *o = outcome_current();

    add_piece(expected, observed);
    note_reason(why);
    if (o->verdict != VERDICT_TOLERATED) {
        o->verdict = VERDICT_TOLERATED;
        set_place(file, line);
    }
}

static bool only_observing(void)
{
    return outcome_current()->grade == GRADE_OBSERVED;
}

void expect_answer(int documented, const int *tolerated, const char *why, struct answer a, const char *file,
                   int line)
{
    char expected[PIECE_BYTES];
    char observed[PIECE_BYTES];

    if (only_observing()) {
        observe_answer(a);
        return;
    }
    wanted_text(expected, sizeof expected, documented, a.call);
    answer_text(observed, sizeof observed, a);
    if (matches(documented, a)) {
        add_piece(expected, observed);
    } else if (matches_any(tolerated, a)) {
        add_tolerated(expected, observed, why, file, line);
    } else {
        end_with_failure(expected, observed, file, line);
    }
}

void expect_other_answer(int forbidden, struct answer a, const char *file, int line)
{
    char expected[PIECE_BYTES];
    char observed[PIECE_BYTES];
    char text[PIECE_BYTES];

    wanted_text(text, sizeof text, forbidden, a.call);
    snprintf(expected, sizeof expected, "anything but %.200s", text);
    answer_text(observed, sizeof observed, a);
    if (matches(forbidden, a)) {
        end_with_failure(expected, observed, file, line);
    }
    add_piece(expected, observed);
}

void observe_answer(struct answer a)
{
    char expected[PIECE_BYTES];
    char observed[PIECE_BYTES];

    join_label(expected, sizeof expected, a.call, "any answer");
    answer_text(observed, sizeof observed, a);
    add_piece(expected, observed);
}

struct answer must_answer(struct answer a, const char *file, int line)
{
    char observed[PIECE_BYTES];

    if (!answer_ok(a)) {
        answer_text(observed, sizeof observed, a);
        unreached_at(file, line, "the situation needs it to succeed, but %s answered: %s",
                     spi_call_name(a.call), observed);
    }
    return a;
}

void expect_fact_at(bool holds, const char *expected, const char *observed, const char *file, int line)
{
    if (only_observing()) {
        observe_fact(observed);
    } else if (holds) {
        add_piece(expected, observed);
    } else {
        end_with_failure(expected, observed, file, line);
    }
}

void expect_that_at(bool holds, const char *so, const char *otherwise, const char *file, int line)
{
    expect_fact_at(holds, so, holds ? so : otherwise, file, line);
}

void expect_fact_or(bool holds, bool allowed, const char *why, const char *expected, const char *observed,
                    const char *file, int line)
{
    if (!holds && allowed && !only_observing()) {
        add_tolerated(expected, observed, why, file, line);
    } else {
        expect_fact_at(holds, expected, observed, file, line);
    }
}

void observe_fact(const char *observed)
{
    add_piece("any answer", observed);
}

void note_reason(const char *reason)
{
    char *whole = outcome_current()->reason;

    if (reason[0] != '\0' && !ends_with(whole, reason)) {
        join(whole, reason);
    }
}

void grade_only_if(bool condition, const char *why_not)
{
    if (!condition) {
        outcome_current()->grade = GRADE_OBSERVED;
        note_reason(why_not);
    }
}

static void end_with_reason(enum verdict verdict, const char *file, int line, const char *format,
                            va_list arguments)
{
    struct outcome *o = outcome_current();

    vsnprintf(o->reason, sizeof o->reason, format, arguments);
    o->verdict = verdict;
    set_place(file, line);
}

void unreached_at(const char *file, int line, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    end_with_reason(VERDICT_UNREACHED, file, line, format, arguments);
    va_end(arguments);
    _skip(file, line);
}

void skip_at(const char *file, int line, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    end_with_reason(VERDICT_SKIP, file, line, format, arguments);
    va_end(arguments);
    _skip(file, line);
}

void suite_error_at(const char *file, int line, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    end_with_reason(VERDICT_ERROR, file, line, format, arguments);
    va_end(arguments);
    _fail(file, line);
}
