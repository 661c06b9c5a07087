"""pyflwdir: filling, D8, accumulation, wetness, height above and distance to streams."""

import numpy as np
import pyflwdir
from adapter import STREAM_AREA_M2, Report, read_dem, read_paths, write_band

NODATA = -9999.0


def derive_drainage(elevation: np.ndarray, transform):
    """Yield the steps of drainage; it has single flow alone, so the wetness index uses that."""
    filled, directions = pyflwdir.dem.fill_depressions(elevation, nodata=NODATA)
    yield "filled", filled
    network = pyflwdir.from_array(
        directions, ftype="d8", check_ftype=False, transform=transform, latlon=False
    )
    area = network.upstream_area(unit="m2")
    yield "upslope_area_d8", area
    gradient = pyflwdir.dem.slope(elevation, nodata=NODATA, latlon=False, transform=transform)
    edge = abs(transform.a)
    yield "twi", np.log(np.maximum(area, edge**2) / edge / np.maximum(gradient, 1e-3))
    streams = area >= STREAM_AREA_M2
    yield "hand", network.hand(streams, filled)
    yield "stream_distance", network.stream_distance(streams, unit="m")


if __name__ == "__main__":
    path, folder = read_paths()
    report = Report()
    elevation, profile = read_dem(path)
    elevation = np.nan_to_num(elevation, nan=NODATA)
    report.finish_step("read")
    for name, raster in derive_drainage(elevation, profile["transform"]):
        report.finish_step(name)
        write_band(folder, name, raster, profile)
        report.attributes.append(name)
        report.finish_step(f"write {name}")
    report.print()
