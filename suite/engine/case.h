/*
 * How a case is written.
 *
 *     / * WSAENOTCONN: the socket is not connected (connection-oriented sockets only). * /
 *     CASE(not_connected, BOTH_CALLS, COVERS(SD_07, RD_07), NEEDS(STREAM))
 *     {
 *         SOCKET s = new_socket();
 *
 *         expect_error(WSAENOTCONN, disconnect(s, NULL));
 *     }
 *
 * The comment right above a case is what `wspcheck show` prints of it. The build finds every line that begins
 * with CASE( below suite/cases: adding a case touches one file. The ID follows from the name:
 * send_disconnect.not_connected and recv_disconnect.not_connected. Sockets, buffers and threads of a case are
 * given back when it ends, however it ends.
 */
#ifndef WSPCHECK_ENGINE_CASE_H
#define WSPCHECK_ENGINE_CASE_H

#include <winsock2.h>
#include <stdbool.h>
#include <stddef.h>
#include "engine/verdict.h"
#include "statements/statements.h"

#define CASE_COVERS 12
#define ROW_COVERS 4

/* The call that a case is about: what its ID begins with. */
enum case_call { CALL_SEND = 1, CALL_RECV = 2, CALL_PROVIDER = 4, CALL_SELFTEST = 8 };

/* The end of a connection that a case calls from. */
enum case_side { SIDE_NONE, SIDE_CONNECTING, SIDE_ACCEPTING };

/* What an entry must declare (dwServiceFlags1 and so on), or else the case is skipped; and how the case is
 * run. */
enum case_need {
    STREAM = 1,              /* connection-oriented: no XP1_CONNECTIONLESS */
    DATAGRAM = 2,            /* XP1_CONNECTIONLESS */
    BYTE_STREAM = 4,         /* connection-oriented, not XP1_MESSAGE_ORIENTED, or XP1_PSEUDO_STREAM */
    MESSAGES = 8,            /* connection-oriented and XP1_MESSAGE_ORIENTED, not XP1_PSEUDO_STREAM */
    DISCONNECT_DATA = 16,    /* XP1_DISCONNECT_DATA */
    NO_DISCONNECT_DATA = 32, /* not XP1_DISCONNECT_DATA */
    GRACEFUL_CLOSE = 64,     /* XP1_GRACEFUL_CLOSE */
    LAYERED = 128,           /* there is a layer below, from a manifest's `over` */
    OWN_STARTUP = 256,       /* the case starts the provider itself, and finds it unloaded */
    UNLOADED =
        512 /* the case reads the story of loading: it is run even if the provider could not be started */
};

/* What rows of a case begin with. Its name becomes the last part of the ID. */
struct case_row {
    const char *name;
    enum statement covers[ROW_COVERS]; /* beside the case's own */
    unsigned calls; /* CALL_SEND or CALL_RECV where the row is of one call only; 0: as the case */
    unsigned needs; /* beside the case's own */
};

struct case_def {
    const char *name;
    unsigned calls;
    enum statement covers[CASE_COVERS]; /* ends with STATEMENT_NONE; of SD_ and RD_ those of the other call
                                           are left out */
    unsigned needs;
    enum grade grade;
    unsigned revision; /* grows when the case changes what it demands; 0 means 1 */
    const void *rows;  /* an array of structs whose first member is a struct case_row, or NULL */
    size_t row_size;
    size_t row_count;
    bool each_side;       /* once from the connecting and once from the accepting side */
    bool crash_is_answer; /* a crash is not graded: it is one of the answers that may be observed */
    const char *survives; /* why no mutant can be killed by it; NULL for most */
    void (*body)(void);
    const char *file;
    int line;
};

#define CASE(identifier, ...)                                                                             \
    static void identifier##_body(void);                                                                  \
    extern const struct case_def case_##identifier;                                                       \
    const struct case_def case_##identifier = {                                                           \
        .name = #identifier, .body = identifier##_body, .file = __FILE__, .line = __LINE__, __VA_ARGS__}; \
    static void identifier##_body(void)

#define BOTH_CALLS .calls = CALL_SEND | CALL_RECV
#define SEND_DISCONNECT .calls = CALL_SEND
#define RECV_DISCONNECT .calls = CALL_RECV
#define PROVIDER .calls = CALL_PROVIDER
#define SELFTEST .calls = CALL_SELFTEST
#define COVERS(...) .covers = {__VA_ARGS__}
#define NEEDS(flags) .needs = (flags)
#define OBSERVED .grade = GRADE_OBSERVED
#define REVISION(number) .revision = (number)
#define ROWS(table) \
    .rows = (table), .row_size = sizeof(table)[0], .row_count = sizeof(table) / sizeof(table)[0]
#define EACH_SIDE .each_side = true
#define CRASH_IS_AN_ANSWER .crash_is_answer = true
#define SURVIVES(reason) .survives = (reason)

/* A row's head: ROW("listening", .covers = {X_22}). */
#define ROW(...)            \
    {                       \
        .name = __VA_ARGS__ \
    }

/* One case as it is run and reported: a case of one call, one row, one side. */
struct case_instance {
    const struct case_def *def;
    enum case_call call;
    const struct case_row *row; /* NULL without rows */
    enum case_side side;
    char id[160]; /* "send_disconnect.not_socket.closed" */
};

/* Of the case that is running, for its body: */
enum case_call this_call(void);
enum case_side this_side(void);
const void *this_row(void); /* cast it to the row's own type */

/* Call undo(argument) when the case has ended, however it ended; the last one first. */
void case_defer(void (*undo)(void *), void *argument);

/* How long to wait for an event that has to come, in milliseconds: about half of the case's deadline. */
DWORD case_patience(void);

/* Whether the entry was found to call a blocking hook. Found once an entry, by the first case that wants to
 * know. */
enum hook_use { HOOK_UNKNOWN, HOOK_USED, HOOK_NEVER };
enum hook_use case_hook_use(void);
void case_set_hook_use(enum hook_use use);

#endif
