"""The one grid of a region: CRS, cell size and extent."""

import math
from collections.abc import Sequence
from pathlib import Path

import pyproj
import shapely
import xarray as xr
from affine import Affine
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.warp import transform_bounds

from landshift.geodata.boxes import Box, split_box, unwrap_box
from landshift.geodata.crs import describe_crs, is_same_crs, simplify_crs
from landshift.geodata.opening import open_dataset

AUTO = "auto"
"""Word of the configuration for the UTM zone of the region."""

EXACT_M = 2.0**-10
"""Edges lie on multiples of this [m], so that no coordinate is rounded on the way through files."""

SAME_EDGE = 1e-3
"""Edges closer than this to those of a cell count as the same [cells]."""

LEAST_CELLS = 3
"""Cells along an edge that a slope needs [1]."""

MOST_CELLS = 1_000_000_000
"""Cells that a region may have [1]; more is a slip of the unit."""

_ZONE = "the UTM zone of the region (EPSG:326xx or EPSG:327xx)"


def plan_grid(
    dem: xr.DataArray,
    *,
    resolution_m: float,
    crs: str | None = None,
    bounds: Sequence[float] | None = None,
    box: Sequence[float] | None = None,
    origin: str = "the elevation model",
) -> GeoBox:
    """Plan the grid of a region from its elevation model and its configuration.

    Parameters
    ----------
    dem
        Elevation in any CRS, or another raster that spans the region.
    resolution_m
        Edge of a cell [m].
    crs
        Projected CRS in metres; None takes that of the elevation model, ``auto`` the UTM zone. An
        elevation model whose CRS has its parameters, but no name, is in it.
    bounds
        Extent as xmin, ymin, xmax, ymax in the CRS of the grid [m]; None takes that of the
        elevation model.
    box
        Extent as west, south, east, north [degree], instead of `bounds`; across the antimeridian
        west is more than east.
    origin
        How errors name the file of the elevation model.

    Returns
    -------
    odc.geo.geobox.GeoBox
        North-up, with cell edges on multiples of the resolution. Where the cells of the elevation
        model are as wanted, or whole parts of what is wanted, the edges are some of its own, to
        half a millimetre, so that nothing is interpolated.

    Raises
    ------
    ValueError
        If the elevation model has no CRS, the CRS is not projected in metres, or the bounds lie
        outside the elevation model, or the cells would be too few or too many.
    """
    own = dem.odc.geobox
    if own is None or own.crs is None:
        raise ValueError("the elevation model has no CRS; assign one, such as with rio edit-info")
    if crs == AUTO:
        wanted = _choose_zone(box or _cover(own, CRS("EPSG:4326"), origin))
    else:
        remedy = "state grid.crs: auto for the UTM zone of the region, or name a projected system"
        stated = CRS(simplify_crs(own.crs))
        wanted = read_crs(crs) if crs else check_metric(stated, origin, f"{remedy} in metres")
    if is_same_crs(own.crs, wanted):
        own = GeoBox(own.shape, own.affine, wanted)
    fits = own.crs == wanted and _divides(own, resolution_m)
    cells = _join_cells(own, resolution_m) if fits else None
    if cells is not None and bounds is None and box is None:
        return cells
    left, bottom, right, top = _cover(own, wanted, origin)
    if box is not None:
        bounds = transform_bounds("EPSG:4326", str(wanted), *box)
    extent = tuple(bounds or (left, bottom, right, top))
    if extent[0] >= right or extent[2] <= left or extent[1] >= top or extent[3] <= bottom:
        raise ValueError(
            f"the bounds {[round(edge) for edge in extent]} lie outside {origin}, which covers "
            f"{[round(left), round(bottom), round(right), round(top)]} in the CRS of the grid; "
            "correct the key grid.bounds or grid.box, or the file"
        )
    _check_size(extent, resolution_m)
    if cells is not None:
        return _cut_cells(cells, extent)
    return GeoBox.from_bbox(extent, crs=wanted, resolution=resolution_m)


