"""Boosted trees in plain arrays, whichever library has grown them.

A file of arrays is checked before it is used. The libraries' own formats are neither written nor
read: their parsers crash on a file that somebody has changed.
"""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from landshift.transfer.learners.arrays import load_arrays, save_arrays
from landshift.transfer.learners.trees import Trees, sum_leaves


@dataclass(frozen=True)
class BoostedTrees:
    """Fitted trees whose leaves add up to the logit."""

    grown: Trees

    def logit(self, values: np.ndarray) -> np.ndarray:
        """Sum of the leaves of values of shape ``(cells, factors)``, in the library's precision."""
        return self.logit_of_sum(sum_leaves(self.grown, values))

    def logit_of_sum(self, total: np.ndarray) -> np.ndarray:
        """Logit from the sum over `trees`."""
        return np.asarray(total, float)

    def trees(self) -> Trees:
        """Return the trees, whose leaves add up to the logit."""
        return self.grown

    def save(self, path: Path) -> None:
        """Write ``path`` with the suffix ``.npz``."""
        save_arrays(path.with_suffix(".npz"), **vars(self.grown))


def load(path: Path) -> BoostedTrees:
    """Read what the model's ``save`` wrote."""
    arrays = load_arrays(path.with_suffix(".npz"), [part.name for part in fields(Trees)])
    start = arrays.pop("start")
    if start.shape != ():
        raise ValueError(f"{path}: the trees start from no number")
    return BoostedTrees(Trees(**arrays, start=float(start)))
