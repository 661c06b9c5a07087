"""The one grid of a region: CRS, cell size and extent."""

from collections.abc import Sequence

import pyproj
import xarray as xr
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox
from rasterio.warp import transform_bounds


def plan_grid(
    dem: xr.DataArray,
    *,
    resolution_m: float,
    crs: str | None = None,
    bounds: Sequence[float] | None = None,
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
    wanted = _read_crs(crs) if crs else own.crs
    if not wanted.projected or set(wanted.units) != {"metre"}:
        raise ValueError(
            f"the grid's CRS {wanted} is not projected in metres, so slopes would be wrong; state "
            "one in the key grid.crs, such as the UTM zone of the region"
        )
    fits = own.crs == wanted and _has_square_cells(own, resolution_m)
    if fits and bounds is None:
        return own
    left, bottom, right, top = transform_bounds(str(own.crs), str(wanted), *own.boundingbox.bbox)
    box = tuple(bounds or (left, bottom, right, top))
    if box[0] >= right or box[2] <= left or box[1] >= top or box[3] <= bottom:
        raise ValueError(
            f"the bounds {list(box)} lie outside the elevation model, which covers "
            f"{[round(left), round(bottom), round(right), round(top)]} in the CRS of the grid; "
            "correct the key grid.bounds or the layer dem"
        )
    return GeoBox.from_bbox(box, crs=wanted, resolution=resolution_m)


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
