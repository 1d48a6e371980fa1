/* Redirecting imports: this program's own, as those of a layered provider. */
#include "unit.h"
#include "host/catalog_answers.h"
#include "host/layers/redirect.h"

typedef void (*import_stub)(void);

static struct host_entry entry;

/* top over middle over base. */
static void describe_stack(void)
{
    entry.origin = HOST_MANIFEST;
    entry.layer_count = 3;
    for (unsigned i = 0; i < 3; i++) {
        struct host_layer *layer = &entry.layers[i];

        layer->info.ProviderId.Data1 = i + 1;
        layer->info.dwCatalogEntryId = 100001 + i;
        layer->info.iProtocol = i == 2 ? IPPROTO_UDP : IPPROTO_TCP;
        layer->info.ProtocolChain.ChainLen = 3 - (int)i;
        layer->dummy_catalog_id = i == 2 ? 0 : 100011 + i;
        swprintf(layer->path, HOST_PATH_CHARS, L"C:\\lab\\layer%u.dll", i);
    }
}

static int set_up(void **state)
{
    (void)state;
    describe_stack();
    catalog_answers_use(&entry);
    return redirect_module(GetModuleHandleW(NULL), HOST_MANIFEST) < 0;
}

static void the_catalog_is_that_of_the_stack(void **state)
{
    (void)state;
    static const DWORD ids[] = {100001, 100002, 100003, 100011, 100012};
    WSAPROTOCOL_INFOW infos[8];
    DWORD bytes = sizeof infos;
    INT error = 0;

    assert_int_equal(WSCEnumProtocols(NULL, infos, &bytes, &error), 5);
    assert_int_equal(bytes, 5 * sizeof infos[0]);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(infos[i].dwCatalogEntryId, ids[i]);
        assert_int_equal(infos[i].dwProviderFlags & PFL_HIDDEN, i >= 3 ? PFL_HIDDEN : 0);
    }
    assert_int_equal(infos[2].ProtocolChain.ChainLen, BASE_PROTOCOL);
    assert_int_equal(infos[3].ProtocolChain.ChainLen, LAYERED_PROTOCOL);
    assert_int_equal(infos[3].ProviderId.Data1, 1);
}

static void a_short_buffer_is_told_the_size(void **state)
{
    (void)state;
    WSAPROTOCOL_INFOW infos[8];
    DWORD bytes = 0;
    INT error = 0;

    assert_int_equal(WSCEnumProtocols(NULL, NULL, &bytes, &error), SOCKET_ERROR);
    assert_int_equal(error, WSAENOBUFS);
    assert_int_equal(bytes, 5 * sizeof infos[0]);
    bytes--;
    error = 0;
    assert_int_equal(WSCEnumProtocols(NULL, infos, &bytes, &error), SOCKET_ERROR);
    assert_int_equal(error, WSAENOBUFS);
    assert_int_equal(WSCEnumProtocols(NULL, infos, NULL, &error), SOCKET_ERROR);
    assert_int_equal(error, WSAEFAULT);
}

static void protocols_are_filtered(void **state)
{
    (void)state;
    INT only_udp[] = {IPPROTO_UDP, 0};
    INT none[] = {77, 0};
    WSAPROTOCOL_INFOW infos[8];
    DWORD bytes = sizeof infos;
    INT error = 0;

    assert_int_equal(WSCEnumProtocols(only_udp, infos, &bytes, &error), 1);
    assert_int_equal(infos[0].dwCatalogEntryId, 100003);
    bytes = 0;
    assert_int_equal(WSCEnumProtocols(none, NULL, &bytes, &error), 0);
}

static void paths_are_those_of_the_layers(void **state)
{
    (void)state;
    GUID lower = {2, 0, 0, {0}};
    GUID unknown = {9, 0, 0, {0}};
    WCHAR path[64];
    INT length = 64;
    INT error = 0;

    assert_int_equal(WSCGetProviderPath(&lower, path, &length, &error), 0);
    assert_true(wcscmp(path, L"C:\\lab\\layer1.dll") == 0);
    assert_int_equal(WSCGetProviderPath(&unknown, path, &length, &error), SOCKET_ERROR);
    assert_int_equal(error, WSAEINVAL);
}

static void looking_a_function_up_finds_the_host(void **state)
{
    (void)state;
    HMODULE ws2_32 = GetModuleHandleW(L"ws2_32.dll");
    LPWSCENUMPROTOCOLS found = (LPWSCENUMPROTOCOLS)(void (*)(void))GetProcAddress(ws2_32, "WSCEnumProtocols");
    DWORD bytes = 0;
    INT error = 0;

    assert_int_equal(found(NULL, NULL, &bytes, &error), SOCKET_ERROR);
    assert_int_equal(bytes, 5 * sizeof(WSAPROTOCOL_INFOW));
    /* Wine has no such function; the host has. */
    assert_true(GetProcAddress(ws2_32, "WSCEnumProtocols32") != NULL);
    assert_true(GetProcAddress(ws2_32, "WSAStartup") != NULL);
    assert_true(GetProcAddress(ws2_32, "no such function") == NULL);
    assert_int_equal(GetLastError(), ERROR_PROC_NOT_FOUND);
}

