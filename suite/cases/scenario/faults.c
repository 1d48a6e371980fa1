#include "cases/scenario/faults.h"

#include <string.h>

#include "cases/scenario.h"
#include "host/provider.h"

/* An entry has few calls under way at once, but a chain's own calls add up. */
#define NOTES_MAX 512

static WSPCHECK_NOTE notes[NOTES_MAX];

static WSPCHECK_FAULT new_request(DWORD verb)
{
    WSPCHECK_FAULT fault;

    memset(&fault, 0, sizeof fault);
    fault.cbSize = sizeof fault;
    fault.dwVerb = verb;
    return fault;
}

static void ask(WSPCHECK_FAULT *fault, const char *what)
{
    INT answer;
    char name[64];

    if (provider_fault() == NULL) {
        unreached("the base provider does not offer the fault interface (" WSPCHECK_FAULT_EXPORT ")");
    }
    answer = provider_fault()(fault);
    if (answer != 0) {
        unreached("the base provider's fault interface refused to %s: %s", what,
                  error_name(answer, name, sizeof name));
    }
}

void bring_network_back(void)
{
    WSPCHECK_FAULT fault = new_request(WSPCHECK_NETWORK_DOWN);

    provider_fault()(&fault);
}

static void bring_back_at_the_end(void *unused)
{
    (void)unused;
    bring_network_back();
}

void take_network_down(void)
{
    WSPCHECK_FAULT fault = new_request(WSPCHECK_NETWORK_DOWN);

    fault.fOn = TRUE;
    ask(&fault, "take the network down");
    case_defer(bring_back_at_the_end, NULL);
}

static void forget_faults(void *unused)
{
    WSPCHECK_FAULT fault = new_request(WSPCHECK_RESET);

    (void)unused;
    provider_fault()(&fault);
}

void fail_next_below(DWORD call, int code, DWORD milliseconds)
{
    WSPCHECK_FAULT fault = new_request(WSPCHECK_FAIL_NEXT);

    fault.dwCall = call;
    fault.iErrorCode = code;
    fault.dwMilliseconds = milliseconds;
    ask(&fault, "fail the next call");
    case_defer(forget_faults, NULL);
}

void delay_next_below(DWORD call, DWORD milliseconds)
{
    WSPCHECK_FAULT fault = new_request(WSPCHECK_DELAY_NEXT);

    fault.dwCall = call;
    fault.dwMilliseconds = milliseconds;
    ask(&fault, "delay the next call");
    case_defer(forget_faults, NULL);
}

void return_next_below(const void *bytes, DWORD length)
{
    WSPCHECK_FAULT fault = new_request(WSPCHECK_RETURN_DATA);
    WSPCHECK_NOTE data;

    memset(&data, 0, sizeof data);
    data.cbBuffer = length;
    memcpy(data.Bytes, bytes, length);
    fault.dwCall = WSPCHECK_CALL_RECVDISCONNECT;
    fault.lpNotes = &data;
    ask(&fault, "return data");
    case_defer(forget_faults, NULL);
}

void forget_notes(void)
{
    WSPCHECK_FAULT fault = new_request(WSPCHECK_RESET);

    ask(&fault, "forget its notes");
}

size_t notes_of(DWORD call, WSPCHECK_NOTE *found, size_t room)
{
    WSPCHECK_FAULT fault = new_request(WSPCHECK_NOTES);
    size_t taken;
    size_t count = 0;

    fault.lpNotes = notes;
    fault.dwNotes = NOTES_MAX;
    ask(&fault, "tell what reached it");
    taken = fault.dwNotes < NOTES_MAX ? fault.dwNotes : NOTES_MAX;
    for (size_t i = 0; i < taken; i++) {
        if (notes[i].dwCall == call) {
            if (count < room) {
                found[count] = notes[i];
            }
            count++;
        }
    }
    return count;
}

DWORD this_call_below(void)
{
    return this_call() == CALL_SEND ? WSPCHECK_CALL_SENDDISCONNECT : WSPCHECK_CALL_RECVDISCONNECT;
}
