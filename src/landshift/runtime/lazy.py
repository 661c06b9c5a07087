"""Public names of a package that are imported when they are first asked for.

This is the way of Scientific Python's SPEC 1, without its package: the Snakefile reads this one at
every start, where nothing but Snakemake may be installed.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def hand_on(
    package: str, names: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Make ``__getattr__``, ``__dir__`` and ``__all__`` of a package that hands names on.

    Parameters
    ----------
    package
        Its name, ``__name__``.
    names
        Names by the module below the package that defines them: ``{"draw": ["draw_samples"]}``.

    Examples
    --------
    >>> import landshift.sampling
    >>> landshift.sampling.draw_samples.__module__
    'landshift.sampling.draw'
    """
    homes = {name: module for module, listed in names.items() for name in listed}

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        # not `from importlib`, by which a fingerprint would count all modules next to this one
        return getattr(importlib.import_module(f"{package}.{homes[name]}"), name)

    return get, lambda: sorted(homes), sorted(homes)
