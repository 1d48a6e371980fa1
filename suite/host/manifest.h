/*
 * A manifest, read from memory. No Win32 here, so that it can be tried on any system; the rules are the
 * contract's (what inih and Python's configparser would read differently is a mistake), and
 * tests/corpus/manifests/README.md lists them.
 */
#ifndef WSPCHECK_HOST_MANIFEST_H
#define WSPCHECK_HOST_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANIFEST_LINE_MAX 4000
#define MANIFEST_SECTION_MAX 49
#define MANIFEST_NAME_MAX 400     /* with '.', a section and '#id' it is an entry's name */
#define MANIFEST_ADDRESS_MAX 128

/* The numbers of an entry: fields of WSAPROTOCOL_INFOW. */
enum manifest_number {
    MANIFEST_FAMILY, MANIFEST_SOCKET_TYPE, MANIFEST_PROTOCOL_NUMBER, MANIFEST_SERVICE_FLAGS, MANIFEST_VERSION,
    MANIFEST_MAX_SOCKADDR, MANIFEST_MIN_SOCKADDR, MANIFEST_PROTOCOL_MAX_OFFSET, MANIFEST_BYTE_ORDER,
    MANIFEST_SECURITY_SCHEME, MANIFEST_MESSAGE_SIZE, MANIFEST_PROVIDER_FLAGS, MANIFEST_SERVICE_FLAGS2,
    MANIFEST_SERVICE_FLAGS3, MANIFEST_SERVICE_FLAGS4, MANIFEST_NUMBERS
};

enum manifest_address_kind { ADDRESS_NONE, ADDRESS_IPV4, ADDRESS_IPV6, ADDRESS_RAW };

struct manifest_address {
    enum manifest_address_kind kind;
    unsigned char bytes[MANIFEST_ADDRESS_MAX]; /* 4, 16, or a whole sockaddr, in network order */
    unsigned length;
    uint16_t port;                             /* host order; not of ADDRESS_RAW */
};

struct manifest_guid {
    uint32_t data1;
    uint16_t data2, data3;
    unsigned char data4[8];
};

/* NAME=VALUE strings, each ended by NUL, the list by one more: as long as the line that they came from. */
struct manifest_environment {
    char strings[MANIFEST_LINE_MAX + 2];
};

struct manifest_entry {
    char section[MANIFEST_SECTION_MAX + 1];
    char protocol[MANIFEST_LINE_MAX + 1];    /* "" if it is not given: then it comes from the entry below */
    bool given[MANIFEST_NUMBERS];
    uint32_t numbers[MANIFEST_NUMBERS];
    struct manifest_address address;
    char over[MANIFEST_LINE_MAX + 1];        /* "" for a base provider */
    unsigned over_line;
    bool transparent;
    bool has_environment;                    /* it wins over that of [provider] */
    struct manifest_environment environment;
};

struct manifest {
    char name[MANIFEST_NAME_MAX + 1];
    char dll[MANIFEST_LINE_MAX + 1];
    struct manifest_guid guid;
    struct manifest_environment environment;
    struct manifest_entry *entries;
    size_t count;
};

/* A mistake: what it is and what was expected, in one line. */
struct manifest_mistake {
    unsigned line;      /* 0: of the whole file */
    char key[64];       /* key or section, "" if none */
    char text[512];     /* "is empty; expected a value" */
};

/* Read size bytes. False and the first mistake, or true and a manifest that manifest_free ends. */
bool manifest_parse(const char *bytes, size_t size, struct manifest *manifest,
                    struct manifest_mistake *mistake);
void manifest_free(struct manifest *manifest);

#endif
