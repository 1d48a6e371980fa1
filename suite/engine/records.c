#include "engine/records.h"

#include <winsock2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>

#include "engine/registry.h"
#include "engine/utf8.h"
#include "version.h"

#define ARENA_BYTES (4 * 1024 * 1024)

static HANDLE file = INVALID_HANDLE_VALUE;
static CRITICAL_SECTION lock;
static bool crashed; /* the only thread that still writes; another one may hold the lock for ever */
static volatile LONG failed;

bool records_open(const wchar_t *path)
{
    InitializeCriticalSection(&lock);
    if (path == NULL) {
        return true;
    }
    file =
        CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    return file != INVALID_HANDLE_VALUE;
}

unsigned long records_failed(void)
{
    return (unsigned long)failed;
}

static char arena[ARENA_BYTES];
static size_t arena_used;

static void *CJSON_CDECL arena_take(size_t size)
{
    size_t rounded = (size + 15) / 16 * 16;

    if (size > ARENA_BYTES || rounded > ARENA_BYTES - arena_used) {
        return NULL;
    }
    arena_used += rounded;
    return arena + arena_used - rounded;
}

static void CJSON_CDECL arena_keep(void *block)
{
    (void)block;
}

void records_without_heap(void)
{
    cJSON_Hooks hooks = {arena_take, arena_keep};

    cJSON_InitHooks(&hooks);
    crashed = true;
}

static bool write_all(const char *text, size_t length)
{
    DWORD written = 0;

    while (length > 0) {
        if (!WriteFile(file, text, (DWORD)length, &written, NULL)) {
            InterlockedCompareExchange(&failed, (LONG)GetLastError(), 0);
            return false;
        }
        if (written == 0) {
            InterlockedCompareExchange(&failed, ERROR_DISK_FULL, 0);
            return false;
        }
        text += written;
        length -= written;
    }
    return true;
}

/*
 * After a failure nothing more is written: what stands there is whole lines, the last one perhaps cut short.
 */
static void write_record(cJSON *record)
{
    char *line = file == INVALID_HANDLE_VALUE ? NULL : cJSON_PrintUnformatted(record);

    if (line != NULL) {
        size_t length = strlen(line);

        line[length] = '\n'; /* in place of its NUL: the line goes out in one piece */
        if (!crashed) {
            EnterCriticalSection(&lock);
        }
        if (failed == 0) {
            write_all(line, length + 1);
        }
        if (!crashed) {
            LeaveCriticalSection(&lock);
        }
        cJSON_free(line);
    } else if (file != INVALID_HANDLE_VALUE) {
        InterlockedCompareExchange(&failed, ERROR_NOT_ENOUGH_MEMORY, 0);
    }
    cJSON_Delete(record);
}

static cJSON *begin_record(const char *kind)
{
    cJSON *record = cJSON_CreateObject();

    cJSON_AddStringToObject(record, "record", kind);
    return record;
}

/* Records hold UTF-8 only, whatever the text came from. */
static void add_text(cJSON *object, const char *name, const char *text)
{
    char repaired[HOST_TEXT_BYTES];

    utf8_repair(repaired, sizeof repaired, text);
    cJSON_AddStringToObject(object, name, repaired);
}

static void add_text_or_null(cJSON *object, const char *name, const char *text)
{
    if (text[0] == '\0') {
        cJSON_AddNullToObject(object, name);
    } else {
        add_text(object, name, text);
    }
}

static void append_text(cJSON *array, const char *text)
{
    char repaired[HOST_TEXT_BYTES];

    utf8_repair(repaired, sizeof repaired, text);
    cJSON_AddItemToArray(array, cJSON_CreateString(repaired));
}

static void add_now(cJSON *object, const char *name)
{
    SYSTEMTIME t;
    char text[32];

    GetSystemTime(&t);
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.wYear, t.wMonth, t.wDay, t.wHour,
             t.wMinute, t.wSecond);
    cJSON_AddStringToObject(object, name, text);
}

void records_run(const struct options *o, const struct environment *e)
{
    cJSON *record = begin_record("run");
    cJSON *command;

    cJSON_AddNumberToObject(record, "schema", 1);
    cJSON_AddStringToObject(record, "suite", WSPCHECK_VERSION);
    add_now(record, "started");
    cJSON_AddStringToObject(record, "arch", e->arch);
    add_text(record, "environment", o->environment != NULL ? o->environment : e->name);
    add_text(record, "os", e->os);
    add_text_or_null(record, "wine", e->wine);
    add_text_or_null(record, "kernel", e->kernel);
    command = cJSON_AddArrayToObject(record, "command");
    append_text(command, "wspcheck");
    for (size_t i = 0; i < o->word_count; i++) {
        append_text(command, o->words[i]);
    }
    write_record(record);
}

