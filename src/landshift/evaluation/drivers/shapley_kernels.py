"""Exact Shapley values of the residual that stage 2 learns: a sum of kernels at labelled cells."""

import numpy as np
from numba import njit

from landshift.runtime.portable_math import exp_of_squares
from landshift.transfer.kernels import ADDITIVE_LIMIT, ResidualKernel, TargetKernel


def attribute_residual(
    kernel: ResidualKernel,
    pull: np.ndarray,
    label_ranks: np.ndarray,
    ranks: np.ndarray,
    reference: np.ndarray,
) -> tuple[float, np.ndarray]:
    """Split ``sum_l pull_l k(z, z_l)`` into a base and a contribution of each factor.

    The additive half of the kernel is its own answer. The joint half is a product over factors,
    for which the Shapley value of factor j, with u the factors' terms at the cell and v those at a
    reference cell, is the integral of the multilinear extension (Owen, 1972, Management Science
    18, 64-79)

    ``phi_j = int_0^1 (u_j - v_j) prod_{k != j} (t u_k + (1 - t) v_k) dt``,

    a polynomial of degree d - 1 in t that Gauss-Legendre quadrature with d / 2 nodes integrates
    exactly.

    Parameters
    ----------
    kernel
        Kernel of the target model.
    pull
        Weight of every labelled cell [logit], shape ``(labels,)``.
    label_ranks, ranks, reference
        Normal scores of the labelled cells, the cells to explain and the reference cells, shape
        ``(cells, factors)``.

    Returns
    -------
    base
        Mean of the residual over the reference cells [logit].
    contributions
        Shape ``(cells, factors)``.
    """
    weights = kernel.weights.astype(np.float64)
    factors = len(weights)
    nodes, shares = np.polynomial.legendre.leggauss((factors + 1) // 2)
    additive = np.where(weights * factors > ADDITIVE_LIMIT, weights, 0.0)
    points = (np.ascontiguousarray(each, np.float64) for each in (label_ranks, ranks, reference))
    contributions = _attribute(
        weights, additive, pull.astype(np.float64), *points, (nodes + 1) / 2, shares / 2
    )
    base = float((kernel.covariance(reference, label_ranks) @ pull).mean())
    return base, contributions


def attribute_own(
    kernel: TargetKernel,
    pull: np.ndarray,
    labels: np.ndarray,
    cells: np.ndarray,
    reference: np.ndarray,
) -> tuple[float, np.ndarray]:
    """Split what the target's own factors add to the residual: a sum, so each is its own answer.

    Parameters
    ----------
    kernel
        Kernel of the target's own factors.
    pull
        Weight of every labelled cell [logit], shape ``(labels,)``.
    labels, cells, reference
        Prepared values of the labelled cells, the cells to explain and the reference cells, shape
        ``(cells, own factors)``.

    Returns
    -------
    base, contributions
        As of `attribute_residual`.
    """
    base, contributions = 0.0, np.zeros(cells.shape)
    for factor in range(cells.shape[1]):
        average = float((kernel.similarity(reference, labels, factor) @ pull).mean())
        contributions[:, factor] = kernel.similarity(cells, labels, factor) @ pull - average
        base += average
    return base, contributions


@njit(nogil=True, cache=True)
def _attribute(weights, additive, pull, labels, cells, reference, nodes, shares):
    factors, others = len(weights), len(reference)
    result = np.zeros((len(cells), factors))
    here, average = np.empty(factors), np.empty(factors)
    there = np.empty((factors, others))
    for label in range(len(labels)):
        if pull[label] == 0:
            continue
        strength = 0.5 * pull[label]
        for factor in range(factors):
            average[factor] = 0
            for other in range(others):
                gap = reference[other, factor] - labels[label, factor]
                there[factor, other] = exp_of_squares(-0.5 * weights[factor] * gap * gap)
                if additive[factor] > 0:
                    average[factor] += exp_of_squares(-0.5 * gap * gap) / others
        for cell in range(len(cells)):
            for factor in range(factors):
                gap = cells[cell, factor] - labels[label, factor]
                here[factor] = exp_of_squares(-0.5 * weights[factor] * gap * gap)
                if additive[factor] > 0:
                    own = exp_of_squares(-0.5 * gap * gap) - average[factor]
                    result[cell, factor] += strength * additive[factor] * own
            products = _integrate(here, there, nodes, shares)
            for factor in range(factors):
                for other in range(others):
                    change = here[factor] - there[factor, other]
                    result[cell, factor] += strength / others * change * products[factor, other]
    return result


@njit(nogil=True, cache=True)
def _integrate(here, there, nodes, shares):
    """Integrate the product of all other factors' terms, for each factor and reference cell.

    The products of the factors before one and of those after it need no division, and the loop
    over reference cells takes several at a time.
    """
    factors, others = there.shape
    result = np.zeros((factors, others))
    # arrays of its own, which the compiler knows not to overlap
    mixed, after = np.empty((factors, others)), np.empty((factors + 1, others))
    before = np.empty(others)
    for node in range(len(nodes)):
        step = nodes[node]
        after[factors] = shares[node]
        for factor in range(factors - 1, -1, -1):
            own = step * here[factor]
            for other in range(others):
                term = own + (1 - step) * there[factor, other]
                mixed[factor, other] = term
                after[factor, other] = after[factor + 1, other] * term
        before[:] = 1
        for factor in range(factors):
            for other in range(others):
                result[factor, other] += before[other] * after[factor + 1, other]
                before[other] *= mixed[factor, other]
    return result
