/* The catalog, given what Windows and Wine answer; choosing entries; chains. */
#include "unit.h"
#include "host/catalog.h"
#include "host/packed_item.h"

/* What the functions answer in this test. */
static struct {
    WSAPROTOCOL_INFOW infos[8];
    int count;
    DWORD grows;       /* so many entries more are there at the second call */
    int enum_error;    /* WSCEnumProtocols fails with it */
    const WCHAR *path; /* NULL: WSCGetProviderPath is a stub */
    int path_error;    /* WSCGetProviderPath fails with it */
    struct packed_item registry[4];
    unsigned registry_count;
    size_t registry_size; /* of each item */
} system_says;

static int WSPAPI enum_protocols(LPINT protocols, LPWSAPROTOCOL_INFOW buffer, LPDWORD length, LPINT error)
{
    DWORD needed = (DWORD)system_says.count * (DWORD)sizeof *buffer;

    assert_null(protocols);
    if (system_says.enum_error != 0) {
        *error = system_says.enum_error;
        return SOCKET_ERROR;
    }
    if (*length < needed || buffer == NULL) {
        *length = needed;
        *error = WSAENOBUFS;
        system_says.count += (int)system_says.grows;
        system_says.grows = 0;
        return SOCKET_ERROR;
    }
    memcpy(buffer, system_says.infos, needed);
    return system_says.count;
}

static int WSPAPI get_provider_path(LPGUID provider, WCHAR *path, LPINT length, LPINT error)
{
    (void)provider;
    if (system_says.path_error != 0) {
        *error = system_says.path_error;
        return SOCKET_ERROR;
    }
    if (system_says.path == NULL) {
        return 0;
    }
    INT needed = (INT)wcslen(system_says.path) + 1;

    if (*length < needed) {
        *length = needed;
        *error = WSAEFAULT;
        return SOCKET_ERROR;
    }
    wcscpy(path, system_says.path);
    return 0;
}

static size_t registry_item(unsigned index, void *item, size_t size)
{
    if (index >= system_says.registry_count) {
        return 0;
    }
    memcpy(item, &system_says.registry[index], size < PACKED_ITEM_BYTES ? size : PACKED_ITEM_BYTES);
    return system_says.registry_size;
}

static const struct wsc_functions functions = {enum_protocols, get_provider_path, registry_item};
static struct catalog catalog;
static struct problem problem;

static void add_info(const WCHAR *name, DWORD id, int chain_length)
{
    WSAPROTOCOL_INFOW *info = &system_says.infos[system_says.count++];

    memset(info, 0, sizeof *info);
    wcscpy(info->szProtocol, name);
    info->dwCatalogEntryId = id;
    info->ProviderId.Data1 = id;
    info->ProtocolChain.ChainLen = chain_length;
}

static void add_packed(const char *path, DWORD id)
{
    struct packed_item *item = &system_says.registry[system_says.registry_count++];
    WSAPROTOCOL_INFOW info = {
        .dwCatalogEntryId = id, .ProtocolChain.ChainLen = 1, .szProtocol = L"from the registry"};

    info.ProviderId.Data1 = id;
    memset(item, 0, sizeof *item);
    strcpy(item->path, path);
    memcpy(item->info, &info, sizeof info);
}

static int set_up(void **state)
{
    (void)state;
    memset(&system_says, 0, sizeof system_says);
    memset(&problem, 0, sizeof problem);
    system_says.path = L"%SystemRoot%\\system32\\vendor.dll";
    system_says.registry_size = PACKED_ITEM_BYTES;
    SetEnvironmentVariableW(L"LAB", L"C:\\lab");
    return !catalog_begin(&catalog, &functions);
}

static int tear_down(void **state)
{
    (void)state;
    catalog_end(&catalog);
    return 0;
}

static const struct host_layer *layer(size_t entry)
{
    return &catalog.entries[entry]->layers[0];
}

static void assert_path(size_t entry, const WCHAR *expected)
{
    assert_true(_wcsicmp(layer(entry)->path, expected) == 0);
}

