"""Decision trees of any learner, in one form that compiled code can evaluate."""

from dataclasses import dataclass

import numpy as np
from numba import njit

DEEPEST = 1000
"""Steps from the root of a tree to a leaf; 20 of 20,000 samples per leaf allow no more."""

LARGEST_VALUE = 1e6
"""What a leaf may add [logit]; no learner comes near it, and no sum overflows."""


@dataclass(frozen=True)
class Trees:
    """Binary trees whose leaves are summed, in flat arrays of shape ``(nodes,)``.

    Attributes
    ----------
    roots
        First node of every tree; the nodes of a tree follow it.
    factor, threshold
        A cell goes left where its float32 value of this factor is <= the float32 threshold.
    left, right
        Children as node numbers, -1 at a leaf.
    value
        What a leaf adds. Its type is the one the learner adds up in, float32 or float64.
    start
        What the sum starts from.
    """

    roots: np.ndarray
    factor: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    start: float = 0.0


def sum_leaves(trees: Trees, values: np.ndarray) -> np.ndarray:
    """Sum the leaves that cells end in, tree after tree, in the type of the leaves.

    Parameters
    ----------
    trees
        Those of a fitted model.
    values
        Factor values, shape ``(cells, factors)``; compared as float32.
    """
    total = np.full(len(values), trees.start, trees.value.dtype)
    arrays = (trees.roots, trees.factor, trees.threshold, trees.left, trees.right, trees.value)
    _add_leaves(np.ascontiguousarray(values, np.float32), *arrays, total)
    return total


@njit(nogil=True, cache=True)
def _add_leaves(values, roots, factor, threshold, left, right, value, total):
    # trees outside, cells inside: one tree stays in the cache while all cells pass
    for root in roots:
        for cell in range(len(values)):
            node = root
            while left[node] >= 0:
                node = left[node] if values[cell, factor[node]] <= threshold[node] else right[node]
            total[cell] += value[node]


def round_down(threshold: np.ndarray) -> np.ndarray:
    """Round thresholds down to float32: for a float32 value the comparison stays the same."""
    nearest = threshold.astype(np.float32)
    return np.where(nearest > threshold, np.nextafter(nearest, np.float32(-np.inf)), nearest)


def renumber_children(children: list[np.ndarray], roots: np.ndarray) -> np.ndarray:
    """Join the child numbers of single trees, each from 0, into numbers among all nodes."""
    shifted = [np.where(c < 0, -1, c + r) for c, r in zip(children, roots, strict=True)]
    return np.concatenate(shifted).astype(np.int32)


def first_nodes(sizes: list[int]) -> np.ndarray:
    """First node of every tree, from the number of nodes of each."""
    return np.cumsum([0, *sizes[:-1]]).astype(np.int32)


def check_trees(trees: Trees, factors: int) -> None:
    """Check that walking the trees ends, and reads nothing but their nodes and the factors.

    Raises
    ------
    ValueError
        If it would not.
    """
    if not (_are_whole(trees) and _are_trees(trees) and _are_shallow(trees)):
        raise ValueError("its trees lead to nodes or factors that it does not have")
    used = trees.factor[trees.left >= 0]
    if not ((used >= 0) & (used < factors)).all():
        raise ValueError("its trees lead to nodes or factors that it does not have")
    if not (np.abs([trees.start, *trees.value]) <= LARGEST_VALUE).all():
        raise ValueError(f"its leaves add more than {LARGEST_VALUE:g}")


def _are_whole(trees: Trees) -> bool:
    """Test that all arrays have an entry per node, and that tree follows tree from the first."""
    numbers = (trees.factor, trees.left, trees.right)
    parts = (*numbers, trees.threshold, trees.value)
    roots = trees.roots
    return (
        all(part.ndim == 1 and part.shape == trees.value.shape for part in parts)
        and all(part.dtype == np.int32 for part in (roots, *numbers))
        and trees.threshold.dtype == np.float32
        and trees.value.dtype in (np.float32, np.float64)
        and roots.ndim == 1
        and roots.size > 0
        and roots[0] == 0
        and roots[-1] < len(trees.value)
        and bool((np.diff(roots) > 0).all())
    )


def _are_trees(trees: Trees) -> bool:
    """Test that every node but the roots is the child of one node before it in its tree."""
    count = len(trees.value)
    inner = np.flatnonzero(trees.left != -1)
    if not np.array_equal(inner, np.flatnonzero(trees.right != -1)):
        return False
    children = np.concatenate([trees.left[inner], trees.right[inner]])
    parents = np.tile(inner, 2)
    if not ((children > parents) & (children < count)).all():
        return False
    expected = np.ones(count, int)
    expected[trees.roots] = 0
    own = np.searchsorted(trees.roots, np.arange(count), side="right")
    return np.array_equal(np.bincount(children, minlength=count), expected) and np.array_equal(
        own[children], own[parents]
    )


def _are_shallow(trees: Trees) -> bool:
    level, depth = trees.roots, 0
    while level.size and depth <= DEEPEST:
        inner = level[trees.left[level] >= 0]
        level, depth = np.concatenate([trees.left[inner], trees.right[inner]]), depth + 1
    return depth <= DEEPEST
