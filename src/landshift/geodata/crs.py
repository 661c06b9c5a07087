"""Coordinate reference systems that files of others state: where, and how well, they lead."""

import math
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyproj
from pyproj.aoi import AreaOfInterest
from pyproj.transformer import TransformerGroup

_NAMELESS = re.compile(
    r"(d_)?(unknown|unnamed|undefined|user.?defined|not.?specified|custom)", re.I
)
_LEAST_CONFIDENCE = 20
_SAME_M = 1e-3


def check_crs(path: str | Path, crs: Any) -> None:
    """Check that the CRS of a file says where on the Earth it lies.

    Parameters
    ----------
    path
        The file, for the message.
    crs
        Its CRS, as rasterio, pyproj or odc-geo have it.

    Raises
    ------
    ValueError
        If it is neither projected nor geographic, or PROJ finds no way from it to WGS 84.
    """
    if not _is_placed(crs.to_wkt()):
        raise ValueError(
            f"{path}: its CRS leads to no place on the Earth, so nobody knows where it lies; "
            "state the right one, such as with rio edit-info --crs EPSG:32643"
        )


@lru_cache(maxsize=64)
def _is_placed(wkt: str) -> bool:
    try:
        crs = pyproj.CRS(wkt)
        pyproj.Transformer.from_crs(crs, 4326)
    except pyproj.exceptions.ProjError:  # CRSError is one
        return False
    return crs.is_projected or crs.is_geographic


def names_datum(crs: Any) -> bool:
    """Tell whether a CRS names its datum: a program that knows only the ellipsoid leaves it out."""
    datum = _flatten(crs.to_wkt()).geodetic_crs.datum
    return datum is not None and not _NAMELESS.match(datum.name)


@lru_cache(maxsize=64)
def _flatten(wkt: str) -> pyproj.CRS:
    """Take the horizontal part, without the shift to WGS 84 that older files carry along."""
    crs = pyproj.CRS(wkt)
    return (crs.source_crs if crs.is_bound else crs).to_2d()


def is_same_crs(crs: Any, known: Any) -> bool:
    """Tell whether a CRS is a known one, whatever it is called.

    A CRS without a name is a known one if it has its parameters: ellipsoid, projection and unit;
    of a datum that it does not name nothing can be told.

    Parameters
    ----------
    crs
        As rasterio, pyproj or odc-geo have it.
    known
        One that has a code, or is at least limited to an area.

    Examples
    --------
    >>> nameless = pyproj.CRS("+proj=tmerc +lon_0=121 +k=0.9999 +x_0=250000 +ellps=GRS80")
    >>> is_same_crs(nameless, pyproj.CRS(3826)), is_same_crs(nameless, pyproj.CRS(3825))
    (True, False)
    """
    return _is_same(crs.to_wkt(), known.to_wkt())


@lru_cache(maxsize=256)
def _is_same(wkt: str, known_wkt: str) -> bool:
    if wkt == known_wkt:
        return True
    crs, known = _flatten(wkt), _flatten(known_wkt)
    if crs.equals(known, ignore_axis_order=True):
        return True
    area = known.area_of_use
    if area is None or crs.is_projected != known.is_projected or not _same_ellipsoid(crs, known):
        return False
    if names_datum(crs) and not _same_datum(crs, known):
        return False
    middle = (area.south + area.north) / 2
    longitudes = [area.west, area.west + (area.east - area.west) % 360 / 3, area.east]
    latitudes = [middle, (middle + area.north) / 2, (middle + area.south) / 2]
    own, other = (_project(each, longitudes, latitudes) for each in (crs, known))
    return all(
        math.isclose(*pair, rel_tol=0, abs_tol=_SAME_M) for pair in zip(own, other, strict=True)
    )


def _same_ellipsoid(crs: pyproj.CRS, other: pyproj.CRS) -> bool:
    return all(
        math.isclose(getattr(crs.ellipsoid, key), getattr(other.ellipsoid, key), rel_tol=1e-9)
        for key in ("semi_major_metre", "semi_minor_metre")
    )


def _same_datum(crs: pyproj.CRS, other: pyproj.CRS) -> bool:
    return crs.geodetic_crs.equals(other.geodetic_crs, ignore_axis_order=True)


def _project(crs: pyproj.CRS, longitudes: list[float], latitudes: list[float]) -> list[float]:
    if crs.is_geographic:
        return []
    project = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)
    x, y = project.transform(longitudes, latitudes)
    return [*x, *y]


def find_code(crs: Any) -> str | None:
    """Find the code of a CRS that names its datum, such as ``EPSG:32632``; None if it has none."""
    return _find_code(crs.to_wkt()) if names_datum(crs) else None


@lru_cache(maxsize=64)
def _find_code(wkt: str) -> str | None:
    return next(iter(_list_codes(wkt)), None)


def _list_codes(wkt: str) -> list[str]:
    """List the codes of the same parameters, those of EPSG first."""
    crs = _flatten(wkt)
    found = crs.list_authority(min_confidence=_LEAST_CONFIDENCE)
    found = sorted(found, key=lambda each: (each.auth_name != "EPSG", -each.confidence))
    codes = [f"{each.auth_name}:{each.code}" for each in found]
    return [code for code in codes if _is_same(wkt, pyproj.CRS(code).to_wkt())]


