/* The floating-point control words of the calling thread, which a provider has to leave as they are. */
#ifndef WSPCHECK_HOST_FPU_H
#define WSPCHECK_HOST_FPU_H

#include <stdbool.h>

struct fpu_control {
    unsigned x87;
    unsigned sse; /* 0 where there is none */
};

struct fpu_control fpu_read(void);

/* Set the control words back where they differ from `wanted`. True if they did. */
bool fpu_restore(struct fpu_control wanted);

#endif
