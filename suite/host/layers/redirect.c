/* The import tables of a loaded image (PE format, "The .idata Section", "Delay-Load Import Tables"). */
#include "host/layers/redirect.h"
#include <string.h>
#include "host/layers/replacements.h"
#include "host/memory.h"

#define DELAY_BY_RVA 1u

/* IMAGE_DELAYLOAD_DESCRIPTOR under names of ours: not every header has it. */
struct delay_descriptor {
    DWORD attributes;
    DWORD dll_name;
    DWORD module_handle;
    DWORD addresses;
    DWORD names;
    DWORD bound_addresses;
    DWORD unload_addresses;
    DWORD stamp;
};

struct image {
    unsigned char *base;
    const IMAGE_NT_HEADERS *headers;
    enum host_origin origin;
    int redirected;
    BOOL failed;
};

/* A place in the image, or NULL where size bytes there are not all inside it. */
static void *at(const struct image *image, ULONG_PTR offset, size_t size)
{
    DWORD total = image->headers->OptionalHeader.SizeOfImage;

    return offset == 0 || offset > total || size > total - offset ? NULL : image->base + offset;
}

static BOOL open_image(struct image *image, HMODULE module)
{
    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)module;

    image->base = (unsigned char *)module;
    if (!memory_readable(dos, sizeof *dos) || dos->e_magic != IMAGE_DOS_SIGNATURE) {
        return FALSE;
    }
    image->headers = (const IMAGE_NT_HEADERS *)(image->base + dos->e_lfanew);
    return memory_readable(image->headers, sizeof *image->headers)
           && image->headers->Signature == IMAGE_NT_SIGNATURE
           && image->headers->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR_MAGIC;
}

static DWORD directory(const struct image *image, unsigned number)
{
    const IMAGE_OPTIONAL_HEADER *header = &image->headers->OptionalHeader;

    return number < header->NumberOfRvaAndSizes ? header->DataDirectory[number].VirtualAddress : 0;
}

static void patch(struct image *image, import_function *place, import_function ours)
{
    DWORD old;

    if (*place == ours) {
        return;
    }
    if (!VirtualProtect(place, sizeof *place, PAGE_READWRITE, &old)) {
        image->failed = TRUE;
        return;
    }
    *place = ours;
    VirtualProtect(place, sizeof *place, old, &old);
    image->redirected++;
}

/* The imported name of a thunk, or NULL where it is an ordinal or makes no sense. */
static const char *name_of(const struct image *image, ULONG_PTR thunk, ULONG_PTR bias)
{
    const IMAGE_IMPORT_BY_NAME *import;
    ULONG_PTR offset = thunk - bias;

    if (IMAGE_SNAP_BY_ORDINAL(thunk)) {
        return NULL;
    }
    import = at(image, offset, sizeof *import);
    if (import == NULL
        || memchr(import->Name, '\0',
                  image->headers->OptionalHeader.SizeOfImage - offset - offsetof(IMAGE_IMPORT_BY_NAME, Name))
               == NULL) {
        return NULL;
    }
    return (const char *)import->Name;
}

/*
 * The imports of one DLL: names and addresses, both offsets, run side by side and end with a zero. Where
 * there are no names (0), or no name for one, an address that is bound already tells; unbound, as in delayed
 * imports, it tells nothing. What a thunk of names holds is an offset too, once bias is taken off.
 */
static void redirect_imports(struct image *image, ULONG_PTR names, ULONG_PTR addresses, ULONG_PTR bias)
{
    for (;; addresses += sizeof(ULONG_PTR)) {
        import_function *place = at(image, addresses, sizeof *place);
        const ULONG_PTR *thunk = at(image, names == 0 ? addresses : names, sizeof *thunk);

        if (place == NULL || thunk == NULL || *thunk == 0) {
            return;
        }
        const char *name = names == 0 ? NULL : name_of(image, *thunk, bias);
        import_function ours = name != NULL ? replacement_by_name(name, image->origin)
                                            : replacement_by_address(*place, image->origin);

        if (ours != NULL) {
            patch(image, place, ours);
        }
        names += names == 0 ? 0 : sizeof(ULONG_PTR);
    }
}

static void redirect_normal(struct image *image)
{
    ULONG_PTR offset = directory(image, IMAGE_DIRECTORY_ENTRY_IMPORT);
    const IMAGE_IMPORT_DESCRIPTOR *import = at(image, offset, sizeof *import);

    while (import != NULL && import->FirstThunk != 0) {
        redirect_imports(image, import->OriginalFirstThunk, import->FirstThunk, 0);
        offset += sizeof *import;
        import = at(image, offset, sizeof *import);
    }
}

static void redirect_delayed(struct image *image)
{
    ULONG_PTR offset = directory(image, IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT);
    const struct delay_descriptor *import = at(image, offset, sizeof *import);

    while (import != NULL && import->addresses != 0) {
        /* Images of the last century hold addresses instead of offsets; the loader relocated them. */
        ULONG_PTR bias = import->attributes & DELAY_BY_RVA ? 0 : (ULONG_PTR)image->base;
        ULONG_PTR names = import->names == 0 ? 0 : import->names - bias;

        redirect_imports(image, names, import->addresses - bias, bias);
        offset += sizeof *import;
        import = at(image, offset, sizeof *import);
    }
}

int redirect_module(HMODULE module, enum host_origin origin)
{
    struct image image = {.origin = origin};

    replacements_begin();
    if (!open_image(&image, module)) {
        return -1;
    }
    redirect_normal(&image);
    redirect_delayed(&image);
    return image.failed ? -1 : image.redirected;
}
