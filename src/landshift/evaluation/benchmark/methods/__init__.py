"""Methods that the benchmark compares: each a function under the decorator `method`.

A new method is one such function in a module of this folder, where the benchmark finds it::

    @method("guess", group="adapted", families=("lr",))
    def guess(task: TransferTask, family: str) -> np.ndarray:
        '''What it does, in one line.'''
        return np.full(len(task.view.queries), 0.5)

It returns the probability of failure of every queried cell, at equal prevalence of both classes.
How readers see its name stands in `landshift.evaluation.benchmark.names`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from inspect import getdoc
from pkgutil import iter_modules

import numpy as np

from landshift.evaluation.benchmark.methods.task import TransferTask

GROUPS = ("core", "pooled", "adapted", "unsupervised", "ceiling")
"""Methods that one job of the workflow runs together."""

Predict = Callable[[TransferTask, str], np.ndarray]


@dataclass(frozen=True)
class Method:
    """One method of the benchmark.

    Attributes
    ----------
    name
        As it stands in the tables of results.
    group
        One of `GROUPS`.
    families
        What it predicts with: ``ensemble``, names of learners, ``gp``.
    needs_sources
        Whether a family is left out where the study has no source model of it.
    predict
        Probability of the queries of a task for a family.
    """

    name: str
    group: str
    families: tuple[str, ...]
    needs_sources: bool
    predict: Predict

    @property
    def description(self) -> str:
        """What the method does, in one line."""
        return getdoc(self.predict).splitlines()[0]

    def predict_families(self, task: TransferTask) -> dict[str, np.ndarray]:
        """Probability of the queries for each family that the task has a source model of."""
        known = task.view.families if self.needs_sources else self.families
        return {name: self.predict(task, name) for name in self.families if name in known}


_METHODS: dict[str, Method] = {}


def method(
    name: str, *, group: str, families: Iterable[str], needs_sources: bool = True
) -> Callable[[Predict], Predict]:
    """Register a function as a method of the benchmark; see `Method`."""

    def register(predict: Predict) -> Predict:
        if name in _METHODS:
            raise ValueError(f"two methods are called {name!r}; give one of them another name")
        _check_group(group)
        _METHODS[name] = Method(name, group, tuple(families), needs_sources, predict)
        return predict

    return register


def get_methods(names: Iterable[str] | None = None, *, group: str | None = None) -> list[Method]:
    """Return methods: those of these names in their order, or all by name; of a group or of any.

    Raises
    ------
    ValueError
        If there is no such method or group.
    """
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    if group is not None:
        _check_group(group)
    wanted = sorted(_METHODS) if names is None else list(names)
    if unknown := [name for name in wanted if name not in _METHODS]:
        raise ValueError(f"no methods named {unknown}; there are {', '.join(sorted(_METHODS))}")
    found = [_METHODS[name] for name in wanted]
    return [method for method in found if group in (None, method.group)]


def _check_group(group: str) -> None:
    if group not in GROUPS:
        raise ValueError(f"no group of methods named {group!r}; there are {', '.join(GROUPS)}")