static void add_guid(cJSON *object, const char *name, const GUID *g)
{
    char text[64];

    snprintf(text, sizeof text, "{%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}",
             (unsigned long)g->Data1, g->Data2, g->Data3, g->Data4[0], g->Data4[1], g->Data4[2], g->Data4[3],
             g->Data4[4], g->Data4[5], g->Data4[6], g->Data4[7]);
    cJSON_AddStringToObject(object, name, text);
}

static void add_layer(cJSON *record, const struct host_layer *layer)
{
    cJSON_AddNumberToObject(record, "catalog_id", layer->info.dwCatalogEntryId);
    add_guid(record, "guid", &layer->info.ProviderId);
    cJSON_AddNumberToObject(record, "family", layer->info.iAddressFamily);
    cJSON_AddNumberToObject(record, "socket_type", layer->info.iSocketType);
    cJSON_AddNumberToObject(record, "protocol", layer->info.iProtocol);
    cJSON_AddNumberToObject(record, "service_flags", layer->info.dwServiceFlags1);
}

static void add_story(cJSON *record, const struct provider_story *story)
{
    char version[16];
    cJSON *slots;

    snprintf(version, sizeof version, "%d.%d", LOBYTE(story->version), HIBYTE(story->version));
    add_text_or_null(record, "wsp_version", story->phases[PHASE_STARTS].state == PHASE_DONE ? version : "");
    slots = cJSON_AddObjectToObject(record, "foreign_slots");
    for (int i = 0; i < SPI_SLOTS; i++) {
        if (story->owners[i][0] != '\0') {
            add_text(slots, spi_call_name((enum spi_call)i), story->owners[i]);
        }
    }
}

void records_provider(const struct host_entry *entry, const struct provider_story *story,
                      const bool *selected)
{
    cJSON *record = begin_record("provider");
    cJSON *array;

    add_text(record, "entry", entry->name);
    add_text(record, "dll", entry->layers[0].dll);
    add_text_or_null(record, "sha256", story->sha256);
    add_text_or_null(record, "version", story->file_version);
    add_text_or_null(record, "signature", story->signature);
    add_layer(record, &entry->layers[0]);
    array = cJSON_AddArrayToObject(record, "chain");
    for (unsigned i = 1; i < entry->layer_count; i++) {
        append_text(array, entry->layers[i].name);
    }
    add_story(record, story);
    array = cJSON_AddArrayToObject(record, "asked");
    for (size_t i = 0; i < registry_count(); i++) {
        if (selected[i]) {
            append_text(array, registry_at(i)->id);
        }
    }
    write_record(record);
}

static bool gives_socket(enum spi_call call)
{
    return call == SPI_SOCKET || call == SPI_ACCEPT || call == SPI_JOIN_LEAF;
}

/* A handle is another number in every run: the socket's name stands for it, as in the arguments. */
static void add_call_result(cJSON *object, const struct trace_call *c, unsigned *sockets, bool all_kept)
{
    char name[24];

    if (!gives_socket(c->call) || c->result == -1) {
        cJSON_AddNumberToObject(object, "result", (double)c->result);
        return;
    }
    (*sockets)++;
    if (all_kept) {
        snprintf(name, sizeof name, "s%u", *sockets);
        cJSON_AddStringToObject(object, "result", name);
    } else {
        cJSON_AddStringToObject(object, "result", "a socket");
    }
}

static cJSON *add_call(cJSON *array, const struct trace_call *c, unsigned *sockets, bool all_kept)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "fn", spi_call_name(c->call));
    add_text(object, "args", c->args);
    if (c->state == TRACE_RETURNED) {
        add_call_result(object, c, sockets, all_kept);
        cJSON_AddNumberToObject(object, "error", c->error);
        cJSON_AddNumberToObject(object, "micros", (double)c->micros);
    } else {
        cJSON_AddNullToObject(object, "result"); /* it never returned */
        cJSON_AddNullToObject(object, "error");
        cJSON_AddNullToObject(object, "micros");
    }
    cJSON_AddItemToArray(array, object);
    return object;
}

/*
 * 1 for the thread that made the first call, 2 for the first other one, and so on, in the order of their
 * calls.
 */
static unsigned thread_number(const struct trace_call *const *calls, size_t at)
{
    unsigned number = 1;

    for (size_t i = 0; calls[i]->thread != calls[at]->thread; i++) {
        bool is_new = true;

        for (size_t before = 0; before < i && is_new; before++) {
            is_new = calls[before]->thread != calls[i]->thread;
        }
        number += is_new;
    }
    return number;
}

/*
 * Who made it, where that is not the usual: another thread, or a hook or condition function inside another
 * call.
 */
