"""Evaluate forests on interval numbers.

By bit vectors: a bit per leaf, and every node that sends a cell to the right clears the leaves on
its left; the lowest bit left is the cell's leaf. No step waits for the one before, so that a
processor handles many cells at once (Lucchese et al., *QuickScorer*, SIGIR 2015). Here a tree's
bits are taken byte by byte, each with the nodes that clear some of its leaves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from landshift.mapping.compiled.intervals import LANES, Intervals, find_limits
from landshift.mapping.compiled.loops import BITS, place_of_bit
from landshift.mapping.compiled.steps import find_leaves
from landshift.transfer.learners.trees import Trees

MAXIMUM_LEAVES = 2**16
"""Places of leaves fit into 16 bits."""

_ALL = 2**BITS - 1


@dataclass(frozen=True)
class BitForest:
    """Trees as conditions on intervals.

    Attributes
    ----------
    first
        First byte of leaves of every tree, and the end, shape ``(trees + 1,)``.
    ends
        First condition of every byte, and the end, shape ``(bytes + 1,)``.
    row, last, kept
        Conditions, see `landshift.mapping.compiled.loops.find_leaves`.
    value
        Values of the leaves, `BITS` a byte, each at its place.
    start
        What the sum starts from.
    """

    first: np.ndarray
    ends: np.ndarray
    row: np.ndarray
    last: np.ndarray
    kept: np.ndarray
    value: np.ndarray
    start: float

    def sum(self, intervals: np.ndarray) -> np.ndarray:
        """Sum the leaves over intervals of shape ``(blocks, factors, LANES)``."""
        total = np.full((len(intervals), LANES), self.start, self.value.dtype)
        arrays = (self.first, self.ends, self.row, self.last, self.kept, self.value)
        _sum_leaves(intervals.reshape(len(intervals), -1), *arrays, total)
        return total.ravel()


def list_limits(
    trees: Trees, prepare: Callable[[np.ndarray], np.ndarray], factors: int
) -> list[np.ndarray]:
    """Largest factor values that go left, for the distinct thresholds of every factor."""
    distinct = _distinct_thresholds(trees, factors)
    rows = max(map(len, distinct))
    thresholds = np.full((rows, factors), np.inf, np.float32)
    for factor, own in enumerate(distinct):
        thresholds[: len(own), factor] = own
    limits = find_limits(prepare, thresholds)
    return [limits[: len(own), factor] for factor, own in enumerate(distinct)]


def compile_forest(trees: Trees, limits: Sequence[np.ndarray], intervals: Intervals) -> BitForest:
    """Express the conditions of trees by intervals whose ends include their limits.

    Raises
    ------
    ValueError
        If a tree has more than `MAXIMUM_LEAVES` leaves.
    """
    inner = trees.left >= 0
    leaves = np.add.reduceat(~inner, trees.roots).max()
    if leaves > MAXIMUM_LEAVES:
        raise ValueError(f"a tree has {leaves} leaves, more than {MAXIMUM_LEAVES}")
    last = np.zeros(len(trees.factor), np.uint16)
    for factor, own in enumerate(_distinct_thresholds(trees, len(limits))):
        nodes = inner & (trees.factor == factor)
        numbers = np.searchsorted(intervals.of_factor(factor), limits[factor])
        last[nodes] = numbers[np.searchsorted(own, trees.threshold[nodes])]
    parts = [_compile_tree(trees, root) for root in trees.roots]
    conditions = [part for tree, _ in parts for part in tree]
    nodes = np.array([node for part in conditions for node, _ in part], np.int64)
    return BitForest(
        first=np.cumsum([0, *(len(tree) for tree, _ in parts)]),
        ends=np.cumsum([0, *map(len, conditions)]),
        row=trees.factor[nodes].astype(np.int64) * LANES,
        last=last[nodes],
        kept=np.array([bits for part in conditions for _, bits in part], np.uint8),
        value=np.concatenate([value for _, value in parts]),
        start=trees.start,
    )


def _distinct_thresholds(trees: Trees, factors: int) -> list[np.ndarray]:
    inner = trees.left >= 0
    return [np.unique(trees.threshold[inner & (trees.factor == j)]) for j in range(factors)]


def _compile_tree(trees: Trees, root: int) -> tuple[list[list[tuple[int, int]]], np.ndarray]:
    """Nodes of a tree with the bits each keeps, byte by byte, and the leaves' values."""
    nodes, leaves = [], []
    # inner nodes whose left side is under way, each with the leaves before it; no recursion, since
    # a tree may be deeper than Python's calls
    open_nodes = []
    node = root
    while True:
        while trees.left[node] >= 0:
            open_nodes.append((node, len(leaves)))
            node = trees.left[node]
        leaves.append(trees.value[node])
        if not open_nodes:
            break
        parent, before = open_nodes.pop()
        nodes.append((parent, before, len(leaves)))
        node = trees.right[parent]
    conditions = []
    value = np.zeros(-(-len(leaves) // BITS) * BITS, trees.value.dtype)
    for first in range(0, len(leaves), BITS):
        spans = [(node, max(a - first, 0), min(b - first, BITS)) for node, a, b in nodes]
        conditions.append([(n, _ALL - (1 << b) + (1 << a)) for n, a, b in spans if a < b])
    for number, own in enumerate(leaves):
        value[number // BITS * BITS + place_of_bit(number % BITS)] = own
    return conditions, value


@njit(nogil=True, cache=True)
def _sum_leaves(intervals, first, ends, row, last, kept, value, total):
    trees = len(first) - 1
    leaf = np.empty((trees, LANES), np.uint16)
    for block in range(len(intervals)):
        cells, sums = intervals[block], total[block]
        for tree in range(trees):
            find_leaves(cells, row, last, kept, ends, first[tree], first[tree + 1], leaf[tree])
        # four sums at a time: none waits for the one before
        for lane in range(0, LANES, 4):
            sum0, sum1, sum2, sum3 = sums[lane], sums[lane + 1], sums[lane + 2], sums[lane + 3]
            for tree in range(trees):
                own, values = leaf[tree, lane : lane + 4], value[first[tree] * BITS :]
                sum0 += values[own[0]]
                sum1 += values[own[1]]
                sum2 += values[own[2]]
                sum3 += values[own[3]]
            sums[lane], sums[lane + 1], sums[lane + 2], sums[lane + 3] = sum0, sum1, sum2, sum3
