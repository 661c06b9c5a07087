"""TopoToolbox for Python: ``terrain`` or ``drainage`` (D8 alone)."""

import sys

import numpy as np
import topotoolbox
from adapter import STREAM_AREA_M2, Report, read_paths


def derive_terrain(dem):
    """Yield the local attributes."""
    yield "slope", dem.evansslope()
    yield "aspect", dem.aspect()
    yield "profile_curvature", dem.curvature("profc")
    yield "tangential_curvature", dem.curvature("tangc")


def derive_drainage(dem):
    """Yield the steps of drainage that TopoToolbox has."""
    filled = dem.fillsinks()
    yield "filled", filled
    flow = topotoolbox.FlowObject(dem)
    area = flow.flow_accumulation()
    yield "upslope_area_d8", area
    gradient = np.maximum(dem.evansslope().z, 1e-3)
    yield "twi", dem.duplicate_with_new_data(np.log(area.z * dem.cellsize / gradient))
    stream = topotoolbox.StreamObject(flow, units="m2", threshold=STREAM_AREA_M2)
    yield "hand", flow.vertdistance2stream(stream, filled)


if __name__ == "__main__":
    path, folder = read_paths()
    derive = derive_drainage if sys.argv[3] == "drainage" else derive_terrain
    report = Report()
    dem = topotoolbox.read_tif(str(path))
    report.finish_step("read")
    for name, raster in derive(dem):
        report.finish_step(name)
        topotoolbox.write_tif(raster, str(folder / f"{name}.tif"))
        report.attributes.append(name)
        report.finish_step(f"write {name}")
    report.print()
