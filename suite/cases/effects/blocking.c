/*
 * The calls never block, whatever SO_LINGER says. How long a call took is judged in every case, without a
 * word in its body; these cases bring about what could tempt a provider to wait.
 */
#include "cases/scenario.h"

static void nothing_else(struct pair p)
{
    (void)p;
}

static void long_linger(struct pair p)
{
    set_linger(p.near_end, 1, 30);
}

static void hard_linger(struct pair p)
{
    set_linger(p.near_end, 1, 0);
}

static void unsent_data(struct pair p)
{
    set_linger(p.near_end, 1, 30);
    fill_until_blocked(p.near_end);
}

static void nonblocking_with_unsent_data(struct pair p)
{
    unsent_data(p);
    make_nonblocking(p.near_end);
}

struct temptation {
    struct case_row row;
    void (*prepare)(struct pair);
};

static const struct temptation temptations[] = {
    {ROW("silent_peer"), nothing_else},
    {ROW("linger"), long_linger},
    {ROW("hard_linger"), hard_linger},
    {ROW("unsent_data"), unsent_data},
    {ROW("nonblocking"), nonblocking_with_unsent_data},
};

/* Call it with linger {1, 30 s}, with data that the peer does not read, with a peer that says nothing: it
 * returns at once. */
CASE(never_blocks, BOTH_CALLS, COVERS(SD_01, SD_17, RD_01, RD_18), NEEDS(STREAM), ROWS(temptations),
     EACH_SIDE)
{
    const struct temptation *temptation = this_row();
    struct pair p = connected_pair();

    temptation->prepare(p);
    expect_success(disconnect(p.near_end, NULL));
}

/* Send disconnect data with linger {1, 30 s} while the peer reads nothing: it returns at once. */
CASE(never_blocks_with_data, SEND_DISCONNECT, COVERS(SD_14, SD_17), NEEDS(STREAM | DISCONNECT_DATA))
{
    struct pair p = connected_pair();

    unsent_data(p);
    expect_success(disconnect(p.near_end, outbound(binary_data(TYPICAL_DATA), TYPICAL_DATA)));
}
