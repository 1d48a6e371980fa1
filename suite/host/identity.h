/* Which file was tested. */
#ifndef WSPCHECK_HOST_IDENTITY_H
#define WSPCHECK_HOST_IDENTITY_H

#include <winsock2.h>
#include <stdbool.h>
#include <stddef.h>

#define SHA256_HEX_BYTES 65

/* The SHA-256 of a file in lower-case hex; "" and false if it could not be read. */
bool file_sha256(const WCHAR *path, char hex[SHA256_HEX_BYTES]);

/* The file version of the version resource, "1.2.3.4"; "" and false if there is none. */
bool file_version(const WCHAR *path, char *out, size_t size);

#endif
