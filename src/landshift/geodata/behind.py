"""What is behind the name of a file: members of a VRT, parts beside it, and tiles of a folder.

Only names and texts are read here, no raster: planning a study needs these lists at every start.
"""

import glob
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

FOLDERS_VARIABLE = "LANDSHIFT_VRT_FOLDERS"
"""Environment variable: further folders, separated by ``:``, whose files a VRT may name."""

TILES = frozenset(
    {".tif", ".tiff", ".img", ".asc", ".hgt", ".dem", ".bil", ".flt", ".dt0", ".dt1", ".dt2"}
    | {".jp2", ".sdat", ".rst"}
)
"""Endings of the rasters that are taken from a folder of tiles."""

_MOST_BYTES = 64 << 20
_DEEPEST = 4
_SOURCES = ("SourceFilename", "SourceDataset")
_OWN_BANDS = (None, "", "VRTSourcedRasterBand")
_VECTORS = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
}
# after the whole name, or in place of the ending
_RASTER = (
    *(".aux.xml", ".aux", ".ovr", ".msk", ".msk.ovr", ".ovr.msk", ".wld", ".prj", ".hdr"),
    *(".clr", ".stx", ".rrd", ".sgrd", ".mgrd", ".rdc", ".tab"),
)


def is_pattern(file: str | Path) -> bool:
    """Tell whether a path is no file but a pattern of names, such as ``tiles/*.tif``."""
    return glob.has_magic(str(file)) and not Path(file).exists()


def list_rasters(file: str | Path) -> list[Path] | None:
    """List the rasters that a folder or a pattern stands for, by name; None for a single file.

    Of a folder these are all files with an ending of `TILES`, not those in its folders.
    """
    path = Path(file)
    if path.is_dir():
        found = [each for each in path.iterdir() if each.suffix.lower() in TILES]
    elif is_pattern(file):
        found = [Path(name) for name in glob.glob(str(file), recursive=True)]
    else:
        return None
    return sorted(each for each in found if each.is_file() and not each.name.startswith("."))


def list_parts(files: Iterable[Path]) -> list[Path]:
    """List files with all that is read with them: members of VRTs, and what lies beside each.

    What cannot be read or found is left out; `list_members` says so.
    """
    listings: dict[Path, dict[str, Path]] = {}
    parts = []
    for file in files:
        members: list[Path] = []
        with suppress(ValueError, OSError):
            members = list_members(file, strict=False)
        for main in (file, *members):
            parts += [main, *_list_companions(main, listings)]
    return list(dict.fromkeys(parts))


def _list_companions(path: Path, listings: dict[Path, dict[str, Path]]) -> list[Path]:
    """List what GDAL reads with a file, however the names are capitalised."""
    folder = path.parent
    if folder not in listings:
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        listings[folder] = {each.name.lower(): each for each in found}
    ending = path.suffix.lower()
    if ending == ".adf":  # an ArcInfo grid is all such files of its folder
        return [each for name, each in listings[folder].items() if name.endswith(ending)]
    endings = _VECTORS.get(ending) or (*_RASTER, *_name_world_files(ending))
    names = [stem + end for end in endings for stem in (path.name.lower(), path.stem.lower())]
    beside = [listings[folder][name] for name in names if name in listings[folder]]
    return [each for each in beside if each != path and each.is_file()]


def _name_world_files(ending: str) -> list[str]:
    """Name the endings of the world file of a raster: ``.tfw`` and ``.tifw`` for ``.tif``."""
    return [f".{ending[1]}{ending[-1]}w", f"{ending}w"] if len(ending) > 2 else []


def list_members(path: str | Path, *, strict: bool = True, depth: int = 0) -> list[Path]:
    """List the rasters that a VRT names, and those of the VRTs among them; none of another file.

    Parameters
    ----------
    path
        A file; only what ends in ``.vrt`` is one.
    strict
        Whether an error is raised for what the VRT may not name, or is not there.
    depth
        How many VRTs led to this one [1].

    Raises
    ------
    FileNotFoundError
        If it does not exist, or a file that it names does not.
    ValueError
        If it is no VRT, or names what it may not.
    """
    path = Path(path)
    if path.suffix.lower() != ".vrt":
        return []
    if depth > _DEEPEST:
        raise ValueError(f"{path}: is a VRT of VRTs of VRTs; make one of the rasters themselves")
    members = []
    for named, beside in _list_sources(path):
        try:
            member = _check_place(path, named, beside=beside)
            members.append(member)
            members += list_members(member, strict=strict, depth=depth + 1)
        except (ValueError, OSError):
            if strict:
                raise
    return members


def allow_folder(folder: Path) -> None:
    """Let VRTs name files of a folder, which the study itself names, in this process."""
    stated = os.environ.get(FOLDERS_VARIABLE, "")
    os.environ[FOLDERS_VARIABLE] = f"{stated}:{folder.resolve()}".strip(":")


def _list_sources(path: Path) -> Iterator[tuple[str, bool]]:
    """List the names in a VRT, and whether each is meant from the VRT's folder."""
    root = _parse(path)
    for element in root.iter():
        band = element.get("subClass")
        if element.tag == "VRTRasterBand" and band not in _OWN_BANDS:
            raise ValueError(
                f"{path}: holds a band of the kind {band}, which is not read; make the raster "
                "itself, such as with rio convert"
            )
        if element.tag in _SOURCES:
            beside = element.get("relativeToVRT") or element.get("relativetoVRT")
            yield (element.text or "").strip(), beside == "1"


def _parse(path: Path) -> ElementTree.Element:
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist; correct the path")
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{path}: is too large for a VRT; make one of fewer rasters")
    text = path.read_text(encoding="utf-8", errors="replace")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError(f"{path}: is a VRT with definitions, which no tool writes; make it anew")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"{path}: is no VRT ({error}); join the rasters with rio merge") from None
    if root.tag != "VRTDataset" or root.get("subClass"):
        raise ValueError(f"{path}: is no plain VRT of rasters; join the rasters with rio merge")
    return root


def _check_place(path: Path, named: str, *, beside: bool) -> Path:
    member = (path.parent / named if beside else Path(named)).resolve()
    if not member.is_file():
        raise FileNotFoundError(
            f"{path}: names {named}, which is no file; put it there, or make the VRT anew"
        )
    stated = [folder for folder in os.environ.get(FOLDERS_VARIABLE, "").split(":") if folder]
    allowed = [path.parent, Path.cwd(), *map(Path, stated)]
    if not any(member.is_relative_to(folder.resolve()) for folder in allowed):
        raise ValueError(
            f"{path}: names {member}, which lies neither below the VRT nor below the working "
            f"folder; if these are your data, allow them by {FOLDERS_VARIABLE}={member.parent}"
        )
    return member
