/*
 * The forms of values in a manifest. Each returns false where the text has not that form. Private to manifest
 * reading.
 */
#ifndef WSPCHECK_HOST_MANIFEST_VALUES_H
#define WSPCHECK_HOST_MANIFEST_VALUES_H

#include "host/manifest.h"

bool manifest_number(const char *text, uint32_t largest, uint32_t *number);
bool manifest_guid(const char *text, struct manifest_guid *guid);
bool manifest_address(const char *text, struct manifest_address *address);

/* NAME=VALUE, NAME=VALUE: each name once, none empty. */
bool manifest_environment(const char *text, struct manifest_environment *environment);

/* The number of UTF-16 units of valid UTF-8. */
size_t manifest_utf16_units(const char *text);

#endif
