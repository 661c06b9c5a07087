"""Decision trees of any learner, in one form that compiled code can evaluate."""

from dataclasses import dataclass

import numpy as np
from numba import njit


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
    nodes = np.arange(len(trees.value))
    sides = (trees.left, trees.right)
    inner = trees.left != -1
    whole = all(part.shape == nodes.shape for part in (trees.factor, trees.threshold, *sides))
    if not (
        whole
        and all(part.dtype.kind == "i" for part in (trees.roots, trees.factor, *sides))
        and np.array_equal(inner, trees.right != -1)
        # children come after their parent, so that no way leads back
        and all((nodes[inner] < side[inner]).all() for side in sides)
        and all((side < len(nodes)).all() for side in sides)
        and np.isin(trees.roots, nodes).all()
        and np.isin(trees.factor[inner], np.arange(factors)).all()
        and np.isfinite(trees.threshold[inner]).all()
        and np.isfinite(trees.value).all()
    ):
        raise ValueError("its trees lead to nodes, factors or numbers that it does not have")
