"""xarray-spatial: arrays in memory, compiled by numba at the first call, not kept between runs."""

import sys

import xarray as xr
import xrspatial
import xrspatial.hydro as hydro
from adapter import STREAM_AREA_M2, Report, read_dem, read_paths, write_band


def derive_terrain(dem: xr.DataArray):
    """Yield the local attributes."""
    yield "slope", xrspatial.slope(dem)
    yield "aspect", xrspatial.aspect(dem)
    yield "curvature", xrspatial.curvature(dem)
    for name in ("tri", "tpi", "roughness"):
        yield name, getattr(xrspatial.terrain_metrics, name)(dem)


def derive_drainage(dem: xr.DataArray):
    """Yield the steps of drainage; its filled depressions are flat and give no way out."""
    resolution = abs(float(dem.x[1] - dem.x[0]))
    threshold = STREAM_AREA_M2 / resolution**2
    filled = hydro.fill_d8(dem)
    yield "filled", filled
    directions = hydro.flow_direction_d8(filled)
    drained = hydro.flow_accumulation_d8(directions)
    yield "upslope_area_d8", drained
    flowing = hydro.flow_accumulation_mfd(hydro.flow_direction_mfd(filled, p=1.1))
    yield "upslope_area_mfd", flowing
    yield "twi", hydro.twi_d8(flowing, xrspatial.slope(dem))
    yield "hand", hydro.hand_d8(directions, drained, filled, threshold=threshold)
    streams = (drained >= threshold).astype("float32")
    yield "stream_distance", xrspatial.proximity(streams)


if __name__ == "__main__":
    path, folder = read_paths()
    derive = derive_drainage if "drainage" in sys.argv else derive_terrain
    report = Report()
    elevation, profile = read_dem(path)
    rows, columns = elevation.shape
    across, down = profile["transform"].a, profile["transform"].e
    dem = xr.DataArray(
        elevation,
        dims=("y", "x"),
        coords={
            "y": profile["transform"].f + down * (0.5 + xr.Variable("y", range(rows))),
            "x": profile["transform"].c + across * (0.5 + xr.Variable("x", range(columns))),
        },
        attrs={"res": (across, -down)},
    )
    report.finish_step("read")
    for name, raster in derive(dem):
        report.finish_step(name)
        write_band(folder, name, raster.values, profile)
        report.attributes.append(name)
        report.finish_step(f"write {name}")
    report.print()
