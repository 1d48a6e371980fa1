#include "host/manifest_lines.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const manifest_provider_keys[] = {"name", "dll", "guid", "entries", "environment", NULL};
const char *const manifest_entry_keys[] = {
    "protocol",        "family",          "socket_type",
    "protocol_number", "service_flags",   "version",
    "max_sockaddr",    "min_sockaddr",    "protocol_max_offset",
    "byte_order",      "security_scheme", "message_size",
    "provider_flags",  "service_flags2",  "service_flags3",
    "service_flags4",  "address",         "over",
    "transparent",     "environment",     NULL,
};

/* One line, without its end; the bytes are not ended by NUL. */
struct line {
    const char *bytes;
    size_t length;
    unsigned number;
};

bool manifest_mistaken(struct manifest_mistake *mistake, unsigned line, const char *key, const char *format,
                       ...)
{
    va_list arguments;

    mistake->line = line;
    snprintf(mistake->key, sizeof mistake->key, "%s", key);
    va_start(arguments, format);
    vsnprintf(mistake->text, sizeof mistake->text, format, arguments);
    va_end(arguments);
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* How many bytes follow the first one of a character in UTF-8, or -1 where it is no first one. */
static int bytes_to_follow(unsigned char first)
{
    if (first < 0x80) {
        return 0;
    }
    if ((first & 0xe0) == 0xc0) {
        return 1;
    }
    if ((first & 0xf0) == 0xe0) {
        return 2;
    }
    return (first & 0xf8) == 0xf0 ? 3 : -1;
}

/* Take one character of valid UTF-8 off *bytes, or -1 for what is none. */
static long decode(const unsigned char **bytes, const unsigned char *end)
{
    static const long smallest[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *at = *bytes;
    int more = bytes_to_follow(*at);
    long c;

    if (more < 0 || end - at <= more) {
        return -1;
    }
    c = more == 0 ? *at : *at & (0x3f >> more);
    for (int i = 1; i <= more; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return -1;
        }
        c = c << 6 | (at[i] & 0x3f);
    }
    if (c < smallest[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        return -1;
    }
    *bytes += more + 1;
    return c;
}

/* A blank that is not ASCII at `at`: one reader drops it, the other keeps it. */
static bool is_unicode_blank(const char *at, const char *end)
{
    const unsigned char *bytes = (const unsigned char *)at;
    long c = at < end ? decode(&bytes, (const unsigned char *)end) : -1;

    return c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029
           || c == 0x202f || c == 0x205f || c == 0x3000;
}

static bool check_characters(const struct line *line, struct manifest_mistake *mistake)
{
    const unsigned char *at = (const unsigned char *)line->bytes;
    const unsigned char *end = at + line->length;

    if (line->length > MANIFEST_LINE_MAX) {
        return manifest_mistaken(mistake, line->number, "", "a line of %lu bytes; expected at most %d",
                                 (unsigned long)line->length, MANIFEST_LINE_MAX);
    }
    while (at < end) {
        unsigned byte = *at;
        long c = decode(&at, end);

        if (c < 0) {
            return manifest_mistaken(mistake, line->number, "", "byte 0x%02x is not UTF-8; expected UTF-8",
                                     byte);
        }
        if ((c < 0x20 && c != '\t') || (c >= 0x7f && c <= 0x9f)) {
            return manifest_mistaken(mistake, line->number, "",
                                     "a control character (0x%02lx); expected a text file in UTF-8",
                                     (unsigned long)c);
        }
    }
    return true;
}

static bool not_understood(const struct line *line, struct manifest_mistake *mistake, const char *expected)
{
    int shown = line->length > 80 ? 80 : (int)line->length;

    return manifest_mistaken(mistake, line->number, "", "can't understand \"%.*s\"; expected %s", shown,
                             line->bytes, expected);
}

/* Give a part of the line as a string: in `out`, cut to its size. */
static void copy_part(char *out, size_t size, const char *bytes, size_t length)
{
    snprintf(out, size, "%.*s", (int)length, bytes);
}

void *manifest_grown(void *array, size_t count, size_t item)
{
    return count == 0 || (count & (count - 1)) == 0 ? realloc(array, (count == 0 ? 1 : 2 * count) * item)
                                                    : array;
}

static bool no_memory(struct manifest_mistake *mistake)
{
    return manifest_mistaken(mistake, 0, "", "there is no memory to read it");
}

/* FNV-1a. */
static size_t bucket_of(const char *name)
{
    uint32_t hash = 2166136261u;

    for (; *name != '\0'; name++) {
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    }
    return hash % MANIFEST_BUCKETS;
}

int manifest_find_section(const struct manifest_source *source, const char *name)
{
    for (size_t i = source->buckets[bucket_of(name)]; i > 0; i = source->sections[i - 1].next) {
        if (strcmp(source->sections[i - 1].name, name) == 0) {
            return (int)i - 1;
        }
    }
    return -1;
}

struct manifest_pair *manifest_find_pair(const struct manifest_source *source, size_t section,
                                         const char *key)
{
    for (size_t i = source->sections[section].first_pair;
         i < source->pair_count && source->pairs[i].section == section; i++) {
        if (strcmp(source->pairs[i].key, key) == 0) {
            return &source->pairs[i];
        }
    }
    return NULL;
}

static bool add_section(struct manifest_source *source, const char *name, unsigned line,
                        struct manifest_mistake *mistake)
{
    struct manifest_section *sections =
        manifest_grown(source->sections, source->section_count, sizeof *sections);
    size_t *bucket = &source->buckets[bucket_of(name)];
    struct manifest_section *section;

    if (sections == NULL) {
        return no_memory(mistake);
    }
    source->sections = sections;
    section = &sections[source->section_count++];
    strcpy(section->name, name);
    section->line = line;
    section->first_pair = source->pair_count;
    section->next = *bucket;
    *bucket = source->section_count;
    return true;
}

static bool check_section(struct manifest_source *source, const struct line *line,
                          struct manifest_mistake *mistake)
{
    const char *first = line->bytes + 1;
    size_t length = line->length - 1;
    char name[MANIFEST_SECTION_MAX + 1];
    int known;

    while (length > 0 && is_blank(first[length - 1])) {
        length--;
    }
    if (length == 0 || first[length - 1] != ']') {
        return not_understood(line, mistake, "[section] and nothing behind it");
    }
    length--;
    if (length == 0 || memchr(first, '[', length) != NULL || memchr(first, ']', length) != NULL) {
        return not_understood(line, mistake, "[section], with a name");
    }
    copy_part(name, sizeof name, first, length);
    if (length > MANIFEST_SECTION_MAX) {
        return manifest_mistaken(mistake, line->number, name,
                                 "a name of more than %d bytes; expected at most %d", MANIFEST_SECTION_MAX,
                                 MANIFEST_SECTION_MAX);
    }
    known = manifest_find_section(source, name);
    if (known >= 0) {
        return manifest_mistaken(mistake, line->number, name,
                                 "a second section of this name; expected one (the first is in line %u)",
                                 source->sections[known].line);
    }
    return add_section(source, name, line->number, mistake);
}

static bool is_known_key(const struct manifest_source *source, const char *key)
{
    const char *section = source->sections[source->section_count - 1].name;
    const char *const *known =
        strcmp(section, "provider") == 0 ? manifest_provider_keys : manifest_entry_keys;

    while (*known != NULL && strcmp(*known, key) != 0) {
        known++;
    }
    return *known != NULL;
}

/* ';' or '#' at the start of a value, or after a blank in it. */
static bool looks_like_comment(const char *value, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((value[i] == ';' || value[i] == '#') && (i == 0 || is_blank(value[i - 1]))) {
            return true;
        }
    }
    return false;
}

static bool ends_in_unicode_blank(const char *value, size_t length)
{
    for (size_t back = 2; back <= 3 && back <= length; back++) {
        const unsigned char *at = (const unsigned char *)value + length - back;

        /* A sequence that begins here must also end with the value: nothing may follow it. */
        if (((back == 2 && (*at & 0xe0) == 0xc0) || (back == 3 && (*at & 0xf0) == 0xe0))
            && is_unicode_blank((const char *)at, value + length)) {
            return true;
        }
    }
    return false;
}

static bool add_pair(struct manifest_source *source, const char *key, unsigned line,
                     struct manifest_mistake *mistake)
{
    struct manifest_pair *pairs = manifest_grown(source->pairs, source->pair_count, sizeof *pairs);
    struct manifest_pair *pair;

    if (pairs == NULL) {
        return no_memory(mistake);
    }
    source->pairs = pairs;
    pair = &pairs[source->pair_count];
    *pair = (struct manifest_pair){
        .section = source->section_count - 1, .key = malloc(strlen(key) + 1), .line = line};
    if (pair->key == NULL) {
        return no_memory(mistake);
    }
    strcpy(pair->key, key);
    source->pair_count++;
    return true;
}

static bool check_pair(struct manifest_source *source, const struct line *line, const char *key,
                       const char *value, size_t length, struct manifest_mistake *mistake)
{
    const struct manifest_pair *known;

    if (source->section_count == 0) {
        return manifest_mistaken(mistake, line->number, key,
                                 "stands before any section; expected [provider] above it");
    }
    if (!is_known_key(source, key)) {
        return manifest_mistaken(mistake, line->number, key,
                                 "no key of [%s]; expected one of the documented keys",
                                 source->sections[source->section_count - 1].name);
    }
    known = manifest_find_pair(source, source->section_count - 1, key);
    if (known != NULL) {
        return manifest_mistaken(mistake, line->number, key,
                                 "given twice; expected once (the first is in line %u)", known->line);
    }
    if (looks_like_comment(value, length)) {
        return manifest_mistaken(mistake, line->number, key,
                                 "holds what looks like a comment; expected comments in lines of their own");
    }
    if (is_unicode_blank(value, value + length) || ends_in_unicode_blank(value, length)) {
        return manifest_mistaken(mistake, line->number, key,
                                 "starts or ends in a blank that is not ASCII; expected no such blank");
    }
    return add_pair(source, key, line->number, mistake);
}

static bool check_key_and_value(struct manifest_source *source, const struct line *line,
                                struct manifest_mistake *mistake)
{
    const char *end = line->bytes + line->length;
    const char *equals = memchr(line->bytes, '=', line->length);
    const char *key_end = equals;
    const char *value;
    char key[64];

    if (equals == NULL || memchr(line->bytes, ':', (size_t)(equals - line->bytes)) != NULL) {
        return not_understood(line, mistake, "[section], key = value or ; comment");
    }
    while (key_end > line->bytes && is_blank(key_end[-1])) {
        key_end--;
    }
    for (value = equals + 1; value < end && is_blank(*value); value++) {
    }
    while (end > value && is_blank(end[-1])) {
        end--;
    }
    copy_part(key, sizeof key, line->bytes, (size_t)(key_end - line->bytes));
    return check_pair(source, line, key, value, (size_t)(end - value), mistake);
}

static bool all_blank(const struct line *line)
{
    for (size_t i = 0; i < line->length; i++) {
        if (!is_blank(line->bytes[i])) {
            return false;
        }
    }
    return true;
}

static bool check_line(struct manifest_source *source, const struct line *line,
                       struct manifest_mistake *mistake)
{
    if (all_blank(line) || line->bytes[0] == ';') {
        return true;
    }
    if (is_blank(line->bytes[0]) || is_unicode_blank(line->bytes, line->bytes + line->length)) {
        return manifest_mistaken(mistake, line->number, "",
                                 "an indented line; expected every line to start in its first column");
    }
    if (line->bytes[0] == '#') {
        return manifest_mistaken(mistake, line->number, "",
                                 "a comment that starts with #; expected comments that start with ;");
    }
    return line->bytes[0] == '[' ? check_section(source, line, mistake)
                                 : check_key_and_value(source, line, mistake);
}

/* The line that begins at *at; *at goes behind its end. */
static struct line next_line(const char **at, const char *end, unsigned number)
{
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    struct line line = {*at, (size_t)((newline == NULL ? end : newline) - *at), number};

    if (line.length > 0 && line.bytes[line.length - 1] == '\r') {
        line.length--;
    }
    *at = newline == NULL ? end : newline + 1;
    return line;
}

static bool has_byte_order_mark(const char *bytes, size_t size)
{
    return (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
           || (size >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0));
}

bool manifest_check_lines(const char *bytes, size_t size, struct manifest_source *source,
                          struct manifest_mistake *mistake)
{
    const char *end = bytes + size;
    const char *at = bytes;

    if (has_byte_order_mark(bytes, size)) {
        return manifest_mistaken(mistake, 1, "", "starts with a byte order mark; expected UTF-8 without one");
    }
    for (unsigned number = 1; at < end; number++) {
        struct line line = next_line(&at, end, number);

        if (!check_characters(&line, mistake) || !check_line(source, &line, mistake)) {
            return false;
        }
    }
    return true;
}

void manifest_source_free(struct manifest_source *source)
{
    for (size_t i = 0; i < source->pair_count; i++) {
        free(source->pairs[i].key);
        free(source->pairs[i].value);
    }
    free(source->pairs);
    free(source->sections);
}
