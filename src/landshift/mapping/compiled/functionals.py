"""The posterior of the residual mixture as functionals of one kernel column.

With shares ``w_m``, strengths ``t_m`` and ``A_m = W^1/2 B^-1 W^1/2`` of the members, all of them
need the same kernel ``k`` between a cell and the labels, and the cell's source score ``s``:

- the means are linear in ``k`` and in ``s``;
- the variance within the members is a constant, plus terms in ``s``, ``s^2``, ``k`` and ``s k``,
  less one quadratic form ``k' Q k`` with ``Q = sum_m w_m t_m^4 A_m``.

A centre ``c`` gives ``k' Q k = |R (k - c)|^2 + 2 c' Q k - c' Q c``, where single precision is
enough for the square.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from landshift.runtime.one_thread import on_one_thread
from landshift.transfer.gaussian_process import LaplacePosterior
from landshift.transfer.mixture import INTERCEPT_VARIANCE, SLOPE_VARIANCE, Member, ResidualMixture


@dataclass(frozen=True)
class Functionals:
    """What the posterior needs of ``k`` and ``s``.

    Attributes
    ----------
    weights
        Linear functionals of ``k``, shape ``(members + 2, labels)``: the members' means, the
        variance, and the variance's part to be multiplied by ``s``.
    constant, slope
        The rest of every member's mean, ``constant + slope * s``, shape ``(members,)``.
    variance
        Coefficients of 1, ``s`` and ``s^2`` in the variance within the members.
    root, centre
        Upper triangular ``R`` with ``R' R = Q``, shape ``(labels, labels)``, and ``c``.
    """

    weights: np.ndarray
    constant: np.ndarray
    slope: np.ndarray
    variance: np.ndarray
    root: np.ndarray
    centre: np.ndarray


@on_one_thread
def collect_functionals(
    mixture: ResidualMixture, label_score: np.ndarray, centre: np.ndarray, kernel_variance: float
) -> Functionals:
    """Sum up the members of a mixture.

    Parameters
    ----------
    mixture
        The posteriors.
    label_score
        Source score of the labelled cells, shape ``(labels,)``.
    centre
        A typical column of the kernel, shape ``(labels,)``.
    kernel_variance
        ``k(z, z)``.
    """
    members = tuple(zip(mixture.members, mixture.posteriors, strict=True))
    quadratic = np.zeros((len(label_score), len(label_score)))
    linear, crossed, variance = np.zeros_like(label_score), np.zeros_like(label_score), np.zeros(3)
    for share, (member, posterior) in zip(mixture.shares, members, strict=True):
        power = member.strength**2
        precision = _explain(posterior)
        slopes = SLOPE_VARIANCE * label_score * member.uses_source
        of_intercept, of_slope = INTERCEPT_VARIANCE * precision.sum(axis=0), precision @ slopes
        quadratic += share * power**2 * precision
        linear += 2 * share * power * of_intercept
        crossed += 2 * share * power * of_slope
        variance[0] += share * (INTERCEPT_VARIANCE * (1 - of_intercept.sum()))
        variance[0] += share * power * kernel_variance
        variance[1] -= share * 2 * (of_intercept @ slopes)
        variance[2] += share * (SLOPE_VARIANCE * member.uses_source - slopes @ of_slope)
    centred = quadratic @ centre
    variance[0] += centre @ centred
    means = [member.strength**2 * posterior.gradient for member, posterior in members]
    return Functionals(
        weights=np.array([*means, -linear - 2 * centred, -crossed]),
        constant=np.array([INTERCEPT_VARIANCE * each.gradient.sum() for _, each in members]),
        slope=np.array([_slope(*pair, label_score) for pair in members]),
        variance=variance,
        root=_triangular_root(quadratic),
        centre=centre,
    )


def _explain(posterior: LaplacePosterior) -> np.ndarray:
    """``W^1/2 B^-1 W^1/2``: how much prior variance the labels take away."""
    scaled = np.diag(posterior.root_curvature)
    solved = solve_triangular(posterior.factor, scaled, lower=True)
    return solved.T @ solved


def _slope(member: Member, posterior: LaplacePosterior, label_score: np.ndarray) -> float:
    if not member.uses_source:
        return 0.0
    return float(member.mean(np.ones(1))[0] + SLOPE_VARIANCE * label_score @ posterior.gradient)


def _triangular_root(matrix: np.ndarray) -> np.ndarray:
    """Upper triangular root of a matrix that need not be of full rank, as without any strength."""
    eigenvalues, vectors = np.linalg.eigh(matrix)
    return np.linalg.qr(np.sqrt(np.maximum(eigenvalues, 0))[:, None] * vectors.T, mode="r")
