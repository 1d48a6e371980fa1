/*
 * The statements of the documentation that cases stand on: the one source of their IDs.
 *
 * A .def file is one page. COVERS(SD_07) of an ID that no .def file has does not compile. IDs are for ever: a
 * statement may be split or retired, its number is never used again (X-03 is retired: a host never routes a
 * socket of another provider).
 */
#ifndef WSPCHECK_STATEMENTS_H
#define WSPCHECK_STATEMENTS_H

#include <stddef.h>

#define STATEMENT(identifier, id, where, text) identifier,
enum statement {
    STATEMENT_NONE,
#include "statements/send_disconnect.def"
#include "statements/recv_disconnect.def"
#include "statements/conflicts.def"
#include "statements/provider.def"
    STATEMENT_END
};
#undef STATEMENT

struct statement_text {
    const char *id;       /* "SD-07" */
    const char *page;     /* "WSPSendDisconnect" */
    const char *where;    /* "error table" */
    const char *text;     /* the statement, in our words */
    const char *untested; /* why no case covers it, NULL where one does */
};

/* The text of a statement; s must be above STATEMENT_NONE and below STATEMENT_END. */
const struct statement_text *statement_text(enum statement s);

#endif
