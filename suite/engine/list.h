/* wspcheck list, wspcheck show: what there is to test, and with what. All return an exit status. */
#ifndef WSPCHECK_ENGINE_LIST_H
#define WSPCHECK_ENGINE_LIST_H

#include <stdbool.h>
#include "engine/options.h"
#include "host/catalog.h"

int list_providers(const struct catalog *catalog, bool json);
int list_cases(bool json);
int list_statements(bool json);
int show_case(const char *id);

#endif
