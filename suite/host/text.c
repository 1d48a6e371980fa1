#include "host/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_begin(struct text *t, char *out, size_t size)
{
    t->out = out;
    t->size = size;
    t->length = 0;
    out[0] = '\0';
}

void text_resume(struct text *t, char *out, size_t size)
{
    t->out = out;
    t->size = size;
    t->length = strlen(out);
}

static void add(struct text *t, const char *bytes, size_t count)
{
    size_t room = t->size - 1 - t->length;

    if (count > room) {
        count = room;
    }
    memcpy(t->out + t->length, bytes, count);
    t->length += count;
    t->out[t->length] = '\0';
}

void text_add(struct text *t, const char *string)
{
    add(t, string, strlen(string));
}

static void add_number(struct text *t, unsigned long number, unsigned base)
{
    char digits[sizeof number * 8];
    size_t first = sizeof digits;

    do {
        digits[--first] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    add(t, digits + first, sizeof digits - first);
}

void text_add_unsigned(struct text *t, unsigned long number)
{
    add_number(t, number, 10);
}

void text_add_signed(struct text *t, long number)
{
    if (number < 0) {
        add(t, "-", 1);
    }
    add_number(t, number < 0 ? 0ul - (unsigned long)number : (unsigned long)number, 10);
}

void text_add_hex(struct text *t, unsigned long number)
{
    add(t, "0x", 2);
    add_number(t, number, 16);
}

void text_add_bytes(struct text *t, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < size; i++) {
        char pair[2] = {"0123456789abcdef"[byte[i] >> 4], "0123456789abcdef"[byte[i] & 15]};

        add(t, pair, 2);
    }
}

void text_addf(struct text *t, const char *format, ...)
{
    char piece[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    text_add(t, piece);
}

void text_from_wide(char *out, size_t size, const WCHAR *wide)
{
    int chars = (int)wcslen(wide);
    int bytes = 0;

    while (chars > 0) {
        bytes = WideCharToMultiByte(CP_UTF8, 0, wide, chars, NULL, 0, NULL, NULL);
        if ((size_t)bytes < size) {
            break;
        }
        /* A character is at most three bytes for each unit: take off as many units as are surely too many. */
        chars -= bytes - (int)size >= 3 ? (bytes - (int)size) / 3 : 1;
        if (chars > 0 && IS_HIGH_SURROGATE(wide[chars - 1])) {
            chars--;
        }
        bytes = 0;
    }
    if (chars > 0) {
        bytes = WideCharToMultiByte(CP_UTF8, 0, wide, chars, out, (int)size - 1, NULL, NULL);
    }
    out[bytes] = '\0';
}

BOOL text_to_wide(WCHAR *out, size_t chars, const char *utf8)
{
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, out, (int)chars) > 0) {
        return TRUE;
    }
    out[0] = L'\0';
    return FALSE;
}
