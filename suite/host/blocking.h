/* The blocking hook of a thread, as WPUQueryBlockingCallback hands it out. */
#ifndef WSPCHECK_HOST_BLOCKING_H
#define WSPCHECK_HOST_BLOCKING_H

#include <winsock2.h>
#include <ws2spi.h>

/* What the upcall answers: the trampoline and its context, or NULL where the thread has no hook. */
void blocking_hook_query(LPBLOCKINGCALLBACK *callback, DWORD_PTR *context);

#endif
