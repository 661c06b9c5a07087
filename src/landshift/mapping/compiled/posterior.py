"""Posterior mean and standard deviation of the residual mixture, for many cells.

The joint half of the kernel is computed in double precision for every label. What is linear in the
kernel follows in double precision, the quadratic form in single precision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from landshift.mapping.compiled.additive import (
    COLUMNS_STEP,
    AdditiveArrays,
    Term,
    interpolate_terms,
    tabulate_terms,
)
from landshift.mapping.compiled.functionals import collect_functionals
from landshift.mapping.compiled.intervals import LANES, Intervals
from landshift.mapping.compiled.products import INNER_STEP, add_product, pad_matrix
from landshift.runtime.portable_math import exp_of_squares
from landshift.transfer.target_model import TargetModel

_CHUNK = 16


class ResidualArrays(NamedTuple):
    """The arrays that compiled code needs; those by interval have the factors one after another.

    Attributes
    ----------
    starts
        First interval of every factor.
    scores
        Normal score of every interval, float32; of class factors the interval's number.
    kernel_weights
        Weight of each factor in the joint half; 0 for those that only the target has.
    coordinates, offsets
        Exponent of the joint half as a linear function of a cell's normal scores: shapes
        ``(labels, factors)`` and ``(labels,)``, padded.
    additive
        All other terms of the kernel.
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
    kernel_weights: np.ndarray
    coordinates: np.ndarray
    offsets: np.ndarray
    additive: AdditiveArrays
    weights: np.ndarray
    projection: np.ndarray
    reach: np.ndarray
    centre: np.ndarray
    shares: np.ndarray
    constant: np.ndarray
    slope: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True)
class CompiledResidual:
    """Stage 2 on interval numbers; made by `compile_residual`."""

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


def compile_residual(
    model: TargetModel, intervals: Intervals, prepared: Sequence[np.ndarray]
) -> CompiledResidual:
    """Tabulate the mixture of a model.

    Parameters
    ----------
    model
        The target model.
    intervals
        Intervals of its factors, classes of the sources scored.
    prepared
        For every factor what the model makes of each interval: a normal score, or the code of a
        class.
    """
    ranks = model.label_ranks.astype(float)
    centre = _covariance_of_labels(model).mean(axis=0)
    variance = model.kernel.variance + model.target_kernel.variance
    functionals = collect_functionals(model.mixture, model.label_score, centre, variance)
    additive = tabulate_terms(_list_terms(model, prepared), functionals)
    projection, reach = _join_projections(functionals.root, additive.projection)
    factors, shared = len(prepared), len(model.kernel.weights)
    kernel_weights = np.zeros(factors)
    kernel_weights[:shared] = model.kernel.weights
    coordinates = np.zeros((len(ranks), factors))
    coordinates[:, :shared] = model.kernel.weights * ranks
    coordinates = pad_matrix(coordinates, INNER_STEP, INNER_STEP)
    offsets = np.zeros(len(coordinates))
    offsets[: len(ranks)] = -0.5 * (ranks**2 @ model.kernel.weights)
    joint_centre = np.zeros(len(coordinates))
    joint_centre[: len(ranks)] = centre - additive.centre
    scores = list(prepared)
    for factor in _list_classes(model):
        scores[factor] = np.arange(len(prepared[factor]))
    arrays = ResidualArrays(
        starts=np.cumsum([0, *intervals.counts]),
        scores=np.concatenate(scores).astype(np.float32),
        kernel_weights=kernel_weights,
        coordinates=coordinates,
        offsets=offsets,
        additive=additive.arrays,
        weights=pad_matrix(functionals.weights, COLUMNS_STEP, INNER_STEP),
        projection=projection,
        reach=reach,
        centre=joint_centre,
        shares=np.asarray(model.mixture.shares, float),
        constant=functionals.constant,
        slope=functionals.slope,
        variance=functionals.variance,
    )
    return CompiledResidual(arrays)


def _covariance_of_labels(model: TargetModel) -> np.ndarray:
    own = model.target_kernel.covariance(model.label_own, model.label_own)
    return model.kernel.covariance(model.label_ranks, model.label_ranks) + own


def _list_classes(model: TargetModel) -> range:
    """Columns of the class factors that only the target has: the last ones."""
    return range(len(model.factors) - len(model.target_kernel.classes), len(model.factors))


def _list_terms(model: TargetModel, prepared: Sequence[np.ndarray]) -> list[Term]:
    """List the terms of the kernel that compare one factor: of the additive half, and the own."""
    terms = []
    for factor in model.kernel.additive:
        labels, half = (
            model.label_ranks[:, factor].astype(float),
            0.5 * model.kernel.weights[factor],
        )

        def compare(scores, labels=labels, half=half):
            return half * np.exp(-0.5 * (scores[:, None] - labels) ** 2)

        terms.append(Term(int(factor), compare, labels))
    shared, classes = len(model.kernel.weights), _list_classes(model)
    for column, labels in enumerate(model.label_own.T):

        def compare(values, column=column):
            cells = np.zeros((len(values), model.label_own.shape[1]))
            cells[:, column] = values
            return model.target_kernel.similarity(cells, model.label_own, column)

        factor = shared + column
        codes = prepared[factor] if factor in classes else None
        terms.append(Term(factor, compare, labels, codes))
    return terms


def _join_projections(root: np.ndarray, projection: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    joint = pad_matrix(root, INNER_STEP, _CHUNK)
    basis = pad_matrix(projection, INNER_STEP, _CHUNK)
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
    node, share = np.empty(LANES, np.int64), np.empty((4, LANES))
    additive = np.empty((LANES, columns))
    joint = np.empty(labels * LANES)
    linear = np.empty(columns * LANES)
    inputs = np.zeros(arrays.projection.shape[1] * LANES, np.float32)
    rotated = np.empty(labels * LANES, np.float32)
    for block in range(len(intervals)):
        _look_up_scores(arrays, intervals[block], ranks, squares)
        additive[:] = 0.0
        basis = inputs[first_basis * LANES :]
        interpolate_terms(arrays.additive, ranks, node, share, additive, basis)
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
                linear[column * LANES + lane] = additive[lane, column]
        add_product(linear, arrays.weights, joint, all_columns, inner)
        rotated[:] = 0.0
        add_product(rotated, arrays.projection, inputs, arrays.reach, _CHUNK)
        squares[:] = 0.0
        for label in range(labels):
            for lane in range(LANES):
                squares[lane] += np.float64(rotated[label * LANES + lane]) ** 2
        _combine(arrays, linear, squares, score[block], mean[block], variance[block])


@njit(nogil=True, cache=True, fastmath={"contract"})
def _look_up_scores(arrays, intervals, scores, squares):
    """Read the scores of a block's cells, and add up their weighted squares."""
    squares[:] = 0.0
    for factor in range(len(arrays.kernel_weights)):
        start, weight = arrays.starts[factor], arrays.kernel_weights[factor]
        for lane in range(LANES):
            score = np.float64(arrays.scores[start + intervals[factor, lane]])
            scores[factor * LANES + lane] = score
            squares[lane] += weight * score * score


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
