#include "engine/exit.h"

#include <stdlib.h>

#include "engine/console.h"

_Noreturn void exit_without_memory(void)
{
    console_error("out of memory");
    exit(EXIT_SUITE_FAILED);
}
