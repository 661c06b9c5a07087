"""A learned initialisation: logistic regression that few shots move far in few steps.

Reptile (Nichol, Achiam and Schulman 2018, https://arxiv.org/abs/1803.02999) on the normal scores:
a task is a draw of shots from some blocks of one source region, as a target gives them.
"""

import numpy as np
from scipy.special import expit

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.runtime.seeds import derive_seed
from landshift.transfer.pretraining import TrainingTable

TASKS = 1000
TASK_SHOTS = 20
INNER_STEPS = 10
INNER_RATE = 0.1
OUTER_RATE = 0.05
"""At the first task; it falls to 0 at the last."""


@method("meta_learned", group="adapted", families=("lr",), needs_sources=False)
def start_from_learned(task: TransferTask, family: str) -> np.ndarray:
    """Start from weights that Reptile (Nichol et al., 2018) learns over draws from the sources."""
    kept = task.shared.draws
    if "meta_learned" not in kept:
        seed = derive_seed(task.seed, "meta_learned")
        kept["meta_learned"] = learn_initialisation(task.training, seed=seed)
    shots = _design(task.prepared_shots["rank"])
    weights = _descend(kept["meta_learned"], shots, task.shot_labels)
    return expit(_design(task.view.query_ranks) @ weights)


def learn_initialisation(training: TrainingTable, *, seed: int) -> np.ndarray:
    """Learn the weights to start from, the intercept first, shape ``(factors + 1,)``."""
    generator = np.random.default_rng(seed)
    design, labels = _design(training.prepared["rank"]), training.labels
    weights = np.zeros(design.shape[1])
    regions = np.unique(training.regions)
    for number in range(TASKS):
        cells = _draw_task(training, regions[number % len(regions)], generator)
        adapted = _descend(weights, design[cells], labels[cells])
        weights = weights + OUTER_RATE * (1 - number / TASKS) * (adapted - weights)
    return weights


def _draw_task(training: TrainingTable, region: str, generator) -> np.ndarray:
    """Draw presences and absences from half of the blocks of a region."""
    own = training.regions == region
    blocks = np.unique(training.blocks[own])
    chosen = generator.choice(blocks, (len(blocks) + 1) // 2, replace=False)
    inside = own & np.isin(training.blocks, chosen)
    parts = [np.flatnonzero(inside & (training.labels == label)) for label in (1, 0)]
    taken = min(TASK_SHOTS, *map(len, parts))
    return np.concatenate([generator.choice(part, taken, replace=False) for part in parts])


def _descend(weights: np.ndarray, design: np.ndarray, labels: np.ndarray) -> np.ndarray:
    for _ in range(INNER_STEPS if len(labels) else 0):
        residual = labels - expit(design @ weights)
        weights = weights + INNER_RATE * design.T @ residual / len(labels)
    return weights


def _design(values: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(values)), values.astype(float)])
