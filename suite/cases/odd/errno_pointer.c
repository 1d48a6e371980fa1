/* lpErrno: null, and what it holds after a success. The pages do not say. */
#include "cases/scenario.h"

#include <stdio.h>

/* Let it fail with a null lpErrno: any answer, even a crash. */
CASE(null_errno, BOTH_CALLS, COVERS(SD_02, RD_02, X_25), OBSERVED, CRASH_IS_AN_ANSWER)
{
    SOCKET s = closed_socket();

    spi_null_errno();
    observe(disconnect(s, NULL));
}

/* What *lpErrno holds after a success. */
CASE(errno_on_success, BOTH_CALLS, COVERS(SD_01, RD_01, X_26), NEEDS(STREAM), OBSERVED)
{
    struct pair p = connected_pair();
    char name[64];
    char text[96];
    int left;

    must(disconnect(p.near_end, NULL));
    left = spi_last_errno();
    snprintf(text, sizeof text, "*lpErrno %s",
             left == ERROR_NOT_WRITTEN ? "untouched" : error_name(left, name, sizeof name));
    observe_fact(text);
}
