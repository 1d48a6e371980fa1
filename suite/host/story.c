#include "host/story.h"
#include <stdarg.h>
#include <stdio.h>

struct provider_story *story_or_own(struct provider_story *story)
{
    static struct provider_story own;

    return story != NULL ? story : &own;
}

void story_begin(struct provider_story *story, enum provider_phase phase, const char *expected)
{
    struct phase_story *p = &story->phases[phase];

    snprintf(p->expected, sizeof p->expected, "%s", expected);
    p->observed[0] = '\0';
    p->reason[0] = '\0';
    InterlockedExchange(&p->state, PHASE_UNDER_WAY);
}

bool story_done(struct provider_story *story, enum provider_phase phase, const char *observed)
{
    struct phase_story *p = &story->phases[phase];

    snprintf(p->observed, sizeof p->observed, "%s", observed);
    InterlockedExchange(&p->state, PHASE_DONE);
    return true;
}

static void end_badly(struct phase_story *p, const char *observed, const char *format, va_list arguments,
                      LONG state)
{
    snprintf(p->observed, sizeof p->observed, "%s", observed);
    vsnprintf(p->reason, sizeof p->reason, format, arguments);
    InterlockedExchange(&p->state, state);
}

bool story_blame(struct provider_story *story, enum provider_phase phase, const char *observed,
                 const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    end_badly(&story->phases[phase], observed, format, arguments, PHASE_DONE);
    va_end(arguments);
    return true;
}

bool story_fail(struct provider_story *story, enum provider_phase phase, const char *observed,
                const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    end_badly(&story->phases[phase], observed, format, arguments, PHASE_FAILED);
    va_end(arguments);
    return false;
}
