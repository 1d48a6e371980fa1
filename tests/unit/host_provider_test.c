/* Opening a provider: the phases and their stories. Runs beside the fixture providers. */
#include "unit.h"
#include "host/catalog.h"
#include "host/provider.h"
#include "host/trace.h"
#include "host/upcalls.h"

static struct trace trace;
static struct provider_story story;
static struct catalog catalog;
static struct host_entry *entry;

static int set_up(void **state)
{
    struct problem problem;
    const char *const name[] = {"loopback.stream"};

    (void)state;
    trace_use(&trace);
    memset(&story, 0, sizeof story);
    if (!catalog_begin(&catalog, wsc_system()) || !catalog_add_manifest(&catalog, L"loopback.ini", &problem)
        || !catalog_select(&catalog, name, 1, &problem)) {
        print_error("%s\n", problem.text);
        return 1;
    }
    entry = catalog.entries[0];
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    provider_close();
    catalog_end(&catalog);
    return 0;
}

static void assert_failed(enum provider_phase phase, const char *observed, const char *reason)
{
    assert_int_equal(story.phases[phase].state, PHASE_FAILED);
    assert_string_equal(story.phases[phase].observed, observed);
    if (strstr(story.phases[phase].reason, reason) == NULL) {
        fail_msg("the reason is: %s", story.phases[phase].reason);
    }
    for (int later = phase + 1; later < PHASES; later++) {
        assert_int_equal(story.phases[later].state, PHASE_NOT_REACHED);
    }
}

static void the_reference_opens(void **state)
{
    (void)state;
    assert_true(provider_open(entry, &story));
    for (int i = 0; i < PHASES; i++) {
        assert_int_equal(story.phases[i].state, PHASE_DONE);
    }
    assert_true(provider_started());
    assert_int_equal(story.version, MAKEWORD(2, 2));
    assert_int_equal(strlen(story.sha256), 64);
    assert_true(story.description[0] != '\0');
    for (int i = 0; i < SPI_SLOTS; i++) {
        assert_string_equal(story.owners[i], "");
    }
    assert_true(answer_ok(spi_close_socket(spi_socket(0).socket)));
    assert_int_equal(trace.breach_count, 0);
}

static void it_opens_again(void **state)
{
    (void)state;
    assert_true(provider_open(entry, NULL));
    provider_close();
    assert_false(provider_started());
    assert_true(GetModuleHandleW(L"loopback.dll") == NULL);
    assert_true(provider_open(entry, NULL));
    assert_true(provider_started());
}

static void cleanups_are_counted(void **state)
{
    (void)state;
    WSPPROC_TABLE table;
    WSPDATA data;

    assert_true(provider_open(entry, NULL));
    assert_int_equal(provider_startup(MAKEWORD(2, 2), &data, upcall_table_second(), &table), 0);
    assert_true(answer_ok(provider_cleanup()));
    assert_true(provider_started());
    assert_true(answer_ok(provider_cleanup()));
    assert_false(provider_started());
    assert_int_equal(provider_cleanup().error, WSANOTINITIALISED);
    assert_true(provider_unload());
}

static void a_problem_of_the_catalog_is_told(void **state)
{
    (void)state;
    entry->layers[0].path[0] = L'\0';
    strcpy(entry->layers[0].problem, "the catalog does not say");
    assert_false(provider_open(entry, &story));
    assert_failed(PHASE_PATH, "not found", "the catalog does not say");
}

static void a_missing_dll_does_not_load(void **state)
{
    (void)state;
    wcscat(entry->layers[0].path, L".missing");
    assert_false(provider_open(entry, &story));
    assert_failed(PHASE_LOADS, "ERROR_MOD_NOT_FOUND", "there is no such file");
}

static void replace_dll(const void *bytes, size_t size)
{
    WCHAR folder[MAX_PATH];

    GetTempPathW(MAX_PATH, folder);
    swprintf(entry->layers[0].path, HOST_PATH_CHARS, L"%lswspcheck-provider-test.dll", folder);
    FILE *file = _wfopen(entry->layers[0].path, L"wb");

    assert_non_null(file);
    fwrite(bytes, size, 1, file);
    fclose(file);
}

static void a_text_file_does_not_load(void **state)
{
    (void)state;
    replace_dll("this is no DLL", 14);
    assert_false(provider_open(entry, &story));
    assert_failed(PHASE_LOADS, "ERROR_BAD_EXE_FORMAT", "it is no Windows program file");
}

static void another_machine_does_not_load(void **state)
{
    (void)state;
    static unsigned char bytes[1 << 20];
    FILE *file = fopen("loopback.dll", "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    IMAGE_FILE_HEADER *header = (IMAGE_FILE_HEADER *)(void *)(bytes
                                                              + ((IMAGE_DOS_HEADER *)(void *)bytes)->e_lfanew
                                                              + 4);

    fclose(file);
    header->Machine = header->Machine == IMAGE_FILE_MACHINE_I386 ? IMAGE_FILE_MACHINE_AMD64
                                                                 : IMAGE_FILE_MACHINE_I386;
    replace_dll(bytes, size);
    assert_false(provider_open(entry, &story));
    assert_failed(PHASE_LOADS, "ERROR_BAD_EXE_FORMAT", "this is the");
}

static void a_dll_without_the_export_is_told(void **state)
{
    (void)state;
    GetSystemDirectoryW(entry->layers[0].path, MAX_PATH);
    wcscat(entry->layers[0].path, L"\\version.dll");
    assert_false(provider_open(entry, &story));
    assert_failed(PHASE_EXPORTS, "no WSPStartup", "does not export WSPStartup");
}

static void the_environment_is_set_before(void **state)
{
    (void)state;
    WCHAR value[16] = L"";

    memcpy(entry->layers[0].environment, L"WSPCHECK_TEST=1\0WSPCHECK_TEST=2\0",
           sizeof L"WSPCHECK_TEST=1\0WSPCHECK_TEST=2\0");
    assert_true(provider_open(entry, NULL));
    assert_int_equal(GetEnvironmentVariableW(L"WSPCHECK_TEST", value, 16), 1);
    assert_true(wcscmp(value, L"2") == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_reference_opens),           TEST(it_opens_again),
        TEST(cleanups_are_counted),          TEST(a_problem_of_the_catalog_is_told),
        TEST(a_missing_dll_does_not_load),   TEST(a_text_file_does_not_load),
        TEST(another_machine_does_not_load), TEST(a_dll_without_the_export_is_told),
        TEST(the_environment_is_set_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
