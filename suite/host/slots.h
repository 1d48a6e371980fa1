/* The procedure table that a provider handed out: which slots are set, and whose they are. */
#ifndef WSPCHECK_HOST_SLOTS_H
#define WSPCHECK_HOST_SLOTS_H

#include <winsock2.h>
#include <ws2spi.h>
#include <stdbool.h>
#include "host/provider.h"

/*
 * Look at all 30 slots. story->owners gets the file name of each slot's module, "" for own. False where a
 * slot is NULL, is no code or lies in no module; observed then says so ("WSPSend NULL, WSPRecv nowhere").
 */
bool slots_check(const WSPPROC_TABLE *table, HMODULE own, struct provider_story *story, char *observed,
                 size_t size);

#endif
