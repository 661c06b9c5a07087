"""Posterior mean and standard deviation of the residual mixture, for many cells.

The additive half of the kernel is a sum over factors of a function of one normal score. What is
linear in it is looked up by interval, in double precision. For the quadratic form it is written in
a basis of a few functions per factor, which are looked up in single precision.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from landshift.fused.functionals import Functionals, collect_functionals
from landshift.fused.intervals import LANES, Intervals
from landshift.fused.products import INNER_STEP, ROWS_STEP, add_product, pad_matrix
from landshift.preparation import NORMAL_SCORE_LIMIT
from landshift.transfer.kernel import ResidualKernel, exp_of_squares
from landshift.transfer.residual import ResidualMixture

BASIS_TOLERANCE = 5e-6
"""Singular values that the basis leaves out, of 121 normal scores as the quadratic form sees them.

What a cell leaves out is then about 1e-7, the precision of the numbers themselves.
"""

_GRID = np.linspace(-NORMAL_SCORE_LIMIT, NORMAL_SCORE_LIMIT, 121)
_CHUNK = 64


class ResidualArrays(NamedTuple):
    """The arrays that compiled code needs; those by interval have the factors one after another.

    Attributes
    ----------
    starts
        First interval of every factor.
    scores
        Normal score of every interval.
    tables
        Functionals of the additive half by interval, shape ``(intervals, members + 2)``.
    basis, functions
        Basis functions by interval, float32, and their number for every factor.
    kernel_weights
        Weight of each factor.
    coordinates, offsets
        Exponent of the joint half as a linear function of a cell's normal scores: shapes
        ``(labels, factors)`` and ``(labels,)``, padded.
    weights
        `Functionals.weights`, padded.
    projection
        ``R`` applied to the joint half and the basis, shape ``(labels, inputs)``, float32.
    reach
        Rows of `projection` that are not zero, per chunk of inputs.
    centre
        The joint half at the centre ``c``, padded; the basis is centred in its table.
    shares, constant, slope, variance
        Shares of the members, and the rest of `Functionals`.
    """

    starts: np.ndarray
    scores: np.ndarray
    tables: np.ndarray
    basis: np.ndarray
    functions: np.ndarray
    kernel_weights: np.ndarray
    coordinates: np.ndarray
    offsets: np.ndarray
    weights: np.ndarray
    projection: np.ndarray
    reach: np.ndarray
    centre: np.ndarray
    shares: np.ndarray
    constant: np.ndarray
    slope: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True)
class FusedResidual:
    """Stage 2 on interval numbers; made by `fuse_residual`."""

    arrays: ResidualArrays

    def predict(self, intervals: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the logit.

        Parameters
        ----------
        intervals
            uint16 of shape ``(blocks, factors, LANES)``.
        score
            Source score, shape ``(blocks * LANES,)``.
        """
        mean, variance = np.empty((2, len(intervals), LANES))
        _predict(self.arrays, intervals, score.reshape(-1, LANES), mean, variance)
        return mean.ravel(), np.sqrt(variance.ravel())


def fuse_residual(
    mixture: ResidualMixture,
    kernel: ResidualKernel,
    label_score: np.ndarray,
    label_ranks: np.ndarray,
    intervals: Intervals,
    scores: np.ndarray,
) -> FusedResidual:
    """Tabulate a mixture.

    Parameters
    ----------
    mixture, kernel, label_score, label_ranks
        The parts of a `TargetModel`.
    intervals, scores
        Intervals of the factors, and the normal score of each, joined over the factors.
    """
    ranks = label_ranks.astype(float)
    centre = kernel.covariance(ranks, ranks).mean(axis=0)
    functionals = collect_functionals(mixture, label_score, centre, kernel.variance)
    starts = np.cumsum([0, *intervals.counts])
    tables, bases, projections, centres = zip(
        *(
            _tabulate_factor(own, labels, half, functionals)
            for own, labels, half in zip(
                np.split(scores.astype(float), starts[1:-1]),
                ranks.T,
                _additive_halves(kernel),
                strict=True,
            )
        ),
        strict=True,
    )
    projection, reach = _join_projections(functionals.root, projections)
    coordinates = pad_matrix(kernel.weights * ranks, INNER_STEP, INNER_STEP)
    offsets = np.zeros(len(coordinates))
    offsets[: len(ranks)] = -0.5 * (ranks**2 @ kernel.weights)
    joint_centre = np.zeros(len(coordinates))
    joint_centre[: len(ranks)] = centre - np.sum(centres, axis=0)
    arrays = ResidualArrays(
        starts=starts,
        scores=scores.astype(float),
        tables=_align(pad_matrix(np.concatenate(tables), 1, ROWS_STEP)),
        basis=np.concatenate([each.ravel() for each in bases]).astype(np.float32),
        functions=np.array([each.shape[1] for each in bases]),
        kernel_weights=kernel.weights.astype(float),
        coordinates=coordinates,
        offsets=offsets,
        weights=pad_matrix(functionals.weights, ROWS_STEP, INNER_STEP),
        projection=projection,
        reach=reach,
        centre=joint_centre,
        shares=np.asarray(mixture.shares, float),
        constant=functionals.constant,
        slope=functionals.slope,
        variance=functionals.variance,
    )
    return FusedResidual(arrays)


