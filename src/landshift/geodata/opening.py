"""Open rasters that others made, so that they give their own cells and nothing else."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import rasterio
from rasterio.env import ensure_env
from rasterio.io import DatasetReader

from landshift.runtime.gdal_drivers import RASTER_DRIVERS

FOLDERS_VARIABLE = "LANDSHIFT_VRT_FOLDERS"
"""Environment variable: further folders, separated by ``:``, whose files a VRT may name."""

_MOST_BYTES = 64 << 20
_HDF5 = b"\x89HDF\r\n\x1a\n"
_SOURCES = ("SourceFilename", "SourceDataset")
_OWN_BANDS = (None, "", "VRTSourcedRasterBand")
_DEEPEST = 4


def open_dataset(
    path: str | Path, *, drivers: Sequence[str] = RASTER_DRIVERS, **options
) -> DatasetReader:
    """Open a raster with a driver of its own kind.

    Parameters
    ----------
    path
        The raster. A VRT is one only by its ending ``.vrt``, and names only rasters below its
        own folder, the working folder or a folder of `FOLDERS_VARIABLE`.
    drivers
        GDAL's drivers that may read a file that is no VRT.
    options
        Passed to the driver.

    Raises
    ------
    rasterio.errors.RasterioIOError
        If no such driver reads it.
    ValueError
        If it is a VRT that names something else than such rasters, or a file of HDF5.
    """
    if str(path).lower().endswith(".vrt"):
        check_vrt(path)
        drivers = ("VRT",)
    elif "netCDF" in drivers:
        _refuse_hdf5(path)
    return _open(str(path), list(drivers), options)


def count_cells(path: str | Path) -> int:
    """Count the cells of a raster; 0 if it cannot be read."""
    try:
        with open_dataset(path) as raster:
            return raster.width * raster.height
    except (rasterio.errors.RasterioIOError, ValueError):
        return 0


@ensure_env
def _open(path: str, drivers: list[str], options: dict) -> DatasetReader:
    return DatasetReader(path, driver=drivers, **options)


def check_vrt(path: str | Path, *, depth: int = 0) -> list[Path]:
    """Check that a VRT names only rasters, and only where the user's own data are.

    Parameters
    ----------
    path
        The VRT.
    depth
        How many VRTs led to this one [1].

    Returns
    -------
    list of pathlib.Path
        The rasters that it names, and those of the VRTs among them.

    Raises
    ------
    FileNotFoundError
        If it does not exist, or a file that it names does not.
    ValueError
        If it is no VRT, or names what it may not.
    """
    path = Path(path)
    if depth > _DEEPEST:
        raise ValueError(f"{path}: is a VRT of VRTs of VRTs; make one of the rasters themselves")
    members = []
    for named, beside in _list_sources(path):
        member = _check_place(path, named, beside=beside)
        members.append(member)
        if member.suffix.lower() == ".vrt":
            members += check_vrt(member, depth=depth + 1)
        else:
            with _explain_member(path, member), open_dataset(member):
                pass
    return members


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


@contextmanager
def _explain_member(path: Path, member: Path) -> Iterator[None]:
    try:
        yield
    except rasterio.errors.RasterioIOError:
        raise ValueError(f"{path}: names {member}, which is no raster of its own cells") from None


def _refuse_hdf5(path: str | Path) -> None:
    """Refuse files of HDF5: their values may be the bytes of any other file."""
    if Path(path).is_file():
        with Path(path).open("rb") as stored:
            start = stored.read(len(_HDF5))
        if start == _HDF5:
            raise ValueError(
                f"{path}: is a file of NetCDF-4 or HDF5, which may point at other files; convert "
                "it to GeoTIFF, such as with rio convert"
            )
