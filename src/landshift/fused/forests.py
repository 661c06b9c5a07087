"""Evaluate forests on interval numbers.

Trees of up to 64 leaves by bit vectors: a bit per leaf, and every node that sends a cell to the
right clears the leaves on its left; the lowest bit left is the cell's leaf. No step waits for the
one before, so that a processor handles many cells at once (Lucchese et al., *QuickScorer*, SIGIR
2015; here tree by tree). Larger trees are walked from the root.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from landshift.fused.intervals import LANES, Intervals, find_limits
from landshift.trees import Trees

_UNROLLED = 4
_MAXIMUM_BITS = 64

# By the bytes of a bit vector: (bit * multiplier mod 2^64) >> shift differs for every single bit
# (de Bruijn sequences).
_HASHES = {1: (0x1D << 56, 61), 8: (0x03F79D71B4CB0A89, 58)}


@dataclass(frozen=True)
class BitForest:
    """Trees of few leaves; node arrays are padded per tree to a multiple of four.

    Attributes
    ----------
    first
        First node of every tree, and the end, shape ``(trees + 1,)``.
    factor, last
        A cell goes right where its interval of this factor comes after this one.
    kept
        Leaves that are left when it does, uint8 or uint64.
    value
        Value of every leaf, in the order of the hash of its bit, shape ``(trees, bits)``.
    start
        What the sum starts from.
    """

    first: np.ndarray
    factor: np.ndarray
    last: np.ndarray
    kept: np.ndarray
    value: np.ndarray
    start: float

    def sum(self, intervals: np.ndarray) -> np.ndarray:
        """Sum the leaves over intervals of shape ``(blocks, factors, LANES)``."""
        total = np.full((len(intervals), LANES), self.start, self.value.dtype)
        multiplier, shift = _HASHES[self.kept.dtype.itemsize]
        arrays = (self.first, self.factor, self.last, self.kept, self.value)
        _sum_bits(intervals, *arrays, np.uint64(multiplier), np.uint64(shift), total)
        return total.ravel()


@dataclass(frozen=True)
class WalkedForest:
    """Trees of any size.

    Attributes
    ----------
    trees
        Their nodes; the thresholds do not count.
    last
        A cell goes left where its interval of the node's factor does not come after this one.
    """

    trees: Trees
    last: np.ndarray

    def sum(self, intervals: np.ndarray) -> np.ndarray:
        """Sum the leaves over intervals of shape ``(blocks, factors, LANES)``."""
        trees = self.trees
        total = np.full((len(intervals), LANES), trees.start, trees.value.dtype)
        arrays = (trees.roots, trees.factor, self.last, trees.left, trees.right, trees.value)
        _sum_walked(intervals, *arrays, total)
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


def compile_forest(
    trees: Trees, limits: Sequence[np.ndarray], intervals: Intervals
) -> BitForest | WalkedForest:
    """Express the conditions of trees by intervals whose ends include their limits."""
    last = np.zeros(len(trees.factor), np.uint16)
    inner = trees.left >= 0
    for factor, own in enumerate(_distinct_thresholds(trees, len(limits))):
        nodes = inner & (trees.factor == factor)
        numbers = np.searchsorted(intervals.of_factor(factor), limits[factor])
        last[nodes] = numbers[np.searchsorted(own, trees.threshold[nodes])]
    leaves = np.add.reduceat(~inner, trees.roots) if len(trees.roots) else np.zeros(1)
    if leaves.max() > _MAXIMUM_BITS:
        return WalkedForest(trees, last)
    dtype = np.dtype(np.uint8 if leaves.max() <= 8 else np.uint64)
    compiled = [_compile_tree(trees, root, dtype) for root in trees.roots]
    nodes, kept, value = zip(*compiled, strict=True)
    padded = [len(own) for own in kept]
    chosen = np.concatenate(nodes)
    return BitForest(
        first=np.cumsum([0, *padded]),
        factor=trees.factor[chosen],
        last=last[chosen],
        kept=np.concatenate(kept),
        value=np.array(value, trees.value.dtype),
        start=trees.start,
    )


def _distinct_thresholds(trees: Trees, factors: int) -> list[np.ndarray]:
    inner = trees.left >= 0
    return [np.unique(trees.threshold[inner & (trees.factor == j)]) for j in range(factors)]


def _compile_tree(trees: Trees, root: int, dtype: np.dtype):
    """Inner nodes of a tree, the leaves each keeps, and the leaves' values by hash."""
    bits = 8 * dtype.itemsize
    multiplier, shift = _HASHES[dtype.itemsize]
    value = np.zeros(bits, trees.value.dtype)
    nodes, kept = [], []
    leaves = 0

    def visit(node: int) -> None:
        nonlocal leaves
        if trees.left[node] < 0:
            value[((1 << leaves) * multiplier % 2**64) >> shift] = trees.value[node]
            leaves += 1
            return
        before = leaves
        visit(trees.left[node])
        cleared = (1 << leaves) - (1 << before)
        nodes.append(node)
        kept.append(2**bits - 1 - cleared)
        visit(trees.right[node])

    visit(root)
    # nodes that keep all leaves, up to a whole number of steps
    missing = -len(nodes) % _UNROLLED
    nodes += [root] * missing
    kept += [2**bits - 1] * missing
    return np.array(nodes, np.int64), np.array(kept, dtype), value


@njit(nogil=True, cache=True)
def _sum_bits(intervals, first, factor, last, kept, value, multiplier, shift, total):
    one = np.uint64(1)
    left = np.empty(LANES, kept.dtype)
    everything = ~kept.dtype.type(0)
    for block in range(len(intervals)):
        cells, sums = intervals[block], total[block]
        for tree in range(len(value)):
            left[:] = everything
            for node in range(first[tree], first[tree + 1], _UNROLLED):
                own0, last0, kept0 = cells[factor[node]], last[node], kept[node]
                own1, last1, kept1 = cells[factor[node + 1]], last[node + 1], kept[node + 1]
                own2, last2, kept2 = cells[factor[node + 2]], last[node + 2], kept[node + 2]
                own3, last3, kept3 = cells[factor[node + 3]], last[node + 3], kept[node + 3]
                for lane in range(LANES):
                    still = left[lane]
                    still &= kept0 if own0[lane] > last0 else everything
                    still &= kept1 if own1[lane] > last1 else everything
                    still &= kept2 if own2[lane] > last2 else everything
                    still &= kept3 if own3[lane] > last3 else everything
                    left[lane] = still
            leaves = value[tree]
            for lane in range(LANES):
                still = np.uint64(left[lane])
                lowest = still & (~still + one)
                sums[lane] += leaves[(lowest * multiplier) >> shift]


@njit(nogil=True, cache=True)
def _sum_walked(intervals, roots, factor, last, left, right, value, total):
    # trees outside, cells inside: one tree stays in the cache while all cells pass
    for root in roots:
        for block in range(len(intervals)):
            for lane in range(LANES):
                node = root
                while left[node] >= 0:
                    after = intervals[block, factor[node], lane] > last[node]
                    node = right[node] if after else left[node]
                total[block, lane] += value[node]
