/*
 * From lines to a manifest: the lines are checked first, then inih reads the values, then each is understood.
 * Where a key stands is known from the checking, so that any build of inih will do (one with lines of
 * MANIFEST_LINE_MAX bytes).
 */
#include "host/manifest.h"
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include "host/manifest_lines.h"
#include "host/manifest_values.h"

struct parse {
    struct manifest_source source;
    struct manifest *manifest;
    struct manifest_mistake *mistake;
    bool no_memory;
};

static const char *const number_keys[MANIFEST_NUMBERS] = {
    "family",       "socket_type",    "protocol_number",     "service_flags",  "version",
    "max_sockaddr", "min_sockaddr",   "protocol_max_offset", "byte_order",     "security_scheme",
    "message_size", "provider_flags", "service_flags2",      "service_flags3", "service_flags4",
};

static char *copy_of(const char *string)
{
    char *copy = malloc(strlen(string) + 1);

    if (copy != NULL) {
        strcpy(copy, string);
    }
    return copy;
}

#if INI_HANDLER_LINENO
static int take_value(void *user, const char *section, const char *key, const char *value, int line)
#else
static int take_value(void *user, const char *section, const char *key, const char *value)
#endif
{
    struct parse *p = user;
    int number = manifest_find_section(&p->source, section);
    struct manifest_pair *pair = number < 0 ? NULL : manifest_find_pair(&p->source, (size_t)number, key);

#if INI_HANDLER_LINENO
    (void)line;
#endif
    if (pair == NULL || value == NULL || pair->value != NULL) {
        return 0;
    }
    pair->value = copy_of(value);
    p->no_memory = p->no_memory || pair->value == NULL;
    return pair->value != NULL;
}

static bool read_values(struct parse *p, const char *bytes, size_t size)
{
    char *text = malloc(size + 1);
    int result;

    if (text == NULL) {
        return manifest_mistaken(p->mistake, 0, "", "there is no memory to read it");
    }
    memcpy(text, bytes, size);
    text[size] = '\0';
    result = ini_parse_string(text, take_value, p);
    free(text);
    if (result != 0) {
        return manifest_mistaken(p->mistake, result > 0 ? (unsigned)result : 0, "",
                                 p->no_memory
                                     ? "there is no memory to read it"
                                     : "can't understand this line; expected [section] or key = value");
    }
    return true;
}

/*
 * The pair of a key, NULL where it is not given; *good turns false (and a mistake is noted) where its value
 * is empty.
 */
static const struct manifest_pair *get(struct parse *p, size_t section, const char *key, bool *good)
{
    const struct manifest_pair *pair = manifest_find_pair(&p->source, section, key);

    if (pair == NULL) {
        return NULL;
    }
    if (pair->value == NULL || pair->value[0] == '\0') {
        *good = manifest_mistaken(p->mistake, pair->line, key, "is empty; expected a value");
        return NULL;
    }
    return pair;
}

static const struct manifest_pair *need(struct parse *p, size_t section, const char *key)
{
    bool good = true;
    const struct manifest_pair *pair = get(p, section, key, &good);

    if (pair == NULL && good) {
        manifest_mistaken(p->mistake, 0, key, "is missing in [%s]; expected %s = ...",
                          p->source.sections[section].name, key);
    }
    return pair;
}

static bool is_name(const char *text)
{
    return strpbrk(text, ".,/\\\"") == NULL;
}

static bool read_provider(struct parse *p, size_t section)
{
    const struct manifest_pair *name = need(p, section, "name");
    const struct manifest_pair *dll = name == NULL ? NULL : need(p, section, "dll");
    const struct manifest_pair *guid = dll == NULL ? NULL : need(p, section, "guid");
    bool good = true;

    if (guid == NULL) {
        return false;
    }
    if (!is_name(name->value) || strlen(name->value) > MANIFEST_NAME_MAX) {
        return manifest_mistaken(
            p->mistake, name->line, "name",
            "\"%.80s\" can't be a name; expected at most %d bytes without . , / \\ and \"", name->value,
            MANIFEST_NAME_MAX);
    }
    if (!manifest_guid(guid->value, &p->manifest->guid)) {
        return manifest_mistaken(p->mistake, guid->line, "guid",
                                 "\"%.80s\" is no GUID; expected {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}",
                                 guid->value);
    }
    strcpy(p->manifest->name, name->value);
    strcpy(p->manifest->dll, dll->value);
    const struct manifest_pair *environment = get(p, section, "environment", &good);

    if (environment != NULL && !manifest_environment(environment->value, &p->manifest->environment)) {
        return manifest_mistaken(
            p->mistake, environment->line, "environment",
            "can't understand \"%.80s\"; expected NAME=VALUE, NAME=VALUE, each NAME once",
            environment->value);
    }
    return good;
}

