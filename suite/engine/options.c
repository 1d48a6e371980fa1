#include "engine/options.h"

#include <winsock2.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/console.h"
#include "engine/exit.h"

const char options_help[] =
    "wspcheck: does a Winsock service provider keep what the documentation says of WSPSendDisconnect and\n"
    "WSPRecvDisconnect?\n"
    "\n"
    "wspcheck run [--provider NAME]... [--manifest FILE]... [--case GLOB]...\n"
    "    --provider NAME      an entry by provider name, entry name, catalog ID or GUID; default: all\n"
    "    --manifest FILE      a provider that is not installed; its entries instead of the catalog's\n"
    "    --case GLOB          IDs with * and ?; without them also the rows below; selftest.* only if named\n"
    "    --jobs N             entries at once (1)\n"
    "    --timeout MS         for a case (10000)\n"
    "    --isolation MODE     shared: a process an entry, a fresh one after trouble (default); case: a "
    "process\n"
    "                         a case; none: in this process, for a debugger, without a deadline\n"
    "    --repeat N           run the cases N times (1)\n"
    "    --shuffle SEED       in an order that the number decides\n"
    "    --trace MODE         failures: records hold the calls of all but pass and skip (default); all: of "
    "all\n"
    "    --environment NAME   what the records call this system\n"
    "    --jsonl FILE         write records, one JSON object a line\n"
    "    --strict             tolerated and unreached are red too\n"
    "    --quiet              print red verdicts and the counts only\n"
    "wspcheck list providers|cases|statements [--manifest FILE]... [--json]\n"
    "wspcheck show CASE       the statement, its page, what is done, how to run it alone\n"
    "wspcheck version | help\n"
    "\n"
    "Exit status: 0 nothing red; 1 something red; 2 wrong use, nothing was run; 3 the suite failed, or "
    "nothing was\n"
    "judged.";

char *options_utf8(const wchar_t *wide)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = malloc((size_t)size + 1);

    if (text == NULL) {
        exit_without_memory();
    }
    text[0] = '\0';
    WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
    return text;
}

/* One option: its name, and what to do with its value (NULL: it takes none). */
struct option {
    const wchar_t *name;
    bool (*take)(struct options *o, const wchar_t *value);
    bool has_value;
};

/* A decimal number from least to most; otherwise one line of complaint. */
static bool take_number(const wchar_t *option, const wchar_t *value, uint64_t least, uint64_t most,
                        uint64_t *number)
{
    wchar_t *end;

    errno = 0;
    *number = _wcstoui64(value, &end, 10);
    if (value[0] < L'0' || value[0] > L'9' || *end != L'\0' || errno == ERANGE || *number < least
        || *number > most) {
        char *given = options_utf8(value);

        console_error("--%ls: '%s', expected a number from %llu to %llu", option, given,
                      (unsigned long long)least, (unsigned long long)most);
        free(given);
        return false;
    }
    return true;
}

static bool take_unsigned(const wchar_t *option, const wchar_t *value, unsigned least, unsigned most,
                          unsigned *number)
{
    uint64_t wide;
    bool ok = take_number(option, value, least, most, &wide);

    *number = ok ? (unsigned)wide : least;
    return ok;
}

/* One of up to three words; the order is that of the values. */
static bool take_word(const wchar_t *option, const wchar_t *value, const wchar_t *const *words, size_t count,
                      int *chosen)
{
    char expected[128] = "";
    char *given;

    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(expected);

        if (wcscmp(value, words[i]) == 0) {
            *chosen = (int)i;
            return true;
        }
        snprintf(expected + length, sizeof expected - length, "%s%ls", i > 0 ? ", " : "", words[i]);
    }
    given = options_utf8(value);
    console_error("--%ls: '%s', expected one of %s", option, given, expected);
    free(given);
    return false;
}

static bool take_provider(struct options *o, const wchar_t *value)
{
    o->providers[o->provider_count++] = options_utf8(value);
    return true;
}

static bool take_manifest(struct options *o, const wchar_t *value)
{
    o->manifests[o->manifest_count++] = value;
    return true;
}

static bool take_case(struct options *o, const wchar_t *value)
{
    o->cases[o->case_count++] = options_utf8(value);
    return true;
}

