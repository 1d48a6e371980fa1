#include "engine/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>

#include "engine/console.h"
#include "engine/exit.h"
#include "engine/needs.h"
#include "engine/registry.h"
#include "engine/utf8.h"

static int print_json(cJSON *array)
{
    char *text = cJSON_PrintUnformatted(array);

    if (text == NULL) {
        exit_without_memory();
    }
    console_json(text);
    cJSON_free(text);
    cJSON_Delete(array);
    return console_failed() ? EXIT_SUITE_FAILED : EXIT_NOTHING_RED;
}

static void add_text(cJSON *object, const char *name, const char *text)
{
    char repaired[HOST_TEXT_BYTES];

    utf8_repair(repaired, sizeof repaired, text);
    cJSON_AddStringToObject(object, name, repaired);
}

static void add_provider(cJSON *array, const struct host_entry *e)
{
    const struct host_layer *layer = &e->layers[0];
    cJSON *object = cJSON_CreateObject();
    cJSON *chain;

    add_text(object, "entry", e->name);
    cJSON_AddStringToObject(object, "origin", e->origin == HOST_INSTALLED ? "catalog" : "manifest");
    add_text(object, "dll", layer->dll);
    add_text(object, "problem", layer->problem);
    cJSON_AddNumberToObject(object, "catalog_id", layer->info.dwCatalogEntryId);
    cJSON_AddNumberToObject(object, "family", layer->info.iAddressFamily);
    cJSON_AddNumberToObject(object, "socket_type", layer->info.iSocketType);
    cJSON_AddNumberToObject(object, "protocol", layer->info.iProtocol);
    cJSON_AddNumberToObject(object, "service_flags", layer->info.dwServiceFlags1);
    chain = cJSON_AddArrayToObject(object, "chain");
    for (unsigned i = 1; i < e->layer_count; i++) {
        char repaired[HOST_NAME_BYTES];

        utf8_repair(repaired, sizeof repaired, e->layers[i].name);
        cJSON_AddItemToArray(chain, cJSON_CreateString(repaired));
    }
    cJSON_AddItemToArray(array, object);
}

int list_providers(const struct catalog *catalog, bool json)
{
    cJSON *array = json ? cJSON_CreateArray() : NULL;

    for (size_t i = 0; i < catalog->count; i++) {
        const struct host_entry *e = catalog->entries[i];
        const struct host_layer *layer = &e->layers[0];

        if (json) {
            add_provider(array, e);
            continue;
        }
        console_line(PLAIN, "%s  %s", e->name, layer->dll);
        console_line(FAINT, "    catalog ID %lu, family %d, type %d, protocol %d, service flags 0x%lx%s%s",
                     (unsigned long)layer->info.dwCatalogEntryId, layer->info.iAddressFamily,
                     layer->info.iSocketType, layer->info.iProtocol,
                     (unsigned long)layer->info.dwServiceFlags1, layer->problem[0] != '\0' ? "; " : "",
                     layer->problem);
    }
    return json ? print_json(array) : EXIT_NOTHING_RED;
}

static void location_of(const struct case_instance *i, char *out, size_t size)
{
    char path[128];

    source_path(path, sizeof path, i->def->file);
    snprintf(out, size, "%s:%d", path, i->def->line);
}

static void add_case(cJSON *array, const struct case_instance *i)
{
    enum statement covers[INSTANCE_COVERS + 1];
    size_t count = instance_statements(i, covers);
    cJSON *object = cJSON_CreateObject();
    cJSON *names;
    char location[160];

    cJSON_AddStringToObject(object, "case", i->id);
    names = cJSON_AddArrayToObject(object, "statements");
    for (size_t s = 0; s < count; s++) {
        cJSON_AddItemToArray(names, cJSON_CreateString(statement_text(covers[s])->id));
    }
    cJSON_AddStringToObject(object, "grade", grade_name(i->def->grade));
    names = cJSON_AddArrayToObject(object, "needs");
    for (size_t n = 0; n < NEEDS_KNOWN; n++) {
        if ((instance_needs(i) & need_at(n)) != 0) {
            cJSON_AddItemToArray(names, cJSON_CreateString(need_name(n)));
        }
    }
    cJSON_AddNumberToObject(object, "revision", instance_revision(i));
    location_of(i, location, sizeof location);
    cJSON_AddStringToObject(object, "location", location);
    if (i->def->survives != NULL) {
        cJSON_AddStringToObject(object, "survives", i->def->survives);
    }
    cJSON_AddItemToArray(array, object);
}

