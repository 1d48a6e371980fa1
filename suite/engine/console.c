#include "engine/console.h"

#include <winsock2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/utf8.h"

#define LINE_BYTES 8192

struct stream {
    HANDLE handle;
    bool is_console;  /* written to by WriteConsoleW */
    bool has_colours;
};

static struct stream out;
static struct stream err;
static volatile LONG failed;
static CRITICAL_SECTION lock;

static const char *const colour_codes[] = {
    [PLAIN] = "", [RED] = "\x1b[31;1m", [GREEN] = "\x1b[32m", [YELLOW] = "\x1b[33m", [FAINT] = "\x1b[2m",
};
#define COLOUR_END "\x1b[0m"

static void open_stream(struct stream *s, DWORD which)
{
    DWORD mode;

    if (!DuplicateHandle(GetCurrentProcess(), GetStdHandle(which), GetCurrentProcess(), &s->handle, 0, FALSE,
                         DUPLICATE_SAME_ACCESS)) {
        s->handle = NULL; /* started without: nobody reads it */
        return;
    }
    s->is_console = GetConsoleMode(s->handle, &mode) != 0;
    s->has_colours = s->is_console && GetEnvironmentVariableW(L"NO_COLOR", NULL, 0) == 0
        && SetConsoleMode(s->handle, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING | ENABLE_PROCESSED_OUTPUT);
}

void console_open(void)
{
    InitializeCriticalSection(&lock);
    open_stream(&out, STD_OUTPUT_HANDLE);
    open_stream(&err, STD_ERROR_HANDLE);
}

static bool write_console(HANDLE handle, const char *text, size_t length)
{
    WCHAR wide[LINE_BYTES + 64];
    int chars = MultiByteToWideChar(CP_UTF8, 0, text, (int)length, wide, LINE_BYTES + 64);
    DWORD written;

    return WriteConsoleW(handle, wide, (DWORD)chars, &written, NULL) != 0;
}

static bool write_bytes(HANDLE handle, const char *text, size_t length)
{
    DWORD written = 0;

    while (length > 0) {
        if (!WriteFile(handle, text, (DWORD)length, &written, NULL) || written == 0) {
            return false;
        }
        text += written;
        length -= written;
    }
    return true;
}

static bool write_stream(const struct stream *s, const char *text, size_t length)
{
    return s->handle == NULL
        || (s->is_console ? write_console(s->handle, text, length) : write_bytes(s->handle, text, length));
}

static void write_line(const struct stream *s, enum colour colour, const char *raw)
{
    char clean[LINE_BYTES];
    char line[LINE_BYTES + 32];
    bool coloured = s->has_colours && colour != PLAIN;
    int length;

    utf8_printable(clean, sizeof clean, raw);
    length = snprintf(line, sizeof line, "%s%s%s\n", coloured ? colour_codes[colour] : "", clean,
                      coloured ? COLOUR_END : "");
    EnterCriticalSection(&lock);
    if (!write_stream(s, line, (size_t)length) && s == &out) {
        InterlockedExchange(&failed, 1);
    }
    LeaveCriticalSection(&lock);
}

void console_line(enum colour colour, const char *format, ...)
{
    char raw[LINE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    write_line(&out, colour, raw);
}

void console_text(const char *text, const char *indent)
{
    const char *end;

    for (; *text != '\0'; text = *end != '\0' ? end + 1 : end) {
        end = text + strcspn(text, "\n");
        console_line(PLAIN, "%s%.*s", indent, (int)(end - text), text);
    }
}

void console_json(const char *text)
{
    /* A console takes some kilobytes at a time. */
    for (size_t left = strlen(text); left > 0;) {
        size_t piece = left < LINE_BYTES ? left : LINE_BYTES;

        while (piece < left && ((unsigned char)text[piece] & 0xC0) == 0x80) {
            piece--;
        }
        if (!write_stream(&out, text, piece)) {
            InterlockedExchange(&failed, 1);
            return;
        }
        text += piece;
        left -= piece;
    }
    write_line(&out, PLAIN, "");
}

void console_error(const char *format, ...)
{
    char raw[LINE_BYTES];
    va_list arguments;
    int length = snprintf(raw, sizeof raw, "wspcheck: ");

    va_start(arguments, format);
    vsnprintf(raw + length, sizeof raw - (size_t)length, format, arguments);
    va_end(arguments);
    write_line(&err, PLAIN, raw);
}

bool console_failed(void)
{
    return failed != 0;
}

void console_lock(void)
{
    EnterCriticalSection(&lock);
}

void console_unlock(void)
{
    LeaveCriticalSection(&lock);
}
