/*
 * The one space of socket handles: what providers made with WPUCreateSocketHandle (numbers of ours with a
 * context) and what they announced with WPUModifyIFSHandle (kernel handles of theirs).
 */
#ifndef WSPCHECK_HOST_HANDLES_H
#define WSPCHECK_HOST_HANDLES_H

#include <winsock2.h>
#include <stdbool.h>

/* A new non-IFS handle for the context, or INVALID_SOCKET when there is no memory. */
SOCKET handle_create(DWORD catalog_id, DWORD_PTR context);

/*
 * Take an IFS handle in. False when the value is not acceptable (0, INVALID_SOCKET, a non-IFS handle of ours)
 * or there is no memory.
 */
bool handle_adopt(DWORD catalog_id, SOCKET handle);

/* Whether the handle is open and non-IFS, and then its context. */
bool handle_context(SOCKET handle, DWORD_PTR *context);

/* Whether the handle is open, and then the catalog ID that it was created or announced with. */
bool handle_catalog_id(SOCKET handle, DWORD *catalog_id);

/* WPUCloseSocketHandle. False: not an open handle. */
bool handle_close(SOCKET handle);

/* The case closed the socket with success: an IFS handle leaves the table. */
void handle_forget(SOCKET handle);

bool handle_is_open(SOCKET handle);

/* Non-IFS handles that are open. */
LONG handles_open(void);

/* A value that was never handed out and is no kernel handle. */
SOCKET handle_never_given(void);

/*
 * Bind a socket to a completion port, as CreateIoCompletionPort does for the kernel's own. For a non-IFS
 * handle the host keeps the port, and WPUCompleteOverlappedRequest posts to it. False with GetLastError on
 * failure.
 */
bool handle_bind_port(SOCKET handle, HANDLE port, ULONG_PTR key);

/* Whether the handle is open and non-IFS, and then its port (NULL if none was bound) and key. */
bool handle_port(SOCKET handle, HANDLE *port, ULONG_PTR *key);

#endif
