/* Who signed the file that was tested. */
#ifndef WSPCHECK_HOST_SIGNATURE_H
#define WSPCHECK_HOST_SIGNATURE_H

#include <winsock2.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * What the file itself says of its signature, as UTF-8: "none", or who signed it and whether this system trusts
 * that, "Acme Inc., trusted" or "Acme Inc., not trusted (0x800b0109)". Nothing is fetched from a network. A
 * signature in a security catalog of the system is not looked for. "" and false if the file can't be read.
 */
bool file_signature(const WCHAR *path, char *out, size_t size);

#endif
