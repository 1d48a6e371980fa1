#include "engine/needs.h"

struct named_need {
    enum case_need need;
    const char *name;
};

static const struct named_need named[NEEDS_KNOWN] = {
    {STREAM, "STREAM"},
    {DATAGRAM, "DATAGRAM"},
    {BYTE_STREAM, "BYTE_STREAM"},
    {MESSAGES, "MESSAGES"},
    {DISCONNECT_DATA, "DISCONNECT_DATA"},
    {NO_DISCONNECT_DATA, "NO_DISCONNECT_DATA"},
    {GRACEFUL_CLOSE, "GRACEFUL_CLOSE"},
    {LAYERED, "LAYERED"},
    {OWN_STARTUP, "OWN_STARTUP"},
    {UNLOADED, "UNLOADED"},
};

enum case_need need_at(size_t index)
{
    return named[index].need;
}

const char *need_name(size_t index)
{
    return named[index].name;
}

/* What dwServiceFlags1 must hold, and must not hold, for a need; and how a skip says so. */
struct need_rule {
    unsigned need;
    DWORD set;
    DWORD clear;
    const char *reason;
};

static const struct need_rule rules[] = {
    {STREAM, 0, XP1_CONNECTIONLESS, "the entry declares XP1_CONNECTIONLESS"},
    {DATAGRAM, XP1_CONNECTIONLESS, 0, "the entry does not declare XP1_CONNECTIONLESS"},
    {DISCONNECT_DATA, XP1_DISCONNECT_DATA, 0, "the entry does not declare XP1_DISCONNECT_DATA"},
    {NO_DISCONNECT_DATA, 0, XP1_DISCONNECT_DATA, "the entry declares XP1_DISCONNECT_DATA"},
    {GRACEFUL_CLOSE, XP1_GRACEFUL_CLOSE, 0, "the entry does not declare XP1_GRACEFUL_CLOSE"},
};

static const char *byte_stream_reason(DWORD flags)
{
    if ((flags & XP1_CONNECTIONLESS) != 0) {
        return "the entry declares XP1_CONNECTIONLESS";
    }
    return (flags & XP1_MESSAGE_ORIENTED) != 0 && (flags & XP1_PSEUDO_STREAM) == 0
        ? "the entry declares XP1_MESSAGE_ORIENTED without XP1_PSEUDO_STREAM" : NULL;
}

static const char *messages_reason(DWORD flags)
{
    if ((flags & XP1_CONNECTIONLESS) != 0) {
        return "the entry declares XP1_CONNECTIONLESS";
    }
    if ((flags & XP1_MESSAGE_ORIENTED) == 0) {
        return "the entry does not declare XP1_MESSAGE_ORIENTED";
    }
    return (flags & XP1_PSEUDO_STREAM) != 0 ? "the entry declares XP1_PSEUDO_STREAM" : NULL;
}

const char *needs_unmet(const struct host_entry *entry, unsigned needs)
{
    DWORD flags = entry->layers[0].info.dwServiceFlags1;
    const char *reason = NULL;

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if ((needs & rules[i].need) != 0
            && ((flags & rules[i].set) != rules[i].set || (flags & rules[i].clear) != 0)) {
            return rules[i].reason;
        }
    }
    if ((needs & BYTE_STREAM) != 0) {
        reason = byte_stream_reason(flags);
    }
    if (reason == NULL && (needs & MESSAGES) != 0) {
        reason = messages_reason(flags);
    }
    if (reason == NULL && (needs & LAYERED) != 0 && entry->layer_count < 2) {
        reason = "the entry is not layered over another one";
    }
    return reason;
}
