/* Constants by name. */
#include "host/describe.h"
#include <ws2tcpip.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <string.h>
#include "host/calls.h"
#include "host/memory.h"

struct constant {
    DWORD value;
    const char *name;
};

#define CONSTANT(name) {(DWORD)(name), #name}
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct constant message_flags[] = {
    CONSTANT(MSG_OOB), CONSTANT(MSG_PEEK), CONSTANT(MSG_DONTROUTE), CONSTANT(MSG_WAITALL),
    CONSTANT(MSG_PARTIAL),
};
static const struct constant socket_flags[] = {
    CONSTANT(WSA_FLAG_OVERLAPPED), CONSTANT(WSA_FLAG_MULTIPOINT_C_ROOT),
    CONSTANT(WSA_FLAG_MULTIPOINT_C_LEAF), CONSTANT(WSA_FLAG_MULTIPOINT_D_ROOT),
    CONSTANT(WSA_FLAG_MULTIPOINT_D_LEAF),
};
static const struct constant network_events[] = {
    CONSTANT(FD_READ), CONSTANT(FD_WRITE), CONSTANT(FD_OOB), CONSTANT(FD_ACCEPT), CONSTANT(FD_CONNECT),
    CONSTANT(FD_CLOSE), CONSTANT(FD_QOS), CONSTANT(FD_GROUP_QOS), CONSTANT(FD_ROUTING_INTERFACE_CHANGE),
    CONSTANT(FD_ADDRESS_LIST_CHANGE),
};
static const struct constant families[] = {
    CONSTANT(AF_UNSPEC), CONSTANT(AF_UNIX), CONSTANT(AF_INET), CONSTANT(AF_IPX), CONSTANT(AF_APPLETALK),
    CONSTANT(AF_NETBIOS), CONSTANT(AF_INET6), CONSTANT(AF_IRDA), CONSTANT(AF_BTH),
};
static const struct constant types[] = {
    CONSTANT(SOCK_STREAM), CONSTANT(SOCK_DGRAM), CONSTANT(SOCK_RAW), CONSTANT(SOCK_RDM),
    CONSTANT(SOCK_SEQPACKET),
};
static const struct constant protocols[] = {
    CONSTANT(IPPROTO_ICMP), CONSTANT(IPPROTO_TCP), CONSTANT(IPPROTO_UDP), CONSTANT(IPPROTO_ICMPV6),
};
static const struct constant shutdowns[] = {CONSTANT(SD_RECEIVE), CONSTANT(SD_SEND), CONSTANT(SD_BOTH)};
static const struct constant ioctls[] = {
    CONSTANT(FIONBIO), CONSTANT(FIONREAD), CONSTANT(FIOASYNC), CONSTANT(SIOCATMARK),
    CONSTANT(SIO_KEEPALIVE_VALS), CONSTANT(SIO_UDP_CONNRESET),
    CONSTANT(SIO_GET_EXTENSION_FUNCTION_POINTER), CONSTANT(SIO_BASE_HANDLE),
    CONSTANT(SIO_ENABLE_CIRCULAR_QUEUEING), CONSTANT(SIO_FLUSH), CONSTANT(SIO_TRANSLATE_HANDLE),
};
static const struct constant levels[] = {
    CONSTANT(SOL_SOCKET), CONSTANT(IPPROTO_TCP), CONSTANT(IPPROTO_IP), CONSTANT(IPPROTO_IPV6),
    CONSTANT(IPPROTO_UDP),
};
static const struct constant socket_options[] = {
    CONSTANT(SO_DEBUG), CONSTANT(SO_ACCEPTCONN), CONSTANT(SO_REUSEADDR), CONSTANT(SO_KEEPALIVE),
    CONSTANT(SO_DONTROUTE), CONSTANT(SO_BROADCAST), CONSTANT(SO_LINGER), CONSTANT(SO_OOBINLINE),
    CONSTANT(SO_DONTLINGER), CONSTANT(SO_EXCLUSIVEADDRUSE), CONSTANT(SO_SNDBUF), CONSTANT(SO_RCVBUF),
    CONSTANT(SO_SNDLOWAT), CONSTANT(SO_RCVLOWAT), CONSTANT(SO_SNDTIMEO), CONSTANT(SO_RCVTIMEO),
    CONSTANT(SO_ERROR), CONSTANT(SO_TYPE), CONSTANT(SO_GROUP_ID), CONSTANT(SO_GROUP_PRIORITY),
    CONSTANT(SO_MAX_MSG_SIZE), CONSTANT(SO_PROTOCOL_INFOW), CONSTANT(SO_CONDITIONAL_ACCEPT),
    CONSTANT(SO_CONNECT_TIME), CONSTANT(SO_UPDATE_ACCEPT_CONTEXT), CONSTANT(SO_UPDATE_CONNECT_CONTEXT),
    CONSTANT(SO_CONNDATA), CONSTANT(SO_DISCDATA), CONSTANT(SO_OPENTYPE),
};
static const struct constant tcp_options[] = {CONSTANT(TCP_NODELAY)};

