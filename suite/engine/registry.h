/*
 * All cases of the suite: what the build found below suite/cases, expanded to one instance a call, row and
 * side.
 */
#ifndef WSPCHECK_ENGINE_REGISTRY_H
#define WSPCHECK_ENGINE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include "engine/case.h"

/*
 * Made by the build (registry.cmake): the cases in the order of their files; the comment above each; both
 * end with NULL.
 */
extern const struct case_def *const case_registry[];
extern const char *const case_comments[];

#define INSTANCE_COVERS (CASE_COVERS + ROW_COVERS)

/*
 * Expand the registry. The first call does the work and must be over before other threads ask. False: no
 * memory.
 */
bool registry_expand(void);

/* The instances: provider.* first, then send_disconnect.*, recv_disconnect.*, selftest.*. */
size_t registry_count(void);
const struct case_instance *registry_at(size_t index);

/* The instance of an ID, or NULL. */
const struct case_instance *registry_find(const char *id);

/* Its place in the order of the registry. */
size_t registry_index(const struct case_instance *instance);

/* The comment right above the case in its source file, "" where there is none. */
const char *instance_comment(const struct case_instance *instance);

/* What the instance needs of its entry: the case's own and its row's (enum case_need). */
unsigned instance_needs(const struct case_instance *instance);

/* The statements that the instance covers, ended by STATEMENT_NONE. Returns how many. */
size_t instance_statements(const struct case_instance *instance, enum statement covers[INSTANCE_COVERS + 1]);

unsigned instance_revision(const struct case_instance *instance);

/* "send_disconnect.", "provider." ... with the dot. */
const char *call_prefix(enum case_call call);

/*
 * "suite/cases/errors/not_connected.c" of a __FILE__, whatever the compiler put before it; '/' between the
 * parts.
 */
void source_path(char *out, size_t size, const char *file);

/*
 * Does the ID match the pattern? `*` takes any characters, `?` one; a pattern without either also takes the
 * rows below it: "send_disconnect.not_socket" takes "send_disconnect.not_socket.closed".
 */
bool id_matches(const char *pattern, const char *id);

/*
 * Mark the instances that the patterns select (all but selftest.* if there are none; selftest.* only by
 * patterns that begin with it). selected has registry_count() places. Returns NULL, or the first pattern
 * that matches nothing.
 */
const char *registry_select(const char *const *patterns, size_t count, bool *selected);

#endif
