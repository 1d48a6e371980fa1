#include "cases/scenario/endpoint.h"

#include <stdio.h>
#include <string.h>

#include "engine/case.h"
#include "engine/expect.h"
#include "host/provider.h"

/* Families that not every SDK's winsock2.h names. */
#define FAMILY_UNIX 1
#define FAMILY_HYPERV 34
#define FAMILY_VSOCK 40

#define UNIX_PATH_BYTES 108
#define VSOCK_CID_LOCAL 1
#define VSOCK_PORT_ANY 0xFFFFFFFFu

static void put16(struct endpoint *at, int offset, unsigned value)
{
    unsigned short word = (unsigned short)value;

    memcpy(at->name.bytes + offset, &word, sizeof word);
}

static void put32(struct endpoint *at, int offset, unsigned long value)
{
    memcpy(at->name.bytes + offset, &value, sizeof value);
}

/* sockaddr_in: family, port, address in network order, 8 bytes of zero. */
static void local_inet(struct endpoint *at)
{
    static const unsigned char loopback[4] = {127, 0, 0, 1};

    memcpy(at->name.bytes + 4, loopback, sizeof loopback);
    at->length = 16;
}

/* sockaddr_in6: family, port, flow information, 16 bytes of address, scope. */
static void local_inet6(struct endpoint *at)
{
    at->name.bytes[8 + 15] = 1;
    at->length = 28;
}

static void delete_socket_file(void *path)
{
    DeleteFileA(path);
}

/* sockaddr_un: family, 108 bytes of path. The file must not exist, and is the case's to delete. */
static void local_unix(struct endpoint *at)
{
    static char path[UNIX_PATH_BYTES];
    static volatile LONG serial;
    char folder[MAX_PATH];
    DWORD length = GetTempPathA(sizeof folder, folder);

    if (length == 0 || length >= sizeof folder) {
        suite_error("there is no temporary folder for a Unix socket");
    }
    if (snprintf(path, sizeof path, "%swspcheck-%lu-%ld", folder, (unsigned long)GetCurrentProcessId(),
                 (long)InterlockedIncrement(&serial))
        >= (int)sizeof path) {
        suite_error("the temporary folder's name is too long for a Unix socket");
    }
    case_defer(delete_socket_file, path);
    memcpy(at->name.bytes + 2, path, sizeof path);
    at->length = 2 + UNIX_PATH_BYTES;
}

/* sockaddr_hv: family, reserved, VmId (the loopback partition), ServiceId (one of our own). */
static void local_hyperv(struct endpoint *at)
{
    static const GUID loopback = {
        0xe0e16197, 0xdd56, 0x4a10, {0x91, 0x95, 0x5e, 0xe7, 0xa1, 0x55, 0xa8, 0x38}};
    static volatile LONG serial;
    GUID service = {0x77737063, 0, 0x4865, {0x83, 0x6b, 0, 0, 0, 0, 0, 0}};

    service.Data2 = (unsigned short)GetCurrentProcessId();
    service.Data4[7] = (unsigned char)InterlockedIncrement(&serial);
    memcpy(at->name.bytes + 4, &loopback, sizeof loopback);
    memcpy(at->name.bytes + 20, &service, sizeof service);
    at->length = 36;
}

/* sockaddr_vm: family, reserved, port, cid. */
static void local_vsock(struct endpoint *at)
{
    put32(at, 4, VSOCK_PORT_ANY);
    put32(at, 8, VSOCK_CID_LOCAL);
    at->length = 16;
}

void endpoint_local(struct endpoint *at)
{
    const struct host_entry *entry = provider_entry();
    int family = entry->layers[0].info.iAddressFamily;

    memset(at, 0, sizeof *at);
    if (entry->address_length > 0) {
        memcpy(at->name.bytes, entry->address, (size_t)entry->address_length);
        at->length = entry->address_length;
        return;
    }
    put16(at, 0, (unsigned)family);
    switch (family) {
    case AF_INET:
        local_inet(at);
        break;
    case AF_INET6:
        local_inet6(at);
        break;
    case FAMILY_UNIX:
        local_unix(at);
        break;
    case FAMILY_HYPERV:
        local_hyperv(at);
        break;
    case FAMILY_VSOCK:
        local_vsock(at);
        break;
    default:
        skip_case("the entry declares address family %d and no address to bind to", family);
    }
}
