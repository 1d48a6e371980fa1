/*
 * What stands around each traced call: *lpErrno with its guards, the note before and after, the checks that
 * hold for every call. Private to the wrappers of calls.h.
 */
#ifndef WSPCHECK_HOST_FRAME_H
#define WSPCHECK_HOST_FRAME_H

#include "host/calls.h"
#include "host/describe.h"
#include "host/fpu.h"
#include "host/provider.h"
#include "host/text.h"
#include "host/trace.h"

/* *lpErrno lies between words that nobody may write. */
struct guarded_errno {
    DWORD before[2];
    INT value;
    DWORD after[2];
};

struct frame {
    enum spi_call call;
    struct text args;
    char buffer[TRACE_ARGS_BYTES];
    struct trace_call *note;
    struct guarded_errno guarded;
    LPINT error;            /* what the call gets: &guarded.value, or NULL once */
    INT preset;
    struct fpu_control fpu;
};

/* Begin to describe the call in f->args. */
void frame_open(struct frame *f, enum spi_call call);

/* The arguments are described: note the call and set up *lpErrno. */
void frame_enter(struct frame *f);

/*
 * The call has come back. result is sign-extended; failed says whether it reports a failure. The caller may
 * add what came back to f->args (with names in "out.") before frame_close. The answer's socket, transferred
 * and flags are empty.
 */
struct answer frame_leave(struct frame *f, LONGLONG result, bool failed);

/* Write the note. Returns a. */
struct answer frame_close(struct frame *f, struct answer a);

/* frame_leave for the kinds of results that calls have. A socket gets its name in the trace here. */
struct answer frame_leave_int(struct frame *f, int result);
struct answer frame_leave_bool(struct frame *f, BOOL result);
struct answer frame_leave_socket(struct frame *f, SOCKET result);

/* Note a NULL slot (PV-06); the call is then not made. */
void frame_null_slot(const struct frame *f);

/*
 * Make a call through a slot of the provider's table between frame_enter and frame_leave_KIND; arguments are
 * in parentheses and end with f.error. The value is the answer.
 */
#define TRACED(f, slot, kind, failure, arguments)                                              \
    (frame_enter(&(f)),                                                                        \
     frame_leave_##kind(&(f), provider_table()->slot != NULL ? provider_table()->slot arguments \
                                                             : (frame_null_slot(&(f)), (failure))))
#define TRACED_INT(f, slot, arguments) TRACED(f, slot, int, SOCKET_ERROR, arguments)

#endif
