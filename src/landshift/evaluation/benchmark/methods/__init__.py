"""Methods that the benchmark compares, one module each, behind one interface.

A comparator module states its ``METHOD`` and its ``GROUP``, one of `GROUPS`, and has
``predict_families(task)``, which returns the probability of failure of every queried cell, at
equal prevalence of both classes, for each family. A new method is a new module here: the
benchmark finds it by itself.
"""

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from landshift.evaluation.benchmark.methods.task import TransferTask

__all__ = ["GROUPS", "TransferTask", "get_comparators"]

GROUPS = ("core", "pooled", "adapted", "unsupervised", "ceiling")
"""Methods that one job of the workflow runs together."""


def get_comparators(
    methods: Iterable[str] | None = None, *, group: str | None = None
) -> list[ModuleType]:
    """Return the comparator modules: all of them, those of a group, or those of named methods.

    Raises
    ------
    ValueError
        If there is no such method or group.
    """
    found = _find_comparators()
    if methods is not None:
        unknown = [method for method in methods if method not in found]
        if unknown:
            raise ValueError(f"no comparators named {unknown}; there are {', '.join(found)}")
        return [found[method] for method in methods]
    if group is None:
        return list(found.values())
    if group not in GROUPS:
        raise ValueError(f"no group of comparators named {group!r}; there are {', '.join(GROUPS)}")
    return [module for module in found.values() if group == module.GROUP]


def _find_comparators() -> dict[str, ModuleType]:
    names = sorted(module.name for module in iter_modules(__path__))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    return {module.METHOD: module for module in modules if hasattr(module, "METHOD")}
