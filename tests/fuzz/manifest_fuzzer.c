/* Any bytes are a manifest or a mistake told in one line, and a manifest keeps what its header promises. */
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "host/manifest.h"
#include "host/manifest_values.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_line_of_text(const char *text, size_t size)
{
    CHECK(memchr(text, '\0', size) != NULL);
    for (; *text != '\0'; text++) {
        CHECK((unsigned char)*text >= 0x20 || *text == '\t');
        CHECK(*text != 0x7f);
    }
}

static void check_mistake(const struct manifest_mistake *mistake, size_t size)
{
    CHECK(mistake->line <= size + 1);
    check_line_of_text(mistake->key, sizeof mistake->key);
    check_line_of_text(mistake->text, sizeof mistake->text);
    CHECK(strstr(mistake->text, "; expected ") != NULL);
}

static void check_environment(const struct manifest_environment *environment)
{
    const char *at = environment->strings;
    const char *end = at + sizeof environment->strings;

    while (*at != '\0') {
        const char *next = memchr(at, '\0', (size_t)(end - at));
        const char *equals = strchr(at, '=');

        CHECK(next != NULL && next + 1 < end);
        CHECK(equals != NULL && equals != at);
        check_line_of_text(at, (size_t)(end - at));
        at = next + 1;
    }
}

static void check_address(const struct manifest_address *address)
{
    static const unsigned lengths[] = {[ADDRESS_NONE] = 0, [ADDRESS_IPV4] = 4, [ADDRESS_IPV6] = 16};

    if (address->kind == ADDRESS_RAW) {
        CHECK(address->length >= 2 && address->length <= MANIFEST_ADDRESS_MAX && address->port == 0);
    } else {
        CHECK(address->kind <= ADDRESS_IPV6 && address->length == lengths[address->kind]);
    }
}

static void check_entry(const struct manifest *manifest, size_t index)
{
    const struct manifest_entry *entry = &manifest->entries[index];

    check_line_of_text(entry->section, sizeof entry->section);
    check_line_of_text(entry->protocol, sizeof entry->protocol);
    check_line_of_text(entry->over, sizeof entry->over);
    CHECK(entry->section[0] != '\0' && strcmp(entry->section, "provider") != 0);
    CHECK(manifest_utf16_units(entry->protocol) <= 255);
    CHECK((entry->over[0] == '\0') == (entry->over_line == 0));
    if (entry->over[0] == '\0') {
        CHECK(entry->protocol[0] != '\0' && entry->given[MANIFEST_FAMILY]);
        CHECK(entry->given[MANIFEST_SOCKET_TYPE]);
        CHECK(entry->given[MANIFEST_PROTOCOL_NUMBER] && entry->given[MANIFEST_SERVICE_FLAGS]);
    }
    for (size_t i = 0; i < index; i++) {
        CHECK(strcmp(manifest->entries[i].section, entry->section) != 0);
    }
    check_address(&entry->address);
    check_environment(&entry->environment);
}

static void check_manifest(const struct manifest *manifest)
{
    check_line_of_text(manifest->name, sizeof manifest->name);
    check_line_of_text(manifest->dll, sizeof manifest->dll);
    CHECK(manifest->name[0] != '\0' && strpbrk(manifest->name, ".,/\\\"") == NULL);
    CHECK(manifest->dll[0] != '\0' && manifest->count > 0);
    check_environment(&manifest->environment);
    for (size_t i = 0; i < manifest->count; i++) {
        check_entry(manifest, i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct manifest manifest;
    struct manifest_mistake mistake;

    if (manifest_parse((const char *)bytes, size, &manifest, &mistake)) {
        check_manifest(&manifest);
        manifest_free(&manifest);
    } else {
        check_mistake(&mistake, size);
    }
    return 0;
}
