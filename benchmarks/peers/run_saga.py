"""SAGA: `saga_cmd`, one program per tool, grids in its own format; ``terrain`` or ``drainage``."""

import subprocess
import sys
from pathlib import Path

from adapter import STREAM_AREA_M2, Report, read_paths


class Saga:
    """Calls of `saga_cmd` on grids in one folder."""

    def __init__(self, dem: Path, folder: Path, report: Report) -> None:
        self.folder, self.report = folder, report
        self.run("io_gdal", "0", "read", GRIDS=folder / "dem.sgrd", FILES=dem)
        self.dem = folder / "dem.sgrd"

    def grid(self, name: str) -> Path:
        """Return the path of a grid."""
        return self.folder / f"{name}.sgrd"

    def run(self, library: str, tool: str, step: str, **options: object) -> None:
        """Run a tool with its options, and book its time."""
        words = [f"-{key}={value}" for key, value in options.items()]
        subprocess.run(
            ["saga_cmd", "-f=s", library, tool, *words], check=True, stdout=subprocess.DEVNULL
        )
        self.report.finish_step(step)


def derive_terrain(saga: Saga) -> list[str]:
    """Derive the local attributes with the surface that SAGA takes by default."""
    names = ["slope", "aspect", "profile_curvature", "plan_curvature", "tangential_curvature"]
    keys = ["SLOPE", "ASPECT", "C_PROF", "C_PLAN", "C_TANG"]
    options = {key: saga.grid(name) for key, name in zip(keys, names, strict=True)}
    saga.run("ta_morphometry", "0", "surface", ELEVATION=saga.dem, UNIT_SLOPE=1, **options)
    saga.run("ta_morphometry", "16", "ruggedness", DEM=saga.dem, TRI=saga.grid("tri"))
    return [*names, "terrain_ruggedness"]


def derive_drainage(saga: Saga) -> list[str]:
    """Derive the steps of drainage."""
    grid = saga.grid
    filled, area = grid("filled"), grid("area")
    saga.run("ta_preprocessor", "5", "fill", ELEV=saga.dem, FILLED=filled)
    saga.run("ta_hydrology", "0", "d8", ELEVATION=filled, FLOW=area, METHOD=0)
    saga.run("ta_hydrology", "0", "mfd", ELEVATION=filled, FLOW=grid("flow"), METHOD=4)
    saga.run("ta_morphometry", "0", "slope", ELEVATION=saga.dem, SLOPE=grid("slope"))
    saga.run(
        "ta_hydrology",
        "20",
        "twi",
        SLOPE=grid("slope"),
        AREA=grid("flow"),
        TWI=grid("twi"),
        CONV=1,
    )
    saga.run(
        "ta_channels",
        "0",
        "channels",
        ELEVATION=filled,
        CHNLNTWRK=grid("channels"),
        SHAPES=saga.folder / "channels.shp",
        INIT_GRID=area,
        INIT_VALUE=STREAM_AREA_M2,
    )
    saga.run(
        "ta_channels",
        "4",
        "hand and distance",
        ELEVATION=filled,
        CHANNELS=grid("channels"),
        METHOD=0,
        DISTANCE=grid("stream_distance"),
        DISTVERT=grid("hand"),
    )
    return ["filled", "upslope_area_d8", "upslope_area_mfd", "twi", "hand", "stream_distance"]


if __name__ == "__main__":
    path, folder = read_paths()
    report = Report()
    saga = Saga(path, folder, report)
    derive = derive_drainage if sys.argv[3] == "drainage" else derive_terrain
    report.attributes += derive(saga)
    report.print()
