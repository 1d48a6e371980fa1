/* Text put together piece by piece in a buffer that is never overrun: what does not fit is left out. */
#ifndef WSPCHECK_HOST_TEXT_H
#define WSPCHECK_HOST_TEXT_H

#include <winsock2.h>
#include <stddef.h>

struct text {
    char *out;
    size_t size;   /* of out, with the NUL */
    size_t length;
};

/* Begin in a buffer of size bytes (at least 1). */
void text_begin(struct text *t, char *out, size_t size);

/* Go on behind the string that is in the buffer. */
void text_resume(struct text *t, char *out, size_t size);

void text_add(struct text *t, const char *string);
void text_add_unsigned(struct text *t, unsigned long number);
void text_add_signed(struct text *t, long number);
void text_add_hex(struct text *t, unsigned long number);            /* 0x1a6 */
void text_add_bytes(struct text *t, const void *bytes, size_t size); /* 00112233 */
void text_addf(struct text *t, const char *format, ...);

/* Wide text to UTF-8, ended by NUL, cut where it does not fit (never inside a character). */
void text_from_wide(char *out, size_t size, const WCHAR *wide);

/* UTF-8 to wide, ended by NUL. False where it is no UTF-8 or does not fit (then out is empty). */
BOOL text_to_wide(WCHAR *out, size_t chars, const char *utf8);

#endif
