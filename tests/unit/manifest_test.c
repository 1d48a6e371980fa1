/* Both readers of manifests agree: this one, over the corpus (tests/corpus/manifests/README.md). */
#include "unit.h"
#include <cjson/cJSON.h>
#include "host/catalog.h"
#include "host/manifest.h"
#include "host/manifest_values.h"

#define CORPUS WSPCHECK_SOURCE_DIR "/tests/corpus/manifests"

static int WSPAPI no_protocols(LPINT protocols, LPWSAPROTOCOL_INFOW buffer, LPDWORD length, LPINT error)
{
    (void)protocols, (void)buffer, (void)error;
    *length = 0;
    return 0;
}

static int WSPAPI no_path(LPGUID provider, WCHAR *path, LPINT length, LPINT error)
{
    (void)provider, (void)path, (void)length;
    *error = WSAEINVAL;
    return SOCKET_ERROR;
}

static size_t no_item(unsigned index, void *item, size_t size)
{
    (void)index, (void)item, (void)size;
    return 0;
}

static const struct wsc_functions nothing_installed = {no_protocols, no_path, no_item};

static char *read_text(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(1 << 20);

    assert_non_null(file);
    assert_non_null(bytes);
    *size = fread(bytes, 1, (1 << 20) - 1, file);
    bytes[*size] = '\0';
    fclose(file);
    return bytes;
}

/* Calls `check` for every .ini of a folder, with its path without the ending; returns how many there were. */
static int for_each(const char *folder, void (*check)(const char *stem))
{
    WIN32_FIND_DATAA found;
    char pattern[512];
    int count = 0;

    snprintf(pattern, sizeof pattern, "%s/%s/*.ini", CORPUS, folder);
    HANDLE search = FindFirstFileA(pattern, &found);

    assert_true(search != INVALID_HANDLE_VALUE);
    do {
        char stem[512];

        snprintf(stem, sizeof stem, "%s/%s/%s", CORPUS, folder, found.cFileName);
        stem[strlen(stem) - 4] = '\0';
        check(stem);
        count++;
    } while (FindNextFileA(search, &found));
    FindClose(search);
    return count;
}

static bool load(struct catalog *catalog, const char *stem, struct problem *problem)
{
    WCHAR path[512];

    swprintf(path, 512, L"%hs.ini", stem);
    assert_true(catalog_begin(catalog, &nothing_installed));
    return catalog_add_manifest(catalog, path, problem) && catalog_select(catalog, NULL, 0, problem);
}

static void check_text(const cJSON *object, const char *key, const char *read)
{
    const cJSON *expected = cJSON_GetObjectItemCaseSensitive(object, key);

    if (expected != NULL) {
        assert_string_equal(read, expected->valuestring);
    }
}

static void check_environment(const cJSON *object, const struct manifest_environment *environment)
{
    const cJSON *expected = cJSON_GetObjectItemCaseSensitive(object, "environment");
    const char *at = environment->strings;
    const cJSON *item;

    if (expected == NULL) {
        return;
    }
    cJSON_ArrayForEach(item, expected)
    {
        char assignment[5000];

        snprintf(assignment, sizeof assignment, "%s=%s", item->string, item->valuestring);
        assert_string_equal(at, assignment);
        at += strlen(at) + 1;
    }
    assert_string_equal(at, "");
}

static void check_guid(const cJSON *provider, const struct manifest_guid *read)
{
    struct manifest_guid expected;
    const cJSON *guid = cJSON_GetObjectItemCaseSensitive(provider, "guid");

    assert_true(manifest_guid(guid->valuestring, &expected));
    assert_memory_equal(&expected, read, sizeof expected);
}

static void check_number(const cJSON *object, const char *key, DWORD read)
{
    const cJSON *expected = cJSON_GetObjectItemCaseSensitive(object, key);

    if (expected != NULL && (DWORD)expected->valuedouble != read) {
        fail_msg("%s is %lu, expected %.0f", key, (unsigned long)read, expected->valuedouble);
    }
}