def _align(matrix: np.ndarray) -> np.ndarray:
    """Copy to where rows of 64 bytes, those of six members, take one line of the cache and not two.

    Most of the time of a look-up goes into waiting for such lines.
    """
    room = np.empty(matrix.size + 8)
    first = -(room.ctypes.data // 8) % 8
    aligned = room[first : first + matrix.size].reshape(matrix.shape)
    aligned[:] = matrix
    return aligned


def _additive_halves(kernel: ResidualKernel) -> np.ndarray:
    """Weight of each factor in the additive half, and half of it at that."""
    halves = np.zeros(len(kernel.weights))
    halves[kernel.additive] = 0.5 * kernel.weights[kernel.additive]
    return halves


def _tabulate_factor(
    own: np.ndarray, labels: np.ndarray, half: float, functionals: Functionals
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Functionals and centred basis by interval, ``R`` applied to the basis, and the centre."""

    def compare(scores: np.ndarray) -> np.ndarray:
        return half * np.exp(-0.5 * (scores[:, None] - labels) ** 2)

    _, sizes, vectors = np.linalg.svd(compare(_GRID) @ functionals.root.T, full_matrices=False)
    vectors = vectors[sizes > BASIS_TOLERANCE]
    values, centre = compare(own), compare(labels).mean(axis=0)
    basis = (values - centre) @ (vectors @ functionals.root).T
    return values @ functionals.weights.T, basis, vectors.T, centre


def _join_projections(
    root: np.ndarray, projections: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray]:
    joint = pad_matrix(root, INNER_STEP, _CHUNK)
    basis = pad_matrix(np.hstack(projections), INNER_STEP, _CHUNK)
    # the root is triangular: a chunk of its columns reaches down to its diagonal
    reach = [min(end, len(joint)) for end in range(_CHUNK, joint.shape[1] + 1, _CHUNK)]
    reach += [len(joint)] * (basis.shape[1] // _CHUNK)
    return np.hstack([joint, basis]).astype(np.float32), np.array(reach)


@njit(nogil=True, cache=True, fastmath={"contract"})
def _predict(arrays, intervals, score, mean, variance):
    labels, (columns, inner) = len(arrays.offsets), arrays.weights.shape
    first_basis = -(-labels // _CHUNK) * _CHUNK
    all_labels, all_columns = np.array([labels]), np.array([columns])
    ranks = np.zeros(arrays.coordinates.shape[1] * LANES)
    squares = np.empty(LANES)
    looked_up = np.empty((LANES, columns))
    joint = np.empty(labels * LANES)
    linear = np.empty(columns * LANES)
    inputs = np.zeros(arrays.projection.shape[1] * LANES, np.float32)
    rotated = np.empty(labels * LANES, np.float32)
    for block in range(len(intervals)):
        _look_up(arrays, intervals[block], ranks, squares, looked_up, inputs[first_basis * LANES :])
        for label in range(labels):
            for lane in range(LANES):
                joint[label * LANES + lane] = arrays.offsets[label] - 0.5 * squares[lane]
        add_product(joint, arrays.coordinates, ranks, all_labels, arrays.coordinates.shape[1])
        for label in range(labels):
            for index in range(label * LANES, (label + 1) * LANES):
                joint[index] = 0.5 * exp_of_squares(joint[index])
                inputs[index] = joint[index] - arrays.centre[label]
        for column in range(columns):
            for lane in range(LANES):
                linear[column * LANES + lane] = looked_up[lane, column]
        add_product(linear, arrays.weights, joint, all_columns, inner)
        rotated[:] = 0.0
        add_product(rotated, arrays.projection, inputs, arrays.reach, _CHUNK)
        squares[:] = 0.0
        for label in range(labels):
            for lane in range(LANES):
                squares[lane] += np.float64(rotated[label * LANES + lane]) ** 2
        _combine(arrays, linear, squares, score[block], mean[block], variance[block])


@njit(nogil=True, cache=True, fastmath={"contract"})
def _look_up(arrays, intervals, ranks, squares, looked_up, inputs):
    """Read ranks, sums of the additive half and basis functions of the cells of a block."""
    squares[:] = 0.0
    looked_up[:] = 0.0
    function = first_value = 0
    for factor in range(len(arrays.functions)):
        count = arrays.functions[factor]
        start, weight = arrays.starts[factor], arrays.kernel_weights[factor]
        for lane in range(LANES):
            interval = intervals[factor, lane]
            rank = arrays.scores[start + interval]
            ranks[factor * LANES + lane] = rank
            squares[lane] += weight * rank * rank
            row = arrays.tables[start + interval]
            for column in range(len(row)):
                looked_up[lane, column] += row[column]
            value = first_value + interval * count
            for index in range(count):
                inputs[(function + index) * LANES + lane] = arrays.basis[value + index]
        function += count
        first_value += count * (arrays.starts[factor + 1] - start)


@njit(nogil=True, cache=True, fastmath={"contract"})
def _combine(arrays, linear, squares, score, mean, variance):
    members = len(arrays.shares)
    for lane in range(LANES):
        own = score[lane]
        average = 0.0
        for member in range(members):
            linear[member * LANES + lane] += arrays.constant[member] + arrays.slope[member] * own
            average += arrays.shares[member] * linear[member * LANES + lane]
        between = 0.0
        for member in range(members):
            between += arrays.shares[member] * (linear[member * LANES + lane] - average) ** 2
        within = arrays.variance[0] + own * (arrays.variance[1] + own * arrays.variance[2])
        within += linear[members * LANES + lane]
        within += own * linear[(members + 1) * LANES + lane]
        mean[lane] = average
        variance[lane] = max(within - squares[lane], 0.0) + between
