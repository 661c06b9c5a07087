"""GRASS: core modules on rasters of its own, one program each; ``terrain`` or ``drainage``.

Heights above streams and distances along the flow take add-ons, which are left out.
"""

import subprocess
import sys
from pathlib import Path

from adapter import STREAM_AREA_M2, Report, read_paths

LOCATION = "location"


class Grass:
    """Calls of GRASS modules in a location of their own, in one folder."""

    def __init__(self, dem: Path, folder: Path, report: Report) -> None:
        self._mapset, self._report = folder / LOCATION / "PERMANENT", report
        self._call("grass", "-c", dem, "-e", folder / LOCATION)
        self.run("r.in.gdal", "read", input=dem, output="dem")
        self.run("g.region", "region", raster="dem")

    def run(self, module: str, step: str, *flags: str, **options: object) -> str:
        """Run a module with its flags and options, book its time, and return what it printed."""
        words = [*flags, *(f"{key}={value}" for key, value in options.items())]
        printed = self._call("grass", self._mapset, "--exec", module, *words)
        self._report.finish_step(step)
        return printed

    @staticmethod
    def _call(*words: object) -> str:
        command = [str(word) for word in words]
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        return done.stdout


def derive_terrain(grass: Grass) -> list[str]:
    """Derive the local attributes of one module."""
    options = {"pcurvature": "profile_curvature", "tcurvature": "tangential_curvature"}
    grass.run(
        "r.slope.aspect", "terrain", elevation="dem", slope="slope", aspect="aspect", **options
    )
    return ["slope", "aspect", *options.values()]


def derive_drainage(grass: Grass) -> list[str]:
    """Derive the steps of drainage; `r.watershed` finds ways through depressions by itself."""
    region = dict(line.split("=") for line in grass.run("g.region", "edge", "-g").splitlines())
    threshold = round(STREAM_AREA_M2 / float(region["ewres"]) ** 2)
    common = {"elevation": "dem", "threshold": threshold, "memory": 4000}
    grass.run(
        "r.watershed", "d8", "-s", "-a", accumulation="upslope_area_d8", stream="streams", **common
    )
    grass.run("r.watershed", "mfd", "-a", accumulation="upslope_area_mfd", tci="twi", **common)
    grass.run("r.grow.distance", "distance", input="streams", distance="stream_distance")
    return ["upslope_area_d8", "upslope_area_mfd", "twi", "stream_distance"]


if __name__ == "__main__":
    path, folder = read_paths()
    report = Report()
    grass = Grass(path, folder, report)
    derive = derive_drainage if sys.argv[3] == "drainage" else derive_terrain
    report.attributes += derive(grass)
    report.print()
