/*
 * The upcall table: what Ws2_32 offers to a provider.
 *
 * Pages: "WPUCreateSocketHandle", "WPUQueryBlockingCallback" ... in the reference of ws2spi.h. No upcall ever
 * calls into the provider. An upcall out of contract is noted as a breach of PV-10 (or of the statement it
 * touches).
 */
#ifndef WSPCHECK_HOST_UPCALLS_H
#define WSPCHECK_HOST_UPCALLS_H

#include <winsock2.h>
#include <ws2spi.h>
#include <stdbool.h>

/* The host's table, all 15 set. */
const WSPUPCALLTABLE *upcall_table(void);

/*
 * A second table that behaves the same and counts apart: for the case that a provider uses the newest table
 * (PV-09). upcall_count says how many upcalls came through table 0 (upcall_table) or 1 (this one) since the
 * process began.
 */
const WSPUPCALLTABLE *upcall_table_second(void);
LONG upcall_count(int table);

/*
 * The blocking hook of this thread, which WPUQueryBlockingCallback hands out; NULL (the default): block
 * natively. The host hands out a trampoline that counts (trace.h) and then calls hook(context).
 */
void blocking_hook_set(LPBLOCKINGCALLBACK hook, DWORD_PTR context);

/*
 * How many upcalls of a kind came while a call of the pair was under way on their thread, since the trace was
 * cleared.
 */
LONG upcalls_of_close_handle_in_pair(void);

#endif
