/*
 * wspcheck_fault.h: the fault interface between wspcheck and a base provider.
 *
 * A base provider that exports WspcheckFault lets wspcheck bring about what cannot be brought about from above:
 * a network that is down, an error code of the layer below a layered provider, a late answer. All of it is
 * optional. A provider that is shipped should not export it; a test build may.
 *
 * There is no code in this header, only declarations. Include <winsock2.h> and <ws2spi.h> before it.
 */
#ifndef WSPCHECK_FAULT_H
#define WSPCHECK_FAULT_H

#ifdef __cplusplus
extern "C" {
#endif

/* The name to export, undecorated on every architecture (on x86: a .def file, or the linker's alias). */
#define WSPCHECK_FAULT_EXPORT "WspcheckFault"

/* What is asked for. A provider answers WSAEOPNOTSUPP to a verb that it does not know. */
enum {
    /*
     * fOn TRUE: from now on the network subsystem has failed, as if the layer below this provider had reported so.
     * The provider then finds its own answer to each call; that answer is what wspcheck grades (SD-03, RD-03).
     * fOn FALSE: the network is back. Sockets that were open meanwhile may be dead; WSPCloseSocket must still work.
     */
    WSPCHECK_NETWORK_DOWN = 1,

    /*
     * The next call of dwCall ends at once with SOCKET_ERROR (INVALID_SOCKET, FALSE: the call's own sign of failure)
     * and iErrorCode in *lpErrno, whatever its arguments, and without any effect. Used once, then forgotten.
     * dwMilliseconds delays that answer.
     */
    WSPCHECK_FAIL_NEXT = 2,

    /* The next call of dwCall takes dwMilliseconds longer, and then does what it would have done. */
    WSPCHECK_DELAY_NEXT = 3,

    /* Forget all faults that are set and all notes that were taken. */
    WSPCHECK_RESET = 4,

    /*
     * Copy the notes of the calls that reached the provider since the last WSPCHECK_RESET to lpNotes (dwNotes
     * entries at most) and set dwNotes to their number, which may be larger than what was copied.
     */
    WSPCHECK_NOTES = 5,

    /*
     * The next WSPRecvDisconnect (dwCall: WSPCHECK_CALL_RECVDISCONNECT) succeeds at once and without any effect,
     * with the first cbBuffer of lpNotes->Bytes as the disconnect data, as if a peer had sent them. Where the
     * buffer has less room it fails with WSAEFAULT. Used once, then forgotten.
     */
    WSPCHECK_RETURN_DATA = 6
};

/* A call of the service provider interface, in the order of WSPPROC_TABLE: 0 is WSPAccept, 29 WSPStringToAddress. */
enum {
    WSPCHECK_CALL_ACCEPT = 0,
    WSPCHECK_CALL_CLEANUP = 5,
    WSPCHECK_CALL_CLOSESOCKET = 6,
    WSPCHECK_CALL_CONNECT = 7,
    WSPCHECK_CALL_RECV = 19,
    WSPCHECK_CALL_RECVDISCONNECT = 20,
    WSPCHECK_CALL_SEND = 23,
    WSPCHECK_CALL_SENDDISCONNECT = 24,
    WSPCHECK_CALL_SOCKET = 28,
    /* Not in the table: */
    WSPCHECK_CALL_STARTUP = 30
};

/* The longest prefix of a buffer that a note keeps. */
#define WSPCHECK_NOTE_BYTES 64

/* One call as it reached the provider. */
typedef struct WSPCHECK_NOTE {
    DWORD dwCall;                 /* WSPCHECK_CALL_... or the index in WSPPROC_TABLE */
    DWORD dwThreadId;             /* of the calling thread */
    SOCKET s;                     /* the socket argument, INVALID_SOCKET where there is none */
    const void *lpBuffer;         /* the WSABUF pointer as given, for calls that take one */
    DWORD dwBufferValid;          /* nonzero: cbBuffer and Bytes were read from a readable WSABUF */
    DWORD cbBuffer;               /* its len */
    BYTE Bytes[WSPCHECK_NOTE_BYTES];
    INT iResult;                  /* what the call returned, INT_MIN while it is under way */
    INT iErrorCode;               /* what it wrote to *lpErrno, 0 if nothing */
    WSPUPCALLTABLE UpcallTable;   /* for WSPStartup: the table as given */
    WSAPROTOCOL_INFOW ProtocolInfo; /* for WSPStartup: *lpProtocolInfo as given */
} WSPCHECK_NOTE;

typedef struct WSPCHECK_FAULT {
    DWORD cbSize;                 /* sizeof(WSPCHECK_FAULT) */
    DWORD dwVerb;                 /* WSPCHECK_NETWORK_DOWN ... */
    DWORD dwCall;                 /* for FAIL_NEXT, DELAY_NEXT and RETURN_DATA */
    BOOL fOn;                     /* for NETWORK_DOWN */
    INT iErrorCode;               /* for FAIL_NEXT */
    DWORD dwMilliseconds;         /* for FAIL_NEXT and DELAY_NEXT */
    WSPCHECK_NOTE *lpNotes;       /* for NOTES; for RETURN_DATA one that holds the data */
    DWORD dwNotes;                /* for NOTES: in: room at lpNotes; out: number of notes */
} WSPCHECK_FAULT;

/*
 * Ask the provider for a fault. May be called between WSPStartup and the last WSPCleanup, on any thread, but not from
 * inside an upcall.
 *
 * Returns 0, WSAEOPNOTSUPP for a verb that the provider does not offer, WSAEFAULT for a cbSize that it does not know,
 * WSAEINVAL for other arguments that make no sense.
 */
typedef INT (WSPAPI *LPWSPCHECK_FAULT)(WSPCHECK_FAULT *lpFault);

#ifdef __cplusplus
}
#endif

#endif
