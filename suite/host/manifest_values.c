#include "host/manifest_values.h"
#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* count hexadecimal digits at text. */
static bool hex_number(const char *text, unsigned count, uint32_t *number)
{
    *number = 0;
    for (unsigned i = 0; i < count; i++) {
        int digit = hex_digit(text[i]);

        if (digit < 0) {
            return false;
        }
        *number = *number << 4 | (uint32_t)digit;
    }
    return true;
}

bool manifest_number(const char *text, uint32_t largest, uint32_t *number)
{
    unsigned base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    const char *at = base == 16 ? text + 2 : text;
    uint64_t value = 0;

    if (*at == '\0') {
        return false;
    }
    for (; *at != '\0'; at++) {
        int digit = hex_digit(*at);

        if (digit < 0 || (unsigned)digit >= base) {
            return false;
        }
        value = value * base + (unsigned)digit;
        if (value > largest) {
            return false;
        }
    }
    *number = (uint32_t)value;
    return strlen(text) < 100; /* as many leading zeros as nobody writes */
}

bool manifest_guid(const char *text, struct manifest_guid *guid)
{
    uint32_t data2, data3, pair;

    if (strlen(text) != 38 || text[0] != '{' || text[9] != '-' || text[14] != '-' || text[19] != '-'
        || text[24] != '-' || text[37] != '}' || !hex_number(text + 1, 8, &guid->data1)
        || !hex_number(text + 10, 4, &data2) || !hex_number(text + 15, 4, &data3)) {
        return false;
    }
    guid->data2 = (uint16_t)data2;
    guid->data3 = (uint16_t)data3;
    for (unsigned i = 0; i < 8; i++) {
        if (!hex_number(text + 20 + 2 * i + (i >= 2), 2, &pair)) {
            return false;
        }
        guid->data4[i] = (unsigned char)pair;
    }
    return true;
}

/* A decimal number of 1 to `digits` digits, at most `largest`; *text goes behind it. */
static bool decimal(const char **text, unsigned digits, unsigned largest, unsigned *number)
{
    const char *first = *text;

    *number = 0;
    while (**text >= '0' && **text <= '9' && (unsigned)(*text - first) < digits) {
        *number = *number * 10 + (unsigned)(*(*text)++ - '0');
    }
    return *text > first && *number <= largest && !(**text >= '0' && **text <= '9');
}

/* a.b.c.d; *text goes behind it. A leading zero would be octal to some. */
static bool ipv4(const char **text, unsigned char bytes[4])
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned number;
        const char *first;

        if (i > 0 && *(*text)++ != '.') {
            return false;
        }
        first = *text;
        if (!decimal(text, 3, 255, &number) || (*first == '0' && *text - first > 1)) {
            return false;
        }
        bytes[i] = (unsigned char)number;
    }
    return true;
}

/* One to four hexadecimal digits; *text goes behind them. */
static bool hextet(const char **text, unsigned char bytes[2])
{
    unsigned count = 0;
    uint32_t number;

    while (count < 4 && hex_digit((*text)[count]) >= 0) {
        count++;
    }
    if (count == 0 || hex_digit((*text)[count]) >= 0 || !hex_number(*text, count, &number)) {
        return false;
    }
    bytes[0] = (unsigned char)(number >> 8);
    bytes[1] = (unsigned char)number;
    *text += count;
    return true;
}

/* Whether what follows, up to ':' or ']', is an IPv4 address and no hextet. */
static bool is_dotted(const char *text)
{
    size_t length = strcspn(text, ":].");

    return text[length] == '.';
}

/*
 * The groups of an IPv6 address up to ']'. *gap is the byte where "::" stands, or 17 for none. Returns the
 * number of bytes, or 17 for what is no address.
 */
static unsigned ipv6_groups(const char **text, unsigned char bytes[16], unsigned *gap)
{
    unsigned count = 0;

    *gap = 17;
    if (strncmp(*text, "::", 2) == 0) {
        *gap = 0;
        *text += 2;
    }
    while (**text != ']' || (count > 0 && (*text)[-1] == ':' && *gap != count)) {
        if (is_dotted(*text)) {
            if (count > 12 || !ipv4(text, bytes + count) || **text != ']') {
                return 17;
            }
            return count + 4;
        }
        if (count > 14 || !hextet(text, bytes + count)) {
            return 17;
        }
        count += 2;
        if (**text == ']') {
            return count;
        }
        if (*(*text)++ != ':') {
            return 17;
        }
        if (**text == ':') {
            if (*gap != 17) {
                return 17;
            }
            *gap = count;
            (*text)++;
        }
    }
    return count;
}

