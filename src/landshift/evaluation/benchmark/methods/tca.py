"""Transfer component analysis: shared directions in which source and target look alike.

Pan, Tsang, Kwok and Yang (2011), Domain adaptation via transfer component analysis,
https://doi.org/10.1109/TNN.2010.2091281, with a Gaussian kernel on raw factors of some cells of
both; a logistic regression learns on the components. No label of the target.
"""

import numpy as np
from scipy.linalg import eigh
from scipy.spatial.distance import cdist
from scipy.special import expit

from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.runtime.seeds import derive_seed
from landshift.transfer.learners import logistic_regression
from landshift.transfer.preparation import fit_standardisation

METHOD = "tca"
GROUP = "unsupervised"

CELLS = 200
"""Cells of the sources, and of the target, that the components are made of."""

COMPONENTS = 20
TRADE_OFF = 1.0
"""How much simple components count against alike ones."""


def predict_families(task: TransferTask) -> dict[str, np.ndarray]:
    """Probability of the queries; the shots play no part."""
    if METHOD not in task.shared.shots:
        task.shared.shots[METHOD] = _predict(task)
    return task.shared.shots[METHOD]


def _predict(task: TransferTask) -> dict[str, np.ndarray]:
    sources = task.training.prepared["raw"]
    background = task.view.background[task.view.factors].to_numpy(np.float32)
    generator = np.random.default_rng(derive_seed(task.seed, METHOD))
    parts = [
        table[generator.choice(len(table), min(CELLS, len(table)), replace=False)]
        for table in (sources, task.training.standardisation.apply(background))
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
    return {"lr": expit(model.logit(scale.apply(project(task.prepared_queries["raw"]))))}


def find_components(kernel: np.ndarray, sources: int) -> np.ndarray:
    """Directions of large variance and small difference between the domains.

    Parameters
    ----------
    kernel
        Among all cells, those of the sources first, shape ``(cells, cells)``.
    sources
        Number of cells of the sources.

    Returns
    -------
    numpy.ndarray
        Shape ``(cells, components)``.
    """
    cells = len(kernel)
    sign = np.where(np.arange(cells) < sources, 1 / sources, -1 / (cells - sources))
    difference = kernel @ sign
    alike = np.outer(difference, difference) + TRADE_OFF * np.eye(cells)
    variance = kernel @ (kernel - kernel.mean(axis=0))
    number = min(COMPONENTS, cells)
    _, vectors = eigh(variance, alike, subset_by_index=[cells - number, cells - 1])
    return vectors


def _kernel(left: np.ndarray, right: np.ndarray, width: float) -> np.ndarray:
    return np.exp(-cdist(left, right, "sqeuclidean") / width)