static bool take_jobs(struct options *o, const wchar_t *value)
{
    return take_unsigned(L"jobs", value, 1, JOBS_MAX, &o->jobs);
}

static bool take_timeout(struct options *o, const wchar_t *value)
{
    return take_unsigned(L"timeout", value, TIMEOUT_MIN, TIMEOUT_MAX, &o->timeout);
}

static bool take_isolation(struct options *o, const wchar_t *value)
{
    static const wchar_t *const words[] = {L"shared", L"case", L"none"};
    int chosen = ISOLATION_SHARED;
    bool ok = take_word(L"isolation", value, words, 3, &chosen);

    o->isolation = (enum isolation)chosen;
    return ok;
}

static bool take_repeat(struct options *o, const wchar_t *value)
{
    return take_unsigned(L"repeat", value, 1, REPEATS_MAX, &o->repeat);
}

static bool take_shuffle(struct options *o, const wchar_t *value)
{
    o->shuffle = true;
    return take_number(L"shuffle", value, 0, UINT64_MAX, &o->seed);
}

static bool take_trace(struct options *o, const wchar_t *value)
{
    static const wchar_t *const words[] = {L"failures", L"all"};
    int chosen = 0;
    bool ok = take_word(L"trace", value, words, 2, &chosen);

    o->trace_all = chosen == 1;
    return ok;
}

static bool take_environment(struct options *o, const wchar_t *value)
{
    o->environment = options_utf8(value);
    if (value[0] == L'\0') {
        console_error("--environment: empty, expected a name such as wine-8.0-x64");
        return false;
    }
    return true;
}

static bool take_jsonl(struct options *o, const wchar_t *value)
{
    o->jsonl = value;
    return true;
}

static bool take_strict(struct options *o, const wchar_t *value)
{
    (void)value;
    o->strict = true;
    return true;
}

static bool take_quiet(struct options *o, const wchar_t *value)
{
    (void)value;
    o->quiet = true;
    return true;
}

static bool take_json(struct options *o, const wchar_t *value)
{
    (void)value;
    o->json = true;
    return true;
}

static const struct option run_options[] = {
    {L"provider", take_provider, true},
    {L"manifest", take_manifest, true},
    {L"case", take_case, true},
    {L"jobs", take_jobs, true},
    {L"timeout", take_timeout, true},
    {L"isolation", take_isolation, true},
    {L"repeat", take_repeat, true},
    {L"shuffle", take_shuffle, true},
    {L"trace", take_trace, true},
    {L"environment", take_environment, true},
    {L"jsonl", take_jsonl, true},
    {L"strict", take_strict, false},
    {L"quiet", take_quiet, false},
};

static const struct option list_options[] = {
    {L"manifest", take_manifest, true},
    {L"json", take_json, false},
};

