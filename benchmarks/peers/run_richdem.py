"""RichDEM: terrain attributes, or with ``--drainage`` filling and accumulation."""

import sys

import numpy as np
import richdem
from adapter import Report, read_dem, read_paths, write_band

NODATA = -9999.0


def derive_terrain(dem):
    """Yield the local attributes."""
    for name in ("slope_degrees", "aspect", "profile_curvature", "planform_curvature"):
        yield name, richdem.TerrainAttribute(dem, attrib=name)


def derive_drainage(dem):
    """Yield the steps of drainage that RichDEM has."""
    filled = richdem.FillDepressions(dem, epsilon=True)
    yield "filled", filled
    yield "upslope_area_d8", richdem.FlowAccumulation(filled, method="D8")
    flowing = richdem.FlowAccumulation(filled, method="Freeman", exponent=1.1)
    yield "upslope_area_mfd", flowing
    gradient = richdem.TerrainAttribute(dem, attrib="slope_riserun")
    edge = dem.geotransform[1]
    yield "twi", np.log(np.maximum(flowing, 1) * edge / np.maximum(gradient, 1e-3))


if __name__ == "__main__":
    path, folder = read_paths()
    derive = derive_drainage if "--drainage" in sys.argv else derive_terrain
    report = Report()
    elevation, profile = read_dem(path)
    dem = richdem.rdarray(np.nan_to_num(elevation, nan=NODATA), no_data=NODATA)
    dem.geotransform = profile["transform"].to_gdal()
    report.finish_step("read")
    for name, raster in derive(dem):
        report.finish_step(name)
        write_band(folder, name, np.asarray(raster), profile)
        report.attributes.append(name)
        report.finish_step(f"write {name}")
    # its progress bars go to the same stream: the report needs a line of its own
    print()
    report.print()
