"""Sources, shots and background of the target in one training set, as weak absences."""

import numpy as np

from landshift.evaluation.benchmark.methods.pooling import list_quick_learners, pool
from landshift.evaluation.benchmark.methods.task import TransferTask

METHOD = "pooled_background"
GROUP = "pooled"


def predict_families(task: TransferTask) -> dict[str, np.ndarray]:
    """Probability of the queries for the quick learners; the target holds half of the weight."""
    return {
        name: pool(task, name, target_share=0.5, background=True)
        for name in list_quick_learners(task)
    }
