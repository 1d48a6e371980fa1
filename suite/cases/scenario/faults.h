/*
 * Faults from below: what the base provider of the entry under test does and notes when it is asked through
 * the fault interface (include/wspcheck_fault.h). A base provider that does not offer a verb ends the case as
 * unreached.
 */
#ifndef WSPCHECK_CASES_SCENARIO_FAULTS_H
#define WSPCHECK_CASES_SCENARIO_FAULTS_H

#include <winsock2.h>
#include <ws2spi.h>
#include <stdbool.h>
#include "wspcheck_fault.h"

/* The network subsystem fails now, and is back when the case ends. */
void take_network_down(void);
void bring_network_back(void);

/*
 * The next call of this kind that reaches the base provider fails with this code, without effect, after so
 * many milliseconds; or takes so much longer.
 */
void fail_next_below(DWORD call, int code, DWORD milliseconds);
void delay_next_below(DWORD call, DWORD milliseconds);

/* The next WSPRecvDisconnect that reaches the base provider yields these, WSPCHECK_NOTE_BYTES at most. */
void return_next_below(const void *bytes, DWORD length);

/* Forget the notes that the base provider has taken. */
void forget_notes(void);

/*
 * The notes of the calls of this kind that reached the base provider since forget_notes, oldest first.
 * Returns their number; at most `room` of them are copied.
 */
#define CALLS_NOTED 64
size_t notes_of(DWORD call, WSPCHECK_NOTE *notes, size_t room);

/* The call that the case is about, as the fault interface numbers it. */
DWORD this_call_below(void);

#endif
