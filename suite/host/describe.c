#include "host/describe.h"
#include <ws2tcpip.h>
#include <mstcpip.h>
#include <mswsock.h>
#include "host/calls.h"
#include "host/memory.h"
#include "host/names.h"

#define SHOWN_BYTES 16

void describe_name(struct text *t, const char *name)
{
    if (t->length > 0 && t->out[t->length - 1] != '{') {
        text_add(t, ", ");
    }
    text_add(t, name);
    text_add(t, "=");
}

void describe_number(struct text *t, const char *name, long value)
{
    describe_name(t, name);
    text_add_signed(t, value);
}

void describe_word(struct text *t, const char *name, const char *value)
{
    describe_name(t, name);
    text_add(t, value);
}

void describe_socket(struct text *t, const char *name, SOCKET s)
{
    describe_word(t, name, spi_socket_name(s));
}

static void add_port(struct text *t, unsigned short network_order)
{
    unsigned short port = (unsigned short)(network_order << 8 | network_order >> 8);

    text_add(t, ":");
    if (port == 0) {
        text_add(t, "0");
    } else {
        text_add(t, "p");
        text_add_unsigned(t, name_port(port));
    }
}

static void add_ipv4(struct text *t, const struct sockaddr_in *address)
{
    const unsigned char *byte = (const unsigned char *)&address->sin_addr;

    for (int i = 0; i < 4; i++) {
        if (i > 0) {
            text_add(t, ".");
        }
        text_add_unsigned(t, byte[i]);
    }
    add_port(t, address->sin_port);
}

/*
 * The longest run of zero groups of an IPv6 address: its first group, or 8 where no run is longer than one.
 */
static int longest_zeros(const unsigned char *bytes, int *length)
{
    int best = 8;

    *length = 1;
    for (int first = 0; first < 8; first++) {
        int end = first;

        while (end < 8 && bytes[2 * end] == 0 && bytes[2 * end + 1] == 0) {
            end++;
        }
        if (end - first > *length) {
            best = first;
            *length = end - first;
        }
    }
    return best;
}

static void add_ipv6(struct text *t, const struct sockaddr_in6 *address)
{
    const unsigned char *bytes = (const unsigned char *)&address->sin6_addr;
    int length;
    int zeros = longest_zeros(bytes, &length);

    text_add(t, "[");
    for (int i = 0; i < 8; i++) {
        if (i == zeros) {
            text_add(t, "::");
            i += length - 1;
            continue;
        }
        if (i > 0 && i != zeros + length) {
            text_add(t, ":");
        }
        text_addf(t, "%x", (unsigned)(bytes[2 * i] << 8 | bytes[2 * i + 1]));
    }
    text_add(t, "]");
    add_port(t, address->sin6_port);
}

void describe_address(struct text *t, const char *name, const struct sockaddr *address, int length)
{
    describe_name(t, name);
    if (address == NULL) {
        text_add(t, "NULL");
    } else if (length < (int)sizeof address->sa_family || !memory_readable(address, (size_t)length)) {
        const char *place = guard_describe(address);

        text_add(t, place != NULL ? place : "unreadable");
    } else if (address->sa_family == AF_INET && length >= (int)sizeof(struct sockaddr_in)) {
        add_ipv4(t, (const struct sockaddr_in *)address);
    } else if (address->sa_family == AF_INET6 && length >= (int)sizeof(struct sockaddr_in6)) {
        add_ipv6(t, (const struct sockaddr_in6 *)address);
    } else {
        text_add(t, "{");
        describe_family(t, "family", address->sa_family);
        describe_number(t, "length", length);
        text_add(t, "}");
    }
}

static void add_hex(struct text *t, const void *bytes, size_t length)
{
    text_add(t, "hex:");
    text_add_bytes(t, bytes, length < SHOWN_BYTES ? length : SHOWN_BYTES);
    if (length > SHOWN_BYTES) {
        text_add(t, "..");
    }
}

void describe_bytes(struct text *t, const char *name, const void *bytes, size_t length)
{
    describe_name(t, name);
    add_hex(t, bytes, length);
}

/* What buf of a WSABUF points to. */
static void add_buffer(struct text *t, const char *bytes, size_t length, bool input)
{
    const char *place = bytes != NULL ? guard_describe(bytes) : "NULL";

    if (bytes != NULL && (place == NULL || input) && memory_readable(bytes, length)) {
        if (input) {
            add_hex(t, bytes, length);
        } else {
            text_add_unsigned(t, (unsigned long)length);
            text_add(t, " bytes");
        }
    } else {
        text_add(t, place != NULL ? place : "unreadable");
    }
}

void describe_wsabuf(struct text *t, const char *name, const WSABUF *buffer, bool input)
{
    describe_name(t, name);
    if (buffer == NULL) {
        text_add(t, "NULL");
        return;
    }
    const char *place = guard_describe(buffer);

    if (!memory_readable(buffer, sizeof *buffer)) {
        text_add(t, "WSABUF on ");
        text_add(t, place != NULL ? place : "unreadable memory");
        return;
    }
    if (place != NULL && !input) {
        text_add(t, "{WSABUF=");
        text_add(t, place);
        text_add(t, ", len=");
    } else {
        text_add(t, "{len=");
    }
    text_add_unsigned(t, buffer->len);
    text_add(t, ", buf=");
    add_buffer(t, buffer->buf, buffer->len, input);
    text_add(t, "}");
}

void describe_set(struct text *t, const char *name, const fd_set *set)
{
    describe_name(t, name);
    if (set == NULL || set->fd_count == 0) {
        text_add(t, set == NULL ? "NULL" : "none");
        return;
    }
    for (u_int i = 0; i < set->fd_count && i < FD_SETSIZE; i++) {
        if (i > 0) {
            text_add(t, "|");
        }
        text_add(t, spi_socket_name(set->fd_array[i]));
    }
}