def plan_box(
    *,
    resolution_m: float,
    box: Sequence[float] | None = None,
    crs: str | None = None,
    bounds: Sequence[float] | None = None,
) -> GeoBox:
    """Plan the grid of a region whose elevation model is still to be fetched.

    Parameters
    ----------
    resolution_m
        Edge of a cell [m].
    box
        Extent as west, south, east, north [degree].
    crs
        Projected CRS in metres; None or ``auto`` takes the UTM zone of the middle of the box.
    bounds
        Extent as xmin, ymin, xmax, ymax in `crs` [m], instead of a box.

    Returns
    -------
    odc.geo.geobox.GeoBox
        North-up, with cell edges on multiples of the resolution, and covering the whole box.

    Raises
    ------
    ValueError
        If neither a box nor bounds with a CRS are given, or the CRS is not projected in metres.

    Examples
    --------
    >>> plan_box(resolution_m=30, box=(10.9, 44.0, 11.0, 44.1)).crs.to_epsg()
    32632
    """
    if box is not None:
        wanted = choose_crs(crs, box)
        extent = transform_bounds("EPSG:4326", str(wanted), *box)
        _check_size(extent, resolution_m)
        return GeoBox.from_bbox(extent, crs=wanted, resolution=resolution_m)
    if bounds is None or crs in (None, AUTO):
        raise ValueError(
            "nothing says where the region is; state grid.box [west, south, east, north in "
            "degrees], or grid.bounds with grid.crs"
        )
    _check_size(bounds, resolution_m)
    wanted = read_crs(crs)
    return GeoBox.from_bbox(tuple(bounds), crs=wanted, resolution=resolution_m)


def choose_crs(crs: str | None, box: Sequence[float]) -> CRS:
    """Choose the CRS of a grid: the one that is named, or the UTM zone of the middle of a box.

    Parameters
    ----------
    crs
        Projected CRS in metres; None or ``auto`` takes the UTM zone.
    box
        West, south, east, north [degree].

    Raises
    ------
    ValueError
        If the CRS is unknown, or not projected in metres.
    """
    return _choose_zone(box) if crs in (None, AUTO) else read_crs(crs)


def find_box(grid: GeoBox, *, margin_m: float = 0.0) -> tuple[float, float, float, float]:
    """Find the extent of a grid as west, south, east, north [degree], with a margin [m].

    Across the antimeridian west is more than east, as in GeoJSON.

    Examples
    --------
    >>> bounds = (790_000, 8_110_000, 860_000, 8_170_000)
    >>> fiji = GeoBox.from_bbox(bounds, "EPSG:32760", resolution=100)
    >>> [round(edge, 1) for edge in find_box(fiji)]
    [179.7, -17.1, -179.6, -16.5]
    """
    left, bottom, right, top = grid.boundingbox.bbox
    wider = (left - margin_m, bottom - margin_m, right + margin_m, top + margin_m)
    return turn_to_degrees(wider, str(grid.crs))


def turn_to_degrees(bounds: Sequence[float], crs: str) -> Box:
    """Turn bounds in metres of some CRS into a box [degree], as `find_box` does of a grid.

    Examples
    --------
    >>> box = turn_to_degrees((500000, 5000000, 501000, 5001000), "EPSG:32632")
    >>> [round(edge, 3) for edge in box]
    [9.0, 45.153, 9.013, 45.162]
    """
    return transform_bounds(crs, "EPSG:4326", *map(float, bounds))


def find_degrees(raster: str | Path) -> Box:
    """Find the box of a raster by its header.

    Raises
    ------
    ValueError
        If it states no CRS.
    OSError
        If it cannot be read.
    """
    with open_dataset(raster) as dataset:
        if dataset.crs is None:
            raise ValueError(f"{raster}: states no CRS")
        return find_box(GeoBox(dataset.shape, dataset.transform, dataset.crs.to_wkt()))


def cover_box(box: Sequence[float]) -> shapely.Geometry:
    """Make the polygon of a box [degree], of two parts where it crosses the antimeridian."""
    return shapely.union_all([shapely.box(*part) for part in split_box(box)])


