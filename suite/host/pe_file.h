/* What the headers of a program file say. */
#ifndef WSPCHECK_HOST_PE_FILE_H
#define WSPCHECK_HOST_PE_FILE_H

#include <winsock2.h>
#include <stddef.h>

/*
 * One clause for people: "it is a 32-bit x86 DLL, this is the x64 wspcheck", "it is no Windows program file",
 * "it cannot be opened". The file is only read.
 */
void pe_file_describe(const WCHAR *path, char *out, size_t size);

/*
 * How many bytes of certificates the file says that it carries: 0 for none, -1 where it cannot be opened or is no
 * program file. The file is only read.
 */
long long pe_file_certificates(const WCHAR *path);

#endif
