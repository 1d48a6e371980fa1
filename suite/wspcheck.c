/* wspcheck: the program. What it is asked for, and nothing else, is here. */
#include <winsock2.h>
#include <stdlib.h>
#include <string.h>

#include "engine/console.h"
#include "engine/exit.h"
#include "engine/list.h"
#include "engine/options.h"
#include "engine/records.h"
#include "engine/registry.h"
#include "engine/run.h"
#include "engine/worker.h"
#include "host/catalog.h"
#include "version.h"

static bool collect(struct catalog *catalog, const struct options *o)
{
    struct problem problem = {""};

    catalog_begin(catalog, wsc_system());
    for (size_t i = 0; i < o->manifest_count; i++) {
        if (!catalog_add_manifest(catalog, o->manifests[i], &problem)) {
            console_error("%s", problem.text);
            return false;
        }
    }
    if ((o->manifest_count == 0 && !catalog_add_installed(catalog, &problem))
        || !catalog_select(catalog, o->providers, o->provider_count, &problem)) {
        console_error("%s", problem.text);
        return false;
    }
    return true;
}

static bool select_cases(struct run *run)
{
    const char *unmatched;

    run->selected = calloc(registry_count() + 1, sizeof *run->selected);
    if (run->selected == NULL) {
        exit_without_memory();
    }
    unmatched = registry_select(run->options->cases, run->options->case_count, run->selected);
    if (unmatched != NULL) {
        console_error("--case '%s' matches nothing, expected an ID or pattern of wspcheck list cases",
                      unmatched);
    }
    return unmatched == NULL;
}

static bool open_records(const struct options *o)
{
    char *name;

    if (records_open(o->jsonl)) {
        return true;
    }
    name = options_utf8(o->jsonl);
    console_error("--jsonl %s: cannot be written (error %lu), expected a file that can", name,
                  (unsigned long)GetLastError());
    free(name);
    return false;
}

static int run(const struct options *o)
{
    struct run run = {.options = o};
    struct catalog catalog;

    if (!select_cases(&run) || !collect(&catalog, o) || !open_records(o)) {
        return EXIT_WRONG_USE;
    }
    run.entries = catalog.entries;
    run.entry_count = catalog.count;
    return run_all(&run);
}

static int list(const struct options *o)
{
    struct catalog catalog;

    switch (o->subject) {
    case LIST_CASES:
        return list_cases(o->json);
    case LIST_STATEMENTS:
        return list_statements(o->json);
    default:
        return collect(&catalog, o) ? list_providers(&catalog, o->json) : EXIT_WRONG_USE;
    }
}

static int obey(const struct options *o)
{
    switch (o->command) {
    case COMMAND_LINE_RUN:
        return run(o);
    case COMMAND_LINE_LIST:
        return list(o);
    case COMMAND_LINE_SHOW:
        return show_case(o->show);
    case COMMAND_LINE_VERSION:
        console_line(PLAIN, "wspcheck %s", WSPCHECK_VERSION);
        return EXIT_NOTHING_RED;
    default:
        console_text(options_help, "");
        return EXIT_NOTHING_RED;
    }
}

int wmain(int count, wchar_t **arguments)
{
    struct options options;

    if (count > 1 && wcscmp(arguments[1], L"worker") == 0) {
        return worker_main((size_t)count - 2, arguments + 2);
    }
    console_open();
    if (!registry_expand()) {
        exit_without_memory();
    }
    if (!options_parse(&options, count - 1, arguments + 1)) {
        return EXIT_WRONG_USE;
    }
    return obey(&options);
}
