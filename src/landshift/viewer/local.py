"""What moves the map at each place, as the page keeps it: the strongest factors of a cell."""

import base64
from pathlib import Path
from typing import Any

import numpy as np

from landshift.opening import open_dataset
from landshift.reading import explain_unreadable

STRONGEST = 4
"""Factors that are named at a place."""

_UNIT = 0.01


def describe_local_drivers(file: str | Path) -> dict[str, Any]:
    """Keep the strongest factors of every cell: their numbers from 1, and what they add.

    Parameters
    ----------
    file
        Result of `landshift.drivers.map_local_drivers` [logit].

    Returns
    -------
    dict
        Names, bounds and size; one byte per cell and rank in base64, 0 as no data, and the change
        in hundredths of a logit, 16 bits, the least significant first.
    """
    with explain_unreadable(file), open_dataset(file) as source:
        changes = source.read()
        names, bounds, size = source.descriptions, source.bounds, (source.width, source.height)
    known = np.isfinite(changes).all(axis=0)
    order = np.argsort(-np.abs(np.where(known, changes, 0)), axis=0, kind="stable")[:STRONGEST]
    found = np.take_along_axis(changes, order, axis=0)
    limit = np.iinfo(np.int16).max
    hundredths = np.clip(np.rint(np.nan_to_num(found) / _UNIT), -limit, limit)
    return {
        "names": list(names),
        "bounds": list(bounds),
        "size": list(size),
        "ranks": len(order),
        "factors": _pack(np.where(known, order + 1, 0).astype(np.uint8)),
        "changes": _pack(hundredths.astype("<i2")),
    }


def _pack(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode("ascii")
