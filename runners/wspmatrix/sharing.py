"""How the items of a pytest session are cut into batches, the same in every process of pytest-xdist."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from math import ceil
from typing import Any

BATCHES_A_WORKER = 3
SMALLEST_BATCH = 20
"""Below that the start of a process and of the provider costs more than sharing gains."""
LARGEST_BATCH = 300
"""Cases on one command line: Windows ends it at 32,767 characters."""


def entry_of(nodeid: str) -> str:
    """FILE::ENTRY of FILE::ENTRY::CASE."""
    return nodeid.rpartition("::")[0]


def batches(nodeids: Iterable[str], workers: int) -> dict[str, tuple[str, int]]:
    """The batch of each item, none of two entries: whole entries for one worker, smaller ones for several."""
    nodeids = list(nodeids)
    size = LARGEST_BATCH
    if workers > 1:
        size = min(size, max(SMALLEST_BATCH, ceil(len(nodeids) / (workers * BATCHES_A_WORKER))))
    return {nodeid: (entry, number // size) for entry, group in groupby(nodeids, entry_of)
            for number, nodeid in enumerate(group)}


def scheduler(config: Any, log: Any, is_ours: Callable[[str], bool]) -> Any:
    """A scheduler for pytest-xdist that hands out batches whole; every other test is a batch of its own."""
    from xdist.scheduler import LoadScopeScheduling

    class BatchScheduling(LoadScopeScheduling):  # type: ignore[misc]
        _batches: dict[str, tuple[str, int]] | None = None

        def _split_scope(self, nodeid: str) -> str:
            if self._batches is None:
                self._batches = batches(filter(is_ours, self.collection), self.numnodes)
            entry, number = self._batches.get(nodeid, (nodeid, 0))
            return f"{entry}\0{number}"

    return BatchScheduling(config, log)
