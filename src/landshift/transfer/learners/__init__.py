"""Learners of stage 1, one module each, behind one interface.

A learner module has ``fit(values, labels, weights, *, seed)`` and ``load(path)``; both return a
fitted model with ``logit(values)`` and ``save(path)``. Files hold no pickle: loading a model runs
no code. A new learner is a module here and an entry of `landshift.study.learners`. One that sums
trees also has ``trees()`` and ``logit_of_sum(total)``, from which `mapping.compiled` compiles it.
"""

from importlib import import_module
from types import ModuleType
from typing import Protocol

import numpy as np

from landshift.study.learners import LEARNERS


class LogitModel(Protocol):
    """What a learner fits."""

    def logit(self, values: np.ndarray) -> np.ndarray:
        """Logit of values of shape ``(cells, factors)``."""


def get_learner(name: str) -> ModuleType:
    """Return the module of a learner; it is imported only when asked for.

    Raises
    ------
    ValueError
        If there is no such learner.
    """
    if name not in LEARNERS:
        raise ValueError(f"no learner named {name!r}; there are {', '.join(LEARNERS)}")
    return import_module(f"landshift.transfer.learners.{LEARNERS[name].module}")
