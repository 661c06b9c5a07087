"""Take one file, with those that belong to it, out of a ZIP or RAR archive that others made."""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from landshift.acquire.fetch.policy import CHUNK, MOST_BYTES, AbsentError, PolicyError
from landshift.runtime.addresses import place_file
from landshift.runtime.files import unfinished

ARCHIVES = (".zip", ".rar")
"""Endings of archives."""
READ = (".csv", ".geojson", ".gpkg", ".json", ".parquet", ".shp", ".tif", ".tiff")
"""Endings of files in an archive that are asked for; what lies next to them comes along."""

# what `zipfile` raises on archives that are none, are cut, or need a password
_SPOILT = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError)

Member = tuple[str, int, Callable[[], Iterator[bytes]]]
"""Name in the archive, size when it is unpacked [byte], and its content."""


def is_archive(path: Path) -> bool:
    """Tell an archive by its ending."""
    return path.suffix.lower() in ARCHIVES


def unpack(archive: Path, wanted: str, folder: Path) -> Path:
    """Unpack a file and those of the same stem, such as the parts of a shapefile.

    Parameters
    ----------
    archive
        A ZIP or RAR archive.
    wanted
        Name in the archive, with or without its folders; ``*`` stands for anything.
    folder
        Where the files go, under their plain names; what is there already is kept.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    AbsentError
        If none of the files that can be read has such a name, or several have.
    PolicyError
        If a file becomes larger than `MOST_BYTES`.
    OSError
        If the archive cannot be read.
    """
    with _open(archive) as members:
        files = [member for member in members if PurePosixPath(member[0]).suffix.lower() in READ]
        found = [member for member in files if _is_called(member[0], wanted)]
        if len(found) != 1:
            names = ", ".join(name for name, _, _ in files)[:300] or "none"
            raise AbsentError(
                f"{archive}: {len(found)} of its files are called {wanted!r}; name one of them: "
                f"{names}"
            )
        main = PurePosixPath(found[0][0])
        for name, size, read in members:
            part = PurePosixPath(name)
            # such as slides.shp.xml, but not slides_2.shp
            if part.parent == main.parent and part.name.startswith(f"{main.stem}."):
                _write(place_file(part.name, folder, origin=str(archive)), size, read, archive)
        return place_file(main.name, folder, origin=str(archive))


def _is_called(name: str, wanted: str) -> bool:
    return fnmatchcase(name, wanted) or fnmatchcase(PurePosixPath(name).name, wanted)


def _write(path: Path, size: int, read: Callable[[], Iterator[bytes]], archive: Path) -> None:
    # a name appears when its file is whole, so what has the size is that file
    if path.is_file() and path.stat().st_size == size:
        return
    if size > MOST_BYTES["file"]:
        raise PolicyError(
            f"{archive}: {path.name} becomes {size / 1e9:.0f} GB when it is unpacked; unpack what "
            "you need yourself, and name it by file"
        )
    received = 0
    with unfinished(path) as partial, partial.open("wb") as sink:
        for chunk in read():
            received += len(chunk)
            if received > size:
                break
            sink.write(chunk)
        if received != size:
            raise OSError(f"{archive}: {path.name} has not the size that it states; fetch it again")


@contextmanager
def _open(archive: Path) -> Iterator[list[Member]]:
    """Open an archive and list its files."""
    opener = _open_rar if archive.suffix.lower() == ".rar" else _open_zip
    with opener(archive) as members:
        yield members


@contextmanager
def _open_zip(archive: Path) -> Iterator[list[Member]]:
    try:
        with zipfile.ZipFile(archive) as opened:
            yield [
                (item.filename, item.file_size, lambda item=item: _read_zip(opened, item))
                for item in opened.infolist()
                if not item.is_dir()
            ]
    except _SPOILT as error:
        raise OSError(f"{archive}: is no ZIP archive that can be read ({error})") from None


def _read_zip(opened: zipfile.ZipFile, item: zipfile.ZipInfo) -> Iterator[bytes]:
    with opened.open(item) as stored:
        while chunk := stored.read(CHUNK):
            yield chunk


@contextmanager
def _open_rar(archive: Path) -> Iterator[list[Member]]:
    # needed for one archive only
    import rars

    # members are held in memory
    options = rars.ReadOptions(max_member_output_bytes=MOST_BYTES["document"])
    try:
        with rars.RarFile(str(archive), options=options) as opened:
            yield [
                (item.filename, item.file_size, lambda item=item: _read_rar(opened, item))
                for item in opened.infolist()
                if not item.is_dir()
            ]
    except rars.Error as error:
        raise OSError(f"{archive}: is no RAR archive that can be read ({error})") from None


def _read_rar(opened: Any, item: Any) -> Iterator[bytes]:
    """Read a member at once: the size that it states has been checked."""
    yield opened.read(item.filename)
