"""The one grid of a region: CRS, cell size and extent."""

import math
from collections.abc import Sequence

import pyproj
import xarray as xr
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.warp import transform_bounds

LEAST_CELLS = 3
"""Cells along an edge that a slope needs [1]."""

MOST_CELLS = 10_000_000_000
"""Cells that a region may have [1]; more is a slip of the unit."""


def plan_grid(
    dem: xr.DataArray,
    *,
    resolution_m: float,
    crs: str | None = None,
    bounds: Sequence[float] | None = None,
    origin: str = "the grid",
) -> GeoBox:
    """Plan the grid of a region from its elevation model and its configuration.

    Parameters
    ----------
    dem
        Elevation in any CRS.
    resolution_m
        Edge of a cell [m].
    crs
        Projected CRS in metres; None takes that of the elevation model.
    bounds
        Extent as xmin, ymin, xmax, ymax in the CRS of the grid [m]; None takes that of the
        elevation model.
    origin
        How errors name the file of the elevation model.

    Returns
    -------
    odc.geo.geobox.GeoBox
        North-up, with cell edges on multiples of the resolution. An elevation model that is as
        wanted already keeps its own grid, so that it need not be warped.

    Raises
    ------
    ValueError
        If the elevation model has no CRS, the CRS is not projected in metres, or the bounds lie
        outside the elevation model, or the cells would be too few or too many.
    """
    own = dem.odc.geobox
    if own is None or own.crs is None:
        raise ValueError("the elevation model has no CRS; assign one, such as with gdal_edit")
    wanted = _read_crs(crs) if crs else own.crs
    if not wanted.projected or set(wanted.units) != {"metre"}:
        raise ValueError(f"{origin}: {_explain_crs(wanted)}")
    fits = own.crs == wanted and _has_square_cells(own, resolution_m)
    if fits and bounds is None:
        return own
    left, bottom, right, top = _cover(own, wanted, origin)
    box = tuple(bounds or (left, bottom, right, top))
    if box[0] >= right or box[2] <= left or box[1] >= top or box[3] <= bottom:
        raise ValueError(
            f"the bounds {list(box)} lie outside the elevation model, which covers "
            f"{[round(left), round(bottom), round(right), round(top)]} in the CRS of the grid; "
            "correct the key grid.bounds or the layer dem"
        )
    _check_size(box, resolution_m)
    return GeoBox.from_bbox(box, crs=wanted, resolution=resolution_m)


def _cover(own: GeoBox, wanted: CRS, origin: str) -> tuple[float, ...]:
    """Extent of an elevation model in the CRS of the grid [m]."""
    try:
        edges = transform_bounds(str(own.crs), str(wanted), *own.boundingbox.bbox)
    except (RasterioError, CPLE_BaseError):
        edges = (math.inf,)
    if not all(map(math.isfinite, edges)):
        box = [round(float(edge), 4) for edge in own.boundingbox.bbox]
        raise ValueError(
            f"{origin}: covers {box} in {name_crs(own.crs)}, which cannot be brought into "
            f"{name_crs(wanted)}; correct its CRS, or grid.crs"
        )
    return edges


def name_crs(crs: CRS) -> str:
    """Name a CRS in a few words: by its EPSG code if it has one.

    Examples
    --------
    >>> name_crs(CRS("EPSG:32632"))
    'EPSG:32632'
    """
    return f"EPSG:{crs.epsg}" if crs.epsg else crs.proj.name


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


def _explain_crs(crs: CRS) -> str:
    unit = f"is in degrees ({name_crs(crs)}), on which no slope can be computed"
    if crs.projected:
        unit = f"is in {name_crs(crs)}, whose unit is {crs.units[0]}"
    return (
        f"{unit}; name a projected system in metres in grid.crs, such as the UTM zone of the "
        "region (EPSG:326xx or EPSG:327xx)"
    )


def _read_crs(crs: str) -> CRS:
    try:
        return CRS(crs)
    except pyproj.exceptions.CRSError as error:
        raise ValueError(
            f"grid.crs {crs} is unknown; name one such as EPSG:32643, the UTM zone of the region"
        ) from error


def _has_square_cells(grid: GeoBox, resolution_m: float) -> bool:
    affine = grid.affine
    north_up = affine.b == 0 and affine.d == 0
    return north_up and affine.a == resolution_m and affine.e == -resolution_m
