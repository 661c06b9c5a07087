"""The terms of the kernel that compare one factor each, tabulated at nodes.

What stage 2 needs of a term is a smooth function of one normal score, or a function of a class.
Cubic interpolation between the nodes of a table that stays in a core's cache takes less time than
to wait for the one right row of a table by interval, and with a step of 6 / 256 it is off by less
than 3e-8 of a term: ``9/16 h^4 / 4! max|d^4 exp(-z^2/2) / dz^4|``. A class is a node, where the
interpolation is exact. What is linear in the kernel is tabulated in double precision. For the
quadratic form a term is written in a basis of a few functions, in single precision.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from landshift.fused.functionals import Functionals
from landshift.fused.intervals import LANES
from landshift.fused.products import pad_matrix
from landshift.preparation import NORMAL_SCORE_LIMIT

BASIS_TOLERANCE = 5e-6
"""Singular values that the basis leaves out, of 121 normal scores as the quadratic form sees them.

What a cell leaves out is then about 1e-7, the precision of the numbers themselves.
"""

COLUMNS_STEP = 4
"""Columns of tables are padded by zeros to a multiple of this."""

_GRID = np.linspace(-NORMAL_SCORE_LIMIT, NORMAL_SCORE_LIMIT, 121)
_STEPS = 256
_NODES_BEFORE, _NODES_AFTER = 1, 2


@dataclass(frozen=True)
class Term:
    """What one factor adds to the kernel.

    Attributes
    ----------
    factor
        Its column among the intervals.
    compare
        Takes prepared values of a cell, shape ``(cells,)``, and returns the term of the kernel
        between these cells and the labels, shape ``(cells, labels)``.
    labels
        Prepared values of the labels.
    classes
        The prepared value of every interval of a class factor; None for a measured one.
    """

    factor: int
    compare: Callable[[np.ndarray], np.ndarray]
    labels: np.ndarray
    classes: np.ndarray | None = None

    @property
    def nodes(self) -> np.ndarray:
        """Prepared values at the nodes."""
        if self.classes is not None:
            # what lies beside the classes counts nothing
            return np.pad(self.classes, (_NODES_BEFORE, _NODES_AFTER), mode="edge")
        numbers = np.arange(-_NODES_BEFORE, _STEPS + _NODES_AFTER)
        return NORMAL_SCORE_LIMIT * (2 * numbers / _STEPS - 1)


class AdditiveArrays(NamedTuple):
    """The arrays that compiled code needs; one entry or one table after another per term.

    Attributes
    ----------
    factor
        Column of the term's factor.
    origin, scale, last
        A cell lies at ``(score - origin) * scale`` nodes from the first, in an interval between
        nodes up to the number ``last``.
    first
        First row of the term's tables.
    linear
        Functionals of the term at the nodes, shape ``(nodes, columns)``.
    basis, functions, first_value
        Basis functions at the nodes, flat, in rows padded to a multiple of `COLUMNS_STEP`; their
        number and where the term's table begins.
    """

    factor: np.ndarray
    origin: np.ndarray
    scale: np.ndarray
    last: np.ndarray
    first: np.ndarray
    linear: np.ndarray
    basis: np.ndarray
    functions: np.ndarray
    first_value: np.ndarray


class Additive(NamedTuple):
    """Tabulated terms, and what the quadratic form needs to know of them.

    Attributes
    ----------
    arrays
        The tables.
    projection
        ``R`` applied to the basis functions of all terms, shape ``(labels, functions)``.
    centre
        Sum of the terms' means over the labels, shape ``(labels,)``; the basis is centred there.
    """

    arrays: AdditiveArrays
    projection: np.ndarray
    centre: np.ndarray


def tabulate_terms(terms: Sequence[Term], functionals: Functionals) -> Additive:
    """Tabulate the terms of a kernel."""
    labels = len(functionals.root)
    tables, bases, projections, centres = [], [], [np.empty((labels, 0))], [np.zeros(labels)]
    for term in terms:
        grid = _GRID if term.classes is None else term.classes
        seen = term.compare(grid) @ functionals.root.T
        _, sizes, vectors = np.linalg.svd(seen, full_matrices=False)
        vectors = vectors[sizes > BASIS_TOLERANCE]
        values, centre = term.compare(term.nodes), term.compare(term.labels).mean(axis=0)
        tables.append(values @ functionals.weights.T)
        bases.append((values - centre) @ (vectors @ functionals.root).T)
        projections.append(vectors.T)
        centres.append(centre)
    arrays = _join_tables(terms, tables, bases, len(functionals.weights))
    return Additive(arrays, np.hstack(projections), np.sum(centres, axis=0))


def _join_tables(terms, tables, bases, columns) -> AdditiveArrays:
    measured = np.array([term.classes is None for term in terms], bool)
    nodes = np.array([len(table) for table in tables], int)
    padded = [pad_matrix(basis, 1, COLUMNS_STEP) for basis in bases]
    joined = np.concatenate([np.empty((0, columns)), *tables])
    flat = np.concatenate([np.empty(0), *(basis.ravel() for basis in padded)])
    return AdditiveArrays(
        factor=np.array([term.factor for term in terms], int),
        origin=np.where(measured, -NORMAL_SCORE_LIMIT, 0.0),
        scale=np.where(measured, _STEPS / (2 * NORMAL_SCORE_LIMIT), 1.0),
        last=nodes - _NODES_BEFORE - _NODES_AFTER - 1,
        first=np.cumsum([0, *nodes])[:-1],
        linear=_align(pad_matrix(joined, 1, COLUMNS_STEP)),
        basis=flat.astype(np.float32),
        functions=np.array([basis.shape[1] for basis in bases], int),
        first_value=np.cumsum([0, *(basis.size for basis in padded)])[:-1],
    )


def _align(matrix: np.ndarray) -> np.ndarray:
    """Copy to where rows of 64 bytes, those of six members, take one line of the cache, not two."""
    room = np.empty(matrix.size + 8)
    first = -(room.ctypes.data // 8) % 8
    aligned = room[first : first + matrix.size].reshape(matrix.shape)
    aligned[:] = matrix
    return aligned


@njit(nogil=True, cache=True, fastmath={"contract"})
def interpolate_terms(additive, scores, node, share, linear, inputs):
    """Add the terms' functionals to `linear` and set the basis functions of a block's cells.

    Parameters
    ----------
    additive
        `AdditiveArrays`.
    scores
        Of every factor, flat, with `LANES` columns.
    node, share
        Room of shapes ``(LANES,)`` and ``(4, LANES)``.
    linear
        Shape ``(LANES, columns)``.
    inputs
        float32, flat, with `LANES` columns.
    """
    function = 0
    for term in range(len(additive.factor)):
        first = additive.factor[term] * LANES
        _find_nodes(
            scores[first : first + LANES],
            additive.origin[term],
            additive.scale[term],
            additive.last[term],
            node,
            share,
        )
        count = additive.functions[term]
        width = (count + COLUMNS_STEP - 1) // COLUMNS_STEP * COLUMNS_STEP
        start = additive.first_value[term]
        for lane in range(LANES):
            row = additive.first[term] + node[lane]
            one, two, three, four = share[0, lane], share[1, lane], share[2, lane], share[3, lane]
            before, left = additive.linear[row], additive.linear[row + 1]
            right, after = additive.linear[row + 2], additive.linear[row + 3]
            own = linear[lane]
            for index in range(0, len(own), COLUMNS_STEP):
                # all sums before the first is stored: then they are made side by side
                sum0 = one * before[index] + two * left[index]
                sum1 = one * before[index + 1] + two * left[index + 1]
                sum2 = one * before[index + 2] + two * left[index + 2]
                sum3 = one * before[index + 3] + two * left[index + 3]
                sum0 += three * right[index] + four * after[index]
                sum1 += three * right[index + 1] + four * after[index + 1]
                sum2 += three * right[index + 2] + four * after[index + 2]
                sum3 += three * right[index + 3] + four * after[index + 3]
                own[index] += sum0
                own[index + 1] += sum1
                own[index + 2] += sum2
                own[index + 3] += sum3
            at = start + node[lane] * width
            values = additive.basis[at : at + 4 * width]
            one32, two32 = np.float32(one), np.float32(two)
            three32, four32 = np.float32(three), np.float32(four)
            for index in range(count):
                total = one32 * values[index] + two32 * values[index + width]
                total += three32 * values[index + 2 * width] + four32 * values[index + 3 * width]
                inputs[(function + index) * LANES + lane] = total
        function += count


@njit(nogil=True, cache=True, fastmath={"contract"})
def _find_nodes(scores, origin, scale, last, node, share):
    """Find the interval of every cell between nodes, and the shares of the four nodes around it."""
    for lane in range(LANES):
        place = (scores[lane] - origin) * scale
        number = min(np.int64(place), last)
        t = place - number
        node[lane] = number
        share[0, lane] = -t * (t - 1) * (t - 2) / 6
        share[1, lane] = (t + 1) * (t - 1) * (t - 2) / 2
        share[2, lane] = -(t + 1) * t * (t - 2) / 2
        share[3, lane] = (t + 1) * t * (t - 1) / 6
