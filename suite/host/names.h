/*
 * Names for what differs from run to run, given in the order in which things are seen: ports. (Sockets:
 * calls.h.)
 */
#ifndef WSPCHECK_HOST_NAMES_H
#define WSPCHECK_HOST_NAMES_H

#include <winsock2.h>

/* A socket that was just created: it gets the next name, even where its value had one (values are reused). */
const char *name_new_socket(SOCKET s);

/* The number n of a port's name pn. port in host byte order, not 0. */
unsigned name_port(unsigned short port);

#endif