static void check_address(const cJSON *object, const struct host_entry *entry)
{
    const cJSON *expected = cJSON_GetObjectItemCaseSensitive(object, "address");
    struct manifest_address address;

    if (expected == NULL) {
        assert_int_equal(entry->address_length, 0);
        return;
    }
    assert_true(manifest_address(expected->valuestring, &address));
    if (address.kind == ADDRESS_RAW) {
        assert_int_equal(entry->address_length, address.length);
        assert_memory_equal(entry->address, address.bytes, address.length);
    } else {
        assert_int_equal(entry->address_length, address.kind == ADDRESS_IPV4 ? 16 : 28);
        assert_int_equal(entry->address[0], address.kind == ADDRESS_IPV4 ? AF_INET : AF_INET6);
        assert_int_equal(entry->address[2] << 8 | entry->address[3], address.port);
        assert_memory_equal(entry->address + (address.kind == ADDRESS_IPV4 ? 4 : 8), address.bytes,
                            address.length);
    }
}

static void check_entry(const cJSON *object, const struct host_entry *entry)
{
    const WSAPROTOCOL_INFOW *info = &entry->layers[0].info;
    char protocol[1024];

    WideCharToMultiByte(CP_UTF8, 0, info->szProtocol, -1, protocol, sizeof protocol, NULL, NULL);
    check_text(object, "protocol", protocol);
    check_number(object, "family", (DWORD)info->iAddressFamily);
    check_number(object, "socket_type", (DWORD)info->iSocketType);
    check_number(object, "protocol_number", (DWORD)info->iProtocol);
    check_number(object, "service_flags", info->dwServiceFlags1);
    check_number(object, "service_flags2", info->dwServiceFlags2);
    check_number(object, "service_flags3", info->dwServiceFlags3);
    check_number(object, "service_flags4", info->dwServiceFlags4);
    check_number(object, "provider_flags", info->dwProviderFlags);
    check_number(object, "version", (DWORD)info->iVersion);
    check_number(object, "max_sockaddr", (DWORD)info->iMaxSockAddr);
    check_number(object, "min_sockaddr", (DWORD)info->iMinSockAddr);
    check_number(object, "protocol_max_offset", (DWORD)info->iProtocolMaxOffset);
    check_number(object, "byte_order", (DWORD)info->iNetworkByteOrder);
    check_number(object, "security_scheme", (DWORD)info->iSecurityScheme);
    check_number(object, "message_size", info->dwMessageSize);
    check_address(object, entry);
    assert_int_equal(entry->layers[0].transparent,
                     cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "transparent"))
                         || cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(object, "transparent"))
                                == 1);
    assert_int_equal(entry->layer_count > 1, cJSON_HasObjectItem(object, "over"));
}

static void check_good(const char *stem)
{
    struct manifest_mistake mistake;
    struct manifest manifest;
    struct catalog catalog;
    struct problem problem;
    char path[512];
    size_t size;

    print_message("%s\n", stem + sizeof CORPUS);
    snprintf(path, sizeof path, "%s.json", stem);
    char *text = read_text(path, &size);
    cJSON *expected = cJSON_Parse(text);

    assert_non_null(expected);
    free(text);
    snprintf(path, sizeof path, "%s.ini", stem);
    text = read_text(path, &size);
    if (!manifest_parse(text, size, &manifest, &mistake)) {
        fail_msg("line %u, %s: %s", mistake.line, mistake.key, mistake.text);
    }
    free(text);
    const cJSON *provider = cJSON_GetObjectItemCaseSensitive(expected, "provider");

    check_text(provider, "name", manifest.name);
    check_text(provider, "dll", manifest.dll);
    check_guid(provider, &manifest.guid);
    check_environment(provider, &manifest.environment);
    if (!load(&catalog, stem, &problem)) {
        fail_msg("%s", problem.text);
    }
    const cJSON *entry = cJSON_GetObjectItemCaseSensitive(expected, "entries")->child;

    for (size_t i = 0; i < catalog.count; i++, entry = entry->next) {
        char name[HOST_NAME_BYTES * 2];

        assert_non_null(entry);
        snprintf(name, sizeof name, "%s.%s", manifest.name, entry->string);
        assert_string_equal(catalog.entries[i]->name, name);
        check_entry(entry, catalog.entries[i]);
        check_environment(entry, &manifest.entries[i].environment);
    }
    assert_null(entry);
    catalog_end(&catalog);
    manifest_free(&manifest);
    cJSON_Delete(expected);
}

