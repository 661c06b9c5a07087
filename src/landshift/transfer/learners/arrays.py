"""Arrays in an NPZ file that may come from a stranger."""

import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

import numpy as np

LARGEST = 2**28
"""Bytes that the arrays of a file may take; a model of the largest study takes a tenth."""

_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '([<|][fiu][1248])', 'fortran_order': (False|True), "
    rb"'shape': \(((?:[0-9]{1,10},? ?){0,3})\), \} *\n",
    re.DOTALL,
)
"""What `save_arrays` writes before numbers; nothing else is read, so that no text is evaluated."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SPOILT = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    struct.error,
)
"""What unpacking a spoilt archive may raise."""


def save_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write arrays as a compressed NPZ file; the same arrays give the same bytes."""
    packed = io.BytesIO()
    # in memory first: an archive that a full disk cuts short cannot even be closed
    np.savez_compressed(packed, **arrays)
    path.write_bytes(packed.getvalue())


def load_arrays(path: str | Path, names: Collection[str]) -> dict[str, np.ndarray]:
    """Read the arrays of an NPZ file of finite numbers, without evaluating anything in it.

    Raises
    ------
    ValueError
        If it is no such file, holds other arrays than these, or more than `LARGEST` bytes.
    """
    try:
        arrays = _unpack(Path(path))
    except _SPOILT as error:
        raise ValueError(f"{path}: a spoilt archive ({error})") from error
    if set(arrays) != set(names):
        raise ValueError(f"{path}: holds {sorted(arrays)}, but a model has {sorted(names)}")
    return arrays


def _unpack(path: Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        # what an entry states is also where its unpacking ends
        size = sum(entry.file_size for entry in entries)
        if size > LARGEST:
            raise ValueError(f"{path}: unpacks to {size} bytes, more than any model ({LARGEST})")
        if any(entry.compress_type not in _METHODS for entry in entries):
            raise ValueError(f"{path}: is packed in a way that no model is")
        return {
            entry.filename.removesuffix(".npy"): _read_array(archive.read(entry), entry.filename)
            for entry in entries
        }


def _read_array(content: bytes, name: str) -> np.ndarray:
    header = _HEADER.match(content)
    if header is None:
        raise ValueError(f"{name} is no array of numbers")
    kind = np.dtype(header[1].decode())
    shape = tuple(int(size) for size in header[3].decode().replace(",", " ").split())
    if len(content) - header.end() != math.prod(shape) * kind.itemsize:
        raise ValueError(f"{name} is longer or shorter than it states")
    order = "F" if header[2] == b"True" else "C"
    values = np.frombuffer(content, kind, offset=header.end()).reshape(shape, order=order)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds numbers that are not finite")
    return values.copy(order="K")
