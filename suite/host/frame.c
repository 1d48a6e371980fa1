#include "host/frame.h"
#include "host/names.h"
#include "host/thread.h"
#include <string.h>

#define GUARD_WORD 0xB5C3E1A7u

static bool is_pair(enum spi_call call)
{
    return call == SPI_SEND_DISCONNECT || call == SPI_RECV_DISCONNECT;
}

void frame_open(struct frame *f, enum spi_call call)
{
    f->call = call;
    text_begin(&f->args, f->buffer, sizeof f->buffer);
}

static void set_up_errno(struct frame *f)
{
    struct host_thread *thread = thread_current();

    for (int i = 0; i < 2; i++) {
        f->guarded.before[i] = GUARD_WORD;
        f->guarded.after[i] = GUARD_WORD;
    }
    f->preset = thread->errno_preset;
    f->guarded.value = f->preset;
    f->error = &f->guarded.value;
    if (thread->errno_null) {
        thread->errno_null = false;
        f->error = NULL;
    }
}

void frame_enter(struct frame *f)
{
    set_up_errno(f);
    if (f->error == NULL) {
        describe_word(&f->args, "lpErrno", "NULL");
    }
    f->note = trace_begin(f->call, "%s", f->buffer);
    f->fpu = fpu_read();
}

void frame_null_slot(const struct frame *f)
{
    trace_breach(PV_06, "the slot of %s is NULL", spi_call_name(f->call));
}

static void check_guards(const struct frame *f)
{
    for (int i = 0; i < 2; i++) {
        if (f->guarded.before[i] != GUARD_WORD || f->guarded.after[i] != GUARD_WORD) {
            trace_breach(PV_11, "%s wrote beside *lpErrno", spi_call_name(f->call));
            return;
        }
    }
}

static void check_pair_return(const struct frame *f, LONGLONG result, bool failed)
{
    enum statement statement = f->call == SPI_SEND_DISCONNECT ? SD_02 : RD_02;
    const char *name = spi_call_name(f->call);
    char number[24];

    if (result != 0 && result != SOCKET_ERROR) {
        trace_breach(statement, "%s returned %ld: neither 0 nor SOCKET_ERROR", name, (long)result);
    }
    if (!failed || f->error == NULL) {
        return;
    }
    if (f->guarded.value == f->preset) {
        trace_breach(statement, "%s failed and left *lpErrno unwritten", name);
    } else if (!is_winsock_error(f->guarded.value)) {
        trace_breach(statement, "%s failed with *lpErrno = %s: no Winsock code", name,
                     error_name(f->guarded.value, number, sizeof number));
    }
}

struct answer frame_leave(struct frame *f, LONGLONG result, bool failed)
{
    bool fpu_changed = fpu_restore(f->fpu);
    struct answer a = {.call = f->call, .result = result, .failed = failed, .socket = INVALID_SOCKET};

    trace_returned(f->note);
    if (fpu_changed) {
        trace_breach(PV_11, "%s changed the floating-point control word", spi_call_name(f->call));
    }
    check_guards(f);
    if (is_pair(f->call)) {
        check_pair_return(f, result, failed);
    }
    if (failed) {
        a.error = f->error == NULL ? ERROR_NOT_WRITTEN : f->guarded.value;
    }
    thread_current()->last_errno = f->guarded.value;
    return a;
}

struct answer frame_leave_int(struct frame *f, int result)
{
    return frame_leave(f, result, is_pair(f->call) ? result != 0 : result == SOCKET_ERROR);
}

struct answer frame_leave_bool(struct frame *f, BOOL result)
{
    return frame_leave(f, result, !result);
}

struct answer frame_leave_socket(struct frame *f, SOCKET result)
{
    struct answer a = frame_leave(f, result == INVALID_SOCKET ? -1 : 0, result == INVALID_SOCKET);

    a.socket = result;
    if (!a.failed) {
        describe_word(&f->args, "out.s", name_new_socket(result));
    }
    return a;
}

struct answer frame_close(struct frame *f, struct answer a)
{
    memcpy(f->note->args, f->buffer, f->args.length + 1);
    trace_end(f->note, a.result, a.error);
    return a;
}

bool answer_ok(struct answer a)
{
    return !a.failed;
}

void spi_preset_errno(int preset)
{
    thread_current()->errno_preset = preset;
}

void spi_null_errno(void)
{
    thread_current()->errno_null = true;
}

int spi_last_errno(void)
{
    return thread_current()->last_errno;
}