static void doing_it_again_does_no_harm(void **state)
{
    (void)state;
    assert_int_equal(redirect_module(GetModuleHandleW(NULL), HOST_MANIFEST), 0);
}

/* An image that imports two functions delayed, as the loader leaves it: nothing is looked up yet. */
struct delaying_image {
    IMAGE_DOS_HEADER dos;
    IMAGE_NT_HEADERS headers;
    DWORD descriptors[2][8]; /* attributes, name, module, addresses, names, bound, unload, stamp */
    ULONG_PTR names[3];
    import_stub addresses[3];
    struct {
        WORD hint;
        char name[30];
    } functions[2];
};

static void looked_up_by_its_first_call(void)
{
}

/* Where all of it can be told in 32 bits, as images of the last century do. */
static struct delaying_image *low_memory(void)
{
    void *found = NULL;

    for (ULONG_PTR at = 0x10000000; found == NULL && at < 0x70000000; at += 0x100000) {
        found = VirtualAlloc((void *)at, sizeof(struct delaying_image), MEM_RESERVE | MEM_COMMIT,
                             PAGE_READWRITE);
    }
    assert_non_null(found);
    return found;
}

/* by_address: the image's tables hold addresses, not offsets. */
static struct delaying_image *new_delaying_image(DWORD attributes, BOOL by_address)
{
    struct delaying_image *image = low_memory();
    IMAGE_OPTIONAL_HEADER *header = &image->headers.OptionalHeader;
    ULONG_PTR bias = by_address ? (ULONG_PTR)image : 0;

    image->dos.e_magic = IMAGE_DOS_SIGNATURE;
    image->dos.e_lfanew = offsetof(struct delaying_image, headers);
    image->headers.Signature = IMAGE_NT_SIGNATURE;
    header->Magic = IMAGE_NT_OPTIONAL_HDR_MAGIC;
    header->SizeOfImage = sizeof *image;
    header->NumberOfRvaAndSizes = IMAGE_NUMBEROF_DIRECTORY_ENTRIES;
    header->DataDirectory[IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT].VirtualAddress =
        offsetof(struct delaying_image, descriptors);
    image->descriptors[0][0] = attributes;
    image->descriptors[0][3] = (DWORD)(bias + offsetof(struct delaying_image, addresses));
    image->descriptors[0][4] = (DWORD)(bias + offsetof(struct delaying_image, names));
    for (unsigned i = 0; i < 2; i++) {
        image->names[i] = bias + offsetof(struct delaying_image, functions) + i * sizeof image->functions[0];
        image->addresses[i] = looked_up_by_its_first_call;
    }
    strcpy(image->functions[0].name, "WSAStartup");
    strcpy(image->functions[1].name, "WSCEnumProtocols");
    return image;
}

static void expect_the_catalog_behind(struct delaying_image *image)
{
    LPWSCENUMPROTOCOLS found;
    DWORD bytes = 0;
    INT error = 0;

    assert_int_equal(redirect_module((HMODULE)image, HOST_MANIFEST), 1);
    assert_true(image->addresses[0] == looked_up_by_its_first_call);
    assert_false(image->addresses[1] == looked_up_by_its_first_call);
    found = (LPWSCENUMPROTOCOLS)image->addresses[1];
    assert_int_equal(found(NULL, NULL, &bytes, &error), SOCKET_ERROR);
    assert_int_equal(bytes, 5 * sizeof(WSAPROTOCOL_INFOW));
    VirtualFree(image, 0, MEM_RELEASE);
}

static void delayed_imports_are_redirected_before_their_first_call(void **state)
{
    (void)state;
    expect_the_catalog_behind(new_delaying_image(1, FALSE));
}

static void delayed_imports_told_by_addresses_are_redirected_too(void **state)
{
    (void)state;
    expect_the_catalog_behind(new_delaying_image(0, TRUE));
}

static void what_is_no_image_is_refused(void **state)
{
    (void)state;
    static char nothing[4096] = "MZ";

    assert_int_equal(redirect_module(NULL, HOST_MANIFEST), -1);
    assert_int_equal(redirect_module((HMODULE)nothing, HOST_MANIFEST), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_catalog_is_that_of_the_stack),
        cmocka_unit_test(a_short_buffer_is_told_the_size),
        cmocka_unit_test(protocols_are_filtered),
        cmocka_unit_test(paths_are_those_of_the_layers),
        cmocka_unit_test(looking_a_function_up_finds_the_host),
        cmocka_unit_test(doing_it_again_does_no_harm),
        cmocka_unit_test(delayed_imports_are_redirected_before_their_first_call),
        cmocka_unit_test(delayed_imports_told_by_addresses_are_redirected_too),
        cmocka_unit_test(what_is_no_image_is_refused),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
