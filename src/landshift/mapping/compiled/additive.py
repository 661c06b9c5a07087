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

from landshift.mapping.compiled.functionals import Functionals
from landshift.mapping.compiled.intervals import LANES
from landshift.mapping.compiled.loops import ROW_BYTES
from landshift.mapping.compiled.products import pad_matrix
from landshift.mapping.compiled.steps import add_rows
from landshift.transfer.preparation import NORMAL_SCORE_LIMIT

BASIS_TOLERANCE = 5e-6
"""Singular values that the basis leaves out, of 121 normal scores as the quadratic form sees them.

What a cell leaves out is then about 1e-7, the precision of the numbers themselves.
"""

COLUMNS_STEP = ROW_BYTES // 8
"""Columns of tables in double precision are padded by zeros to a multiple of this."""

_BASIS_STEP = ROW_BYTES // 4

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
            # what lies outside the classes counts nothing
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
        Basis functions at the nodes, flat, in padded rows; their
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
    padded = [pad_matrix(basis, 1, _BASIS_STEP) for basis in bases]
    joined = np.concatenate([np.empty((0, columns)), *tables])
    flat = np.concatenate([np.empty(0), *(basis.ravel() for basis in padded)])
    return AdditiveArrays(
        factor=np.array([term.factor for term in terms], int),
        origin=np.where(measured, -NORMAL_SCORE_LIMIT, 0.0),
        scale=np.where(measured, _STEPS / (2 * NORMAL_SCORE_LIMIT), 1.0),
        last=nodes - _NODES_BEFORE - _NODES_AFTER - 1,
        first=np.cumsum([0, *nodes])[:-1],
        linear=_align(pad_matrix(joined, 1, COLUMNS_STEP)),
        basis=_align(flat.astype(np.float32)),
        functions=np.array([basis.shape[1] for basis in bases], int),
        first_value=np.cumsum([0, *(basis.size for basis in padded)])[:-1],
    )


def _align(table: np.ndarray) -> np.ndarray:
    """Copy to where rows of `ROW_BYTES` take one line of the cache, not two."""
    room = np.empty(table.nbytes + ROW_BYTES, np.uint8)
    first = -room.ctypes.data % ROW_BYTES
    aligned = room[first : first + table.nbytes].view(table.dtype).reshape(table.shape)
    aligned[:] = table
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
    columns = linear.shape[1]
    table, sums = additive.linear.reshape(-1), linear.reshape(-1)
    widths = (additive.functions + _BASIS_STEP - 1) // _BASIS_STEP * _BASIS_STEP
    room = np.empty(LANES * widths.max() if len(widths) else 0, np.float32)
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
        width, start = widths[term], additive.first_value[term]
        mixed = room[: LANES * width]
        mixed[:] = 0.0
        for lane in range(LANES):
            row = (additive.first[term] + node[lane]) * columns
            add_rows(table, row, columns, share, lane, sums, lane * columns)
            row = start + node[lane] * width
            add_rows(additive.basis, row, width, share, lane, mixed, lane * width)
        for index in range(additive.functions[term]):
            into = inputs[function * LANES : (function + 1) * LANES]
            for lane in range(LANES):
                into[lane] = mixed[lane * width + index]
            function += 1


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
