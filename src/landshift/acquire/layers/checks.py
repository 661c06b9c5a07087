"""Checks of a region's layers: whether their values can be what they are said to be."""

import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox

from landshift.acquire.layer import Layer
from landshift.acquire.layers.heights import find_height_unit
from landshift.acquire.lengths import LENGTHS_M
from landshift.factors.legends import NO_CLASS
from landshift.factors.table import FACTORS
from landshift.factors.terrain.elevation import HIGHEST_M, LOWEST_M
from landshift.geodata.crs import describe_crs

LARGEST = 1e20
"""Larger values are an undeclared mark of no data [unit of the layer]."""

STEEPEST_DEGREE = 55.0
"""Half of the cells are never steeper than this [degree] where elevations are in metres."""

LARGEST_CODE = 2**31 - 1
"""Codes are kept as 32-bit integers."""

MOST_ZEROS = 0.05
"""A code 0 without a name is told where it fills at least this share of the cells [1]."""

_WINDOW = 2048


def check_layer(values: xr.DataArray, *, origin: str, name: str = "") -> None:
    """Check a layer of measurements as it was read.

    Parameters
    ----------
    values
        As from `landshift.geodata.raster.open_raster`.
    origin
        How errors name the file.
    name
        Name of the layer; that of a factor bounds the values.

    Raises
    ------
    ValueError
        If it has no CRS, no data, or values that are infinite or beyond all measure.
    """
    check_placed(values, origin)
    low, high = _find_range(values, origin)
    if max(abs(low), abs(high)) > LARGEST:
        worst = low if abs(low) > abs(high) else high
        raise ValueError(_explain_undeclared(origin, worst, "no measurement is that large"))
    if name in FACTORS:
        lowest, highest = FACTORS[name].valid_range
        if low < lowest or high > highest:
            units = FACTORS[name].units
            raise ValueError(
                _explain_undeclared(
                    origin,
                    low if low < lowest else high,
                    f"{name} lies between {lowest:g} and {highest:g} {units}",
                )
            )


def check_elevations(dem: xr.DataArray, *, origin: str) -> None:
    """Check an elevation model in metres, before it is warped.

    Parameters
    ----------
    dem
        Elevation [m].
    origin
        How errors name the file.

    Raises
    ------
    ValueError
        If elevations lie outside `LOWEST_M` to `HIGHEST_M`, are infinite, or are all the same.
    """
    low, high = _find_range(dem, origin)
    if low < LOWEST_M or high > HIGHEST_M:
        raise ValueError(
            _explain_undeclared(
                origin,
                low if low < LOWEST_M else high,
                f"land lies between {LOWEST_M:g} and {HIGHEST_M:g} m",
            )
        )
    if low == high:
        raise ValueError(f"{origin}: is {low:g} m high everywhere; give an elevation model")


def check_steepness(dem: xr.DataArray, *, origin: str) -> None:
    """Check that the slopes of an elevation model can be those of a landscape.

    Parameters
    ----------
    dem
        Elevation [m] on a grid in metres: on any other a wrong unit may hide.
    origin
        How errors name the file.

    Raises
    ------
    ValueError
        If half of the cells are steeper than `STEEPEST_DEGREE`.
    """
    steepness = _find_steepness(dem)
    if steepness > STEEPEST_DEGREE:
        raise ValueError(
            f"{origin}: half of its slopes are steeper than {steepness:.0f} degrees if its "
            "elevations are metres, which no landscape is; state `units` of the layer dem: "
            f"{', '.join(LENGTHS_M)}"
        )


def check_header(dem: xr.DataArray, *, origin: str, units: str | None = None) -> None:
    """Check what the header of an elevation model says; no cell is read.

    Parameters
    ----------
    dem
        As it was read.
    origin
        How errors name the file.
    units
        The key `units` of the layer.

    Raises
    ------
    ValueError
        If it has no CRS, or `landshift.acquire.layers.heights.find_height_unit` cannot tell its
        unit.
    """
    check_placed(dem, origin)
    find_height_unit(dem, origin=origin, stated=units)


