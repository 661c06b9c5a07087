"""Domain adaptation without any label of the target: raw factors, and the background.

CORAL: Sun, Feng and Saenko (2016), Return of frustratingly easy domain adaptation,
https://doi.org/10.1609/aaai.v30i1.10306. TCA: Pan, Tsang, Kwok and Yang (2011), Domain adaptation
via transfer component analysis, https://doi.org/10.1109/TNN.2010.2091281, with a Gaussian kernel on
some cells of both domains; a logistic regression learns on the components.
"""

import numpy as np
from scipy.linalg import eigh
from scipy.spatial.distance import cdist
from scipy.special import expit

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.runtime.seeds import derive_seed
from landshift.transfer.learners import get_learner, logistic_regression
from landshift.transfer.preparation import fit_standardisation

RIDGE = 1.0
"""Added to the variances, as in the paper of CORAL [variance of a standardised factor]."""

CELLS = 200
"""Cells of the sources, and of the target, that the components are made of."""

COMPONENTS = 20
TRADE_OFF = 1.0
"""How much simple components count against alike ones."""


@method("coral", group="unsupervised", families=("lr", "xgb"))
def align_sources(task: TransferTask, family: str) -> np.ndarray:
    """Give the sources the mean and covariance of the background (Sun et al., 2016)."""
    kept = task.shared.shots
    if ("coral", family) not in kept:
        kept["coral", family] = _learn_aligned(task, family)
    return kept["coral", family]


@method("tca", group="unsupervised", families=("lr",), needs_sources=False)
def learn_components(task: TransferTask, family: str) -> np.ndarray:
    """Learn on transfer components of sources and background (Pan et al., 2011)."""
    kept = task.shared.shots
    if "tca" not in kept:
        kept["tca"] = _learn_on_components(task)
    return kept["tca"]


def _prepare_background(task: TransferTask) -> np.ndarray:
    background = task.view.background[task.view.factors].to_numpy(np.float32)
    return task.training.standardisation.apply(background)


def _learn_aligned(task: TransferTask, learner: str) -> np.ndarray:
    model = get_learner(learner).fit(
        align_correlation(task.training.prepared["raw"], _prepare_background(task)),
        task.training.labels,
        task.training.weights,
        seed=derive_seed(task.seed, "coral", learner),
    )
    return expit(model.logit(task.prepared_queries["raw"]))


def align_correlation(sources: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Whiten values of the sources and colour them like the target, shapes ``(cells, factors)``."""
    whitened = (sources - sources.mean(axis=0)) @ _power(sources, -0.5)
    return (whitened @ _power(target, 0.5) + target.mean(axis=0)).astype(np.float32)


def _power(values: np.ndarray, exponent: float) -> np.ndarray:
    covariance = np.cov(values.T.astype(float)) + RIDGE * np.eye(values.shape[1])
    variance, axes = np.linalg.eigh(covariance)
    return axes * variance**exponent @ axes.T


def _learn_on_components(task: TransferTask) -> np.ndarray:
    sources = task.training.prepared["raw"]
    generator = np.random.default_rng(derive_seed(task.seed, "tca"))
    parts = [
        table[generator.choice(len(table), min(CELLS, len(table)), replace=False)]
        for table in (sources, _prepare_background(task))
    ]
    cells = np.concatenate(parts).astype(float)
    width = np.median(cdist(cells, cells, "sqeuclidean"))
    components = find_components(_kernel(cells, cells, width), len(parts[0]))

    def project(values: np.ndarray) -> np.ndarray:
        return _kernel(values, cells, width) @ components

    learned = project(sources)
    scale = fit_standardisation(learned, task.training.weights)
    model = logistic_regression.fit(
        scale.apply(learned), task.training.labels, task.training.weights, seed=task.seed
    )
    return expit(model.logit(scale.apply(project(task.prepared_queries["raw"]))))


def find_components(kernel: np.ndarray, source_cells: int) -> np.ndarray:
    """Directions of large variance and small difference between the domains.

    Parameters
    ----------
    kernel
        Among all cells, those of the sources first, shape ``(cells, cells)``.
    source_cells
        Number of cells of the sources.

    Returns
    -------
    numpy.ndarray
        Shape ``(cells, components)``.
    """
    cells = len(kernel)
    sign = np.where(np.arange(cells) < source_cells, 1 / source_cells, -1 / (cells - source_cells))
    difference = kernel @ sign
    alike = np.outer(difference, difference) + TRADE_OFF * np.eye(cells)
    variance = kernel @ (kernel - kernel.mean(axis=0))
    number = min(COMPONENTS, cells)
    _, vectors = eigh(variance, alike, subset_by_index=[cells - number, cells - 1])
    return vectors


def _kernel(left: np.ndarray, right: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-cdist(left, right, "sqeuclidean") / width)
