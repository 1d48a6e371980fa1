/* What every unit test includes: Winsock before everything, then what CMocka needs, then CMocka. */
#ifndef WSPCHECK_TESTS_UNIT_H
#define WSPCHECK_TESTS_UNIT_H

#include <winsock2.h>
#include <ws2spi.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#endif
