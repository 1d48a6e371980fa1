/* A small generator whose numbers are the same on every system: the order of --shuffle. */
#ifndef WSPCHECK_ENGINE_RANDOM_H
#define WSPCHECK_ENGINE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* The next number of the sequence that *state stands in. */
uint64_t random_next(uint64_t *state);

/* Bring the items in an order that the state decides. */
void random_shuffle(size_t *items, size_t count, uint64_t *state);

#endif
