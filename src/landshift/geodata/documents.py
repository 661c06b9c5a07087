"""Documents of XML that others made, packed (workbooks, KMZ) or not (KML, GPX)."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

MOST_BYTES = 200_000_000
"""Bytes of XML that such a document may unpack to: a table of a million rows."""

PACKED = (".kmz", ".ods", ".xlsx")
"""Endings of documents that are zip archives."""

DOCUMENTS = (".kml", ".gpx", *PACKED)
"""Endings of documents of XML."""

_SPOILT = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
_XML = (".kml", ".rels", ".xml")
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
    for _, content in _unpack(path):
        # text of two bytes a letter must not hide them
        plain = content.replace(b"\0", b"")
        if any(each in plain for each in _DEFINITIONS):
            raise ValueError(
                f"{path}: holds definitions of XML, which can unfold without end; export it anew"
            )


def read_kmz(path: Path) -> bytes:
    """Read the main document of a KMZ: ``doc.kml``, or the first KML in it.

    Raises
    ------
    ValueError
        As `check_document`, or if it holds no KML.
    """
    documents = {name: content for name, content in _unpack(path) if name.endswith(".kml")}
    if not documents:
        raise ValueError(f"{path}: is a KMZ without a KML in it; export it anew")
    return documents.get("doc.kml", next(iter(documents.values())))


def _unpack(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each XML of an archive by its name, or the whole of what is none."""
    if path.suffix.lower() not in PACKED:
        _check_size(path, path.stat().st_size)
        yield path.name.lower(), path.read_bytes()
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [each for each in archive.infolist() if each.filename.lower().endswith(_XML)]
            # what an entry states is also where its unpacking ends
            _check_size(path, sum(entry.file_size for entry in entries))
            members = [(entry.filename.lower(), archive.read(entry)) for entry in entries]
    except _SPOILT as error:
        raise ValueError(f"{path}: is cut or damaged ({error}); copy it again") from error
    yield from members


def _check_size(path: Path, size: int) -> None:
    if size > MOST_BYTES:
        raise ValueError(
            f"{path}: becomes {size / 1e6:.0f} MB when it is read, more than"
            f" {MOST_BYTES / 1e6:.0f}; save it as GeoPackage or CSV"
        )
