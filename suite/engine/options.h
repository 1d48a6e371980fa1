/* The command line: wspcheck list|show|run|version|help. */
#ifndef WSPCHECK_ENGINE_OPTIONS_H
#define WSPCHECK_ENGINE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

enum command {
    COMMAND_LINE_HELP,
    COMMAND_LINE_VERSION,
    COMMAND_LINE_LIST,
    COMMAND_LINE_SHOW,
    COMMAND_LINE_RUN
};
enum subject { LIST_PROVIDERS, LIST_CASES, LIST_STATEMENTS };
enum isolation { ISOLATION_SHARED, ISOLATION_CASE, ISOLATION_NONE };

#define JOBS_MAX 64
#define REPEATS_MAX 1000000
#define TIMEOUT_MIN 100
#define TIMEOUT_MAX 86400000 /* a day, in milliseconds */

/* Strings are UTF-8, paths are wide. All of it lives as long as the process. */
struct options {
    enum command command;
    enum subject subject;       /* of list */
    const char *show;           /* of show: the ID as given */
    bool json;                  /* of list */
    const wchar_t **manifests;
    size_t manifest_count;
    const char **providers;
    size_t provider_count;
    const char **cases;
    size_t case_count;
    unsigned jobs;
    unsigned timeout;           /* milliseconds a case */
    enum isolation isolation;
    unsigned repeat;
    bool shuffle;
    uint64_t seed;
    bool trace_all;
    const char *environment;    /* NULL: as detected */
    const wchar_t *jsonl;       /* NULL: no records */
    bool strict;
    bool quiet;
    const char **words;         /* the command as it goes into the records: file names instead of paths */
    size_t word_count;
};

/*
 * Understand the arguments (without the program's name). Returns false after one line on stderr that says
 * what was wrong and what was expected.
 */
bool options_parse(struct options *o, int count, wchar_t **arguments);

/* What `wspcheck help` prints. */
extern const char options_help[];

/* Wide to UTF-8, allocated; the program ends with exit status 3 without memory. */
char *options_utf8(const wchar_t *wide);

#endif
