/*
 * Output for people: UTF-8 on stdout, diagnostics on stderr, colours on a terminal only. All text but the
 * line's own end is made printable first, so nothing that a catalog, a DLL or a file says reaches a terminal
 * as a command.
 */
#ifndef WSPCHECK_ENGINE_CONSOLE_H
#define WSPCHECK_ENGINE_CONSOLE_H

#include <stdbool.h>

enum colour { PLAIN, RED, GREEN, YELLOW, FAINT };

/* Take the process's stdout and stderr. They stay ours when the C library's are redirected later. */
void console_open(void);

/* One line (no newline in format) on stdout. Long lines are cut at some kilobytes. Any thread. */
void console_line(enum colour colour, const char *format, ...);

/* A piece of text that may be long and have line ends, each line made printable. */
void console_text(const char *text, const char *indent);

/* JSON on stdout, as it is: its strings hold no control characters. */
void console_json(const char *text);

/* "wspcheck: ..." on stderr. */
void console_error(const char *format, ...);

/* Something of stdout could not be written: its reader is gone, or the disk is full. */
bool console_failed(void);

/* Lines printed by one thread between these stay together. */
void console_lock(void);
void console_unlock(void);

#endif