def offer_codes(crs: Any, box: Sequence[float]) -> str:
    """Offer at most three codes that a CRS without a datum may have, in the words of a remedy.

    Parameters
    ----------
    crs
        As rasterio, pyproj or odc-geo have it.
    box
        Where its coordinates lie: west, south, east and north.
    """
    west, south, east, north = _find_degrees(crs, box)
    here = []
    for code in _list_codes(crs.to_wkt()):
        area = pyproj.CRS(code).area_of_use
        within = ((west + east) / 2 - area.west) % 360 <= (area.east - area.west) % 360
        if within and area.south <= (south + north) / 2 <= area.north:
            here.append(code)
    return f", such as {' or '.join(here[:3])}" if here else ""


def _find_degrees(crs: Any, box: Sequence[float]) -> tuple[float, ...]:
    """Find a box in degrees; infinite where there is no way."""
    way = pyproj.Transformer.from_crs(pyproj.CRS(crs.to_wkt()), 4326, always_xy=True)
    return way.transform_bounds(*box)


def simplify_crs(crs: Any) -> pyproj.CRS:
    """Take the horizontal part of a CRS, as its code has it where it has one."""
    code = find_code(crs)
    return pyproj.CRS(code) if code else pyproj.CRS(crs.to_wkt()).to_2d()


@dataclass(frozen=True)
class Shift:
    """How coordinates come from one datum to another.

    Attributes
    ----------
    source, target : str
        What is transformed into what.
    accuracy_m : float or None
        Accuracy that is stated for the transformation [m]; None where nobody knows it.
    cell_m : float
        Edge of the cells that positions should fall into [m].
    remedy : str
        What makes it better.
    """

    source: str
    target: str
    accuracy_m: float | None
    cell_m: float
    remedy: str

    def describe(self) -> str | None:
        """Say that positions may be wrong by more than a cell, and what to do; None if not."""
        if self.accuracy_m is not None and self.accuracy_m <= self.cell_m:
            return None
        how = (
            "with an unknown accuracy, so that it may lie hundreds of metres off"
            if self.accuracy_m is None
            else f"to {self.accuracy_m:g} m, which is more than a cell"
        )
        return f"is brought from {self.source} to {self.target} {how}; {self.remedy}"

    def record(self) -> dict[str, Any]:
        """Give what the record of a layer states."""
        return {
            "datum_shift": {
                "from": self.source, "to": self.target, "accuracy_m": self.accuracy_m
            }
        }  # fmt: skip

    def tabulate(self) -> list[tuple[str, float | str, str]]:
        """List name, value and meaning of the accuracy."""
        value = "unknown" if self.accuracy_m is None else self.accuracy_m
        meaning = f"accuracy [m] of the way from {self.source} to {self.target}, as PROJ states it"
        return [("datum_accuracy_m", value, meaning)]


def find_shift(
    source: Any, target: Any, box: Sequence[float], *, cell_m: float = math.inf
) -> Shift | None:
    """Find how well coordinates are brought from one CRS to another.

    Parameters
    ----------
    source, target
        As rasterio, pyproj or odc-geo have them.
    box
        Where the coordinates lie: west, south, east and north in `source`.
    cell_m
        A known accuracy that is worse is worth a word [m].

    Returns
    -------
    Shift or None
        None where both have one datum, so that nothing is lost.
    """
    own, wanted = (pyproj.CRS(crs.to_wkt()) for crs in (source, target))
    if is_same_crs(own, wanted) or _same_datum(_flatten(own.to_wkt()), _flatten(wanted.to_wkt())):
        return None
    degrees = _find_degrees(own, box)
    area = AreaOfInterest(*degrees) if all(map(math.isfinite, degrees)) else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a missing grid, which the remedy names
        group = TransformerGroup(own, wanted, always_xy=True, area_of_interest=area)
    accuracy = _find_accuracy(group)
    names = (describe_crs(own), describe_crs(wanted))
    if not names_datum(own):
        remedy = f"its CRS names no datum; state the right one in the file{offer_codes(own, box)}"
    else:
        remedy = _find_remedy(group, names[1])
    return Shift(*names, accuracy, cell_m, remedy)


def _find_accuracy(group: TransformerGroup) -> float | None:
    if not group.transformers:
        return None
    used = group.transformers[0]
    ballpark = any(step.has_ballpark_transformation for step in used.operations or ())
    return None if ballpark or used.accuracy < 0 else float(used.accuracy)


def _find_remedy(group: TransformerGroup, target: str) -> str:
    missing = [
        grid.short_name
        for operation in group.unavailable_operations[:1]
        for grid in operation.grids
        if not grid.available
    ]
    if missing:
        fetch = " ".join(f"--file {name}" for name in missing)
        return f"give PROJ its file of shifts (projsync {fetch})"
    return (
        "state a grid.crs that PROJ knows the way to, such as the national system, or bring the "
        f"file to {target} yourself"
    )


def describe_crs(crs: Any) -> str:
    """Describe a CRS in a few words: by its code, its name, or as `grid.crs` takes it.

    Examples
    --------
    >>> describe_crs(pyproj.CRS(32632))
    'EPSG:32632'
    """
    code = find_code(crs)
    if code:
        return code
    named = _flatten(crs.to_wkt()).name
    if not _NAMELESS.match(named):
        return named
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of names that are lost
        return pyproj.CRS(crs.to_wkt()).to_2d().to_proj4()
