#include "host/signature.h"
#include <wintrust.h>
#include <softpub.h>
#include <stdio.h>
#include "host/pe_file.h"
#include "host/system_library.h"

#define NAME_MAX_CHARS 128

typedef LONG(WINAPI *verify_function)(HWND, GUID *, LPVOID);
typedef CRYPT_PROVIDER_DATA *(WINAPI *state_function)(HANDLE);
typedef CRYPT_PROVIDER_SGNR *(WINAPI *signer_function)(CRYPT_PROVIDER_DATA *, DWORD, BOOL, DWORD);
typedef DWORD(WINAPI *name_function)(PCCERT_CONTEXT, DWORD, DWORD, void *, LPWSTR, DWORD);

/* The name in the certificate of the first signer, "an unknown signer" if it can't be told. */
static void name_signer(HANDLE state, char *out, size_t size)
{
    HMODULE trust = system_library(L"wintrust.dll");
    state_function data_of = (state_function)function_of(trust, "WTHelperProvDataFromStateData");
    signer_function signer_of = (signer_function)function_of(trust, "WTHelperGetProvSignerFromChain");
    name_function name_of = (name_function)function_of(system_library(L"crypt32.dll"), "CertGetNameStringW");
    CRYPT_PROVIDER_DATA *data = data_of != NULL && state != NULL ? data_of(state) : NULL;
    CRYPT_PROVIDER_SGNR *signer = data != NULL && signer_of != NULL ? signer_of(data, 0, FALSE, 0) : NULL;
    WCHAR name[NAME_MAX_CHARS];

    if (signer == NULL || name_of == NULL || signer->csCertChain == 0
        || name_of(signer->pasCertChain[0].pCert, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, NULL, name,
                   NAME_MAX_CHARS) <= 1
        || WideCharToMultiByte(CP_UTF8, 0, name, -1, out, (int)size, NULL, NULL) == 0) {
        snprintf(out, size, "an unknown signer");
    }
}

static void judge_signature(const WCHAR *path, char *out, size_t size)
{
    verify_function verify = (verify_function)function_of(system_library(L"wintrust.dll"), "WinVerifyTrust");
    GUID action = WINTRUST_ACTION_GENERIC_VERIFY_V2;
    WINTRUST_FILE_INFO file = {.cbStruct = sizeof file, .pcwszFilePath = path};
    WINTRUST_DATA data = {.cbStruct = sizeof data,
                          .dwUIChoice = WTD_UI_NONE,
                          .fdwRevocationChecks = WTD_REVOKE_NONE,
                          .dwUnionChoice = WTD_CHOICE_FILE,
                          .dwStateAction = WTD_STATEACTION_VERIFY,
                          .dwProvFlags = WTD_CACHE_ONLY_URL_RETRIEVAL};
    char signer[3 * NAME_MAX_CHARS];
    LONG status;

    if (verify == NULL) {
        snprintf(out, size, "there is one; this system has nothing to check it with");
        return;
    }
    data.pFile = &file;
    status = verify((HWND)INVALID_HANDLE_VALUE, &action, &data);
    name_signer(data.hWVTStateData, signer, sizeof signer);
    if (status == 0) {
        snprintf(out, size, "%s, trusted", signer);
    } else {
        snprintf(out, size, "%s, not trusted (0x%08lx)", signer, (unsigned long)status);
    }
    data.dwStateAction = WTD_STATEACTION_CLOSE;
    verify((HWND)INVALID_HANDLE_VALUE, &action, &data);
}

bool file_signature(const WCHAR *path, char *out, size_t size)
{
    long long bytes = pe_file_certificates(path);

    out[0] = '\0';
    if (bytes > 0) {
        judge_signature(path, out, size);
    } else if (bytes == 0) {
        snprintf(out, size, "none");
    }
    return bytes >= 0;
}
