/* Names of codes, for records: two systems that answer alike give the same text. */
#ifndef WSPCHECK_HOST_ERRORS_H
#define WSPCHECK_HOST_ERRORS_H

#include <winsock2.h>
#include <stddef.h>

/* The Winsock code's name, or NULL for what is no Winsock code. */
const char *winsock_error_name(int error);

/* "ERROR_MOD_NOT_FOUND", "error 12345" or "exception 0xc0000094" (then in the caller's buffer). */
const char *system_error_name(DWORD error, char *buffer, size_t size);

#endif
