#include "host/blocking.h"
#include "host/thread.h"
#include "host/trace.h"
#include "host/upcalls.h"

/* The call of the pair that is under way on this thread, if the innermost call is one. */
static const struct trace_call *pair_call(void)
{
    const struct trace_call *call = trace_call_under_way();

    if (call != NULL && (call->call == SPI_SEND_DISCONNECT || call->call == SPI_RECV_DISCONNECT)) {
        return call;
    }
    return NULL;
}

/* The context that is handed out is the thread's record, so that a hook called elsewhere is noticed. */
static BOOL CALLBACK trampoline(DWORD_PTR context)
{
    struct host_thread *thread = thread_known();
    const struct trace_call *pair = pair_call();

    if (thread == NULL || (DWORD_PTR)thread != context) {
        trace_breach(PV_10,
                     "the blocking hook was called on another thread or with another context than it was "
                     "handed out for");
        return FALSE;
    }
    InterlockedIncrement(&trace_current()->hook_called);
    if (pair != NULL) {
        trace_breach(pair->call == SPI_SEND_DISCONNECT ? SD_17 : RD_18, "%s called the blocking hook",
                     spi_call_name(pair->call));
    }
    return thread->hook == NULL ? TRUE : thread->hook(thread->hook_context);
}

void blocking_hook_set(LPBLOCKINGCALLBACK hook, DWORD_PTR context)
{
    struct host_thread *thread = thread_current();

    thread->hook = hook;
    thread->hook_context = context;
}

void blocking_hook_query(LPBLOCKINGCALLBACK *callback, DWORD_PTR *context)
{
    struct host_thread *thread = thread_known();
    const struct trace_call *pair = pair_call();

    *callback = NULL;
    *context = 0;
    if (pair != NULL) {
        trace_breach(PV_10, "WPUQueryBlockingCallback during %s, which never blocks",
                     spi_call_name(pair->call));
    }
    if (thread != NULL && thread->hook != NULL) {
        InterlockedIncrement(&trace_current()->hook_asked);
        *callback = trampoline;
        *context = (DWORD_PTR)thread;
    }
}