static bool add_entry(struct parse *p, unsigned line, const char *name)
{
    struct manifest *m = p->manifest;
    struct manifest_entry *entries;

    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->entries[i].section, name) == 0) {
            return manifest_mistaken(p->mistake, line, "entries",
                                     "\"%s\" is listed twice; expected each entry once", name);
        }
    }
    if (manifest_find_section(&p->source, name) < 0) {
        return manifest_mistaken(p->mistake, line, name,
                                 "is listed as an entry and has no section; expected [%s]", name);
    }
    entries = manifest_grown(m->entries, m->count, sizeof *entries);
    if (entries == NULL) {
        return manifest_mistaken(p->mistake, 0, "", "there is no memory to read it");
    }
    m->entries = entries;
    memset(&entries[m->count], 0, sizeof *entries);
    strcpy(entries[m->count].section, name);
    m->count++;
    return true;
}

/* One name of the list, between commas. */
static bool list_item(struct parse *p, unsigned line, const char *text, size_t length)
{
    char name[MANIFEST_SECTION_MAX + 1];

    while (length > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        length--;
    }
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t')) {
        length--;
    }
    memcpy(name, text, length <= MANIFEST_SECTION_MAX ? length : 0);
    name[length <= MANIFEST_SECTION_MAX ? length : 0] = '\0';
    if (length > 0 && name[0] == '\0') {
        return manifest_mistaken(
            p->mistake, line, "entries",
            "\"%.*s\" is listed as an entry and has no section; expected names of sections",
            length > 80 ? 80 : (int)length, text);
    }
    if (length == 0 || strcmp(name, "provider") == 0 || !is_name(name)) {
        return manifest_mistaken(
            p->mistake, line, "entries",
            "\"%s\" can't be an entry; expected names without . / \\ and \", commas between", name);
    }
    return add_entry(p, line, name);
}

/* Every section but [provider] is an entry that is listed. */
static bool check_sections(struct parse *p)
{
    for (size_t i = 0; i < p->source.section_count; i++) {
        const struct manifest_section *section = &p->source.sections[i];
        size_t listed = 0;

        while (listed < p->manifest->count
               && strcmp(p->manifest->entries[listed].section, section->name) != 0) {
            listed++;
        }
        if (listed == p->manifest->count && strcmp(section->name, "provider") != 0) {
            return manifest_mistaken(
                p->mistake, section->line, section->name,
                "a section that entries does not list; expected [provider] or a listed one");
        }
    }
    return true;
}

static bool read_list(struct parse *p, size_t provider)
{
    const struct manifest_pair *list = need(p, provider, "entries");
    const char *at;

    if (list == NULL) {
        return false;
    }
    for (at = list->value;; at++) {
        size_t length = strcspn(at, ",");

        if (!list_item(p, list->line, at, length)) {
            return false;
        }
        at += length;
        if (*at == '\0') {
            return check_sections(p);
        }
    }
}

static bool read_number(struct parse *p, size_t section, const char *key, uint32_t largest, uint32_t *number,
                        bool *given)
{
    bool good = true;
    const struct manifest_pair *pair = get(p, section, key, &good);

    *given = pair != NULL;
    if (pair != NULL && !manifest_number(pair->value, largest, number)) {
        return manifest_mistaken(p->mistake, pair->line, key, "\"%.80s\" is no such number; expected %s",
                                 pair->value,
                                 largest == 1 ? "0 or 1" : "a number, decimal or 0x, at most 0xffffffff");
    }
    return good;
}