/* --name or --name=value: the option it is, and the value where it stands in the same word. */
static const struct option *find_option(const struct option *options, size_t count, const wchar_t *word,
                                        const wchar_t **value)
{
    size_t length = wcscspn(word, L"=");

    *value = word[length] == L'=' ? word + length + 1 : NULL;
    for (size_t i = 0; i < count; i++) {
        if (wcslen(options[i].name) + 2 == length && wcsncmp(word, L"--", 2) == 0
            && wcsncmp(word + 2, options[i].name, length - 2) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

static bool complain(const char *what, const wchar_t *word, const char *expected)
{
    char *given = options_utf8(word);

    console_error("%s '%s', expected %s", what, given, expected);
    free(given);
    return false;
}

static bool parse_options(struct options *o, const struct option *options, size_t option_count, int count,
                          wchar_t **arguments)
{
    for (int i = 0; i < count; i++) {
        const wchar_t *value;
        const struct option *option = find_option(options, option_count, arguments[i], &value);

        if (option == NULL) {
            return complain("unknown argument", arguments[i],
                            "an option of this command (see wspcheck help)");
        }
        if (!option->has_value && value != NULL) {
            return complain("unexpected value in", arguments[i], "the option alone");
        }
        if (option->has_value && value == NULL) {
            if (++i == count) {
                return complain("no value after", arguments[i - 1], "one");
            }
            value = arguments[i];
        }
        if (!option->take(o, value)) {
            return false;
        }
    }
    return true;
}

/* Room for as many of each as there are arguments. */
static void make_room(struct options *o, int count)
{
    size_t places = (size_t)count + 1;

    o->manifests = calloc(places, sizeof *o->manifests);
    o->providers = calloc(places, sizeof *o->providers);
    o->cases = calloc(places, sizeof *o->cases);
    o->words = calloc(places, sizeof *o->words);
    if (o->manifests == NULL || o->providers == NULL || o->cases == NULL || o->words == NULL) {
        exit_without_memory();
    }
}

/* Records hold no path of the machine: of the options that take a file only its name is kept. */
static bool is_file_option(const wchar_t *word, const wchar_t **value)
{
    static const wchar_t *const names[] = {L"--manifest", L"--jsonl"};

    for (int i = 0; i < 2; i++) {
        size_t length = wcslen(names[i]);

        if (wcsncmp(word, names[i], length) == 0 && (word[length] == L'=' || word[length] == L'\0')) {
            *value = word[length] == L'=' ? word + length + 1 : NULL;
            return true;
        }
    }
    return false;
}

static const wchar_t *without_folders(const wchar_t *path)
{
    const wchar_t *name = path;

    for (const wchar_t *p = path; *p != L'\0'; p++) {
        if (*p == L'/' || *p == L'\\' || *p == L':') {
            name = p + 1;
        }
    }
    return name;
}

static void note_words(struct options *o, int count, wchar_t **arguments)
{
    bool is_file = false;

    for (int i = 0; i < count; i++) {
        const wchar_t *value = NULL;
        char *word = options_utf8(is_file ? without_folders(arguments[i]) : arguments[i]);

        is_file = is_file_option(arguments[i], &value);
        if (value != NULL) {
            char *name = options_utf8(without_folders(value));

            memmove(strchr(word, '=') + 1, name, strlen(name) + 1);
            free(name);
            is_file = false;
        }
        o->words[o->word_count++] = word;
    }
}

static bool parse_list(struct options *o, int count, wchar_t **arguments)
{
    static const wchar_t *const subjects[] = {L"providers", L"cases", L"statements"};

    o->command = COMMAND_LINE_LIST;
    for (int i = 0; count > 0 && i < 3; i++) {
        if (wcscmp(arguments[0], subjects[i]) == 0) {
            o->subject = (enum subject)i;
            return parse_options(o, list_options, sizeof list_options / sizeof list_options[0], count - 1,
                                 arguments + 1);
        }
    }
    return complain("list: what is", count > 0 ? arguments[0] : L"", "providers, cases or statements");
}

static bool parse_show(struct options *o, int count, wchar_t **arguments)
{
    o->command = COMMAND_LINE_SHOW;
    if (count != 1) {
        console_error("show: %d arguments, expected the ID of one case", count);
        return false;
    }
    o->show = options_utf8(arguments[0]);
    return true;
}

static bool parse_alone(struct options *o, enum command command, int count, wchar_t **arguments)
{
    o->command = command;
    return count == 0 || complain("unknown argument", arguments[0], "none");
}

bool options_parse(struct options *o, int count, wchar_t **arguments)
{
    const wchar_t *command = count > 0 ? arguments[0] : L"";

    memset(o, 0, sizeof *o);
    o->jobs = 1;
    o->timeout = 10000;
    o->repeat = 1;
    make_room(o, count);
    note_words(o, count, arguments);
    if (wcscmp(command, L"run") == 0) {
        o->command = COMMAND_LINE_RUN;
        return parse_options(o, run_options, sizeof run_options / sizeof run_options[0], count - 1,
                             arguments + 1);
    }
    if (wcscmp(command, L"list") == 0) {
        return parse_list(o, count - 1, arguments + 1);
    }
    if (wcscmp(command, L"show") == 0) {
        return parse_show(o, count - 1, arguments + 1);
    }
    if (wcscmp(command, L"version") == 0 || wcscmp(command, L"--version") == 0) {
        return parse_alone(o, COMMAND_LINE_VERSION, count - 1, arguments + 1);
    }
    if (wcscmp(command, L"help") == 0 || wcscmp(command, L"--help") == 0) {
        return parse_alone(o, COMMAND_LINE_HELP, count - 1, arguments + 1);
    }
    return complain("unknown command", command, "list, show, run, version or help");
}
