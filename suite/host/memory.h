/*
 * Guarded memory: buffers whose neighbours fault, so that one byte too many is seen.
 *
 * All of it belongs to the case: guard_release_all ends it.
 */
#ifndef WSPCHECK_HOST_MEMORY_H
#define WSPCHECK_HOST_MEMORY_H

#include <winsock2.h>
#include <stdbool.h>
#include <stddef.h>

enum guard_side {
    GUARD_AFTER,   /* the byte after the last one faults; those before the first one are a pattern, checked */
    GUARD_BEFORE   /* the byte before the first one faults; those after the last one are a pattern, checked */
};

/* size bytes, readable and writable, filled with 0xCC. NULL only without memory (the suite's own fault). */
void *guard_alloc(size_t size, enum guard_side side);

/* The same with a copy of bytes in it and then made read-only. */
void *guard_read_only(const void *bytes, size_t size, enum guard_side side);

/* The address of a page that no one may read or write. */
void *guard_no_access(void);

/* size bytes of which only the first `valid` lie on accessible memory (filled from bytes if not NULL). */
void *guard_straddling(const void *bytes, size_t size, size_t valid);

/*
 * The pages around p (from guard_alloc...) can be read and written again or made read-only: for WSABUFs set
 * up first.
 */
bool guard_protect(void *p, DWORD protection);

/* True while every pattern around every guarded buffer is as it was; otherwise notes a breach of PV-11. */
bool guard_check_all(void);

/* Take a checksum of size bytes at p now; guard_check_all then also notes a breach if they changed. */
void guard_watch(const void *p, size_t size);

/* Give all of it back. */
void guard_release_all(void);

/* Where an access that faulted at p met guarded memory. */
enum guard_hit {
    GUARD_NOT_HIT,    /* elsewhere, or on memory that was bad when it was given */
    GUARD_BESIDE,     /* before or behind a buffer that was good */
    GUARD_READ_ONLY   /* in a buffer that is read-only */
};
enum guard_hit guard_hit(const void *p);

/*
 * What to write for p in the trace: "no-access page", "read-only page", "straddling page"; NULL where p is no
 * guarded memory, or guarded memory that can be read and written.
 */
const char *guard_describe(const void *p);

/*
 * Can size bytes at p be read (or written) now? By VirtualQuery, without touching them: the trace asks before
 * it prints a WSABUF.
 */
bool memory_readable(const void *p, size_t size);
bool memory_writable(const void *p, size_t size);

/* How many of size bytes from p on can be read. */
size_t memory_readable_prefix(const void *p, size_t size);

/* HeapValidate over all heaps of the process. */
bool heaps_valid(void);

#endif
