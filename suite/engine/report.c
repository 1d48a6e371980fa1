#include "engine/report.h"

#include <stdio.h>
#include <string.h>

#include "engine/console.h"
#include "engine/registry.h"
#include "host/calls.h"

#define CALLS_SHOWN 24 /* the last ones; the records have all */
#define INDENT "    "

static enum colour colour_of(enum verdict v, bool strict)
{
    if (verdict_is_red(v, strict)) {
        return RED;
    }
    return v == VERDICT_PASS ? GREEN : v == VERDICT_SKIP ? FAINT : YELLOW;
}

void report_statement(enum statement s, const char *indent)
{
    const struct statement_text *t = statement_text(s);

    console_line(PLAIN, "%s%s (%s, %s): %s", indent, t->id, t->page, t->where, t->text);
}

static void report_call(const struct trace_call *c)
{
    char name[32];

    if (c->state == TRACE_UNDER_WAY) {
        console_line(PLAIN, INDENT "    %s(%s) never returned", spi_call_name(c->call), c->args);
    } else if (c->error != 0) {
        console_line(PLAIN, INDENT "    %s(%s) = %lld, %s", spi_call_name(c->call), c->args,
                     (long long)c->result, error_name(c->error, name, sizeof name));
    } else if (c->call == SPI_SOCKET || c->call == SPI_ACCEPT || c->call == SPI_JOIN_LEAF) {
        console_line(PLAIN, INDENT "    %s(%s) = a socket", spi_call_name(c->call), c->args);
    } else {
        console_line(PLAIN, INDENT "    %s(%s) = %lld", spi_call_name(c->call), c->args,
                     (long long)c->result);
    }
}

static void report_calls(const struct trace *t)
{
    const struct trace_call *calls[TRACE_CALLS];
    size_t count = t != NULL ? trace_in_order(t, calls) : 0;
    size_t first = count > CALLS_SHOWN ? count - CALLS_SHOWN : 0;

    if (count > 0) {
        console_line(PLAIN, INDENT "calls%s", first > 0 ? " (the last ones)" : "");
    }
    for (size_t i = first; i < count; i++) {
        report_call(calls[i]);
    }
}

static void report_crash(const struct crash_note *c)
{
    if (c->module[0] != '\0') {
        console_line(PLAIN, INDENT "crash     0x%08lx at %s+0x%llx", (unsigned long)c->code, c->module,
                     (unsigned long long)c->offset);
    } else {
        console_line(PLAIN, INDENT "crash     0x%08lx outside of every module", (unsigned long)c->code);
    }
}

static void report_order(const struct result *r)
{
    console_line(PLAIN, INDENT "order     it passes alone; here it came after:");
    for (unsigned i = 0; i < r->after_count; i++) {
        console_line(PLAIN, INDENT "    %s", r->after[i]);
    }
}

static void append(char *line, size_t size, const char *before, const char *text, const char *after)
{
    size_t length = strlen(line);

    snprintf(line + length, size - length, "%s%s%s", before, text, after);
}

static void report_again(const struct options *o, const struct result *r)
{
    char line[4096] = "wspcheck run";

    for (size_t i = 0; i < o->manifest_count; i++) {
        char *path = options_utf8(o->manifests[i]);

        append(line, sizeof line, " --manifest \"", path, "\"");
    }
    append(line, sizeof line, " --provider \"", r->entry->name, "\"");
    append(line, sizeof line, " --case ", r->instance->id, "");
    console_line(PLAIN, INDENT "again     %s", line);
}

static void report_story(const struct options *o, const struct result *r)
{
    enum statement statements[RESULT_STATEMENTS + 1];
    size_t count = result_statements(r, statements);
    char path[sizeof r->outcome.file];

    for (size_t i = 0; i < count; i++) {
        report_statement(statements[i], INDENT);
    }
    console_line(PLAIN, INDENT "expected  %s", r->outcome.expected);
    console_line(PLAIN, INDENT "observed  %s", r->outcome.observed);
    if (r->outcome.reason[0] != '\0') {
        console_line(PLAIN, INDENT "reason    %s", r->outcome.reason);
    }
    if (r->crash != NULL) {
        report_crash(r->crash);
    }
    if (r->order_dependent) {
        report_order(r);
    }
    if (r->blame != NULL) {
        console_line(PLAIN, INDENT "blame     %s", r->blame);
    }
    report_calls(r->trace);
    source_path(path, sizeof path, r->outcome.file);
    console_line(PLAIN, INDENT "at        %s:%d", path, r->outcome.line);
    report_again(o, r);
}

static bool is_told(enum verdict v)
{
    return v == VERDICT_FAIL || v == VERDICT_CRASH || v == VERDICT_HANG || v == VERDICT_ERROR;
}

void report_result(const struct options *o, const struct result *r)
{
    enum verdict v = r->outcome.verdict;
    bool red = verdict_is_red(v, o->strict);
    const char *reason = v == VERDICT_PASS || is_told(v) ? "" : r->outcome.reason;

    if (v == VERDICT_PASS || v == VERDICT_SKIP || (o->quiet && !red)) {
        return;
    }
    console_lock();
    console_line(colour_of(v, o->strict), "%-9s %s  %s%s%s", verdict_name(v), r->entry->name, r->instance->id,
                 reason[0] != '\0' ? "  " : "", reason);
    if (is_told(v) || red) {
        report_story(o, r);
    }
    console_unlock();
}

/* "118 pass, 2 fail"; and whether any of it is red. */
static bool count_text(char *line, size_t size, const unsigned counts[VERDICTS], bool strict)
{
    char number[32];
    bool red = false;

    line[0] = '\0';
    for (int v = 0; v < VERDICTS; v++) {
        if (counts[v] > 0) {
            snprintf(number, sizeof number, "%u ", counts[v]);
            append(line, size, line[0] != '\0' ? ", " : "", number, verdict_name((enum verdict)v));
            red = red || verdict_is_red((enum verdict)v, strict);
        }
    }
    return red;
}

void report_entry(const struct options *o, const struct host_entry *entry, const unsigned counts[VERDICTS])
{
    char line[256];
    bool red = count_text(line, sizeof line, counts, o->strict);

    if (!o->quiet) {
        console_line(red ? RED : GREEN, "%s: %s", entry->name, line);
    }
}

void report_end(const struct run *run, const unsigned counts[VERDICTS])
{
    char line[256];
    bool red = count_text(line, sizeof line, counts, run->options->strict);

    console_line(red ? RED : PLAIN, "%s", line[0] != '\0' ? line : "nothing was judged");
}
