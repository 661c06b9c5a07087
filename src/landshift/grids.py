"""The one grid of a region: CRS, cell size and extent."""

from collections.abc import Sequence

import xarray as xr
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from rasterio.warp import transform_bounds

AUTO = "auto"
"""Word of the configuration for the UTM zone of the region."""


def plan_grid(
    dem: xr.DataArray,
    *,
    resolution_m: float,
    crs: str | None = None,
    bounds: Sequence[float] | None = None,
    box: Sequence[float] | None = None,
) -> GeoBox:
    """Plan the grid of a region from its elevation model and its configuration.

    Parameters
    ----------
    dem
        Elevation in any CRS.
    resolution_m
        Edge of a cell [m].
    crs
        Projected CRS in metres; None takes that of the elevation model, ``auto`` the UTM zone.
    bounds
        Extent as xmin, ymin, xmax, ymax in the CRS of the grid [m]; None takes that of the
        elevation model.
    box
        Extent as west, south, east, north [degree], instead of `bounds`.

    Returns
    -------
    odc.geo.geobox.GeoBox
        North-up, with cell edges on multiples of the resolution. An elevation model that is as
        wanted already keeps its own grid, so that it need not be warped.

    Raises
    ------
    ValueError
        If the elevation model has no CRS, the CRS is not projected in metres, or the bounds lie
        outside the elevation model.
    """
    own = dem.odc.geobox
    if own is None or own.crs is None:
        raise ValueError("the elevation model has no CRS; assign one, such as with gdal_edit")
    degrees = box or find_box(own)
    wanted = _choose_crs(crs, degrees) if crs else _check_crs(own.crs)
    fits = own.crs == wanted and _has_square_cells(own, resolution_m)
    if fits and bounds is None and box is None:
        return own
    left, bottom, right, top = transform_bounds(str(own.crs), str(wanted), *own.boundingbox.bbox)
    if box is not None:
        bounds = transform_bounds("EPSG:4326", str(wanted), *box)
    extent = tuple(bounds or (left, bottom, right, top))
    if extent[0] >= right or extent[2] <= left or extent[1] >= top or extent[3] <= bottom:
        raise ValueError(
            f"the bounds {[round(edge) for edge in extent]} lie outside the elevation model, which "
            f"covers {[round(left), round(bottom), round(right), round(top)]} in the CRS of the "
            "grid; correct the key grid.bounds or grid.box, or the layer dem"
        )
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
        wanted = _choose_crs(crs or AUTO, box)
        extent = transform_bounds("EPSG:4326", str(wanted), *box)
        return GeoBox.from_bbox(extent, crs=wanted, resolution=resolution_m)
    if bounds is None or crs in (None, AUTO):
        raise ValueError(
            "nothing says where the region is; state grid.box [west, south, east, north in "
            "degrees], or grid.bounds with grid.crs"
        )
    return GeoBox.from_bbox(tuple(bounds), crs=_check_crs(CRS(crs)), resolution=resolution_m)


def find_box(grid: GeoBox, *, margin_m: float = 0.0) -> tuple[float, float, float, float]:
    """Find the extent of a grid as west, south, east, north [degree], with a margin [m]."""
    left, bottom, right, top = grid.boundingbox.bbox
    wider = (left - margin_m, bottom - margin_m, right + margin_m, top + margin_m)
    return transform_bounds(str(grid.crs), "EPSG:4326", *wider)


def _choose_crs(crs: str, box: Sequence[float]) -> CRS:
    if crs != AUTO:
        return _check_crs(CRS(crs))
    west, south, east, north = box
    zone = int(((west + east) / 2 + 180) // 6) % 60 + 1
    return CRS(f"EPSG:{(32600 if south + north >= 0 else 32700) + zone}")


def _check_crs(crs: CRS) -> CRS:
    if not crs.projected or set(crs.units) != {"metre"}:
        raise ValueError(
            f"the grid's CRS {crs} is not projected in metres, so slopes would be wrong; state "
            "one in the key grid.crs, such as the UTM zone of the region, or auto"
        )
    return crs


def _has_square_cells(grid: GeoBox, resolution_m: float) -> bool:
    affine = grid.affine
    north_up = affine.b == 0 and affine.d == 0
    return north_up and affine.a == resolution_m and affine.e == -resolution_m
