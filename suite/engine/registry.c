#include "engine/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SELFTEST_PREFIX "selftest."

struct place {
    struct case_instance instance; /* first: a pointer to it is a pointer to the place */
    size_t definition;             /* index in case_registry */
};

static struct place *places;
static size_t place_count;

static const enum case_call call_order[] = {CALL_PROVIDER, CALL_SEND, CALL_RECV, CALL_SELFTEST};

const char *call_prefix(enum case_call call)
{
    switch (call) {
    case CALL_SEND:
        return "send_disconnect.";
    case CALL_RECV:
        return "recv_disconnect.";
    case CALL_PROVIDER:
        return "provider.";
    default:
        return SELFTEST_PREFIX;
    }
}

static const struct case_row *row_of(const struct case_def *def, size_t row)
{
    return def->row_count > 0 ? (const struct case_row *)((const char *)def->rows + row * def->row_size)
                              : NULL;
}

static unsigned calls_of(const struct case_def *def, const struct case_row *row)
{
    return row != NULL && row->calls != 0 ? row->calls & def->calls : def->calls;
}

static const char *side_suffix(enum case_side side)
{
    return side == SIDE_CONNECTING ? ".connecting" : side == SIDE_ACCEPTING ? ".accepting" : "";
}

static void fill(struct place *place, size_t definition, enum case_call call, const struct case_row *row,
                 enum case_side side)
{
    struct case_instance *i = &place->instance;

    place->definition = definition;
    i->def = case_registry[definition];
    i->call = call;
    i->row = row;
    i->side = side;
    snprintf(i->id, sizeof i->id, "%s%s%s%s%s", call_prefix(call), i->def->name, row != NULL ? "." : "",
             row != NULL ? row->name : "", side_suffix(side));
}

/*
 * One case in the form of one call. Writes to places where there are any; returns how many instances it
 * makes.
 */
static size_t expand_case(struct place *out, size_t definition, enum case_call call)
{
    const struct case_def *def = case_registry[definition];
    enum case_side first = def->each_side ? SIDE_CONNECTING : SIDE_NONE;
    enum case_side last = def->each_side ? SIDE_ACCEPTING : SIDE_NONE;
    size_t rows = def->row_count > 0 ? def->row_count : 1;
    size_t made = 0;

    for (size_t row = 0; row < rows; row++) {
        if ((calls_of(def, row_of(def, row)) & (unsigned)call) == 0) {
            continue;
        }
        for (enum case_side side = first; side <= last; side++) {
            if (out != NULL) {
                fill(&out[made], definition, call, row_of(def, row), side);
            }
            made++;
        }
    }
    return made;
}

static size_t expand_all(struct place *out)
{
    size_t made = 0;

    for (size_t c = 0; c < sizeof call_order / sizeof call_order[0]; c++) {
        for (size_t d = 0; case_registry[d] != NULL; d++) {
            made += expand_case(out != NULL ? out + made : NULL, d, call_order[c]);
        }
    }
    return made;
}

bool registry_expand(void)
{
    if (places != NULL) {
        return true;
    }
    place_count = expand_all(NULL);
    places = calloc(place_count + 1, sizeof *places);
    if (places == NULL) {
        return false;
    }
    expand_all(places);
    return true;
}

size_t registry_count(void)
{
    return place_count;
}

const struct case_instance *registry_at(size_t index)
{
    return &places[index].instance;
}

const struct case_instance *registry_find(const char *id)
{
    for (size_t i = 0; i < place_count; i++) {
        if (strcmp(places[i].instance.id, id) == 0) {
            return &places[i].instance;
        }
    }
    return NULL;
}

static const struct place *place_of(const struct case_instance *instance)
{
    return (const struct place *)instance;
}

size_t registry_index(const struct case_instance *instance)
{
    return (size_t)(place_of(instance) - places);
}

const char *instance_comment(const struct case_instance *instance)
{
    return case_comments[place_of(instance)->definition];
}

unsigned instance_needs(const struct case_instance *instance)
{
    return instance->def->needs | (instance->row != NULL ? instance->row->needs : 0);
}

unsigned instance_revision(const struct case_instance *instance)
{
    return instance->def->revision > 0 ? instance->def->revision : 1;
}

/* A case written for both calls names the statements of both pages; each form of it keeps its own. */
static bool is_of_other_call(enum statement s, enum case_call call)
{
    const char *id = statement_text(s)->id;

    return (call == CALL_SEND && strncmp(id, "RD-", 3) == 0)
           || (call == CALL_RECV && strncmp(id, "SD-", 3) == 0);
}

static size_t add_statements(enum statement *covers, size_t count, const enum statement *more, size_t limit,
                             enum case_call call)
{
    for (size_t i = 0; i < limit && more[i] != STATEMENT_NONE; i++) {
        if (!is_of_other_call(more[i], call)) {
            covers[count++] = more[i];
        }
    }
    return count;
}

size_t instance_statements(const struct case_instance *instance, enum statement covers[INSTANCE_COVERS + 1])
{
    size_t count = add_statements(covers, 0, instance->def->covers, CASE_COVERS, instance->call);

    if (instance->row != NULL) {
        count = add_statements(covers, count, instance->row->covers, ROW_COVERS, instance->call);
    }
    covers[count] = STATEMENT_NONE;
    return count;
}

void source_path(char *out, size_t size, const char *file)
{
    const char *start = file;

    for (const char *p = file; *p != '\0'; p++) {
        if (strncmp(p, "suite/", 6) == 0 || strncmp(p, "suite\\", 6) == 0) {
            start = p;
        }
    }
    snprintf(out, size, "%s", start);
    for (char *p = out; *p != '\0'; p++) {
        *p = *p == '\\' ? '/' : *p;
    }
}

/* The usual way with one star at a time: on a mismatch the last star takes one character more. */
static bool glob_matches(const char *pattern, const char *text)
{
    const char *star = NULL;
    const char *resume = NULL;

    while (*text != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

bool id_matches(const char *pattern, const char *id)
{
    size_t length = strlen(pattern);

    if (strpbrk(pattern, "*?") != NULL) {
        return glob_matches(pattern, id);
    }
    return strncmp(pattern, id, length) == 0 && (id[length] == '\0' || id[length] == '.');
}

/* selftest.* is for proving a lab: an ordinary run leaves it out, even with `*`. */
static bool pattern_takes(const char *pattern, const struct case_instance *i)
{
    size_t length = strlen(SELFTEST_PREFIX) - 1;

    if (i->call == CALL_SELFTEST && strncmp(pattern, SELFTEST_PREFIX, length) != 0) {
        return false;
    }
    return id_matches(pattern, i->id);
}

const char *registry_select(const char *const *patterns, size_t count, bool *selected)
{
    memset(selected, 0, place_count * sizeof *selected);
    for (size_t i = 0; count == 0 && i < place_count; i++) {
        selected[i] = places[i].instance.call != CALL_SELFTEST;
    }
    for (size_t p = 0; p < count; p++) {
        bool any = false;

        for (size_t i = 0; i < place_count; i++) {
            if (pattern_takes(patterns[p], &places[i].instance)) {
                selected[i] = true;
                any = true;
            }
        }
        if (!any) {
            return patterns[p];
        }
    }
    return NULL;
}
