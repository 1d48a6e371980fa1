#include "statements/statements.h"

#define PAGE_SEND "WSPSendDisconnect"
#define PAGE_RECV "WSPRecvDisconnect"
#define PAGE_CONFLICT "both pages"
#define PAGE_PROVIDER "Service provider interface"

#define ROW(page, identifier, id, where, text) [identifier] = {id, page, where, text, NULL},

static const struct statement_text texts[STATEMENT_END] = {
#define STATEMENT(identifier, id, where, text) ROW(PAGE_SEND, identifier, id, where, text)
#include "statements/send_disconnect.def"
#undef STATEMENT
#define STATEMENT(identifier, id, where, text) ROW(PAGE_RECV, identifier, id, where, text)
#include "statements/recv_disconnect.def"
#undef STATEMENT
#define STATEMENT(identifier, id, where, text) ROW(PAGE_CONFLICT, identifier, id, where, text)
#include "statements/conflicts.def"
#undef STATEMENT
#define STATEMENT(identifier, id, where, text) ROW(PAGE_PROVIDER, identifier, id, where, text)
#include "statements/provider.def"
#undef STATEMENT
};

const struct statement_text *statement_text(enum statement s)
{
    return &texts[s];
}
