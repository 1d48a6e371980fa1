/* WSPStartup and WSPCleanup: versions, counting, restart, the newest upcall table, unloading. */
#include "cases/scenario.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "engine/growth.h"
#include "host/memory.h"
#include "host/provider.h"
#include "host/upcalls.h"

static void load(void)
{
    if (!provider_load(provider_entry(), NULL)) {
        unreached("provider.loads: the provider could not be loaded");
    }
}

static const char *startup_text(int code, char *text, size_t size)
{
    char name[64];

    snprintf(text, size, "WSPStartup %s", error_name(code, name, sizeof name));
    return text;
}

static int start(WORD version, WSPDATA *data, const WSPUPCALLTABLE *upcalls)
{
    WSPPROC_TABLE table;

    memset(data, 0, sizeof *data);
    return provider_startup(version, data, upcalls, &table);
}

static void must_start(const WSPUPCALLTABLE *upcalls)
{
    WSPDATA data;
    char text[96];
    int code = start(MAKEWORD(2, 2), &data, upcalls);

    if (code != 0) {
        unreached("provider.starts: %s", startup_text(code, text, sizeof text));
    }
}

static void expect_start(void)
{
    WSPDATA data;
    char text[96];
    int code = start(MAKEWORD(2, 2), &data, upcall_table());

    expect_fact(code == 0, "WSPStartup 0", startup_text(code, text, sizeof text));
}

/* 0x0202 of MAKEWORD(2, 2) as a number that can be compared. */
static int order_of(WORD version)
{
    return LOBYTE(version) * 256 + HIBYTE(version);
}

static const char *version_text(WORD asked, int code, WORD given, char *text, size_t size)
{
    char name[64];

    if (code != 0) {
        snprintf(text, size, "%d.%d asked: %s", LOBYTE(asked), HIBYTE(asked),
                 error_name(code, name, sizeof name));
    } else {
        snprintf(text, size, "%d.%d asked: %d.%d", LOBYTE(asked), HIBYTE(asked), LOBYTE(given),
                 HIBYTE(given));
    }
    return text;
}

/*
 * Where the situation needs WSPCleanup. One that fails without a code has done its work all the same, as
 * Microsoft's sample of a layer does: provider.cleanup says that this is wrong, and no other case does.
 */
static void clean_up(void)
{
    struct answer a = provider_cleanup();

    if (a.failed && a.error != ERROR_NOT_WRITTEN) {
        must(a);
    }
}

/* One version asked for; whether the provider took it. */
static bool negotiate(WORD asked)
{
    WSPDATA data;
    char expected[160];
    char observed[160];
    int code = start(asked, &data, upcall_table());
    int lower = order_of(asked) < order_of(data.wHighVersion) ? order_of(asked) : order_of(data.wHighVersion);

    version_text(asked, code, data.wVersion, observed, sizeof observed);
    if (code == WSAVERNOTSUPPORTED) {
        expect_fact(true, observed, observed);
        return false;
    }
    if (code != 0) {
        snprintf(expected, sizeof expected, "%d.%d asked: a version, or WSAVERNOTSUPPORTED", LOBYTE(asked),
                 HIBYTE(asked));
        expect_fact(false, expected, observed);
    }
    if (wmemchr(data.szDescription, L'\0', WSPDESCRIPTION_LEN + 1) == NULL) {
        expect_that(false, "szDescription has an end", "szDescription without an end");
    }
    version_text(asked, 0, MAKEWORD(lower / 256, lower % 256), expected, sizeof expected);
    if (LOBYTE(data.wVersion) == 0) {
        snprintf(expected, sizeof expected, "%d.%d asked: a version", LOBYTE(asked), HIBYTE(asked));
        expect_fact(false, expected, observed);
    }
    clean_up();
    expect_fact(order_of(data.wVersion) == lower, expected, observed);
    return true;
}

/*
 * WSPStartup for 1.1, 2.0 to 2.3 and 3.0: each is answered with the lower of what is asked and what is
 * offered, or refused; a provider that takes a version takes every higher one.
 */
CASE(version, PROVIDER, COVERS(PV_05), NEEDS(OWN_STARTUP))
{
    static const WORD versions[] = {MAKEWORD(1, 1), MAKEWORD(2, 0), MAKEWORD(2, 1),
                                    MAKEWORD(2, 2), MAKEWORD(2, 3), MAKEWORD(3, 0)};
    bool taken = false;

    load();
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        bool now = negotiate(versions[i]);

        expect_that(now || !taken, "a higher version is taken too", "a higher version is refused");
        taken = now;
    }
    expect_that(taken, "2.2 is taken", "2.2 is refused");
}

/* WSPStartup twice: the first WSPCleanup leaves the provider in use, the second ends it, a third is one too
 * many. */