static void add_maker(cJSON *object, const struct trace_call *const *calls, size_t at)
{
    const struct trace_call *c = calls[at];
    unsigned thread = thread_number(calls, at);

    if (thread > 1) {
        cJSON_AddNumberToObject(object, "thread", thread);
    }
    for (size_t i = at; i-- > 0;) {
        const struct trace_call *outer = calls[i];

        if (outer->thread == c->thread
            && (outer->state != TRACE_RETURNED || c->started < outer->started + outer->micros)) {
            cJSON_AddNumberToObject(object, "inside", (double)i);
            return;
        }
    }
}

static void add_calls(cJSON *record, const struct trace *t)
{
    const struct trace_call *calls[TRACE_CALLS];
    cJSON *array = cJSON_AddArrayToObject(record, "calls");
    size_t count = t != NULL ? trace_in_order(t, calls) : 0;
    unsigned sockets = 0;

    for (size_t i = 0; i < count; i++) {
        add_maker(add_call(array, calls[i], &sockets, (ULONG)t->count <= TRACE_CALLS), calls, i);
    }
}

static void add_crash(cJSON *record, const struct crash_note *c)
{
    cJSON *object;
    char number[32];

    if (c == NULL) {
        cJSON_AddNullToObject(record, "crash");
        return;
    }
    object = cJSON_AddObjectToObject(record, "crash");
    snprintf(number, sizeof number, "0x%08lx", (unsigned long)c->code);
    cJSON_AddStringToObject(object, "code", number);
    add_text_or_null(object, "module", c->module);
    snprintf(number, sizeof number, "0x%llx", (unsigned long long)c->offset);
    add_text_or_null(object, "offset", c->module[0] != '\0' ? number : "");
    add_text_or_null(object, "thread", c->thread == 0 ? "" : c->on_case_thread ? "case" : "other");
    add_text_or_null(object, "call", c->call < SPI_CALLS ? spi_call_name((enum spi_call)c->call) : "");
}

static void add_statements(cJSON *record, const struct result *r)
{
    enum statement statements[RESULT_STATEMENTS + 1];
    size_t count = result_statements(r, statements);
    cJSON *array = cJSON_AddArrayToObject(record, "statements");

    for (size_t i = 0; i < count; i++) {
        cJSON_AddItemToArray(array, cJSON_CreateString(statement_text(statements[i])->id));
    }
}

static void add_outcome(cJSON *record, const struct outcome *o)
{
    char path[sizeof o->file];
    char location[sizeof o->file + 16];

    add_text(record, "expected", o->expected);
    add_text(record, "observed", o->observed);
    add_text(record, "reason", o->reason);
    cJSON_AddNumberToObject(record, "micros", (double)o->micros);
    source_path(path, sizeof path, o->file);
    snprintf(location, sizeof location, "%s:%d", path, o->line);
    add_text(record, "location", location);
}

void records_result(const struct result *r, bool with_calls)
{
    cJSON *record = begin_record("result");
    cJSON *after;

    add_text(record, "entry", r->entry->name);
    cJSON_AddStringToObject(record, "case", r->instance->id);
    cJSON_AddStringToObject(record, "verdict", verdict_name(r->outcome.verdict));
    cJSON_AddStringToObject(record, "grade", grade_name(r->outcome.grade));
    add_statements(record, r);
    cJSON_AddNumberToObject(record, "revision", instance_revision(r->instance));
    cJSON_AddNumberToObject(record, "repeat", r->repeat);
    add_outcome(record, &r->outcome);
    cJSON_AddBoolToObject(record, "order_dependent", r->order_dependent);
    after = cJSON_AddArrayToObject(record, "after");
    for (unsigned i = 0; i < r->after_count; i++) {
        cJSON_AddItemToArray(after, cJSON_CreateString(r->after[i]));
    }
    add_crash(record, r->crash);
    if (r->blame != NULL) {
        add_text(record, "blame", r->blame);
    } else {
        cJSON_AddNullToObject(record, "blame");
    }
    if (with_calls) {
        add_calls(record, r->trace);
    }
    write_record(record);
}

void records_provider_end(const struct host_entry *entry, bool hook_used)
{
    cJSON *record = begin_record("provider_end");

    add_text(record, "entry", entry->name);
    cJSON_AddStringToObject(record, "hook", hook_used ? "used" : "never called");
    write_record(record);
}

void records_end(const unsigned counts[VERDICTS])
{
    cJSON *record = begin_record("end");
    cJSON *object = cJSON_AddObjectToObject(record, "counts");

    for (int v = 0; v < VERDICTS; v++) {
        cJSON_AddNumberToObject(object, verdict_name((enum verdict)v), counts[v]);
    }
    add_now(record, "finished");
    write_record(record);
}
