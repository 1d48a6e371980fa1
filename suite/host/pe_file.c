#include "host/pe_file.h"
#include <stdio.h>
#include <string.h>

#if defined(_M_X64) || defined(__x86_64__)
#define OWN_MACHINE IMAGE_FILE_MACHINE_AMD64
#elif defined(_M_IX86) || defined(__i386__)
#define OWN_MACHINE IMAGE_FILE_MACHINE_I386
#else
#define OWN_MACHINE 0xaa64
#endif

static const char *machine_name(WORD machine)
{
    switch (machine) {
    case IMAGE_FILE_MACHINE_I386:
        return "x86";
    case IMAGE_FILE_MACHINE_AMD64:
        return "x64";
    case 0xaa64: /* IMAGE_FILE_MACHINE_ARM64, which older headers lack */
        return "arm64";
    default:
        return "another machine's";
    }
}

/* Reads the two headers; false where the file does not begin as a program file does. */
static BOOL read_header(HANDLE file, IMAGE_FILE_HEADER *header)
{
    IMAGE_DOS_HEADER dos;
    DWORD signature;
    DWORD read;

    return ReadFile(file, &dos, sizeof dos, &read, NULL) && read == sizeof dos
           && dos.e_magic == IMAGE_DOS_SIGNATURE && dos.e_lfanew > 0
           && SetFilePointer(file, dos.e_lfanew, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER
           && ReadFile(file, &signature, sizeof signature, &read, NULL) && read == sizeof signature
           && signature == IMAGE_NT_SIGNATURE && ReadFile(file, header, sizeof *header, &read, NULL)
           && read == sizeof *header;
}

/* The place of the certificates is told in the optional header, of which there are two forms. */
static BOOL read_certificate_entry(HANDLE file, IMAGE_DATA_DIRECTORY *entry)
{
    union {
        WORD magic;
        IMAGE_OPTIONAL_HEADER32 narrow;
        IMAGE_OPTIONAL_HEADER64 wide;
    } header;
    IMAGE_FILE_HEADER before;
    DWORD read;

    memset(&header, 0, sizeof header);
    if (!read_header(file, &before) || !ReadFile(file, &header, sizeof header, &read, NULL)
        || read < sizeof header.magic) {
        return FALSE;
    }
    memset(entry, 0, sizeof *entry);
    if (header.magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC
        && header.wide.NumberOfRvaAndSizes > IMAGE_DIRECTORY_ENTRY_SECURITY) {
        *entry = header.wide.DataDirectory[IMAGE_DIRECTORY_ENTRY_SECURITY];
    } else if (header.magic == IMAGE_NT_OPTIONAL_HDR32_MAGIC
               && header.narrow.NumberOfRvaAndSizes > IMAGE_DIRECTORY_ENTRY_SECURITY) {
        *entry = header.narrow.DataDirectory[IMAGE_DIRECTORY_ENTRY_SECURITY];
    }
    return TRUE;
}

static HANDLE open_file(const WCHAR *path)
{
    return CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
}

long long pe_file_certificates(const WCHAR *path)
{
    HANDLE file = open_file(path);
    IMAGE_DATA_DIRECTORY entry;
    BOOL known;

    if (file == INVALID_HANDLE_VALUE) {
        return -1;
    }
    known = read_certificate_entry(file, &entry);
    CloseHandle(file);
    return known ? (long long)entry.Size : -1;
}

void pe_file_describe(const WCHAR *path, char *out, size_t size)
{
    HANDLE file = open_file(path);
    IMAGE_FILE_HEADER header;

    if (file == INVALID_HANDLE_VALUE) {
        snprintf(out, size, "the file cannot be opened");
        return;
    }
    if (!read_header(file, &header)) {
        snprintf(out, size, "it is no Windows program file");
    } else if (header.Machine != OWN_MACHINE) {
        snprintf(out, size, "it is an %s file, this is the %s wspcheck", machine_name(header.Machine),
                 machine_name(OWN_MACHINE));
    } else if ((header.Characteristics & IMAGE_FILE_DLL) == 0) {
        snprintf(out, size, "it is a program, not a DLL");
    } else {
        snprintf(out, size, "it, or a DLL that it needs, is damaged or of another machine");
    }
    CloseHandle(file);
}
