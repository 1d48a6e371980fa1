#include "engine/environment.h"

#include <winsock2.h>
#include <stdio.h>
#include <string.h>

#include "host/identity.h"
#include "host/system_library.h"

#if defined(_M_ARM64) || defined(__aarch64__)
#define ARCH "arm64"
#elif defined(_WIN64)
#define ARCH "x64"
#else
#define ARCH "x86"
#endif

typedef const char *(CDECL *wine_get_version_function)(void);
typedef void (CDECL *wine_get_host_version_function)(const char **system, const char **release);
typedef LONG (WINAPI *rtl_get_version_function)(OSVERSIONINFOEXW *version);

/*
 * A function pointer of another type: by way of void (*)(void), which the compilers take for a wanted cast.
 */
static any_function look_up(const char *name)
{
    return function_of(GetModuleHandleW(L"ntdll.dll"), name);
}

static void detect_windows(struct environment *e)
{
    rtl_get_version_function get = (rtl_get_version_function)look_up("RtlGetVersion");
    OSVERSIONINFOEXW v = {.dwOSVersionInfoSize = sizeof v};

    if (get != NULL) {
        get(&v);
    }
    snprintf(e->name, sizeof e->name, "windows-%lu-%s", (unsigned long)v.dwBuildNumber, ARCH);
    snprintf(e->os, sizeof e->os, "Windows %s%lu.%lu.%lu",
             v.wProductType == VER_NT_WORKSTATION ? "" : "Server ", (unsigned long)v.dwMajorVersion,
             (unsigned long)v.dwMinorVersion, (unsigned long)v.dwBuildNumber);
}

/* A 32-bit program finds the folder of the 64-bit system by another name, which nobody else sees. */
static void detect_kernel(struct environment *e)
{
    static const WCHAR *const folders[] = {L"Sysnative", L"System32"};
    WCHAR windows[MAX_PATH];
    WCHAR path[MAX_PATH + 32];
    char version[64] = "";
    UINT length = GetSystemWindowsDirectoryW(windows, MAX_PATH);

    for (size_t i = 0; length > 0 && length < MAX_PATH && version[0] == '\0' && i < 2; i++) {
        swprintf(path, sizeof path / sizeof path[0], L"%ls\\%ls\\ntoskrnl.exe", windows, folders[i]);
        file_version(path, version, sizeof version);
    }
    snprintf(e->kernel, sizeof e->kernel, "%s%s", version[0] == '\0' ? "" : "ntoskrnl ", version);
}

static void detect_wine(struct environment *e, const char *version)
{
    wine_get_host_version_function get = (wine_get_host_version_function)look_up("wine_get_host_version");
    char claimed[ENVIRONMENT_BYTES];
    const char *system = "an unknown system";
    const char *release = "";

    if (get != NULL) {
        get(&system, &release);
    }
    snprintf(claimed, sizeof claimed, "%s", e->os);
    snprintf(e->wine, sizeof e->wine, "%s", version);
    snprintf(e->name, sizeof e->name, "wine-%.100s-%s", version, ARCH);
    /* What follows the version names a build or a machine. */
    snprintf(e->kernel, sizeof e->kernel, "%.40s %.*s", system, (int)strcspn(release, "-+ "), release);
    snprintf(e->os, sizeof e->os, "%.40s, Wine as %.60s", system, claimed);
}

void environment_detect(struct environment *e)
{
    wine_get_version_function wine_version = (wine_get_version_function)look_up("wine_get_version");

    e->wine[0] = '\0';
    e->arch = ARCH;
    detect_windows(e);
    if (wine_version != NULL) {
        detect_wine(e, wine_version());
    } else {
        detect_kernel(e);
    }
}
