/*
 * Arguments of calls as text for the trace: symbolic, the same in every run, and without touching memory that
 * cannot be read. The syntax is in trace.h.
 */
#ifndef WSPCHECK_HOST_DESCRIBE_H
#define WSPCHECK_HOST_DESCRIBE_H

#include <winsock2.h>
#include <stdbool.h>
#include "host/text.h"

/* "name=", with ", " before it if it is not the first. The value follows. */
void describe_name(struct text *t, const char *name);

void describe_number(struct text *t, const char *name, long value);
void describe_word(struct text *t, const char *name, const char *value);
void describe_socket(struct text *t, const char *name, SOCKET s);
void describe_address(struct text *t, const char *name, const struct sockaddr *address, int length);

/* input: the bytes that go in are shown; otherwise the size of what can be filled. */
void describe_wsabuf(struct text *t, const char *name, const WSABUF *buffer, bool input);
void describe_bytes(struct text *t, const char *name, const void *bytes, size_t length);

void describe_message_flags(struct text *t, const char *name, DWORD flags);  /* MSG_PEEK|MSG_OOB */
void describe_socket_flags(struct text *t, const char *name, DWORD flags);   /* WSA_FLAG_OVERLAPPED */
void describe_events(struct text *t, const char *name, long events);         /* FD_READ|FD_CLOSE */
void describe_event_errors(struct text *t, const char *name, const WSANETWORKEVENTS *events);
void describe_family(struct text *t, const char *name, int family);
void describe_type(struct text *t, const char *name, int type);
void describe_protocol(struct text *t, const char *name, int family, int protocol);
void describe_shutdown(struct text *t, const char *name, int how);
void describe_ioctl(struct text *t, const char *name, DWORD code);
void describe_option(struct text *t, int level, int option);
void describe_option_value(struct text *t, const char *name, int level, int option, const void *value,
                           int length);
void describe_set(struct text *t, const char *name, const fd_set *set);

#endif
