/*
 * Addresses to bind to: the manifest's, or the local machine's by address family.
 */
#ifndef WSPCHECK_CASES_SCENARIO_ENDPOINT_H
#define WSPCHECK_CASES_SCENARIO_ENDPOINT_H

#include <winsock2.h>

#define ENDPOINT_BYTES 256

/* An address of any family. */
struct endpoint {
    union {
        struct sockaddr address;
        LONGLONG aligned;
        unsigned char bytes[ENDPOINT_BYTES];
    } name;
    int length;
};

/*
 * An address that the entry under test can bind to, with the port left to the provider where the family has
 * one. Skips the case where the family needs an address in the manifest and there is none.
 */
void endpoint_local(struct endpoint *at);

#endif
