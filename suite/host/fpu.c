#include "host/fpu.h"

#if defined(_M_X64) || defined(__x86_64__)
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The area of FXSAVE (Intel's manual, volume 1, 10.5): the x87 control word comes first. */
#define AREA_BYTES 512
#define SSE_STATUS 0x3fu /* the sticky exception flags of MXCSR: no control */

static unsigned char *aligned(unsigned char *memory)
{
    return (unsigned char *)(((uintptr_t)memory + 15) & ~(uintptr_t)15);
}

struct fpu_control fpu_read(void)
{
    unsigned char memory[AREA_BYTES + 15];
    unsigned char *area = aligned(memory);
    struct fpu_control control = {0, _mm_getcsr() & ~SSE_STATUS};
    uint16_t word;

    _fxsave(area);
    memcpy(&word, area, sizeof word);
    control.x87 = word;
    return control;
}

static void write(struct fpu_control control)
{
    unsigned char memory[AREA_BYTES + 15];
    unsigned char *area = aligned(memory);
    uint16_t word = (uint16_t)control.x87;

    _fxsave(area);
    memcpy(area, &word, sizeof word);
    _fxrstor(area);
    _mm_setcsr((_mm_getcsr() & SSE_STATUS) | control.sse);
}

#else
#include <float.h>

/* The C library's word stands for both units here. */
struct fpu_control fpu_read(void)
{
#if defined(_M_IX86) || defined(__i386__)
    return (struct fpu_control){_control87(0, 0), 0};
#else
    unsigned word = 0;

    _controlfp_s(&word, 0, 0);
    return (struct fpu_control){word, 0};
#endif
}

static void write(struct fpu_control control)
{
#if defined(_M_IX86) || defined(__i386__)
    _control87(control.x87, 0xffffffff);
#else
    unsigned word;

    _controlfp_s(&word, control.x87, _MCW_DN | _MCW_EM | _MCW_RC);
#endif
}
#endif

bool fpu_restore(struct fpu_control wanted)
{
    struct fpu_control now = fpu_read();

    if (now.x87 == wanted.x87 && now.sse == wanted.sse) {
        return false;
    }
    write(wanted);
    return true;
}