static void installed_entries_are_found(void **state)
{
    (void)state;
    add_info(L"Vendor TCP", 1001, 1);
    add_info(L"hidden entry of a layer", 1002, 0);
    add_info(L"Vendor TCP over that", 1003, 2);
    system_says.infos[2].dwProviderFlags = PFL_HIDDEN;
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_int_equal(catalog.count, 2);
    assert_string_equal(catalog.entries[0]->name, "Vendor TCP");
    assert_int_equal(catalog.entries[0]->layer_count, 1);
    assert_int_equal(catalog.entries[1]->layers[0].info.dwCatalogEntryId, 1003);
    assert_path(0, L"C:\\windows\\system32\\vendor.dll");
    assert_true(_stricmp(layer(0)->dll, "%SystemRoot%\\system32\\vendor.dll") == 0);
    assert_string_equal(layer(0)->problem, "");
}

static void environment_strings_are_expanded(void **state)
{
    (void)state;
    add_info(L"Vendor TCP", 1001, 1);
    system_says.path = L"%LAB%\\vendor.dll";
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_path(0, L"C:\\lab\\vendor.dll");
    assert_string_equal(layer(0)->dll, "vendor.dll");
}

static void a_relative_name_is_of_the_system_folder(void **state)
{
    (void)state;
    add_info(L"Vendor TCP", 1001, 1);
    system_says.path = L"vendor.dll";
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_path(0, L"C:\\windows\\system32\\vendor.dll");
}

static void a_long_path_is_asked_for_again(void **state)
{
    (void)state;
    static WCHAR path[600] = L"C:\\";

    for (size_t i = 3; i < 590; i++) {
        path[i] = i % 100 == 0 ? L'\\' : L'x';
    }
    add_info(L"Vendor TCP", 1001, 1);
    system_says.path = path;
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_path(0, path);
}

static void a_stub_is_named(void **state)
{
    (void)state;
    add_info(L"TCP/IP", 1001, 1);
    system_says.path = NULL;
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_int_equal(catalog.count, 1);
    assert_true(layer(0)->path[0] == L'\0');
    assert_non_null(strstr(layer(0)->problem, "WSCGetProviderPath is a stub"));
}

static void an_unknown_provider_has_its_reason(void **state)
{
    (void)state;
    add_info(L"TCP/IP", 1001, 1);
    system_says.path_error = WSAEINVAL;
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_true(layer(0)->path[0] == L'\0');
    assert_non_null(strstr(layer(0)->problem, "WSAEINVAL"));
}

static void the_registry_knows_what_a_stub_does_not(void **state)
{
    (void)state;
    add_info(L"TCP/IP", 1001, 1);
    add_packed("%LAB%\\other.dll", 1002);
    add_packed("%LAB%\\packed.dll", 1001);
    system_says.path = NULL;
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_path(0, L"C:\\lab\\packed.dll");
    assert_string_equal(layer(0)->problem, "");
}

static void a_damaged_registry_item_is_passed_over(void **state)
{
    (void)state;
    add_info(L"TCP/IP", 1001, 1);
    add_packed("%LAB%\\damaged.dll", 1001);
    add_packed("%LAB%\\packed.dll", 1001);
    memset(system_says.registry[0].path, 'x', sizeof system_says.registry[0].path);
    system_says.path = NULL;
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_path(0, L"C:\\lab\\packed.dll");
}

static void the_registry_lists_where_the_function_does_not(void **state)
{
    (void)state;
    add_packed("%LAB%\\packed.dll", 1001);
    system_says.enum_error = WSAENETDOWN;
    system_says.path_error = WSAENETDOWN;
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_string_equal(catalog.entries[0]->name, "from the registry");
    assert_path(0, L"C:\\lab\\packed.dll");
}

static void a_catalog_that_cannot_be_read_is_a_problem(void **state)
{
    (void)state;
    system_says.enum_error = WSAENETDOWN;
    assert_false(catalog_add_installed(&catalog, &problem));
    assert_non_null(strstr(problem.text, "WSAENETDOWN"));
}