static void list_case(const struct case_instance *i)
{
    enum statement covers[INSTANCE_COVERS + 1];
    size_t count = instance_statements(i, covers);
    char line[512];
    int length = snprintf(line, sizeof line, "%-52s", i->id);

    for (size_t s = 0; s < count && length < (int)sizeof line - 16; s++) {
        length += snprintf(line + length, sizeof line - (size_t)length, " %s", statement_text(covers[s])->id);
    }
    if (i->def->grade == GRADE_OBSERVED) {
        snprintf(line + length, sizeof line - (size_t)length, " (observed)");
    }
    console_line(PLAIN, "%s", line);
}

int list_cases(bool json)
{
    cJSON *array = json ? cJSON_CreateArray() : NULL;

    for (size_t i = 0; i < registry_count(); i++) {
        if (json) {
            add_case(array, registry_at(i));
        } else {
            list_case(registry_at(i));
        }
    }
    return json ? print_json(array) : EXIT_NOTHING_RED;
}

static bool covers_statement(const struct case_instance *i, enum statement s)
{
    enum statement covers[INSTANCE_COVERS + 1];
    size_t count = instance_statements(i, covers);

    for (size_t c = 0; c < count; c++) {
        if (covers[c] == s) {
            return true;
        }
    }
    return false;
}

/* Statements that every case checks beside its own. */
static bool is_always_on(enum statement s)
{
    return s == PV_10 || s == PV_11 || s == PV_12 || s == PV_14;
}

/* The IDs of the cases that cover it, each given to note. Returns how many. */
static size_t cases_of(enum statement s, void (*note)(const char *id, void *to), void *to)
{
    size_t count = 0;

    for (size_t i = 0; i < registry_count(); i++) {
        const struct case_instance *instance = registry_at(i);

        if (instance->call != CALL_SELFTEST && covers_statement(instance, s)) {
            note(instance->id, to);
            count++;
        }
    }
    return count;
}

static void note_json(const char *id, void *to)
{
    cJSON_AddItemToArray(to, cJSON_CreateString(id));
}

static void note_line(const char *id, void *to)
{
    (void)to;
    console_line(PLAIN, "    %s", id);
}

static void add_statement(cJSON *array, enum statement s)
{
    const struct statement_text *t = statement_text(s);
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "statement", t->id);
    cJSON_AddStringToObject(object, "page", t->page);
    cJSON_AddStringToObject(object, "where", t->where);
    cJSON_AddStringToObject(object, "text", t->text);
    cases_of(s, note_json, cJSON_AddArrayToObject(object, "cases"));
    cJSON_AddBoolToObject(object, "always_on", is_always_on(s));
    if (t->untested != NULL) {
        cJSON_AddStringToObject(object, "untested", t->untested);
    } else {
        cJSON_AddNullToObject(object, "untested");
    }
    cJSON_AddItemToArray(array, object);
}

static void list_statement(enum statement s)
{
    const struct statement_text *t = statement_text(s);
    size_t count;

    console_line(PLAIN, "%s (%s, %s): %s", t->id, t->page, t->where, t->text);
    count = cases_of(s, note_line, NULL);
    if (is_always_on(s)) {
        console_line(PLAIN, "    always on, in every case");
    } else if (count == 0) {
        console_line(YELLOW, "    no case: %s", t->untested != NULL ? t->untested : "no reason is given");
    }
}

int list_statements(bool json)
{
    cJSON *array = json ? cJSON_CreateArray() : NULL;

    for (int s = STATEMENT_NONE + 1; s < STATEMENT_END; s++) {
        if (json) {
            add_statement(array, (enum statement)s);
        } else {
            list_statement((enum statement)s);
        }
    }
    return json ? print_json(array) : EXIT_NOTHING_RED;
}