static const char *name_of(const struct constant *table, size_t count, DWORD value)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].value == value) {
            return table[i].name;
        }
    }
    return NULL;
}

static void add_constant(struct text *t, const struct constant *table, size_t count, DWORD value)
{
    const char *name = name_of(table, count, value);

    if (name != NULL) {
        text_add(t, name);
    } else {
        text_add_signed(t, (long)value);
    }
}

static void add_flags(struct text *t, const struct constant *table, size_t count, DWORD flags)
{
    const char *separator = "";

    for (size_t i = 0; i < count; i++) {
        if (flags & table[i].value) {
            text_add(t, separator);
            text_add(t, table[i].name);
            separator = "|";
            flags &= ~table[i].value;
        }
    }
    if (flags != 0) {
        text_add(t, separator);
        text_add_hex(t, flags);
    } else if (separator[0] == '\0') {
        text_add(t, "0");
    }
}

void describe_message_flags(struct text *t, const char *name, DWORD flags)
{
    describe_name(t, name);
    add_flags(t, message_flags, COUNT(message_flags), flags);
}

void describe_socket_flags(struct text *t, const char *name, DWORD flags)
{
    describe_name(t, name);
    add_flags(t, socket_flags, COUNT(socket_flags), flags);
}

void describe_events(struct text *t, const char *name, long events)
{
    describe_name(t, name);
    add_flags(t, network_events, COUNT(network_events), (DWORD)events);
}

void describe_event_errors(struct text *t, const char *name, const WSANETWORKEVENTS *events)
{
    char number[24];

    describe_name(t, name);
    text_add(t, "{");
    for (size_t bit = 0; bit < COUNT(network_events) && bit < FD_MAX_EVENTS; bit++) {
        if (events->lNetworkEvents & (long)network_events[bit].value) {
            describe_word(t, network_events[bit].name,
                          error_name(events->iErrorCode[bit], number, sizeof number));
        }
    }
    text_add(t, "}");
}

void describe_family(struct text *t, const char *name, int family)
{
    describe_name(t, name);
    add_constant(t, families, COUNT(families), (DWORD)family);
}

void describe_type(struct text *t, const char *name, int type)
{
    describe_name(t, name);
    add_constant(t, types, COUNT(types), (DWORD)type);
}

void describe_protocol(struct text *t, const char *name, int family, int protocol)
{
    describe_name(t, name);
    if (family == AF_INET || family == AF_INET6) {
        add_constant(t, protocols, COUNT(protocols), (DWORD)protocol);
    } else {
        text_add_signed(t, protocol);
    }
}

void describe_shutdown(struct text *t, const char *name, int how)
{
    describe_name(t, name);
    add_constant(t, shutdowns, COUNT(shutdowns), (DWORD)how);
}

void describe_ioctl(struct text *t, const char *name, DWORD code)
{
    const char *known = name_of(ioctls, COUNT(ioctls), code);

    describe_name(t, name);
    if (known != NULL) {
        text_add(t, known);
    } else {
        text_add_hex(t, code);
    }
}

void describe_option(struct text *t, int level, int option)
{
    describe_name(t, "level");
    add_constant(t, levels, COUNT(levels), (DWORD)level);
    describe_name(t, "optname");
    if (level == SOL_SOCKET) {
        add_constant(t, socket_options, COUNT(socket_options), (DWORD)option);
    } else if (level == IPPROTO_TCP) {
        add_constant(t, tcp_options, COUNT(tcp_options), (DWORD)option);
    } else {
        text_add_signed(t, option);
    }
}

/* Options whose value changes from run to run, or is a structure of no interest. */
static bool value_is_told(int level, int option)
{
    return level != SOL_SOCKET || (option != SO_CONNECT_TIME && option != SO_PROTOCOL_INFOW);
}

static void add_linger(struct text *t, const void *value)
{
    struct linger linger;

    memcpy(&linger, value, sizeof linger);
    text_add(t, "{");
    describe_number(t, "l_onoff", linger.l_onoff);
    describe_number(t, "l_linger", linger.l_linger);
    text_add(t, "}");
}

void describe_option_value(struct text *t, const char *name, int level, int option, const void *value,
                           int length)
{
    describe_name(t, name);
    if (value == NULL) {
        text_add(t, "NULL");
    } else if (length < 0 || !memory_readable(value, (size_t)length)) {
        const char *place = guard_describe(value);

        text_add(t, place != NULL ? place : "unreadable");
    } else if (!value_is_told(level, option)) {
        text_add_signed(t, length);
        text_add(t, " bytes");
    } else if (level == SOL_SOCKET && option == SO_LINGER && length == (int)sizeof(struct linger)) {
        add_linger(t, value);
    } else if (length == (int)sizeof(INT)) {
        INT number;

        memcpy(&number, value, sizeof number);
        text_add_signed(t, number);
    } else {
        text_add(t, "hex:");
        text_add_bytes(t, value, length < 16 ? (size_t)length : 16);
        text_add(t, length > 16 ? ".." : "");
    }
}
