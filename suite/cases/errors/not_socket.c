/* WSAENOTSOCK: the descriptor is not a socket. */
#include "cases/scenario.h"

#include "host/handles.h"
#include "host/memory.h"

struct impostor {
    struct case_row row;
    SOCKET (*make)(void);
};

static void close_handle(void *handle)
{
    CloseHandle(handle);
}

static SOCKET of_handle(HANDLE handle, const char *name)
{
    if (handle == NULL || handle == INVALID_HANDLE_VALUE) {
        suite_error("a %s could not be made: error %lu", name, (unsigned long)GetLastError());
    }
    case_defer(close_handle, handle);
    spi_name_socket((SOCKET)(ULONG_PTR)handle, name);
    return (SOCKET)(ULONG_PTR)handle;
}

static SOCKET invalid(void)
{
    return INVALID_SOCKET;
}

static SOCKET zero(void)
{
    return 0;
}

static SOCKET never_given(void)
{
    SOCKET s = handle_never_given();

    spi_name_socket(s, "never handed out");
    return s;
}

static SOCKET event(void)
{
    return of_handle(CreateEventW(NULL, TRUE, FALSE, NULL), "event handle");
}

static SOCKET mutex(void)
{
    return of_handle(CreateMutexW(NULL, FALSE, NULL), "mutex handle");
}

static SOCKET file(void)
{
    /* Whatever else has it open, a scanner for instance, may have asked to write or delete. */
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    WCHAR path[MAX_PATH];
    DWORD length = GetModuleFileNameW(NULL, path, MAX_PATH);

    if (length == 0 || length >= MAX_PATH) {
        suite_error("the path of this program is too long to open it");
    }
    return of_handle(CreateFileW(path, GENERIC_READ, share, NULL, OPEN_EXISTING, 0, NULL), "file handle");
}

static SOCKET pipe(void)
{
    HANDLE read_end;
    HANDLE write_end;

    if (!CreatePipe(&read_end, &write_end, NULL, 0)) {
        suite_error("a pipe could not be made: error %lu", (unsigned long)GetLastError());
    }
    case_defer(close_handle, write_end);
    return of_handle(read_end, "pipe handle");
}

static const struct impostor impostors[] = {
    {ROW("invalid", .covers = {X_01}), invalid},
    {ROW("zero", .covers = {X_01}), zero},
    {ROW("closed", .covers = {X_01}), closed_socket},
    {ROW("event", .covers = {X_01}), event},
    {ROW("never_given", .covers = {X_01}), never_given},
    {ROW("file", .covers = {X_02}), file},
    {ROW("pipe", .covers = {X_02}), pipe},
    {ROW("mutex", .covers = {X_02}), mutex},
};

/* Call it with null data on what is no socket: a closed one, other kernel objects, numbers. */
CASE(not_socket, BOTH_CALLS, COVERS(SD_09, RD_09), ROWS(impostors))
{
    const struct impostor *impostor = this_row();

    expect_error(WSAENOTSOCK, disconnect(impostor->make(), NULL));
}

/* Call it with two faults at once, a closed socket and a bad WSABUF pointer: the pages do not order the
 * checks. */
CASE(not_socket_and_bad_buffer, BOTH_CALLS, COVERS(SD_09, RD_09, X_04), OBSERVED)
{
    observe(disconnect(closed_socket(), guard_no_access()));
}