static void a_catalog_may_be_empty_or_grow(void **state)
{
    (void)state;
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_int_equal(catalog.count, 0);
    add_info(L"one", 1001, 1);
    add_info(L"two", 1002, 1);
    system_says.count = 1;
    system_says.grows = 1;
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_int_equal(catalog.count, 2);
}

static void equal_names_get_their_ids(void **state)
{
    (void)state;
    const char *const both[] = {"same"};
    const char *const second[] = {"SAME#1003"};

    add_info(L"same", 1001, 1);
    add_info(L"other", 1002, 1);
    add_info(L"same", 1003, 1);
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_string_equal(catalog.entries[0]->name, "same#1001");
    assert_string_equal(catalog.entries[1]->name, "other");
    assert_string_equal(catalog.entries[2]->name, "same#1003");
    assert_true(catalog_select(&catalog, both, 1, &problem));
    assert_int_equal(catalog.count, 2);
    assert_true(catalog_select(&catalog, second, 1, &problem));
    assert_int_equal(catalog.count, 1);
}

static void a_name_without_an_end_is_cut(void **state)
{
    (void)state;
    add_info(L"x", 1001, 1);
    for (int i = 0; i <= WSAPROTOCOL_LEN; i++) {
        system_says.infos[0].szProtocol[i] = 0x20ac; /* three bytes each in UTF-8 */
    }
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_true(strlen(catalog.entries[0]->name) < HOST_NAME_BYTES);
    assert_int_equal(strlen(catalog.entries[0]->name) % 3, 0);
}

static void entries_are_chosen_by_id_and_guid(void **state)
{
    (void)state;
    const char *const names[] = {"1003", "{000003e9-0000-0000-0000-000000000000}"};

    add_info(L"one", 1001, 1);
    add_info(L"two", 1002, 1);
    add_info(L"three", 1003, 1);
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_true(catalog_select(&catalog, names, 2, &problem));
    assert_int_equal(catalog.count, 2);
    assert_string_equal(catalog.entries[0]->name, "one");
    assert_string_equal(catalog.entries[1]->name, "three");
}

static void a_name_that_matches_nothing_is_a_problem(void **state)
{
    (void)state;
    const char *const names[] = {"one", "On"};

    add_info(L"one", 1001, 1);
    assert_true(catalog_add_installed(&catalog, &problem));
    assert_false(catalog_select(&catalog, names, 2, &problem));
    assert_non_null(strstr(problem.text, "On: matches nothing"));
    assert_non_null(strstr(problem.text, "one"));
}

