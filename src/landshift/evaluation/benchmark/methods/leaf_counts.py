"""The source forest keeps its splits; the shots are counted into its leaves."""

from dataclasses import replace

import numpy as np

from landshift.evaluation.benchmark.methods.averaging import predict_mean
from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.transfer.learners.random_forest import RandomForestModel

METHOD = "leaf_counts"
GROUP = "adapted"

PSEUDO_COUNT = 10.0
"""Shots that a leaf's share on the sources is worth."""


def predict_families(task: TransferTask) -> dict[str, np.ndarray]:
    """Probability of the queries for the random forest."""
    if "rf" not in task.view.source_models:
        return {}
    return {"rf": predict_mean(task, lambda name: _count(task, name))}


def _count(task: TransferTask, preparation: str) -> RandomForestModel:
    source = task.view.source_models["rf"].fitted[preparation]
    leaves = find_leaves(source, task.prepared_shots[preparation])
    labels = np.repeat(task.shot_labels, leaves.shape[1])
    nodes = len(source.share)
    shots = np.bincount(leaves.ravel(), minlength=nodes)
    presences = np.bincount(leaves.ravel(), labels, minlength=nodes)
    share = (PSEUDO_COUNT * source.share + presences) / (PSEUDO_COUNT + shots)
    return replace(source, share=share)


def find_leaves(forest: RandomForestModel, values: np.ndarray) -> np.ndarray:
    """Node that values of shape ``(cells, factors)`` end in, shape ``(cells, trees)``."""
    node = np.tile(forest.roots, (len(values), 1))
    cells = np.arange(len(values))[:, None]
    while (inner := forest.left[node] >= 0).any():
        goes_left = values[cells, forest.factor[node]] <= forest.threshold[node]
        child = np.where(goes_left, forest.left[node], forest.right[node])
        node = np.where(inner, child, node)
    return node