def check_codes(values: xr.DataArray, *, origin: str) -> None:
    """Check a layer of class codes as it was read.

    Raises
    ------
    ValueError
        If it has no CRS, no data, or cells that are no whole numbers.
    """
    check_placed(values, origin)
    _find_range(values, origin)
    found = values.to_numpy()
    if np.issubdtype(found.dtype, np.integer):
        return
    known = found[np.isfinite(found)]
    wrong = known[(known != np.round(known)) | (np.abs(known) > LARGEST_CODE)]
    if wrong.size:
        raise ValueError(
            f"{origin}: holds {wrong[0]:g}, but the cells of a layer of kind class are whole "
            "numbers; remove `kind: class`, or give the codes"
        )


def describe_zeros(codes: xr.DataArray, layer: Layer, *, name: str) -> tuple[str, ...]:
    """Say that code 0 may be no class, where it fills much of a raster that nothing explains.

    Parameters
    ----------
    codes
        As from `landshift.factors.legends.take_codes`.
    layer
        Where they come from.
    name
        Name of the layer.
    """
    explained = layer.recipe or layer.stac or layer.named or layer.nodata is not None
    zeros = float((codes == 0).mean())
    if explained or zeros < MOST_ZEROS or (codes == NO_CLASS).any():
        return ()
    return (
        f"{layer.name}: code 0 fills {zeros:.1%} of its cells and is taken for a class; if these "
        f"cells have none, declare it: `nodata: 0` of {name}",
    )


def check_coverage(aligned: xr.DataArray, layer: GeoBox, *, origin: str) -> None:
    """Check that a layer reaches into its region.

    Parameters
    ----------
    aligned
        The layer on the grid of the region.
    layer
        The grid of the file.
    origin
        How errors name the file.

    Raises
    ------
    ValueError
        If no cell of the region has data.
    """
    values = aligned.to_numpy()
    integer = np.issubdtype(values.dtype, np.integer)
    known = values != aligned.attrs.get("nodata", 0) if integer else np.isfinite(values)
    if not known.any():
        region = aligned.odc.geobox
        raise ValueError(
            f"{origin}: has no data in the region; it covers {_describe(layer)}, the region "
            f"{_describe(region)}; correct its CRS, grid.bounds or the file"
        )


def check_placed(values: xr.DataArray, origin: str) -> None:
    """Check that a raster has a CRS.

    Raises
    ------
    ValueError
        If it has none.
    """
    grid = values.odc.geobox
    if grid is None or grid.crs is None:
        raise ValueError(
            f"{origin}: has no CRS; state it in the file, such as with rio edit-info --crs "
            "EPSG:32643"
        )


def _find_range(values: xr.DataArray, origin: str) -> tuple[float, float]:
    found = values.to_numpy()
    if np.issubdtype(found.dtype, np.integer):
        known = found != values.attrs.get("nodata", 0)
        if not known.any():
            raise ValueError(f"{origin}: no cell has data; give another file")
        return float(found[known].min()), float(found[known].max())
    if np.isnan(found).all():
        raise ValueError(f"{origin}: no cell has data; give another file")
    low, high = float(np.nanmin(found)), float(np.nanmax(found))
    if not np.isfinite([low, high]).all():
        raise ValueError(f"{origin}: holds infinite values; declare them as no data in the file")
    return low, high


def _explain_undeclared(origin: str, value: float, why: str) -> str:
    return (
        f"{origin}: holds {value:g}, but {why}; declare that value as no data in the file "
        "(rio edit-info --nodata), or correct the unit"
    )


def _find_steepness(dem: xr.DataArray) -> float:
    """Find the median slope in the middle of an elevation model [degree]; NaN without data."""
    top, left = (max(0, (size - _WINDOW) // 2) for size in dem.shape)
    middle = dem.to_numpy()[top : top + _WINDOW, left : left + _WINDOW].astype(np.float64)
    down, across = np.gradient(middle, abs(dem.odc.geobox.resolution.x))
    slope = np.hypot(down, across)
    known = np.isfinite(slope)
    return float(np.degrees(np.arctan(np.median(slope[known])))) if known.any() else np.nan


def _describe(grid: GeoBox) -> str:
    box = [round(float(edge), 4) for edge in grid.boundingbox.bbox]
    return f"{box} in {describe_crs(grid.crs)}"
