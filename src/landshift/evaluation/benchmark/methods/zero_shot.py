"""The source score without fine-tuning."""

import numpy as np
from scipy.special import expit

from landshift.evaluation.benchmark.methods import method
from landshift.evaluation.benchmark.methods.task import TransferTask
from landshift.study.learners import LEARNERS
from landshift.transfer.mixture import PRIOR_SLOPE


@method("zero_shot", group="core", families=("ensemble", *LEARNERS))
def score_zero_shot(task: TransferTask, family: str) -> np.ndarray:
    """Take the source score as it is: no label of the target is used."""
    return expit(PRIOR_SLOPE * task.view.family_score(task.view.query_logits, family))
