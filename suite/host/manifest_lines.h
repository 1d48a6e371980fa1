/*
 * The lines of a manifest, checked one by one, and where each section and key stands. Private to manifest
 * reading.
 */
#ifndef WSPCHECK_HOST_MANIFEST_LINES_H
#define WSPCHECK_HOST_MANIFEST_LINES_H

#include "host/manifest.h"

struct manifest_section {
    char name[MANIFEST_SECTION_MAX + 1];
    unsigned line;
    size_t first_pair;  /* index of its first pair: those of a section stand one after the other */
    size_t next;        /* index + 1 of the next one in the same bucket, 0 at the end */
};

#define MANIFEST_BUCKETS 1024

struct manifest_pair {
    size_t section;     /* index */
    char *key;
    char *value;        /* NULL until inih has read it */
    unsigned line;
};

struct manifest_source {
    struct manifest_section *sections;
    size_t section_count;
    size_t buckets[MANIFEST_BUCKETS]; /* of section names: index + 1 of the latest section in it, 0 for none */
    struct manifest_pair *pairs;
    size_t pair_count;
};

/* Say what the mistake is; returns false. format is ours, what it shows is cut to a sensible length. */
bool manifest_mistaken(struct manifest_mistake *mistake, unsigned line, const char *key,
                       const char *format, ...);

/* Check every line and note sections and keys. source must be zeroed before; manifest_source_free ends it. */
bool manifest_check_lines(const char *bytes, size_t size, struct manifest_source *source,
                          struct manifest_mistake *mistake);
void manifest_source_free(struct manifest_source *source);

/*
 * An array of count items with room for one more, or NULL (then the old one is still there). It doubles at each
 * power of two: an array is to grow by this alone.
 */
void *manifest_grown(void *array, size_t count, size_t item);

/* The section's index, or -1. */
int manifest_find_section(const struct manifest_source *source, const char *name);

/* The pair of a key in a section, or NULL. */
struct manifest_pair *manifest_find_pair(const struct manifest_source *source, size_t section,
                                         const char *key);

/* Names of keys by kind of section; ended by NULL. */
extern const char *const manifest_provider_keys[];
extern const char *const manifest_entry_keys[];

#endif
