"""Arrays in an NPZ file that may come from a stranger."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

LARGEST = 2**30
"""Bytes that the arrays of a file may take; a model of the largest study takes a hundredth."""


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray | float]) -> None:
    """Write arrays as an NPZ file."""
    np.savez_compressed(path, **arrays)


def load_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """Read all arrays of an NPZ file; none may hold objects, so no code is run.

    Raises
    ------
    ValueError
        If they would take more than `LARGEST` bytes, or are not arrays of numbers.
    """
    with zipfile.ZipFile(path) as archive:
        # what an entry states is also where its unpacking ends
        size = sum(entry.file_size for entry in archive.infolist())
    if size > LARGEST:
        raise ValueError(f"{path}: unpacks to {size} bytes, more than any model has ({LARGEST})")
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    for name, values in arrays.items():
        if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
            raise ValueError(f"{path}: {name} is no array of numbers")
    return arrays
