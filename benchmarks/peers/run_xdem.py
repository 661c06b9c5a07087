"""xDEM: attributes of one surface fit, in one call, in memory."""

import xdem
from adapter import Report, read_paths

ATTRIBUTES = [
    "slope",
    "aspect",
    "profile_curvature",
    "tangential_curvature",
    "topographic_position_index",
    "terrain_ruggedness_index",
    "roughness",
]

if __name__ == "__main__":
    path, folder = read_paths()
    report = Report()
    dem = xdem.DEM(path)
    report.finish_step("read")
    rasters = dem.get_terrain_attribute(attribute=ATTRIBUTES)
    report.finish_step("derive")
    for name, raster in zip(ATTRIBUTES, rasters, strict=True):
        raster.to_file(folder / f"{name}.tif")
        report.attributes.append(name)
    report.finish_step("write")
    report.print()
