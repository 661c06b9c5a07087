"""Choose the form of the two innermost steps: vectors written by hand, or plain loops.

The choice is made by the architecture before anything is built, since LLVM ends the whole process
where it cannot build a vector: no exception is left to be caught.
"""

import platform

from numba import config

ARCHITECTURES = ("x86_64", "AMD64")
"""Architectures on which the tests have compared the vectors with the plain loops."""


def can_build_vectors() -> bool:
    """Whether the vectors are known to work here, and numba compiles at all."""
    return platform.machine() in ARCHITECTURES and not config.DISABLE_JIT


if can_build_vectors():
    from landshift.mapping.compiled.vectors import add_rows, find_leaves
else:
    from landshift.mapping.compiled.loops import add_rows, find_leaves

__all__ = ["add_rows", "can_build_vectors", "find_leaves"]