static void check_bad(const char *stem)
{
    struct catalog catalog;
    struct problem problem;
    char path[512];
    char key[128];
    char line_text[32];
    unsigned line;
    size_t size;

    print_message("%s\n", stem + sizeof CORPUS);
    snprintf(path, sizeof path, "%s.expect", stem);
    char *text = read_text(path, &size);

    assert_int_equal(sscanf(text, "%u\n%127[^\r\n]", &line, key), 2);
    free(text);
    if (load(&catalog, stem, &problem)) {
        fail_msg("%s was read without a complaint", stem);
    }
    print_message("    %s\n", problem.text + sizeof CORPUS);
    snprintf(line_text, sizeof line_text, ".ini:%u:", line);
    if (line != 0 && strstr(problem.text, line_text) == NULL) {
        fail_msg("line %u is not named: %s", line, problem.text);
    }
    if (strcmp(key, "-") != 0 && strstr(problem.text, key) == NULL) {
        fail_msg("%s is not named: %s", key, problem.text);
    }
    assert_non_null(strstr(problem.text, "expected"));
    catalog_end(&catalog);
}

static void good_manifests_are_read(void **state)
{
    (void)state;
    assert_true(for_each("good", check_good) >= 20);
}

static void bad_manifests_are_refused(void **state)
{
    (void)state;
    assert_true(for_each("bad", check_bad) >= 50);
}

/* Every beginning of a good manifest is read or refused, and nothing worse. */
static void cut_manifests_do_no_harm(void **state)
{
    (void)state;
    struct manifest_mistake mistake;
    struct manifest manifest;
    size_t size;
    char *text = read_text(CORPUS "/good/complete.ini", &size);

    for (size_t length = 0; length <= size; length++) {
        char *part = malloc(length + 1);

        memcpy(part, text, length);
        if (manifest_parse(part, length, &manifest, &mistake)) {
            manifest_free(&manifest);
        } else {
            assert_true(mistake.text[0] != '\0');
        }
        free(part);
    }
    free(text);
}

static void addresses_have_their_forms(void **state)
{
    (void)state;
    static const char *const good[] = {"127.0.0.1:0",
                                       "[::1]:65535",
                                       "[::]:1",
                                       "[1:2:3:4:5:6:7:8]:1",
                                       "[1::]:1",
                                       "[1:2:3:4:5:6:7::]:1",
                                       "[::ffff:1.2.3.4]:1",
                                       "[1:2:3:4:5:6:1.2.3.4]:1",
                                       "hex:0200"};
    static const char *const bad[] = {"127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:65536",
                                      "1.2.3:1",
                                      "1.2.3.4.5:1",
                                      "01.2.3.4:1",
                                      "256.1.1.1:1",
                                      "[]:1",
                                      "[:]:1",
                                      "[1:]:1",
                                      "[:1]:1",
                                      "[:::]:1",
                                      "[1::2::3]:1",
                                      "[1:2:3:4:5:6:7]:1",
                                      "[1:2:3:4:5:6:7:8:9]:1",
                                      "[1:2:3:4:5:6:7:8::]:1",
                                      "[1:2:3:4:5:6:7::8]:1",
                                      "[12345::]:1",
                                      "[1.2.3.4]:1",
                                      "[::1.2.3]:1",
                                      "[::1",
                                      "[::1]1",
                                      "[::1%1]:1",
                                      "hex:",
                                      "hex:02",
                                      "hex:020",
                                      "hex:02zz",
                                      "HEX:0200",
                                      "localhost:1",
                                      ""};
    struct manifest_address address;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!manifest_address(good[i], &address)) {
            fail_msg("%s was refused", good[i]);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (manifest_address(bad[i], &address)) {
            fail_msg("%s was taken", bad[i]);
        }
    }
    assert_true(manifest_address("[1::a:2]:7", &address));
    assert_memory_equal(address.bytes, "\0\1\0\0\0\0\0\0\0\0\0\0\0\x0a\0\2", 16);
    assert_int_equal(address.port, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_manifests_are_read),
        cmocka_unit_test(bad_manifests_are_refused),
        cmocka_unit_test(cut_manifests_do_no_harm),
        cmocka_unit_test(addresses_have_their_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
