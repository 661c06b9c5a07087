"""Methods that the benchmark compares, one module each, behind one interface.

A comparator module states its ``METHOD`` and has ``predict_families(task)``, which returns the
probability of failure of every queried cell, at equal prevalence of both classes, for each family.
A new method is a new module here: the benchmark finds it by itself.
"""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from landshift.comparators.task import TransferTask

__all__ = ["TransferTask", "get_comparators"]


def get_comparators(methods: list[str] | None = None) -> list[ModuleType]:
    """Return the comparator modules, all of them or those of the named methods.

    Raises
    ------
    ValueError
        If there is no such method.
    """
    names = sorted(module.name for module in iter_modules(__path__) if module.name != "task")
    modules = {name: import_module(f"{__name__}.{name}") for name in names}
    found = {module.METHOD: module for module in modules.values()}
    unknown = [method for method in methods or [] if method not in found]
    if unknown:
        raise ValueError(f"no comparators named {unknown}; there are {', '.join(found)}")
    return [found[method] for method in (found if methods is None else methods)]