static bool ipv6(const char **text, unsigned char bytes[16])
{
    unsigned gap;
    unsigned count = ipv6_groups(text, bytes, &gap);

    if (count == 17 || **text != ']' || (gap == 17) != (count == 16)) {
        return false;
    }
    if (gap != 17) {
        memmove(bytes + 16 - (count - gap), bytes + gap, count - gap);
        memset(bytes + gap, 0, 16 - count);
    }
    return true;
}

static bool port(const char *text, struct manifest_address *address)
{
    unsigned number;

    if (*text++ != ':' || !decimal(&text, 5, 0xffff, &number) || *text != '\0') {
        return false;
    }
    address->port = (uint16_t)number;
    return true;
}

static bool raw(const char *text, struct manifest_address *address)
{
    size_t digits = strlen(text);
    uint32_t byte;

    if (digits % 2 != 0 || digits < 4 || digits > 2 * MANIFEST_ADDRESS_MAX) {
        return false;
    }
    for (size_t i = 0; i < digits / 2; i++) {
        if (!hex_number(text + 2 * i, 2, &byte)) {
            return false;
        }
        address->bytes[i] = (unsigned char)byte;
    }
    address->kind = ADDRESS_RAW;
    address->length = (unsigned)digits / 2;
    return true;
}

bool manifest_address(const char *text, struct manifest_address *address)
{
    memset(address, 0, sizeof *address);
    if (strncmp(text, "hex:", 4) == 0) {
        return raw(text + 4, address);
    }
    if (*text == '[') {
        text++;
        address->kind = ADDRESS_IPV6;
        address->length = 16;
        return ipv6(&text, address->bytes) && port(text + 1, address);
    }
    address->kind = ADDRESS_IPV4;
    address->length = 4;
    return ipv4(&text, address->bytes) && port(text, address);
}

static bool names_one(const struct manifest_environment *environment, const char *name, size_t length)
{
    for (const char *at = environment->strings; *at != '\0'; at += strlen(at) + 1) {
        if (strncmp(at, name, length) == 0 && at[length] == '=') {
            return true;
        }
    }
    return false;
}

/* One NAME=VALUE between text and end goes to *out, which moves on. */
static bool environment_item(const char *text, const char *end, struct manifest_environment *environment,
                             char **out)
{
    const char *equals = memchr(text, '=', (size_t)(end - text));
    const char *name_end = equals;
    const char *value;
    size_t name_length, value_length;

    if (equals == NULL) {
        return false;
    }
    while (text < equals && is_blank(*text)) {
        text++;
    }
    while (name_end > text && is_blank(name_end[-1])) {
        name_end--;
    }
    for (value = equals + 1; value < end && is_blank(*value); value++) {
    }
    while (end > value && is_blank(end[-1])) {
        end--;
    }
    name_length = (size_t)(name_end - text);
    value_length = (size_t)(end - value);
    if (name_length == 0 || names_one(environment, text, name_length)) {
        return false;
    }
    memcpy(*out, text, name_length);
    (*out)[name_length] = '=';
    memcpy(*out + name_length + 1, value, value_length);
    *out += name_length + 1 + value_length;
    *(*out)++ = '\0';
    **out = '\0';
    return true;
}

bool manifest_environment(const char *text, struct manifest_environment *environment)
{
    char *out = environment->strings;

    memset(environment, 0, sizeof *environment);
    if (strlen(text) > MANIFEST_LINE_MAX) {
        return false;
    }
    for (;;) {
        size_t length = strcspn(text, ",");

        if (!environment_item(text, text + length, environment, &out)) {
            return false;
        }
        if (text[length] == '\0') {
            return true;
        }
        text += length + 1;
    }
}

size_t manifest_utf16_units(const char *text)
{
    size_t units = 0;

    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        units += (byte & 0xc0) != 0x80;
        units += byte >= 0xf0;
    }
    return units;
}
