/*
 * What the suite reads from manifests, for comparing with the other reader. Standard input holds one after
 * the other, each behind its size (4 bytes, little-endian); standard output gets a line for each: a JSON
 * object of what was read, or null for a mistake.
 */
#include <cjson/cJSON.h>
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "host/manifest.h"

static const char *const number_keys[MANIFEST_NUMBERS] = {
    [MANIFEST_FAMILY] = "family",
    [MANIFEST_SOCKET_TYPE] = "socket_type",
    [MANIFEST_PROTOCOL_NUMBER] = "protocol_number",
    [MANIFEST_SERVICE_FLAGS] = "service_flags",
    [MANIFEST_VERSION] = "version",
    [MANIFEST_MAX_SOCKADDR] = "max_sockaddr",
    [MANIFEST_MIN_SOCKADDR] = "min_sockaddr",
    [MANIFEST_PROTOCOL_MAX_OFFSET] = "protocol_max_offset",
    [MANIFEST_BYTE_ORDER] = "byte_order",
    [MANIFEST_SECURITY_SCHEME] = "security_scheme",
    [MANIFEST_MESSAGE_SIZE] = "message_size",
    [MANIFEST_PROVIDER_FLAGS] = "provider_flags",
    [MANIFEST_SERVICE_FLAGS2] = "service_flags2",
    [MANIFEST_SERVICE_FLAGS3] = "service_flags3",
    [MANIFEST_SERVICE_FLAGS4] = "service_flags4",
};

static void add_hex(cJSON *object, const char *name, const unsigned char *bytes, unsigned length)
{
    char text[2 * MANIFEST_ADDRESS_MAX + 1] = "";

    for (unsigned i = 0; i < length; i++) {
        sprintf(text + 2 * i, "%02x", bytes[i]);
    }
    cJSON_AddStringToObject(object, name, text);
}

static void add_environment(cJSON *object, const struct manifest_environment *environment)
{
    cJSON *array = cJSON_AddArrayToObject(object, "environment");

    for (const char *at = environment->strings; *at != '\0'; at += strlen(at) + 1) {
        cJSON_AddItemToArray(array, cJSON_CreateString(at));
    }
}

static cJSON *entry_object(const struct manifest_entry *entry)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *numbers = cJSON_AddObjectToObject(object, "numbers");

    cJSON_AddStringToObject(object, "section", entry->section);
    cJSON_AddStringToObject(object, "protocol", entry->protocol);
    cJSON_AddStringToObject(object, "over", entry->over);
    cJSON_AddBoolToObject(object, "transparent", entry->transparent);
    cJSON_AddNumberToObject(object, "port", entry->address.port);
    add_hex(object, "address", entry->address.bytes, entry->address.length);
    add_environment(object, &entry->environment);
    for (int i = 0; i < MANIFEST_NUMBERS; i++) {
        if (entry->given[i]) {
            cJSON_AddNumberToObject(numbers, number_keys[i], entry->numbers[i]);
        }
    }
    return object;
}

static cJSON *manifest_object(const struct manifest *manifest)
{
    const struct manifest_guid *guid = &manifest->guid;
    cJSON *object = cJSON_CreateObject();
    cJSON *entries = cJSON_AddArrayToObject(object, "entries");
    char text[20];

    snprintf(text, sizeof text, "%08x%04x%04x", guid->data1, guid->data2, guid->data3);
    cJSON_AddStringToObject(object, "name", manifest->name);
    cJSON_AddStringToObject(object, "dll", manifest->dll);
    cJSON_AddStringToObject(object, "guid", text);
    add_hex(object, "guid_end", guid->data4, sizeof guid->data4);
    add_environment(object, &manifest->environment);
    for (size_t i = 0; i < manifest->count; i++) {
        cJSON_AddItemToArray(entries, entry_object(&manifest->entries[i]));
    }
    return object;
}

static void answer(const char *bytes, size_t size)
{
    struct manifest manifest;
    struct manifest_mistake mistake;

    if (manifest_parse(bytes, size, &manifest, &mistake)) {
        cJSON *object = manifest_object(&manifest);
        char *text = cJSON_PrintUnformatted(object);

        CHECK(text != NULL);
        puts(text);
        cJSON_free(text);
        cJSON_Delete(object);
        manifest_free(&manifest);
    } else {
        puts("null");
    }
    fflush(stdout);
}

int main(void)
{
    unsigned char head[4];

    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t size = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
        char *bytes = malloc(size + 1);

        CHECK(bytes != NULL && fread(bytes, 1, size, stdin) == size);
        /* Exactly as large as the manifest, so that the sanitizer sees a byte read behind it. */
        bytes = realloc(bytes, size > 0 ? size : 1);
        CHECK(bytes != NULL);
        answer(bytes, size);
        free(bytes);
    }
    return 0;
}
