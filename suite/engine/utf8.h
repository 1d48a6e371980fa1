/* UTF-8 that came from elsewhere, made fit for records and for people. */
#ifndef WSPCHECK_ENGINE_UTF8_H
#define WSPCHECK_ENGINE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Take one character off *text. Returns its number, or -1 for a byte that is no UTF-8 (one byte is taken
 * then). *text must not be at its NUL.
 */
long utf8_next(const char **text);

/*
 * Copy text with every byte that is no UTF-8 replaced by U+FFFD; cut where it does not fit, never inside a
 * character.
 */
void utf8_repair(char *out, size_t size, const char *text);

/*
 * Copy text with everything that a terminal would obey or hide written as an escape (\x1b, \u202e): control
 * characters, line ends, marks of direction, bytes that are no UTF-8.
 */
void utf8_printable(char *out, size_t size, const char *text);

#endif
