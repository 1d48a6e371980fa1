/*
 * Functions of system DLLs that are loaded when they are first needed, not with the program: a process start
 * under Wine costs more with each of them.
 */
#ifndef WSPCHECK_HOST_SYSTEM_LIBRARY_H
#define WSPCHECK_HOST_SYSTEM_LIBRARY_H

#include <winsock2.h>

typedef void (*any_function)(void);

/* The DLL of that name in the system's own folder, NULL if it is not there. It stays loaded. */
HMODULE system_library(const WCHAR *name);

/* A function of it, NULL if there is none or module is NULL. */
any_function function_of(HMODULE module, const char *name);

#endif