def _choose_zone(box: Sequence[float]) -> CRS:
    """UTM zone of the middle of a box in degrees."""
    west, south, east, north = unwrap_box(box)
    zone = int(((west + east) / 2 + 180) // 6) % 60 + 1
    return CRS(f"EPSG:{(32600 if south + north >= 0 else 32700) + zone}")


def read_crs(crs: str, key: str = "grid.crs") -> CRS:
    """Read the CRS of a grid, which must be projected in metres.

    Parameters
    ----------
    crs
        Name, such as ``EPSG:32632``.
    key
        Key of the configuration that states it.

    Raises
    ------
    ValueError
        If it is unknown, or not projected in metres.
    """
    try:
        return check_metric(CRS(crs), key, f"name a projected system in metres, such as {_ZONE}")
    except pyproj.exceptions.CRSError as error:
        raise ValueError(
            f"{key} {crs} is unknown; name one such as EPSG:32643, the UTM zone of the region"
        ) from error


def check_metric(
    crs: CRS | None, origin: str, remedy: str = f"align it to a grid in metres, such as {_ZONE}"
) -> CRS:
    """Check that a CRS is projected in metres.

    Parameters
    ----------
    crs
        System of a grid; None is refused.
    origin
        How the error names what has it.
    remedy
        What the error tells to do.

    Raises
    ------
    ValueError
        If it is not.
    """
    if crs is not None and crs.projected and _measures_metres(crs):
        return crs
    if crs is None:
        unit = "has no CRS"
    elif crs.projected:
        unit = f"is in {describe_crs(crs)}, whose unit is {crs.units[0]}"
    else:
        unit = f"is in degrees ({describe_crs(crs)}), on which no slope can be computed"
    raise ValueError(f"{origin}: {unit}; {remedy}")


def _measures_metres(crs: CRS) -> bool:
    # not by the names of the units: files write metre, Meter and METERS
    ground = crs.proj.axis_info[:2]
    return all(math.isclose(axis.unit_conversion_factor, 1) for axis in ground)


def _cover(own: GeoBox, wanted: CRS, origin: str) -> tuple[float, ...]:
    """Extent of an elevation model in the CRS of the grid [m]."""
    try:
        edges = transform_bounds(str(own.crs), str(wanted), *own.boundingbox.bbox)
    except (RasterioError, CPLE_BaseError):
        edges = (math.inf,)
    if not all(map(math.isfinite, edges)):
        box = [round(float(edge), 4) for edge in own.boundingbox.bbox]
        raise ValueError(
            f"{origin}: covers {box} in {describe_crs(own.crs)}, which cannot be brought into "
            f"{describe_crs(wanted)}; correct its CRS, or grid.crs"
        )
    return edges


def _check_size(box: Sequence[float], resolution_m: float) -> None:
    width, height = ((box[2] - box[0]) / resolution_m, (box[3] - box[1]) / resolution_m)
    stated = f"grid.resolution_m {resolution_m:g}"
    edges = [round(edge) for edge in box]
    if min(width, height) < LEAST_CELLS:
        raise ValueError(
            f"{stated} leaves {max(1, round(width))} x {max(1, round(height))} cells of {edges}; "
            "state a smaller cell"
        )
    if width * height > MOST_CELLS:
        raise ValueError(
            f"{stated} makes {width * height:.0g} cells of {edges}; state a larger cell, or "
            "smaller grid.bounds"
        )


def _divides(own: GeoBox, resolution_m: float) -> bool:
    """Tell whether north-up cells of a grid are whole parts of square cells of another size."""
    affine = own.affine
    parts = resolution_m / affine.a
    square = affine.b == 0 and affine.d == 0 and affine.a == -affine.e
    return square and parts >= 1 and parts == round(parts)


def _join_cells(own: GeoBox, resolution_m: float) -> GeoBox:
    parts = round(resolution_m / own.affine.a)
    shape = tuple(-(-size // parts) for size in own.shape)
    west, north = (round(edge / EXACT_M) * EXACT_M for edge in (own.affine.c, own.affine.f))
    return GeoBox(shape, Affine(resolution_m, 0, west, 0, -resolution_m, north), own.crs)


def _cut_cells(cells: GeoBox, extent: Sequence[float]) -> GeoBox:
    """Take the cells of a grid, continued beyond its edges, that cover an extent."""
    size = cells.affine.a
    west, north = cells.affine.c, cells.affine.f
    left = math.floor((extent[0] - west) / size + SAME_EDGE)
    right = math.ceil((extent[2] - west) / size - SAME_EDGE)
    top = math.floor((north - extent[3]) / size + SAME_EDGE)
    bottom = math.ceil((north - extent[1]) / size - SAME_EDGE)
    affine = Affine(size, 0, west + left * size, 0, -size, north - top * size)
    return GeoBox((bottom - top, right - left), affine, cells.crs)