static bool read_numbers(struct parse *p, size_t section, struct manifest_entry *entry)
{
    uint32_t transparent = 0;
    bool given;

    for (int i = 0; i < MANIFEST_NUMBERS; i++) {
        if (!read_number(p, section, number_keys[i], UINT32_MAX, &entry->numbers[i], &entry->given[i])) {
            return false;
        }
    }
    if (!read_number(p, section, "transparent", 1, &transparent, &given)) {
        return false;
    }
    entry->transparent = transparent != 0;
    return true;
}

static bool read_address(struct parse *p, size_t section, struct manifest_entry *entry)
{
    bool good = true;
    const struct manifest_pair *address = get(p, section, "address", &good);

    if (address != NULL && !manifest_address(address->value, &entry->address)) {
        return manifest_mistaken(p->mistake, address->line, "address",
                                 "\"%.80s\" is no address; expected a.b.c.d:port, [v6]:port or hex:.. "
                                 "(2 to 128 bytes)",
                                 address->value);
    }
    return good;
}

static bool read_texts(struct parse *p, size_t section, struct manifest_entry *entry)
{
    bool good = true;
    const struct manifest_pair *protocol = get(p, section, "protocol", &good);
    const struct manifest_pair *over = good ? get(p, section, "over", &good) : NULL;
    const struct manifest_pair *environment = good ? get(p, section, "environment", &good) : NULL;

    if (!good) {
        return false;
    }
    if (protocol != NULL) {
        if (manifest_utf16_units(protocol->value) > 255) {
            return manifest_mistaken(p->mistake, protocol->line, "protocol",
                                     "is too long; expected at most 255 UTF-16 units");
        }
        strcpy(entry->protocol, protocol->value);
    }
    if (over != NULL) {
        strcpy(entry->over, over->value);
        entry->over_line = over->line;
    }
    entry->has_environment = environment != NULL;
    if (environment != NULL && !manifest_environment(environment->value, &entry->environment)) {
        return manifest_mistaken(
            p->mistake, environment->line, "environment",
            "can't understand \"%.80s\"; expected NAME=VALUE, NAME=VALUE, each NAME once",
            environment->value);
    }
    return true;
}

static bool read_entry(struct parse *p, struct manifest_entry *entry)
{
    static const char *const required[] = {"protocol", "family", "socket_type", "protocol_number",
                                           "service_flags"};
    size_t section = (size_t)manifest_find_section(&p->source, entry->section);

    if (!read_numbers(p, section, entry) || !read_texts(p, section, entry)
        || !read_address(p, section, entry)) {
        return false;
    }
    for (size_t i = 0; entry->over[0] == '\0' && i < sizeof required / sizeof required[0]; i++) {
        if (need(p, section, required[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static bool read_manifest(struct parse *p, const char *bytes, size_t size)
{
    int provider;

    if (!manifest_check_lines(bytes, size, &p->source, p->mistake)) {
        return false;
    }
    provider = manifest_find_section(&p->source, "provider");
    if (provider < 0) {
        return manifest_mistaken(p->mistake, 0, "provider", "no such section; expected [provider]");
    }
    if (!read_values(p, bytes, size) || !read_provider(p, (size_t)provider)
        || !read_list(p, (size_t)provider)) {
        return false;
    }
    for (size_t i = 0; i < p->manifest->count; i++) {
        if (!read_entry(p, &p->manifest->entries[i])) {
            return false;
        }
    }
    return true;
}

bool manifest_parse(const char *bytes, size_t size, struct manifest *manifest,
                    struct manifest_mistake *mistake)
{
    struct parse p = {.manifest = manifest, .mistake = mistake};
    bool good;

    memset(manifest, 0, sizeof *manifest);
    good = read_manifest(&p, bytes, size);
    manifest_source_free(&p.source);
    if (!good) {
        manifest_free(manifest);
    }
    return good;
}

void manifest_free(struct manifest *manifest)
{
    free(manifest->entries);
    manifest->entries = NULL;
    manifest->count = 0;
}