static const WCHAR *write_manifest(const WCHAR *name, const char *text)
{
    static WCHAR path[MAX_PATH];
    WCHAR folder[MAX_PATH];

    GetTempPathW(MAX_PATH, folder);
    swprintf(path, MAX_PATH, L"%lswspcheck-catalog-test", folder);
    CreateDirectoryW(path, NULL);
    wcscat(path, L"\\");
    wcscat(path, name);
    FILE *file = _wfopen(path, L"wb");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

#define PROVIDER(name, number, entries)                                                                      \
    "[provider]\nname = " name "\ndll = " name ".dll\nguid = {0000000" number                                \
    "-0000-0000-0000-000000000000}\n"                                                                        \
    "entries = " entries "\n"
#define BASE                                                                                                 \
    "[stream]\nprotocol = base\nfamily = 2\nsocket_type = 1\nprotocol_number = 6\nservice_flags = 0x66\n"

static void add(const WCHAR *name, const char *text)
{
    if (!catalog_add_manifest(&catalog, write_manifest(name, text), &problem)) {
        fail_msg("%s", problem.text);
    }
}

static void a_chain_names_its_layers(void **state)
{
    (void)state;
    const char *const top[] = {"top.stream"};

    write_manifest(L"base.ini",
                   PROVIDER("base", "1", "stream") BASE "address = 127.0.0.1:0\nenvironment = B=1\n");
    write_manifest(L"middle.ini", PROVIDER("middle", "2", "stream") "[stream]\nover = base.stream\n");
    add(L"top.ini", PROVIDER("top", "3", "stream, plain") "environment = T=1, B=2\n"
                                                          "[stream]\nover = middle.stream\nservice_flags = "
                                                          "0x20066\ntransparent = 1\nenvironment = T=2\n"
                                                          "[plain]\nover = base.stream\n");
    assert_true(catalog_select(&catalog, top, 1, &problem));
    assert_int_equal(catalog.count, 1);
    const struct host_entry *entry = catalog.entries[0];
    const struct host_layer *layers = entry->layers;

    assert_int_equal(entry->layer_count, 3);
    assert_string_equal(layers[0].name, "top.stream");
    assert_string_equal(layers[2].name, "base.stream");
    assert_string_equal(layers[2].dll, "base.dll");
    assert_int_equal(layers[0].info.dwServiceFlags1, 0x20066);
    assert_int_equal(layers[1].info.dwServiceFlags1, 0x66);
    assert_int_equal(layers[0].info.ProviderId.Data1, 3);
    assert_true(layers[0].transparent);
    assert_false(layers[1].transparent);
    assert_int_equal(entry->address_length, 16);
    assert_int_equal(layers[2].info.ProtocolChain.ChainLen, 1);
    assert_int_equal(layers[2].dummy_catalog_id, 0);
    assert_int_equal(layers[1].info.ProtocolChain.ChainLen, 2);
    assert_int_equal(layers[1].info.ProtocolChain.ChainEntries[0], layers[1].dummy_catalog_id);
    assert_int_equal(layers[1].info.ProtocolChain.ChainEntries[1], layers[2].info.dwCatalogEntryId);
    assert_int_equal(layers[0].info.ProtocolChain.ChainLen, 3);
    assert_int_equal(layers[0].info.ProtocolChain.ChainEntries[0], layers[0].dummy_catalog_id);
    assert_int_equal(layers[0].info.ProtocolChain.ChainEntries[1], layers[1].dummy_catalog_id);
    assert_int_equal(layers[0].info.ProtocolChain.ChainEntries[2], layers[2].info.dwCatalogEntryId);
    assert_int_equal(layers[0].info.ProtocolChain.ChainEntries[3], 0);
    assert_memory_equal(layers[0].environment, L"T=1\0B=2\0T=2\0", sizeof L"T=1\0B=2\0T=2\0");
}

static void an_installed_entry_can_be_below(void **state)
{
    (void)state;
    add_info(L"Vendor TCP", 1001, 1);
    add_info(L"a chain", 1002, 2);
    add(L"over.ini", PROVIDER("over", "4", "stream") "[stream]\nover = Vendor TCP\n");
    assert_true(catalog_select(&catalog, NULL, 0, &problem));
    assert_int_equal(catalog.entries[0]->layer_count, 2);
    assert_int_equal(catalog.entries[0]->layers[1].info.dwCatalogEntryId, 1001);
    assert_int_equal(catalog.entries[0]->layers[0].info.ProtocolChain.ChainEntries[1], 1001);
    assert_true(catalog.entries[0]->layers[0].info.dwCatalogEntryId != 1001);
    catalog_end(&catalog);
    catalog_begin(&catalog, &functions);
    add(L"over.ini", PROVIDER("over", "4", "stream") "[stream]\nover = a chain\n");
    assert_false(catalog_select(&catalog, NULL, 0, &problem));
    assert_non_null(strstr(problem.text, "over.ini:7: over:"));
}

/* Seven layers are the longest chain. */
static void eight_layers_are_too_many(void **state)
{
    (void)state;
    char text[2000];
    size_t used = (size_t)sprintf(text, PROVIDER("deep", "5", "stream, l2, l3, l4, l5, l6, l7, l8") BASE);

    for (int i = 2; i <= 8; i++) {
        char lower[16] = "stream";

        if (i > 2) {
            sprintf(lower, "l%d", i - 1);
        }
        used += (size_t)sprintf(text + used, "[l%d]\nover = deep.%s\n", i, lower);
    }
    add(L"deep.ini", text);
    assert_false(catalog_select(&catalog, NULL, 0, &problem));
    assert_non_null(strstr(problem.text, "one layer too many"));
    catalog_end(&catalog);
    catalog_begin(&catalog, &functions);
    strcpy(strstr(text, ", l8"), text + (strstr(text, ", l8") - text) + 4);
    *strstr(text, "[l8]") = '\0';
    add(L"deep.ini", text);
    assert_true(catalog_select(&catalog, NULL, 0, &problem));
    assert_int_equal(catalog.entries[6]->layer_count, 7);
}

static void a_manifest_given_twice_counts_once(void **state)
{
    (void)state;
    const char *const provider[] = {"BASE"};

    add(L"base.ini", PROVIDER("base", "1", "stream") BASE);
    add(L"base.ini", PROVIDER("base", "1", "stream") BASE);
    assert_int_equal(catalog.count, 1);
    assert_true(catalog_select(&catalog, provider, 1, &problem));
    assert_int_equal(catalog.count, 1);
}

static void a_missing_manifest_is_a_problem(void **state)
{
    (void)state;
    assert_false(catalog_add_manifest(&catalog, L"no such file.ini", &problem));
    assert_string_equal(problem.text,
                        "no such file.ini: ERROR_FILE_NOT_FOUND; expected a manifest that can be read");
}

static void packed_items_are_checked(void **state)
{
    (void)state;
    unsigned char bytes[PACKED_ITEM_BYTES + 1] = "C:\\vendor.dll";
    struct packed_item item;

    assert_true(packed_item_read(bytes, PACKED_ITEM_BYTES, &item));
    assert_false(packed_item_read(bytes, PACKED_ITEM_BYTES - 1, &item));
    assert_false(packed_item_read(bytes, PACKED_ITEM_BYTES + 1, &item));
    assert_false(packed_item_read(bytes, 0, &item));
    bytes[PACKED_PATH_BYTES + offsetof(WSAPROTOCOL_INFOW, ProtocolChain)] = 8;
    assert_false(packed_item_read(bytes, PACKED_ITEM_BYTES, &item));
    bytes[PACKED_PATH_BYTES + offsetof(WSAPROTOCOL_INFOW, ProtocolChain)] = 7;
    assert_true(packed_item_read(bytes, PACKED_ITEM_BYTES, &item));
    memset(bytes + PACKED_PATH_BYTES + offsetof(WSAPROTOCOL_INFOW, szProtocol), 'x',
           sizeof item.info - offsetof(WSAPROTOCOL_INFOW, szProtocol));
    assert_false(packed_item_read(bytes, PACKED_ITEM_BYTES, &item));
    assert_int_equal(sizeof(WSAPROTOCOL_INFOW), PACKED_INFO_BYTES);
}

/* The registry of this system, as it is: the reader comes to an end. */
static void the_registry_can_be_read(void **state)
{
    (void)state;
    unsigned char bytes[PACKED_ITEM_BYTES];
    unsigned count = 0;

    while (count < 10000 && wsc_system()->registry_item(count, bytes, sizeof bytes) > 0) {
        count++;
    }
    assert_true(count < 10000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(installed_entries_are_found),
        TEST(environment_strings_are_expanded),
        TEST(a_relative_name_is_of_the_system_folder),
        TEST(a_long_path_is_asked_for_again),
        TEST(a_stub_is_named),
        TEST(an_unknown_provider_has_its_reason),
        TEST(the_registry_knows_what_a_stub_does_not),
        TEST(a_damaged_registry_item_is_passed_over),
        TEST(the_registry_lists_where_the_function_does_not),
        TEST(a_catalog_that_cannot_be_read_is_a_problem),
        TEST(a_catalog_may_be_empty_or_grow),
        TEST(equal_names_get_their_ids),
        TEST(a_name_without_an_end_is_cut),
        TEST(entries_are_chosen_by_id_and_guid),
        TEST(a_name_that_matches_nothing_is_a_problem),
        TEST(a_chain_names_its_layers),
        TEST(an_installed_entry_can_be_below),
        TEST(eight_layers_are_too_many),
        TEST(a_manifest_given_twice_counts_once),
        TEST(a_missing_manifest_is_a_problem),
        TEST(packed_items_are_checked),
        TEST(the_registry_can_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
