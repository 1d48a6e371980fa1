/*
 * bcrypt.dll and version.dll are loaded when they are first needed, not with the program: a worker that is
 * started a second time for the same file needs neither, and they are a good part of what a process start
 * costs.
 */
#include "host/identity.h"
#include <bcrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include "host/system_library.h"
#include "host/text.h"

#define CHUNK 65536

typedef NTSTATUS(WINAPI *open_function)(BCRYPT_ALG_HANDLE *, LPCWSTR, LPCWSTR, ULONG);
typedef NTSTATUS(WINAPI *create_function)(BCRYPT_ALG_HANDLE, BCRYPT_HASH_HANDLE *, PUCHAR, ULONG, PUCHAR,
                                          ULONG, ULONG);
typedef NTSTATUS(WINAPI *data_function)(BCRYPT_HASH_HANDLE, PUCHAR, ULONG, ULONG);
typedef NTSTATUS(WINAPI *destroy_function)(BCRYPT_HASH_HANDLE);
typedef NTSTATUS(WINAPI *close_function)(BCRYPT_ALG_HANDLE, ULONG);

/* The functions of bcrypt.dll that are used here. */
struct hashing {
    open_function open;
    create_function create;
    data_function add;
    data_function finish;
    destroy_function destroy;
    close_function close;
};

static bool find_hashing(struct hashing *h)
{
    HMODULE module = system_library(L"bcrypt.dll");

    h->open = (open_function)function_of(module, "BCryptOpenAlgorithmProvider");
    h->create = (create_function)function_of(module, "BCryptCreateHash");
    h->add = (data_function)function_of(module, "BCryptHashData");
    h->finish = (data_function)function_of(module, "BCryptFinishHash");
    h->destroy = (destroy_function)function_of(module, "BCryptDestroyHash");
    h->close = (close_function)function_of(module, "BCryptCloseAlgorithmProvider");
    return h->open != NULL && h->create != NULL && h->add != NULL && h->finish != NULL && h->destroy != NULL
           && h->close != NULL;
}

static bool hash_file(const struct hashing *h, BCRYPT_HASH_HANDLE hash, HANDLE file)
{
    UCHAR *chunk = malloc(CHUNK);
    DWORD count = 0;
    bool good = chunk != NULL;

    do {
        good = good && ReadFile(file, chunk, CHUNK, &count, NULL) && h->add(hash, chunk, count, 0) >= 0;
    } while (good && count > 0);
    free(chunk);
    return good;
}

static bool hash_into(const struct hashing *h, HANDLE file, UCHAR digest[32])
{
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE hash;
    bool good = false;

    if (h->open(&algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0) < 0) {
        return false;
    }
    if (h->create(algorithm, &hash, NULL, 0, NULL, 0, 0) >= 0) {
        good = hash_file(h, hash, file) && h->finish(hash, digest, 32, 0) >= 0;
        h->destroy(hash);
    }
    h->close(algorithm, 0);
    return good;
}

bool file_sha256(const WCHAR *path, char hex[SHA256_HEX_BYTES])
{
    struct hashing hashing;
    UCHAR digest[32];
    struct text text;
    HANDLE file;
    bool good;

    hex[0] = '\0';
    if (!find_hashing(&hashing)) {
        return false;
    }
    file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        return false;
    }
    good = hash_into(&hashing, file, digest);
    CloseHandle(file);
    if (good) {
        text_begin(&text, hex, SHA256_HEX_BYTES);
        text_add_bytes(&text, digest, sizeof digest);
    }
    return good;
}

static bool version_from(const void *block, char *out, size_t size)
{
    typedef BOOL(WINAPI *query_function)(LPCVOID, LPCWSTR, LPVOID *, PUINT);
    query_function query = (query_function)function_of(system_library(L"version.dll"), "VerQueryValueW");
    VS_FIXEDFILEINFO *info;
    UINT length;

    if (query == NULL || !query(block, L"\\", (void **)&info, &length) || length < sizeof *info) {
        return false;
    }
    snprintf(out, size, "%u.%u.%u.%u", HIWORD(info->dwFileVersionMS), LOWORD(info->dwFileVersionMS),
             HIWORD(info->dwFileVersionLS), LOWORD(info->dwFileVersionLS));
    return true;
}

bool file_version(const WCHAR *path, char *out, size_t size)
{
    typedef DWORD(WINAPI *size_function)(LPCWSTR, LPDWORD);
    typedef BOOL(WINAPI *info_function)(LPCWSTR, DWORD, DWORD, LPVOID);
    HMODULE module = system_library(L"version.dll");
    size_function get_size = (size_function)function_of(module, "GetFileVersionInfoSizeW");
    info_function get_info = (info_function)function_of(module, "GetFileVersionInfoW");
    DWORD ignored;
    DWORD bytes = get_size == NULL ? 0 : get_size(path, &ignored);
    void *block = bytes == 0 ? NULL : malloc(bytes);
    bool good = block != NULL && get_info != NULL && get_info(path, 0, bytes, block)
                && version_from(block, out, size);

    if (!good) {
        out[0] = '\0';
    }
    free(block);
    return good;
}
