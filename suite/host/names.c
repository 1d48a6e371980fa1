#include "host/names.h"
#include "host/calls.h"
#include <stdio.h>

#define NAMES 2048
#define PORTS 2048

struct named_socket {
    SOCKET socket;
    const char *name;
};

static SRWLOCK lock = SRWLOCK_INIT;
static struct named_socket sockets[NAMES];
static unsigned socket_count;
static char numbered[NAMES][8];
static unsigned numbered_count;
static unsigned short ports[PORTS];
static unsigned port_count;

/* With the lock held. The newest of equal values is the one in use. */
static const char *known_name(SOCKET s)
{
    for (unsigned i = socket_count; i-- > 0;) {
        if (sockets[i].socket == s) {
            return sockets[i].name;
        }
    }
    return NULL;
}

static const char *keep(SOCKET s, const char *name)
{
    if (socket_count < NAMES) {
        sockets[socket_count].socket = s;
        sockets[socket_count].name = name;
        socket_count++;
    }
    return name;
}

static const char *next_name(SOCKET s)
{
    if (numbered_count == NAMES) {
        return "s"; /* a flood: nobody tells them apart any more */
    }
    char *name = numbered[numbered_count++];

    snprintf(name, sizeof numbered[0], "s%u", numbered_count);
    return keep(s, name);
}

const char *name_new_socket(SOCKET s)
{
    AcquireSRWLockExclusive(&lock);
    const char *name = next_name(s);
    ReleaseSRWLockExclusive(&lock);
    return name;
}

const char *spi_socket_name(SOCKET s)
{
    if (s == INVALID_SOCKET) {
        return "INVALID_SOCKET";
    }
    if (s == 0) {
        return "0";
    }
    AcquireSRWLockExclusive(&lock);
    const char *name = known_name(s);

    if (name == NULL) {
        name = next_name(s);
    }
    ReleaseSRWLockExclusive(&lock);
    return name;
}

void spi_name_socket(SOCKET s, const char *name)
{
    AcquireSRWLockExclusive(&lock);
    keep(s, name);
    ReleaseSRWLockExclusive(&lock);
}

void spi_forget_sockets(void)
{
    AcquireSRWLockExclusive(&lock);
    socket_count = 0;
    numbered_count = 0;
    port_count = 0;
    ReleaseSRWLockExclusive(&lock);
}

unsigned name_port(unsigned short port)
{
    unsigned i = 0;

    AcquireSRWLockExclusive(&lock);
    while (i < port_count && ports[i] != port) {
        i++;
    }
    if (i == port_count && port_count < PORTS) {
        ports[port_count++] = port;
    }
    ReleaseSRWLockExclusive(&lock);
    return i + 1;
}
