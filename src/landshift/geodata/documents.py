"""Documents of XML that others made, packed (workbooks, KMZ) or not (KML, GPX)."""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_BYTES = 200_000_000
"""Bytes that such a document may unpack to: a table of a million rows."""

PACKED = (".kmz", ".ods", ".xlsx")
"""Endings of documents that are zip archives."""

DOCUMENTS = (".kml", ".gpx", *PACKED)
"""Endings of documents of XML."""

_SPOILT = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What unpacking a spoilt archive may raise."""

_DEFINITIONS = (b"<!DOCTYPE", b"<!ENTITY")


def check_document(path: Path) -> None:
    """Check that a document does not unpack or unfold without end.

    Parameters
    ----------
    path
        The document, which exists.

    Raises
    ------
    ValueError
        If it is no archive where it should be, unpacks to more than `MOST_BYTES`, or holds
        definitions of entities, which can stand for other files or for endless text.
    """
    for content in _unpack(path):
        # text of two bytes a letter must not hide them
        plain = content.replace(b"\0", b"")
        if any(each in plain for each in _DEFINITIONS):
            raise ValueError(
                f"{path}: holds definitions of XML, which can unfold without end; export it anew"
            )


def _unpack(path: Path) -> list[bytes]:
    """Unpack each member of an archive, or give the whole of what is none."""
    if path.suffix.lower() not in PACKED:
        _check_size(path, path.stat().st_size)
        return [path.read_bytes()]
    with _explain_spoilt(path), zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    # any of them may be named as a sheet; where one says that it ends, its unpacking ends
    _check_size(path, sum(entry.file_size for entry in entries))
    with _explain_spoilt(path), zipfile.ZipFile(path) as archive:
        return [archive.read(entry) for entry in entries]


@contextmanager
def _explain_spoilt(path: Path) -> Iterator[None]:
    try:
        yield
    except _SPOILT as error:
        raise ValueError(f"{path}: is cut or damaged ({error}); copy it again") from error


def _check_size(path: Path, size: int) -> None:
    if size > MOST_BYTES:
        raise ValueError(
            f"{path}: becomes {size / 1e6:.0f} MB when it is read, more than"
            f" {MOST_BYTES / 1e6:.0f}; save it as GeoPackage or CSV"
        )