CASE(cleanup, PROVIDER, COVERS(PV_07), NEEDS(OWN_STARTUP))
{
    struct answer socket;

    load();
    must_start(upcall_table());
    expect_start();
    expect_success(provider_cleanup());
    socket = spi_socket(WSA_FLAG_OVERLAPPED);
    expect_success(socket);
    spi_close_socket(socket.socket);
    expect_success(provider_cleanup());
    expect_error(WSANOTINITIALISED, provider_cleanup());
}

static void use_it(void)
{
    if (entry_has(XP1_CONNECTIONLESS)) {
        datagram_pair();
    } else {
        struct pair p = connected_pair();

        expect_success(spi_send_disconnect(p.near_end, NULL));
    }
}

/* WSPStartup right after the last WSPCleanup, with sockets left open before: it starts, and connects again.
 */
CASE(restart, PROVIDER, COVERS(PV_08), NEEDS(OWN_STARTUP))
{
    struct answer s;

    load();
    must_start(upcall_table());
    new_socket();
    clean_up();
    forget_sockets();
    expect_start();
    s = spi_socket(WSA_FLAG_OVERLAPPED);
    expect_success(s);
    adopt_socket(s.socket);
    use_it();
}

/* A second WSPStartup brings another upcall table: from then on only that one is used. */
CASE(upcalls, PROVIDER, COVERS(PV_09, PV_10), NEEDS(OWN_STARTUP))
{
    LONG before;
    LONG second_before;

    load();
    must_start(upcall_table());
    must_start(upcall_table_second());
    before = upcall_count(0);
    second_before = upcall_count(1);
    if (entry_has(XP1_CONNECTIONLESS)) {
        datagram_pair();
    } else {
        connected_pair();
    }
    if (upcall_count(0) == before && upcall_count(1) == second_before) {
        unreached("the provider makes no upcalls for sockets and connections");
    }
    expect_that(upcall_count(0) == before, "no upcall by the older table", "upcalls by the older table");
}

static bool same_modules(const WSPPROC_TABLE *one, const WSPPROC_TABLE *other)
{
    FARPROC first[SPI_SLOTS];
    FARPROC second[SPI_SLOTS];

    memcpy(first, one, sizeof first);
    memcpy(second, other, sizeof second);
    for (int slot = 0; slot < SPI_SLOTS; slot++) {
        const DWORD how =
            GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
        HMODULE owner = NULL;
        HMODULE other_owner = NULL;

        GetModuleHandleExW(how, (LPCWSTR)(ULONG_PTR)first[slot], &owner);
        GetModuleHandleExW(how, (LPCWSTR)(ULONG_PTR)second[slot], &other_owner);
        if (owner != other_owner) {
            return false;
        }
    }
    return true;
}

/* A second WSPStartup fills a table whose functions belong to the same modules, or to others: not documented.
 */
CASE(second_table, PROVIDER, COVERS(PV_06, PV_08), NEEDS(OWN_STARTUP), OBSERVED)
{
    WSPPROC_TABLE first;
    WSPPROC_TABLE second;
    WSPDATA data;

    load();
    if (provider_startup(MAKEWORD(2, 2), &data, upcall_table(), &first) != 0
        || provider_startup(MAKEWORD(2, 2), &data, upcall_table(), &second) != 0) {
        unreached("provider.starts: WSPStartup failed");
    }
    observe_fact(same_modules(&first, &second) ? "the same modules own the slots"
                                               : "other modules own the slots");
}

/*
 * After the last WSPCleanup, with sockets left open, nothing keeps the DLL: FreeLibrary unloads it. A thread
 * of it that goes on all the same runs into code that is not there: it gets the time to, before another case
 * would have it.
 */
CASE(unloads, PROVIDER, COVERS(PV_13), NEEDS(OWN_STARTUP))
{
    struct resources before = resources_now();
    bool gone;

    load();
    must_start(upcall_table());
    use_it();
    clean_up();
    forget_sockets();
    gone = provider_unload();
    wait_for_threads_since(before, case_patience() / 4);
    gone = gone || GetModuleHandleW(provider_entry()->layers[0].path) == NULL; /* by its own last thread */
    expect_that(gone, "the DLL is unloaded", "the DLL stays loaded");
}

/* Call the pair on a socket after the last WSPCleanup: any answer. */
CASE(after_cleanup, BOTH_CALLS, COVERS(X_30), NEEDS(OWN_STARTUP), OBSERVED)
{
    SOCKET s;

    load();
    must_start(upcall_table());
    s = must(spi_socket(WSA_FLAG_OVERLAPPED)).socket;
    clean_up();
    observe(disconnect(s, NULL));
}
