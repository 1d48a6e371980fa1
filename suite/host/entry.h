/*
 * What is tested: one catalog entry of one provider, with the layers below it.
 *
 * A struct host_entry is flat (no pointers), so that the supervisor can hand it to a worker through shared
 * memory.
 */
#ifndef WSPCHECK_HOST_ENTRY_H
#define WSPCHECK_HOST_ENTRY_H

#include <winsock2.h>
#include <ws2spi.h>
#include <stdbool.h>

#define HOST_NAME_BYTES 512   /* UTF-8, with its NUL: entry names, layer names */
#define HOST_PATH_CHARS 32768 /* the longest path that Windows knows, with its NUL */
#define HOST_TEXT_BYTES 4096  /* UTF-8: DLL names for records, reasons */
#define HOST_ENVIRONMENT_CHARS 8192
#define HOST_ADDRESS_BYTES 256
#define HOST_LAYERS_MAX MAX_PROTOCOL_CHAIN /* 7: the longest chain that WSAPROTOCOLCHAIN can name */

/* Where an entry was found. */
enum host_origin { HOST_INSTALLED, HOST_MANIFEST };

/* One layer of an entry: the provider under test is layer 0, the base provider the last one. */
struct host_layer {
    char name[HOST_NAME_BYTES];    /* "relay.stream": entry name of this layer */
    WCHAR path[HOST_PATH_CHARS];   /* absolute, environment strings expanded; empty if it was not found */
    char dll[HOST_TEXT_BYTES];     /* for records: relative to its manifest, or starting with %SystemRoot% */
    char problem[HOST_TEXT_BYTES]; /* why path is empty; "" if it is not */
    WSAPROTOCOL_INFOW info;        /* as WSPStartup of this layer gets it */
    DWORD dummy_catalog_id;        /* of the layer's own hidden entry (ChainLen 0); 0 for a base provider */
    WCHAR environment[HOST_ENVIRONMENT_CHARS]; /* NAME=VALUE, each ended by NUL, the list by one more */
    bool transparent; /* the manifest claims that this layer forwards the pair unchanged */
};

struct host_entry {
    char name[HOST_NAME_BYTES]; /* unique in a run: "loopback.stream"; szProtocol of an installed one */
    enum host_origin origin;
    unsigned layer_count; /* 1 for a base provider and for every installed entry */
    struct host_layer layers[HOST_LAYERS_MAX];
    int address_length;                        /* of address; 0: endpoints by address family */
    unsigned char address[HOST_ADDRESS_BYTES]; /* sockaddr where a listener binds */
};

/* An entry of zeroes, or NULL without memory; and its end (NULL does nothing). */
struct host_entry *host_entry_new(void);
void host_entry_free(struct host_entry *entry);

/*
 * The entry of the stack below the first layer, as if it were tested by itself; new, for the caller to free.
 * NULL without memory, or for a base provider.
 */
struct host_entry *host_entry_below(const struct host_entry *entry);

#endif
