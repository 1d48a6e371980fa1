#include "engine/utf8.h"

#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

/* How many bytes follow the first one, the bits of the first one, and the least number that needs so many. */
static int follow(unsigned char first, long *bits, long *least)
{
    if (first < 0x80) {
        *bits = first;
        *least = 0;
        return 0;
    }
    if (first >= 0xC2 && first < 0xE0) {
        *bits = first & 0x1F;
        *least = 0x80;
        return 1;
    }
    if (first >= 0xE0 && first < 0xF0) {
        *bits = first & 0x0F;
        *least = 0x800;
        return 2;
    }
    *bits = first & 0x07;
    *least = 0x10000;
    return first >= 0xF0 && first < 0xF5 ? 3 : -1;
}

long utf8_next(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    long number;
    long least;
    int more = follow(*p, &number, &least);

    for (int i = 1; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            more = -1;
            break;
        }
        number = number << 6 | (p[i] & 0x3F);
    }
    if (more < 0 || number < least || number > 0x10FFFF || (number >= 0xD800 && number < 0xE000)) {
        (*text)++;
        return -1;
    }
    *text += more + 1;
    return number;
}

/* Whether a terminal or a reader would obey it, or not see it. */
static bool is_hidden(long c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || (c >= 0x200B && c < 0x2010)
           || (c >= 0x2028 && c < 0x202F) || (c >= 0x2060 && c < 0x2070) || c == 0xFEFF
           || (c >= 0xFFF9 && c < 0xFFFC) || (c >= 0xE0000 && c < 0xE0080);
}

static size_t append(char *out, size_t size, size_t length, const char *piece, size_t bytes)
{
    if (length + bytes >= size) {
        return size; /* full: nothing more is taken */
    }
    memcpy(out + length, piece, bytes);
    out[length + bytes] = '\0';
    return length + bytes;
}

void utf8_repair(char *out, size_t size, const char *text)
{
    size_t length = 0;

    out[0] = '\0';
    while (*text != '\0' && length < size) {
        const char *begin = text;

        if (utf8_next(&text) < 0) {
            length = append(out, size, length, REPLACEMENT, sizeof REPLACEMENT - 1);
        } else {
            length = append(out, size, length, begin, (size_t)(text - begin));
        }
    }
}

void utf8_printable(char *out, size_t size, const char *text)
{
    size_t length = 0;
    char escape[16];

    out[0] = '\0';
    while (*text != '\0' && length < size) {
        const char *begin = text;
        long c = utf8_next(&text);

        if (c >= 0 && !is_hidden(c)) {
            length = append(out, size, length, begin, (size_t)(text - begin));
            continue;
        }
        snprintf(escape, sizeof escape, c < 0x100 ? "\\x%02lx" : c < 0x10000 ? "\\u%04lx" : "\\U%08lx",
                 c < 0 ? (long)(unsigned char)*begin : c);
        length = append(out, size, length, escape, strlen(escape));
    }
}
