#include "engine/random.h"

/* SplitMix64: each state has its own successor, so every seed is as good as another, 0 included. */
uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

void random_shuffle(size_t *items, size_t count, uint64_t *state)
{
    for (size_t left = count; left > 1; left--) {
        size_t chosen = (size_t)(random_next(state) % left);
        size_t item = items[chosen];

        items[chosen] = items[left - 1];
        items[left - 1] = item;
    }
}
