/* The needs of a case by name, and what they demand of an entry's declaration. */
#ifndef WSPCHECK_ENGINE_NEEDS_H
#define WSPCHECK_ENGINE_NEEDS_H

#include <stddef.h>
#include "engine/case.h"
#include "host/entry.h"

#define NEEDS_KNOWN 10

/* The need with this index (below NEEDS_KNOWN), and its name: "STREAM". */
enum case_need need_at(size_t index);
const char *need_name(size_t index);

/* Why the entry's own declaration rules out a case with these needs; it names the flag. NULL: it does not. */
const char *needs_unmet(const struct host_entry *entry, unsigned needs);

#endif
